"""The texts of letters that are settings: the law as the territory tells it, the mail of a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.models import LetterVersion
from accounts.operations import LetterText, install_letter

LEGAL, MAIL = "legal", "instruction.notify"
NO_LEGAL_TEXT = (
    "Le texte légal n’est pas encore écrit : ce courrier reste un projet. La coordination Logement d’abord, ou "
    "l’administrateur technique, l’écrit dans « Réglages », « Textes », « Recours et mentions légales »."
)
FIRST_MAIL = LetterText(
    subject="Dossier {reference} : une décision vous attend dans Seuil",
    sentence="Le SIAO a pris une décision sur une situation que vous avez orientée.",
    action="Ouvrir le dossier",
)


@dataclass(frozen=True, slots=True)
class Text:
    """A title, its lines, and the version they are: 0 for a text that nobody has written."""

    title: str
    lines: Sequence[str]
    version: int

    @property
    def told(self) -> tuple[str, Sequence[str]] | None:
        return (self.title, self.lines) if self.lines else None


def install_letter_texts(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the texts exist; that of the law is empty until the territory writes it."""
    if connection.alias != "default":
        return
    install_letter(
        LEGAL,
        "Recours et mentions légales des courriers",
        LetterText("Vos droits et vos recours", "", ""),
        is_long=True,
    )
    install_letter(MAIL, "Avis d’une décision d’instruction", FIRST_MAIL, names=("reference",))


def text_of(code: str, **values: str) -> Text:
    """The latest words of a text on paper, line by line, its names replaced."""
    version = LetterVersion.objects.filter(letter_id=code).order_by("-number").first()
    if version is None:
        raise LookupError(f"no letter « {code} »: run migrate")
    lines = [line for line in version.sentence.format_map(values).splitlines() if line.strip()]
    return Text(version.subject, lines, version.number)
