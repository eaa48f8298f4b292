"""The facts of a dossier in words, and the homes that they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from accounts.operations import hints, met_in
from cases.dossiers.models import (
    BEFORE_ENTRY,
    KEEPS_A_HOME,
    LOOKS,
    OF_THE_LEASE_ALONE,
    Dossier,
    DossierEvent,
    EventKind,
    HouseholdFact,
    Motive,
    MotiveLevel,
    Source,
    State,
)
from cases.dossiers.views.words import (
    capitalised,
    ethos_words,
    fact_words,
    outcome_words,
)
from core.charts import Period
from core.components import Happening
from core.typography import day_and_month

ICONS = {
    EventKind.ORIENTATION: ("envelope-paper", "entree"),
    EventKind.EVALUATION: ("clipboard-check", "evaluation"),
    EventKind.INSTRUCTION: ("slash-circle", "fin"),
    EventKind.PRESENTATION: ("people", "commission"),
    EventKind.DECISION: ("check-circle", "commission"),
    EventKind.LEASE: ("key", "logement"),
    EventKind.OUTCOME: ("house-heart", "logement"),
    EventKind.FACT: ("sun", ""),
    EventKind.STATE: ("signpost-2", "fin"),
    EventKind.HOUSEHOLD: ("people", ""),
}
PUT_OFF = ("pause-circle", "attente")
# codes of the apps above, whose lists this app does not know: their words only
DECISIONS = {
    "VALIDEE": "validée",
    "VALIDEE_SOUS_RESERVE": "validée sous réserve",
    "AJOURNEE_SEANCE": "ajournée",
    "NON_VALIDEE": "non validée",
}
LEASES = {
    "NOM_PROPRE": "bail en nom propre",
    "BAIL_GLISSANT": "bail glissant",
    "SOUS_LOCATION_IML": "sous-location",
    "MANDAT_GESTION": "mandat de gestion",
    "RESIDENCE_SOCIALE": "résidence sociale",
    "PENSION_FAMILLE": "pension de famille",
}
OUTCOME_MOTIVES = {
    "ENCOMBREMENT": "encombrement",
    "VULNERABILITE_SOLITUDE": "vulnérabilité et solitude",
    BEFORE_ENTRY: "avant l’entrée dans le logement",
}
ONE_DAY = timedelta(days=1)
HINTED = timedelta(days=7)  # how long a note is told what it should not hold


@dataclass(frozen=True, slots=True)
class Teller:
    """What the words of a fact depend on: the list of motives, who did it for whom, how much the reader may know."""

    motives: dict[str, Motive]
    prescripteur: str
    in_full: bool
    passages: dict[UUID, int]

    def who(self, event: DossierEvent) -> str:
        """The organisation that oriented; else the author and hers, or who took it from the register."""
        if event.kind == EventKind.ORIENTATION and self.prescripteur:
            return self.prescripteur
        if event.recorded_by is None:
            return "Repris du registre" if event.source == Source.IMPORT else "Seuil"
        author = str(event.recorded_by)
        if event.source == Source.IMPORT:
            return f"Repris du registre par {author}"
        body: str | None = getattr(event, "author_body", None)
        return f"{author}, {body}" if body else author

    def look(self, event: DossierEvent) -> tuple[str, str]:
        """Icon and colour."""
        if event.kind == EventKind.STATE and event.detail in LOOKS:
            return LOOKS[event.detail].icon, LOOKS[event.detail].moment
        return PUT_OFF if self._is_put_off(event) else ICONS[EventKind(event.kind)]

    def words(self, event: DossierEvent) -> str:
        """One sentence, and the author’s own words for who may read them."""
        note = f" « {event.note} »" if event.note and self.in_full else ""
        return f"{self._sentence(event)}{note}"

    def _sentence(self, event: DossierEvent) -> str:
        detail = event.detail or ""
        match event.kind:
            case EventKind.INSTRUCTION:
                return f"{self._instruction(event)}."
            case EventKind.DECISION:
                return f"Décision de la commission : {DECISIONS.get(detail, 'décision inscrite')}."
            case EventKind.LEASE:
                return f"Bail signé : {LEASES.get(detail, 'logement')}."
            case EventKind.OUTCOME:
                known = OUTCOME_MOTIVES.get(event.motive or "") if self.in_full else None
                why = f" : {known}" if known else ""
                return f"{capitalised(outcome_words(detail, in_full=self.in_full))}{why}."
            case EventKind.FACT:
                return f"{capitalised(fact_words(detail, in_full=self.in_full))}."
            case EventKind.HOUSEHOLD:
                known_fact = detail in HouseholdFact.values
                return f"{capitalised(HouseholdFact(detail).label if known_fact else 'le ménage a changé')}."
            case EventKind.STATE:
                label = str(State(detail).label) if detail in State.values else "étape inscrite"
                return f"Le dossier devient « {label} »{self._back(event)}."
            case EventKind.PRESENTATION if self.passages.get(event.pk, 1) > 1:
                return f"{event.get_kind_display()}, {self.passages[event.pk]}ᵉ passage."
        return f"{event.get_kind_display()}."

    def _instruction(self, event: DossierEvent) -> str:
        decided = "Ajourné par le SIAO" if self._is_put_off(event) else "Non retenu par le SIAO"
        motive = self.motives.get(event.motive or "")
        if motive is None or not self.in_full:
            return decided
        label = motive.label.partition(":")[2].strip() or motive.label
        return f"{decided} : {label}"

    def _back(self, event: DossierEvent) -> str:
        """Why a closed dossier was taken up again, for who instructs."""
        motive = self.motives.get(event.motive or "") if self.in_full else None
        return f" : {motive.label}" if motive else ""

    def _is_put_off(self, event: DossierEvent) -> bool:
        motive = self.motives.get(event.motive or "") if event.kind == EventKind.INSTRUCTION else None
        return motive is not None and motive.level == MotiveLevel.AJOURNE


def happenings(
    dossier: Dossier, events: Sequence[DossierEvent], *, in_full: bool, reader: User | None = None
) -> list[Happening]:
    """The standing facts, newest first, those of unknown date last.

    Beside what `reader` has just written, the words that have another place.
    """
    teller = Teller(
        motives=Motive.objects.in_bulk({event.motive for event in events if event.motive}),
        prescripteur=dossier.prescripteur.name if dossier.prescripteur and in_full else "",
        in_full=in_full,
        passages=_passages(events),
    )
    dated = sorted(
        events, key=lambda event: (event.on is not None, event.on or date.min, event.recorded_at), reverse=True
    )
    told = _hints_of(events, reader) if in_full and reader is not None else {}
    return [
        Happening(event.on, teller.words(event), teller.who(event), *teller.look(event), hints=told.get(event.pk, ()))
        for event in dated
    ]


def _hints_of(events: Sequence[DossierEvent], reader: User) -> dict[UUID, list[tuple[str, str]]]:
    """What the reader's own notes of the last days hold that has another place; no query when she wrote none."""
    since = timezone.now() - HINTED
    own = [event for event in events if event.recorded_by_id == reader.pk and event.recorded_at > since and event.note]
    known = hints() if own else []
    return {event.pk: [(met.word, met.suggestion) for met in met_in(event.note or "", known)] for event in own}


