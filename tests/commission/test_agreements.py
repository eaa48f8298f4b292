"""What a household agrees to, before the commission: taken back, the fiche closes and nothing is presented."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation
from audit.models import Entry
from cases.dossiers.models import Agreement, Dossier, Purpose, State
from cases.dossiers.operations import (
    Audience,
    NewAgreement,
    audiences,
    give_agreement,
    protect,
    unprotect,
    withdraw_agreement,
)
from cases.support.models import Measure, MeasureKind
from cases.support.operations import open_measure
from commission import operations
from commission.models import Examen, ExamenGroupGrant, ExamenState, Seance
from commission.operations import Decision
from core import outbox
from core.db import acting_as
from core.errors import OperationRefused
from tests.commission.test_fiches import READERS, SOON, TODAY, body, hold, open_today, ready, told_to
from tests.factories import make_dossier
from tests.fixtures import Cast, as_role, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
ONE, OTHER = "Habitat des Bauges", "Savoie Toit Familial"
PUBLIC = {"ddetspp", "coordination"}


@pytest.fixture
def seance(cast: Cast) -> Seance:
    made = operations.plan_seance(SOON, "Salle des Glycines", by=None)
    return operations.convene(made.pk, by=None)


@pytest.fixture
def examen(seance: Seance) -> Examen:
    return operations.enrol(ready().pk, seance.pk, by=None)


def agree(dossier: Dossier, partner: str = "", purpose: Purpose = Purpose.LANDLORDS) -> Agreement:
    return give_agreement(dossier.pk, NewAgreement(purpose, TODAY, body(partner) if partner else None), by=None)


def take_back(agreement: Agreement) -> None:
    withdraw_agreement(agreement.pk, on=TODAY, by=None)


def work() -> None:
    with as_role("seuil_worker"):
        outbox.run_all()


def readers(cast: Cast) -> set[str]:
    return {account for account in READERS if told_to(cast[account])}


def in_session() -> Examen:
    """On the agenda of a séance that has begun, and not presented yet."""
    seance = open_today(TODAY)
    made = operations.enrol(ready().pk, seance.pk, by=None)
    operations.settle_agenda(seance.pk, by=None)
    operations.open_seance(seance.pk, [body("SIAO"), body(ONE), body("DDETSPP")], by=None)
    return made


class TestTakenBack:
    @pytest.mark.parametrize("account", READERS)
    def test_every_member_reads_404_before_any_job(
        self, cast: Cast, browse: Browse, examen: Examen, account: str
    ) -> None:
        agreement, browser = agree(examen.dossier), browse(account)
        work()
        pages = [
            reverse("commission:fiche", args=[examen.seance_id, examen.pk]),
            reverse("commission:fiches_csv", args=[examen.seance_id]),
        ]
        assert [browser.get(page).status_code for page in pages] == [200, 200]
        take_back(agreement)
        assert [browser.get(page).status_code for page in pages] == [404, 404]
        assert told_to(cast[account]) == []
        with acting_as(cast[account]):
            assert not ExamenGroupGrant.ever.exists()

    def test_the_grants_end_and_the_journal_says_so(self, cast: Cast, examen: Examen) -> None:
        agreement = agree(examen.dossier)
        work()
        count = ExamenGroupGrant.objects.count()
        take_back(agreement)
        work()
        assert (count > 3, ExamenGroupGrant.objects.exists(), ExamenGroupGrant.ever.count()) == (True, False, count)
        entry = Entry.objects.get(event="fiche.closed")
        assert (entry.target_id, entry.dossier_id, entry.codes) == (examen.pk, examen.dossier_id, {"count": count})
        operations.follow_seances([examen.seance_id])
        operations.follow_agreements([examen.dossier_id])
        assert not ExamenGroupGrant.objects.exists(), "what follows the séance does not open it again"
        assert Entry.objects.filter(event="fiche.closed").count() == 1

    @pytest.mark.parametrize("landlord", [ONE, ""])
    def test_after_the_decision_too(self, cast: Cast, landlord: str) -> None:
        made = hold(open_today(TODAY), Decision(ExamenState.VALIDEE, landlord=body(landlord) if landlord else None))
        made = Examen.objects.select_related("dossier").get(pk=made.pk)
        agreement = agree(made.dossier)
        work()
        assert readers(cast) == set(READERS)
        take_back(agreement)
        work()
        assert (readers(cast), ExamenGroupGrant.objects.exists()) == (set(), False)
        if landlord:
            with pytest.raises(OperationRefused, match="n’est pas d’accord pour être présenté à ce bailleur"):
                operations.extend_positioned(made.pk, by=None)

    def test_it_is_not_presented(self, cast: Cast, browse: Browse) -> None:
        made = in_session()
        agreement = agree(made.dossier)
        take_back(agreement)
        with pytest.raises(OperationRefused, match="retirez la situation de l’ordre du jour"):
            operations.present_examen(made.pk, by=None)
        page = reverse("commission:present", args=[made.seance_id, made.pk])
        assert "Le ménage a retiré son accord pour être présenté aux bailleurs" in text_of(
            browse("animation").post(page, follow=True)
        )
        found = Examen.objects.select_related("dossier").get(pk=made.pk)
        assert (found.state, found.dossier.state) == (ExamenState.CONFIRMEE, State.PRET)
        agree(made.dossier)
        assert operations.present_examen(made.pk, by=None).state == ExamenState.PRESENTEE

    def test_who_was_never_asked_is_presented(self, cast: Cast) -> None:
        made = in_session()
        assert readers(cast) == set(READERS)
        assert operations.present_examen(made.pk, by=None).state == ExamenState.PRESENTEE

    def test_another_purpose_closes_nothing(self, cast: Cast, examen: Examen) -> None:
        take_back(agree(examen.dossier, purpose=Purpose.SUPPORT))
        work()
        assert readers(cast) == set(READERS)


class TestGivenAgain:
    def test_before_the_seance(self, cast: Cast, examen: Examen) -> None:
        take_back(agree(examen.dossier))
        work()
        agree(examen.dossier)
        work()
        assert readers(cast) == set(READERS)
        assert ExamenGroupGrant.objects.count() * 2 == ExamenGroupGrant.ever.count()

    def test_after_it_until_the_day_that_was_theirs(self, cast: Cast) -> None:
        made = hold(open_today(TODAY), Decision(ExamenState.VALIDEE, landlord=body(ONE)))
        operations.close_seance(made.seance_id, by=None)
        ends = sorted(ExamenGroupGrant.objects.values_list("group", "reason", "valid_until"))
        made = Examen.objects.select_related("dossier").get(pk=made.pk)
        take_back(agree(made.dossier))
        work()
        assert readers(cast) == set()
        agree(made.dossier)
        work()
        assert readers(cast) == set(READERS)
        assert sorted(ExamenGroupGrant.objects.values_list("group", "reason", "valid_until")) == ends

    def test_what_a_protection_closed_stays_closed(self, cast: Cast) -> None:
        made = hold(open_today(TODAY), Decision(ExamenState.NON_VALIDEE, motive="DEPART_DEPARTEMENT"))
        operations.close_seance(made.seance_id, by=None)
        made = Examen.objects.select_related("dossier").get(pk=made.pk)
        protect(made.dossier_id, [cast["siao"], cast["animation"]], by=cast["siao"])
        work()
        unprotect(made.dossier_id, by=cast["animation"])
        agree(made.dossier)
        work()
        assert readers(cast) == set()

    def test_nor_does_what_an_agreement_had_closed_before_the_protection(self, cast: Cast) -> None:
        made = hold(open_today(TODAY), Decision(ExamenState.NON_VALIDEE, motive="DEPART_DEPARTEMENT"))
        operations.close_seance(made.seance_id, by=None)
        made = Examen.objects.select_related("dossier").get(pk=made.pk)
        take_back(agree(made.dossier))
        work()
        agree(made.dossier)
        work()
        assert readers(cast) == set(READERS)
        protect(made.dossier_id, [cast["siao"], cast["animation"]], by=cast["siao"])
        work()
        unprotect(made.dossier_id, by=cast["animation"])
        agree(made.dossier, ONE)
        work()
        assert readers(cast) == set()

    def test_nothing_of_a_seance_that_is_over_for_long(self, cast: Cast) -> None:
        made = hold(open_today(TODAY - timedelta(days=40)), Decision(ExamenState.VALIDEE))
        operations.close_seance(made.seance_id, by=None)
        made = Examen.objects.select_related("dossier").get(pk=made.pk)
        take_back(agree(made.dossier))
        agree(made.dossier)
        work()
        assert readers(cast) == set()


class TestWithSomePartners:
    def test_the_other_landlords_read_no_more(self, cast: Cast, examen: Examen) -> None:
        agreement = agree(examen.dossier)
        agree(examen.dossier, ONE)
        work()
        assert readers(cast) == set(READERS)
        take_back(agreement)
        work()
        assert readers(cast) == {"bailleur"} | PUBLIC
        operations.follow_seances([examen.seance_id])
        assert readers(cast) == {"bailleur"} | PUBLIC
        agree(examen.dossier, OTHER)
        work()
        assert readers(cast) == set(READERS)

    def test_from_the_enrolment_on(self, cast: Cast, seance: Seance) -> None:
        dossier = ready()
        agree(dossier, ONE)
        made = operations.enrol(dossier.pk, seance.pk, by=None)
        assert readers(cast) == {"bailleur"} | PUBLIC
        assert not ExamenGroupGrant.ever.filter(content_object=made, group=body(OTHER).team_id).exists()

    def test_one_that_volunteers_without_it_reads_nothing(self, cast: Cast) -> None:
        seance, dossier = open_today(TODAY), ready()
        agree(dossier, ONE)
        made = operations.enrol(dossier.pk, seance.pk, by=None)
        operations.settle_agenda(seance.pk, by=None)
        operations.open_seance(seance.pk, [body("SIAO"), body(OTHER), body("DDETSPP")], by=None)
        operations.present_examen(made.pk, by=None)
        operations.decide(made.pk, Decision(ExamenState.VALIDEE, landlord=body(OTHER)), by=None)
        assert readers(cast) == {"bailleur"} | PUBLIC

    def test_taken_back_from_one_of_them_alone(self, cast: Cast, examen: Examen) -> None:
        agree(examen.dossier)
        take_back(agree(examen.dossier, OTHER))
        work()
        assert readers(cast) == {"bailleur"} | PUBLIC

    def test_a_partner_of_another_kind_is_refused(self, cast: Cast, examen: Examen) -> None:
        for purpose, partner, said in (
            (Purpose.LANDLORDS, "FOL 73", "pour un bailleur"),
            (Purpose.SUPPORT, ONE, "pour une équipe d’accompagnement"),
        ):
            with pytest.raises(OperationRefused, match=said):
                agree(examen.dossier, partner, purpose)
        assert not Agreement.objects.exists()


def test_the_audience_of_each_household(cast: Cast) -> None:
    one, many = make_dossier(), [make_dossier() for _ in range(3)]
    agree(one, ONE)
    found = audiences([each.pk for each in (one, *many)], Purpose.LANDLORDS)
    assert found[one.pk] == Audience(everyone=False, partners=frozenset({body(ONE).pk}))
    assert {found[each.pk] for each in many} == {Audience()}
    assert [(each.is_open, each.is_empty) for each in (found[one.pk], found[many[0].pk])] == [
        (False, False),
        (True, False),
    ]


class TestSupport:
    def test_no_measure_opens_to_whom_the_evaluation_may_not_go(self, cast: Cast) -> None:
        dossier = make_dossier()
        fol, toit = (Organisation.objects.known_as(name).get() for name in ("FOL 73", "Toi(t) d’abord"))
        take_back(agree(dossier, purpose=Purpose.SUPPORT))
        with pytest.raises(OperationRefused, match="n’est pas d’accord pour que cette équipe"):
            open_measure(dossier.pk, MeasureKind.AVDL, operator=fol, started_on=TODAY, by=None)
        assert not Measure.objects.exists()
        agree(dossier, fol.name, Purpose.SUPPORT)
        with pytest.raises(OperationRefused, match="n’est pas d’accord pour que cette équipe"):
            open_measure(dossier.pk, MeasureKind.AVDL, operator=toit, started_on=TODAY, by=None)
        open_measure(dossier.pk, MeasureKind.AVDL, operator=fol, started_on=TODAY, by=None)
        assert Measure.objects.get().operator == fol
