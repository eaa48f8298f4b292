"""The state that each kind of row implies, and what is written beside it (« facts of the past », domaine § 2.1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from cases.dossiers.models import Dossier, DossierEvent, Evaluation, EventKind, Hold, HoldCode, Source, State
from cases.housing.models import Lease, LeaseState
from cases.support.models import Measure, MeasureState
from commission.models import Examen, ExamenState, Seance, SeanceState, Snapshot
from tests.exchange.registers import LEASE, PRESENTED, WAITING, Row, account, row, told_well

pytestmark = pytest.mark.django_db
MAINTAINED = {"suivi": "maintien sans dette de loyer", "date_suivi": "2024-02-01"}
DECLINED = {"suite_evaluation": "non retenue", "motif": "a quitté le département"}


def only() -> Dossier:
    return Dossier.objects.get()


@pytest.mark.parametrize(
    ("told", "state", "since"),
    [
        (row(), State.EVALUE, date(2023, 3, 1)),
        (row(suite_evaluation=""), State.EVALUE, date(2023, 3, 1)),
        (row(suite_evaluation="non présentée", motif="non adhésion"), State.NON_RETENU, date(2023, 3, 1)),
        (row(base=WAITING | DECLINED), State.NON_RETENU, date(2023, 3, 1)),
        (row(suite_evaluation="non retenue"), State.NON_RETENU, date(2023, 3, 1)),
        (row(suite_evaluation="non retenue", motif="ajournée : dettes locatives"), State.AJOURNE, date(2023, 3, 1)),
        (row(suite_evaluation="ajournée", motif="dettes locatives"), State.AJOURNE, date(2023, 3, 1)),
        (row(suite_evaluation="ajournée"), State.AJOURNE, date(2023, 3, 1)),
        (row(suite_evaluation="", motif="ajournée : attend un garant"), State.AJOURNE, date(2023, 3, 1)),
        (row(base=PRESENTED), State.VALIDE, date(2023, 3, 30)),
        (row(base=PRESENTED, decision="validée sous réserve"), State.VALIDE, date(2023, 3, 30)),
        (row(base=PRESENTED, decision="ajournée"), State.AJOURNE, date(2023, 3, 30)),
        (row(base=PRESENTED, decision="non validée"), State.NON_RETENU, date(2023, 3, 30)),
        (row(base=PRESENTED, decision="retirée"), State.PRET, date(2023, 3, 30)),
        (row(base=PRESENTED, decision=""), State.EN_COMMISSION, date(2023, 3, 30)),
        (row(base=PRESENTED, **LEASE), State.LOGE, date(2023, 6, 1)),
        (row(base=PRESENTED | LEASE | {"date_bail": ""}), State.LOGE, None),
        (row(base=PRESENTED, **LEASE, **MAINTAINED), State.EN_SUIVI, date(2024, 2, 1)),
        (row(base=PRESENTED, **MAINTAINED), State.EN_SUIVI, date(2024, 2, 1)),
        (row(base=PRESENTED, **LEASE, suivi="pension de famille"), State.EN_SUIVI, None),
        (row(base=PRESENTED, **LEASE, suivi="dédite, retour 115"), State.EN_SUIVI, None),
    ],
)
def test_the_state_that_a_row_implies(told: Row, state: State, since: date | None) -> None:
    told_well(told)
    dossier = only()
    assert (dossier.state, dossier.state_on) == (state, since)
    assert dossier.source == Source.IMPORT
    assert dossier.review_on is None


def test_the_motive_is_kept_and_a_free_one_is_sealed() -> None:
    told_well(
        row("A", WAITING | DECLINED),
        row("B", suite_evaluation="non retenue", motif="ajournée : attend un garant"),
        row("C", suite_evaluation="non présentée"),
    )
    said = {event.dossier.reference: event for event in DossierEvent.objects.filter(kind=EventKind.INSTRUCTION)}
    assert {reference: event.motive for reference, event in said.items()} == {
        "A": "DEPART_DEPARTEMENT",
        "B": "AJOURNE_AUTRE",
        "C": "SANS_MOTIF",
    }
    assert said["B"].note == "ajournée : attend un garant"
    assert {event.on for event in said.values()} == {date(2023, 3, 1)}


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("validée", ExamenState.VALIDEE),
        ("favorable sous réserve", ExamenState.VALIDEE_SOUS_RESERVE),
        ("ajournée", ExamenState.AJOURNEE_SEANCE),
        ("avis défavorable", ExamenState.NON_VALIDEE),
        ("", ExamenState.PRESENTEE),
    ],
)
def test_a_situation_presented_has_its_examen_snapshot_and_facts(decision: str, state: ExamenState) -> None:
    told_well(row(base=PRESENTED, decision=decision, date_naissance="1980-03-31"))
    examen = Examen.objects.get()
    day = date(2023, 3, 30)
    assert (examen.state, examen.decided_on) == (state, day if decision else None)
    assert (examen.seance.held_on, examen.seance.state) == (day, SeanceState.CLOTUREE)
    snapshot = Snapshot.objects.get()
    assert snapshot.age == 42  # 43 the next day
    assert str(snapshot.resources) == "534.82"
    assert snapshot.household_type == "HOMME_ISOLE_SANS_ENFANT"
    assert Evaluation.objects.get().frozen_at is not None
    kinds = {event.kind: event for event in DossierEvent.objects.all()}
    assert kinds[EventKind.PRESENTATION].on == day
    assert (EventKind.DECISION in kinds) is bool(decision)
    assert only().decided_on == (day if decision else None)


def test_a_situation_withdrawn_was_not_presented() -> None:
    told_well(row(base=PRESENTED, decision="retirée"))
    assert Examen.objects.get().state == ExamenState.RETIREE
    assert not Snapshot.objects.exists()
    assert Evaluation.objects.get().frozen_at is None
    assert not DossierEvent.objects.filter(kind__in=[EventKind.PRESENTATION, EventKind.DECISION]).exists()


def test_a_seance_to_come_is_planned_and_its_situation_ready() -> None:
    soon = (timezone.localdate() + timedelta(days=20)).isoformat()
    told_well(row(base=PRESENTED, date_commission=soon, decision=""), seances=[soon])
    assert only().state == State.PRET
    assert Seance.objects.get().state == SeanceState.PLANIFIEE
    assert Examen.objects.get().state == ExamenState.INSCRITE
    assert not Snapshot.objects.exists()
    assert Evaluation.objects.get().frozen_at is None, "nothing is frozen before it is presented"


def test_a_seance_known_by_a_row_alone_has_no_place_until_the_list_tells_it() -> None:
    assert told_well(row(base=PRESENTED)).seances.created == 1
    assert Seance.objects.get().place == ""
    report = told_well(seances=[("2023-03-30", "Mairie de Valcombe", "SIAO, DDETSPP")])
    assert (report.seances.created, report.seances.changed) == (0, 1)
    seance = Seance.objects.get()
    assert (seance.place, seance.presences.count()) == ("Mairie de Valcombe", 2)


def test_a_lease_is_under_way_without_an_entry_date_and_holds_the_dossier() -> None:
    told_well(row(base=PRESENTED, **LEASE))
    lease = Lease.objects.get()
    assert (lease.state, lease.signed_on, lease.entered_on) == (LeaseState.EN_COURS, date(2023, 6, 1), None)
    assert lease.landlord is not None
    assert (lease.landlord.name, lease.landlord.is_to_verify) == ("Logis des Aravis", True)
    assert Hold.objects.get().code == HoldCode.LEASE


@pytest.mark.parametrize("outcome", ["réorientation en pension de famille : encombrement", "dédite, retour 115"])
def test_leaving_the_home_ends_the_lease_not_the_dossier(outcome: str) -> None:
    told_well(row(base=PRESENTED, **LEASE, suivi=outcome, date_suivi="2023-11-02"))
    lease = Lease.objects.get()
    assert (lease.state, lease.ended_on) == (LeaseState.TERMINE, date(2023, 11, 2))
    assert not Hold.objects.filter(released_at=None).exists()
    assert only().state == State.EN_SUIVI


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("expulsion", LeaseState.EXPULSE),
        ("décès", LeaseState.DECES),
        ("bail glissé", LeaseState.GLISSE),
        ("mutation", LeaseState.TRANSFERE),
        ("perdu de vue", LeaseState.TERMINE),
    ],
)
@pytest.mark.parametrize("is_later", [False, True])
def test_a_lease_ends_in_the_state_of_its_outcome(outcome: str, state: LeaseState, is_later: bool) -> None:
    if is_later:
        told_well(row(base=PRESENTED, **LEASE))
    told_well(row(base=PRESENTED, **LEASE, suivi=outcome, date_suivi="2023-11-02"))
    lease = Lease.objects.get()
    assert (lease.state, lease.ended_on) == (state, date(2023, 11, 2))
    assert not Hold.objects.filter(released_at=None).exists()


def test_an_outcome_without_a_lease_is_kept_all_the_same() -> None:
    told_well(row(base=PRESENTED, suivi="pension de famille : vulnérabilité et solitude", date_suivi="2023-11-02"))
    outcome = DossierEvent.objects.get(kind=EventKind.OUTCOME)
    assert (outcome.detail, outcome.motive) == ("REORIENTATION_PENSION_FAMILLE", "VULNERABILITE_SOLITUDE")
    assert not Lease.objects.exists()


def test_a_measure_is_active_since_an_unknown_day_and_holds_the_dossier() -> None:
    told_well(row(base=PRESENTED, accompagnement="Toi(t) d'abord"))
    measure = Measure.objects.get()
    assert (measure.state, measure.started_on) == (MeasureState.ACTIVE, None)
    assert [hold.code for hold in Hold.objects.filter(released_at=None)] == [HoldCode.MEASURE]


def test_a_return_to_work_is_a_fact_beside_the_outcome() -> None:
    work = {"evenement": "retour à l'emploi", "date_evenement": "2023-09-04"}
    told_well(row(base=PRESENTED, **LEASE, **MAINTAINED, **work))
    fact = DossierEvent.objects.get(kind=EventKind.FACT)
    assert (fact.detail, fact.on) == ("RETOUR_EMPLOI", date(2023, 9, 4))
    assert Lease.objects.get().state == LeaseState.EN_COURS


def test_prescribers_are_recognised_or_created_to_verify() -> None:
    account("siao")  # the cast knows « CCAS de Valcombe »
    told_well(row("A", prescripteur="ccas  de VALCOMBE"), row("B"), row("C", prescripteur="ACCUEIL des trois sources"))
    bodies = [dossier.prescripteur for dossier in Dossier.objects.order_by("reference")]
    assert [body and (body.name, body.is_to_verify) for body in bodies] == [
        ("CCAS de Valcombe", False),
        ("Accueil des Trois Sources", True),
        ("Accueil des Trois Sources", True),
    ]


def test_who_imports_follows_the_dossiers_when_the_role_allows_it() -> None:
    siao = account("siao")
    told_well(row("A"), by=siao)
    told_well(row("B"))
    assert [dossier.referent for dossier in Dossier.objects.order_by("reference")] == [siao, None]
    assert [dossier.reference for dossier in Dossier.objects.without_referent()] == ["B"]


def test_the_team_of_the_siao_sees_what_was_imported_and_a_stranger_does_not() -> None:
    told_well(row())
    assert Dossier.objects.visible_to(account("siao2")).count() == 1
    assert Dossier.objects.visible_to(account("etranger")).count() == 0


def test_a_single_name_and_no_number_are_kept_as_they_are() -> None:
    told_well(row(prenom="-", numero_unique=""))
    known = only().participants.get().person
    assert (known.first_name or "", known.last_name) == ("", WAITING["nom"])
