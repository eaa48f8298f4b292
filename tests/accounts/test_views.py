"""Signing in and out, and verifying an organisation, as people do it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.demo import CAST
from accounts.models import Organisation, OrganisationKind, User
from accounts.operations import create_organisation
from audit.models import Entry
from tests.fixtures import Cast, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
DOOR = "/connexion/"
SECRET = "Un sésame de douze lettres"
REFUSED = "L’adresse ou le mot de passe ne convient pas."


@pytest.fixture
def louise(db: None) -> User:
    return User.objects.create_user("louise.arvan@essai.example", SECRET, first_name="Louise", last_name="Arvan")


def sign_in(client: Client, email: str, password: str = SECRET, **more: str) -> str:
    """What the page says, or the address it leads to."""
    response = client.post(DOOR, {"username": email, "password": password, **more})
    return str(response.headers.get("Location") or text_of(response))


def entries(event: str) -> list[Entry]:
    return list(Entry.objects.filter(event=event))


class TestSignIn:
    @pytest.mark.parametrize("written", ["louise.arvan@essai.example", "  Louise.ARVAN@Essai.Example "])
    def test_the_right_pair_opens_the_home_page_and_is_told(self, client: Client, louise: User, written: str) -> None:
        assert sign_in(client, written) == "/"
        assert client.get("/").status_code == 200
        (entry,) = entries("account.signed_in")
        assert (entry.target_id, entry.actor_id) == (louise.pk, louise.pk)

    @pytest.mark.parametrize(
        ("email", "password"),
        [("louise.arvan@essai.example", "autre"), ("personne@essai.example", SECRET), (SECRET, "louise")],
    )
    def test_a_wrong_pair_gets_one_sentence_and_the_journal_no_address(
        self, client: Client, louise: User, email: str, password: str
    ) -> None:
        assert REFUSED in sign_in(client, email, password)
        (entry,) = entries("account.refused")
        assert (entry.target_id, entry.actor_id, entry.codes) == (UUID(int=0), None, {})

    def test_a_suspended_account_gets_the_same_sentence(self, client: Client, louise: User) -> None:
        User.objects.filter(pk=louise.pk).update(is_active=False)
        assert REFUSED in sign_in(client, louise.email)
        assert client.get("/").status_code == 302

    def test_what_is_missing_is_asked_for_and_is_no_failed_attempt(self, client: Client) -> None:
        said = sign_in(client, "", "")
        assert "Écrivez votre adresse" in said
        assert "Écrivez votre mot de passe." in said
        assert REFUSED not in said
        assert entries("account.refused") == []

    @pytest.mark.parametrize(
        ("wanted", "reached"),
        [
            ("/seances/?annee=2023", "/seances/?annee=2023"),
            ("https://ailleurs.example/", "/"),
            ("//ailleurs.example/", "/"),
            ("/\\ailleurs.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/connexion/?next=/connexion/", "/"),
        ],
    )
    def test_one_goes_on_within_the_site_only(self, client: Client, louise: User, wanted: str, reached: str) -> None:
        assert sign_in(client, louise.email, next=wanted) == reached

    @pytest.mark.parametrize("wanted", ["", "/connexion/", "/connexion/?next=/connexion/"])
    def test_who_is_already_in_does_not_turn_round_at_the_door(self, client: Client, louise: User, wanted: str) -> None:
        client.force_login(louise)
        assert client.get(DOOR, {"next": wanted}).headers["Location"] == "/"

    def test_a_visitor_is_led_to_the_door_and_back(self, client: Client, louise: User) -> None:
        assert client.get("/chiffres/").headers["Location"] == f"{DOOR}?next=/chiffres/"
        assert (
            '<input type="hidden" name="next" value="/chiffres/">'
            in client.get(f"{DOOR}?next=/chiffres/").content.decode()
        )

    def test_hostile_fields_are_a_plain_refusal(self, client: Client) -> None:
        for email, password in (
            ("a\0b", "x"),
            ("x" * 5000, "y" * 5000),
            ("' OR 1=1 --", "\ud7ff"),
            ("{{ 7*7 }}", "%s"),
        ):
            assert client.post(DOOR, {"username": email, "password": password}).status_code == 200

    def test_the_accounts_are_listed_in_the_demonstration_only(self, client: Client, settings: Settings) -> None:
        assert "seuil.example" not in client.get(DOOR).content.decode()
        settings.IN_DEMO = True
        shown = client.get(DOOR).content.decode()
        assert all(member.email in shown for member in CAST)


class TestSignOut:
    def test_a_post_ends_the_session_and_is_told(self, client: Client, louise: User) -> None:
        client.force_login(louise)
        assert client.post("/deconnexion/").headers["Location"] == DOOR
        assert client.get("/").headers["Location"].startswith(DOOR)
        assert [entry.actor_id for entry in entries("account.signed_out")] == [louise.pk]

    def test_a_link_ends_nothing(self, client: Client, louise: User) -> None:
        client.force_login(louise)
        assert client.get("/deconnexion/").headers["Location"] == "/"
        assert client.delete("/deconnexion/").status_code == 405
        assert client.get("/").status_code == 200

    def test_a_post_from_another_site_is_refused_in_words(self, louise: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(louise)
        answer = client.post("/deconnexion/")
        assert answer.status_code == 403
        assert "Envoi à refaire" in text_of(answer)
        assert client.get("/").status_code == 200


class TestOrganisation:
    @pytest.fixture
    def named(self, cast: Cast) -> Organisation:
        return create_organisation("acceuil des 3 sources", OrganisationKind.AUTRE, by=None, to_verify=True)

    @pytest.fixture
    def url(self, named: Organisation) -> str:
        return reverse("accounts:organisation", args=[named.pk])

    RIGHT = {"name": "Accueil des  Trois Sources", "kind": "PRESCRIPTEUR"}

    def test_its_right_name_and_nature_are_said_and_the_former_name_still_means_it(
        self, browse: Browse, cast: Cast, named: Organisation, url: str
    ) -> None:
        browser = browse("admin")
        assert "acceuil des 3 sources" in browser.get(url).content.decode()
        assert "« Accueil des Trois Sources » est vérifiée." in text_of(browser.post(url, self.RIGHT, follow=True))
        named.refresh_from_db()
        assert (named.name, named.kind, named.is_to_verify) == ("Accueil des Trois Sources", "PRESCRIPTEUR", False)
        for name in ("Acceuil des 3 sources", "ACCUEIL DES TROIS SOURCES"):
            assert Organisation.objects.known_as(name).get() == named
        (entry,) = Entry.objects.filter(event="organisation.verified")
        assert (entry.target_id, entry.actor_id, entry.codes) == (named.pk, cast["admin"].pk, {"kind": "PRESCRIPTEUR"})

    def test_once_is_enough(self, browse: Browse, url: str) -> None:
        browser = browse("admin")
        browser.post(url, self.RIGHT)
        assert browser.get(url).status_code == 404
        assert browser.post(url, self.RIGHT).status_code == 404

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            ({"name": "ccas de VALCOMBE"}, "« CCAS de Valcombe » porte déjà ce nom."),
            ({"name": " "}, "Écrivez le nom de l’organisation."),
            ({"name": "…"}, "Écrivez un nom en lettres."),
            ({"name": "x" * 201}, "Raccourcissez ce nom"),
            ({"kind": "SIAO"}, "Prenez une nature de la liste."),
            ({"kind": ""}, "Choisissez une nature."),
        ],
    )
    def test_a_refusal_says_why_and_keeps_what_was_typed(
        self, browse: Browse, named: Organisation, url: str, told: dict[str, str], said: str
    ) -> None:
        answer = browse("admin").post(url, {**self.RIGHT, **told})
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert (
            f'value="{(self.RIGHT | told)["name"].strip()}"' in answer.content.decode()
            or not told.get("name", "x").strip()
        )
        named.refresh_from_db()
        assert named.is_to_verify

    @pytest.mark.parametrize("account", ["siao", "dpo", "coordination", "etranger"])
    def test_it_does_not_exist_for_others(self, browse: Browse, named: Organisation, url: str, account: str) -> None:
        browser = browse(account)
        assert browser.get(url).status_code == 404
        assert browser.post(url, self.RIGHT).status_code == 404
        named.refresh_from_db()
        assert named.is_to_verify
