"""Leases that a register tells. Their end ends neither the support nor the dossier."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from accounts.models import User
from audit.models import Entry
from cases.dossiers.models import KEEPS_A_HOME, Dossier, DossierEvent, EventKind, Hold, HoldCode, Outcome, Source, State
from cases.dossiers.operations import last_standing
from cases.housing.models import Lease, LeaseKind, LeaseState, Parc
from cases.housing.operations import Ending, PastLease, correct_past_lease, record_past_lease, record_past_outcome
from cases.support.models import Measure, MeasureKind, MeasureState
from cases.support.operations import record_past_measure
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal

pytestmark = pytest.mark.django_db
SIGNED = PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2023, 5, 2), None)
ENDED = date(2024, 1, 9)


@pytest.fixture
def lease(dossier: Dossier) -> Lease:
    return record_past_lease(dossier, SIGNED, by=None)


def ends_in(outcome: Outcome) -> LeaseState:
    special = {
        Outcome.EXPULSION: LeaseState.EXPULSE,
        Outcome.DECES: LeaseState.DECES,
        Outcome.BAIL_GLISSE: LeaseState.GLISSE,
        Outcome.MUTATION: LeaseState.TRANSFERE,
    }
    return special.get(outcome, LeaseState.TERMINE)


def holding(dossier: Dossier) -> set[str]:
    return set(Hold.objects.filter(dossier=dossier, released_at=None).values_list("code", flat=True))


class TestLease:
    def test_under_way_and_holding_the_dossier(self, siao: User, dossier: Dossier) -> None:
        with acting_as(siao):
            lease = record_past_lease(dossier, SIGNED, by=siao)
        assert (lease.state, lease.source, lease.entered_on) == (LeaseState.EN_COURS, Source.IMPORT, None)
        assert holding(dossier) == {HoldCode.LEASE}
        event = last_standing(dossier, EventKind.LEASE)
        assert event is not None
        assert (event.on, event.detail) == (date(2023, 5, 2), "NOM_PROPRE")
        assert Entry.objects.get(event="lease.recorded").codes == {"kind": "NOM_PROPRE"}
        assert list(Lease.objects.live()) == list(Lease.objects.signed()) == [lease]

    def test_a_second_one_under_way_is_refused_and_one_that_is_over_stands_beside(
        self, dossier: Dossier, lease: Lease
    ) -> None:
        with pytest.raises(OperationRefused, match="Dites d’abord, dans le dossier, comment le premier a pris fin"):
            record_past_lease(dossier, SIGNED, by=None)
        record_past_lease(dossier, SIGNED, by=None, ending=Ending(Outcome.DEDITE_RETOUR_115, ENDED, None))
        assert list(Lease.objects.live()) == [lease]
        assert Lease.objects.count() == 2

    def test_corrected_by_another_fact_and_an_empty_cell_erases_nothing(self, siao: User, lease: Lease) -> None:
        with acting_as(siao):
            told = PastLease(LeaseKind.BAIL_GLISSANT, None, None, None)
            corrected = correct_past_lease(lease, told, by=siao)
        assert (corrected.kind, corrected.parc, corrected.signed_on) == ("BAIL_GLISSANT", "PUBLIC", date(2023, 5, 2))
        former, standing = DossierEvent.objects.filter(kind=EventKind.LEASE).order_by("recorded_at")
        assert (standing.corrects, standing.detail, former.detail) == (former, "BAIL_GLISSANT", "NOM_PROPRE")

    @pytest.mark.parametrize("account", ["animation", "fol73", "bailleur", "etranger"])
    def test_not_by_everybody(self, cast: Cast, lease: Lease, account: str) -> None:
        user = cast[account]
        with acting_as(user):
            for work in (
                partial(record_past_lease, Dossier(), SIGNED, by=user),
                partial(correct_past_lease, lease, SIGNED, by=user),
                partial(record_past_outcome, Dossier(), Outcome.DECES, on=None, motive=None, by=user),
                partial(record_past_measure, Dossier(), MeasureKind.AVDL, by=user),
            ):
                with pytest.raises(NotAllowed):
                    work()


class TestThreeIndependentEndings:
    @pytest.mark.parametrize("outcome", Outcome)
    def test_an_outcome_ends_the_lease_when_the_home_is_left_and_nothing_else(
        self, siao: User, outcome: Outcome
    ) -> None:
        dossier = make_dossier(state=State.EN_SUIVI)
        record_past_lease(dossier, SIGNED, by=siao)
        measure = record_past_measure(dossier, MeasureKind.TOIT_DABORD, by=siao)
        with acting_as(siao):
            record_past_outcome(dossier, outcome, on=ENDED, motive=None, by=siao)
        lease = Lease.objects.get()
        stays = outcome in KEEPS_A_HOME
        assert lease.outcome == outcome
        assert (lease.state, lease.ended_on) == ((LeaseState.EN_COURS, None) if stays else (ends_in(outcome), ENDED))
        assert holding(dossier) == ({"LEASE", "MEASURE"} if stays else {"MEASURE"})
        assert Measure.objects.get(pk=measure.pk).state == MeasureState.ACTIVE
        assert Dossier.objects.get(pk=dossier.pk).state == State.EN_SUIVI

    @pytest.mark.parametrize("outcome", [each for each in Outcome if each not in KEEPS_A_HOME])
    def test_a_lease_that_has_ended_is_told_in_the_state_of_its_end(self, dossier: Dossier, outcome: Outcome) -> None:
        record_past_lease(dossier, SIGNED, by=None, ending=Ending(outcome, ENDED, None))
        lease = Lease.objects.get()
        assert (lease.state, lease.ended_on, lease.outcome) == (ends_in(outcome), ENDED, outcome)

    def test_a_lease_that_cannot_end_so_is_refused_naming_both_states(self, dossier: Dossier, lease: Lease) -> None:
        lease.give_notice()
        lease.save(update_fields=["state"])
        with pytest.raises(OperationRefused, match=r"« Congé donné .*« Expulsé »"):
            record_past_outcome(dossier, Outcome.EXPULSION, on=ENDED, motive=None, by=None)
        record_past_outcome(dossier, Outcome.PERDU_DE_VUE, on=ENDED, motive=None, by=None)
        assert Lease.objects.get().state == LeaseState.TERMINE

    def test_a_corrected_date_of_leaving_moves_the_end_and_stays_one_outcome(self, dossier: Dossier) -> None:
        record_past_lease(dossier, SIGNED, by=None, ending=Ending(Outcome.DEDITE_RETOUR_115, ENDED, None))
        for on in (date(2024, 1, 19), date(2024, 1, 4)):
            record_past_outcome(dossier, Outcome.DEDITE_RETOUR_115, on=on, motive=None, by=None)
            assert Lease.objects.get().ended_on == on
            (standing,) = DossierEvent.objects.standing().filter(kind=EventKind.OUTCOME)
            assert standing.on == on
        record_past_outcome(dossier, Outcome.PERDU_DE_VUE, on=date(2024, 1, 4), motive=None, by=None)
        assert Lease.objects.get().outcome == Outcome.PERDU_DE_VUE

    @pytest.mark.parametrize("outcome", [Outcome.MAINTIEN_SANS_DETTE, Outcome.EXPULSION])
    def test_a_lease_that_ended_does_not_begin_again_nor_end_otherwise(
        self, dossier: Dossier, outcome: Outcome
    ) -> None:
        record_past_lease(dossier, SIGNED, by=None, ending=Ending(Outcome.DEDITE_RETOUR_115, ENDED, None))
        with pytest.raises(OperationRefused, match="« Terminé » dans Seuil"):
            record_past_outcome(dossier, outcome, on=ENDED, motive=None, by=None)
        assert Lease.objects.get().outcome == Outcome.DEDITE_RETOUR_115
        assert DossierEvent.objects.standing().get(kind=EventKind.OUTCOME).detail == Outcome.DEDITE_RETOUR_115

    def test_what_is_seen_after_the_end_stands_beside(self, dossier: Dossier) -> None:
        record_past_lease(dossier, SIGNED, by=None, ending=Ending(Outcome.DEDITE_RETOUR_115, ENDED, None))
        record_past_outcome(dossier, Outcome.DECES, on=date(2024, 6, 1), motive=None, by=None)
        lease = Lease.objects.get()
        assert (lease.state, lease.ended_on, lease.outcome) == (LeaseState.TERMINE, ENDED, Outcome.DEDITE_RETOUR_115)
        assert DossierEvent.objects.standing().filter(kind=EventKind.OUTCOME).count() == 2

    def test_without_a_lease_it_is_a_fact_of_the_dossier(self, dossier: Dossier) -> None:
        record_past_outcome(dossier, Outcome.REORIENTATION_PENSION_FAMILLE, on=None, motive="DECES", by=None)
        event = last_standing(dossier, EventKind.OUTCOME)
        assert event is not None
        assert (event.detail, event.motive, event.on) == ("REORIENTATION_PENSION_FAMILLE", "DECES", None)

    def test_before_the_signature_it_is_refused(self, dossier: Dossier, lease: Lease) -> None:
        with pytest.raises(OperationRefused, match="avant la signature"):
            record_past_outcome(dossier, Outcome.DECES, on=date(2023, 5, 1), motive=None, by=None)
        assert last_standing(dossier, EventKind.OUTCOME) is None, "refused whole"

    def test_a_later_observation_stands_beside_the_former(self, dossier: Dossier) -> None:
        for on in (date(2023, 12, 31), date(2024, 12, 31)):
            record_past_outcome(dossier, Outcome.MAINTIEN_SANS_DETTE, on=on, motive=None, by=None)
        assert DossierEvent.objects.standing().filter(kind=EventKind.OUTCOME).count() == 2

    def test_the_same_day_it_is_a_correction(self, dossier: Dossier) -> None:
        for outcome in (Outcome.MAINTIEN_SANS_DETTE, Outcome.MAINTIEN_AVEC_DETTE):
            record_past_outcome(dossier, outcome, on=date(2023, 12, 31), motive=None, by=None)
        (standing,) = DossierEvent.objects.standing().filter(kind=EventKind.OUTCOME)
        assert standing.detail == Outcome.MAINTIEN_AVEC_DETTE


STATEMENTS = {
    "lease_kind": "UPDATE housing_lease SET kind = 'CHATEAU'",
    "lease_parc": "UPDATE housing_lease SET parc = 'ROYAL'",
    "lease_entered_after": "UPDATE housing_lease SET entered_on = signed_on - 1",
    "lease_ended_after": "UPDATE housing_lease SET state = 'TERMINE', ended_on = signed_on - 1",
    "lease_end_is_a_state": "UPDATE housing_lease SET ended_on = now()",
    "lease_one_live": "INSERT INTO housing_lease (id, subject_id, dossier_id, kind, parc, state, source, created_at) "
    "SELECT gen_random_uuid(), subject_id, dossier_id, kind, parc, 'SIGNE', source, now() FROM housing_lease",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_refused_by_postgresql(lease: Lease, name: str) -> None:
    assert refusal(lambda: execute(STATEMENTS[name])).diag.constraint_name == name
