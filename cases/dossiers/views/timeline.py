"""The facts of a dossier in words, and its residential path as a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cases.dossiers.models import (
    KEEPS_A_HOME,
    LOOKS,
    Dossier,
    DossierEvent,
    EventKind,
    Motive,
    MotiveLevel,
    ResidentialSituation,
    Source,
    State,
)
from cases.dossiers.views.words import (
    capitalised,
    ethos_category,
    ethos_code,
    ethos_kind,
    ethos_words,
    fact_words,
    outcome_words,
)
from core.charts import Lane, LanesChart, Period, lanes_chart
from core.components import Entry, Happening
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
OUTCOME_MOTIVES = {"ENCOMBREMENT": "encombrement", "VULNERABILITE_SOLITUDE": "vulnérabilité et solitude"}
LEGEND = (
    Entry("Sans abri", "", "rue"),
    Entry("Sans logement", "", "sans"),
    Entry("Logement précaire", "", "precaire"),
    Entry("Logement", "", "logement"),
    Entry("Non connu", "", "inconnu"),
)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Teller:
    """What the words of a fact depend on: the list of motives, who did it for whom, how much the reader may know."""

    motives: dict[str, Motive]
    prescripteur: str
    in_full: bool

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
            case EventKind.STATE:
                label = str(State(detail).label) if detail in State.values else "étape inscrite"
                return f"Le dossier devient « {label} »."
        return f"{event.get_kind_display()}."

    def _instruction(self, event: DossierEvent) -> str:
        decided = "Ajourné par le SIAO" if self._is_put_off(event) else "Non retenu par le SIAO"
        motive = self.motives.get(event.motive or "")
        if motive is None or not self.in_full:
            return decided
        label = motive.label.partition(":")[2].strip() or motive.label
        return f"{decided} : {label}"

    def _is_put_off(self, event: DossierEvent) -> bool:
        motive = self.motives.get(event.motive or "") if event.kind == EventKind.INSTRUCTION else None
        return motive is not None and motive.level == MotiveLevel.AJOURNE


def happenings(dossier: Dossier, events: Sequence[DossierEvent], *, in_full: bool) -> list[Happening]:
    """The standing facts, newest first, those of unknown date last."""
    teller = Teller(
        motives=Motive.objects.in_bulk({event.motive for event in events if event.motive}),
        prescripteur=dossier.prescripteur.name if dossier.prescripteur and in_full else "",
        in_full=in_full,
    )
    dated = sorted(
        events, key=lambda event: (event.on is not None, event.on or date.min, event.recorded_at), reverse=True
    )
    return [Happening(event.on, teller.words(event), teller.who(event), *teller.look(event)) for event in dated]


def residential_chart(
    name: str,
    situations: Sequence[ResidentialSituation],
    events: Sequence[DossierEvent],
    *,
    today: date,
    in_full: bool,
) -> LanesChart | None:
    """Where the titulaire lived, as far as it is known; `None` when nothing is."""
    periods = [
        Period(
            start=start,
            end=situation.ended_on or (None if situation.started_on else start),
            label=capitalised(ethos_words(situation.ethos, in_full=in_full)),
            kind=ethos_kind(situation.ethos),
            details=(_ethos_shown(situation.ethos, in_full=in_full), situation.get_source_display()),
        )
        for situation in situations
        if (start := situation.started_on or situation.seen_on) is not None and start <= today
    ]
    periods += _dwellings(events, today)
    if not periods:
        return None
    return lanes_chart([Lane(name, _with_gaps(sorted(periods, key=lambda period: period.start), today))], today=today)


def where_words(
    dossier: Dossier, ethos: str | None, events: Sequence[DossierEvent], *, today: date, in_full: bool
) -> str:
    """Where the household lives, as far as one knows: in its dwelling, or as it was evaluated before any lease."""
    dwellings = _dwellings(events, today)
    if dwellings:
        last = dwellings[-1]
        lives_there = dossier.state in (State.LOGE, State.EN_SUIVI) and last.end is None
        return f"En logement depuis le {day_and_month(last.start, today=today)}." if lives_there else ""
    return f"À l’évaluation : {ethos_words(ethos, in_full=in_full)}." if ethos else ""


def seen_words(situations: Sequence[ResidentialSituation], *, today: date, in_full: bool) -> list[str]:
    """The situations of which one knows a single day: the drawing alone would not tell them."""
    return [
        f"Le {day_and_month(each.seen_on, today=today)} : {ethos_words(each.ethos, in_full=in_full)}. "
        "On ne sait ni depuis quand, ni jusqu’à quand."
        for each in situations
        if each.seen_on is not None and each.started_on is None and each.ended_on is None
    ]


def _ethos_shown(ethos: str, *, in_full: bool) -> str:
    return ethos_code(ethos) if in_full else str(ethos_category(ethos) or "")


def _dwellings(events: Sequence[DossierEvent], today: date) -> list[Period]:
    """From each lease to the outcome that leaves it, or to the next lease."""
    signed = sorted(
        (event.on, event.detail or "") for event in events if event.kind == EventKind.LEASE and event.on is not None
    )
    left = [
        event.on
        for event in events
        if event.kind == EventKind.OUTCOME and event.on is not None and event.detail not in KEEPS_A_HOME
    ]
    housed = [event.on for event in events if event.kind == EventKind.STATE and event.detail == State.LOGE and event.on]
    told = []
    for rank, (begun, kind) in enumerate(signed):
        if begun > today:
            continue
        ends = [day for day in left if day >= begun] + [day - ONE_DAY for day, _ in signed[rank + 1 :] if day > begun]
        label = capitalised(LEASES.get(kind, "logement"))
        limit = min(ends, default=today)
        begun = min(
            (day for day in housed if begun <= day <= limit), default=begun
        )  # the keys, when their day is known
        told.append(Period(begun, min(ends, default=None), label, "logement", ("", "bail signé")))
    return told


def _with_gaps(periods: list[Period], today: date) -> list[Period]:
    """The same, with what is not known between them said as such."""
    told: list[Period] = []
    covered: date | None = periods[0].start
    for period in periods:
        if covered is not None and period.start > covered:
            told.append(Period(covered, period.start - ONE_DAY, "Non connu", "inconnu", ("", "")))
        told.append(period)
        after = None if period.end is None else period.end + ONE_DAY
        covered = None if covered is None or after is None else max(covered, after)
    if covered is not None and covered <= today:
        told.append(Period(covered, None, "Non connu", "inconnu", ("", "")))
    return told
