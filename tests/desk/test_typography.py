"""Every page of every role is set in French: its spaces, apostrophes, dates and amounts, seen and heard."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client

from core.typography import MINUS, MONTHS, NBSP, THIN, typeset_html
from reporting import operations as reporting
from tests.access.pages import each_account, reached, shape
from tests.exchange.registers import demo_files

Browse = Callable[[str], Client]
LEFT_AS_IT_IS = re.compile(r"<(script|style|textarea|code|pre)\b.*?</\1\s*>|<!--.*?-->|<!doctype[^>]*>", re.DOTALL)
SAID = re.compile(r'\s(?:aria-label|data-label|placeholder|title)="([^"]*)"')
FAULTS = {
    "a breaking space before a double sign": r" [;:!?](?=\s|$)",
    "no space before a double sign": rf"[^\W\d_][;!?](?=\s|$)|[^\W\d_{NBSP}]:(?=\s)",
    "a breaking space inside guillemets": r"« | »|«\s*$",
    "no space inside guillemets": rf"«[^\s{NBSP}]|[^\s{NBSP}]»",
    "a straight apostrophe": r"\w'\w",
    "a breaking space inside a quantity": r"\d (?:€|%|h|min|ans?|mois|jours?)(?!\w)|\d \d{3}(?!\d)|n° \d",
    "a breaking space inside a date": rf"[\dʳ] (?:{'|'.join(MONTHS)})(?!\w)",
    "an hour with a colon": r"(?<![\d:])\d{1,2}:\d{2}(?![\d:])",
    "a date of machines": r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)",
    "an ordinal in plain letters": r"(?<!\w)1er(?!\w)",
    "a hyphen for a minus": rf"(?:^|[\s{NBSP}(])-\d",
    "three dots": r"\.\.\.",
    "a name of a month in English": r"\b(?:January|February|August|December)\b",
    "a value of the machine": r"\bNone\b|\bTrue\b|\bFalse\b",
}
SIGNS = {name: re.compile(pattern) for name, pattern in FAULTS.items()}


def faults_of(page: str) -> list[tuple[str, str]]:
    """Each fault with the words around it, in what the page shows or lets be heard."""
    kept = LEFT_AS_IT_IS.sub(" ", page)
    said = [html.unescape(words) for words in [*re.split(r"<[^>]*>", kept), *SAID.findall(kept)]]
    return [
        (name, words[max(found.start() - 25, 0) : found.end() + 25])
        for words in said
        for name, sign in SIGNS.items()
        for found in sign.finditer(words)
    ]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("Quoi ?", "a breaking space before a double sign"),
        ("Quoi?", "no space before a double sign"),
        ("Lieu: ici", "no space before a double sign"),
        ("« ici »", "a breaking space inside guillemets"),
        ("l&#x27;eau", "a straight apostrophe"),
        ("1 412 €", "a breaking space inside a quantity"),
        ("le 3 mai", "a breaking space inside a date"),
        ("à 14:30", "an hour with a colon"),
        ("le 2026-12-03", "a date of machines"),
        ("−2 puis -2", "a hyphen for a minus"),
        ("Rien...", "three dots"),
        ("None", "a value of the machine"),
    ],
)
def test_the_scan_finds_what_it_looks_for(words: str, fault: str) -> None:
    assert fault in [name for name, _ in faults_of(f"<p>{words}</p>")]
    assert fault in [name for name, _ in faults_of(f'<p aria-label="{words}"></p>')]
    assert faults_of(f"<p><code>{words}</code><textarea>{words}</textarea></p>") == []


def test_the_scan_accepts_what_is_well_set() -> None:
    good = (
        f"«{NBSP}Quoi{THIN}?{NBSP}»{NBSP}: 1{NBSP}412,60{NBSP}€, {MINUS}2, à 14{NBSP}h{NBSP}30, le 1ᵉʳ{NBSP}mai, l’eau."
    )
    assert faults_of(good) == []
    assert faults_of(typeset_html("<p>« Quoi ? » : 1 412,60 €, à 14 h 30, le 1er mai, l'eau.</p>")) == []


@pytest.mark.parametrize("template", ["400.html", "403.html", "404.html", "403_csrf.html", "500.html"])
def test_pages_of_errors(template: str) -> None:
    assert faults_of(render_to_string(template, {"reference": "7F3A"})) == []


@pytest.mark.django_db
def test_the_door(client: Client) -> None:
    refused = client.post("/connexion/", {"username": "x@seuil.example", "password": "n'importe quoi"})
    assert faults_of(client.get("/connexion/").content.decode()) == []
    assert faults_of(refused.content.decode()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("account", each_account("siao", "bailleur"))
def test_every_page_that_a_role_reaches(account: str, browse: Browse) -> None:
    preview = bring_the_register(browse("siao"))
    reporting.catch_up()
    pages = reached(browse(account), "/", *([preview, "/import/"] if account == "siao" else []), most=1)
    written = {path: page for path, page in pages.items() if page.startswith("<!doctype html>")}  # no table, no PDF
    assert "/" in written
    assert {(path, *fault) for path, page in written.items() for fault in faults_of(page)} == set()
    if account == "siao":
        shapes = {shape(path) for path in pages}
        assert {
            "/dossiers/*/",
            "/dossiers/*/journal/",
            "/seances/*/",
            "/chiffres/",
            preview,
        } <= shapes | pages.keys()


def bring_the_register(browser: Client) -> str:
    """The demonstration's register goes in twice: it is confirmed, and the preview of the same one stays."""
    for confirm in (True, False):
        sent = [SimpleUploadedFile(name, content) for name, content in demo_files()]
        preview = browser.post("/import/", {"register": sent}).headers["Location"]
        if confirm:
            browser.post(f"{preview}importer/")
    return preview
