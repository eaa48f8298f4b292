"""Signing in through the real form, and proving again that it is oneself."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Response

from accounts.demo import CAST, PASSWORD

WIDTHS = {1280: 900, 390: 844}  # a desk, a phone: width and height in pixels
PROVING = "/connexion/prouver/"
FRESH = 120.0  # seconds: a test has three minutes to begin a sensitive act, before a proof is asked (five in all)
ZOOMED = {640: 450, 320: 256}  # the desk at 200 %, at 400 % (WCAG 1.4.4, 1.4.10): what the window is then worth


class Signing:
    """Opens browser contexts as an account of the cast. `folder` keeps the sessions, those of one process each: two who
    act at once in one session would read each other's sentences."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self._browser, self._url, self._folder = browser, url, folder
        self._opened: list[BrowserContext] = []

    def as_(self, account: str | None, *, width: int = 1280, scripts: bool = True) -> BrowserContext:
        """A context signed in as this account (`siao`, `etranger`…); a visitor's when None."""
        kept = self._session_of(account) if account else None
        return self._open(width=width, scripts=scripts, storage_state=kept)

    def close(self) -> None:
        """Close what was opened."""
        for context in self._opened:
            context.close()
        self._opened.clear()

    def _open(self, *, width: int, scripts: bool, storage_state: Path | None) -> BrowserContext:
        asked: dict[str, Any] = {"base_url": self._url, "locale": "fr-FR", "timezone_id": "Europe/Paris"}
        size: Any = {"width": width, "height": WIDTHS[width]}
        context = self._browser.new_context(
            **asked,
            viewport=size,
            java_script_enabled=scripts,
            storage_state=storage_state,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        context.set_default_navigation_timeout(45_000)  # a page comes late where the machine does something else
        self._opened.append(context)
        return context

    def _session_of(self, account: str) -> Path:
        """A session of the account, opened by its own hand less than two minutes ago."""
        kept = self._folder / f"session-{account}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.json"
        if not kept.exists() or time.time() - kept.stat().st_mtime > FRESH:
            context = self._open(width=1280, scripts=True, storage_state=None)
            sign_in(context.new_page(), account)
            context.storage_state(path=kept)
            context.close()
            self._opened.remove(context)
        return kept


def sign_in(page: Page, account: str) -> None:
    """Fill in the form of the door, and pass it."""
    email = next(member.email for member in CAST if member.account == account)
    page.goto("/connexion/")
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)


def reach(page: Page, path: str) -> Response | None:
    """Open a page; where a proof less than five minutes old is asked for, give it first."""
    answer = page.goto(path)
    return prove(page) if is_asked(page) and urlsplit(path).path != PROVING else answer


def is_asked(page: Page) -> bool:
    """Is a proof asked for here?"""
    return urlsplit(page.url).path == PROVING


def prove(page: Page) -> Response | None:
    """Say that it is oneself, on the page that asks; what is then shown."""
    page.get_by_label("Mot de passe").fill(PASSWORD)
    with page.expect_navigation() as shown:
        page.get_by_role("button", name="C’est moi").click()
    return shown.value
