"""Every template compiles, names icons that exist, and holds neither script, style nor event of its own (CSP)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from core.sprite import drawing

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    path
    for path in ROOT.glob("**/templates/**/*.html")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
NAMES = [str(path.relative_to(ROOT)) for path in TEMPLATES]
PAGES = [path for path in TEMPLATES if "core/mail" not in path.parent.as_posix()]  # mail clients read nothing else
INLINE = re.compile(
    r"<style\b|\bstyle\s*=|<script\b(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:|\bhx-on\b", re.IGNORECASE
)
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
    assert INLINE.search(text) is None
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


def test_the_page_of_a_failure_names_static_files_as_they_are_served() -> None:
    assert settings.STATIC_URL == "/static/"
    text = (ROOT / "core/templates/500.html").read_text(encoding="utf-8")
    for name in re.findall(r"\"/static/([^\"]+)\"", text):
        assert (ROOT / "static" / name).is_file()