def _passages(events: Sequence[DossierEvent]) -> dict[UUID, int]:
    """Which presentation each one is, in the order of their days."""
    presented = [event for event in events if event.kind == EventKind.PRESENTATION]
    presented.sort(key=lambda event: (event.on or date.min, event.recorded_at))
    return {event.pk: rank for rank, event in enumerate(presented, start=1)}


def newest_first(told: Sequence[Happening]) -> list[Happening]:
    """Facts of several kinds in one order, those of unknown date last; each kind keeps its own."""
    return sorted(told, key=lambda each: (each.at is not None, each.at or date.min), reverse=True)


def where_words(
    dossier: Dossier, ethos: str | None, events: Sequence[DossierEvent], *, today: date, in_full: bool
) -> str:
    """Where the household lives, as far as one knows: in its dwelling, or as it was evaluated before any lease."""
    homes = dwellings(events, today)
    if homes:
        last = homes[-1]
        lives_there = dossier.state in (State.LOGE, State.EN_SUIVI) and last.end is None
        return f"En logement depuis le {day_and_month(last.start, today=today)}." if lives_there else ""
    return f"À l’évaluation : {ethos_words(ethos, in_full=in_full)}." if ethos else ""


def dwellings(events: Sequence[DossierEvent], today: date) -> list[Period]:
    """From each lease to the outcome that leaves it, or to the next lease. One that nobody entered is no home."""
    signed = sorted(
        (event.on, event.detail or "") for event in events if event.kind == EventKind.LEASE and event.on is not None
    )
    endings = [
        (event.on, _is_before_entry(event))
        for event in events
        if event.kind == EventKind.OUTCOME and event.on is not None and event.detail not in KEEPS_A_HOME
    ]
    left = [day for day, before_entry in endings if not before_entry]
    never_entered = sorted(day for day, before_entry in endings if before_entry)
    housed = [event.on for event in events if event.kind == EventKind.STATE and event.detail == State.LOGE and event.on]
    told = []
    for rank, (begun, kind) in enumerate(signed):
        if begun > today:
            continue
        following = min((day for day, _ in signed[rank + 1 :]), default=today)
        if _is_given_up(begun, following, left, never_entered):
            never_entered.pop(0)  # an ending is of one lease: another may be signed that day
            continue
        ends = [day for day in left if day >= begun] + [day - ONE_DAY for day, _ in signed[rank + 1 :] if day > begun]
        label = capitalised(LEASES.get(kind, "logement"))
        limit = min(ends, default=today)
        begun = min(
            (day for day in housed if begun <= day <= limit), default=begun
        )  # the keys, when their day is known
        told.append(Period(begun, min(ends, default=None), label, "logement", ("", "bail signé")))
    return told


def _is_given_up(begun: date, following: date, left: Sequence[date], never_entered: Sequence[date]) -> bool:
    """The first ending before an entry is of this lease: no home is left in between, no other lease signed."""
    if not never_entered or not begun <= never_entered[0] <= following:
        return False
    return not any(begun <= day < never_entered[0] for day in left)  # closed that day, with no home to leave


def _is_before_entry(event: DossierEvent) -> bool:
    return event.detail in OF_THE_LEASE_ALONE or event.motive == BEFORE_ENTRY
