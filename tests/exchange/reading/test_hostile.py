"""Files that should never be opened: each is refused with one French sentence, within bounded memory."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import OperationRefused
from exchange.reading import limits
from tests.exchange.reading.builders import csv_bytes, opened, register, with_part, with_sheet, xlsx_bytes

MEGABYTE = 1024 * 1024
BOOK = xlsx_bytes({"Situations": register({})})
SHEET = "xl/worksheets/sheet1.xml"
ROW = '<row r="1"><c r="A1">{}</c></row>'
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY e SYSTEM "file:///etc/passwd">]>'
)
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def zipped(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def with_content_type(kind: str) -> bytes:
    main = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    with zipfile.ZipFile(io.BytesIO(BOOK)) as archive:
        types = archive.read("[Content_Types].xml")
    return with_part(BOOK, "[Content_Types].xml", types.replace(main, kind.encode()))


def lying(size: int, actual: bytes) -> bytes:
    """A workbook with a part that declares `size` bytes and a right checksum for them, but unpacks to more."""
    data = with_part(BOOK, "xl/lying.xml", actual)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo("xl/lying.xml")
    old = struct.pack("<LLL", entry.CRC, entry.compress_size, len(actual))
    assert data.count(old) == 2
    return data.replace(old, struct.pack("<LLL", zlib.crc32(actual[:size]), entry.compress_size, size))


def duplicated() -> bytes:
    target = io.BytesIO(BOOK)
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<worksheet/>")
    return target.getvalue()


def encrypted_entry() -> bytes:
    data = bytearray(BOOK)
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def sheet(cell: str) -> bytes:
    return with_sheet(ROW.format(cell))


REFUSED: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "empty": (b"", "est vide"),
    "only a mark": (b"\xef\xbb\xbf \r\n", "est vide"),
    "too big": (lambda: b"a;b\r\n" * 4_000_001, "dépasse 20 Mo"),
    "pdf": (b"%PDF-1.7\n...", "un document PDF"),
    "png": (b"\x89PNG\r\n\x1a\n", "une image"),
    "exe": (b"MZ\x90\0\x03\0", "un programme"),
    "elf": (b"\x7fELF\x02\x01", "un programme"),
    "script": (b"#!/bin/sh\necho a;b", "un programme"),
    "gzip": (b"\x1f\x8b\x08", "une archive"),
    "html": (b"\xef\xbb\xbf  <html><table><tr><td>a</td></tr></table>", "une page web"),
    "rtf": (b"{\\rtf1 a;b}", "traitement de texte"),
    "old xls": (OLE + bytes(600), "ancien format"),
    "encrypted": (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "mot de passe"),
    "encrypted entry": (encrypted_entry(), "mot de passe"),
    "nul": (csv_bytes(register({"NOM ": "a\0b"})), "octets nuls"),
    "utf-16": (csv_bytes(register({}), encoding="utf-16"), "octets nuls"),
    "undecodable": (csv_bytes(register({})) + b"\x81\x8d", "texte lisible"),
    "control": (b"a;b\x07;c", "caractères de commande"),
    "csv formula": (csv_bytes(register({"NOM ": "=1+1"})), "formule en B2"),
    "csv command": (csv_bytes(register({"NOM ": " @SUM(A1)"})), "formule en B2"),
    "text formula": (xlsx_bytes({"S": [["Réf."], ["", "=HYPERLINK(1)"]]}), "formule en B2"),
    "many columns": (lambda: csv_bytes([["x"] * 100_000]), "ligne démesurée"),
    "many columns, short": (csv_bytes([["x"] * 201]), "plus de 200 colonnes à la ligne 1"),
    "many rows": (lambda: b"a;b\n" * (limits.ROWS + 1), "plus de 100000 lignes"),
    "long line": (lambda: b"a" * 10_000_000, "ligne démesurée"),
    "open quote": (lambda: b'Nom;"' + b"a\n" * 1_000_000, "guillemet"),
    "endless record": (lambda: b'"a\n";' * 2_000_000, "ligne démesurée"),
    "zip": (zipped({"a.txt": b"a"}), "n’est pas un classeur Excel"),
    "ods": (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "n’est pas un classeur Excel"),
    "docx": (zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<a/>"}), "n’est pas un classeur Excel"),
    "xlsb": (with_content_type("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), "macros"),
    "xlsm": (with_content_type("application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "macros"),
    "other type": (with_content_type("application/xml"), "n’est pas un classeur Excel"),
    "vba": (with_part(BOOK, "xl/vbaProject.bin", b"x"), "macros"),
    "macro sheet": (with_part(BOOK, "xl/other.xml", b"<macrosheet/>"), "macros"),
    "linked book": (with_part(BOOK, "xl/externalLinks/externalLink1.xml", b"<a/>"), "lien vers un autre classeur"),
    "nested": (with_part(BOOK, "xl/media/a.bin", BOOK), "une autre archive"),
    "truncated": (BOOK[: len(BOOK) // 2], "est abîmé"),
    "truncated start": (b"PK\x03\x04" + bytes(100), "est abîmé"),
    "empty zip": (zipped({}), "est abîmé"),
    "twice the same part": (duplicated(), "le même nom"),
    "1001 parts": (zipped({f"a{rank}": b"" for rank in range(1_001)}), "plus de 1000 éléments"),
    "bomb declared": (lambda: with_part(BOOK, "xl/bomb.xml", bytes(210 * MEGABYTE)), "bombe"),
    "bomb by ratio": (lambda: with_part(BOOK, "xl/bomb.xml", b" " * (8 * MEGABYTE)), "bombe"),
    "bomb that lies": (lambda: lying(100, b"<a>" + b" " * (32 * MEGABYTE) + b"</a>"), "bombe"),
    "small lie": (lying(3, b"<a>b</a>"), "est abîmé"),
    "entities": (with_sheet("", ENTITIES), "DTD ou entité"),
    "dtd elsewhere": (with_part(BOOK, "xl/styles.xml", ENTITIES.encode() + b"<a>&e;</a>"), "DTD ou entité"),
    "utf-16 part": (with_part(BOOK, "xl/a.xml", "<?xml version='1.0'?><a/>".encode("utf-16")), "codage XML"),
    "latin part": (with_part(BOOK, "xl/a.xml", b"<?xml version='1.0' encoding='latin-1'?><a/>"), "codage XML"),
    "broken xml": (with_part(BOOK, SHEET, b"<worksheet><sheetData>"), "XML ne se lit pas"),
    "deep xml": (with_part(BOOK, "xl/a.xml", b"<a>" * 5_000), "XML ne se lit pas"),
    "formula": (sheet("<f>1+1</f><v>2</v>"), "formule en A1"),
    "shared formula": (sheet('<f t="shared" si="0"/><v>2</v>'), "formule en A1"),
    "formula without ref": (with_sheet("<row><c/><c><f>A1</f></c></row>"), "formule en B1"),
    "calculation error": (with_sheet('<row r="3"><c r="C3" t="e"><v>#REF!</v></c></row>'), "erreur de calcul en C3"),
    "far cell": (with_sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'), "plus de 200 colonnes"),
    "deep cell": (with_sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'), "trop de lignes"),
    "wide and deep": (
        with_sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="90000"><c r="GA90000"><v>1</v></c></row>'),
        "trop de lignes",
    ),
    "impossible cell": (with_sheet('<row r="1"><c r="ZZZZZZ99999999999"><v>1</v></c></row>'), "est abîmé"),
    "cell backwards": (with_sheet('<row r="2"><c r="A2"/></row><row r="1"><c r="A1"/></row>'), "est abîmé"),
    "bad number": (with_sheet('<row r="1"><c r="A1" t="n"><v>abc</v></c></row>'), "est abîmé"),
    "text beyond the table": (with_sheet('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'), "texte absent"),
    "long text": (
        with_sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"a" * 40_000}</t></is></c></row>'),
        "trop long",
    ),
    "1904": (with_part(BOOK, "xl/workbook.xml", b"<workbook><workbookPr date1904='1'/></workbook>"), "depuis 1904"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_one_sentence(case: str) -> None:
    source, reason = REFUSED[case]
    data = source() if callable(source) else source
    with pytest.raises(OperationRefused) as refusal:
        opened(data, f"../{case}\n.xlsx")
    sentence = str(refusal.value)
    assert reason in sentence
    assert f"« {case} .xlsx »" in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_text_used_too_often() -> None:
    """One long shared text, used by thousands of cells, would be copied as many times."""
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 2_001))
    text = f"<sst><si><t>{'a' * 32_000}</t></si></sst>".encode()
    with pytest.raises(OperationRefused, match="trop de texte"):
        opened(with_part(with_sheet(cells), "xl/sharedStrings.xml", text))


def test_a_missing_file(tmp_path: Path) -> None:
    from exchange.reading.files import open_file

    with pytest.raises(OperationRefused, match="ne s’ouvre pas"):
        open_file("absent.csv", tmp_path / "absent.csv")


def test_a_decorated_line_is_no_formula() -> None:
    assert list(opened(csv_bytes([["====="], *register()]))) == []


def test_every_truncation_and_many_flips_are_refused_or_read() -> None:
    """Whatever the damage, the answer is a reading or a refusal, never another error."""
    for size in range(0, len(BOOK), 97):
        _read_or_refuse(BOOK[:size])
    for at in range(0, len(BOOK), 41):
        damaged = bytearray(BOOK)
        damaged[at] ^= 0x5A
        _read_or_refuse(bytes(damaged))


def _read_or_refuse(data: bytes) -> None:
    try:
        list(opened(data, "abîmé.xlsx"))
    except OperationRefused as refusal:
        assert "abîmé.xlsx" in str(refusal)  # noqa: PT017


def _peak(rows: int) -> int:
    data = csv_bytes(register(*[{}] * rows))
    tracemalloc.start()
    try:
        reading = opened(data)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        assert sum(1 for _ in reading) == rows
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_memory_stays_flat_while_rows_are_read() -> None:
    """Only the references seen stay: 100 times more rows, less than 400 bytes each."""
    assert _peak(800) - _peak(8) < 800 * 400


MEASURE = """
import io, resource, sys
from tests.exchange.reading.builders import opened
from core.errors import OperationRefused
limit = 512 * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (2 * limit, 2 * limit))
try:
    sum(1 for _ in opened(sys.stdin.buffer.read(), "gros.xlsx"))
