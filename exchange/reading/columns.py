"""Which column holds what: headers recognised by their meaning. The wordings are data, in headers.toml."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from core.errors import OperationRefused
from exchange.reading.limits import HEADER_ROWS
from exchange.reading.values import RawCell, cell_text, shown
from exchange.reading.words import fold, full_key, loose_key, without_parentheses

HEADERS_FILE = Path(__file__).with_name("headers.toml")
Kind: TypeAlias = Literal["situations", "seances", "si_siao"]
KINDS: tuple[Kind, ...] = ("situations", "seances")
"""Sheets of a register: what is looked for when nothing else is asked."""
LONGEST_HEADER = 80
HEADER_KEY = 160  # characters of a header that are remembered
ENOUGH: Mapping[Kind, int] = {"situations": 3, "seances": 2, "si_siao": 3}
"""Columns to be found in one row before it is taken for the headers."""
MEANT: Kind = "situations"
"""The kind of sheet of a register whose columns a person may tell: a list of séances has three, which its refusal
names."""
EXTRACTION: Kind = "si_siao"
"""What SI-SIAO gives: sent apart, so that none is taken for the other."""
TELLING = 3
"""Letters of a word that says something by itself: « D.D.N. » or « Le », once loosened, would fit any header."""
MUST_HAVE: Mapping[Kind, frozenset[str]] = {
    "situations": frozenset({"reference", "last_name"}),  # one of them
    "seances": frozenset({"held_on"}),
    "si_siao": frozenset({"number"}),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The wordings of one kind of sheet. `close` holds word sets: a header with all of them is close enough."""

    labels: Mapping[str, str]
    required: tuple[str, ...]
    full: Mapping[str, str]
    loose: Mapping[str, str]
    close: tuple[tuple[frozenset[str], str], ...]
    others: frozenset[str]
    elsewhere: frozenset[str]
    by_default: Mapping[str, str]

    def exact(self, header: str) -> str | None:
        """The meaning of a header written in one of the known ways."""
        if full_key(header) in self.elsewhere:
            return None
        for text in (header, without_parentheses(header)):
            found = self.full.get(full_key(text)) or self.loose.get(loose_key(text))
            if found:
                return found
        return None

    def near(self, header: str) -> str | None:
        """The meaning of a header that says more than a known wording, when only one meaning fits best."""
        if full_key(header) in self.elsewhere:
            return None
        words = frozenset(loose_key(without_parentheses(header)).split())
        fitting = [
            (len(known), meaning)
            for known, meaning in self.close
            if known <= words and not (words - known) & self.others
        ]
        longest = max((length for length, _ in fitting), default=0)
        best = {meaning for length, meaning in fitting if length == longest}
        return best.pop() if len(best) == 1 else None


@dataclass(frozen=True, slots=True)
class Column:
    """A recognised column: where it stands (from 0) and its header as the file writes it."""

    index: int
    header: str


@dataclass(frozen=True, slots=True)
class Header:
    """The headers of a sheet: its kind, the row that holds them (from 1), columns by meaning, what is ignored."""

    kind: Kind
    row: int
    columns: Mapping[str, Column]
    ignored: tuple[str, ...]
    cells: tuple[str, ...]

    def name(self, meaning: str) -> str:
        """The column's header as written in the file, or its usual label when the file has no such column."""
        column = self.columns.get(meaning)
        return column.header if column else vocabulary(self.kind).labels[meaning]


class Unrecognised(OperationRefused):
    """The file can be read, its headers do not say what its columns hold: a person may tell."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What a person told once of the columns of a sheet: of situations, or of SI-SIAO.

    `headers` are the keys of all its headers (see `header_key`): a row of exactly these is recognised. `columns`
    gives the meaning of those that are read.
    """

    headers: frozenset[str]
    columns: Mapping[str, str]
    kind: Kind = MEANT

    def is_of(self, texts: Iterable[str]) -> bool:
        """A row of headers, in any order, is the one that was told."""
        return {header_key(text) for text in texts if text} == self.headers

    def placed(self, named: Mapping[int, str]) -> dict[int, str]:
        """Meanings by place; of two columns under the same header the first one is read."""
        found: dict[int, str] = {}
        for index, text in sorted(named.items()):
            meaning = self.columns.get(header_key(text))
            if meaning in vocabulary(self.kind).labels and meaning not in found.values():
                found[index] = str(meaning)
        return found


def header_key(text: str) -> str:
    """A header as it is remembered: without case, accents nor punctuation, unless nothing is left (« № »)."""
    return (fold(text) or text.strip())[:HEADER_KEY]


@cache
def vocabulary(kind: Kind) -> Vocabulary:
    """The wordings of that kind in headers.toml. Raises ValueError when one wording stands for two columns."""
    with HEADERS_FILE.open("rb") as source:
        data = tomllib.load(source)
    meanings = data[kind]
    pairs = [(text, meaning) for meaning, entry in meanings.items() for text in entry["synonyms"]]
    full: dict[str, str] = {}
    for text, meaning in pairs:
        if full.setdefault(full_key(text), meaning) != meaning:
            raise ValueError(f"headers.toml, [{kind}]: “{text}” stands for two columns")
    loosened = ((loose_key(text), meaning) for text, meaning in pairs)
    loose = _unambiguous(
        (key, meaning) for key, meaning in loosened if any(len(word) >= TELLING for word in key.split())
    )
    return Vocabulary(
        labels={meaning: entry["label"] for meaning, entry in meanings.items()},
        required=tuple(meaning for meaning, entry in meanings.items() if entry.get("required")),
        full=full,
        loose=loose,
        close=tuple((frozenset(key.split()), meaning) for key, meaning in loose.items() if " " in key),
        others=frozenset(loose_key(word) for word in data["others"]),
        elsewhere=frozenset(full_key(text) for text in data["elsewhere"]),
        by_default={full_key(text): name for name, entry in meanings.items() for text in entry.get("by_default", ())},
    )


