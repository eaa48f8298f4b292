"""An evaluation in a real browser: it saves by itself, tells what is wrong, and keeps what two people write at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import SCREENS
from tests.browser.signing import WIDTHS, Signing
from tests.browser.walking import Walk
from tests.browser.watching import Watch


def begun(signing: Signing, last_name: str) -> tuple[Page, str]:
    """A household whose evaluation has begun; the referent's page, and the address of its evaluation."""
    walk = Walk(signing, last_name, "Odette")
    walk.prescribe()
    walk.take()
    page = walk.page_of("siao")
    page.goto(walk.dossier)
    page.get_by_role("main").get_by_role("button", name="Commencer l’évaluation").click()
    expect(page.locator(".state-lg").first).to_have_text(re.compile("En évaluation"))
    return page, f"{walk.dossier}evaluation/"


def test_it_saves_by_itself_and_a_wrong_answer_holds_back_no_other(signing: Signing) -> None:
    page, address = begun(signing, "Sauvegrain")
    watch = Watch(page)
    page.goto(f"{address}ressources/")
    page.get_by_label("Loyer ou redevance actuelle", exact=True).fill("212 e")
    page.get_by_label("Avis d’imposition disponible", exact=True).select_option("OUI")
    expect(page.get_by_role("status").filter(has_text="Enregistré à")).to_be_visible()
    expect(page.get_by_text("Écrivez un montant en euros")).to_be_visible()
    expect(page.locator("[data-answered]")).to_have_text(re.compile(r"^1\sréponse sur 45$"))
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert watch.structure() + watch.accessibility() + watch.heard() == []
        page.screenshot(path=SCREENS / "referent_siao" / f"evaluation-ressources-{width}.png", full_page=True)
    page.reload()
    expect(page.get_by_label("Avis d’imposition disponible", exact=True)).to_have_value("OUI")


def held_back(page: Page) -> list[Route]:
    """From here on, what the page saves by itself waits to be let through."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "seuil-autosave" in route.request.headers:
            held.append(route)
        else:
            route.continue_()

    page.route(re.compile("/evaluation/ressources/$"), hold)
    return held


@pytest.mark.parametrize(
    ("who", "how"), [("Toutdesuite", "saved"), ("Enchemin", "on its way"), ("Sansreponse", "lost")]
)
def test_the_button_leads_on_at_the_first_press(signing: Signing, who: str, how: str) -> None:
    page, address = begun(signing, who)
    page.goto(f"{address}ressources/")
    held = [] if how == "saved" else held_back(page)
    page.get_by_label("Avis d’imposition disponible", exact=True).select_option("OUI")
    if how == "saved":
        expect(page.get_by_role("status").filter(has_text="Enregistré à")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Enregistrer et continuer")).click()
    if how == "on its way":
        held[0].continue_()
    page.wait_for_url(re.compile("/evaluation/dettes/$"))
    page.unroute_all()
    page.goto(f"{address}ressources/")
    expect(page.get_by_label("Avis d’imposition disponible", exact=True)).to_have_value("OUI")
    expect(page.get_by_text("Les comparer")).to_have_count(0)


def test_two_browsers_both_texts_are_kept(signing: Signing) -> None:
    page, address = begun(signing, "Deuxmains")
    step = f"{address}menage/"
    other = signing.as_("siao2").new_page()
    page.goto(step)
    other.goto(step)
    mine, hers = "Je garde mon chien.", "Il a un chien."
    other.get_by_label(re.compile("^Ce que .* en dit$")).fill(hers)
    other.get_by_role("button", name=re.compile("^Enregistrer et continuer")).click()
    other.wait_for_url(re.compile("administratif"))
    page.get_by_label(re.compile("^Ce que .* en dit$")).fill(mine)
    page.get_by_label("Lecture du français", exact=True).select_option("LIT")
    page.get_by_role("link", name="Les comparer").click()
    watch = Watch(page)
    expect(page.get_by_text(hers).first).to_be_visible()
    expect(page.get_by_text(mine).first).to_be_visible()
    assert watch.structure() + watch.accessibility() == []
    page.screenshot(path=SCREENS / "referent_siao" / "evaluation-deux-textes-1280.png", full_page=True)
    page.get_by_role("button", name=re.compile("^Garder les deux")).click()
    expect(page.get_by_label(re.compile("^Ce que .* en dit$"))).to_have_value(f"{hers}\n\n{mine}")


def test_an_agreement_is_noted_then_taken_back(signing: Signing) -> None:
    page, address = begun(signing, "Daccord")
    watch = Watch(page)
    page.goto(address)
    page.get_by_role("link", name="Noter un accord").click()
    page.get_by_role("button", name="Noter l’accord").click()
    page.get_by_role("link", name=re.compile("^Retirer")).click()
    assert watch.structure() + watch.accessibility() == []
    page.get_by_role("button", name="Retirer l’accord").click()
    expect(page.get_by_text("retiré le")).to_be_visible()
    page.goto(f"{address}versions/")
    assert watch.structure() + watch.accessibility() == []
