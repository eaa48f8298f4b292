"""Every page of every role: it loads, says nothing wrong, and anyone can use it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.urls import resolve
from playwright.sync_api import FilePayload, Page

from accounts.demo import CAST
from config.environment import BASE_DIR
from tests.architecture.test_addresses import EVERY
from tests.browser.conftest import SCREENS
from tests.browser.crawling import Site, file_name
from tests.browser.signing import WIDTHS, Signing
from tests.browser.walking import path_of
from tests.browser.watching import Watch

ROLES = {member.account: member.role.value if member.role else "personne" for member in CAST}
FIRST = {role: account for account, role in reversed(ROLES.items())}  # the account that shows the role
STOPPING = 60.0  # seconds that a job has to stop
# addresses that no link leads to, and why
FOR_MACHINES = "no page: read by whoever watches the machine"
POSTED = "an act: posted, and going home on GET"
UNLINKED = {
    "accounts:sign_in": "the visitor's page: test_the_door",
    "accounts:sign_out": POSTED,
    "dossiers:take": POSTED,
    "commission:convene": POSTED,
    "commission:settle": POSTED,
    "commission:close": POSTED,
    "commission:enrol": POSTED,
    "commission:present": POSTED,
    "commission:withdraw": POSTED,
    "desk:components": "a page for who builds: test_the_components",
    "healthz": FOR_MACHINES,
    "metrics": FOR_MACHINES,
    "desk:job": "followed after a long import: test_a_long_import_is_followed_and_stopped",
    "desk:stop_job": POSTED,
    "exchange:preview": "reached by sending a file: test_what_an_import_would_change",
    "exchange:confirm": POSTED,
    "exchange:give_up": POSTED,
}


def check(page: Page, watch: Watch, path: str, *, axe: bool) -> list[str]:
    """What is wrong with a page."""
    answer = page.goto(path)
    assert answer is not None
    told = [] if answer.status == 200 else [f"status {answer.status}"]
    told += watch.structure()
    if axe:
        told += watch.accessibility()
    return told + watch.heard()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("account", ROLES)
def test_every_page(account: str, width: int, signing: Signing, site_of: Callable[[str], Site]) -> None:
    """With scripts: axe and a screenshot once for a role (several accounts may hold it)."""
    role, wrong = ROLES[account], {}
    page = signing.as_(account, width=width).new_page()
    watch, shown = Watch(page), FIRST[role] == account
    for kind, path in site_of(account).pages.items():
        told = check(page, watch, path, axe=shown)
        if shown:
            page.screenshot(path=SCREENS / role / f"{file_name(kind)}-{width}.png", full_page=True)
        if told:
            wrong[f"{kind} {path}"] = told
    assert wrong == {}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("account", FIRST.values())
def test_every_page_without_scripts(account: str, width: int, signing: Signing, site_of: Callable[[str], Site]) -> None:
    page = signing.as_(account, width=width, scripts=False).new_page()
    watch = Watch(page)
    told = {kind: check(page, watch, path, axe=False) for kind, path in site_of(account).pages.items()}
    assert {kind: each for kind, each in told.items() if each} == {}


@pytest.mark.parametrize("account", ROLES)
def test_every_link_leads_somewhere(account: str, site_of: Callable[[str], Site]) -> None:
    site = site_of(account)
    assert site.wrong == []
    assert "desk:home" in site.names


def test_what_an_import_would_change(signing: Signing) -> None:
    page = signing.as_("siao").new_page()
    watch = Watch(page)
    page.goto("/import/")
    page.locator("input[type=file]").set_input_files(BASE_DIR / "exchange" / "demo_data" / "seances.csv")
    page.get_by_role("button", name="Voir ce qui changerait").click()
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert watch.structure() + watch.accessibility() + watch.heard() == []
        page.screenshot(path=SCREENS / "referent_siao" / f"exchange-preview-{width}.png", full_page=True)
    assert resolve(path_of(page)).view_name == "exchange:preview"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "bare"])
def test_a_long_import_is_followed_and_stopped(scripts: bool, signing: Signing) -> None:
    head, row, *_ = (BASE_DIR / "exchange" / "demo_data" / "registre.csv").read_text("utf-8").splitlines()
    many = [row.replace("LDA-2022-001", f"LDA-2022-{number}") for number in range(1000, 1600)]
    page = signing.as_("siao", scripts=scripts).new_page()
    watch = Watch(page)
    page.goto("/import/")
    sent: FilePayload = {"name": "registre.csv", "mimeType": "text/csv", "buffer": "\n".join([head, *many]).encode()}
    page.locator("input[type=file]").set_input_files(files=sent)
    page.get_by_role("button", name="Voir ce qui changerait").click()
    page.get_by_role("button", name="Importer le registre").click(timeout=60_000)
    assert resolve(path_of(page)).view_name == "desk:job"
    assert watch.structure() + (watch.accessibility() if scripts else []) == []
    page.screenshot(path=SCREENS / "referent_siao" / f"desk-job-{'scripts' if scripts else 'bare'}.png")
    page.get_by_role("button", name="Arrêter ce travail").click()
    until = time.monotonic() + STOPPING
    while not page.get_by_text("Arrêté à votre demande").count():
        assert time.monotonic() < until, page.locator("main").inner_text()
        page.wait_for_timeout(500)
        if not scripts:
            page.reload()
    assert watch.structure() + watch.heard() == []


def test_what_does_not_exist(signing: Signing) -> None:
    page = signing.as_("siao", width=390).new_page()
    page.goto("/nulle-part/")
    watch = Watch(page)
    assert watch.structure() + watch.accessibility() == []


def test_every_address_was_reached(every_site: dict[str, Site]) -> None:
    """By the links of some account; or we say why not."""
    reached = set().union(*(site.names for site in every_site.values()))
    assert {*EVERY} - reached == UNLINKED.keys()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_components(width: int, signing: Signing) -> None:
    """Its forms are models: nothing sends them."""
    page = signing.as_("siao", width=width).new_page()
    told = check(page, Watch(page), "/composants/", axe=True)
    assert [each for each in told if not each.startswith("nothing submits")] == []
    page.screenshot(path=SCREENS / "composants" / f"composants-{width}.png", full_page=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "bare"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_door(width: int, scripts: bool, signing: Signing) -> None:
    page = signing.as_(None, width=width, scripts=scripts).new_page()
    watch = Watch(page)
    assert check(page, watch, "/connexion/", axe=scripts) == []
    page.screenshot(path=SCREENS / "visiteur" / f"accounts-sign_in-{width}.png", full_page=True)
    page.get_by_role("button", name="Se connecter").click()
    assert page.locator("[aria-invalid=true]").count() == 2
    page.get_by_label("Adresse électronique").fill("siao@seuil.example")
    page.get_by_label("Mot de passe").fill("autre chose")
    page.get_by_role("button", name="Se connecter").click()
    assert page.get_by_role("alert").is_visible()
    assert watch.structure() + (watch.accessibility() if scripts else []) + watch.heard() == []
