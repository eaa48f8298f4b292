"""What every answer tells the browser: pages, refusals, faults and files alike; and the settings of production."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path as url
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from cases.dossiers.models import Dossier, Participant, Person
from cases.dossiers.views.evaluation import kept
from config.environment import BASE_DIR
from config.urls import urlpatterns as product
from tests.config.test_environment import PRODUCTION
from tests.factories import make_dossier
from tests.fixtures import execute

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
TOLD = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
DAY = 24 * 3600


def break_down(request: object) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [*product, url("panne/", break_down)]
handler500 = "desk.views.broken"


def policy_of(answer: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def check(answer: Any, status: int) -> None:
    """The answer has this status, and says all of it."""
    assert answer.status_code == status
    assert policy_of(answer) == POLICY
    assert {name: answer.headers.get(name) for name in TOLD} == TOLD
    allowed = dict(part.split("=") for part in answer.headers["Permissions-Policy"].split(", "))
    assert {allowed[name] for name in ("camera", "microphone", "geolocation", "payment")} == {"()"}
    assert allowed["publickey-credentials-get"] == "(self)"
    assert answer.headers["Cache-Control"]


@pytest.mark.django_db
class TestEveryAnswer:
    def test_of_the_product(self, browse: Callable[[str], Client], client: Client) -> None:
        siao = browse("siao")
        for address in ("/", "/dossiers/", "/chiffres/", "/import/"):
            check(siao.get(address), 200)
        check(client.get("/connexion/"), 200)
        check(client.get("/dossiers/"), 302)
        check(siao.get("/nulle-part/"), 404)
        check(siao.get("/travaux/"), 404)
        check(siao.post("/deconnexion/"), 302)
        check(client.get("/metrics", headers={"x-forwarded-for": "192.0.2.1"}), 404)

    @pytest.mark.parametrize("name", ["seuil.css", "logo.svg", "vendor/bootstrap/bootstrap.min.css"])
    def test_a_file(self, client: Client, name: str) -> None:
        answer = client.get(f"/static/{name}")
        check(answer, 200)
        assert "private" not in answer.headers["Cache-Control"]
        answer.close()

    def test_a_form_without_its_token(self, siao: User) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(siao)
        check(browser.post("/dossiers/nouveau/", {"last_name": "Orsel"}), 403)

    def test_a_host_that_is_not_ours(self, client: Client) -> None:
        check(client.get("/", headers={"host": "ailleurs.example"}), 400)

    @override_settings(SECURE_SSL_REDIRECT=True)
    def test_what_the_outermost_middleware_refuses_or_sends_away(self, client: Client) -> None:
        check(client.get("/", headers={"host": "ailleurs.example"}), 400)
        check(client.get("/"), 301)

    @override_settings(ROOT_URLCONF="tests.security.test_headers")
    def test_a_page_that_broke(self, siao: User) -> None:
        browser = Client(raise_request_exception=False)
        browser.force_login(siao)
        check(browser.get("/panne/"), 500)

    def test_a_broken_seal(self, browse: Callable[[str], Client], dossier: Dossier) -> None:
        person = Person.objects.get(pk=Participant.objects.get(dossier=dossier).person_id)
        broken = "set_byte(last_name, 20, get_byte(last_name, 20) # 255)"
        execute(f"UPDATE dossiers_person SET last_name = {broken} WHERE id = %s", person.pk)  # noqa: S608
        answer = browse("siao").get(dossier.get_absolute_url())
        check(answer, 500)
        assert "illisible" in answer.content.decode()

    def test_a_page_is_kept_by_no_cache_between_us(self, browse: Callable[[str], Client]) -> None:
        assert browse("siao").get("/dossiers/").headers["Cache-Control"] == "private, no-cache"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an instance of production, with its master key."""
    folder = tmp_path_factory.mktemp("kek")
    key = folder / "1.key"
    key.write_text("0" * 64, encoding="ascii")
    key.chmod(0o400)
    secret = "".join(chr(33 + 7 * number % 90) for number in range(60))
    return {"PATH": os.environ["PATH"], **PRODUCTION, "SEUIL_KEK_DIR": str(folder), "SEUIL_SECRET_KEY": secret}


