"""Every act: from where, to where, with what; and a dossier on which nothing is missing for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from accounts.models import Organisation, OrganisationKind, User
from accounts.operations import recognise_organisation
from cases.dossiers import operations
from cases.dossiers.models import Dossier, HoldCode, Outcome, State
from tests.factories import complete, make_dossier

S = State
DAY = date(2026, 3, 2)
LATER = DAY + timedelta(days=60)
AGREED = operations.Answer("ORALLY", agreed_on=DAY)
NOTE: dict[str, Any] = {"note": "Un fait nouveau est connu."}


@dataclass(frozen=True, slots=True)
class Case:
    """One act, as the operations offer it; `named` is its name in the journal when it is another."""

    name: str
    source: State
    target: State
    asks: dict[str, Any] = field(default_factory=dict)
    named: str = ""
    fact_on: date = DAY

    @property
    def journaled(self) -> str:
        return f"dossier.{self.named or self.name}"

    def do(self, dossier: Dossier, by: User | None, **asks: Any) -> Dossier:
        """Do it on `DAY`."""
        operation: Callable[..., Dossier] = getattr(operations, self.name)
        return operation(dossier.pk, by=by, on=DAY, **{**self.asks, **asks})

    def __str__(self) -> str:
        return f"{self.name} from {self.source}"


DECLINE = {"motive": "DEPART_DEPARTEMENT"}
CASES = [
    Case("prescribe", S.REPERE, S.PRESCRIT),
    Case("start_evaluation", S.PRESCRIT, S.EN_EVALUATION),
    Case("ask_for_pieces", S.EN_EVALUATION, S.A_COMPLETER, NOTE),
    Case("resume_evaluation", S.A_COMPLETER, S.EN_EVALUATION),
    Case("complete_evaluation", S.EN_EVALUATION, S.EVALUE, fact_on=date(2023, 1, 12)),
    Case("declare_ready", S.EVALUE, S.PRET),
    Case("adjourn", S.EVALUE, S.AJOURNE, {"motive": "AJOURNE_DETTE_LOCATIVE", "review_on": LATER}),
    Case("decline", S.EVALUE, S.NON_RETENU, DECLINE),
    Case("decline", S.AJOURNE, S.NON_RETENU, DECLINE, "decline_after_adjournment"),
    Case("reexamine", S.AJOURNE, S.EN_EVALUATION, NOTE),
    Case("reconsider", S.NON_RETENU, S.EN_EVALUATION, NOTE),
    Case("present", S.PRET, S.EN_COMMISSION),
    Case("admit", S.EN_COMMISSION, S.VALIDE),
    Case("withdraw", S.EN_COMMISSION, S.PRET),
    Case("adjourn_in_session", S.EN_COMMISSION, S.AJOURNE, {"review_on": LATER}),
    Case("refuse_in_session", S.EN_COMMISSION, S.NON_RETENU),
    Case("start_search", S.VALIDE, S.EN_RECHERCHE),
    Case("stop_search", S.EN_RECHERCHE, S.VALIDE, NOTE),
    Case("house", S.EN_RECHERCHE, S.LOGE),
    Case("hand_over", S.LOGE, S.EN_SUIVI),
    Case("rehouse", S.LOGE, S.EN_RECHERCHE, NOTE),
    Case("rehouse", S.EN_SUIVI, S.EN_RECHERCHE, NOTE, "rehouse_from_follow_up"),
    *(
        Case("close", source, S.CLOS, {"outcome": Outcome.MAINTIEN_SANS_DETTE.value, "note": "Tout est en ordre."})
        for source in S
        if source != S.CLOS
    ),
    Case("reopen", S.CLOS, S.EN_EVALUATION, {"motive": "RETOUR_RUE"} | NOTE),
]
SOURCES: dict[str, set[State]] = {}
for _case in CASES:
    SOURCES.setdefault(_case.name, set()).add(_case.source)


def prepared(state: State, *, referent: User, act: str = "") -> Dossier:
    """A dossier in this state on which no act lacks anything. `act` will be done: some ask that no lease is left."""
    prescripteur: Organisation = recognise_organisation("Maraude des Bauges", OrganisationKind.PRESCRIPTEUR, by=None)
    before = S.EVALUE if state == S.CLOS else state
    dossier = make_dossier(state=before, referent=referent, prescripteur=prescripteur)
    complete(dossier)
    if state == S.REPERE:
        operations.complete_entry(dossier.pk, AGREED, by=None)
    if state == S.CLOS:
        return operations.close(dossier.pk, by=None, on=DAY, outcome=Outcome.DECES.value)
    for code in (HoldCode.MEASURE,) if act in ("stop_search", "rehouse") else (HoldCode.LEASE, HoldCode.MEASURE):
        operations.hold(dossier, code, holder=uuid4(), by=None)
    return dossier
