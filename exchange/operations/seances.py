"""Writing one line of the list of séances: known by its date and place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from accounts.models import Organisation, OrganisationKind
from commission.models import Seance, SeanceState
from commission.operations import complete_past_seance, has_to_take_place, record_past_seance
from core.names import fold
from exchange.operations.plan import Outcome
from exchange.operations.situations import Desk
from exchange.reading.rows import SeanceRow


def plan_seance(row: SeanceRow, *, today: date) -> tuple[Outcome, Seance | None]:
    """What the line would do: a séance known by its date alone is completed, never doubled."""
    same_day = list(Seance.objects.filter(held_on=row.held_on))
    exact = [seance for seance in same_day if seance.place_key == fold(row.place)]
    placeless = [seance for seance in same_day if not seance.place]
    if exact:
        differs = has_to_take_place(exact[0], today) or _missing(exact[0], row)
        return (Outcome.CHANGED if differs else Outcome.UNCHANGED), exact[0]
    return (Outcome.CHANGED, placeless[0]) if placeless else (Outcome.CREATED, None)


def write_seance(row: SeanceRow, desk: Desk) -> Outcome:
    """Create or complete the séance; return what was done."""
    outcome, seance = plan_seance(row, today=desk.today)
    if outcome is Outcome.UNCHANGED:
        return outcome
    present = [desk.organisation(name, OrganisationKind.AUTRE) for name in row.organisations]
    bodies: list[Organisation] = list({body.pk: body for body in present if body is not None}.values())
    if seance is None:
        record_past_seance(row.held_on, row.place, bodies, by=desk.by)
    else:
        complete_past_seance(seance, place=row.place, present=bodies, by=desk.by)
    return outcome


def days_told_twice(days: Collection[date], listed: Mapping[date, set[str]]) -> set[date]:
    """Among `days`, those on which the list and what is known make several séances; `listed` are its folded places."""
    told = {day: set(listed[day]) for day in days if day in listed}
    known = Seance.objects.exclude(state=SeanceState.ANNULEE).filter(held_on__in=told).exclude(place="")
    for day, place in known.values_list("held_on", "place_key"):
        told[day].add(place)
    return {day for day, places in told.items() if len(places) > 1}


def _missing(seance: Seance, row: SeanceRow) -> set[str]:
    """The organisations of the line that the séance does not have."""
    known = set(Organisation.objects.filter(presences__seance=seance).values_list("aliases__key", flat=True))
    return {fold(name) for name in row.organisations} - known
