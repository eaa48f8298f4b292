"""Keeping facts and figures up to date: idempotent, one writer at a time, by the worker role."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import JSONField, Value
from django.utils import timezone

from audit import journal
from audit.boundary import broken_seals_are_told
from commission.models import Seance
from core import outbox
from reporting.models import Fact, FactKind, FigureResult
from reporting.operations.facts import (
    Gone,
    Told,
    event_bytes,
    number,
    numbered_events,
    of_seance,
    period_key,
    stories,
    told_by,
)
from reporting.operations.figures import FIGURES
from vault.period_keys import destroy, is_destroyed, keyed_ids

ONE_WRITER = 0x5E01  # advisory lock: facts and results are written by one transaction at a time
SLICE = 500
UNKNOWN = Value(None, JSONField())  # nothing to count from: null in the JSON, not in the column
GONE = "dossier.gone"
TASKS = (GONE, "seance.changed", "dossier.changed")


def catch_up() -> int:
    """Read every change not yet counted, and recompute what it touches; return how many changes were read."""
    done = 0
    with broken_seals_are_told():
        for task in TASKS:
            while read := outbox.drain(task, wait=True):
                done += read
        _begin_year()
    return done


def recount() -> None:
    """Count every open year again from its facts and sealed snapshots, changed or not.

    A value that no longer opens is journaled and stops the count.
    """
    catch_up()
    with broken_seals_are_told(), transaction.atomic():
        _one_writer()
        recompute(set(Fact.objects.values_list("period", flat=True).distinct()))


def refresh_dossiers(ids: Iterable[UUID]) -> None:
    """Rewrite the facts of these dossiers and the figures of the years they touch, in the caller's transaction."""
    every = list(dict.fromkeys(ids))
    _one_writer()
    periods: set[str] = set()
    for start in range(0, len(every), SLICE):
        periods |= _rewrite(every[start : start + SLICE])
    recompute(periods)


def forget_dossiers(gone: Iterable[Gone]) -> None:
    """Delete the facts of dossiers that are no more, and count again the open years that held them."""
    _one_writer()
    recompute(_replace([], [each.events() for each in gone]))


def refresh_seances(ids: Iterable[UUID]) -> None:
    """The same for séances held."""
    _one_writer()
    wanted = list(dict.fromkeys(ids))
    told = [of_seance(seance) for seance in Seance.objects.held().filter(pk__in=wanted)]
    stale = {FactKind.SEANCE: wanted}
    recompute(_replace(told, [stale]))


def recompute(periods: Collection[str]) -> None:
    """Compute again the figures that read the facts of these years; those of closed years are left as they are."""
    now = timezone.now()
    closed = {year: is_destroyed(period_key(str(year))) for year in _years_of(periods)}
    for period in sorted(periods):
        kinds = set(Fact.objects.filter(period=period).values_list("kind", flat=True).distinct())
        for figure in FIGURES.values():
            year = _year_of(figure.id, period)
            if closed[year]:
                continue
            if not kinds & figure.reads or year > now.year:
                FigureResult.objects.filter(figure=figure.id, period=str(year)).delete()
                continue
            value = figure.compute(period)
            FigureResult.objects.update_or_create(
                figure=figure.id,
                period=str(year),
                defaults={"value": UNKNOWN if value is None else value, "computed_at": now},
            )


def close_period(period: str) -> None:
    """Close a year: its figures stay, its key is destroyed, and nothing links its facts to a dossier any more.

    What was not yet counted is counted first. A year already closed stays as it is.
    """
    catch_up()
    with transaction.atomic():
        _one_writer()
        if not is_destroyed(period_key(period)):
            recompute([period])
            journal.record("period.closed", target=UUID(int=int(period)), by=None, period=period)
            destroy(period_key(period))


@transaction.atomic
def _begin_year() -> None:
    """A new civil year makes a figure due that looks one year back, even when nothing changed."""
    year = timezone.now().year
    due = [figure for figure in FIGURES.values() if figure.cohort_of(year) != year]
    for figure in due:
        cohort = str(figure.cohort_of(year))
        counted = FigureResult.objects.filter(figure=figure.id, period=str(year)).exists()
        if not counted and Fact.objects.filter(period=cohort, kind__in=figure.reads).exists():
            _one_writer()
            recompute([cohort])


def _years_of(periods: Collection[str]) -> set[int]:
    return {_year_of(figure, period) for figure in FIGURES for period in periods}


def _year_of(figure: str, period: str) -> int:
    """The year under which a figure counts the facts of `period` (F11 looks one year back)."""
    return int(period) + (int(period) - FIGURES[figure].cohort_of(int(period)))


def _rewrite(ids: list[UUID]) -> set[str]:
    told_now = stories(ids)
    return _replace(
        [told for story in told_now for told in told_by(story)], [numbered_events(story) for story in told_now]
    )


def _replace(told: list[Told], events: list[dict[FactKind, list[UUID]]]) -> set[str]:
    """Write `told` over the facts that the same events made in any open year; return the years touched."""
    years = set(Fact.objects.values_list("period", flat=True).distinct()) | {each.period for each in told}
    open_years = {year for year in years if not is_destroyed(period_key(year))}
    rows = number([each for each in told if each.period in open_years])
    kept = {row.id for row in rows}
    hashed = [event_bytes(kind, event) for numbered in events for kind, pks in numbered.items() for event in pks]
    former = {pk for year in open_years for pk in keyed_ids(period_key(year), hashed)}
    stale = Fact.objects.filter(pk__in=former - kept)
    touched = set(stale.values_list("period", flat=True)) | {row.period for row in rows}
    stale.delete()
    Fact.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["period", "kind", "code", "detail", "origin"]
    )
    return touched


def _one_writer() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_WRITER])
