"""An extraction of SI-SIAO beside the dossiers that a person sees: compared, then answered one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, MemberDetail
from cases.dossiers.operations import household
from core.errors import OperationRefused
from core.locking import lock
from exchange.models import CodedColumn, Compared, KeptDifference, PendingImport, Recognised
from exchange.operations.differences import EVALUATED, Difference, differences
from exchange.operations.mappings import IMPORT
from exchange.operations.matching import Matches, match
from exchange.operations.pending import read_extraction
from exchange.operations.values import Value, Word, untold, values_of
from exchange.reading.extraction import Extraction, ExtractionRow
from exchange.reading.rows import BadCell

STALE = "Cette différence a changé depuis que la page est ouverte : relisez-la."
NO_ROW = "Cette ligne n’est plus dans l’extraction : envoyez-la de nouveau."
TWICE = "une seule ligne par dossier (la ligne {} est déjà comparée à ce dossier)"


@dataclass(frozen=True)
class Reconciliation:
    """The four parts of a comparison, for one person: each is computed when it is asked."""

    extraction: Extraction
    matches: Matches
    values: dict[Word, Value]
    by: User

    @cached_property
    def new(self) -> list[ExtractionRow]:
        """Requests of no dossier that she sees, and that resemble none."""
        known = self.matches.settled | self.matches.likely.keys()
        return [row for row in self.extraction.rows if row.rank not in known]

    @cached_property
    def likely(self) -> list[tuple[ExtractionRow, UUID]]:
        """Requests that resemble a dossier, which nobody recognised yet."""
        return [(self.extraction.rows[rank], dossier) for rank, dossier in sorted(self.matches.likely.items())]

    @cached_property
    def absent(self) -> list[UUID]:
        """Dossiers that she sees, not closed, and of which no row speaks, by reference."""
        told = {*self.matches.sure.values(), *self.matches.likely.values()}
        seen = Dossier.objects.visible_to(self.by).open().order_by("reference").values_list("pk", flat=True)
        return [pk for pk in seen if pk not in told]

    @cached_property
    def differences(self) -> list[Difference]:
        """What differs in the dossiers that are recognised, and was not refused."""
        pairs = [(self.extraction.rows[rank], dossier) for rank, dossier in sorted(self.matches.sure.items())]
        return list(differences(pairs, self.values))

    @cached_property
    def bad(self) -> list[BadCell]:
        """What could not be read, and rows that speak of a dossier already compared."""
        twice = self.matches.twice.items()
        again = [self.extraction.refused(self.extraction.rows[rank], TWICE.format(first)) for rank, first in twice]
        return [*self.extraction.bad, *again]

    @cached_property
    def untold(self) -> list[tuple[CodedColumn, str]]:
        """Words of coded columns of which nothing was said."""
        return untold(list(words_in(self.extraction)), self.values)


def words_in(extraction: Extraction) -> Iterator[tuple[CodedColumn, str]]:
    """The words of the coded columns, as written."""
    for row in extraction.rows:
        for column in CodedColumn:
            if word := getattr(row, column):
                yield column, word


def reconcile(pending: PendingImport, *, by: User) -> Reconciliation:
    """Compare the extraction that waits with what `by` sees. Nothing is written.

    Raises `Unrecognised` while somebody has to say what its columns hold.
    """
    require(by, IMPORT)
    extraction = read_extraction(pending)
    return Reconciliation(extraction, match(extraction.rows, by), values_of(by), by)


def row_of(pending: PendingImport, rank: int) -> ExtractionRow:
    """One row of the extraction that waits. Raises `OperationRefused` when there is none of this rank."""
    rows = read_extraction(pending).rows
    if not 0 <= rank < len(rows):
        raise OperationRefused(NO_ROW)
    return rows[rank]


@transaction.atomic
def accept(pending: PendingImport, dossier_id: UUID, field: str, *, rank: int, mark: str, by: User) -> Difference:
    """Take over what SI-SIAO says of one field, by the act that writes this field in the dossier.

    `mark` is that of the difference as it was shown. Raises `OperationRefused` when it changed since, for a field that
    follows acts, and as that act does.
    """
    found = _shown(pending, dossier_id, field, rank=rank, mark=mark, by=by)
    if found.why_not:
        raise OperationRefused(found.why_not)
    if found.field in EVALUATED:
        dossiers.write_answers(dossier_id, {found.field.value: dossiers.Told(found.theirs)}, by=by)
    else:
        _correct(found, by=by)
    journal.record("si_siao.accepted", target=dossier_id, dossier=dossier_id, by=by, field=found.field.value)
    return found


@transaction.atomic
def keep(pending: PendingImport, dossier_id: UUID, field: str, *, rank: int, mark: str, by: User) -> Difference:
    """Refuse a difference: what Seuil says stays, and it is not shown again until one of the two values changes.

    Raises `OperationRefused` when it changed since it was shown.
    """
    found = _shown(pending, dossier_id, field, rank=rank, mark=mark, by=by)
    made = KeptDifference(
        subject_id=found.dossier.household_id,
        dossier=found.dossier,
        field=found.field.value,
        told=found.told,
        told_at=timezone.now(),
        told_by=by,
    )
    made.save(force_insert=True)
    journal.record("si_siao.kept", target=made.pk, dossier=dossier_id, by=by, field=found.field.value)
    return found


@transaction.atomic
def recognise(pending: PendingImport, dossier_id: UUID, *, rank: int, is_same: bool, by: User) -> Recognised:
    """Say that a request is of this dossier, or is not: it is known by its number from then on."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, IMPORT, dossier)
    row = row_of(pending, rank)
    made = Recognised(
        subject_id=dossier.household_id,
        dossier=dossier,
        number=row.number,
        is_same=is_same,
        told_at=timezone.now(),
        told_by=by,
    )
    made.save(force_insert=True)
    event = "si_siao.recognised" if is_same else "si_siao.told_apart"
    journal.record(event, target=made.pk, dossier=dossier.pk, by=by)
    return made