except OperationRefused as refusal:
    print(refusal, file=sys.stderr)
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.long
@pytest.mark.parametrize("case", ["elements", "numbers", "texts", "csv", "bomb"])
def test_memory_is_bounded(case: str) -> None:
    """The heaviest files that pass every limit, and one that does not."""
    data = {
        "elements": lambda: with_part(BOOK, "xl/a.xml", b"<a>" + _noise(8_000_000) + b"</a>"),
        "numbers": lambda: with_sheet("".join(f"<row>{_numbers(row)}</row>" for row in range(99_000))),
        "texts": lambda: with_sheet("".join(f"<row>{_texts(row)}</row>" for row in range(50_000))),
        "csv": lambda: (b"ab;" * 66 + b"\n") * 99_000,
        "bomb": lambda: with_part(BOOK, "xl/bomb.xml", bytes(210 * MEGABYTE)),
    }[case]()
    assert len(data) < limits.FILE_BYTES
    assert _resident(data) < 512


@pytest.mark.long
def test_memory_is_the_same_for_100_and_10_000_rows() -> None:
    few, many = (_resident(csv_bytes(register(*[{}] * rows))) for rows in (100, 10_000))
    assert many - few < 16


def _numbers(row: int) -> str:
    return "".join(f"<c><v>{row * 7919 * column % 9973}</v></c>" for column in range(1, 31))


def _texts(row: int) -> str:
    return "".join(
        f'<c t="inlineStr"><is><t>cellule {row * 7919 * column % 9973}</t></is></c>' for column in range(1, 29)
    )


def _noise(count: int) -> bytes:
    """Many small elements that do not pack too well."""
    return b"".join(b"<b%d/>" % (rank * 7919 % 9973) for rank in range(count))


def _resident(data: bytes) -> int:
    """Megabytes that another process needs at most to read this file."""
    result = subprocess.run([sys.executable, "-c", MEASURE], input=data, capture_output=True, check=True)
    return int(result.stdout)
