"""Doing the acts from the pages: forms, refusals, the journal they leave, and a whole life."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import grants
from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, DossierEvent, EventKind, HoldCode, State
from cases.dossiers.operations import ACTS, Told, hold, write_answers
from cases.dossiers.views.detail import WORDS
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import PastLease, record_past_lease
from cases.support.models import MeasureKind
from cases.support.operations import record_past_measure
from tests.dossiers.acts import CASES, Case, prepared
from tests.factories import answer_all, complete, make_dossier, show_pieces
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db
OF_THE_PAGE = [
    case for case in CASES if ACTS.get(case.named or case.name) and not ACTS[case.named or case.name].elsewhere
]


@pytest.fixture
def browser(siao: User, client: Client) -> Client:
    """The referent's."""
    client.force_login(siao)
    return client


def address(dossier: Dossier, name: str) -> str:
    return reverse("dossiers:act", args=[dossier.pk, name])


def answers(case: Case) -> dict[str, Any]:
    """What the form of an act is given; a review comes after today."""
    later = timezone.localdate() + timedelta(days=30)
    return case.asks | ({"review_on": f"{later:%d/%m/%Y}"} if "review_on" in case.asks else {})


def words(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").replace("\u202f", " ").split())


def state_of(dossier: Dossier) -> str:
    return str(Dossier.objects.get(pk=dossier.pk).state)


def told(client: Client, dossier: Dossier, name: str, **sent: Any) -> str:
    """Do an act, follow, and return the page that comes."""
    answer = client.post(address(dossier, name), sent, follow=True)
    assert answer.status_code == 200
    return words(answer)


@pytest.mark.parametrize("case", OF_THE_PAGE, ids=str)
def test_every_act_has_its_page_and_is_done(browser: Client, siao: User, case: Case) -> None:
    dossier, name = prepared(case.source, referent=siao, act=case.name), case.named or case.name
    facts = DossierEvent.objects.count()
    asked = browser.get(address(dossier, name))
    assert asked.status_code == 200
    assert f"Le dossier deviendra « {case.target.label} »." in words(asked)
    assert DossierEvent.objects.count() == facts
    answer = browser.post(address(dossier, name), answers(case))
    assert (answer.status_code, answer.headers["location"]) == (302, f"/dossiers/{dossier.pk}/")
    assert state_of(dossier) == case.target
    assert Entry.objects.get(event=case.journaled).actor_id == siao.pk
    after = words(browser.get(f"/dossiers/{dossier.pk}/"))
    assert f"C’est fait : le dossier est « {case.target.label} »." in after
    assert ("Maraude des Bauges" if name == "prescribe" else f"{siao}, SIAO de la Savoie") in after


@pytest.mark.parametrize("case", OF_THE_PAGE, ids=str)
def test_the_journal_says_every_act_in_words(case: Case) -> None:
    assert case.journaled in WORDS


class TestRefusals:
    @pytest.mark.parametrize("account", ["animation", "fol73", "sante", "prescripteur"])
    def test_a_role_that_does_not_instruct_has_no_acts(self, cast: Cast, client: Client, account: str) -> None:
        dossier = prepared(State.EVALUE, referent=cast["siao"])
        grants.grant(dossier, to=cast[account], reason="essai", by=None)
        client.force_login(cast[account])
        not_theirs = [name for name, act in ACTS.items() if not cast[account].has_perm(act.permission)]
        assert len(not_theirs) >= len(ACTS) - 1
        for name in not_theirs:
            assert client.get(address(dossier, name)).status_code == 404
            assert client.post(address(dossier, name)).status_code == 404
        assert client.post(reverse("dossiers:take", args=[dossier.pk])).status_code == 404
        assert state_of(dossier) == State.EVALUE

    def test_a_hidden_dossier_is_absent(self, cast: Cast, client: Client) -> None:
        dossier = prepared(State.EVALUE, referent=cast["siao"])
        grants.revoke(dossier, of=cast["siao"].memberships.get().organisation.team)
        client.force_login(cast["siao"])
        assert client.post(address(dossier, "declare_ready")).status_code == 404
        assert state_of(dossier) == State.EVALUE

    @pytest.mark.parametrize("name", ["present", "admit", "withdraw", "delete", "save", "__class__"])
    def test_an_act_of_elsewhere_or_of_nowhere_has_no_page(self, browser: Client, dossier: Dossier, name: str) -> None:
        assert browser.get(address(dossier, name)).status_code == 404
        assert browser.post(address(dossier, name)).status_code == 404

    def test_what_is_missing_is_said_and_nothing_is_done(self, browser: Client, dossier: Dossier) -> None:
        said = told(browser, dossier, "declare_ready")
        assert "Il manque : l’adhésion du ménage au projet." in said
        assert state_of(dossier) == State.EVALUE
        shown = words(browser.get(address(dossier, "declare_ready")))
        assert "Il manque six choses." in shown
        assert "Déclarer prêt à présenter</button>" not in shown

    def test_twice_is_once(self, browser: Client, dossier: Dossier) -> None:
        complete(dossier)
        told(browser, dossier, "declare_ready")
        assert "Ce dossier a changé depuis" in told(browser, dossier, "declare_ready")
        assert Entry.objects.filter(event="dossier.declare_ready").count() == 1
        assert "Ce dossier a changé depuis" in words(browser.get(address(dossier, "adjourn"), follow=True))

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_other_methods(self, browser: Client, dossier: Dossier, method: str) -> None:
        assert getattr(browser, method)(address(dossier, "adjourn")).status_code == 405


class TestForms:
    def test_what_was_typed_stays(self, browser: Client, dossier: Dossier) -> None:
        sent = {"motive": "AJOURNE_DETTE_LOCATIVE", "review_on": "31/02/2027", "note": "Deux loyers <dus>"}
        answer = browser.post(address(dossier, "adjourn"), sent)
        said = words(answer)
        assert answer.status_code == 422
        assert "Écrivez une date qui existe, par exemple 04/05/2027." in said
        assert "Deux loyers <dus>" in said
        assert "Deux loyers <dus>" not in answer.content.decode()
        assert 'value="31/02/2027"' in said
        assert '<option value="AJOURNE_DETTE_LOCATIVE" selected>' in said
        assert state_of(dossier) == State.EVALUE

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({}, "Choisissez un motif."),
            ({"motive": "DECES"}, "Prenez un motif de la liste."),
            ({"motive": "INVENTE"}, "Prenez un motif de la liste."),
            ({"review_on": ""}, "Écrivez la date du réexamen"),
            ({"review_on": "hier"}, "Écrivez une date qui existe"),
            ({"review_on": "01/01/2020"}, "La date du réexamen vient après aujourd’hui."),
            ({"note": "a" * 2001}, "Ce texte est trop long"),
        ],
    )
    def test_each_error_says_what_to_do(
        self, browser: Client, dossier: Dossier, sent: dict[str, str], said: str
    ) -> None:
        answer = browser.post(address(dossier, "adjourn"), sent)
        assert answer.status_code == 422
        assert said in words(answer)
        assert state_of(dossier) == State.EVALUE

    @pytest.mark.parametrize("note", ["", "   ", "\n"])
    def test_a_reason_is_asked(self, browser: Client, note: str) -> None:
        dossier = make_dossier(state=State.NON_RETENU, motive="DECES")
        answer = browser.post(address(dossier, "reconsider"), {"note": note})
        assert answer.status_code == 422
        assert "Écrivez en une phrase ce qui justifie cet acte." in words(answer)

    def test_closing_despite_what_holds_says_why(self, browser: Client, dossier: Dossier) -> None:
        hold(dossier, HoldCode.MEASURE, holder=uuid4(), by=None)
        asked = words(browser.get(address(dossier, "close")))
        assert "Quelque chose retient encore le dossier." in asked
        assert "Un accompagnement est en cours." in asked
        answer = browser.post(address(dossier, "close"), {"outcome": "DECES", "note": ""})
        assert answer.status_code == 422
        assert "Écrivez pourquoi le dossier se ferme" in words(answer)
        told(browser, dossier, "close", outcome="DECES", note="La mesure s’arrête le mois prochain.")
        assert state_of(dossier) == State.CLOS

    def test_closing_freely_asks_only_the_outcome(self, browser: Client, dossier: Dossier) -> None:
        told(browser, dossier, "close", outcome="DEPART_TERRITOIRE")
        assert state_of(dossier) == State.CLOS


