"""The pages of who prescribes, of who meets people in the street, and the notice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import grants
from accounts.operations import LetterText, rewrite_letter
from accounts.operations import siao as the_siao
from cases.dossiers import operations
from cases.dossiers.models import Dossier, DossierEvent, EventKind, Person, PieceRequest, Prescription, State
from cases.dossiers.operations.notice import EASY, NOTICE, notice_text
from core.db import acting_as
from core.errors import OperationRefused
from core.typography import day_and_month
from tests.factories import make_dossier
from tests.fixtures import Cast, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
TODAY = timezone.localdate()
SENT = {
    "last_name": "Revardin",
    "first_name": "Odette",
    "birth_date": "04/05/1981",
    "on": f"{TODAY:%d/%m/%Y}",
    "informed": "EASY_NOTICE",
    "agreed": "OUI",
    "needs": "Un logement à soi.",
    "urgency": "SOON",
}
MET = {
    "commune": "73065",
    "place": "la gare",
    "on": f"{TODAY:%d/%m/%Y}",
    "at": "00:00",
    "people": "1",
    "sex": "M",
    "known_as": "Le Breton",
    "ethos": "1 espace public",
    "needs": "Un duvet",
    "knows": "NOT_YET",
}
UNHEARD = {"last_name": "", "first_name": "", "known_as": "Une voix jeune", "informed": "NOT_YET", "agreed": ""}
TABS = ("journal/", "commission/", "logement/", "accompagnement/", "evaluation/", "acces/")


def said(answer: Any) -> str:
    return unescape(text_of(answer)).replace("\u00a0", " ").replace("\u202f", " ")


class TestPrescribing:
    def test_sent_then_followed_by_its_state_alone(self, browse: Browse) -> None:
        browser = browse("prescripteur")
        answer = browser.post("/dossiers/nouveau/", SENT, follow=True)
        dossier = Dossier.objects.get()
        told = said(answer)
        assert dossier.state == State.PRESCRIT
        assert f"transmise au SIAO, sous la référence {dossier.reference}" in told
        assert "Premier contact du SIAO avec la personne" in told
        assert "Rien pour le moment" in told
        for secret in ("Revardin", "Odette", "1981", "logement à soi"):
            assert secret not in told
        entry = Prescription.objects.get()
        assert (entry.informed, entry.agreed_on, entry.urgency) == ("EASY_NOTICE", TODAY, "SOON")
        assert entry.needs == "Un logement à soi."

    def test_nothing_else_of_the_dossier_exists_for_her(self, browse: Browse, cast: Cast) -> None:
        dossier = make_dossier(
            "presented",
            reference="ESSAI-SECRET",
            state=State.NON_RETENU,
            motive="INCARCERATION",
            motive_text="Il sait lire",
        )
        grants.grant(dossier, to=cast["prescripteur"], reason="essai", by=None)
        browser = browse("prescripteur")
        told = said(browser.get(dossier.get_absolute_url()))
        assert "La situation n’est pas retenue." in told
        for secret in ("ncarcération", "Il sait lire", "607", "RSA", "Orsel"):
            assert secret not in told
        for tab in TABS:
            assert browser.get(f"{dossier.get_absolute_url()}{tab}").status_code == 404
        assert browser.get(f"{dossier.get_absolute_url()}actes/prescribe/").status_code == 404

    @pytest.mark.parametrize("state", list(State))
    def test_each_state_is_said_in_plain_words(self, browse: Browse, cast: Cast, state: State) -> None:
        motive = "AJOURNE_DETTE_LOCATIVE" if state == State.AJOURNE else None
        made = State.EVALUE if state == State.CLOS else state
        dossier = make_dossier(state=made, state_on=TODAY, motive=motive)
        if state == State.CLOS:
            operations.close(dossier.pk, by=None, on=TODAY, outcome="DECES")
        grants.grant(dossier, to=cast["prescripteur"], reason="essai", by=None)
        page = said(browse("prescripteur").get(dossier.get_absolute_url()))
        assert state.label in page
        assert "Où elle en est" in page
        assert settings.CONTACT_PHONE in page

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"last_name": ""}, "Écrivez le nom de la personne"),
            ({"on": "31/02/2026"}, "Écrivez une date qui existe"),
            ({"on": f"{TODAY + timedelta(days=1):%d/%m/%Y}"}, "Écrivez une date passée"),
            ({"informed": ""}, "Informez la personne"),
            ({"agreed": ""}, "Dites si la personne est d’accord."),
            ({"no_agreement": "AUTRE", "note": "Non."}, "effacez la raison de l’absence d’accord"),
            ({"agreed": "NON"}, "Choisissez pourquoi son accord manque."),
            ({"agreed": "NON", "no_agreement": "DANGER"}, "Écrivez en une phrase"),
            ({"agreed": "NON", "no_agreement": "RUMEUR", "note": "On dit."}, "Prenez une valeur de la liste."),
            ({"agreed": "NON", "agreed_on": "01/01/2026"}, "Cette date est celle d’un accord"),
            ({"birth_date": f"{TODAY:%d/%m/%Y}", "on": "01/01/2024"}, "La naissance vient avant la demande"),
            ({"needs": "mot " * 200}, "Ce texte est trop long"),
        ],
    )
    def test_each_wrong_answer_is_a_sentence_and_nothing_is_lost(
        self, browse: Browse, wrong: dict[str, str], why: str
    ) -> None:
        answer = browse("prescripteur").post("/dossiers/nouveau/", SENT | wrong)
        assert answer.status_code == 422
        assert why in said(answer)
        assert 'value="Odette"' in answer.content.decode()
        assert not Dossier.objects.exists()

    def test_an_empty_form(self, browse: Browse) -> None:
        answer = browse("prescripteur").post("/dossiers/nouveau/", {})
        assert answer.status_code == 422
        assert "réponses à revoir" in said(answer)

    def test_her_list(self, browse: Browse) -> None:
        browser = browse("prescripteur")
        assert "Rien ici pour le moment" in said(browser.get("/prescriptions/"))
        browser.post("/dossiers/nouveau/", SENT)
        browser.post("/rencontre/", MET)
        dossiers = {each.state: each.reference for each in Dossier.objects.all()}
        browser.get("/prescriptions/")  # where it is said that both were recorded
        told = said(browser.get("/prescriptions/"))
        assert told.index(dossiers[State.REPERE]) < told.index(dossiers[State.PRESCRIT])
        assert "Dire si la personne est informée et d’accord." in told
        assert "Lucie Brunier" in told
        waiting = said(browser.get("/prescriptions/?vue=attendues"))
        assert dossiers[State.PRESCRIT] not in waiting

    @pytest.mark.parametrize("account", ["siao", "fol73", "bailleur", "dpo", "etranger"])
    def test_a_list_of_prescriptions_is_for_who_prescribes(self, browse: Browse, account: str) -> None:
        assert browse(account).get("/prescriptions/").status_code == 404


class TestTheOtherWays:
    @pytest.mark.parametrize(
        ("way", "sent", "state"),
        [
            (
                "VEILLE_115",
                {"last_name": "", "known_as": "Une voix jeune", "informed": "NOT_YET", "agreed": ""},
                "REPERE",
            ),
            ("SI_SIAO", {"si_siao_number": "SYNTH-77"}, "PRESCRIT"),
            ("COMMISSION_3C", {}, "PRESCRIT"),
            ("IML", {"housed_since": "01/02/2022"}, "PRESCRIT"),
        ],
    )
    def test_each_asks_what_it_knows(
        self, browse: Browse, cast: Cast, way: str, sent: dict[str, str], state: str
    ) -> None:
        browser, body = browse("siao"), cast["prescripteur"].memberships.get().organisation
        page = said(browser.get(f"/dossiers/nouveau/?voie={way}"))
        assert "Déjà en intermédiation locative" in page
        told = SENT | {"prescripteur": str(body.pk)} | sent
        assert browser.post(f"/dossiers/nouveau/?voie={way}", told).status_code == 302
        entry = Prescription.objects.select_related("dossier").get()
        assert (entry.channel, entry.dossier.state) == (way, state)
        assert (entry.si_siao_number or "") == sent.get("si_siao_number", "")
        shown = said(browser.get(entry.dossier.get_absolute_url()))
        assert "Comment la demande est arrivée" in shown
        assert "« Un logement à soi. »" in shown

    def test_the_organisation_is_asked_for(self, browse: Browse) -> None:
        answer = browse("siao").post("/dossiers/nouveau/?voie=SI_SIAO", SENT)
        assert answer.status_code == 422
        assert "Choisissez l’organisme dans la liste." in said(answer)

    def test_a_meeting_has_its_own_page(self, browse: Browse) -> None:
        answer = browse("siao").get("/dossiers/nouveau/?voie=MARAUDE")
        assert (answer.status_code, answer.headers["location"]) == (302, "/rencontre/")


class TestPiecesAsked:
    """Who prescribed reads what is asked of her, until when and how to give it; nothing else."""

    @pytest.fixture
    def dossier(self, browse: Browse) -> Dossier:
        browse("prescripteur").post("/dossiers/nouveau/", SENT)
        return Dossier.objects.get()

    def ask(self, dossier: Dossier, kind: str, whom: str, days: int = 14) -> None:
        piece, due_on = operations.AskedPiece(kind), TODAY + timedelta(days=days)
        operations.ask_pieces(dossier.pk, [piece], whom=whom, due_on=due_on, on=TODAY, by=None)

    def test_hers_alone_with_their_day(self, browse: Browse, dossier: Dossier) -> None:
        self.ask(dossier, "AVIS_IMPOSITION", "PRESCRIPTEUR")
        self.ask(dossier, "RESSOURCES", "CAF")
        shown = said(browse("prescripteur").get(dossier.get_absolute_url()))
        due = day_and_month(TODAY + timedelta(days=14), today=TODAY).replace("\u00a0", " ")
        assert "avis d’imposition" in shown.lower()
        assert f"attendue le {due}" in shown
        assert "Remettez-les au SIAO" in shown
        assert settings.CONTACT_PHONE.replace("\u00a0", " ") in shown
        assert "justificatif de ressources" not in shown.lower()
        assert "Revardin" not in shown

    def test_nothing_once_it_came_or_is_no_longer_asked(self, browse: Browse, dossier: Dossier, cast: Cast) -> None:
        self.ask(dossier, "AVIS_IMPOSITION", "PRESCRIPTEUR")
        (request,) = PieceRequest.objects.all()
        operations.withdraw_request(request.pk, by=cast["siao"])
        shown = said(browse("prescripteur").get(dossier.get_absolute_url()))
        assert "avis d’imposition" not in shown.lower()
        assert "Remettez-les" not in shown

    def test_another_team_reads_none(self, cast: Cast, dossier: Dossier) -> None:
        self.ask(dossier, "AVIS_IMPOSITION", "PRESCRIPTEUR")
        with acting_as(cast["prescripteur"]):
            assert PieceRequest.objects.count() == 1
        with acting_as(cast["etranger"]):
            assert not PieceRequest.objects.exists()


class TestMeeting:
    @pytest.mark.parametrize("account", ["siao", "toit", "sante", "prescripteur"])
    def test_recorded_in_one_screen(self, browse: Browse, account: str) -> None:
        browser = browse(account)
        assert "Le Breton" not in said(browser.get("/rencontre/"))
        answer = browser.post("/rencontre/", MET, follow=True)
        dossier, entry = Dossier.objects.get(), Prescription.objects.get()
        assert "La personne ne sait pas encore." in said(answer)
        assert dossier.reference in said(answer)
        assert (dossier.state, entry.informed, entry.commune_id, entry.place) == (
            State.REPERE,
            "NOT_YET",
            "73065",
            "la gare",
        )
        assert (entry.people, entry.needs) == (Decimal(1), "Un duvet")
        assert Person.objects.get().known_as == "Le Breton"
        shown = said(browser.get(dossier.get_absolute_url()))
        assert ("Personne dite « Le Breton »" in shown) is (account != "prescripteur")
        assert "Nouvelle rencontre" in shown

    @pytest.mark.parametrize(
        ("knows", "informed", "agrees"),
        [("NOT_YET", "NOT_YET", False), ("TOLD", "ORALLY", False), ("AGREES", "ORALLY", True)],
    )
    def test_what_she_knows(self, browse: Browse, knows: str, informed: str, agrees: bool) -> None:
        browse("toit").post("/rencontre/", MET | {"knows": knows})
        entry = Prescription.objects.get()
        assert (entry.informed, entry.agreed_on is not None) == (informed, agrees)

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"known_as": ""}, "Écrivez son nom, ou ce qui permettra de la reconnaître"),
            ({"commune": ""}, "Choisissez la commune."),
            ({"commune": "99999"}, "Prenez une commune de la liste."),
            ({"on": "30/02/2026"}, "Écrivez une date qui existe"),
            ({"on": f"{TODAY + timedelta(days=1):%d/%m/%Y}"}, "Écrivez une date passée"),
            ({"at": "25:00"}, "Écrivez une heure qui existe"),
            ({"people": "beaucoup"}, "Écrivez un nombre entier"),
            ({"people": "0"}, "Écrivez un nombre de 1 à 20."),
            ({"knows": ""}, "Touchez l’une des réponses."),
            ({"ethos": "14 nulle part"}, "Touchez l’une des réponses."),
            ({"known_as": "x" * 300}, "Ce texte est trop long"),
        ],
    )
    def test_each_wrong_answer_is_a_sentence_and_nothing_is_lost(
        self, browse: Browse, wrong: dict[str, str], why: str
    ) -> None:
        answer = browse("toit").post("/rencontre/", MET | wrong)
        assert answer.status_code == 422
        assert why in said(answer)
        assert 'value="la gare"' in answer.content.decode()
        assert not Dossier.objects.exists()

    def test_an_hour_to_come(self, browse: Browse) -> None:
        soon = timezone.localtime() + timedelta(minutes=30)
        wrong = {"on": f"{soon:%d/%m/%Y}", "at": f"{soon:%H:%M}"}
        answer = browse("toit").post("/rencontre/", MET | wrong)
        assert answer.status_code == 422
        assert "passée" in said(answer)

    def test_the_commune_of_the_last_meeting_is_proposed(self, browse: Browse) -> None:
        browser = browse("toit")
        assert '<option value="73065" selected>' in browser.get("/rencontre/").content.decode()
        browser.post("/rencontre/", MET | {"commune": "73213"})
        assert '<option value="73213" selected>' in browser.get("/rencontre/").content.decode()

    def test_met_again_then_named(self, browse: Browse) -> None:
        browser = browse("prescripteur")
        browser.post("/rencontre/", MET)
        dossier = Dossier.objects.get()
        again = {"commune": "73065", "place": "les halles", "on": f"{TODAY:%d/%m/%Y}", "at": "00:00"}
        assert browser.get(f"/rencontre/{dossier.pk}/de-nouveau/").status_code == 200
        assert browser.post(f"/rencontre/{dossier.pk}/de-nouveau/", again).status_code == 302
        assert DossierEvent.objects.filter(dossier=dossier, kind=EventKind.FACT).count() == 2
        assert "Donner un nom" in said(browser.get(dossier.get_absolute_url()))
        answer = browser.post(f"{dossier.get_absolute_url()}nom/", {"last_name": "Le Goff"}, follow=True)
        assert "Le nom est inscrit." in said(answer)
        assert "Le Goff" not in said(answer)
        assert Person.objects.get().last_name == "Le Goff"
        answer = browser.post(f"{dossier.get_absolute_url()}nom/", {"last_name": "Autre"})
        assert "a déjà un nom" in said(answer)

    @pytest.mark.parametrize("account", ["prescripteur", "siao"])
    def test_a_closed_dossier_asks_for_no_name(self, browse: Browse, account: str) -> None:
        browse("prescripteur").post("/rencontre/", MET)
        dossier, browser = Dossier.objects.get(), browse(account)
        assert "Donner un nom" in said(browser.get(dossier.get_absolute_url()))
        operations.close(dossier.pk, by=None, on=TODAY, outcome="PERDU_DE_VUE")
        assert "Donner un nom" not in said(browser.get(dossier.get_absolute_url()))
        answer = browser.post(f"{dossier.get_absolute_url()}nom/", {"last_name": "Le Goff"})
        assert "Ce dossier est clos" in said(answer)
        assert not Person.objects.get().is_named

    def test_informed_and_agreed_it_goes_to_the_siao(self, browse: Browse) -> None:
        browser = browse("prescripteur")
        browser.post("/rencontre/", MET)
        dossier = Dossier.objects.get()
        page = said(browser.get(dossier.get_absolute_url()))
        assert "L’accord de la personne, ou la raison pour laquelle il manque." in page
        sent = {"informed": "ORALLY", "agreed": "OUI"}
        answer = browser.post(f"{dossier.get_absolute_url()}entree/", sent, follow=True)
        assert "est transmise au SIAO" in said(answer)
        assert Dossier.objects.get().state == State.PRESCRIT

    def test_agreed_in_the_street_it_is_only_to_be_sent(self, browse: Browse) -> None:
        browser = browse("prescripteur")
        browser.post("/rencontre/", MET | {"knows": "AGREES"})
        dossier = Dossier.objects.get()
        assert "Le SIAO n’a pas encore reçu sa situation." in said(browser.get(dossier.get_absolute_url()))
        address = f"{dossier.get_absolute_url()}entree/"
        assert "Est-elle d’accord" not in said(browser.get(address))
        assert "est transmise au SIAO" in said(browser.post(address, {}, follow=True))
        assert Dossier.objects.get().state == State.PRESCRIT
        assert "Transmettre" not in said(browser.get(dossier.get_absolute_url()))

    def test_the_siao_completes_what_it_heard(self, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        browser.post("/rencontre/", MET)
        dossier = Dossier.objects.get()
        assert "Compléter l’entrée" in said(browser.get(dossier.get_absolute_url()))
        body = cast["prescripteur"].memberships.get().organisation
        sent = {"informed": "ORALLY", "agreed": "NON", "no_agreement": "EXPRESSION", "note": "Demain avec sa sœur."}
        wrong = browser.post(f"{dossier.get_absolute_url()}entree/", sent)
        assert "Choisissez qui oriente le ménage" in said(wrong)
        browser.post(f"{dossier.get_absolute_url()}entree/", sent | {"prescripteur": str(body.pk)})
        assert "Demain avec sa sœur." in said(browser.get(dossier.get_absolute_url()))
        browser.post(f"{dossier.get_absolute_url()}actes/prescribe/")
        assert Dossier.objects.get().state == State.PRESCRIT

    def test_agreed_in_the_street_only_who_orients_is_asked(self, browse: Browse) -> None:
        browser = browse("siao")
        browser.post("/rencontre/", MET | {"knows": "AGREES"})
        dossier = Dossier.objects.get()
        address = f"{dossier.get_absolute_url()}entree/"
        page = said(browser.get(address))
        assert "Il reste à dire qui l’oriente." in page
        assert "Est-elle d’accord" not in page
        assert "Choisissez qui oriente le ménage" in said(browser.post(address, {}))
        answer = browser.post(address, {"prescripteur": str(the_siao().pk)}, follow=True)
        assert "L’organisme qui oriente le ménage est inscrit." in said(answer)
        browser.post(f"{dossier.get_absolute_url()}actes/prescribe/")
        assert Dossier.objects.get().state == State.PRESCRIT
        assert "Organisme qui oriente inscrit" in said(browser.get(f"{dossier.get_absolute_url()}journal/"))

    @pytest.mark.parametrize("account", ["animation", "bailleur", "coordination", "dpo", "etranger"])
    def test_for_other_roles_it_does_not_exist(self, browse: Browse, account: str) -> None:
        assert browse(account).get("/rencontre/").status_code == 404


class TestNotice:
    @pytest.mark.parametrize("address", ["/notice/", "/notice/facile/"])
    @pytest.mark.parametrize("account", ["siao", "prescripteur", "etranger"])
    def test_read_and_printed_by_whoever_signs_in(self, browse: Browse, account: str, address: str) -> None:
        page = said(browse(account).get(address))
        assert settings.CONTACT_PHONE in page
        assert "{" not in page

    def test_one_idea_a_line_and_no_acronym(self) -> None:
        text = notice_text(easy=True).sentence
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert max(len(line.split()) for line in lines) <= 12
        for acronym in ("SIAO", "CNIL", "RGPD", "%"):
            assert acronym not in text

    @pytest.mark.parametrize("code", [NOTICE, EASY])
    def test_rewritten_in_the_settings_with_its_history(self, browse: Browse, cast: Cast, code: str) -> None:
        browser = browse("coordination")
        page = browser.get(f"/reglages/textes/{code}/").content.decode()
        assert 'rows="24"' in page
        told = {
            "subject": "Vos droits",
            "sentence": "# Qui\r\nAppelez le  {telephone}.",
            "action": "Imprimer",
            "seen": "1",
        }
        assert browser.post(f"/reglages/textes/{code}/", told).status_code == 302
        assert notice_text(easy=code == EASY).sentence == f"# Qui\nAppelez le {settings.CONTACT_PHONE}."
        assert "Version 1" in said(browser.get(f"/reglages/textes/{code}/"))
        for words, why in (
            (LetterText("Vos droits", "Sans numéro.", "Imprimer"), "Le texte garde {telephone}"),
            (LetterText("Vos droits", "Le {telephone} de {nom}.", "Imprimer"), "n’est pas connu"),
            (LetterText("Vos droits", "", "Imprimer"), "Écrivez le texte"),
            (LetterText("Vos droits", "{telephone}" + "x" * 9000, "Imprimer"), "trop long"),
        ):
            with pytest.raises(OperationRefused, match=why):
                rewrite_letter(code, words, seen=2, by=cast["coordination"])
