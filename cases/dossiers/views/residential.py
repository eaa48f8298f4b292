"""The residential path: a lane for each person, its drawing, and in words what is missing or told twice.

A period is told by a person, a register or a lease. What a reader may not read in full is told by its ETHOS category.
What came after somebody left a household is not of that household: her lane stops there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts import grants
from accounts.models import User
from cases.dossiers.models import (
    Dossier,
    DossierEvent,
    EventKind,
    Participant,
    ResidentialSituation,
    Source,
    Told,
)
from cases.dossiers.models.spans import Overlap, Span, gaps, overlaps
from cases.dossiers.views.persons import callings
from cases.dossiers.views.timeline import dwellings
from cases.dossiers.views.words import capitalised, ethos_category, ethos_code, ethos_kind, ethos_words
from core.charts import Lane, LanesChart, Period, lanes_chart
from core.components import Entry
from core.typography import day_and_month

LEGEND = (
    Entry("Sans abri", "", "rue"),
    Entry("Sans logement", "", "sans"),
    Entry("Logement précaire", "", "precaire"),
    Entry("Logement", "", "logement"),
    Entry("Non connu", "", "inconnu"),
)
SOURCES = {Source.ACT: "entretien", Source.IMPORT: "registre"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a lane; `row` is what it was read from, None for a lease."""

    period: Period
    row: ResidentialSituation | None = None

    @property
    def span(self) -> Span:
        return Span(self.period.start, self.period.end)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to settle, in a sentence, and where; `url` is empty for who does not settle it."""

    text: str
    action: str
    url: str


@dataclass(frozen=True, slots=True)
class PersonLane:
    """The path of one member as this dossier tells it; `undated` are periods of which no day is known."""

    member: Participant
    name: str
    pieces: Sequence[Piece]
    gaps: Sequence[Span]
    doubts: Sequence[Doubt]
    seen: Sequence[str]
    undated: Sequence[ResidentialSituation]


def lanes_of(dossier: Dossier, context: Mapping[str, Any], *, user: User, former: bool = False) -> list[PersonLane]:
    """The lane of each member, from the frame of a dossier's page; with `former`, of those who left too.

    One statement, and two more when one of them takes part in another situation that the reader sees.
    """
    shown = [each for each in context["members"] if former or each.left_on is None or dossier.closed_on is not None]
    members = list({each.person_id: each for each in reversed(shown)}.values())[::-1]  # her last stay, if several
    people = {each.person_id for each in members}
    told = ResidentialSituation.objects.standing().filter(person__in=people)
    rows = list(grants.visible(told, user, of="dossier").order_by("started_on", "seen_on", "recorded_at"))
    homes = _homes(dossier, context["events"], members, user=user, today=context["today"])
    names = callings(members, may_name=context["person"] is not None)
    return [
        _lane(
            dossier,
            member,
            names[member.pk],
            [row for row in rows if row.person_id == member.person_id],
            homes.get(member.person_id, []),
            today=context["today"],
            in_full=context["in_full"],
            several=len(members) > 1,
        )
        for member in members
    ]


def drawing(lanes: Sequence[PersonLane], *, today: date) -> LanesChart | None:
    """All the lanes on one scale, gaps hatched; None when nothing dated is known of anybody.

    Of whom nothing is known, the lane is hatched from the first day of the others, or from her birth.
    """
    starts = [piece.period.start for lane in lanes for piece in lane.pieces]
    if not starts:
        return None
    return lanes_chart([Lane(lane.name, _drawn(lane, min(starts))) for lane in lanes], today=today)


def doubts_of(lanes: Sequence[PersonLane]) -> list[Doubt]:
    """What is to settle, person after person."""
    return [doubt for lane in lanes for doubt in lane.doubts]


def source_words(row: ResidentialSituation) -> str:
    """Who told of it: « SI-SIAO », « registre », « entretien »."""
    return str(Told(row.told_by).label) if row.told_by else SOURCES[Source(row.source)]


def _drawn(lane: PersonLane, first: date) -> list[Period]:
    periods = [piece.period for piece in lane.pieces]
    periods += [Period(gap.start, gap.end, "Non connu", "inconnu", ("", "")) for gap in lane.gaps]
    if not periods:
        born = lane.member.person.birth_date
        start = max(first, born) if born is not None else first
        periods = [Period(start, lane.member.left_on, "Non connu", "inconnu", ("", ""))]
    return sorted(periods, key=lambda period: period.start)


def _homes(
    dossier: Dossier, events: Sequence[DossierEvent], members: Sequence[Participant], *, user: User, today: date
) -> dict[UUID, list[Period]]:
    """The dwellings of each person, for as long as she was of the household that had them; here and elsewhere."""
    stays = [*members]
    told: dict[UUID, list[DossierEvent]] = {dossier.pk: list(events)}
    if any(getattr(each, "elsewhere", False) for each in members):
        others = Participant.objects.filter(person__in={each.person_id for each in members}).exclude(dossier=dossier)
        found = list(grants.visible(others, user, of="dossier"))
        stays += found
        kinds = (EventKind.LEASE, EventKind.OUTCOME, EventKind.STATE)
        elsewhere = {each.dossier_id for each in found}
        standing = DossierEvent.objects.standing().filter(kind__in=kinds, dossier__in=elsewhere)
        for event in standing:
            told.setdefault(event.dossier_id, []).append(event)
    homes: dict[UUID, list[Period]] = {}
    known = {pk: dwellings(facts, today) for pk, facts in told.items()}
    for stay in stays:
        cut = [_during(home, stay) for home in known.get(stay.dossier_id, [])]
        homes.setdefault(stay.person_id, []).extend(home for home in cut if home is not None)
    return homes


def _during(home: Period, stay: Participant) -> Period | None:
    """The home for as long as the stay lasts; None when she never lived there."""
    start = max(home.start, stay.joined_on) if stay.joined_on else home.start
    ends = [day for day in (home.end, stay.left_on) if day is not None]
    end = min(ends, default=None)
    return None if end is not None and end < start else Period(start, end, home.label, home.kind, home.details)


def _lane(
    dossier: Dossier,
    member: Participant,
    name: str,
    rows: Sequence[ResidentialSituation],
    homes: Sequence[Period],
    *,
    today: date,
    in_full: bool,
    several: bool,
) -> PersonLane:
    limit = min(member.left_on or today, today)
    pieces = [piece for row in rows if (piece := _piece(row, limit, in_full=in_full)) is not None]
    pieces += [Piece(home) for home in homes if home.start <= limit]
    pieces.sort(key=lambda piece: piece.period.start)
    spans = [piece.span for piece in pieces]
    empty = [Span(gap.start, gap.end or member.left_on) for gap in gaps(spans, today=limit)]
    twice = overlaps(spans, today=limit)
    doubts = [_missing(dossier, member, name, gap, rank, limit, in_full) for rank, gap in enumerate(empty)]
    if several and not pieces:
        doubts.append(_nothing(dossier, member, name, in_full))
    doubts += [_both(dossier, name, pieces, each, limit, in_full) for each in twice]
    told_of = name if several else ""
    sights = [row for row in rows if _is_sight(row) and row.seen_on is not None and row.seen_on <= limit]
    seen = [_seen(told_of, row, today, in_full) for row in sights]
    return PersonLane(member, name, pieces, empty, doubts, seen, [row for row in rows if _first_day(row) is None])


def _piece(row: ResidentialSituation, limit: date, *, in_full: bool) -> Piece | None:
    start = _first_day(row)
    if start is None or start > limit:
        return None
    end = row.ended_on or (None if row.started_on else start)
    code = ethos_code(row.ethos) if in_full else str(ethos_category(row.ethos) or "")
    label = capitalised(ethos_words(row.ethos, in_full=in_full))
    return Piece(Period(start, end, label, ethos_kind(row.ethos), (code, source_words(row))), row)


def _first_day(row: ResidentialSituation) -> date | None:
    """The first day on which she is known to have been there."""
    return row.started_on or row.seen_on or row.ended_on


def _is_sight(row: ResidentialSituation) -> bool:
    return row.started_on is None and row.ended_on is None


def _seen(name: str, row: ResidentialSituation, today: date, in_full: bool) -> str:
    """The situations of which one knows a single day: the drawing alone would not tell them."""
    when = f"le {day_and_month(row.seen_on, today=today)}" if row.seen_on else ""
    told = capitalised(f"{name}, {when}" if name else when)
    return f"{told} : {ethos_words(row.ethos, in_full=in_full)}. On ne sait ni depuis quand, ni jusqu’à quand."


def _missing(
    dossier: Dossier, member: Participant, name: str, gap: Span, rank: int, today: date, in_full: bool
) -> Doubt:
    if gap.end is None:
        text = f"Depuis le {day_and_month(gap.start, today=today)}, on ne sait pas où vit {name}."
    elif gap.end == gap.start:
        text = f"Le {day_and_month(gap.start, today=today)}, on ne sait pas où vivait {name}."
    else:
        text = f"{_between(gap.start, gap.end, today)}, on ne sait pas où vivait {name}."
    url = f"{reverse('dossiers:add_period', args=[dossier.pk, member.pk])}?creux={rank + 1}" if in_full else ""
    return Doubt(f"{text} Une date approximative suffit.", "Compléter", url)


def _nothing(dossier: Dossier, member: Participant, name: str, in_full: bool) -> Doubt:
    url = reverse("dossiers:add_period", args=[dossier.pk, member.pk]) if in_full else ""
    return Doubt(f"{name} : on ne sait rien encore de son parcours.", "Compléter", url)


def _both(dossier: Dossier, name: str, pieces: Sequence[Piece], overlap: Overlap, today: date, in_full: bool) -> Doubt:
    one, other = pieces[overlap.first], pieces[overlap.second]
    told = f"« {one.period.label} » et « {other.period.label} »"
    text = f"{name} : deux situations à la fois {_from_to(overlap.start, overlap.end, today)}, {told}. Laquelle ?"
    row = next((each.row for each in (other, one) if each.row is not None and each.row.dossier_id == dossier.pk), None)
    url = reverse("dossiers:correct_period", args=[dossier.pk, row.pk]) if in_full and row is not None else ""
    return Doubt(text, "Corriger", url)


def _between(start: date, end: date, today: date) -> str:
    return capitalised(_from_to(start, end, today))


def _from_to(start: date, end: date, today: date) -> str:
    return f"du {day_and_month(start, today=today)} au {day_and_month(end, today=today)}"
