"""Importing a register: read twice, once to say what it would do, once to do it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone
from django_fsm import TransitionNotAllowed

from accounts.grants import require
from accounts.models import User
from accounts.operations import siao
from audit import journal
from audit.models import Entry
from cases.dossiers.operations import prepare_keys
from cases.dossiers.operations.acts import INSTRUCT
from commission import operations as commission
from commission.models import Seance
from core.errors import OperationRefused
from core.gathering import gathering
from core.http import name_of, rule_of
from core.models import OutboxMessage
from core.names import fold
from exchange.operations.known import PRESENTED, read_known
from exchange.operations.plan import Outcome, RowPlan, plan_row
from exchange.operations.refusals import Refusal
from exchange.operations.seances import days_told_twice, plan_seance, write_seance
from exchange.operations.situations import Desk, adopt, change, create
from exchange.operations.undoing import Written, remember_import
from exchange.reading.cells import reference_key
from exchange.reading.codes import label_of
from exchange.reading.register import Reading
from exchange.reading.rows import BadCell, SeanceRow, SituationRow

IMPORT = "dossiers.import_register"
BATCH = 200  # rows looked up together
TOGETHER = 100  # rows whose inserts are written together
NEVER_READ_BACK = (Entry, OutboxMessage)
PAGE_ROWS = 500
"""Rows that a page writes while one waits; more are a job."""
MOST_ROWS = 10_000
"""Rows that a page compares with what is known; the command reads them all."""
ONE_IMPORT = 0x5E02  # advisory lock: registers are written one after the other
TOO_LONG = "des textes plus courts : l’un d’eux ne tient pas dans sa case"
LOCKED = "Le bail ou la mesure a changé d’état dans Seuil : la ligne ne peut plus le faire avancer."
RULE = (
    "Une règle de Seuil interdit d’écrire cette ligne : comparez-la au dossier. Si aucun ne vous est ouvert sous cette "
    "référence, vérifiez-la auprès de qui tient le registre."
)
TAKEN = "dossier_reference"  # by a dossier that one does not see: what one sees is changed, not created
SEVERAL = "une date à laquelle une seule séance a eu lieu"
NOT_LISTED: Mapping[date, set[str]] = {}
Tell = Callable[[int], None]
"""Called with the number of rows read so far, now and then. What it raises ends the import: nothing is written."""
T = TypeVar("T")


def _silent(done: int) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class Counts:
    """How many were created, changed, left as they were."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def add(self, outcome: Outcome) -> None:
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)


@dataclass(frozen=True, slots=True)
class Window:
    """The rows that a page shows: the first `size` of each outcome; of `outcome`, those of that `page`."""

    size: int
    outcome: Outcome | None = None
    page: int = 1

    def shows(self, outcome: Outcome, rank: int) -> bool:
        """Whether the row of this rank (from 0) among those of its outcome is shown."""
        start = (self.page - 1) * self.size if outcome is self.outcome else 0
        return start <= rank < start + self.size


@dataclass(slots=True)
class Report:
    """What an import does, or would do. `rows` are those of situations, bad ones included.

    `plans` and `told_seances` (what is done with each line of their list) are kept for the page alone.
    """

    situations: Counts = field(default_factory=Counts)
    seances: Counts = field(default_factory=Counts)
    rejected: list[BadCell] = field(default_factory=list)
    plans: list[RowPlan] = field(default_factory=list)
    told_seances: list[tuple[SeanceRow, Outcome]] = field(default_factory=list)
    written: bool = False
    households: set[UUID] = field(default_factory=set)  # those of the situations created
    touched: int = 0  # situations known before, and written in: changed, or a name in its first mixed-case form
    _seen: tuple[str, str, int] = ("", "", 0)
    rows: int = 0

    def count(self, items: Iterable[SituationRow | BadCell]) -> None:
        """Count the rows of these items: those of one row follow each other."""
        for item in items:
            place = (item.file, item.sheet, item.row)
            self.rows += place != self._seen
            self._seen = place

    def take_back(self) -> None:
        """Nothing was written in the end."""
        for counts in (self.situations, self.seances):
            counts.created = counts.changed = 0
        self.written = False


class _Refused(Exception):
    """A row was bad and the import does not keep going: roll everything back."""


