"""« Courriels » : the demonstration shows what it would have sent; nothing else does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from accounts.demo import CAST
from core.mail import send_notice
from desk.mails import PER_PAGE, names
from tests.fixtures import text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
LIST = "/demo/courriels/"


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Mails go to files, as they do in the demonstration."""
    settings.EMAIL_BACKEND = "core.mail_folder.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


@pytest.fixture
def demo(settings: Settings, folder: Path) -> Path:
    settings.IN_DEMO = True
    return folder


def write(number: int, **more: Any) -> str:
    """A notice, and the name of its file; later numbers are written later."""
    before = set(names())
    notice = {
        "to": ["prescription@ccas.example"],
        "subject": f"Une décision concerne votre prescription LDA-2026-{number:03}",
        "sentence": f"La commission a examiné votre prescription LDA-2026-{number:03}.",
        "action": "Lire la décision",
        "path": "/dossiers/",
        "phone": "04 00 00 00 00",
        "key": f"test {number}",
    }
    send_notice(**{**notice, **more})
    return (set(names()) - before).pop()


def dated(folder: Path, name: str, second: int) -> None:
    os.utime(folder / f"{name}.eml", (second, second))


class TestTheList:
    def test_says_that_there_is_nothing_yet(self, browse: Browse, demo: Path) -> None:
        said = text_of(browse("siao").get(LIST))
        assert "Aucun courriel" in said
        assert "Rien ne part d’une démonstration." in said

    def test_shows_the_last_one_first_with_whom_and_what(self, browse: Browse, demo: Path) -> None:
        for number in range(1, 4):
            dated(demo, write(number), number)
        said = text_of(browse("siao").get(LIST))
        assert [said.index(f"LDA-2026-00{number}") for number in (3, 2, 1)] == sorted(
            said.index(f"LDA-2026-00{number}") for number in (1, 2, 3)
        )
        assert said.count("prescription@ccas.example") == 3

    def test_has_pages(self, browse: Browse, demo: Path) -> None:
        for number in range(PER_PAGE + 2):
            dated(demo, write(number), number)
        assert text_of(browse("siao").get(LIST)).count("prescription@ccas.example") == PER_PAGE
        assert text_of(browse("siao").get(f"{LIST}?page=2")).count("prescription@ccas.example") == 2
        assert browse("siao").get(f"{LIST}?page=deux").status_code == 200

    def test_leaves_aside_what_is_no_mail(self, browse: Browse, demo: Path) -> None:
        name = write(1)
        (demo / ".draft.1.ab").write_bytes(b"half")
        (demo / "passwd.eml").write_bytes(b"Subject: non\n\nnon")
        (demo / "notes.txt").write_bytes(b"non")
        assert names() == [name]

    @pytest.mark.parametrize("account", [member.account for member in CAST])
    def test_any_account_may_read_it(self, browse: Browse, demo: Path, account: str) -> None:
        name, browser = write(1), browse(account)
        for path in (LIST, f"{LIST}{name}/", f"{LIST}{name}/html/"):
            assert browser.get(path).status_code == 200

    def test_a_visitor_may_not(self, client: Client, demo: Path) -> None:
        assert client.get(LIST).headers["Location"].startswith("/connexion/")


def test_every_page_of_the_demonstration_leads_there(browse: Browse, settings: Settings) -> None:
    assert f'href="{LIST}"' not in browse("siao").get("/").content.decode()
    settings.IN_DEMO = True
    assert f'href="{LIST}"' in browse("siao").get("/").content.decode()


class TestOneMail:
    def test_is_shown_as_its_text_and_drawn_in_a_frame(self, browse: Browse, demo: Path) -> None:
        name = write(31)
        answer = browse("siao").get(f"{LIST}{name}/")
        said, html = text_of(answer), answer.content.decode()
        for words in ("À : prescription@ccas.example", "prescription LDA-2026-031", "Une question : 04 00 00 00 00."):
            assert words in " ".join(said.replace("\u00a0", " ").split())
        assert f'src="{LIST}{name}/html/" title="Le courriel, tel qu’il s’affiche"' in html
        assert "srcdoc" not in html
        assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in html

    @pytest.mark.parametrize(
        ("date", "shown"),
        [
            ("Sat, 04 Jul 2026 09:05:00 -0000", "4 juillet à 11 h 05"),
            ("Sat, 04 Jul 2026 09:05:00 +0200", "4 juillet à 9 h 05"),
            ("hier", "À : a@b.example Bonjour"),
        ],
    )
    def test_has_the_hour_of_here(self, browse: Browse, demo: Path, date: str, shown: str) -> None:
        EmailMessage("Bonjour", "Texte", to=["a@b.example"], headers={"Date": date}).send()
        said = text_of(browse("siao").get(f"{LIST}{names()[0]}/")).replace("\u00a0", " ").replace(" 2026", "")
        assert shown in said

    def test_drawn_it_can_do_nothing(self, browse: Browse, demo: Path) -> None:
        answer = browse("siao").get(f"{LIST}{write(1)}/html/")
        policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert set(policy["sandbox"].split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}
        assert policy["frame-ancestors"] == "'self'"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"

    def test_what_it_says_is_escaped(self, browse: Browse, demo: Path) -> None:
        name = write(1, subject="<script>alert(1)</script>", sentence="</iframe><script>alert(2)</script>")
        for path in (LIST, f"{LIST}{name}/", f"{LIST}{name}/html/"):
            assert "<script>" not in browse("siao").get(path).content.decode()

    def test_without_html_it_is_its_text(self, browse: Browse, demo: Path) -> None:
        EmailMessage("Bonjour", "Un texte seul", to=["a@b.example"]).send()
        (name,) = names()
        answer = browse("siao").get(f"{LIST}{name}/")
        assert "Un texte seul" in text_of(answer)
        assert "<iframe" not in answer.content.decode()
        assert browse("siao").get(f"{LIST}{name}/html/").status_code == 404

    @pytest.mark.parametrize(
        "name", ["close", "0" * 40, "0" * 39, "A" * 40, "..%2f..%2fsecret_key", "%2e%2e", "passwd", "0" * 4000]
    )
    def test_that_is_not_there(self, browse: Browse, demo: Path, name: str) -> None:
        write(1)
        (demo / "passwd.eml").write_bytes(b"Subject: non\n\nnon")
        assert browse("siao").get(f"{LIST}{name}/").status_code == 404
        assert browse("siao").get(f"{LIST}{name}/html/").status_code == 404


def test_outside_the_demonstration_there_is_no_such_page(browse: Browse, folder: Path) -> None:
    name, browser = write(1), browse("siao")
    absent = browser.get("/nulle-part/").content
    for path in (LIST, f"{LIST}{name}/", f"{LIST}{name}/html/"):
        for send in (browser.get, browser.post):
            answer = send(path)
            assert answer.status_code == 404
            assert answer.content == absent
