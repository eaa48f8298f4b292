"""Importing a register: read twice, once to say what it would do, once to do it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TypeVar

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
from commission import operations as commission
from commission.models import Seance
from core.errors import OperationRefused
from core.gathering import gathering
from core.http import sentence_of
from core.models import OutboxMessage
from exchange.operations.known import PRESENTED, read_known
from exchange.operations.plan import Outcome, RowPlan, plan_row
from exchange.operations.seances import plan_seance, write_seance
from exchange.operations.situations import Desk, adopt, change, create
from exchange.reading.cells import reference_key
from exchange.reading.register import Reading
from exchange.reading.rows import BadCell, SeanceRow, SituationRow

IMPORT = "dossiers.import_register"
INSTRUCT = "dossiers.instruct_dossier"
BATCH = 200  # rows looked up together
TOGETHER = 100  # rows whose inserts are written together
NEVER_READ_BACK = (Entry, OutboxMessage)
PAGE_ROWS = 500
"""Rows that a page writes while one waits; more are a job."""
MOST_ROWS = 10_000
"""Rows that a page compares with what is known; the command reads them all."""
ONE_IMPORT = 0x5E02  # advisory lock: registers are written one after the other
TOO_LONG = "des textes plus courts : l’un d’eux ne tient pas dans sa case"
LOCKED = "un dossier que la ligne peut faire avancer : son bail ou sa mesure a changé d’état dans Seuil"
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


@dataclass(slots=True)
class Report:
    """What an import does, or would do. `rows` are those of situations, bad ones included.

    `plans` are kept for the page alone.
    """

    situations: Counts = field(default_factory=Counts)
    seances: Counts = field(default_factory=Counts)
    rejected: list[BadCell] = field(default_factory=list)
    plans: list[RowPlan] = field(default_factory=list)
    written: bool = False
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


def preview_register(reading: Reading, *, by: User | None, keep_plans: bool = True, tell: Tell = _silent) -> Report:
    """What the register would do. Writes nothing, and tells that none is done yet."""
    require(by, IMPORT)
    report, today = Report(), timezone.localdate()
    listed: set[date] = set()
    for item in reading.only("seances"):
        if isinstance(item, SeanceRow):
            report.seances.add(plan_seance(item, today=today)[0])
            listed.add(item.held_on)
        elif isinstance(item, BadCell):
            report.rejected.append(item)
    told_by_rows: set[date] = set()
    for place, plan in enumerate(_plans(reading, report)):
        report.situations.add(plan.outcome)
        if keep_plans:
            report.plans.append(plan)
        if place % TOGETHER == 0:
            tell(0)
        if plan.outcome is not Outcome.UNCHANGED and plan.after["suite"] == PRESENTED and plan.after["seance_on"]:
            told_by_rows.add(plan.after["seance_on"])
    unheard = told_by_rows - listed
    report.seances.created += len(unheard - set(_known_days(unheard)))
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
    return report


def _write(reading: Reading, report: Report, *, by: User | None, keep_going: bool, tell: Tell) -> None:
    _one_import()
    desk = Desk(by=by, referent=by if by and by.has_perm(INSTRUCT) else None, team=siao(), today=timezone.localdate())
    for item in reading.only("seances"):
        if isinstance(item, SeanceRow):
            _tell_seance(item, desk, report)
        elif isinstance(item, BadCell):
            report.rejected.append(item)
    done = 0
    for group in _groups(_plans(reading, report, prepare=True), TOGETHER):
        _tell_situations(group, desk, report)
        done += len(group)
        tell(done)
    report.seances.created += desk.seances_created
    if report.rejected and not keep_going:
        raise _Refused
    journal.record(
        "register.imported",
        target=desk.team.pk,
        by=by,
        created=report.situations.created,
        changed=report.situations.changed,
        seances=report.seances.created,
    )


def _tell_situations(plans: list[RowPlan], desk: Desk, report: Report) -> None:
    """Write rows, their inserts together; when these are refused, row by row, to know whose it is."""
    created = desk.seances_created
    try:
        with transaction.atomic(), gathering():
            refusals = [_write_row(plan, desk) for plan in plans]
    except (IntegrityError, DataError) as error:
        desk.forget(seances_created=created)
        if len(plans) > 1:
            for plan in plans:
                _tell_situations([plan], desk, report)
            return
        refusals = [_sentence_of(error)]
    for plan, refusal in zip(plans, refusals, strict=True):
        if refusal is None:
            report.situations.add(plan.outcome)
        else:
            report.rejected.append(_bad_row(plan.row, refusal))


def _tell_seance(row: SeanceRow, desk: Desk, report: Report) -> None:
    told: list[Outcome] = []
    refusal = _refusal_of(lambda: told.append(write_seance(row, desk)), desk, NEVER_READ_BACK)
    if refusal is None:
        report.seances.add(told[0])
    else:
        report.rejected.append(BadCell(row.file, row.sheet, row.row, "Date", f"{row.held_on:%d/%m/%Y}", refusal))


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
    if isinstance(error, OperationRefused):
        return str(error)
    if isinstance(error, IntegrityError):
        return sentence_of(error)
    return TOO_LONG if isinstance(error, DataError) else LOCKED


def _one_import() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_IMPORT])


def _known_days(days: set[date]) -> Iterable[date]:
    return Seance.objects.filter(held_on__in=days).values_list("held_on", flat=True)


def _plans(reading: Reading, report: Report, *, prepare: bool = False) -> Iterator[RowPlan]:
    """Each good row with its plan, by batches; bad cells go to the report. `prepare` makes the keys of new rows."""
    today = timezone.localdate()
    for batch in _groups(reading.only("situations"), BATCH):
        bad = [item for item in batch if isinstance(item, BadCell)]
        rows = [item for item in batch if isinstance(item, SituationRow)]
        report.rejected += bad
        report.count(item for item in batch if isinstance(item, SituationRow | BadCell))
        known = read_known([row.reference for row in rows])
        doubled = commission.days_with_several_seances({row.seance_on for row in rows if row.seance_on})
        good: list[RowPlan] = []
        for row in rows:
            plan = plan_row(row, known.get(reference_key(row.reference)), today=today)
            if row.seance_on in doubled and (plan.known is None or "seance_on" in plan.changes):
                report.rejected.append(_bad_row(row, "une date à laquelle une seule séance a eu lieu"))
            elif plan.refusal:
                report.rejected.append(_bad_row(row, plan.refusal))
            else:
                good.append(plan)
        if prepare:
            prepare_keys((plan.household_id, plan.person_id) for plan in good if plan.outcome is Outcome.CREATED)
        yield from good


def _bad_row(row: SituationRow, expected: str) -> BadCell:
    return BadCell(row.file, row.sheet, row.row, "Réf.", row.reference, expected)


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