def preview_register(
    reading: Reading,
    *,
    by: User | None,
    keep_plans: bool = True,
    window: Window | None = None,
    refused: Collection[BadCell] = (),
    tell: Tell = _silent,
) -> Report:
    """What the register would do, without the rows of `refused`, which a first try to write found.

    Of the plans, those of `window` alone are kept when there is one: memory stays flat. Writes nothing, and tells that
    none is done yet.
    """
    require(by, IMPORT)
    report, today = Report(), timezone.localdate()
    left_out = {(cell.file, cell.sheet, cell.row) for cell in refused}
    listed: dict[date, set[str]] = {}
    for item in reading.only("seances"):
        if isinstance(item, SeanceRow) and _place(item) not in left_out:
            outcome = plan_seance(item, today=today)[0]
            report.seances.add(outcome)
            listed.setdefault(item.held_on, set()).add(fold(item.place))
            if keep_plans and outcome is not Outcome.UNCHANGED:
                report.told_seances.append((item, outcome))
        elif isinstance(item, BadCell):
            report.rejected.append(item)
    told_by_rows: set[date] = set()
    for place, plan in enumerate(_plans(reading, report, listed=listed)):
        if _place(plan.row) in left_out:
            continue
        rank = getattr(report.situations, plan.outcome.value)
        report.situations.add(plan.outcome)
        if keep_plans and (window is None or window.shows(plan.outcome, rank)):
            report.plans.append(plan)
        if place % TOGETHER == 0:
            tell(0)
        if plan.outcome is not Outcome.UNCHANGED and plan.after["suite"] == PRESENTED and plan.after["seance_on"]:
            told_by_rows.add(plan.after["seance_on"])
    unheard = told_by_rows - listed.keys()
    report.seances.created += len(unheard - set(_known_days(unheard)))
    report.rejected = reading.in_order({*report.rejected, *refused})
    return report


def import_register(reading: Reading, *, by: User | None, keep_going: bool = False, tell: Tell = _silent) -> Report:
    """Write the register, all of it or nothing, or with `keep_going` all but its bad rows.

    Raises `NotAllowed` without the right to import. Bad rows are in the report's `rejected`.
    """
    require(by, IMPORT)
    if not keep_going:
        foreseen = preview_register(reading, by=by, keep_plans=False, tell=tell)
        if foreseen.rejected:
            foreseen.take_back()
            return foreseen
    report = Report()
    try:
        with transaction.atomic():
            _write(reading, report, by=by, keep_going=keep_going, tell=tell)
            report.written = True
    except _Refused:
        report.take_back()
    report.rejected = reading.in_order(report.rejected)
    return report


def _write(reading: Reading, report: Report, *, by: User | None, keep_going: bool, tell: Tell) -> None:
    _one_import()
    since = timezone.now()
    desk = Desk(by=by, referent=by if by and by.has_perm(INSTRUCT) else None, team=siao(), today=timezone.localdate())
    for item in reading.only("seances"):
        if isinstance(item, SeanceRow):
            _tell_seance(item, reading, desk, report)
        elif isinstance(item, BadCell):
            report.rejected.append(item)
    done = 0
    for group in _groups(_plans(reading, report, prepare=True), TOGETHER):
        _tell_situations(group, reading, desk, report)
        done += len(group)
        tell(done)
    report.seances.created += desk.seances_created
    if report.rejected and not keep_going:
        raise _Refused
    written = Written(report.households, report.touched, report.seances.changed + desk.seances_held)
    remember_import(written, team=desk.team, since=since, by=by)
    journal.record(
        "register.imported",
        target=desk.team.pk,
        by=by,
        created=report.situations.created,
        changed=report.situations.changed,
        seances=report.seances.created,
    )


def _tell_situations(plans: list[RowPlan], reading: Reading, desk: Desk, report: Report) -> None:
    """Write rows, their inserts together; when these are refused, row by row, to know whose it is.

    What was taken back left its trace on the objects in memory: the rows are planned again from what is stored.
    """
    created = desk.seances_created
    try:
        with transaction.atomic(), gathering():
            refusals = [_write_row(plan, desk) for plan in plans]
    except (IntegrityError, DataError) as error:
        desk.forget(seances_created=created)
        if len(plans) > 1:
            for plan in plans:
                _tell_situations([_planned_again(plan, desk)], reading, desk, report)
            return
        refusals = [_sentence_of(error)]
    for plan, refusal in zip(plans, refusals, strict=True):
        if refusal is None:
            report.situations.add(plan.outcome)
            if plan.known is None:
                report.households.add(plan.household_id)
            elif plan.known.dossier.household_id not in report.households:
                report.touched += bool(plan.changes or plan.adopted)
        else:
            report.rejected.append(_bad_row(reading, plan.row, Refusal("reference", refusal)))


