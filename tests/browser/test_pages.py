"""Every page of every role: it loads, says nothing wrong, and anyone can use it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from django.urls import resolve
from playwright.sync_api import FilePayload, Page, expect

from accounts.demo import CAST
from config.environment import BASE_DIR
from tests.architecture.test_addresses import EVERY
from tests.browser.conftest import PICTURES, SCREENS
from tests.browser.crawling import PROOF, Site, file_name
from tests.browser.signing import WIDTHS, Signing, reach
from tests.browser.walking import path_of
from tests.browser.watching import Watch

ROLES = {member.account: member.role.value if member.role else "personne" for member in CAST}
FIRST = {role: account for account, role in reversed(ROLES.items())}  # the account that shows the role
STOPPING = 60.0  # seconds that a job has to stop
# addresses that no link leads to, and why
FOR_MACHINES = "no page: read by whoever watches the machine"
FACTOR = "for who has a second factor: test_second_factor"
LINKED = "the link of a mail: tests/accounts"
POSTED = "an act: posted, and going home on GET"
WALKED = "reached or not, as the days of the demonstration fall: test_now_and_then walks there"
MEMBERS = "linked where a household has several members or expects a child: test_now_and_then walks there"
UNLINKED = {
    "accounts:sign_in": "the visitor's page: test_the_door",
    "account_login": "allauth's name of the same page",
    "accounts:sign_out": POSTED,
    "accounts:accept": "reached by a mail: tests/accounts/test_people_views.py",
    "accounts:renew": POSTED,
    "accounts:withdraw": POSTED,
    "accounts:charge": POSTED,
    "accounts:confirm": POSTED,
    "accounts:come_back": LINKED,
    "account_reset_password": "the visitor's: test_the_door_of_who_forgot",
    "account_reset_password_from_key": LINKED,
    "mfa_authenticate": FACTOR,
    "mfa_login_webauthn": FACTOR,
    "mfa_reauthenticate": FACTOR,
    "mfa_reauthenticate_webauthn": FACTOR,
    **dict.fromkeys(PROOF | {"account_reauthenticate"}, FACTOR),
    "accounts:protect": FACTOR,
    "accounts:remove_factor": FACTOR,
    "accounts:renew_codes": POSTED,
    "accounts:end_others": POSTED,
    "accounts:end_session": POSTED,
    "accounts:stay": POSTED,
    "accounts:go_on": POSTED,
    "accounts:open_calendar": POSTED,
    "accounts:end_calendar": POSTED,
    "desk:calendar": "no page: read by agendas, which have its address",
    **dict.fromkeys([f"dossiers:{act}" for act in ("leave", "titulaire", "split", "copy_period")], MEMBERS),
    **dict.fromkeys(["dossiers:born", "dossiers:close_birth"], MEMBERS),
    "dossiers:take": POSTED,
    "dossiers:export": POSTED,
    "desk:export_todo": POSTED,
    "reporting:export": POSTED,
    "dossiers:forget_view": POSTED,
    "dossiers:finish_reminder": POSTED,
    "dossiers:put_off": "once a reminder is written: test_now_and_then walks there",
    "dossiers:check": POSTED,
    "dossiers:withdraw_request": POSTED,
    "dossiers:content": "what a piece shows inside its page",
    "dossiers:download": "from a piece that was kept: tests/dossiers/test_documents_views.py",
    "dossiers:search": POSTED,
    "meeting:saved": "reached by recording a meeting: test_maraude",
    "meeting:again": "from a dossier that began by a meeting: test_maraude",
    "dossiers:name": "from a dossier without a name: test_maraude",
    "dossiers:found": "reached by a search: tests/dossiers/test_search_box.py",
    "dossiers:answer_likeness": POSTED,
    "dossiers:unlink": POSTED,
    "dossiers:end_share": WALKED,
    "dossiers:letter": WALKED,
    "dossiers:letter_pdf": WALKED,
    "desk:text_hints": "asked for by static/text_hints.js: test_text_hints",
    "dossiers:evaluation_unshare": POSTED,
    "dossiers:evaluation_withdraw": "once an agreement is noted: test_evaluation",
    "dossiers:evaluation_versions": "once there are two versions: test_evaluation",
    "dossiers:unprotect": WALKED,
    "urgency:examine": POSTED,
    "commission:convene": WALKED,
    "commission:close": WALKED,
    "commission:settle": POSTED,
    "commission:enrol": POSTED,
    "commission:extend": POSTED,
    "commission:present": POSTED,
    "commission:withdraw_dossier": POSTED,
    "desk:components": "a page for who builds: test_the_components",
    "healthz": FOR_MACHINES,
    "metrics": FOR_MACHINES,
    "desk:job": "followed after a long import: test_a_long_import_is_followed_and_stopped",
    "desk:stop_job": POSTED,
    "exchange:preview": "reached by sending a file: test_what_an_import_would_change",
    "exchange:confirm": POSTED,
    "exchange:columns": "reached by sending a file whose headers are unknown",
    "exchange:forget": POSTED,
    "exchange:give_up": POSTED,
    "exchange:si_siao_compare": "reached by sending an extraction: test_a_comparison_with_si_siao",
    "exchange:si_siao_open": "reached from a comparison: test_a_comparison_with_si_siao",
    "exchange:si_siao_accept": POSTED,
    "exchange:si_siao_keep": POSTED,
    "exchange:si_siao_recognise": POSTED,
}


def check(page: Page, watch: Watch, path: str, *, axe: bool) -> list[str]:
    """What is wrong with a page."""
    answer = reach(page, path)
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
        if shown and PICTURES:
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


def test_a_comparison_with_si_siao(signing: Signing) -> None:
    lines = ["N° SI-SIAO;Nom;Prénom;Né(e) le;Statut de la demande", "S-1;Quetschelier;Barnabé;15/04/1980;En attente"]
    page = signing.as_("siao").new_page()
    watch = Watch(page)
    page.goto("/import/si-siao/")
    sent: FilePayload = {"name": "extraction.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    page.locator("input[type=file]").set_input_files(files=sent)
    page.get_by_role("button", name="Comparer").click()
    assert resolve(path_of(page)).view_name == "exchange:si_siao_compare"
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert watch.structure() + watch.accessibility() + watch.heard() == []
        page.screenshot(path=SCREENS / "referent_siao" / f"exchange-si-siao-{width}.png", full_page=True)
    here = page.url
    for link in ("Dire ce que ces mots veulent dire", "Ouvrir un dossier"):
        page.goto(here)
        page.get_by_role("link", name=link).click()
        assert watch.structure() + watch.accessibility() + watch.heard() == []


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
    page.get_by_role("button", name="Arrêter ce travail").click()
    assert watch.structure() + (watch.accessibility() if scripts else []) == []
    page.screenshot(path=SCREENS / "referent_siao" / f"desk-job-{'scripts' if scripts else 'bare'}.png")
    until = time.monotonic() + STOPPING
    while not page.get_by_text("Arrêté à votre demande").count():
        assert time.monotonic() < until, page.locator("main").inner_text()
        page.wait_for_timeout(500)
        if not scripts:
            page.reload()
    assert watch.structure() + watch.heard() == []


def test_on_paper_a_page_says_which_one_it_is_and_has_nothing_to_press(
    signing: Signing, site_of: Callable[[str], Site]
) -> None:
    page = signing.as_("animation").new_page()
    page.emulate_media(media="print")
    pages = {kind: path for kind, path in site_of("animation").pages.items() if kind.startswith("commission:seance")}
    assert pages
    for path in pages.values():
        page.goto(path)
        assert page.locator(".btn:visible, form:visible").count() == 0
        assert all(head.inner_text() != "Suite" for head in page.locator("th:visible").all())
    page.goto("/seances/")
    page.goto(page.locator("table a[href^='/seances/']").first.get_attribute("href") or "")
    assert re.fullmatch(r"Séances / \d\d/\d\d/\d{4}", page.locator(".breadcrumb-s:visible").inner_text())
    page.goto("/composants/")
    assert page.locator("#boutons .btn:visible").count() >= 5


def test_what_does_not_exist(signing: Signing) -> None:
    page = signing.as_("siao", width=390).new_page()
    page.goto("/nulle-part/")
    watch = Watch(page)
    assert watch.structure() + watch.accessibility() == []


def test_every_address_was_reached(every_site: dict[str, Site]) -> None:
    """By the links of some account; or we say why not."""
    reached = set().union(*(site.names for site in every_site.values()))
    assert {*EVERY} - reached - UNLINKED.keys() == set()
    assert UNLINKED.keys() <= EVERY.keys()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_components(width: int, signing: Signing) -> None:
    """Its forms are models: nothing sends them."""
    page = signing.as_("siao", width=width).new_page()
    told = check(page, Watch(page), "/composants/", axe=True)
    assert [each for each in told if not each.startswith("nothing submits")] == []
    page.screenshot(path=SCREENS / "composants" / f"composants-{width}.png", full_page=True)


def test_the_door_of_who_forgot(signing: Signing) -> None:
    page = signing.as_(None).new_page()
    watch = Watch(page)
    assert check(page, watch, "/connexion/mot-de-passe-oublie/", axe=True) == []
    page.get_by_label("Adresse électronique").fill("personne@seuil.example")
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_text("Si un compte existe à cette adresse")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "bare"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_door(width: int, scripts: bool, signing: Signing) -> None:
    page = signing.as_(None, width=width, scripts=scripts).new_page()
    watch = Watch(page)
    assert check(page, watch, "/connexion/", axe=scripts) == []
    page.screenshot(path=SCREENS / "visiteur" / f"accounts-sign_in-{width}.png", full_page=True)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(2)
    page.get_by_label("Adresse électronique").fill("siao@seuil.example")
    page.get_by_label("Mot de passe").fill("autre chose")
    with page.expect_navigation():
        page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert watch.structure() + (watch.accessibility() if scripts else []) + watch.heard() == []
