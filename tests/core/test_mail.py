"""Notices: nothing of a person, one recipient each, the same message when it is sent again."""

from __future__ import annotations

import email
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from email import policy
from email.message import EmailMessage as Parsed
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends import locmem
from pytest_django import Settings

from core.mail import message_id, send_notice, tell
from core.mail_folder import EmailBackend
from core.typography import typeset

NOTICE: dict[str, Any] = {
    "to": ["prescription@ccas.example"],
    "subject": "Une décision concerne votre prescription LDA-2026-031",
    "sentence": "La commission du 3 décembre a examiné votre prescription LDA-2026-031.",
    "action": "Lire la décision",
    "path": "/dossiers/0b8f6a52-0000-4000-8000-000000000007/commission/",
    "phone": "04 00 00 00 00",
    "key": "examen.notify 0b8f6a52",
}


def sent() -> list[Parsed]:
    """What the mail server would have received."""
    found = [email.message_from_bytes(each.message().as_bytes(), policy=policy.default) for each in mail.outbox]
    assert all(isinstance(each, Parsed) for each in found)
    return found


def part(message: Parsed, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


class TestANotice:
    def test_says_its_reference_one_sentence_one_link_and_a_telephone(self, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://seuil.example"
        assert send_notice(**NOTICE) == 1
        (message,) = sent()
        assert message["Subject"].strip() == NOTICE["subject"]
        assert message["Auto-Submitted"] == "auto-generated"
        assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
        link = f"https://seuil.example{NOTICE['path']}"
        for text in (part(message, "plain"), part(message, "html")):
            assert typeset(NOTICE["sentence"]) in text
            assert text.count(link) == 1
            assert "04 00 00 00 00" in text
            assert NOTICE["action"] in text
        html = part(message, "html")
        assert re.findall(r'(?:href|src|url)=?["(]([^")]*)', html) == [link, "tel:0400000000"]
        assert not re.search(r"<(?:script|style|img|link|form)\b", html)
        assert not re.search(r"{[{%#]", html + part(message, "plain"))

    def test_follows_french_typography_and_escapes_what_it_shows(self) -> None:
        send_notice(**{**NOTICE, "sentence": "Que faire de l'avis <b>« A & B »</b> ?", "subject": "Suite : LDA-1 !"})
        (message,) = sent()
        assert "Que faire de l’avis &lt;b&gt;«\u00a0A &amp; B\u00a0»&lt;/b&gt;\u202f?" in part(message, "html")
        assert "Que faire de l’avis <b>«\u00a0A & B\u00a0»</b>\u202f?" in part(message, "plain")
        assert message["Subject"].strip() == "Suite\u00a0: LDA-1\u202f!"

    def test_goes_to_each_address_alone_and_once(self) -> None:
        addresses = ["a@ccas.example", "b@ccas.example", "a@ccas.example"]
        assert send_notice(**{**NOTICE, "to": addresses}) == 2
        assert [str(message["To"]) for message in sent()] == ["a@ccas.example", "b@ccas.example"]
        assert all(message["Cc"] is None and message["Bcc"] is None for message in sent())
        assert len({message["Message-ID"] for message in sent()}) == 2
        assert send_notice(**{**NOTICE, "to": []}) == 0

    def test_sent_again_is_the_same_message(self, settings: Settings) -> None:
        for _ in range(2):
            send_notice(**NOTICE)
        first, second = sent()
        assert first["Message-ID"] == second["Message-ID"]
        send_notice(**{**NOTICE, "key": "examen.notify autre"})
        assert sent()[2]["Message-ID"] != first["Message-ID"]
        assert re.fullmatch(r"<[0-9a-f]{40}@127\.0\.0\.1>", first["Message-ID"])
        before = message_id("k", "a@b.example")
        settings.SECRET_KEY = "z" * 60
        assert message_id("k", "a@b.example") != before, "whoever knows the notice could guess the address"

    @pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n", "\0", "\u2028", "\x0b", "\x1f"])
    @pytest.mark.parametrize("where", ["subject", "sentence", "action", "key", "phone", "path"])
    def test_no_text_can_add_a_header_or_a_line(self, where: str, line_end: str) -> None:
        with pytest.raises(ValueError, match=where):
            send_notice(**{**NOTICE, where: f"{NOTICE[where]}{line_end}Bcc: x@ailleurs.example"})
        assert mail.outbox == []

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "personne",
            "a@b.example, c@d.example",
            "A <a@b.example>",
            "a@b.example\nBcc: c@d.example",
            "a@b.example\0",
            "a@b.example;c@d.example",
            " a@b.example",
        ],
    )
    def test_an_address_that_is_not_one_sends_nothing_to_anybody(self, address: str) -> None:
        with pytest.raises(ValueError, match="one each") as refused:
            send_notice(**{**NOTICE, "to": ["juste@ccas.example", address]})
        assert mail.outbox == []
        assert not address or address not in str(refused.value)

    @pytest.mark.parametrize(
        "path",
        ["", "dossiers/", "//ailleurs.example/", "@ailleurs.example/", ".ailleurs.example/", "/\\ailleurs", "/a b",
         "/<script>", '/"onclick="x', "https://ailleurs.example/", ":8080/"],
    )  # fmt: skip
    def test_the_link_leads_inside(self, path: str) -> None:
        with pytest.raises(ValueError, match="path"):
            send_notice(**{**NOTICE, "path": path})

    @pytest.mark.parametrize("phone", ["", "bientôt", "04", "javascript:1", "04 00 00 00 00 <b>"])
    def test_somebody_can_be_called(self, phone: str) -> None:
        with pytest.raises(ValueError, match="phone"):
            send_notice(**{**NOTICE, "phone": phone})


