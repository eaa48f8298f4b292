"""The keyboard of tests finds the faults that it is there to find, on pages made for that."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser.keys import by_keys

HEAD = "<!doctype html><html lang=fr><title>Essai</title><style>:focus-visible { outline: 3px solid }</style>"
BARE = "<style>:focus-visible { outline: none }</style>"
FAULTS = {
    "a control without a place in the order": ("<p id=it>Aller</p><a href=#>Autre</a>", "is not reached"),
    "a control without a ring": (f"{BARE}<button id=it>Aller</button>", "no ring"),
    "a ring that the focus does not change": (
        f"{BARE}<button style='box-shadow: 0 0 3px'>Un</button><button id=it style='box-shadow: 0 0 3px'>Deux</button>",
        "the same with and without the focus",
    ),
    "a control under another": (
        "<button id=it>Aller</button><div style='position: fixed; inset: 0; background: white'>Voile</div>",
        "under <div",
    ),
    "a control out of the window": ("<button id=it style='position: fixed; left: -300px'>Aller</button>", "out of"),
    "a control that loses the focus": ("<button type=button id=it onclick='this.blur()'>Aller</button>", "was lost"),
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def show(page: Page, body: str) -> Locator:
    page.goto(f"data:text/html,{quote(HEAD + body)}")
    return page.locator("#it")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told(fault: str, page: Page) -> None:
    body, words = FAULTS[fault]
    with by_keys(page), pytest.raises(AssertionError, match=words):
        show(page, body).click()


def test_a_mouse_is_told(page: Page) -> None:
    click = Locator.click
    with pytest.raises(AssertionError, match="held a mouse"), by_keys(page):
        click(show(page, "<button id=it>Aller</button>"))


def test_what_is_no_key_is_refused(page: Page) -> None:
    with by_keys(page):
        it = show(page, "<button id=it>Aller</button>")
        with pytest.raises(AssertionError, match="`hover` is no key"):
            it.hover()


def test_backwards_and_among_radio_buttons(page: Page) -> None:
    radios = "".join(f"<label><input type=radio name=r value={n}>{n}</label>" for n in range(4))
    with by_keys(page) as keys:
        last = show(page, f"<input aria-label=Un>{radios}<select id=it><option>A<option>B</select>")
        last.select_option(label="B")
        page.get_by_label("1", exact=True).check()
        page.get_by_label("Un", exact=True).fill("du texte")
    assert page.locator("input:checked").get_attribute("value") == "1"
    assert keys.pointed == []
