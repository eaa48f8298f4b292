"""Invitations, people and their confirmation, as pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Membership, Organisation, User
from core import outbox
from tests.fixtures import Cast, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
ADDRESS, SECRET = "margot.aillon@essai.example", "Une clé sous le paillasson 41"
ANSWER = {"first_name": "Margot", "last_name": "Aillon", "password": SECRET, "again": SECRET}


@pytest.fixture
def fol(cast: Cast) -> Organisation:
    return Organisation.objects.known_as("FOL 73").get()


def invited(browser: Client, organisation: Organisation, email: str = ADDRESS, role: str = "travailleur_social") -> str:
    """Invite by the page; the path of the link that was mailed."""
    told = {"email": email, "organisation": str(organisation.pk), "role": role}
    answer = browser.post("/invitations/nouvelle/", told)
    assert answer.status_code == 302, text_of(answer)
    outbox.drain("invitation.sent")
    return "/invitation/" + str(mail.outbox[-1].body).split("/invitation/")[1].split()[0]


class TestAnswering:
    def test_from_the_invitation_to_the_first_page(self, browse: Browse, fol: Organisation) -> None:
        link = invited(browse("admin"), fol)
        newcomer = Client()
        page = text_of(newcomer.get(link))
        assert "FOL 73 vous invite" in page
        assert "travailleur social" in page
        assert ADDRESS not in page
        assert newcomer.post(link, ANSWER).headers["Location"] == "/connexion/"
        assert newcomer.post(link, ANSWER).status_code == 410
        assert newcomer.get(link).status_code == 410
        assert newcomer.post("/connexion/", {"username": ADDRESS, "password": SECRET}).headers["Location"] == "/"
        assert "Travailleur social" in text_of(newcomer.get("/"))

    def test_the_page_is_the_same_with_an_account_and_without(self, browse: Browse, fol: Organisation) -> None:
        admin = browse("admin")
        pages = []
        for email in (ADDRESS, "toit@seuil.example"):
            link = invited(admin, fol, email)
            html = Client().get(link).content.decode()
            pages.append(html.replace(link, ""))
        import re

        without = [re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page) for page in pages]
        assert without[0] == without[1]

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            ({"first_name": " "}, "Écrivez votre prénom."),
            ({"last_name": "…"}, "Écrivez ce nom en lettres."),
            ({"again": "autre chose"}, "Les deux mots de passe diffèrent"),
            ({"password": "court", "again": "court"}, "mot de passe"),
        ],
    )
    def test_what_is_wrong_is_said_and_the_link_still_serves(
        self, browse: Browse, fol: Organisation, told: dict[str, str], said: str
    ) -> None:
        link = invited(browse("admin"), fol)
        answer = Client().post(link, ANSWER | told)
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert SECRET not in answer.content.decode()
        assert not User.objects.filter(email=ADDRESS).exists()
        assert Client().get(link).status_code == 200

    def test_with_an_account_the_role_is_added_after_signing_in(self, browse: Browse, fol: Organisation) -> None:
        link = invited(browse("admin"), fol, "toit@seuil.example")
        assert "Si vous avez déjà un compte" in text_of(Client().post(link, ANSWER))
        owner, other = browse("toit"), browse("siao")
        assert "une autre adresse" in text_of(other.get(link))
        assert other.post(link).status_code == 422
        assert "Accepter ce rôle" in text_of(owner.get(link))
        assert owner.post(link).headers["Location"] == "/"
        assert Membership.objects.live().filter(user__email="toit@seuil.example").count() == 2
        assert owner.post(link).status_code == 410

    @pytest.mark.parametrize("token", ["0" * 64, "a", "..", "x" * 300])
    def test_a_link_that_never_was(self, client: Client, token: str) -> None:
        assert client.get(f"/invitation/{token}/").status_code in {404, 410, 302}


class TestThePages:
    def test_pending_ones_are_listed_renewed_and_withdrawn(self, browse: Browse, fol: Organisation) -> None:
        admin = browse("admin")
        first = invited(admin, fol)
        assert ADDRESS in text_of(admin.get("/invitations/"))
        pk = Invitation.objects.get().pk
        assert admin.post(f"/invitations/{pk}/renvoyer/").status_code == 302
        assert Client().get(first).status_code == 410
        admin.post(f"/invitations/{pk}/retirer/")
        assert ADDRESS not in text_of(admin.get("/invitations/"))
        for act in ("renvoyer", "retirer"):
            assert "a été retirée" in text_of(admin.post(f"/invitations/{pk}/{act}/", follow=True))

    def test_a_keeper_sees_her_organisation_alone(self, browse: Browse, cast: Cast, fol: Organisation) -> None:
        assert browse("sante").get("/personnes/").status_code == 404
        keeper = browse("fol73")
        page = text_of(keeper.get("/personnes/"))
        assert "Nora Cartier" in page
        assert "Karim Belmont" not in page
        shown = keeper.get(f"/personnes/{cast['sante'].pk}/")
        assert "Une personne de l’équipe" in shown.content.decode().partition("</title>")[0]
        assert str(cast["sante"]) not in shown.content.decode().partition("</title>")[0]
        for path in (
            f"/personnes/{cast['toit'].pk}/",
            f"/personnes/{cast['etranger'].pk}/",
            f"/roles/{cast['toit'].memberships.get().pk}/fin/",
            f"/personnes/{cast['toit'].pk}/depart/{cast['toit'].memberships.get().organisation_id}/",
            f"/personnes/confirmer/{cast['toit'].memberships.get().organisation_id}/",
        ):
            assert keeper.get(path).status_code == 404, path
            assert keeper.post(path).status_code in {404, 405}, path
        assert keeper.post(f"/roles/{cast['sante'].memberships.get().pk}/responsable/").status_code == 404

    def test_acts_of_a_persons_page(self, browse: Browse, cast: Cast, fol: Organisation) -> None:
        admin, person = browse("admin"), cast["fol73"]
        held = person.memberships.get()
        wrong = {"substitute": str(cast["sante"].pk), "since": "01/01/2031", "until": "01/01/2030"}
        answer = admin.post(f"/roles/{held.pk}/remplacer/", wrong)
        assert answer.status_code == 422
        assert "vient après son début" in text_of(answer)
        assert admin.post(f"/roles/{held.pk}/changer/", {"role": "sante"}).status_code == 302
        assert "déjà" not in text_of(admin.get(f"/personnes/{person.pk}/"))
        assert admin.post(f"/personnes/{person.pk}/depart/{fol.pk}/").status_code == 302
        page = text_of(admin.get(f"/personnes/{person.pk}/"))
        assert "Aucun rôle en cours" in page
        assert "Travailleur social" in page
        assert "Sofia Brancaz" in text_of(admin.get("/personnes/")), "without organisation"

    def test_a_number_of_queries_that_does_not_follow_the_people(
        self, browse: Browse, django_assert_max_num_queries: Callable[[int], object]
    ) -> None:
        admin = browse("admin")
        with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
            admin.get("/personnes/")

    def test_what_is_late_is_on_the_first_page_until_it_is_said(
        self, browse: Browse, cast: Cast, fol: Organisation
    ) -> None:
        Membership.objects.filter(organisation=fol).update(valid_from=timezone.now() - timedelta(days=300))
        admin = browse("admin")
        page = text_of(admin.get("/"))
        assert "Accès à confirmer" in page
        assert "en retard d’un trimestre" in page
        for held in Membership.objects.filter(organisation=fol):
            assert admin.post(f"/roles/{held.pk}/confirmer/").status_code == 302
        assert "en retard d’un trimestre" not in text_of(admin.get("/"))
        assert "Confirmées ce trimestre" in text_of(admin.get(f"/personnes/confirmer/{fol.pk}/"))
