"""« Mon agenda »: an address shown once, changed, ended; told in the journal, kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import CalendarAddress
from audit.models import Entry
from tests.fixtures import Cast, prove, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
PAGE, OPEN, END = "/mon-compte/agenda/", "/mon-compte/agenda/adresse/", "/mon-compte/agenda/fin/"


def shown(html: str) -> str:
    (address,) = re.findall(r"<code>([^<]+)</code>", html)
    return str(address)


def test_it_is_reached_from_one_s_account(browse: Browse) -> None:
    browser = browse("siao")
    assert f'href="{PAGE}"' in browser.get("/mon-compte/").content.decode()
    assert "rien ne sort de Seuil" in text_of(browser.get(PAGE))


def test_it_is_shown_once_and_opens_the_agenda(browse: Browse) -> None:
    browser = browse("siao")
    answer = browser.post(OPEN)
    assert answer.headers["Cache-Control"] == "private, no-store"
    address = shown(answer.content.decode())
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    assert Client().get(f"/agenda/{token}.ics").status_code == 200
    again = browser.get(PAGE)
    assert token not in again.content.decode()
    assert "lue pour la dernière fois le" in text_of(again)
    assert token not in str(CalendarAddress.objects.values())


def test_it_is_changed_then_ended_and_the_journal_knows_no_address(browse: Browse, cast: Cast) -> None:
    browser, siao = browse("siao"), cast["siao"]
    first = shown(browser.post(OPEN).content.decode())
    second = shown(browser.post(OPEN).content.decode())
    assert first != second
    assert "jamais lue encore" in text_of(browser.get(PAGE))
    assert "n’ouvre plus rien" in text_of(browser.post(END, follow=True))
    assert "n’a pas d’adresse" in text_of(browser.post(END, follow=True))
    told = Entry.objects.filter(event__startswith="account.calendar", actor_id=siao.pk).order_by("recorded_at")
    assert [(each.event, each.target_id, each.codes) for each in told] == [
        (f"account.calendar_{what}", siao.pk, {}) for what in ("opened", "renewed", "ended")
    ]


def test_an_old_proof_makes_no_address(browse: Browse, cast: Cast) -> None:
    client = Client()
    client.force_login(cast["siao"])
    prove(client, cast["siao"], ago=600)
    answer = client.post(OPEN)
    assert answer.headers["Location"].startswith("/connexion/prouver/")
    assert not CalendarAddress.objects.exists()


def test_everyone_has_her_own(browse: Browse, cast: Cast) -> None:
    for account in ("siao", "comptable"):
        browse(account).post(OPEN)
    browse("siao").post(END)
    (left,) = CalendarAddress.objects.all()
    assert (left.user, left.last_read_on) == (cast["comptable"], None)
    assert left.opened_at <= timezone.now()