class TestReferent:
    def test_a_dossier_that_nobody_follows_is_taken(self, browser: Client, siao: User, dossier: Dossier) -> None:
        take = reverse("dossiers:take", args=[dossier.pk])
        assert take in words(browser.get(f"/dossiers/{dossier.pk}/"))
        after = words(browser.post(take, follow=True))
        assert "Vous suivez maintenant ce dossier." in after
        assert take not in after
        assert Dossier.objects.get(pk=dossier.pk).referent == siao
        assert Entry.objects.get(event="dossier.taken").actor_id == siao.pk

    def test_not_from_somebody_else(self, browser: Client, cast: Cast) -> None:
        dossier = make_dossier(referent=cast["siao2"])
        answer = browser.post(
            reverse("dossiers:take", args=[dossier.pk]), follow=True, headers={"referer": f"/dossiers/{dossier.pk}/"}
        )
        assert "Ce dossier a déjà un référent" in words(answer)
        assert Dossier.objects.get(pk=dossier.pk).referent == cast["siao2"]

    def test_a_get_does_nothing(self, browser: Client, dossier: Dossier) -> None:
        browser.get(reverse("dossiers:take", args=[dossier.pk]))
        assert Dossier.objects.get(pk=dossier.pk).referent is None


def test_the_journal_names_acts_and_authors(browser: Client, siao: User, dossier: Dossier) -> None:
    hold(dossier, HoldCode.LEASE, holder=uuid4(), by=None)
    told(browser, dossier, "adjourn", **answers(next(case for case in CASES if case.name == "adjourn")))
    said = words(browser.get(f"/dossiers/{dossier.pk}/journal/?page=zz"))
    assert said.index("Ajourné par le SIAO") < said.index("Empêche de clore : un bail est en cours")
    assert said.index("Empêche de clore") < said.index("Dossier créé depuis le registre")
    assert str(siao) in said


