"""The whole path of a household by live acts, each by the person whose act it is, under row-level security."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import Organisation, User
from cases.dossiers import operations as dossiers
from cases.dossiers.models import (
    Adhesion,
    Channel,
    Dossier,
    DossierEvent,
    EventKind,
    Hold,
    HouseholdType,
    Outcome,
    Resource,
    State,
)
from cases.dossiers.operations import Answer, NewDossier, NewEntry, NewEvaluation
from cases.housing import operations as housing
from cases.housing.models import Lease, LeaseKind, LeaseState, Parc
from cases.housing.operations import NewLease
from cases.support import operations as support
from cases.support.models import MeasureKind, MeasureState
from commission import operations as commission
from commission.models import Examen, ExamenState, SeanceState, Snapshot
from commission.operations import Decision
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from reporting import operations as reporting
from reporting.models import FigureResult
from tests.dossiers.answering import answers_of
from tests.factories import COMPLETED
from tests.fixtures import Cast, refusal

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
AGO = TODAY - timedelta(days=60)


def body(name: str) -> Organisation:
    return Organisation.objects.known_as(name).get()


@pytest.fixture
def prescribed(cast: Cast) -> Dossier:
    """A household that the CCAS orients."""
    entry = NewEntry(Channel.PRESCRIPTION, answer=Answer("ORALLY", agreed_on=AGO))
    new = NewDossier("Revardin", "Odette", "F", date(1981, 5, 4), prescripteur=body("CCAS de Valcombe"), entry=entry)
    with acting_as(cast["prescripteur"]):
        return dossiers.open_dossier(new, by=cast["prescripteur"], on=AGO)


def evaluate(dossier: Dossier, by: User) -> None:
    answers = NewEvaluation(
        evaluated_on=AGO + timedelta(days=5),
        household_type=HouseholdType.FEMME_ISOLE_SANS_ENFANT,
        children=0,
        resource=Resource.RSA,
        resources=Decimal("607.75"),
        rent_debt=Decimal(0),
        ethos="2.1 hébergement d’urgence",
        adhesion=Adhesion.OUI,
        unique_number="073112600001XTEST",
        renewed_on=AGO,
        answers=COMPLETED,
    )
    dossiers.write_evaluation(dossier.pk, answers, by=by)


@pytest.fixture
def ready(cast: Cast, prescribed: Dossier) -> Dossier:
    """The same, evaluated and ready."""
    siao = cast["siao"]
    with acting_as(siao):
        dossiers.take(prescribed.pk, by=siao)
        dossiers.start_evaluation(prescribed.pk, by=siao, on=AGO)
        evaluate(prescribed, siao)
        dossiers.complete_evaluation(prescribed.pk, by=siao, on=AGO + timedelta(days=6))
        seen = [dossiers.SeenPiece(*each.key) for each in dossiers.missing_pieces(prescribed, today=AGO)]
        assert len(seen) == 4
        dossiers.see_pieces(prescribed.pk, seen, by=siao, on=AGO + timedelta(days=6))
        return dossiers.declare_ready(prescribed.pk, by=siao, on=AGO + timedelta(days=7))


@pytest.fixture
def examen(cast: Cast, ready: Dossier) -> Examen:
    """The same, on the agenda of a séance that is open."""
    animation = cast["animation"]
    with acting_as(animation):
        seance = commission.plan_seance(TODAY, "Hôtel d’agglomération", by=animation)
        made = commission.enrol(ready.pk, seance.pk, by=animation)
        commission.convene(seance.pk, by=animation)
        commission.settle_agenda(seance.pk, by=animation)
        present = [body("SIAO"), body("Habitat des Bauges"), body("DDETSPP")]
        commission.open_seance(seance.pk, present, by=animation)
    return made


def test_from_prescription_to_follow_up(cast: Cast, examen: Examen) -> None:
    siao, animation, fol = cast["siao"], cast["animation"], body("FOL 73")
    with acting_as(animation):
        commission.present_examen(examen.pk, by=animation)
        landlord = body("Habitat des Bauges")
        commission.decide(examen.pk, Decision(ExamenState.VALIDEE, landlord=landlord), by=animation)
        assert commission.close_seance(examen.seance_id, by=animation).state == SeanceState.CLOTUREE
    with acting_as(siao):
        dossiers.start_search(examen.dossier_id, by=siao, on=TODAY)
        lease = housing.sign_lease(
            examen.dossier_id, NewLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, landlord, TODAY), by=siao
        )
        assert housing.enter_dwelling(lease.pk, on=TODAY, by=siao).state == LeaseState.EN_COURS
        assert Dossier.objects.get(pk=examen.dossier_id).state == State.LOGE
        support.open_measure(examen.dossier_id, MeasureKind.EQUIPE_PLURI_FOL73, operator=fol, started_on=TODAY, by=siao)
        dossiers.hand_over(examen.dossier_id, by=siao, on=TODAY)
    dossier = Dossier.objects.get(pk=examen.dossier_id)
    assert (dossier.state, dossier.decided_on, dossier.positioned_landlord) == (State.EN_SUIVI, TODAY, landlord)
    assert Hold.objects.filter(dossier=dossier, released_at=None).count() == 2
    assert Dossier.objects.visible_to(cast["fol73"]).get() == dossier
    snapshot = Snapshot.objects.get(examen=examen)
    assert (snapshot.resources, snapshot.household_type) == (Decimal("607.75"), "FEMME_ISOLE_SANS_ENFANT")
    assert OutboxMessage.objects.get(task="examen.notify").payload == {"examen": str(examen.pk)}
    kinds = DossierEvent.objects.filter(dossier=dossier).order_by("recorded_at").values_list("kind", flat=True)
    told = [kind for kind in kinds if kind != EventKind.STATE]
    assert told == ["ORIENTATION", "EVALUATION", "PRESENTATION", "DECISION", "LEASE"]


def test_the_figures_count_what_was_done(cast: Cast, examen: Examen) -> None:
    test_from_prescription_to_follow_up(cast, examen)
    reporting.catch_up()
    counted = {(row.figure, row.period): row.value for row in FigureResult.objects.all()}
    year = str(TODAY.year)
    assert counted[("F07", year)]["femmes isolées"] == 1


class TestEndings:
    def housed(self, cast: Cast, examen: Examen) -> Lease:
        test_from_prescription_to_follow_up(cast, examen)
        return Lease.objects.get(dossier=examen.dossier_id)

    @pytest.mark.parametrize(
        ("outcome", "state"),
        [
            (Outcome.MAINTIEN_SANS_DETTE, LeaseState.EN_COURS),
            (Outcome.DEDITE_RETOUR_115, LeaseState.TERMINE),
            (Outcome.EXPULSION, LeaseState.EXPULSE),
            (Outcome.DECES, LeaseState.DECES),
            (Outcome.MUTATION, LeaseState.TRANSFERE),
        ],
    )
    def test_of_a_lease(self, cast: Cast, examen: Examen, outcome: Outcome, state: LeaseState) -> None:
        lease = self.housed(cast, examen)
        with acting_as(cast["siao"]):
            ended = housing.record_outcome(lease.pk, outcome, on=TODAY, by=cast["siao"])
        assert (ended.state, ended.outcome) == (state, outcome)
        assert Dossier.objects.get(pk=lease.dossier_id).state == State.EN_SUIVI
        held = Hold.objects.filter(dossier=lease.dossier_id, code="LEASE", released_at=None)
        assert held.exists() == (state == LeaseState.EN_COURS)

    def test_of_a_measure_which_ends_neither_the_lease_nor_the_dossier(self, cast: Cast, examen: Examen) -> None:
        lease = self.housed(cast, examen)
        measure = lease.dossier.measures.get()
        with acting_as(cast["fol73"]):
            ended = support.end_measure(measure.pk, on=TODAY, by=cast["fol73"])
        assert (ended.state, ended.ended_on) == (MeasureState.TERMINEE, TODAY)
        assert Lease.objects.live().get() == lease
        assert not Dossier.objects.visible_to(cast["fol73"]).exists()
        with pytest.raises(OperationRefused, match="déjà terminé"):
            support.end_measure(measure.pk, on=TODAY, by=None)

    def test_a_lease_that_has_ended_is_not_rewritten(self, cast: Cast, examen: Examen) -> None:
        lease = self.housed(cast, examen)
        housing.record_outcome(lease.pk, Outcome.DEDITE_RETOUR_115, on=TODAY, by=None)
        with pytest.raises(OperationRefused, match="Ce bail est fini"):
            housing.record_outcome(lease.pk, Outcome.MAINTIEN_SANS_DETTE, on=TODAY, by=None)
        assert DossierEvent.objects.filter(kind=EventKind.OUTCOME).count() == 1

    def test_nobody_ends_the_measure_of_another_team(self, cast: Cast, examen: Examen) -> None:
        lease = self.housed(cast, examen)
        toit = body("Toi(t) d’abord")
        with acting_as(cast["fol73"]), pytest.raises(NotAllowed, match="par son équipe"):
            support.open_measure(lease.dossier_id, MeasureKind.AVDL, operator=toit, started_on=TODAY, by=cast["fol73"])
        support.open_measure(lease.dossier_id, MeasureKind.AVDL, operator=toit, started_on=TODAY, by=cast["siao"])
        of_fol = lease.dossier.measures.get(operator=body("FOL 73"))
        with acting_as(cast["toit"]), pytest.raises(NotAllowed, match="par son équipe"):
            support.end_measure(of_fol.pk, on=TODAY, by=cast["toit"])
        assert Dossier.objects.visible_to(cast["fol73"]).exists()


class TestEvaluation:
    def test_who_no_longer_adheres_is_not_enrolled(self, cast: Cast, ready: Dossier) -> None:
        told = NewEvaluation(**{**answers_of(ready), "children": 0, "adhesion": Adhesion.NON})
        dossiers.write_evaluation(ready.pk, told, by=None)
        seance = commission.plan_seance(TODAY, "Salle des Glycines", by=None)
        with pytest.raises(OperationRefused, match="l’adhésion du ménage"):
            commission.enrol(ready.pk, seance.pk, by=None)


def test_a_dossier_is_closed_during_the_seance_once_withdrawn_from_it(cast: Cast, examen: Examen) -> None:
    commission.present_examen(examen.pk, by=None)
    closing = partial(dossiers.close, examen.dossier_id, by=None, on=TODAY, outcome=Outcome.DECES)
    with pytest.raises(OperationRefused, match="retirez-le d’abord"):
        closing()
    commission.withdraw_examen(examen.pk, by=None)
    closing()
    assert commission.close_seance(examen.seance_id, by=None).state == SeanceState.CLOTUREE
    assert Dossier.objects.get(pk=examen.dossier_id).state == State.CLOS


class TestOpening:
    def test_seen_by_the_siao_and_by_who_prescribed_alone(self, cast: Cast, prescribed: Dossier) -> None:
        assert (prescribed.state, prescribed.oriented_on) == (State.PRESCRIT, AGO)
        assert prescribed.reference.startswith(f"LDA-{AGO.year}-")
        seen = {account for account, user in cast.items() if Dossier.objects.visible_to(user).exists()}
        assert seen == {"siao", "siao2", "animation", "prescripteur"}

    def test_without_prescripteur_it_is_only_met(self, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            met = dossiers.open_dossier(NewDossier("Grangier"), by=cast["siao"], on=TODAY)
        assert met.state == State.REPERE
        assert Dossier.objects.get().participants.get().person.name == "Grangier"

    def test_a_reference_given_twice(self, cast: Cast) -> None:
        new = NewDossier("Grangier", reference="LDA-2026-0001")
        dossiers.open_dossier(new, by=None, on=TODAY)
        error = refusal(lambda: dossiers.open_dossier(new, by=None, on=TODAY))
        assert error.diag.constraint_name == "dossier_reference"

    @pytest.mark.parametrize("account", ["bailleur", "coordination", "fol73", "etranger"])
    def test_not_by_others(self, cast: Cast, account: str) -> None:
        with acting_as(cast[account]), pytest.raises(NotAllowed):
            dossiers.open_dossier(NewDossier("Grangier"), by=cast[account], on=TODAY)

    def test_not_tomorrow(self) -> None:
        with pytest.raises(OperationRefused, match="date passée"):
            dossiers.open_dossier(NewDossier("Grangier"), by=None, on=TODAY + timedelta(days=1))
        assert not Dossier.objects.exists()
