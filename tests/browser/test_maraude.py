"""Somebody met in the street at night: recorded on a phone with one thumb, with a stopwatch."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SCREENS
from tests.browser.signing import Signing
from tests.browser.walking import fill, follow, path_of, press, state
from tests.browser.watching import Watch

SECONDS, TAPS = 90.0, 12
KEY = 220  # milliseconds between two keys: a thumb in the cold, 27 words a minute
AIM = 0.7  # seconds to find and touch each next thing


@dataclass
class Thumb:
    """Touches and types as somebody does, and counts."""

    page: Page
    taps: int = 0

    def tap(self, what: Locator) -> None:
        time.sleep(AIM)
        what.scroll_into_view_if_needed()
        what.click()
        self.taps += 1

    def write(self, label: str, words: str) -> None:
        field = self.page.get_by_label(label, exact=True)
        self.tap(field)
        field.press_sequentially(words, delay=KEY)

    def choose(self, words: str) -> None:
        self.tap(self.page.locator("label.choice").filter(has_text=words))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "bare"])
def test_an_unnamed_person_in_ninety_seconds(scripts: bool, signing: Signing) -> None:
    page = signing.as_("toit", width=390, scripts=scripts).new_page()
    watch, thumb = Watch(page), Thumb(page)
    page.goto("/")
    begun = time.monotonic()
    thumb.tap(page.get_by_role("navigation", name="Raccourcis").get_by_role("link", name="Rencontre"))
    thumb.write("Où, en quelques mots", "derrière la gare")
    thumb.choose("Homme")
    thumb.write("Sans nom, à quoi la reconnaître", "Le Breton")
    thumb.write("Besoin maintenant", "un duvet")
    thumb.choose("Pas encore")
    page.screenshot(path=SCREENS / "maraude" / "saisie-390.png", full_page=True)
    thumb.tap(page.get_by_role("button", name="Enregistrer la rencontre"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Rencontre enregistrée")
    took = time.monotonic() - begun
    page.screenshot(path=SCREENS / "maraude" / "enregistree-390.png", full_page=True)
    assert took < SECONDS, f"{took:.0f} s"
    assert thumb.taps <= TAPS
    axe = watch.accessibility() if scripts else []  # axe is a script itself
    assert watch.structure() + axe + watch.heard() == []


def test_met_again_then_named_then_oriented(signing: Signing) -> None:
    """By the organisation that met him, which reads his state alone; then by the SIAO, which reads the rest."""
    page = signing.as_("prescripteur", width=390).new_page()
    watch = Watch(page)
    page.goto("/rencontre/")
    assert watch.structure() + watch.accessibility() == []
    press(page, "Enregistrer la rencontre")
    expect(page.get_by_role("alert")).to_contain_text("Rien n’est encore enregistré")
    assert watch.structure() + watch.accessibility() == []
    fill(page, **{"Sans nom, à quoi la reconnaître": "une veste jaune, un vélo", "Où, en quelques mots": "le marché"})
    page.locator("label.choice").filter(has_text="Pas encore").click()
    press(page, "Enregistrer la rencontre")
    assert watch.structure() + watch.accessibility() == []
    follow(page, "Ouvrir le dossier")
    dossier = path_of(page)
    state(page, "Repéré")
    for act, button, answers in (
        ("Nouvelle rencontre", "Enregistrer la rencontre", {"Où, en quelques mots": "les halles"}),
        ("Donner un nom", "Enregistrer le nom", {"Nom": "Bellecombe"}),
    ):
        follow(page, act)
        assert watch.structure() + watch.accessibility() == []
        fill(page, **answers)
        press(page, button)
        expect(page.get_by_role("status")).to_be_visible()
    assert "Bellecombe" not in page.get_by_role("main").inner_text()
    follow(page, "Dire où elle en est")
    page.get_by_label("Oui, de vive voix", exact=True).check()
    page.get_by_label("Oui, elle est d’accord", exact=True).check()
    assert watch.structure() + watch.accessibility() == []
    press(page, "Transmettre au SIAO")
    state(page, "Prescrit")
    wrong = watch.heard()  # the refused form answered 422, as it must
    assert [each for each in wrong if "422" not in each] == []
    referent = signing.as_("siao").new_page()
    referent.goto(dossier)
    told = referent.get_by_role("main").inner_text()
    for words in ("Bellecombe", "une veste jaune, un vélo", "le marché", "les halles"):
        assert words in told
