"""Nothing that the content policy would refuse is in a page, whoever reads it and however it came to be."""

from __future__ import annotations

import io
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone
from lxml import html

from exchange import operations as exchange
from exchange.reading.register import open_register
from reporting import operations as reporting
from tests.access.pages import each_account
from tests.exchange.registers import demo_files
from tests.fixtures import Cast
from tests.inline import refused_in

pytestmark = pytest.mark.django_db
ALIKE = 1  # pages of one kind (one name of address) read by an account


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ('<p style="color:red">x</p>', "style= of <p>"),
        ("<style>p{}</style>", "<style> written in the page"),
        ("<script>1</script>", "<script> written in the page"),
        ('<script src="/static/a.js">1</script>', "<script> written in the page"),
        ('<a onclick="x()">x</a>', "onclick= of <a>"),
        ('<a href="javascript:x()">x</a>', "href= of <a> leads elsewhere: javascript:x()"),
        ('<img src="data:image/png;base64,AA">', "src= of <img> leads elsewhere: data:image/png;base64,AA"),
        ('<form action="//ailleurs.example/"></form>', "action= of <form> leads elsewhere: //ailleurs.example/"),
        ('<b hx-on:click="x()">x</b>', "hx-on:click= of <b>"),
        ("<b hx-vals='js:{a: 1}'>x</b>", "hx-vals= of <b> is code"),
    ],
)
def test_the_walk_would_see_it(part: str, told: str) -> None:
    assert refused_in(f"<html><body>{part}</body></html>") == [told]
    assert refused_in("<html><body><p class='x'>Bonjour</p><script src='/static/a.js'></script></body></html>") == []


@pytest.fixture
def life(cast: Cast) -> None:
    """The demonstration's register, its séances and its figures."""
    files = [(name, io.BytesIO(content)) for name, content in demo_files()]
    reading = open_register(files, today=timezone.localdate())
    exchange.import_register(reading, by=cast["siao"])
    reporting.catch_up()


def walk(browser: Client) -> tuple[dict[str, list[str]], int]:
    """Follow the links of the pages from the home page; what is wrong, by address, and how many pages were read.

    Forms that come back to their page are posted empty too.
    """
    wrong: dict[str, list[str]] = {}
    seen, waiting, alike = {"/"}, deque(["/"]), Counter[str]()
    while waiting:
        address = waiting.popleft()
        answer = browser.get(address)
        if not answer.headers.get("Content-Type", "").startswith("text/html") or answer.status_code != 200:
            continue
        page = answer.content.decode()
        if told := refused_in(page):
            wrong[address] = told
        for form in html.document_fromstring(page).iterfind(".//form"):
            if form.get("method") == "post" and not form.get("action"):
                refused = browser.post(address, {})
                if refused.status_code == 200 and (told := refused_in(refused.content.decode())):
                    wrong[f"POST {address}"] = told
        for link in html.document_fromstring(page).iterfind(".//a[@href]"):
            whole = urlsplit(urljoin(address, link.get("href", "")))._replace(fragment="")
            if whole.netloc or not whole.path.startswith("/") or whole.geturl() in seen:
                continue
            kind = _kind(whole.path)
            if kind and alike[kind] < ALIKE:
                alike[kind] += 1
                seen.add(whole.geturl())
                waiting.append(whole.geturl())
    return wrong, len(seen)


def _kind(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


@pytest.mark.parametrize("account", each_account("siao", "bailleur", "admin"))
def test_no_page_of_any_role(life: None, browse: Callable[[str], Client], account: str) -> None:
    wrong, read = walk(browse(account))
    assert wrong == {}
    assert read > (20 if account == "siao" else 3)


def test_the_door_and_what_does_not_exist(client: Client, browse: Callable[[str], Client]) -> None:
    for answer in (client.get("/connexion/"), client.post("/connexion/", {}), browse("siao").get("/nulle-part/")):
        assert refused_in(answer.content.decode()) == []
