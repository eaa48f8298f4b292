"""A browser in two words, for the person who reads the list of her sessions. What it says of itself is not kept."""

from __future__ import annotations

import re

BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone|iPod"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("Mac", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)
HANDHELD = re.compile(r"iPhone|iPod|iPad|Android|Mobile")


def device_of(agent: str) -> str:
    """« Firefox, Windows » ; « Appareil inconnu » when it says nothing known."""
    known = [_first(BROWSERS, agent), _first(SYSTEMS, agent)]
    return ", ".join(word for word in known if word) or "Appareil inconnu"


def is_handheld(agent: str) -> bool:
    """A telephone or a tablet: something one carries."""
    return HANDHELD.search(agent) is not None


def _first(table: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((word for word, sign in table if re.search(sign, agent)), "")
