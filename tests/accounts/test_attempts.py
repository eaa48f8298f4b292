"""Guessing at the door: ten tries, and nothing learnt of who has an account."""

from __future__ import annotations

import time

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Session, SharedCount, User
from audit.models import Entry
from core.models import OutboxMessage
from core.outbox import drain
from tests.accounts.signing_in import DOOR, SECRET, enrol, sign_in
from tests.fixtures import text_of

pytestmark = pytest.mark.django_db
UNKNOWN = "personne@essai.example"
RESET = "/connexion/mot-de-passe-oublie/"
NEW = "tricot lune bretelle chaussure 8"


def page_of(client: Client, email: str, password: str) -> str:
    """What is answered, without what was typed."""
    answer = client.post(DOOR, {"username": email, "password": password})
    return text_of(answer).replace(email, "")


class TestLockOut:
    @pytest.mark.parametrize("email", ["louise.arvan@essai.example", UNKNOWN])
    def test_ten_tries_known_or_not(self, client: Client, louise: User, email: str) -> None:
        for _ in range(10):
            assert "ne convient pas" in page_of(client, email, "autre")
        assert "Trop d’essais" in page_of(client, email, "autre")
        assert "Trop d’essais" in page_of(Client(REMOTE_ADDR="192.0.2.7"), email, SECRET)
        reasons = Entry.objects.filter(event="account.refused").values_list("codes", flat=True)
        assert sum(codes == {"reason": "too_many"} for codes in reasons) == 2
        assert not Entry.objects.exclude(actor_id=None).exists()

    def test_what_succeeds_does_not_count(self, louise: User) -> None:
        for _ in range(12):
            assert sign_in(Client(), louise.email) == "/"

    def test_the_counters_name_nobody(self, client: Client, louise: User) -> None:
        page_of(client, louise.email, "autre")
        rows = " ".join(f"{row.cache_key} {row.value}" for row in SharedCount.objects.all())
        assert SharedCount.objects.count() >= 2
        for word in ("louise", "essai", "127.0.0.1", "allauth"):
            assert word not in rows

    def test_the_counters_are_shared_by_the_processes(self) -> None:
        cache.set("x", "1", 60)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_sharedcount")
            assert cursor.fetchone() == (1,)


class TestEnumeration:
    def test_the_same_page_for_known_and_unknown(self, louise: User) -> None:
        pages = [page_of(Client(), email, "autre") for email in (louise.email, UNKNOWN)]
        assert pages[0] == pages[1]

    @pytest.mark.long
    def test_about_the_same_time(self, louise: User, settings: Settings) -> None:
        """With the real hashing, which is most of the time; a missing account is hashed for nobody."""
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        louise.set_password(SECRET)
        louise.save()
        suspended = User.objects.create_user("suspendu@essai.example", SECRET, is_active=False)
        unusable = User.objects.create_user("invitee@essai.example")
        took: dict[str, list[float]] = {}
        for turn in range(7):
            for email in (louise.email, suspended.email, unusable.email, UNKNOWN):
                client = Client(REMOTE_ADDR=f"192.0.2.{turn}")
                start = time.perf_counter()
                page_of(client, email, "autre")
                took.setdefault(email, []).append(time.perf_counter() - start)
        least = {email: min(times) for email, times in took.items()}  # the machine only ever adds to it
        assert max(least.values()) < 2 * min(least.values()), least

    def test_asking_for_another_password_tells_nothing(self, louise: User) -> None:
        shown = []
        for email in (louise.email, UNKNOWN):
            client = Client()
            answer = client.post(RESET, {"email": email}, follow=True)
            shown.append(text_of(answer))
        assert shown[0] == shown[1]
        assert "Si un compte existe à cette adresse" in shown[0]
        assert OutboxMessage.objects.filter(task="account.reset_mail").count() == 2
        assert {entry.target_id.int for entry in Entry.objects.filter(event="account.reset_asked")} == {0}

    def test_too_many_links_are_a_page(self, louise: User) -> None:
        answers = [Client().post(RESET, {"email": louise.email}).status_code for _ in range(6)]
        assert answers == [302] * 5 + [429]


class TestReset:
    def link(self, user: User) -> str:
        Client().post(RESET, {"email": f" {user.email.upper()} "})
        drain("account.reset_mail")
        (message,) = mail.outbox
        assert message.to == [user.email]
        text = str(message.body)
        assert user.first_name not in text
        assert user.email not in text
        return next(word for word in text.split() if "/connexion/nouveau-mot-de-passe/" in word)

    def test_the_link_changes_the_password_and_ends_the_sessions(self, louise: User) -> None:
        elsewhere = Client()
        sign_in(elsewhere, louise.email)
        client = Client()
        page = client.get(self.link(louise), follow=True)
        url = page.redirect_chain[-1][0]
        assert louise.email not in url
        refused = client.post(url, {"password1": "Chambery2024!Savoie", "password2": "Chambery2024!Savoie"})
        assert "Ce mot de passe se devine" in text_of(refused)
        assert client.post(url, {"password1": NEW, "password2": NEW}).headers["Location"] == DOOR
        assert elsewhere.get("/").status_code == 302
        assert "ne convient pas" in sign_in(Client(), louise.email)
        assert sign_in(client, louise.email, NEW) == "/"
        assert Entry.objects.filter(event="account.password_reset", target_id=louise.pk).exists()

    def test_the_link_serves_once_and_is_nobody_elses(self, louise: User, siao: User) -> None:
        link = self.link(louise)
        client = Client()
        url = client.get(link, follow=True).redirect_chain[-1][0]
        client.post(url, {"password1": NEW, "password2": NEW})
        for spent in (link, url):
            assert "Ce lien ne sert plus" in text_of(Client().get(spent, follow=True))

    def test_the_link_does_not_pass_the_second_factor(self, louise: User, enforced: None) -> None:
        enrol(louise)
        client = Client()
        url = client.get(self.link(louise), follow=True).redirect_chain[-1][0]
        client.post(url, {"password1": NEW, "password2": NEW})
        assert client.get("/").status_code == 302
        assert sign_in(client, louise.email, NEW) == reverse("mfa_authenticate")

    def test_an_unknown_address_gets_no_mail(self) -> None:
        Client().post(RESET, {"email": UNKNOWN})
        drain("account.reset_mail")
        assert mail.outbox == []


class TestRoutes:
    @pytest.mark.parametrize(
        "path",
        [
            "signup/",
            "inscription/",
            "accounts/",
            "accounts/login/",
            "email/",
            "connexion/inscription/",
            "social/login/",
        ],
    )
    def test_what_is_not_used_does_not_exist(self, client: Client, louise: User, path: str) -> None:
        client.force_login(louise)
        assert client.get(f"/{path}").status_code == 404

    def test_a_tampered_cookie_is_a_visitor(self, client: Client, louise: User) -> None:
        sign_in(client, louise.email)
        key = str(client.session.session_key)
        for wrong in (key[:-1] + ("a" if key[-1] != "a" else "b"), "", "é", "x" * 5000, key.upper() + "'"):
            other = Client()
            other.cookies["seuil_session"] = wrong
            assert other.get("/").headers["Location"] == f"{DOOR}?next=/"
        row = Session.objects.get(session_key=key)
        row.session_data = row.session_data[:-8] + "AAAAAAA="
        row.save(update_fields=["session_data"])
        assert client.get("/").headers["Location"] == f"{DOOR}?next=/"
