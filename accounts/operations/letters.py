"""The texts of letters and mails: read by who sends them, rewritten without a developer, every version kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import Letter, LetterVersion, User
from accounts.operations.lists import LISTS
from audit import journal
from core.errors import OperationRefused

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
CHANGED = "Ce texte a changé depuis votre lecture : rechargez la page et relisez-le."
PARTS = ("subject", "sentence", "action")
ON_PAPER = ("subject", "sentence")
FRENCH = {"subject": "l’objet", "sentence": "le texte", "action": "les mots du lien"}
SHORT, LONG = 600, 8_000  # letters of a text


class BlockKind(StrEnum):
    """What a line of a long text is."""

    HEADING = "heading"  # « # Vos droits »
    ITEM = "item"  # « - relire ce qui est écrit »
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Block:
    """One line of a long text."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class LetterText:
    """The words of a letter: its subject, its one sentence (or a few), the words of its link.

    A text on paper has no link (an empty `action`), and its sentences may stand on several lines.
    """

    subject: str
    sentence: str
    action: str


def install_letter(
    code: str, title: str, first: LetterText, *, names: tuple[str, ...] = (), is_long: bool = False
) -> None:
    """After `migrate`: the letter exists, with the words of the product; those that somebody rewrote stay as they are.

    Words of the product that are no longer the same are its next version: what was sent before keeps its own.
    """
    defaults = {"title": title, "names": list(names), "is_long": is_long}
    Letter.objects.update_or_create(code=code, defaults=defaults)
    latest = LetterVersion.objects.filter(letter_id=code).order_by("-number").first()
    if latest is None:
        _write(code, 1, first, by=None)
    elif latest.written_by_id is None and not _says(latest, first):
        _write(code, latest.number + 1, first, by=None)


def letter_text(code: str, **values: str) -> LetterText:
    """The latest words of a letter, its names replaced. Raises `LookupError` for a letter that nobody installed."""
    version = LetterVersion.objects.filter(letter_id=code).order_by("-number").first()
    if version is None:
        raise LookupError(f"no letter « {code} »: run migrate")
    return LetterText(*(getattr(version, part).format_map(values) for part in PARTS))


def blocks_of(text: str) -> list[Block]:
    """A long text line by line: « # » begins a heading, « - » an item of a list; empty lines part nothing more."""
    marks = {"# ": BlockKind.HEADING, "- ": BlockKind.ITEM}
    lines = (line.strip() for line in text.splitlines())
    return [
        Block(marks[line[:2]], line[2:].strip()) if line[:2] in marks else Block(BlockKind.LINE, line)
        for line in lines
        if line
    ]


@transaction.atomic
def rewrite_letter(code: str, text: LetterText, *, seen: int, by: User) -> LetterVersion:
    """A new version, after the one that was read (`seen`).

    Raises `NotAllowed`, and `OperationRefused` when somebody rewrote it meanwhile, or for words in braces it has not.
    """
    require(by, LISTS)
    letter = Letter.objects.get(pk=code)
    latest = LetterVersion.objects.filter(letter=letter).order_by("-number").first()
    if latest is not None and latest.number != seen:
        raise OperationRefused(CHANGED)
    tidy = LetterText(*(_tidy(getattr(text, part), part, letter.is_long) for part in PARTS))
    for part in ON_PAPER if letter.is_long else PARTS:
        _require_sound(letter, part, getattr(tidy, part))
    if latest is not None and _says(latest, tidy):
        raise OperationRefused("Rien n’a changé dans ce texte.")
    try:
        with transaction.atomic():  # two at once: the number of a version is given once
            version = _write(code, seen + 1, tidy, by=by)
    except IntegrityError:
        raise OperationRefused(CHANGED) from None
    journal.record("letter.rewritten", target=version.pk, by=by, letter=code, version=version.number)
    return version


def _tidy(words: str, part: str, is_long: bool) -> str:
    """One space between words; the lines of a long text are kept, and it has no link."""
    if is_long and part == "action":
        return ""
    if is_long and part == "sentence":
        return "\n".join(" ".join(line.split()) for line in words.strip().splitlines())
    return " ".join(words.split())


def _says(version: LetterVersion, text: LetterText) -> bool:
    return all(getattr(version, part) == getattr(text, part) for part in PARTS)


def _write(code: str, number: int, text: LetterText, *, by: User | None) -> LetterVersion:
    version = LetterVersion(
        letter_id=code,
        number=number,
        subject=text.subject,
        sentence=text.sentence,
        action=text.action,
        written_at=timezone.now(),
        written_by=by,
    )
    version.save(force_insert=True)
    return version


def _require_sound(letter: Letter, part: str, words: str) -> None:
    """Of words, in one line unless the text is long; in braces, only what the letter has: nothing of a person can be
    slipped in. Each name stands in the subject; in the text of a long letter."""
    is_long = letter.is_long and part == "sentence"
    if not words or _CONTROL.search(words.replace("\n", "") if is_long else words):
        raise OperationRefused(f"Écrivez {FRENCH[part]}{'' if is_long else ' en une ligne'}.")
    if part == "sentence" and len(words) > (LONG if is_long else SHORT):
        raise OperationRefused("Ce texte est trop long.")
    used = _used(part, words)
    for name, spec, conversion in used:
        if name not in letter.names or spec or conversion:
            known = ", ".join(f"{{{each}}}" for each in letter.names) or "aucun"
            raise OperationRefused(f"Dans {FRENCH[part]}, « {{{name}}} » n’est pas connu. Mots remplacés : {known}.")
    if part == ("sentence" if letter.is_long else "subject"):
        missing = [name for name in letter.names if name not in {each for each, _, _ in used}]
        if missing:
            where = "Le texte" if letter.is_long else "L’objet"
            raise OperationRefused(f"{where} garde {{{missing[0]}}} : sans lui, on ne sait pas de quoi il s’agit.")


def _used(part: str, words: str) -> list[tuple[str, str | None, str | None]]:
    try:
        return [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(words) if name is not None]
    except ValueError:
        raise OperationRefused(f"Dans {FRENCH[part]}, une accolade n’est pas fermée.") from None
