"""What a person is told of what is written about her: the text of the notice, and the same in easy-to-read French.

One text each, kept as letters and rewritten in the settings; the page and the printed document both read it.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.operations import LetterText, install_letter, letter_text

NOTICE, EASY = "information", "information.easy"
NAMES = ("telephone",)
TITLES = {
    NOTICE: "Notice d’information de la personne",
    EASY: "Notice d’information facile à lire",
}
TEXTS = Path(__file__).resolve().parent.parent / "texts"


def install_notices(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: both notices have their words, those of the product until somebody rewrites them."""
    if connection.alias == "default":
        for code, title in TITLES.items():
            install_letter(code, title, _first(code), names=NAMES, is_long=True)


def notice_text(*, easy: bool = False) -> LetterText:
    """The notice as it is worded now, with the number that a human answers."""
    return letter_text(EASY if easy else NOTICE, telephone=settings.CONTACT_PHONE)


def _first(code: str) -> LetterText:
    """The words that come with the product: the title, then the text."""
    title, text = (TEXTS / f"{code}.txt").read_text(encoding="utf-8").split("\n", 1)
    return LetterText(title, text.strip(), "")
