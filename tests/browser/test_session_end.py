"""A session that ends by itself: said two minutes before, made longer with one button (WCAG 2.2.1)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENS
from tests.browser.signing import WIDTHS, Signing
from tests.browser.watching import Watch


def opened(signing: Signing, width: int) -> tuple[Page, Watch]:
    page = signing.as_("siao", width=width).new_page()
    watch = Watch(page)
    page.clock.install()
    page.goto("/a-faire/")
    expect(page.get_by_role("alert")).to_have_count(0)
    return page, watch


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_said_before_and_one_goes_on(signing: Signing, width: int) -> None:
    page, watch = opened(signing, width)
    page.clock.fast_forward("26:50")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.clock.fast_forward("01:20")  # the session was seen up to a minute before the page was
    expect(page.get_by_role("alert")).to_contain_text("Votre session se termine dans moins de deux minutes.")
    assert watch.structure() + watch.accessibility() + watch.heard() == []
    page.screenshot(path=SCREENS / "referent_siao" / f"session-end-{width}.png")
    page.get_by_role("button", name="Rester connecté").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.clock.fast_forward("27:30")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.clock.fast_forward("00:50")
    expect(page.get_by_role("alert")).to_be_visible()
    assert watch.heard() == []


def test_once_it_has_ended_the_page_says_so(signing: Signing) -> None:
    page, watch = opened(signing, 1280)
    page.clock.fast_forward("30:10")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Votre session est terminée.")
    expect(alert.get_by_role("button")).to_have_count(0)
    expect(alert.get_by_role("link", name="S’identifier de nouveau")).to_be_visible()
    assert watch.structure() + watch.accessibility() + watch.heard() == []


def test_another_page_that_lives_keeps_it(signing: Signing) -> None:
    """Two tabs of one session: who works in one is not warned in the other."""
    context = signing.as_("siao")
    page, other = context.new_page(), context.new_page()
    page.clock.install()
    page.goto("/a-faire/")
    page.clock.fast_forward("29:00")
    expect(page.get_by_role("alert")).to_be_visible()
    other.goto("/")
    expect(page.get_by_role("alert")).to_have_count(0)