def header_score(cells: Sequence[RawCell], kinds: Sequence[Kind] = KINDS) -> int:
    """How many cells of a row are headers that we know (of one kind of sheet)."""
    texts = [text for text in map(cell_text, cells) if text.strip()]
    return max(len({vocabulary(kind).exact(text) for text in texts} - {None}) for kind in kinds)


def find_header(
    rows: Iterable[tuple[int, Sequence[RawCell]]],
    place: str,
    told: Sequence[Correspondence] = (),
    kinds: Sequence[Kind] = KINDS,
) -> Header | None:
    """The headers among the first rows of a sheet; None when the sheet is of none of these kinds.

    `place` names file and sheet in the refusals; `told` is what persons told of such sheets, and wins. Raises
    Unrecognised when a column that we cannot do without is missing, or when two columns say the same thing.
    """
    for count, (number, cells) in enumerate(rows):
        if count >= HEADER_ROWS:
            return None
        texts = [cell_text(cell).strip() for cell in cells]
        for each in told:
            if each.is_of(texts):
                return told_header(number, texts, each, place)
        for kind in kinds:
            header = _header(kind, number, cells, place)
            if header:
                return header
    return None


def told_header(number: int, texts: Sequence[str], told: Correspondence, place: str) -> Header:
    """The headers of a row as a person told them. Raises Unrecognised when a column that we need is missing."""
    named = {index: text for index, text in enumerate(texts) if text}
    return _made(told.kind, number, texts, told.placed(named), place)


def guessed(texts: Sequence[str], told: Iterable[Correspondence] = (), kind: Kind = MEANT) -> dict[int, str]:
    """Meanings of the columns of a sheet of this kind, as far as headers tell them or once did; each meaning once."""
    known = vocabulary(kind)
    named = {index: text for index, text in enumerate(texts) if text}
    found: dict[int, str] = {}

    def add(pairs: Iterable[tuple[int, str | None]]) -> None:
        for index, meaning in pairs:
            if meaning and index not in found and meaning not in found.values():
                found[index] = meaning

    add((index, known.exact(text)) for index, text in named.items())
    for each in told:
        add(each.placed(named).items())
    add((index, known.near(text)) for index, text in named.items())
    add(_by_default(known, named, found).items())
    return found


def _header(kind: Kind, number: int, cells: Sequence[RawCell], place: str) -> Header | None:
    known = vocabulary(kind)
    texts = [cell_text(cell).strip() for cell in cells]
    named = {index: text for index, text in enumerate(texts) if text and len(text) <= LONGEST_HEADER}
    exact = {index: meaning for index, text in named.items() if (meaning := known.exact(text))}
    meanings = set(exact.values())
    if len(meanings) < ENOUGH[kind] or not meanings & MUST_HAVE[kind]:
        return None
    near = {
        index: meaning
        for index, text in named.items()
        if index not in exact and (meaning := known.near(text)) and meaning not in meanings
    }
    placed = exact | near
    placed |= _by_default(known, named, placed)
    _refuse_doubles(placed, named, place)
    return _made(kind, number, texts, placed, place)


def _made(kind: Kind, number: int, texts: Sequence[str], placed: Mapping[int, str], place: str) -> Header:
    columns = {meaning: Column(index, shown(texts[index])) for index, meaning in sorted(placed.items())}
    _refuse_missing(kind, columns, place)
    ignored = tuple(shown(text) for index, text in enumerate(texts) if text and index not in placed)
    return Header(kind, number, columns, ignored, tuple(texts))


def _by_default(known: Vocabulary, named: Mapping[int, str], placed: Mapping[int, str]) -> dict[int, str]:
    """Headers too poor to tell their column, for the columns that no other header tells."""
    left = {index: known.by_default.get(full_key(text)) for index, text in named.items() if index not in placed}
    return {index: meaning for index, meaning in left.items() if meaning and meaning not in placed.values()}


def _refuse_doubles(placed: Mapping[int, str], named: Mapping[int, str], place: str) -> None:
    first: dict[str, int] = {}
    for index, meaning in sorted(placed.items()):
        if meaning in first:
            raise Unrecognised(
                f"{place} : les colonnes « {shown(named[first[meaning]])} » et « {shown(named[index])} » disent la"
                " même chose. Gardez-en une seule, ou renommez l’autre."
            )
        first[meaning] = index


def _refuse_missing(kind: Kind, columns: Mapping[str, Column], place: str) -> None:
    known = vocabulary(kind)
    missing = [known.labels[meaning] for meaning in known.required if meaning not in columns]
    if kind == "situations" and not {"sex", "household_type"} & columns.keys():
        missing.append(f"{known.labels['sex']} » ou « {known.labels['household_type']}")
    if missing:
        names = ", ".join(f"« {label} »" for label in missing)
        raise Unrecognised(f"{place} : il manque {names}. Ajoutez cette colonne avec son en-tête.")


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keys that stand for one meaning only."""
    found: dict[str, str] = {}
    doubtful: set[str] = set()
    for key, meaning in pairs:
        if found.setdefault(key, meaning) != meaning:
            doubtful.add(key)
    return {key: meaning for key, meaning in found.items() if key not in doubtful}
