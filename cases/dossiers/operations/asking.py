"""What somebody typed in the one box: names, a birth date or its year, a unique number, a reference, in any form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from cases.dossiers.operations.indexing import number_key
from core.names import fold
from core.spellings import words_of

MONTHS = ("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
          "decembre")  # fmt: skip
WRITTEN = re.compile(r"\b(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})\b")
ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
SPELLED = re.compile(rf"\b(\d{{1,2}}|1er)\s+({'|'.join(MONTHS)})\s+(\d{{4}})\b")
YEAR = re.compile(r"\b(19\d\d|20\d\d)\b")
FEWEST_DIGITS = 8  # of a unique number
NUMBER = re.compile(r"[0-9]{2}[0-9A-Z][0-9A-Z]{7,29}")
BY_DEFAULT = "LDA"  # how most references begin, and what people leave out


@dataclass(frozen=True, slots=True)
class Asked:
    """What was understood. `references` are keys that a reference may have (`models.dossier.reference_key`)."""

    names: str = ""
    born: date | None = None
    year: int | None = None
    number: str = ""
    references: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (words_of(self.names) or self.born or self.year or self.number or self.references)


def understand(text: str, *, today: date) -> Asked:
    """Take the dates out, then a number; what is left are names. A text that bears digits may also be a reference.

    A year to come, or a day that no calendar has, is left aside.
    """
    references = _references(text)
    left, born = _date_in(text)
    number = _number_in(left)
    if number:
        return Asked(number=number, references=references)
    year = None
    if born is None and (told := YEAR.search(left)) and int(told[1]) <= today.year:
        rest = left[: told.start()] + " " + left[told.end() :]
        if not re.search(r"\d", rest):  # « LDA-2022-014 » tells no year of birth
            year, left = int(told[1]), rest
    if born is not None and born > today:
        born = None
    names = "" if re.search(r"\d", left) else " ".join(left.split())
    return Asked(names, born, year, "", references)


def _date_in(text: str) -> tuple[str, date | None]:
    plain = fold_keeping_marks(text)
    for pattern, order in ((WRITTEN, (3, 2, 1)), (ISO, (1, 2, 3)), (SPELLED, (3, 2, 1))):
        found = pattern.search(plain)
        if found is None:
            continue
        year, month, day = (found[group] for group in order)
        rest = plain[: found.start()] + " " + plain[found.end() :]
        try:
            return rest, date(int(year), _month(month), int(day.removesuffix("er")))
        except ValueError:
            return rest, None
    return text, None


def fold_keeping_marks(text: str) -> str:
    """In lower case and without accents for the words that say a month; other words keep their signs."""
    return re.sub(r"[^\W\d_]+", lambda word: fold(word[0]) if fold(word[0]) in MONTHS else word[0], text)


def _month(written: str) -> int:
    return MONTHS.index(written) + 1 if written in MONTHS else int(written)


def _number_in(text: str) -> str:
    """The unique number that the text is, spaces and dots aside; empty when it is none."""
    key = number_key(text)
    is_one = NUMBER.fullmatch(key) and sum(sign.isdigit() for sign in key) >= FEWEST_DIGITS
    return key if is_one and not YEAR.fullmatch(text.strip()) else ""


def _references(text: str) -> tuple[str, ...]:
    """Keys of the references that the text may mean: as typed, with the usual beginning, zeros brought back."""
    if not re.search(r"\d", text):
        return ()
    groups = re.findall(r"[0-9]+|[A-Za-z]+", text)
    key = number_key(text)
    keys = [key, BY_DEFAULT + key]
    if len(groups) > 1 and groups[-1].isdigit():
        start = number_key("".join(groups[:-1]))
        keys += [f"{begun}{start}{groups[-1].zfill(width)}" for width in (3, 5) for begun in ("", BY_DEFAULT)]
    return tuple(dict.fromkeys(keys))
