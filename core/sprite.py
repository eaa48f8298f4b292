"""Icons of a page, gathered in one SVG sprite written in the page itself: no font, no request, no inline style."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

FOLDER = "vendor/icons"
# Hatching of « not known » in drawings (`.e-inconnu` of seuil.css points to it).
HATCH = (
    '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="8" height="8" fill="#fff"/><path d="M0 0v8" stroke="#b9c4c5" stroke-width="3"/></pattern>'
)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SVG = re.compile(r'<svg[^>]*\bviewBox="(?P<box>[^"]+)"[^>]*>(?P<shapes>.*)</svg>', re.DOTALL)


class UnknownIcon(LookupError):
    """No icon of that name stands in static/vendor/icons."""


@cache
def drawing(name: str) -> tuple[str, str]:
    """View box and shapes of the icon `name`. Raises `UnknownIcon`."""
    path = finders.find(f"{FOLDER}/{name}.svg") if _NAME.fullmatch(name) else None
    found = _SVG.search(Path(str(path)).read_text(encoding="utf-8")) if path else None
    if found is None:
        raise UnknownIcon(f"no icon « {name} » in static/{FOLDER}")
    shapes = re.sub(r">\s+<", "><", found["shapes"].strip())
    return found["box"], shapes


class Sprite:
    """The icons that one page used, each once, in the order of their first use."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def use(self, name: str) -> str:
        """Remember `name` and return the reference that draws it. Raises `UnknownIcon`."""
        drawing(name)
        self._names[name] = None
        return f'<use href="#i-{name}"/>'

    def render(self) -> str:
        """The hidden SVG element that defines every icon used, and the hatching."""
        symbols = "".join(_symbol(name) for name in self._names)
        return (
            '<svg width="0" height="0" class="position-absolute" aria-hidden="true" focusable="false">'
            f"<defs>{symbols}{HATCH}</defs></svg>"
        )


def _symbol(name: str) -> str:
    box, shapes = drawing(name)
    return f'<symbol id="i-{name}" viewBox="{box}">{shapes}</symbol>'
