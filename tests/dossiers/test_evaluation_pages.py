"""The steps through a browser without scripts, and as the page saves by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cases.dossiers import operations
from cases.dossiers.models import AnswerDraft, Dossier, Evaluation
from cases.dossiers.models.questions import NINE
from cases.dossiers.operations import Told, write_answers
from cases.dossiers.operations.answers import held_of, last_version
from tests.dossiers.answering import fill, sent, under_evaluation
from tests.factories import make_dossier
from tests.fixtures import Cast, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(siao: User) -> Client:
    client = Client()
    client.force_login(siao)
    return client


@pytest.fixture
def dossier(siao: User) -> Dossier:
    return under_evaluation(referent=siao)


def page(dossier: Dossier, step: str) -> str:
    return reverse("dossiers:evaluation_step", args=[dossier.pk, step])


def told(dossier: Dossier) -> dict[str, str]:
    return {key: held.value for key, held in held_of(dossier, last_version(dossier)).items() if held.value}


def save(browser: Client, dossier: Dossier, step: str, **answers: Any) -> Any:
    """As the script of the page does."""
    data = sent(dossier, step, **answers)
    return browser.post(page(dossier, step), data, headers={"Seuil-Autosave": "1"})


class TestWithoutScript:
    @pytest.mark.parametrize("step", NINE, ids=lambda step: step.code)
    def test_each_step_asks_and_says_why(self, browser: Client, dossier: Dossier, step: Any) -> None:
        answer = browser.get(page(dossier, step.code))
        said = text_of(answer)
        assert f"Étape {NINE.index(step) + 1} sur 9" in said
        assert said.count("Pourquoi cette question") == len(step.questions)
        for question in step.questions:
            assert question.label.format(name="Mme " + (dossier.participants.get().person.last_name or "")) in said
        assert "Vous pouvez vous arrêter et reprendre à tout moment." in said

    def test_the_button_saves_and_leads_to_the_next_step(self, browser: Client, dossier: Dossier) -> None:
        data = sent(
            dossier, "menage", language="peul", contact=["TELEPHONE_PARTAGE", "SANS_COURRIEL"], aller="administratif"
        )
        answer = browser.post(page(dossier, "menage"), data)
        assert answer.headers["Location"] == page(dossier, "administratif")
        assert told(dossier)["language"] == "peul"
        assert told(dossier)["contact"] == "TELEPHONE_PARTAGE,SANS_COURRIEL"

    def test_wrong_answers_never_hold_back_the_others(self, browser: Client, dossier: Dossier) -> None:
        data = sent(
            dossier, "ressources", rent_now="212 e", alimony_received="-20", tax_notice="OUI", mots_ressources="Ça ira."
        )
        answer = browser.post(page(dossier, "ressources"), data)
        said = text_of(answer)
        assert answer.status_code == 422
        assert "Deux réponses à revoir. Les autres sont enregistrées." in said
        assert "Écrivez un montant en euros, par exemple 607,75." in said
        assert "Écrivez un montant positif." in said
        assert 'value="212 e"' in answer.content.decode()
        assert told(dossier)["tax_notice"] == "OUI"
        assert told(dossier)["mots_ressources"] == "Ça ira."
        # sent again once mended, what was sound is not contested
        again = data | {"rent_now": "212,50", "alimony_received": ""}
        for name in [name for name in again if name.endswith("-vu")]:
            again[name] = answer.content.decode().split(f'name="{name}" value="')[1].split('"')[0]
        assert browser.post(page(dossier, "ressources"), again).status_code == 302
        assert told(dossier)["rent_now"] == "212.5"
        assert not AnswerDraft.objects.exists()

    @pytest.mark.parametrize(
        ("step", "wrong", "sentence"),
        [
            ("administratif", {"renewed_on": "31/02/2026"}, "Écrivez une date qui existe"),
            ("logement", {"there_since": "01/01/2999"}, "Écrivez une date passée"),
            ("menage", {"children": "-2"}, "Écrivez un nombre de 0 à 20."),
            ("menage", {"mots_menage": "x" * 10_001}, "10 000 caractères au plus"),
            ("administratif", {"unique_number": "X", "missing_reason": "SEJOUR"}, "ne choisissez pas de raison"),
        ],
    )
    def test_a_wrong_answer_is_said_and_its_text_is_still_there(
        self, browser: Client, dossier: Dossier, step: str, wrong: dict[str, str], sentence: str
    ) -> None:
        answer = browser.post(page(dossier, step), sent(dossier, step, **wrong))
        assert answer.status_code == 422
        assert sentence in text_of(answer)
        assert all(text in answer.content.decode() for text in wrong.values())

    def test_ten_thousand_letters_are_kept(self, browser: Client, dossier: Dossier) -> None:
        text = "a\r\n" * 3333
        assert browser.post(page(dossier, "menage"), sent(dossier, "menage", mots_menage=text)).status_code == 302
        assert len(told(dossier)["mots_menage"]) == 6665

    def test_lines_are_added_and_taken_out(self, browser: Client, dossier: Dossier) -> None:
        lines = {
            "resources-lignes": "2",
            "resources-0-nature": "RSA",
            "resources-0-amount": "785,52",
            "resources-0-until": "",
            "resources-1-nature": "ACTIVITE",
            "resources-1-amount": "478,56",
            "resources-1-until": "31/01/2099",
        }
        data = sent(dossier, "ressources", **lines, ajouter="resources")
        answer = browser.post(page(dossier, "ressources"), data)
        assert answer.headers["Location"].endswith("?plus=resources#resources")
        said = text_of(browser.get(f"{page(dossier, 'ressources')}?plus=resources"))
        assert "Total 1 264,08 € par mois" in said.replace("\u00a0", " ")
        data = sent(dossier, "ressources", **lines, retirer="resources-0")
        browser.post(page(dossier, "ressources"), data)
        evaluation = last_version(dossier)
        assert evaluation is not None
        assert (str(evaluation.resources), evaluation.resource) == ("478.56", "ACTIVITE")

    def test_a_half_filled_line_waits_alone(self, browser: Client, dossier: Dossier) -> None:
        half = {"resources-lignes": "1", "resources-0-nature": "", "resources-0-amount": "20", "occupation": "RETRAITE"}
        answer = browser.post(page(dossier, "ressources"), sent(dossier, "ressources", **half))
        assert answer.status_code == 422
        assert "Dites aussi la nature." in text_of(answer)
        assert told(dossier)["occupation"] == "RETRAITE"
        assert "resources" not in told(dossier)

    def test_nothing_is_said_in_one_box(self, browser: Client, dossier: Dossier) -> None:
        none = {"debts-aucune": "on", "debts-lignes": "0"}
        browser.post(page(dossier, "dettes"), sent(dossier, "dettes", **none))
        assert told(dossier)["debts"] == "[]"
        assert "Dette de loyer 0 €" in text_of(browser.get(reverse("dossiers:evaluation", args=[dossier.pk])))

    def test_the_overview_counts_and_leads_on(self, browser: Client, dossier: Dossier) -> None:
        said = text_of(browser.get(reverse("dossiers:evaluation", args=[dossier.pk])))
        assert "réponses sur 45" in said
        assert "Continuer : Ménage et personnes" in said
        assert "Évaluation flash" in said

    def test_once_presented_it_is_read(self, browser: Client) -> None:
        dossier = make_dossier("presented")
        answer = browser.get(page(dossier, "menage"))
        assert "femme isolée" in text_of(answer).lower()
        assert b"data-autosave" not in answer.content
        words = {"mots_menage": "Je suis là.", "mots_menage-vu": "0-x"}
        late = browser.post(page(dossier, "menage"), words)
        assert late.status_code == 422
        assert "Je suis là." in late.content.decode(), "what came too late is shown again"

    def test_a_step_that_does_not_exist(self, browser: Client, dossier: Dossier) -> None:
        for step in ("rien", "sante-mentale", "Menage"):
            assert browser.get(page(dossier, step)).status_code == 404

    @pytest.mark.parametrize("account", ["animation", "fol73", "sante", "prescripteur", "dpo", "etranger"])
    def test_for_the_others_the_steps_do_not_exist(self, cast: Cast, dossier: Dossier, account: str) -> None:
        client = Client()
        client.force_login(cast[account])
        for name in ("evaluation", "evaluation_flash", "evaluation_versions", "evaluation_agree"):
            assert client.get(reverse(f"dossiers:{name}", args=[dossier.pk])).status_code == 404
        assert client.post(page(dossier, "menage"), {"language": "peul"}).status_code == 404


class TestAutosave:
    def test_each_answer_is_judged_on_its_own(self, browser: Client, dossier: Dossier) -> None:
        answer = save(browser, dossier, "ressources", rent_now="212 e", tax_notice="NON")
        said = answer.json()
        assert said["saved"].startswith("Enregistré à ")
        assert said["answered"].endswith(" réponses sur 45")
        assert said["fields"]["rent_now"] == {"error": "Écrivez un montant en euros, par exemple 607,75."}
        held = held_of(dossier, last_version(dossier))
        assert said["fields"]["tax_notice"] == {"token": held["tax_notice"].token}
        assert set(said["fields"]) == {"rent_now", "tax_notice"}

    def test_it_gives_back_nothing_of_what_was_written(self, browser: Client, dossier: Dossier) -> None:
        answer = save(browser, dossier, "menage", mots_menage="Le chat borgne.")
        assert "borgne" not in answer.content.decode()

    def test_what_is_only_read_writes_nothing(self, browser: Client, dossier: Dossier) -> None:
        before = Evaluation.objects.get().recorded_at
        assert save(browser, dossier, "menage").json()["fields"] == {}
        assert Evaluation.objects.get().recorded_at == before
        assert not Evaluation.objects.get().answers.exists()

    def test_too_late_it_says_why(self, browser: Client, dossier: Dossier) -> None:
        operations.close(dossier.pk, by=None, on=timezone.localdate(), outcome="DECES")
        answer = save(browser, dossier, "menage", language="peul")
        assert answer.status_code == 409
        assert "de son début à la présentation" in answer.json()["refused"]


class TestVersions:
    def test_what_changed_by_question(self, browser: Client, siao: User, dossier: Dossier) -> None:
        write_answers(dossier.pk, {"language": Told("peul"), "cause": Told("EXPULSION")}, by=siao)
        operations.freeze_evaluation(dossier)
        new = {"language": Told("peul et français"), "debts": Told('[{"nature":"LOYER","amount":"90"}]')}
        write_answers(dossier.pk, new, by=siao)
        said = text_of(browser.get(reverse("dossiers:evaluation_versions", args=[dossier.pk])))
        assert "3 réponses ont changé" in said.replace("\u00a0", " ")
        assert "peul et français" in said
        assert "Dette de loyer : 90,00 €" in said.replace("\u00a0", " ")
        assert "Ce qui a fait rupture" not in said
        assert "figée le" in said
        same = text_of(browser.get(reverse("dossiers:evaluation_versions", args=[dossier.pk]) + "?avant=1&apres=1"))
        assert "Choisissez deux versions différentes." in same

    @pytest.mark.parametrize("asked", ["?avant=9&apres=x", "?avant=-1", "?apres=1"])
    def test_versions_that_do_not_exist(self, browser: Client, dossier: Dossier, asked: str) -> None:
        assert browser.get(reverse("dossiers:evaluation_versions", args=[dossier.pk]) + asked).status_code == 200


def test_a_step_is_read_in_a_bounded_number_of_queries(
    browser: Client, siao: User, dossier: Dossier, django_assert_max_num_queries: Any
) -> None:
    fill(dossier, siao)
    with django_assert_max_num_queries(30):
        assert browser.get(page(dossier, "ressources")).status_code == 200
