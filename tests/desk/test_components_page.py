"""The page of the components shows every fragment, from the fragment itself, and only where it may."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as project
from django.contrib.auth.models import AnonymousUser
from django.template import Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.signals import template_rendered
from pytest_django import Settings

from cases.dossiers.models import LOOKS, State
from core.typography import NBSP
from desk.components.examples import examples
from desk.components.sections import SECTIONS
from tests.fixtures import text_of

Browse = Callable[[str], Client]
ROOT = Path(project.BASE_DIR)
FRAGMENTS = ROOT / "core/templates/core/components"
CSS = (ROOT / "static/seuil.css").read_text(encoding="utf-8")
TEMPLATES = [*ROOT.glob("*/templates/**/*.html"), *ROOT.glob("cases/*/templates/**/*.html")]


def render() -> str:
    request = RequestFactory().get("/composants/")
    request.user = AnonymousUser()
    return render_to_string("desk/components.html", {"navigation": [], "sections": SECTIONS, **examples(3)}, request)


@pytest.fixture(scope="module")
def shown() -> str:
    return render()


def test_every_fragment_of_the_folder_is_drawn() -> None:
    """What the engine really rendered, not what the templates name."""
    drawn: set[str] = set()

    def remember(template: Template, **_: object) -> None:
        drawn.add(str(template.name))

    template_rendered.connect(remember)
    try:
        render()
    finally:
        template_rendered.disconnect(remember)
    assert {f"core/components/{path.name}" for path in FRAGMENTS.iterdir()} - drawn == set()


def test_each_section_has_its_anchor_and_its_template_and_no_template_is_left_out(shown: str) -> None:
    folder = ROOT / "desk/templates/desk/components"
    assert {Path(section.template).name for section in SECTIONS} == {path.name for path in folder.iterdir()}
    for section in SECTIONS:
        assert f'href="#{section.anchor}"' in shown
        assert f'id="{section.anchor}"' in shown
        assert section.when


def test_identifiers_are_unique_and_every_reference_has_its_target(shown: str) -> None:
    ids = Counter(re.findall(r'\sid="([^"]+)"', shown))
    assert [name for name, count in ids.items() if count > 1] == []
    named = re.findall(r'\s(?:aria-labelledby|aria-describedby|for)="([^"]+)"', shown)
    assert {name for names in named for name in names.split()} <= ids.keys()
    assert set(re.findall(r'href="#([^"]+)"', shown)) - {name for name in ids if name.startswith("i-")} <= ids.keys()


def test_the_fourteen_states_in_both_sizes(shown: str) -> None:
    assert len(State) == 14
    for state in State:
        drawing = rf'<svg[^>]*><use href="#i-{LOOKS[state].icon}"/></svg>'
        for size in ("", " state-lg"):
            badge = rf'<span class="state{size} m-{LOOKS[state].moment}">{drawing}{state.label}</span>'
            assert re.search(badge, shown), (state, size)


@pytest.mark.parametrize(
    "words",
    [
        "Il manque deux choses.",
        "Rien n’est à décider ici",
        "La décision se prend en séance.",
        "non renseigné",
        "masqué",
        "pas de droit",
        "Vous pouvez quitter cette page.",
        "Rien n’a été écrit.",
        f"1{NBSP}412,60{NBSP}€",
        f"67{NBSP}200{NBSP}€",
        f"\u221266{NBSP}382{NBSP}€",
        "compte finissant par 4471",
        "Hors réseau, gardé sur cet appareil",
    ],
)
def test_states_that_are_easily_forgotten(shown: str, words: str) -> None:
    assert words in shown


def test_nothing_inline(shown: str) -> None:
    assert re.search(r"<style|<script(?! src=\"/static/)|\sstyle=|\son[a-z]+=|javascript:", shown) is None


def test_every_class_of_the_style_sheet_is_used(shown: str) -> None:
    """A class that no template writes is dead, or its component is not shown."""
    components = CSS[CSS.index("/* 6 · Components") : CSS.index("/* 7 · Pages apart")]
    declared = set(re.findall(r"\.([a-z][a-z0-9-]*)", re.sub(r"/\*.*?\*/|\{[^}]*\}", "", components, flags=re.DOTALL)))
    written = {name for names in re.findall(r'class="([^"]*)"', shown) for name in names.split()}
    for path in TEMPLATES:
        text = re.sub(r"{%.*?%}", " ", path.read_text(encoding="utf-8"))
        written |= {name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()}
    assert declared - written == set()


@pytest.mark.django_db
class TestAddress:
    def test_outside_of_the_demonstration_the_page_does_not_exist(self, browse: Browse) -> None:
        browser = browse("siao")
        assert browser.get("/composants/").status_code == 404
        assert browser.post("/composants/").status_code == 404

    @pytest.mark.parametrize("account", ["siao", "comptable", "etranger"])
    def test_in_the_demonstration_whoever_signs_in_sees_it(
        self, browse: Browse, settings: Settings, account: str
    ) -> None:
        settings.IN_DEMO = True
        answer = browse(account).get("/composants/")
        assert answer.status_code == 200
        assert "Composants" in text_of(answer)

    def test_a_visitor_signs_in_first(self, client: Client, settings: Settings) -> None:
        settings.IN_DEMO = True
        assert client.get("/composants/").status_code == 302

    def test_its_buttons_do_nothing_and_say_it(self, browse: Browse, settings: Settings) -> None:
        settings.IN_DEMO = True
        answer = browse("siao").post("/composants/", follow=True)
        assert "rien n’est enregistré" in text_of(answer)

    @pytest.mark.parametrize("asked", ["", "0", "7", "999", "9999", "un", "%00", "²"])
    def test_any_page_number(self, browse: Browse, settings: Settings, asked: str) -> None:
        settings.IN_DEMO = True
        assert browse("etranger").get("/composants/", {"page": asked}).status_code == 200
