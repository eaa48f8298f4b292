"""The second factor: who has none may only enrol one, who has one must show it, in each session."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.models import Session, User
from accounts.proof import ENROL, PROVE
from accounts.signin.operations import reset_factors
from audit.models import Entry
from core.models import OutboxMessage
from tests.accounts.signing_in import code_of, enrol, sign_in, spare_codes
from tests.architecture.test_addresses import EVERY, MACHINES, VISITORS, path_of, view_of
from tests.fixtures import prove, text_of
from vault.errors import Tampered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("enforced")]
FACTOR, PROTECT = "/connexion/second-facteur/", "/mon-compte/second-facteur/"
WRONG = "Ce code ne convient pas."


def refusals() -> list[tuple[object, object]]:
    return [(entry.target_id, entry.codes.get("reason")) for entry in Entry.objects.filter(event="account.refused")]


def before_factor(pattern: URLPattern) -> frozenset[str]:
    found: frozenset[str] = view_of(pattern, "before_factor") or frozenset()
    return found


def enrolled_browser(client: Client, user: User) -> Client:
    """Signed in with password and code."""
    secret = enrol(user)
    sign_in(client, user.email)
    client.post(FACTOR, {"code": code_of(secret)})
    return client


class TestWhoHasNone:
    @pytest.mark.parametrize("name", sorted(EVERY.keys() - VISITORS - MACHINES))
    def test_may_only_enrol_one_or_leave(self, client: Client, louise: User, name: str) -> None:
        client.force_login(louise)
        allowed = ENROL & before_factor(EVERY[name])
        for send in (client.get, client.post):
            answer = send(path_of(EVERY[name]))
            assert (answer.headers.get("Location") == PROTECT) == (not allowed), name

    def test_the_pages_that_enrol_are_these(self) -> None:
        open_to_newcomers = {name for name, each in EVERY.items() if ENROL & before_factor(each)}
        assert open_to_newcomers == {
            "accounts:protect",
            "accounts:sign_out",
            "account_reauthenticate",
            "mfa_activate_totp",
            "mfa_add_webauthn",
        }

    def test_enrols_an_application_and_is_in(self, client: Client, louise: User) -> None:
        assert sign_in(client, louise.email, next="/chiffres/") == "/chiffres/"
        assert client.get("/chiffres/").headers["Location"] == PROTECT
        assert "Protéger votre compte" in text_of(client.get(PROTECT))
        page = client.get(reverse("mfa_activate_totp"))
        assert "<svg" in page.content.decode()
        secret = page.context["form"].secret
        refused = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
        assert WRONG in text_of(refused)
        assert not Authenticator.objects.exists()
        answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
        assert answer.headers["Location"] == reverse("mfa_view_recovery_codes")
        codes = client.get(answer.headers["Location"]).context["codes"]
        assert len(codes) == 10
        assert client.get("/").status_code == 200
        assert list(Entry.objects.filter(event="account.factor_added").values_list("codes", flat=True)) == [
            {"kind": "totp"}
        ]
        assert OutboxMessage.objects.filter(task="account.change_mail").count() == 1

    def test_enrolling_asks_for_a_password_given_lately(self, client: Client, louise: User) -> None:
        client.force_login(louise)
        prove(client, louise, ago=301)
        assert client.get(reverse("mfa_activate_totp")).headers["Location"] == (
            f"{reverse('account_reauthenticate')}?next={reverse('mfa_activate_totp')}"
        )


class TestWhoHasOne:
    def test_the_password_alone_opens_nothing(self, client: Client, louise: User) -> None:
        enrol(louise)
        assert sign_in(client, louise.email, next="/chiffres/") == FACTOR
        assert client.get("/chiffres/").headers["Location"] == "/connexion/?next=/chiffres/"
        assert not Entry.objects.filter(event="account.signed_in").exists()

    def test_the_code_opens_where_one_was_going(self, client: Client, louise: User) -> None:
        secret = enrol(louise)
        sign_in(client, louise.email, next="/mon-compte/")
        before = client.session.session_key
        assert client.post(FACTOR, {"code": code_of(secret)}).headers["Location"] == "/mon-compte/"
        assert client.session.session_key != before
        assert client.get("/").status_code == 200
        assert Entry.objects.get(event="account.signed_in").codes == {"factor": True}

    def test_a_wrong_code_is_a_sentence_and_an_entry(self, client: Client, louise: User) -> None:
        enrol(louise)
        sign_in(client, louise.email)
        for code in ("000000", "", "x" * 5000, "é²³", "\x00"):
            assert client.post(FACTOR, {"code": code}).status_code == 200
        assert WRONG in text_of(client.post(FACTOR, {"code": "12 34 56"}))
        assert set(refusals()) == {(louise.pk, "factor")}
        assert client.get("/").headers["Location"].startswith("/connexion/")

    def test_ten_tries_and_no_more(self, client: Client, louise: User) -> None:
        secret = enrol(louise)
        sign_in(client, louise.email)
        for _ in range(10):
            assert WRONG in text_of(client.post(FACTOR, {"code": "000000"}))
        assert "Trop d’essais" in text_of(client.post(FACTOR, {"code": code_of(secret)}))
        assert client.get("/").status_code == 302

    def test_a_code_serves_once(self, client: Client, louise: User) -> None:
        secret = enrol(louise)
        code = code_of(secret)
        sign_in(client, louise.email)
        assert client.post(FACTOR, {"code": code}).status_code == 302
        other = Client()
        sign_in(other, louise.email)
        for written in (code, f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}"):
            assert other.post(FACTOR, {"code": written}).status_code == 200
        assert other.get("/").status_code == 302

    def test_a_recovery_code_serves_once(self, client: Client, louise: User) -> None:
        enrol(louise)
        code = spare_codes(louise)[3]
        sign_in(client, louise.email)
        assert client.post(FACTOR, {"code": f"{code[:4]} {code[4:]}"}).status_code == 302
        other = Client()
        sign_in(other, louise.email)
        assert other.post(FACTOR, {"code": code}).status_code == 200
        assert len(spare_codes(louise)) == 9

    def test_another_session_must_show_it_too(self, client: Client, louise: User) -> None:
        """One that was open when the factor was enrolled elsewhere: it may not enrol one of its own."""
        client.force_login(louise)
        prove(client, louise)
        secret = enrol(louise)
        wanted = f"{reverse('mfa_reauthenticate')}?next=/chiffres/"
        assert client.get("/chiffres/").headers["Location"] == wanted
        for name in ("mfa_activate_totp", "mfa_add_webauthn", "accounts:protect", "account_reauthenticate"):
            assert client.get(reverse(name)).headers["Location"].startswith(reverse("mfa_reauthenticate"))
        assert client.post(wanted, {"code": code_of(secret)}).headers["Location"] == "/chiffres/"
        assert client.get("/mon-compte/").status_code == 200

    def test_what_may_be_opened_to_show_it(self) -> None:
        shown = {name for name, each in EVERY.items() if PROVE & before_factor(each)}
        assert shown == {"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "accounts:sign_out"}

    @pytest.mark.parametrize(
        "credential", ["", "[]", "{}", "5", '"x"', "null", '{"id": 5}', "{", "[[[", '{"response": []}']
    )
    def test_a_hostile_passkey_is_a_plain_refusal(self, client: Client, louise: User, credential: str) -> None:
        enrol(louise)
        sign_in(client, louise.email)
        assert client.post(FACTOR, {"credential": credential}).status_code == 200
        visitor = Client()
        visitor.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
        answer = visitor.post(reverse("mfa_login_webauthn"), {"credential": credential})
        assert answer.headers["Location"] == "/connexion/"

    def test_a_made_up_passkey_names_nobody_in(self, louise: User) -> None:
        visitor = Client()
        visitor.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
        forged = {
            "id": "AAAA",
            "rawId": "AAAA",
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": "e30",
                "authenticatorData": "A" * 50,
                "signature": "AAAA",
                "userHandle": "AAAA",
            },
        }
        answer = visitor.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(forged)})
        assert answer.headers["Location"] == "/connexion/"
        assert visitor.get("/").status_code == 302


class TestKeeping:
    def test_no_secret_lies_in_clear(self, client: Client, louise: User) -> None:
        """Neither enrolled, nor while it is being enrolled, which the session keeps."""
        sign_in(client, louise.email)
        pending = client.get(reverse("mfa_activate_totp")).context["form"].secret
        client.post(reverse("mfa_activate_totp"), {"code": code_of(pending)})
        again = Client()
        sign_in(again, louise.email)
        codes = spare_codes(louise)
        with connection.cursor() as cursor:
            cursor.execute("SELECT data::text FROM mfa_authenticator")
            kept = " ".join(row[0] for row in cursor.fetchall())
            cursor.execute("SELECT row_to_json(s)::text FROM accounts_session s")
            kept += " ".join(row[0] for row in cursor.fetchall())
        for secret in (pending, *codes, louise.email, "127.0.0.1", "mfa.totp"):
            assert secret not in kept

    def test_a_secret_that_was_changed_says_so(self, client: Client, louise: User) -> None:
        secret = enrol(louise)
        row = Authenticator.objects.get(type="totp")
        row.data["secret"] = row.data["secret"][:-4] + "AAA="
        row.save()
        with pytest.raises(Tampered):
            row.wrap().validate_code(code_of(secret))

    def test_the_last_one_stays(self, client: Client, louise: User) -> None:
        enrolled_browser(client, louise)
        only = Authenticator.objects.get(user=louise, type="totp")
        url = reverse("accounts:remove_factor", args=[only.pk])
        assert "votre seul second facteur" in text_of(client.post(url))
        Authenticator.objects.create(user=louise, type="webauthn", data={"name": "Clé", "credential": {}})
        assert client.post(url).headers["Location"] == "/mon-compte/"
        assert not Authenticator.objects.filter(pk=only.pk).exists()
        assert Authenticator.objects.filter(user=louise, type="recovery_codes").exists()

    def test_one_touches_no_factor_but_ones_own(self, client: Client, louise: User, etranger: User) -> None:
        enrol(etranger)
        enrolled_browser(client, louise)
        other = Authenticator.objects.get(user=etranger, type="totp")
        assert client.post(reverse("accounts:remove_factor", args=[other.pk])).status_code == 404
        assert Authenticator.objects.filter(pk=other.pk).exists()

    def test_new_codes_make_the_old_ones_worthless(self, client: Client, louise: User) -> None:
        enrolled_browser(client, louise)
        before = spare_codes(louise)
        client.post(reverse("accounts:renew_codes"))
        assert not set(before) & set(spare_codes(louise))

    def test_who_lost_everything_begins_again(self, client: Client, louise: User, siao: User) -> None:
        enrolled_browser(client, louise)
        reset_factors(louise, by=siao)
        assert client.get("/").headers["Location"] == "/connexion/?next=/"
        assert not Session.objects.filter(user=louise).exists()
        sign_in(client, louise.email)
        assert client.get("/").headers["Location"] == PROTECT
