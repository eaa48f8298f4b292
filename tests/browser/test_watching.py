"""The watch itself: a faulty page is told, a good one is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.watching import Watch

GOOD = '<!doctype html><html lang="fr"><title>Bonjour</title><main><h1>Bonjour</h1>{}</main></html>'
WIDE = '<p style="width:900px">Un paragraphe trop large</p>'


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        yield context.new_page()


def told(page: Page, body: str) -> list[str]:
    watch = Watch(page)
    page.set_content(GOOD.format(body))
    return watch.structure() + watch.accessibility() + watch.heard()


def test_a_good_page(page: Page) -> None:
    form = "<form><label>Nom <input name=n></label><label>Lieu <input name=l></label><button>Dire</button></form>"
    assert told(page, form + f'<div tabindex="0" style="overflow-x:auto">{WIDE}</div>') == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (WIDE, "scrolls sideways: 908 px for 390: p"),
        ('<h1 style="color:#bbb">Encore</h1>', "2 h1 instead of 1"),
        ('<p style="color:#bbb">Trop pâle</p>', "axe color-contrast"),
        ("<label>Nom <input name=n></label><input name=l><button>Dire</button>", "axe label"),
        ("<a href=/a>a</a><a href=/b>b</a>", "axe target-size"),
        ("<form id=f class=recherche><label>A <input></label><label>B <input></label></form>", "nothing submits"),
        ("<script>console.error('aïe')</script>", "console error: aïe"),
        ("<script>absent()</script>", "script error: absent is not defined"),
        ('<img alt="" src="http://127.0.0.1:9/absent.png">', "request failed: image"),
    ],
)
def test_a_faulty_page(page: Page, body: str, expected: str) -> None:
    assert [each for each in told(page, body) if each.startswith(expected)]
