"""A lease that was signed and that nobody entered: how it ends, what it frees, what it does not count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, User
from audit.models import Entry
from cases.dossiers import operations as dossiers
from cases.dossiers.models import (
    KEEPS_A_HOME,
    OF_THE_LEASE_ALONE,
    Dossier,
    DossierEvent,
    EventKind,
    Hold,
    HoldCode,
    Outcome,
    State,
)
from cases.housing.models import Lease, LeaseKind, LeaseState, Parc
from cases.housing.operations import (
    NewLease,
    enter_dwelling,
    possible_outcomes,
    record_outcome,
    record_past_outcome,
    sign_lease,
)
from commission.models import ExamenState
from commission.operations import PastExamen, record_past_examen, record_past_seance
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.http import sentence_of
from exchange.operations.known import as_columns, read_known
from reporting.models import Fact, FactKind
from reporting.operations import catch_up
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
TODAY = timezone.localdate()
SIGNED_ON = TODAY - timedelta(days=9)
OF_WHO_LIVES_THERE = {
    *KEEPS_A_HOME,
    Outcome.DEDITE_RETOUR_115,
    Outcome.EXPULSION,
    Outcome.MUTATION,
    Outcome.BAIL_GLISSE,
}


@pytest.fixture
def searching(cast: Cast) -> Dossier:
    """A household that the commission has validated, and that looks for a dwelling."""
    dossier = make_dossier("presented", state=State.EN_RECHERCHE, referent=cast["siao"])
    seance = record_past_seance(TODAY - timedelta(days=30), "Salle des Glycines", [], by=None)
    record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)
    return dossier


@pytest.fixture
def lease(searching: Dossier) -> Lease:
    return sign(searching)


def sign(dossier: Dossier) -> Lease:
    landlord = Organisation.objects.known_as("Habitat des Bauges").get()
    return sign_lease(dossier.pk, NewLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, landlord, SIGNED_ON), by=None)


def held(dossier: Dossier) -> set[str]:
    return set(Hold.objects.filter(dossier=dossier, released_at=None).values_list("code", flat=True))


def counted(kind: FactKind) -> list[str]:
    catch_up()
    return list(Fact.objects.filter(kind=kind).values_list("code", flat=True))


class TestEnding:
    @pytest.mark.parametrize("outcome", sorted(set(Outcome) - OF_WHO_LIVES_THERE))
    def test_it_ends_frees_the_dossier_and_the_search_goes_on(self, siao: User, lease: Lease, outcome: Outcome) -> None:
        with acting_as(siao):
            ended = record_outcome(lease.pk, outcome, on=TODAY, by=siao)
        state = LeaseState.DECES if outcome == Outcome.DECES else LeaseState.TERMINE
        assert (ended.state, ended.ended_on, ended.entered_on, ended.outcome) == (state, TODAY, None, outcome)
        assert ended.was_never_entered
        dossier = Dossier.objects.get(pk=lease.dossier_id)
        assert dossier.state == State.EN_RECHERCHE
        assert held(dossier) == set()
        assert DossierEvent.objects.standing().get(kind=EventKind.OUTCOME).detail == outcome
        assert Entry.objects.filter(event="outcome.recorded", dossier_id=dossier.pk).count() == 1
        another = sign(dossier)
        assert enter_dwelling(another.pk, on=TODAY, by=None).state == LeaseState.EN_COURS
        assert Dossier.objects.get(pk=dossier.pk).state == State.LOGE

    @pytest.mark.parametrize("outcome", sorted(OF_WHO_LIVES_THERE))
    def test_not_by_an_outcome_of_who_lives_there(self, lease: Lease, outcome: Outcome) -> None:
        with pytest.raises(OperationRefused, match="inscrivez d’abord l’entrée"):
            record_outcome(lease.pk, outcome, on=TODAY, by=None)
        assert Lease.objects.get().state == LeaseState.SIGNE
        assert held(lease.dossier) == {HoldCode.LEASE}

    @pytest.mark.parametrize("outcome", sorted(OF_THE_LEASE_ALONE))
    def test_who_entered_does_not_give_up_before_entering(self, lease: Lease, outcome: Outcome) -> None:
        enter_dwelling(lease.pk, on=TODAY, by=None)
        with pytest.raises(OperationRefused, match="est entré dans ce logement"):
            record_outcome(lease.pk, outcome, on=TODAY, by=None)

    def test_before_its_signature_or_to_come_it_is_refused(self, lease: Lease) -> None:
        for on in (SIGNED_ON - timedelta(days=1), TODAY + timedelta(days=1)):
            with pytest.raises(OperationRefused, match="date"):
                record_outcome(lease.pk, Outcome.BAIL_ANNULE, on=on, by=None)

    def test_only_by_who_keeps_leases(self, cast: Cast, lease: Lease) -> None:
        with acting_as(cast["animation"]), pytest.raises(NotAllowed):
            record_outcome(lease.pk, Outcome.BAIL_ANNULE, on=TODAY, by=cast["animation"])

    def test_what_is_offered_is_what_is_accepted(self, lease: Lease) -> None:
        assert set(possible_outcomes(lease)) == set(Outcome) - OF_WHO_LIVES_THERE
        enter_dwelling(lease.pk, on=TODAY, by=None)
        assert set(possible_outcomes(Lease.objects.get())) == set(Outcome) - OF_THE_LEASE_ALONE
        given = Lease.objects.get()
        given.give_notice()
        given.save(update_fields=["state"])
        offered = possible_outcomes(given)
        assert {Outcome.EXPULSION, Outcome.BAIL_GLISSE, Outcome.MUTATION, Outcome.DECES}.isdisjoint(offered)
        with pytest.raises(OperationRefused, match=r"« Congé donné .* Choisissez une autre issue"):
            record_outcome(given.pk, Outcome.EXPULSION, on=TODAY, by=None)
        record_outcome(given.pk, Outcome.DEDITE_RETOUR_115, on=TODAY, by=None)
        assert possible_outcomes(Lease.objects.get()) == []

    @pytest.mark.parametrize("state", ["EN_ALERTE", "PROCEDURE", "CONGE_DONNE", "GLISSE", "EXPULSE", "TRANSFERE"])
    def test_postgresql_leads_nowhere_else_from_a_signature(self, lease: Lease, state: str) -> None:
        error = refusal(lambda: execute("UPDATE housing_lease SET state = %s WHERE id = %s", state, lease.pk))
        assert (error.sqlstate, error.diag.message_primary) == ("23514", f"Passage non prévu : de SIGNE à {state}.")

    def test_postgresql_refuses_another_one_meanwhile_and_it_is_said(self, lease: Lease) -> None:
        now = timezone.now()
        second = Lease(dossier=lease.dossier, subject_id=lease.subject_id, kind=LeaseKind.NOM_PROPRE, created_at=now)
        second.save(force_insert=True)  # one may be in project
        second.sign(on=TODAY)
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            second.save(update_fields=["state", "signed_on"])
        assert sentence_of(caught.value) == "Un bail est déjà en cours : inscrivez d’abord comment il a pris fin."

    def test_a_register_does_not_take_it_for_an_outcome_of_the_situation(self, lease: Lease) -> None:
        record_outcome(lease.pk, Outcome.RETRAIT_BAILLEUR, on=TODAY, by=None)
        reference = lease.dossier.reference
        (known,) = read_known([reference]).values()
        assert as_columns(known)["outcome"] is None

    def test_an_import_does_not_end_it(self, lease: Lease) -> None:
        with pytest.raises(OperationRefused, match=r"« Signé » dans Seuil.*faites l’acte dans le dossier"):
            record_past_outcome(lease.dossier, Outcome.PERDU_DE_VUE, on=TODAY, motive=None, by=None)


def test_the_search_does_not_stop_while_a_lease_goes_on(lease: Lease) -> None:
    """Back among the validated, the dossier would have no way to the home that its household enters."""
    with pytest.raises(OperationRefused, match="fin du bail"):
        dossiers.stop_search(lease.dossier_id, by=None, on=TODAY, note="Le bailleur se retire.")
    record_outcome(lease.pk, Outcome.RETRAIT_BAILLEUR, on=TODAY, by=None)
    assert dossiers.stop_search(lease.dossier_id, by=None, on=TODAY, note="Pause.").state == State.VALIDE


def test_a_lease_does_not_end_before_its_entry(lease: Lease) -> None:
    enter_dwelling(lease.pk, on=TODAY - timedelta(days=2), by=None)
    with pytest.raises(OperationRefused, match="avant l’entrée dans le logement"):
        record_outcome(lease.pk, Outcome.DEDITE_RETOUR_115, on=TODAY - timedelta(days=5), by=None)
    wrong = "UPDATE housing_lease SET state = 'TERMINE', ended_on = entered_on - 1 WHERE id = %s"
    assert refusal(lambda: execute(wrong, lease.pk)).diag.constraint_name == "lease_left_after"


class TestPath:
    """« Parcours résidentiel »: nobody lived in a dwelling that was not entered."""

    def homes(self, browse: Browse, dossier: Dossier) -> list[tuple[object, object]]:
        chart = browse("siao").get(dossier.get_absolute_url()).context["chart"]
        periods = chart.lanes[0].periods if chart else []
        return [(each.start, each.end) for each in periods if each.kind == "logement"]

    @pytest.mark.parametrize("outcome", [Outcome.BAIL_ANNULE, Outcome.PERDU_DE_VUE])
    def test_it_is_no_home(self, browse: Browse, lease: Lease, outcome: Outcome) -> None:
        record_outcome(lease.pk, outcome, on=TODAY - timedelta(days=2), by=None)
        assert self.homes(browse, lease.dossier) == []
        said = text_of(browse("siao").get(lease.dossier.get_absolute_url()))
        assert ("Perdu de vue : avant l’entrée dans le logement." in said) == (outcome == Outcome.PERDU_DE_VUE)

    def test_closed_that_very_day_it_is_still_no_home(self, browse: Browse, lease: Lease) -> None:
        record_outcome(lease.pk, Outcome.RENONCEMENT_MENAGE, on=TODAY, by=None)
        dossiers.close(lease.dossier_id, by=None, on=TODAY, outcome=Outcome.DEPART_TERRITOIRE)
        assert self.homes(browse, lease.dossier) == []
        steps = browse("siao").get(lease.dossier.get_absolute_url()).context["steps"]
        assert [step.status for step in steps if step.label == "Logé"] == ["todo"]

    def test_the_next_one_is_even_signed_that_day(self, browse: Browse, lease: Lease) -> None:
        record_outcome(lease.pk, Outcome.RENONCEMENT_MENAGE, on=SIGNED_ON, by=None)
        another = sign(lease.dossier)
        enter_dwelling(another.pk, on=TODAY, by=None)
        assert self.homes(browse, lease.dossier) == [(TODAY, None)]

    def test_the_one_before_stays(self, browse: Browse, lease: Lease) -> None:
        entered, left = SIGNED_ON + timedelta(days=2), SIGNED_ON + timedelta(days=5)
        enter_dwelling(lease.pk, on=entered, by=None)
        record_outcome(lease.pk, Outcome.DEDITE_RETOUR_115, on=left, by=None)
        dossiers.rehouse(lease.dossier_id, by=None, on=left, note="Un autre logement.")
        landlord = Organisation.objects.known_as("Habitat des Bauges").get()
        second = NewLease(LeaseKind.BAIL_GLISSANT, Parc.PUBLIC, landlord, TODAY)
        record_outcome(sign_lease(lease.dossier_id, second, by=None).pk, Outcome.BAIL_ANNULE, on=TODAY, by=None)
        assert self.homes(browse, lease.dossier) == [(entered, left)]


class TestFigures:
    def test_it_is_no_lease_obtained_and_its_end_no_outcome_of_the_situation(self, lease: Lease) -> None:
        assert counted(FactKind.BAIL) == ["NOM_PROPRE"]
        record_outcome(lease.pk, Outcome.RETRAIT_BAILLEUR, on=TODAY, by=None)
        assert counted(FactKind.BAIL) == []
        assert counted(FactKind.ISSUE) == []
        another = sign(lease.dossier)
        enter_dwelling(another.pk, on=TODAY, by=None)
        record_outcome(another.pk, Outcome.MAINTIEN_SANS_DETTE, on=TODAY, by=None)
        assert (counted(FactKind.BAIL), counted(FactKind.ISSUE)) == (["NOM_PROPRE"], ["MAINTIEN_SANS_DETTE"])

    def test_what_happened_to_the_household_counts(self, lease: Lease) -> None:
        record_outcome(lease.pk, Outcome.DECES, on=TODAY, by=None)
        assert (counted(FactKind.BAIL), counted(FactKind.ISSUE)) == ([], ["DECES"])

    def test_a_lease_that_was_entered_and_left_still_counts(self, lease: Lease) -> None:
        enter_dwelling(lease.pk, on=TODAY, by=None)
        record_outcome(lease.pk, Outcome.DEDITE_RETOUR_115, on=TODAY, by=None)
        assert (counted(FactKind.BAIL), counted(FactKind.ISSUE)) == (["NOM_PROPRE"], ["DEDITE_RETOUR_115"])


@pytest.mark.parametrize("outcome", sorted(OF_THE_LEASE_ALONE))
def test_a_dossier_does_not_close_on_what_is_of_its_lease(dossier: Dossier, outcome: Outcome) -> None:
    with pytest.raises(OperationRefused, match="l’issue du dossier"):
        dossiers.close(dossier.pk, by=None, on=TODAY, outcome=outcome)


class TestPages:
    def test_from_the_tab_to_the_end_of_the_lease(self, browse: Browse, lease: Lease) -> None:
        browser, address = browse("siao"), f"/dossiers/{lease.dossier_id}/logement/"
        page = browser.get(address)
        asks = f"/dossiers/{lease.dossier_id}/logement/{lease.pk}/suivi/"
        assert "Le ménage n’entrera pas" in text_of(page)
        assert asks in page.content.decode()
        said = text_of(browser.get(asks))
        assert "Mettre fin au bail avant l’entrée" in said
        for offered in ("Renoncement du ménage avant l’entrée", "Retrait du bailleur avant l’entrée", "Décès"):
            assert offered in said
        for absent in ("Maintien sans dette de loyer", "Expulsion", "Dédite, retour 115"):
            assert absent not in said
        answer = browser.post(asks, {"outcome": "RETRAIT_BAILLEUR", "on": f"{TODAY:%d/%m/%Y}"}, follow=True)
        said = text_of(answer)
        assert "Le bail a pris fin avant l’entrée. Un autre bail peut être inscrit." in said
        assert "Entrée le ménage n’est pas entré" in said
        assert "Inscrire un bail signé" in said
        assert "Le ménage n’entrera pas" not in said

    def test_an_outcome_that_is_not_offered_is_refused_and_nothing_is_lost(self, browse: Browse, lease: Lease) -> None:
        asks = f"/dossiers/{lease.dossier_id}/logement/{lease.pk}/suivi/"
        answer = browse("siao").post(asks, {"outcome": "MAINTIEN_SANS_DETTE", "on": f"{TODAY:%d/%m/%Y}"})
        assert answer.status_code == 422
        assert Lease.objects.get().state == LeaseState.SIGNE

    def test_who_does_not_keep_leases_is_offered_nothing(self, browse: Browse, lease: Lease) -> None:
        assert "Le ménage n’entrera pas" not in text_of(
            browse("animation").get(f"/dossiers/{lease.dossier_id}/logement/")
        )
