"""Hints as one types: the same words as the server finds, calmly, and nothing that blocks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.signing import Signing
from tests.browser.walking import Walk
from tests.browser.watching import Watch


@pytest.fixture
def walk(signing: Signing) -> Walk:
    walk = Walk(signing, "Grelle", "Alphonsine")
    walk.prescribe()
    walk.take()
    return walk


def test_a_word_is_named_as_it_is_written_and_goes_when_it_goes(walk: Walk) -> None:
    page = walk.page_of("siao")
    watch = Watch(page)
    page.goto(f"{walk.dossier}actes/close/")
    note = page.get_by_label("Précision")
    slot = page.locator("[data-text-hints]")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url} {request.post_data or ''}"))
    note.fill("Une maison d’arrêt 😀, puis SCHIZOPHRÈNE, et le 06 12 34 56 78.")
    expect(slot.locator(".hint")).to_have_count(3)
    expect(slot).to_contain_text("maison d’arrêt")
    expect(slot).to_contain_text("SCHIZOPHRÈNE")
    expect(slot).to_contain_text("06 12 34 56 78")
    assert watch.structure() + watch.accessibility() + watch.heard() == []
    note.fill("Il cherche un T2 à Cognin.")
    expect(slot.locator(".hint")).to_have_count(0)
    # the list of hints, and what belongs to every page, may still be on their way
    told = [each for each in asked if not re.match(r"GET \S+/(static/\S+|conseils\.json) $", each)]
    assert told == [], "what is typed stays in the page"