def _planned_again(plan: RowPlan, desk: Desk) -> RowPlan:
    """The same row against what is stored now; the keys of a new one are made already, under the same ids."""
    row = plan.row
    known = read_known([row.reference]).get(reference_key(row.reference))
    again = plan_row(row, known, today=desk.today)
    return replace(again, household_id=plan.household_id, person_id=plan.person_id)


def _tell_seance(row: SeanceRow, reading: Reading, desk: Desk, report: Report) -> None:
    told: list[Outcome] = []
    refusal = _refusal_of(lambda: told.append(write_seance(row, desk)), desk, NEVER_READ_BACK)
    if refusal is None:
        report.seances.add(told[0])
    else:
        report.rejected.append(reading.refused(row, "held_on", f"{row.held_on:%d/%m/%Y}", refusal))


def _write_row(plan: RowPlan, desk: Desk) -> str | None:
    """Write one row; return the sentence of its refusal, if it is refused."""
    known = plan.known
    if known is None:
        return _refusal_of(lambda: create(plan, desk), desk)
    if plan.changes:
        return _refusal_of(lambda: change(plan, known, desk), desk, NEVER_READ_BACK)
    if plan.adopted:
        return _refusal_of(lambda: adopt(plan, known, desk), desk, NEVER_READ_BACK)
    return None


def _refusal_of(write: Callable[[], object], desk: Desk, together: tuple[type[Model], ...] = ()) -> str | None:
    """Write under a savepoint; the sentence of a refusal, after which the desk looks everything up again."""
    created = desk.seances_created
    try:
        with transaction.atomic(), gathering(*together):
            write()
    except (OperationRefused, TransitionNotAllowed, IntegrityError, DataError) as error:
        desk.forget(seances_created=created)
        return _sentence_of(error)
    return None


def _sentence_of(error: Exception) -> str:
    """What the row’s sender reads; that a reference is taken by a dossier hidden from her is said as any other rule."""
    if isinstance(error, OperationRefused):
        return str(error)
    if isinstance(error, IntegrityError):
        return RULE if name_of(error) == TAKEN else rule_of(error) or RULE
    return TOO_LONG if isinstance(error, DataError) else LOCKED


def _one_import() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_IMPORT])


def _known_days(days: set[date]) -> Iterable[date]:
    return Seance.objects.filter(held_on__in=days).values_list("held_on", flat=True)


def _plans(
    reading: Reading, report: Report, *, prepare: bool = False, listed: Mapping[date, set[str]] = NOT_LISTED
) -> Iterator[RowPlan]:
    """Each good row with its plan, by batches; bad cells go to the report. `prepare` makes the keys of new rows.

    `listed` are the places of the list of séances while it is not written.
    """
    today = timezone.localdate()
    for batch in _groups(reading.only("situations"), BATCH):
        report.rejected += [item for item in batch if isinstance(item, BadCell)]
        rows = [item for item in batch if isinstance(item, SituationRow)]
        report.count(item for item in batch if isinstance(item, SituationRow | BadCell))
        known = read_known([row.reference for row in rows])
        days = {row.seance_on for row in rows if row.seance_on}
        doubled = commission.days_with_several_seances(days) | days_told_twice(days, listed)
        good: list[RowPlan] = []
        for row in rows:
            plan = plan_row(row, known.get(reference_key(row.reference)), today=today)
            if row.seance_on in doubled and (plan.known is None or "seance_on" in plan.changes):
                report.rejected.append(_bad_row(reading, row, Refusal("seance_on", SEVERAL)))
            elif plan.refusal:
                report.rejected.append(_bad_row(reading, row, plan.refusal))
            else:
                good.append(plan)
        if prepare:
            prepare_keys((plan.household_id, plan.person_id) for plan in good if plan.outcome is Outcome.CREATED)
        yield from good


def _bad_row(reading: Reading, row: SituationRow, refusal: Refusal) -> BadCell:
    value = getattr(row, refusal.column)
    read = f"{value:%d/%m/%Y}" if isinstance(value, date) else label_of(refusal.column, value or "")
    return reading.refused(row, refusal.column, read, refusal.expected)


def _place(item: SituationRow | SeanceRow) -> tuple[str, str, int]:
    return item.file, item.sheet, item.row


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
