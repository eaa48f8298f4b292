"""Stating what happened: a dated fact, and its correction by another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import Dossier, DossierEvent, EventKind, Source
from core.gathering import gathering, insert


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact to state. `on` may be unknown; `detail` and `motive` are codes, `note` is free text."""

    kind: EventKind
    on: date | None = None
    detail: str | None = None
    motive: str | None = None
    note: str | None = None


def state_facts(
    dossier: Dossier, facts: Iterable[NewFact], *, by: User | None, source: Source = Source.ACT
) -> list[DossierEvent]:
    """Write facts in the caller's transaction; the caller journals the act that they belong to."""
    events = [_event(dossier, fact, by, source, None) for fact in facts]
    with gathering():
        for event in events:
            insert(event)
    return events


def state_fact(
    dossier: Dossier,
    fact: NewFact,
    *,
    by: User | None,
    source: Source = Source.ACT,
    corrects: DossierEvent | None = None,
) -> DossierEvent:
    """Write one fact, in place of the one that it corrects if any (which stays, corrected)."""
    event = _event(dossier, fact, by, source, corrects)
    insert(event)
    return event


def last_standing(dossier: Dossier, kind: EventKind, *, source: Source | None = None) -> DossierEvent | None:
    """The fact of a kind that was stated last (here, or by an import, when `source` says so) and stands uncorrected."""
    standing = DossierEvent.objects.standing().filter(dossier=dossier, kind=kind)
    if source is not None:
        standing = standing.filter(source=source)
    return standing.order_by("-recorded_at", "-pk").first()


def correct_fact(dossier: Dossier, fact: NewFact, *, by: User | None, source: Source = Source.ACT) -> DossierEvent:
    """State `fact` in place of the standing one of its kind, if there is one.

    An import corrects what an import told: what a person stated here stands beside.
    """
    told_by = Source.IMPORT if source == Source.IMPORT else None
    return state_fact(dossier, fact, by=by, source=source, corrects=last_standing(dossier, fact.kind, source=told_by))


def _event(
    dossier: Dossier, fact: NewFact, by: User | None, source: Source, corrects: DossierEvent | None
) -> DossierEvent:
    return DossierEvent(
        subject_id=dossier.household_id,
        dossier=dossier,
        kind=fact.kind,
        on=fact.on,
        detail=fact.detail,
        motive=fact.motive,
        note=fact.note,
        source=source,
        recorded_at=timezone.now(),
        recorded_by=by,
        corrects=corrects,
    )
