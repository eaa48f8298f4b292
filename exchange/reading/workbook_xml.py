"""One XML part of a workbook, looked at before anything trusts it: no DTD, no formula, no macro, bounded sizes.

The parser builds no tree, resolves no entity and opens no address.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from exchange.reading import limits
from exchange.reading.refusal import Refused

DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
ENCODINGS = {b"utf-8", b"utf8", b"us-ascii"}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
MACRO_ROOTS = frozenset({"macrosheet", "macrosheetPr", "xlmacrosheet"})
OVERLAP = 64
DAMAGED = "est abîmé : ses cellules ne se suivent pas. Enregistrez-le à nouveau, puis recommencez."


@dataclass(slots=True)
class Findings:
    """What all the parts of one workbook hold together."""

    elements: int = 0
    text: int = 0
    shared: list[int] = field(default_factory=list)
    """Length of each shared text, by its rank."""
    content_types: set[str] = field(default_factory=set)
    is_1904: bool = False


def inspect_part(chunks: Iterable[bytes], found: Findings) -> None:
    """Read one XML part to its end and add what it holds to `found`. Raises Refused."""
    target = _Target(found)
    parser = etree.XMLParser(
        target=cast("etree.ParserTarget", target),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )
    before = b""
    try:
        for chunk in chunks:
            if not before:
                _check_encoding(chunk)
            if DOCTYPE.search(before + chunk):
                raise Refused("contient une déclaration XML interdite (DTD ou entité).")
            before = chunk[-OVERLAP:]
            parser.feed(chunk)
        parser.close()
    except etree.XMLSyntaxError as broken:
        raise Refused("est abîmé : son contenu XML ne se lit pas. Enregistrez-le à nouveau.") from broken


def column_name(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """A is 0."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _number(text: str) -> int:
    """The number of a row. Raises Refused."""
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise Refused(DAMAGED)
    return int(text)


def _check_encoding(start: bytes) -> None:
    declared = ENCODING.match(start.removeprefix(BYTE_ORDER_MARK)[:200])
    if b"\0" in start[:200] or (declared and declared[1].lower() not in ENCODINGS):
        raise Refused("utilise un codage XML inattendu. Enregistrez-le à nouveau au format « Classeur Excel (.xlsx) ».")


class _Target:
    """Receives the elements of one part. Cells are followed by their place, texts by their length only."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.row = 0
        self.column = -1
        self.last: tuple[int, int] | None = None
        self.box: tuple[int, int, int, int] | None = None
        self.kind = ""
        self.inside_cell = False
        self.inside_value = False
        self.value = ""
        self.length = 0
        self.actions = {
            "row": self._row, "c": self._cell, "f": self._formula, "v": self._value, "is": self._value,
            "si": self._shared, "Default": self._content_type, "Override": self._content_type,
            "workbookPr": self._workbook,
        }  # fmt: skip

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.found.elements += 1
        if self.found.elements > limits.XML_ELEMENTS:
            raise Refused("contient trop d’éléments. Découpez le registre en plusieurs fichiers.")
        name = tag.rpartition("}")[2]
        if name in MACRO_ROOTS:
            raise Refused("contient des macros. Enregistrez-le au format « Classeur Excel (.xlsx) », sans macro.")
        action = self.actions.get(name)
        if action:
            action(attributes)

    def end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        if name == "c":
            self.inside_cell = False
        elif name == "si":
            self.found.shared.append(self.length)
            self.inside_value = False
        elif self.inside_value and name in {"v", "is"}:
            self.inside_value = False
            self._add_text(self._text_length())

    def data(self, data: str) -> None:
        if self.inside_value:
            self.length += len(data)
            if self.length > limits.CELL_TEXT:
                raise Refused("contient un texte trop long dans une cellule.")
            if self.kind == "s":
                self.value += data

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise Refused("contient une déclaration XML interdite (DTD ou entité).")

    def close(self) -> None:
        return None

    def _row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r")
        self.row = self.row + 1 if number is None else _number(number)
        self.column = -1

    def _cell(self, attributes: dict[str, str]) -> None:
        written = attributes.get("r")
        if written is None:
            self.column += 1
        elif reference := REFERENCE.fullmatch(written):
            self.column, self.row = column_index(reference[1]), _number(reference[2])
        else:
            raise Refused(DAMAGED)
        if self.last and (self.row, self.column) <= self.last:
            raise Refused(DAMAGED)
        self.last = (self.row, self.column)
        self.kind = attributes.get("t", "")
        if self.kind == "e":
            raise Refused(f"contient une erreur de calcul en {self._place()}. Remplacez-la par une valeur.")
        self.inside_cell = True
        self._grow_box()

    def _grow_box(self) -> None:
        row, column = self.row, self.column
        top, left, bottom, right = self.box or (row, column, row, column)
        self.box = top, left, bottom, right = min(top, row), min(left, column), max(bottom, row), max(right, column)
        if column >= limits.COLUMNS:
            raise Refused(f"a plus de {limits.COLUMNS} colonnes. Supprimez celles qui ne servent pas.")
        if bottom > limits.ROWS or (bottom - top + 1) * (right - left + 1) > limits.AREA:
            raise Refused(f"a trop de lignes ({limits.ROWS} au plus). Découpez-le en plusieurs fichiers.")

    def _place(self) -> str:
        return f"{column_name(self.column)}{self.row}"

    def _formula(self, attributes: dict[str, str]) -> None:
        if self.inside_cell:
            raise Refused(
                f"contient une formule en {self._place()}."
                " Copiez les cellules, puis collez-les par « Collage spécial, Valeurs »."
            )

    def _value(self, attributes: dict[str, str]) -> None:
        if self.inside_cell:
            self.inside_value, self.value, self.length = True, "", 0

    def _shared(self, attributes: dict[str, str]) -> None:
        self.kind = ""
        self.inside_value, self.length = True, 0

    def _content_type(self, attributes: dict[str, str]) -> None:
        self.found.content_types.add(attributes.get("ContentType", "").lower())

    def _workbook(self, attributes: dict[str, str]) -> None:
        self.found.is_1904 = attributes.get("date1904", "0").lower() in {"1", "true", "on"}

    def _text_length(self) -> int:
        if self.kind != "s":
            return self.length
        rank = self.value.strip()
        if not rank.isdecimal() or len(rank) > 9 or int(rank) >= len(self.found.shared):
            raise Refused("est abîmé : une cellule renvoie à un texte absent. Enregistrez-le à nouveau.")
        return self.found.shared[int(rank)]

    def _add_text(self, length: int) -> None:
        self.found.text += length
        if self.found.text > limits.SHEET_TEXT:
            raise Refused("contient trop de texte. Découpez le registre en plusieurs fichiers.")
