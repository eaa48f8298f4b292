"""CSV files: encoding and delimiter found by looking, lines and records bounded, formulas refused."""

import codecs
import csv
import io
import itertools
from collections.abc import Callable, Iterator

from exchange.reading import limits
from exchange.reading.columns import header_score
from exchange.reading.refusal import Refused

ENCODINGS = ("utf-8-sig", "cp1252")
DELIMITERS = (";", "\t", ",")
CHUNK = 65_536
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f") | {127})
FORMULA_SIGNS = ("=", "@")
SAMPLE_ROWS = 60


def encoding_of(data: bytes) -> str:
    """UTF-8 (with or without mark), else Windows' French code page. Raises Refused: NUL, control bytes, neither."""
    if b"\0" in data:
        raise Refused("contient des octets nuls (texte UTF-16 ou fichier binaire). Enregistrez-le en « CSV UTF-8 ».")
    if len(data.translate(None, CONTROLS)) != len(data):
        raise Refused("n’est pas un texte : il contient des caractères de commande.")
    for encoding in ENCODINGS:
        if _decodes(data, encoding):
            return encoding
    raise Refused("n’est pas un texte lisible. Enregistrez-le au format « CSV UTF-8 ».")


def delimiter_of(data: bytes, encoding: str) -> str:
    """The delimiter with which most headers are recognised among the first lines."""

    def score(delimiter: str) -> int:
        best = 0
        for number, cells in records(data, encoding, delimiter):
            best = max(best, header_score(cells[: limits.COLUMNS]))
            if number >= SAMPLE_ROWS:
                break
        return best

    return max(DELIMITERS, key=score)


def records(data: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with its rank from 1, as a spreadsheet numbers its rows. Raises Refused."""
    lines = _Lines(io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline=""))
    reader = csv.reader(lines, delimiter=delimiter)
    for number in itertools.count(1):
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            raise Refused(f"ne se lit pas à la ligne {number} : un guillemet reste ouvert.") from broken
        lines.used = 0
        if number > limits.ROWS:
            raise Refused(f"a plus de {limits.ROWS} lignes. Découpez-le en plusieurs fichiers.")
        yield number, cells


def is_formula(cell: str) -> bool:
    """True for a text that a spreadsheet would compute; a line of « ==== » is only a decoration."""
    text = cell.lstrip()
    return text.startswith(FORMULA_SIGNS) and bool(text.strip("=@ "))


class _Lines:
    """The lines of a text, none longer than what we accept, alone or together within one record."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.read: Callable[[int], str] = text.readline
        self.used = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.read(limits.CSV_LINE)
        if not line:
            raise StopIteration
        self.used += len(line)
        if len(line) >= limits.CSV_LINE or self.used > limits.CSV_RECORD:
            raise Refused("a une ligne démesurée, ou un guillemet qui reste ouvert : ce n’est pas un registre.")
        return line


def _decodes(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(data), CHUNK):
            decoder.decode(data[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