class TestProduction:
    def test_django_finds_nothing_to_say(self, production: dict[str, str]) -> None:
        done = run(production, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
        assert done.returncode == 0, done.stderr
        assert "no issues" in done.stdout or "aucun" in done.stdout.lower() or "0 silenced" in done.stdout, done.stdout

    @pytest.fixture
    def safety(self, production: dict[str, str]) -> Iterator[dict[str, Any]]:
        """The settings of safety of production, in force here."""
        names = ("SECURE_", "SESSION_COOKIE", "CSRF_COOKIE", "COOKIE_", "CONTENT_SEC", "X_FRAME", "MESSAGE_")
        question = (
            "import json; from config import settings as s; "
            f"print(json.dumps({{n: getattr(s, n) for n in dir(s) if n.startswith({names})}}))"
        )
        told = json.loads(run(production, "-c", question).stdout)
        with override_settings(**{**told, "SECURE_PROXY_SSL_HEADER": tuple(told["SECURE_PROXY_SSL_HEADER"])}):
            yield told

    @pytest.mark.django_db
    def test_https_alone_and_for_a_year(self, safety: dict[str, Any], client: Client) -> None:
        assert client.get("/connexion/").headers["Location"] == "https://testserver/connexion/"
        answer = client.get("/connexion/", secure=True)
        said = dict(part.strip().partition("=")[::2] for part in answer.headers["Strict-Transport-Security"].split(";"))
        assert said.keys() == {"max-age", "includeSubDomains", "preload"}
        assert int(said["max-age"]) >= 365 * DAY
        assert policy_of(answer) == {**POLICY, "upgrade-insecure-requests": ""}

    @pytest.mark.django_db
    def test_every_cookie_belongs_to_this_host_alone(self, safety: dict[str, Any], siao: User) -> None:
        """Signed in, with a form to send and a message to show: two cookies, and no word of the message in either."""
        dossier = make_dossier()
        browser = Client()
        browser.force_login(siao)
        asked = browser.get("/dossiers/nouveau/", secure=True)
        acted = browser.post(f"/dossiers/{dossier.pk}/prendre/", secure=True)
        assert [str(message) for message in get_messages(acted.wsgi_request)]
        sent = {**asked.cookies, **acted.cookies}
        assert sent.keys() == {"__Host-seuil_session", "__Host-seuil_csrf"}
        for cookie in sent.values():
            check_cookie(cookie)

    @pytest.mark.django_db
    def test_so_does_the_key_of_what_was_written_when_a_session_ended(
        self, safety: dict[str, Any], siao: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The third and last one: an identifier and a key, for an hour; not a word of what was written."""
        monkeypatch.setattr(kept, "COOKIE", f"{safety['COOKIE_PREFIX']}seuil_ecrit")  # named when its module is read
        page = reverse("dossiers:evaluation_step", args=[make_dossier(referent=siao).pk, "menage"])
        browser = Client()
        browser.force_login(siao)
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        answer = browser.post(page, {"mots_menage": "Un balcon."}, secure=True)
        assert answer.headers["Location"] == f"/connexion/?next={page}"
        cookie = answer.cookies["__Host-seuil_ecrit"]
        check_cookie(cookie)
        assert cookie["max-age"] == 3600
        assert re.fullmatch(r"[0-9a-f-]{36}\.[\w=-]+", cookie.value)
        assert answer.cookies.keys() <= {"__Host-seuil_session", "__Host-seuil_csrf", "__Host-seuil_ecrit"}


def check_cookie(cookie: Morsel[str]) -> None:
    """Over HTTPS, closed to scripts, for this host alone."""
    told = {part.strip() for part in cookie.output(header="").split(";")[1:]}
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= told
    assert not [part for part in told if part.startswith("Domain")]


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=Path(BASE_DIR), capture_output=True, text=True, check=False
    )
