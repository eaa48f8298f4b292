"""From the dated events of a batch of dossiers to their facts (domaine § 1.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from cases.dossiers.models import OF_THE_LEASE_ALONE, Dossier, DossierEvent, Evaluation, EventKind
from cases.housing.models import Lease
from commission.models import DECISIONS, Examen, Seance, Snapshot
from commission.models import PRESENTED as PRESENTED_BEFORE
from reporting.models import Fact, FactKind
from vault.period_keys import keyed_ids

PRESENTED, DECLINED, PENDING = "PRESENTEE", "NON_RETENUE", "EN_ATTENTE"


def period_key(period: str) -> str:
    """The name of the key under which a period's facts are numbered."""
    return f"facts:{period}"


@dataclass(slots=True)
class Story:
    """All that the facts of one dossier are made from."""

    dossier: Dossier
    evaluated_on: date | None = None
    examens: list[Examen] = field(default_factory=list)  # presented, in order
    withdrawn: list[UUID] = field(default_factory=list)  # not presented, or no longer: they count for nothing
    leases: list[Lease] = field(default_factory=list)
    events: list[DossierEvent] = field(default_factory=list)
    household_type: str = ""

    @property
    def cohort(self) -> str | None:
        """The year of the first séance where the situation was presented: it counts there, once."""
        return str(self.examens[0].seance.held_on.year) if self.examens else None

    @property
    def studied_in(self) -> str | None:
        """The year of the reference date: the séance if presented, else the evaluation."""
        return self.cohort or (str(self.evaluated_on.year) if self.evaluated_on else None)

    def standing(self, kind: EventKind) -> list[DossierEvent]:
        """The events of a kind that nothing corrects, dated ones in order, undated first."""
        corrected = {event.corrects_id for event in self.events}
        found = [event for event in self.events if event.kind == kind and event.pk not in corrected]
        return sorted(found, key=lambda event: (event.on or date.min, event.recorded_at))


@dataclass(frozen=True, slots=True)
class Told:
    """A fact before it is numbered: the event that it tells, and what it says."""

    period: str
    kind: FactKind
    event: UUID
    code: str
    detail: str = ""
    origin: UUID | None = None


def number(told: Collection[Told]) -> list[Fact]:
    """The facts under their periods' keys, two looks at the keystore a year.

    Raises `PeriodClosed` for a year whose key was destroyed.
    """
    rows: list[Fact] = []
    for period in sorted({each.period for each in told}):
        mine = [each for each in told if each.period == period]
        ids = keyed_ids(period_key(period), [event_bytes(each.kind, each.event) for each in mine])
        named = sorted({each.origin for each in mine if each.origin is not None})
        origins = dict(zip(named, keyed_ids(period_key(period), [b"origin:" + pk.bytes for pk in named]), strict=True))
        rows += [
            Fact(
                id=pk,
                period=period,
                kind=each.kind,
                code=each.code,
                detail=each.detail,
                origin=origins[each.origin] if each.origin else None,
            )
            for pk, each in zip(ids, mine, strict=True)
        ]
    return rows


def event_bytes(kind: FactKind, event: UUID) -> bytes:
    """What is hashed: the event, once for each kind of fact that it makes."""
    return f"{kind.value}:".encode() + event.bytes


def stories(ids: Collection[UUID]) -> list[Story]:
    """Read the events of a batch of dossiers, in six queries; opens sealed codes lazily."""
    found = {dossier.pk: Story(dossier) for dossier in Dossier.objects.filter(pk__in=ids)}
    for evaluation in Evaluation.objects.filter(dossier__in=ids).current():
        found[evaluation.dossier_id].evaluated_on = evaluation.evaluated_on
    every = Examen.objects.filter(dossier__in=ids).select_related("seance")
    for examen in every.order_by("seance__held_on", "created_at"):
        story = found[examen.dossier_id]
        if examen.state in PRESENTED_BEFORE:
            story.examens.append(examen)
        else:
            story.withdrawn.append(examen.pk)
    for lease in Lease.objects.filter(dossier__in=ids).signed():
        found[lease.dossier_id].leases.append(lease)
    counted = [EventKind.INSTRUCTION, EventKind.OUTCOME, EventKind.FACT]
    for event in DossierEvent.objects.filter(dossier__in=ids, kind__in=counted):
        found[event.dossier_id].events.append(event)
    first = {story.examens[0].pk: story for story in found.values() if story.examens}
    for snapshot in Snapshot.objects.filter(examen__in=first).last_versions():
        first[snapshot.examen_id].household_type = snapshot.household_type or ""
    return list(found.values())


