"""Without a mouse: into the page at once, the focus always seen, every act reached."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from accounts.demo import PASSWORD
from tests.browser.signing import Signing, sign_in
from tests.browser.walking import state

MOST = 80  # presses of Tab
# Where the focus is: what it is, and whether it is seen: a ring of its own, and not entirely hidden (WCAG 2.4.11), be
# it by the edge of the window or by what floats.
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none';
  const at = [...e.getClientRects()][0] || box;
  const middle = (from, to, size) => (Math.max(from, 0) + Math.min(to, size)) / 2;
  const top = document.elementFromPoint(middle(at.left, at.right, innerWidth), middle(at.top, at.bottom, innerHeight));
  const near = top && (e.contains(top) || (e.labels && [...e.labels].some((l) => l.contains(top))));
  return {words: (e.innerText || e.getAttribute('aria-label') || e.name || e.id).trim().replace(/\\s+/g, ' '),
    tag: e.tagName.toLowerCase(), seen: ring && box.width > 0 && box.height > 0 && !!near};
}"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
ACTS = "a.btn, button, summary"


def tab_through(page: Page) -> list[dict[str, object]]:
    """What Tab goes through, from the top of the page to its end."""
    page.locator("body").press("Tab")
    met = []
    for _ in range(MOST):
        page.evaluate(SETTLED)
        where = page.evaluate(FOCUS)
        if where is None:
            break
        met.append(where)
        page.keyboard.press("Tab")
    return met


def test_the_skip_link_leads_to_the_content(signing: Signing) -> None:
    page = signing.as_("siao").new_page()
    page.goto("/dossiers/")
    page.locator("body").press("Tab")
    assert page.evaluate(FOCUS)["words"] == "Aller au contenu"
    assert page.evaluate(FOCUS)["seen"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["/", "/dossiers/?etat=AJOURNE", "a dossier"])
def test_the_focus_is_seen_and_every_act_is_reached(path: str, width: int, signing: Signing) -> None:
    page = signing.as_("siao", width=width).new_page()
    page.goto("/dossiers/?etat=AJOURNE" if path == "a dossier" else path)
    if path == "a dossier":
        page.get_by_role("rowheader").get_by_role("link").first.click()
        state(page, "Ajourné")
    met = tab_through(page)
    assert [each["words"] for each in met if not each["seen"]] == []
    acts = page.locator("main").locator(ACTS).all()
    words = {" ".join(act.inner_text().split()) for act in acts if act.is_visible()}
    assert words <= {each["words"] for each in met}
    assert path != "a dossier" or any("Réexaminer" in str(word) for word in words)


def test_signing_in_by_keyboard_alone(signing: Signing) -> None:
    page = signing.as_(None).new_page()
    page.goto("/connexion/")
    for field, answer in (("username", "siao@seuil.example"), ("password", PASSWORD)):
        while page.evaluate("document.activeElement.name") != field:
            page.keyboard.press("Tab")
        page.keyboard.type(answer)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/connexion/" not in url)


def test_the_menu_of_the_account_opens_and_signs_out(signing: Signing) -> None:
    page = signing.as_(None).new_page()
    sign_in(page, "toit")
    page.locator(".topbar summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["words"] == "Mon compte"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["words"] == "Se déconnecter"
    page.keyboard.press("Enter")
    page.wait_for_url("**/connexion/")
