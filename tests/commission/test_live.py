"""A séance prepared and held: what each act refuses, in which words, and what its pages offer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import grants
from accounts.models import Organisation, SignOfLife, User
from accounts.operations import siao as the_siao
from cases.dossiers.models import Dossier, DossierEvent, EventKind, State
from commission import operations
from commission.models import Examen, ExamenState, Seance, SeanceState
from commission.operations import Decision
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from reporting import operations as reporting
from reporting.models import Fact, FactKind
from tests.factories import complete, make_dossier
from tests.fixtures import Cast, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
TODAY = timezone.localdate()


def body(name: str) -> Organisation:
    return Organisation.objects.known_as(name).get()


@pytest.fixture
def present(cast: Cast) -> list[Organisation]:
    return [the_siao(), body("Habitat des Bauges"), body("DDETSPP")]


@pytest.fixture
def seance(cast: Cast) -> Seance:
    return operations.plan_seance(TODAY, "Salle des Glycines", by=None)


@pytest.fixture
def ready(cast: Cast) -> Dossier:
    dossier = make_dossier(state=State.PRET, referent=cast["siao"])
    complete(dossier)
    return dossier


@pytest.fixture
def examen(seance: Seance, ready: Dossier, present: list[Organisation]) -> Examen:
    """Presented, in a séance that is open."""
    made = operations.enrol(ready.pk, seance.pk, by=None)
    operations.convene(seance.pk, by=None)
    operations.settle_agenda(seance.pk, by=None)
    operations.open_seance(seance.pk, present, by=None)
    return operations.present_examen(made.pk, by=None)


def test_who_is_called_does_not_fall_asleep(seance: Seance, cast: Cast) -> None:
    operations.convene(seance.pk, by=cast["animation"])
    called = set(SignOfLife.objects.values_list("user__email", flat=True))
    assert {cast["bailleur"].email, cast["ddetspp"].email} <= called
    assert cast["prescripteur"].email not in called


class TestOpening:
    @pytest.mark.parametrize(
        ("there", "missing"),
        [
            ([], "le SIAO, un bailleur et l’État ou Grand Chambéry"),
            (["SIAO"], "un bailleur et l’État ou Grand Chambéry"),
            (["SIAO", "Habitat des Bauges"], "l’État ou Grand Chambéry"),
            (["Habitat des Bauges", "Grand Chambéry"], "le SIAO"),
        ],
    )
    def test_without_its_quorum(self, seance: Seance, there: list[str], missing: str) -> None:
        operations.convene(seance.pk, by=None)
        operations.settle_agenda(seance.pk, by=None)
        with pytest.raises(OperationRefused, match=f"il manque {missing} parmi"):
            operations.open_seance(seance.pk, [body(name) for name in there], by=None)
        seance = Seance.objects.get()
        assert (seance.state, seance.presences.count()) == (SeanceState.ODJ_ARRETE, 0)

    def test_not_before_its_day(self, cast: Cast, present: list[Organisation]) -> None:
        seance = operations.plan_seance(TODAY + timedelta(days=3), "Salle des Glycines", by=None)
        operations.convene(seance.pk, by=None)
        operations.settle_agenda(seance.pk, by=None)
        with pytest.raises(OperationRefused, match="elle s’ouvre ce jour-là"):
            operations.open_seance(seance.pk, present, by=None)

    @pytest.mark.parametrize("account", ["siao", "bailleur", "ddetspp", "coordination", "etranger"])
    def test_by_who_runs_it_alone(self, cast: Cast, seance: Seance, account: str) -> None:
        with pytest.raises(NotAllowed):
            operations.convene(seance.pk, by=cast[account])

    def test_without_a_place(self, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="Écrivez où"):
            operations.plan_seance(TODAY, "  ", by=None)


class TestAgenda:
    def test_a_dossier_that_is_not_ready(self, seance: Seance, dossier: Dossier) -> None:
        with pytest.raises(OperationRefused, match="n’est pas prêt"):
            operations.enrol(dossier.pk, seance.pk, by=None)

    def test_on_one_agenda_at_a_time(self, seance: Seance, ready: Dossier) -> None:
        operations.enrol(ready.pk, seance.pk, by=None)
        other = operations.plan_seance(TODAY + timedelta(days=20), "Ailleurs", by=None)
        with pytest.raises(OperationRefused, match="déjà à l’ordre du jour"):
            operations.enrol(ready.pk, other.pk, by=None)

    def test_withdrawn_before_the_opening_it_was_not_presented(self, seance: Seance, ready: Dossier) -> None:
        examen = operations.enrol(ready.pk, seance.pk, by=None)
        assert operations.withdraw_examen(examen.pk, by=None).state == ExamenState.RETIREE
        assert not DossierEvent.objects.filter(dossier=ready, kind=EventKind.PRESENTATION).exists()
        operations.enrol(ready.pk, seance.pk, by=None)
        assert Examen.objects.exclude(state=ExamenState.RETIREE).count() == 1

    def test_withdrawn_once_presented_it_no_longer_counts(self, examen: Examen) -> None:
        reporting.catch_up()
        assert [fact.kind for fact in Fact.objects.filter(kind=FactKind.PRESENTE)] == [FactKind.PRESENTE]
        operations.withdraw_examen(examen.pk, by=None)
        reporting.catch_up()
        assert not Fact.objects.filter(kind__in=[FactKind.PRESENTE, FactKind.DECIDE]).exists()

    def test_a_cancelled_seance_frees_its_situations(self, seance: Seance, ready: Dossier) -> None:
        operations.enrol(ready.pk, seance.pk, by=None)
        operations.cancel_seance(seance.pk, by=None)
        other = operations.plan_seance(TODAY + timedelta(days=20), "Ailleurs", by=None)
        assert operations.enrol(ready.pk, other.pk, by=None).state == ExamenState.INSCRITE

    def test_an_open_seance_takes_nobody_more(self, cast: Cast, examen: Examen) -> None:
        late = make_dossier(state=State.PRET)
        with pytest.raises(OperationRefused, match="n’est plus ouvert"):
            operations.enrol(late.pk, examen.seance_id, by=None)


class TestDecision:
    @pytest.mark.parametrize(
        ("decision", "said"),
        [
            (Decision(ExamenState.INSCRITE), "Choisissez la décision"),
            (Decision(ExamenState.VALIDEE_SOUS_RESERVE), "Écrivez la réserve"),
            (Decision(ExamenState.AJOURNEE_SEANCE, review_on=TODAY + timedelta(days=9)), "Choisissez le motif"),
            (Decision(ExamenState.AJOURNEE_SEANCE, motive="AJOURNE_DETTE_LOCATIVE"), "Donnez la date"),
            (Decision(ExamenState.AJOURNEE_SEANCE, motive="AJOURNE_DETTE_LOCATIVE", review_on=TODAY), "Donnez la date"),
            (Decision(ExamenState.NON_VALIDEE, motive="AJOURNE_DETTE_LOCATIVE"), "Choisissez le motif"),
        ],
    )
    def test_what_it_lacks(self, examen: Examen, decision: Decision, said: str) -> None:
        with pytest.raises(OperationRefused, match=said):
            operations.decide(examen.pk, decision, by=None)
        assert Examen.objects.get().state == ExamenState.PRESENTEE
        assert Dossier.objects.get().state == State.EN_COMMISSION

    def test_only_a_landlord_takes_a_position(self, examen: Examen) -> None:
        with pytest.raises(OperationRefused, match="Seul un bailleur"):
            operations.decide(examen.pk, Decision(ExamenState.VALIDEE, landlord=body("FOL 73")), by=None)

    @pytest.mark.parametrize(
        ("decision", "state"),
        [
            (Decision(ExamenState.VALIDEE), State.VALIDE),
            (Decision(ExamenState.VALIDEE_SOUS_RESERVE, note="Une attestation avant le 18."), State.VALIDE),
            (
                Decision(
                    ExamenState.AJOURNEE_SEANCE, motive="AJOURNE_DETTE_LOCATIVE", review_on=TODAY + timedelta(days=9)
                ),
                State.AJOURNE,
            ),
            (Decision(ExamenState.NON_VALIDEE, motive="DEPART_DEPARTEMENT"), State.NON_RETENU),
        ],
        ids=lambda value: str(getattr(value, "state", value)),
    )
    def test_the_dossier_follows(self, examen: Examen, decision: Decision, state: State) -> None:
        decided = operations.decide(examen.pk, decision, by=None)
        assert (decided.state, decided.decided_on) == (decision.state, TODAY)
        assert Dossier.objects.get().state == state
        fact = DossierEvent.objects.get(kind=EventKind.DECISION)
        assert (fact.detail, fact.motive) == (decision.state, decision.motive or None)

    def test_a_seance_closes_when_all_is_decided_and_the_notices_leave(self, examen: Examen) -> None:
        with pytest.raises(OperationRefused, match="une situation attend encore une décision"):
            operations.close_seance(examen.seance_id, by=None)
        operations.decide(examen.pk, Decision(ExamenState.VALIDEE), by=None)
        assert not OutboxMessage.objects.filter(task="examen.notify").exists()
        operations.close_seance(examen.seance_id, by=None)
        assert OutboxMessage.objects.get(task="examen.notify").payload == {"examen": str(examen.pk)}
        with pytest.raises(OperationRefused, match="La séance n’est pas ouverte"):
            operations.decide(examen.pk, Decision(ExamenState.NON_VALIDEE, motive="DEPART_DEPARTEMENT"), by=None)

    def test_an_old_seance_is_no_news(self, cast: Cast, ready: Dossier, present: list[Organisation]) -> None:
        old = operations.plan_seance(date(2024, 3, 14), "Salle des Glycines", by=None)
        made = operations.enrol(ready.pk, old.pk, by=None)
        operations.convene(old.pk, by=None)
        operations.settle_agenda(old.pk, by=None)
        operations.open_seance(old.pk, present, by=None)
        operations.present_examen(made.pk, by=None)
        operations.decide(made.pk, Decision(ExamenState.VALIDEE), by=None)
        operations.close_seance(old.pk, by=None)
        assert not OutboxMessage.objects.filter(task="examen.notify").exists()


class TestPages:
    def test_what_is_possible_is_offered_to_who_runs_it_alone(self, browse: Browse, seance: Seance) -> None:
        here = seance.get_absolute_url()
        assert "Convoquer les membres" in text_of(browse("animation").get(here))
        for account in ("siao", "bailleur", "ddetspp"):
            assert "Convoquer les membres" not in text_of(browse(account).get(here))

    def test_a_wrong_decision_loses_nothing(self, browse: Browse, examen: Examen) -> None:
        address = f"/seances/{examen.seance_id}/situations/{examen.pk}/decision/"
        told = {"state": "AJOURNEE_SEANCE", "note": "Attendre l’attestation.", "review_on": "31/02/2027"}
        answer = browse("animation").post(address, told)
        assert answer.status_code == 422
        said = text_of(answer)
        assert "Écrivez une date qui existe" in said
        assert "Attendre l’attestation." in said
        assert "31/02/2027" in answer.content.decode()

    def test_a_ready_dossier_is_put_on_the_agenda_from_its_own_page(
        self, browse: Browse, seance: Seance, ready: Dossier
    ) -> None:
        browser = browse("siao")
        assert "Inscrire à une séance" in text_of(browser.get(f"/dossiers/{ready.pk}/commission/"))
        answer = browser.post(f"/dossiers/{ready.pk}/commission/inscription/", {"seance": seance.pk}, follow=True)
        assert "est à l’ordre du jour" in text_of(answer)
        assert "Inscrire à une séance" not in text_of(answer)

    def test_a_hidden_dossier_is_not_enrolled(self, browse: Browse, cast: Cast, seance: Seance) -> None:

        hidden = make_dossier(state=State.PRET)
        grants.revoke(hidden, of=the_siao().team)
        answer = browse("animation").post(f"/seances/{seance.pk}/inscription/{hidden.pk}/")
        assert answer.status_code == 404
        assert not Examen.objects.exists()


def test_what_awaits_who_runs_the_seances(cast: Cast, seance: Seance, ready: Dossier) -> None:
    found = operations.awaiting(cast["animation"], today=TODAY)
    assert found is not None
    assert (found.seances, found.without_seance) == ([seance], 1)
    users: list[User] = [cast["siao"], cast["bailleur"]]
    assert [operations.awaiting(user, today=TODAY) for user in users] == [None, None]
