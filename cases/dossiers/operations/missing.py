"""What pieces a step asks for and a dossier lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from cases.dossiers.models import (
    Document,
    Dossier,
    Evaluation,
    Participant,
    Person,
    PersonRole,
    PieceKind,
    PieceRequest,
    PieceStep,
    Whose,
)

HOLDERS = {
    Whose.TITULAIRE: (PersonRole.TITULAIRE,),
    Whose.ADULTS: (PersonRole.TITULAIRE, PersonRole.CONJOINT),
}


class Lack(StrEnum):
    """Why a piece counts as missing."""

    ABSENT = "absent"
    EXPIRED = "expired"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class MissingPiece:
    """A piece that a step asks for and that is not there. Without `person` it is the household's.

    `document` is the one that expired or waits to be verified.
    """

    kind: PieceKind
    person: Person | None
    lack: Lack
    document: Document | None = None

    @property
    def key(self) -> tuple[str, UUID | None]:
        return self.kind.code, self.person.pk if self.person else None


def missing_pieces(
    dossier: Dossier,
    *,
    today: date,
    step: PieceStep = PieceStep.READY,
    evaluation: Evaluation | None = None,
    people: Sequence[Participant] | None = None,
    kinds: Iterable[PieceKind] | None = None,
    documents: Sequence[Document] | None = None,
) -> list[MissingPiece]:
    """The pieces that `step` asks of this household and that are absent, expired or not verified, in their order.

    What the caller has read already is not asked again: `evaluation` is the current one, `people` the stays with their
    persons, `kinds` all of them, `documents` those of the dossier that are not removed.
    """
    asked = PieceKind.objects.filter(step=step, is_active=True) if kinds is None else kinds
    kinds = [kind for kind in asked if kind.step == step and kind.is_active]
    if not kinds:
        return []
    if any(kind.household_types for kind in kinds):
        evaluation = evaluation or Evaluation.objects.filter(dossier=dossier).order_by("-version").first()
        household = evaluation.household_type if evaluation else None
        kinds = [kind for kind in kinds if not kind.household_types or household in kind.household_types]
    if people is None:
        people = list(Participant.objects.filter(dossier=dossier).select_related("person"))
    if documents is None:
        documents = list(Document.objects.filter(dossier=dossier, removed_at=None))
    followed = {each.replaces_id for each in documents}
    standing = sorted((each for each in documents if each.pk not in followed), key=lambda each: each.added_at)
    found = []
    for kind in kinds:
        for person in _holders(kind, people):
            held = [each for each in standing if each.kind == kind.code and _is_about(each, person)]
            lack = _lack(held, today)
            if lack is not None:
                found.append(MissingPiece(kind, person, lack, held[-1] if held else None))
    return found


def open_requests(dossier: Dossier) -> dict[tuple[str, UUID | None], PieceRequest]:
    """The pieces that are waited for, by the code of their kind and the person (`MissingPiece.key`)."""
    waiting = PieceRequest.objects.filter(dossier=dossier, closed_at=None).order_by("due_on", "pk")
    return {(each.kind, each.person_id): each for each in waiting}


def _holders(kind: PieceKind, people: Sequence[Participant]) -> list[Person | None]:
    if kind.whose == Whose.HOUSEHOLD:
        return [None]
    roles = HOLDERS[Whose(kind.whose)]
    held = [each for each in people if each.role in roles]
    found = sorted(held, key=lambda each: (roles.index(PersonRole(each.role)), each.pk))
    return [each.person for each in found]


def _is_about(document: Document, person: Person | None) -> bool:
    """A person's piece is hers; the household's may bear anybody's name in it."""
    return person is None or document.person_id == person.pk


def _lack(held: Sequence[Document], today: date) -> Lack | None:
    valid = [each for each in held if each.valid_until is None or each.valid_until >= today]
    if not held:
        return Lack.ABSENT
    if not valid:
        return Lack.EXPIRED
    return None if any(each.checked_at is not None for each in valid) else Lack.UNCHECKED
