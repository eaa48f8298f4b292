"""Zoomed, or in the forced colours of the system: nothing sticks out, nothing disappears."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.crawling import Site
from tests.browser.signing import ZOOMED, Signing
from tests.browser.watching import Watch

# a handful of pages for each: those with the widest tables and drawings
PLACES = {
    "siao": ("desk:home", "dossiers:list", "dossiers:detail", "reporting:figures", "commission:seances"),
    "animation": ("desk:home", "commission:seance", "commission:plan"),
    "prescripteur": ("desk:home", "prescriptions:list", "dossiers:open"),
    "bailleur": ("desk:home", "commission:seances"),
    "fol73": ("desk:home", "dossiers:detail"),
    "dpo": ("desk:home", "urgency:list"),
    "admin": ("accounts:people", "desk:rights"),
}
# What is shown by its background alone disappears when the system chooses the colours: badges and pressed choices that
# have no border then, drawings whose bars are painted as the ground.
LOST = """() => {
  const ground = getComputedStyle(document.body).backgroundColor, out = [];
  for (const e of document.querySelectorAll('.state, .chip, .count, .note, .hidden-cell'))
    if (e.getClientRects().length && getComputedStyle(e).borderTopStyle === 'none')
      out.push('no border: ' + e.className);
  for (const e of document.querySelectorAll('.bar .fill, .lanes .now, .chart .b1'))
    if ([getComputedStyle(e).fill, getComputedStyle(e).stroke].every((c) => c === ground || c === 'none'))
      out.push('not seen: ' + (e.className.baseVal || e.tagName));
  return [...new Set(out)];
}"""


def pages_of(site: Site, names: tuple[str, ...], *, most: int = 2) -> list[str]:
    """The addresses of these pages, each in a few of the states that the account found."""
    found = {name: [path for kind, path in site.pages.items() if kind.split(" ")[0] == name] for name in names}
    assert all(found.values()), found
    return [path for paths in found.values() for path in paths[:most]]


def opened(page: Page, path: str) -> Watch:
    watch = Watch(page)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    return watch


@pytest.mark.parametrize("account", PLACES)
def test_nothing_sticks_out_when_zoomed(account: str, signing: Signing, site_of: Callable[[str], Site]) -> None:
    page, wrong = signing.as_(account).new_page(), {}
    for path in pages_of(site_of(account), PLACES[account]):
        watch = opened(page, path)
        for width, height in ZOOMED.items():
            page.set_viewport_size({"width": width, "height": height})
            if told := watch.structure():
                wrong[f"{path} at {width}"] = told
    assert wrong == {}


@pytest.mark.parametrize("account", ["prescripteur", "fol73", "sante"])
def test_on_a_phone_each_household_has_its_badge_whole_and_one_icon(account: str, signing: Signing) -> None:
    page = signing.as_(account, width=390).new_page()
    opened(page, "/")
    badges = page.locator(".todo-states .state")
    assert badges.count() >= 1
    told = badges.evaluate_all("found => found.map((e) => [e.scrollWidth - e.clientWidth, e.offsetHeight])")
    assert all(beyond <= 0 and high < 36 for beyond, high in told), told
    assert page.locator(".todo-states .ico").count() == badges.count()


def test_on_paper_what_is_possible_is_told_or_is_not_there(signing: Signing, site_of: Callable[[str], Site]) -> None:
    """Where there were only buttons to press, no box stands empty."""
    page = signing.as_("siao").new_page()
    page.emulate_media(media="print")
    paths, shown = pages_of(site_of("siao"), ("dossiers:detail",), most=20), 0
    for path in paths:
        opened(page, path)
        boxes = page.locator("main .acts:visible")
        shown += boxes.count()
        assert all(box.locator("> div:visible").count() for box in boxes.all()), path
    assert 0 < shown < len(paths)


@pytest.mark.parametrize("account", ["siao", "fol73"])
def test_in_forced_colours_nothing_disappears(account: str, signing: Signing, site_of: Callable[[str], Site]) -> None:
    page, wrong = signing.as_(account).new_page(), {}
    page.emulate_media(forced_colors="active")
    for path in [*pages_of(site_of(account), PLACES[account]), "/composants/"]:
        opened(page, path)
        if told := page.evaluate(LOST):
            wrong[path] = told
    assert wrong == {}