def told_by(story: Story) -> list[Told]:
    """Every fact of one situation."""
    year = story.studied_in
    if year is None:
        return []
    told = [Told(year, FactKind.ETUDIE, story.dossier.pk, *_studied(story, int(year)))]
    if story.cohort is not None:
        told += _of_cohort(story, story.cohort)
    return told


def _studied(story: Story, year: int) -> tuple[str, str]:
    if story.cohort is not None:
        return PRESENTED, ""
    instructed = story.standing(EventKind.INSTRUCTION)
    if instructed:  # whatever its state now: what is done later does not rewrite the year that declined it
        by_then = [event for event in instructed if event.on is None or event.on.year <= year]
        return DECLINED, (by_then[-1] if by_then else instructed[0]).motive or ""
    return PENDING, ""


def _of_cohort(story: Story, cohort: str) -> list[Told]:
    first = story.examens[0]
    told = [Told(cohort, FactKind.PRESENTE, first.pk, story.household_type, origin=story.dossier.prescripteur_id)]
    decided = [examen for examen in story.examens if examen.state in DECISIONS]
    if decided:
        told.append(Told(cohort, FactKind.DECIDE, first.pk, str(decided[-1].state)))
    obtained = [lease for lease in story.leases if not lease.was_never_entered]
    told += [Told(cohort, FactKind.BAIL, lease.pk, lease.kind, lease.parc) for lease in obtained]
    limit = date(int(cohort) + 1, 12, 31)
    of_situation = [event for event in story.standing(EventKind.OUTCOME) if event.detail not in OF_THE_LEASE_ALONE]
    outcomes = _known_by(limit, of_situation)
    if outcomes:
        told.append(Told(cohort, FactKind.ISSUE, story.dossier.pk, outcomes[-1].detail or ""))
    facts = _known_by(limit, story.standing(EventKind.FACT))
    told += [Told(cohort, FactKind.FAIT, event.pk, event.detail or "") for event in facts]
    return told


def _known_by(limit: date, events: Iterable[DossierEvent]) -> list[DossierEvent]:
    return [event for event in events if event.on is None or event.on <= limit]


def numbered_events(story: Story) -> dict[FactKind, list[UUID]]:
    """Every event that may have made a fact of this dossier, whatever its year was: to find the stale ones."""
    events: dict[FactKind, list[UUID]] = defaultdict(list)
    events[FactKind.ETUDIE] = events[FactKind.ISSUE] = [story.dossier.pk]
    seen = [examen.pk for examen in story.examens] + story.withdrawn
    events[FactKind.PRESENTE] = events[FactKind.DECIDE] = seen
    events[FactKind.BAIL] = [lease.pk for lease in story.leases]
    events[FactKind.FAIT] = [event.pk for event in story.events]
    return events


@dataclass(frozen=True, slots=True)
class Gone:
    """A dossier that is no more (its import was undone), and what was told of it: passages, leases, facts."""

    dossier: UUID
    passages: list[UUID]
    leases: list[UUID]
    facts: list[UUID]

    def events(self) -> dict[FactKind, list[UUID]]:
        """What `numbered_events` told of it while it was there."""
        return {
            FactKind.ETUDIE: [self.dossier],
            FactKind.ISSUE: [self.dossier],
            FactKind.PRESENTE: self.passages,
            FactKind.DECIDE: self.passages,
            FactKind.BAIL: self.leases,
            FactKind.FAIT: self.facts,
        }


def of_seance(seance: Seance) -> Told:
    """A séance held, with or without a situation."""
    has = seance.examens.presented().exists()
    return Told(str(seance.held_on.year), FactKind.SEANCE, seance.pk, "AVEC" if has else "SANS")