class TestOneAddress:
    """An address that the server refuses for good is told; one that it refuses for now is tried again."""

    def server(self, monkeypatch: pytest.MonkeyPatch, *codes: int) -> None:
        """It refuses whoever it is given, with these answers."""
        refused = {f"{number}@ccas.example": (code, b"no") for number, code in enumerate(codes)}

        def refuse(*_: object, **__: object) -> None:
            raise SMTPRecipientsRefused(refused)

        monkeypatch.setattr(locmem.EmailBackend, "send_messages", refuse)

    def tell(self) -> bool:
        return tell("a@ccas.example", **{name: NOTICE[name] for name in NOTICE.keys() - {"to", "phone"}})

    def test_taken(self, settings: Settings) -> None:
        settings.CONTACT_PHONE = "04 11 22 33 44"
        assert self.tell() is True
        (message,) = sent()
        assert str(message["To"]) == "a@ccas.example"
        assert "04 11 22 33 44" in part(message, "plain")
        assert message["Message-ID"] == message_id(NOTICE["key"], "a@ccas.example")

    @pytest.mark.parametrize("code", [500, 550, 553])
    def test_refused_for_good(self, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
        self.server(monkeypatch, code)
        assert self.tell() is False

    @pytest.mark.parametrize("codes", [[421], [450], [499], [550, 451]])
    def test_refused_for_now(self, monkeypatch: pytest.MonkeyPatch, codes: list[int]) -> None:
        self.server(monkeypatch, *codes)
        with pytest.raises(SMTPRecipientsRefused):
            self.tell()


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Mails go there, as they do in the demonstration."""
    settings.EMAIL_BACKEND = "core.mail_folder.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


class TestTheFolder:
    def test_is_closed_and_names_nobody(self, folder: Path) -> None:
        send_notice(**NOTICE)
        (file,) = folder.iterdir()
        assert re.fullmatch(r"[0-9a-f]{40}\.eml", file.name)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_an_open_folder_is_closed_again(self, folder: Path) -> None:
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
        send_notice(**NOTICE)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_the_same_message_is_the_same_file_as_first_sent(self, folder: Path) -> None:
        send_notice(**NOTICE)
        (file,) = folder.iterdir()
        first = file.read_bytes()
        send_notice(**{**NOTICE, "sentence": "Une autre phrase."})
        assert list(folder.iterdir()) == [file]
        assert file.read_bytes() == first
        send_notice(**{**NOTICE, "key": "autre"})
        assert len(list(folder.iterdir())) == 2

    def test_many_at_once_write_one_whole_file(self, folder: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(lambda _: send_notice(**NOTICE), range(24))) == 24
        (file,) = folder.iterdir()
        assert file.read_bytes().rstrip().endswith(b"--")

    def test_a_message_that_is_no_notice_has_its_file_too(self, folder: Path) -> None:
        for _ in range(2):
            EmailMessage("Bonjour", "Texte", to=["a@b.example"]).send()
        assert len(list(folder.iterdir())) == 2

    def test_a_disk_that_refuses_leaves_no_draft_and_says_so(self, folder: Path) -> None:
        folder.parent.joinpath("mail").write_text("not a folder")
        with pytest.raises(FileExistsError):
            EmailBackend().send_messages([EmailMessage("Bonjour", "Texte", to=["a@b.example"])])