def _shown(pending: PendingImport, dossier_id: UUID, field: str, *, rank: int, mark: str, by: User) -> Difference:
    """The difference that a person answers, in a dossier locked meanwhile."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, IMPORT, dossier)
    row = row_of(pending, rank)
    if match([row], by).sure.get(rank) != dossier_id or field not in Compared.values:
        raise OperationRefused(STALE)
    found = differences([(row, dossier_id)], values_of(by))
    shown = next((each for each in found if each.field == field and each.mark == mark), None)
    if shown is None:
        raise OperationRefused(STALE)
    return shown


def _correct(found: Difference, *, by: User) -> None:
    """One field of the titulaire's identity; a name told without saying which is taken for that of birth."""
    stay, person = found.ours_of.stay, found.ours_of.person
    detail = MemberDetail.objects.filter(participant=stay).first()
    who = household.Identity(
        birth_name=person.birth_name if person.birth_name or person.use_name else person.last_name,
        use_name=person.use_name,
        first_name=person.first_name,
        sex=person.sex,
        civility=person.civility,
        birth_date=person.birth_date,
        birth_precision=person.birth_precision,
    )
    place = household.Place(stay.role, detail.relation if detail else None, detail.custody if detail else None)
    household.correct_member(found.dossier.pk, stay.pk, _told(who, found), place, on=stay.joined_on, by=by)


def _told(who: household.Identity, found: Difference) -> household.Identity:
    """The same person, with what SI-SIAO says of one field."""
    if found.field is Compared.LAST_NAME:  # the one that is shown
        return replace(who, use_name=found.theirs) if who.use_name else replace(who, birth_name=found.theirs)
    if found.field is Compared.FIRST_NAME:
        return replace(who, first_name=found.theirs)
    if found.field is Compared.SEX:
        return replace(who, sex=found.theirs)
    return replace(who, birth_date=found.row.birth_date, birth_precision=None)
