"""A newcomer where the second factor is required: an application, a passkey, and entering with each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SCREENS
from tests.browser.product import Demo
from tests.browser.signing import WIDTHS, Signing, sign_in
from tests.browser.watching import Watch

# A platform authenticator of Chromium's own making: it keeps the key and says that a finger was shown
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A product of its own, which asks everyone for a second factor; a passkey wants a name, not a number."""
    demo = Demo(tmp_path_factory.mktemp("enforcing"), SEUIL_SECOND_FACTOR="1")
    try:
        yield demo.start().replace("127.0.0.1", "localhost")
    finally:
        demo.stop()


def code_of(secret: str) -> str:
    """RFC 6238, as an application on a telephone computes it."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def leave(page: Page) -> None:
    page.goto("/mon-compte/")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("**/connexion/")


def look(page: Page, watch: Watch, name: str) -> None:
    """At a desk and on a telephone: nothing wrong, and a picture."""
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert watch.structure() + watch.accessibility() + watch.heard() == [], name
        page.screenshot(path=SCREENS / "second-facteur" / f"{name}-{width}.png", full_page=True)


def test_a_newcomer_enrols_both_and_enters_with_each(browser: Browser, enforcing: str, tmp_path: Path) -> None:
    doors = Signing(browser, enforcing, tmp_path)
    page = doors.as_(None).new_page()
    watch = Watch(page)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    sign_in(page, "toit")
    page.goto("/dossiers/")
    assert page.url.endswith("/mon-compte/second-facteur/"), "nothing else opens before"
    look(page, watch, "proteger")

    page.get_by_role("link", name="Une application de codes").click()
    look(page, watch, "application")
    secret = "".join(page.locator("#secret").inner_text().split())
    page.get_by_label("Code que l’application affiche").fill(code_of(secret))
    page.get_by_role("button", name="Ajouter cette application").click()
    look(page, watch, "codes")
    spare = page.locator(".codes code").all_inner_texts()
    assert len(spare) == 10

    page.goto("/mon-compte/cle/")
    look(page, watch, "cle")
    page.get_by_label("Nom de cette clé").fill("Mon téléphone")
    page.get_by_role("button", name="Créer la clé d’accès").click()
    page.wait_for_url("**/mon-compte/")
    expect(page.locator("b", has_text="Mon téléphone")).to_be_visible()
    look(page, watch, "mon-compte")
    for name in ("mot-de-passe", "codes"):
        page.goto(f"/mon-compte/{name}/")
        look(page, watch, name)
    page.goto("/connexion/prouver/")
    look(page, watch, "prouver")

    leave(page)
    page.get_by_role("button", name="Entrer avec une clé d’accès").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)
    assert page.get_by_role("heading", level=1).inner_text().startswith("Bonjour")

    leave(page)
    page.get_by_label("Adresse électronique").fill("toit@seuil.example")
    page.get_by_label("Mot de passe").fill("La porte est ouverte 73")
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/connexion/second-facteur/")
    look(page, watch, "second-facteur")
    page.get_by_label("Code à six chiffres").fill("000000")
    page.get_by_role("button", name="Entrer", exact=True).click()
    expect(page.get_by_text("Ce code ne convient pas")).to_be_visible()
    page.get_by_label("Code à six chiffres").fill(spare[0])
    page.get_by_role("button", name="Entrer", exact=True).click()
    page.wait_for_url(lambda url: "/connexion/" not in url)

    leave(page)
    page.get_by_label("Adresse électronique").fill("toit@seuil.example")
    page.get_by_label("Mot de passe").fill("La porte est ouverte 73")
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("button", name="Me servir de ma clé").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)
    assert watch.heard() == []
    doors.close()
