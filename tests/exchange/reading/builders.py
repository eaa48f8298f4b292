"""Small registers made by the tests: one good row, changed cell by cell, as CSV or XLSX."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

import xlsxwriter  # type: ignore[import-untyped]

from exchange.reading.register import Reading, open_register
from exchange.reading.rows import BadCell, SituationRow

TODAY = dt.date(2026, 6, 15)
GOOD: dict[str, object] = {
    "Réf.": "ESSAI-2024-001",
    "NOM ": "Chevrefeuil",
    "Prénom": "Anselme",
    "Sexe": "H",
    "Né(e) le": "17/02/1970",
    "Composition familiale": "Homme isolé",
    "Nb enfants": "0",
    "Prescripteur": "Accueil du Pont",
    "Orienté le": "05/01/2024",
    "Situation (ETHOS)": "2.1 hébergement d’urgence",
    "Nature ressources": "RSA",
    "Ressources (€/mois)": "559,42 €",
    "Dettes locatives": "-",
    "N° unique": "073 0124 000001 XTEST",
    "Évaluation": "12/02/2024",
    "Suite": "présentée",
    "Motif": "",
    "Commission du": "14/03/2024",
    "Décision": "validée",
    "Bailleur": "Logis du Granier",
    "Bail signé le": "02/05/2024",
    "Type de bail": "bail en nom propre",
    "Parc": "public",
    "Accompagnement": "Toi(t) d’abord",
    "Suivi": "maintien sans dette de loyer",
    "Date suivi": "03/02/2025",
    "Évènement": "",
    "Date évènement": "",
}
NOT_PRESENTED: dict[str, object] = {
    "Suite": "non retenue", "Motif": "a quitté le département", "Commission du": "", "Décision": "", "Bailleur": "",
    "Bail signé le": "", "Type de bail": "", "Parc": "", "Accompagnement": "", "Suivi": "", "Date suivi": "",
}  # fmt: skip
SHEET_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def csv_bytes(lines: Iterable[Sequence[object]], *, delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode(encoding)


def xlsx_bytes(sheets: Mapping[str, Iterable[Sequence[object]]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(lines):
                for column, cell in enumerate(cells):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(row, column, dt.datetime.combine(cell, dt.time()), day)
                    else:
                        sheet.write(row, column, cell)
    return target.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The same workbook with one part replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in source.namelist():
            if entry != name:
                copy.writestr(entry, source.read(entry))
        copy.writestr(name, content)
    return target.getvalue()


def with_sheet(body: str, prologue: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    """A workbook whose only sheet has this XML inside <sheetData>."""
    xml = f"{prologue}<worksheet {SHEET_NS}><sheetData>{body}</sheetData></worksheet>"
    return with_part(xlsx_bytes({"Feuille": [["x"]]}), "xl/worksheets/sheet1.xml", xml.encode())


def register(*changes: Mapping[str, object]) -> list[list[object]]:
    """Headers, and one row for each set of changes to the good row."""
    rows = [GOOD | {"Réf.": f"ESSAI-2024-{rank:03}"} | dict(change) for rank, change in enumerate(changes, start=1)]
    return [list(GOOD), *(list(row.values()) for row in rows)]


def opened(data: bytes, name: str = "registre.csv") -> Reading:
    return open_register([(name, io.BytesIO(data))], today=TODAY)


def one(change: Mapping[str, object]) -> SituationRow:
    items = list(opened(csv_bytes(register(change))))
    assert len(items) == 1, items
    assert isinstance(items[0], SituationRow), items
    return items[0]


def bad(change: Mapping[str, object]) -> list[BadCell]:
    """The bad cells of the only row of a register."""
    items = list(opened(csv_bytes(register(change))))
    cells = [item for item in items if isinstance(item, BadCell)]
    assert cells, items
    assert len(cells) == len(items), items
    return cells
