"""Every template compiles, names icons that exist, and holds neither script, style nor event of its own (CSP)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from core.sprite import drawing
from tests.inline import IN_A_TEMPLATE

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    path
    for path in ROOT.glob("**/templates/**/*.html")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
NAMES = [str(path.relative_to(ROOT)) for path in TEMPLATES]
PAGES = [path for path in TEMPLATES if "core/mail" not in path.parent.as_posix()]  # mail clients read nothing else
ELSEWHERE = re.compile(r"(?:src|href|action)=[\"'](?:https?:)?//", re.IGNORECASE)
ICON = re.compile(r"{%\s*icon \"([^\"]*)\"")
PLACEHOLDER = re.compile(r"<(?:input|textarea)\b(?![^>]*(?:aria-label|id=))[^>]*placeholder=")


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_a_template_compiles(path: Path) -> None:
    get_template(str(path).split("/templates/", 1)[1])


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_no_inline_script_style_or_foreign_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert IN_A_TEMPLATE.search(text) is None
    assert ELSEWHERE.search(text) is None


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_icons_exist(path: Path) -> None:
    for name in ICON.findall(path.read_text(encoding="utf-8")):
        drawing(name)


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_french_apostrophes_and_no_placeholder_as_a_label(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = re.sub(
        r"{%.*?%}|{{.*?}}|{#.*?#}|<[^>]*>", "", re.sub(r"{% comment.*?endcomment %}", "", text, flags=re.DOTALL)
    )
    assert re.search(r"\w'\w", shown) is None
    assert PLACEHOLDER.search(text) is None


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_htmx_comes_with_its_settings(path: Path) -> None:
    """By the fragment that turns its own style and its eval off, and by nothing else."""
    if path.name != "htmx.html":
        assert "htmx_script" not in path.read_text(encoding="utf-8")


def test_the_settings_of_htmx() -> None:
    shown = get_template("core/htmx.html").render()
    (config,) = re.findall(r"<meta name=\"htmx-config\" content='([^']+)'>", shown)
    assert json.loads(config) == {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "allowScriptTags": False,
        "selfRequestsOnly": True,
        "historyEnabled": False,
    }


def test_the_page_of_a_failure_names_static_files_as_they_are_served() -> None:
    assert settings.STATIC_URL == "/static/"
    text = (ROOT / "core/templates/500.html").read_text(encoding="utf-8")
    for name in re.findall(r"\"/static/([^\"]+)\"", text):
        assert (ROOT / "static" / name).is_file()