def test_a_whole_life(browser: Client, siao: User) -> None:
    """From « non retenu » to closed and open again: by the pages, but for what the commission and the lease bring."""
    dossier = make_dossier(state=State.NON_RETENU, motive="NON_ADHESION", referent=siao)
    answer_all(dossier)
    today = timezone.localdate()
    assert "« En évaluation »" in told(browser, dossier, "reconsider", note="Le ménage a rappelé.")
    assert "« À compléter »" in told(browser, dossier, "ask_for_pieces", note="L’avis d’imposition.")
    assert "« En évaluation »" in told(browser, dossier, "resume_evaluation")
    assert "« Évalué »" in told(browser, dossier, "complete_evaluation")
    assert "Il manque six choses." in words(browser.get(f"/dossiers/{dossier.pk}/"))
    show_pieces(dossier)
    assert "Il manque deux choses." in words(browser.get(f"/dossiers/{dossier.pk}/"))
    assert "Il manque : l’adhésion" in told(browser, dossier, "declare_ready")
    later = f"{today + timedelta(days=40):%d/%m/%Y}"
    assert "« Ajourné »" in told(browser, dossier, "adjourn", motive="AJOURNE_AUTRE", review_on=later)
    assert "« En évaluation »" in told(browser, dossier, "reexamine", note="Il adhère.")
    write_answers(dossier.pk, {"adhesion": Told("OUI")}, by=siao)
    assert dossier.evaluations.count() == 2, "the first version is frozen"
    dossier.housing_requests.update(renewed_on=today)
    assert "« Évalué »" in told(browser, dossier, "complete_evaluation")
    assert "« Prêt à présenter »" in told(browser, dossier, "declare_ready")
    operations.present(dossier.pk, by=None, on=today)
    operations.admit(dossier.pk, by=None, on=today)
    assert "« En recherche »" in told(browser, dossier, "start_search")
    assert "Un bail signé, avec sa date d’entrée." in words(browser.get(f"/dossiers/{dossier.pk}/"))
    record_past_lease(dossier, PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2026, 1, 5), None), by=None)
    operations.house(dossier.pk, by=siao, on=today)
    assert "Il manque : un accompagnement en place" in told(browser, dossier, "hand_over")
    record_past_measure(dossier, MeasureKind.AVDL, by=None)
    assert "« En suivi »" in told(browser, dossier, "hand_over")
    assert "En logement depuis le" in words(browser.get(f"/dossiers/{dossier.pk}/"))
    closed = told(browser, dossier, "close", outcome="MAINTIEN_SANS_DETTE", note="Le ménage le demande.")
    assert "« Clos »" in closed
    assert "« En évaluation »" in told(browser, dossier, "reopen", motive="RETOUR_RUE", note="Le ménage revient.")
    kinds = DossierEvent.objects.filter(dossier=dossier, recorded_by=siao).values_list("kind", flat=True)
    assert set(kinds) == {EventKind.STATE, EventKind.EVALUATION, EventKind.INSTRUCTION, EventKind.OUTCOME}
