"""Registers invented by the tests: rows in the columns of the CSV file, made files, opened and imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts import demo
from accounts.models import User
from exchange.operations import Report, import_register, preview_register
from exchange.operations.demo import DATA
from exchange.reading.register import Reading, open_register

Row = dict[str, str]
Files = list[tuple[str, bytes]]
HEADERS = (DATA / "registre.csv").read_text(encoding="utf-8").splitlines()[0].split(";")
SEANCE_HEADERS = ["date", "lieu", "presents"]
HALL = "Salle des Glycines, Valcombe"
WAITING: Row = dict.fromkeys(HEADERS, "") | {
    "nom": "Quetschelier",
    "prenom": "Barnabé",
    "sexe": "M",
    "date_naissance": "1980-04-15",
    "composition": "Homme isolé",
    "nombre_enfants": "0",
    "prescripteur": "Accueil des Trois Sources",
    "date_orientation": "2023-02-01",
    "situation_logement": "2.1 hébergement d'urgence",
    "nature_ressources": "RSA",
    "ressources_mensuelles": "534.82",
    "dettes_locatives": "0",
    "numero_unique": "0730223009001XTEST",
    "date_evaluation": "2023-03-01",
    "suite_evaluation": "en attente",
}
PRESENTED: Row = WAITING | {"suite_evaluation": "présentée", "date_commission": "2023-03-30", "decision": "validée"}
LEASE: Row = {
    "bailleur": "Logis des Aravis",
    "date_bail": "2023-06-01",
    "type_bail": "bail en nom propre",
    "parc": "public",
}


def row(reference: str = "ESSAI-001", base: Row = WAITING, **told: str) -> Row:
    """A situation; by default evaluated and waiting. Raises `KeyError` for a column that does not exist."""
    unknown = set(told) - set(HEADERS)
    if unknown:
        raise KeyError(unknown)
    return base | {"reference": reference} | told


def table(headers: Sequence[str], lines: Iterable[Mapping[str, str]]) -> bytes:
    """A CSV file of these columns."""
    text = io.StringIO()
    writer = csv.DictWriter(text, headers, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def files(rows: Iterable[Row] = (), seances: Iterable[str | tuple[str, str, str]] = ()) -> Files:
    """The register, and the list of séances (a date, or date, place and who sat) when there is one."""
    made = [("registre.csv", table(HEADERS, rows))]
    told = [each if isinstance(each, tuple) else (each, HALL, "SIAO") for each in seances]
    if told:
        lines = [dict(zip(SEANCE_HEADERS, each, strict=True)) for each in told]
        made.append(("seances.csv", table(SEANCE_HEADERS, lines)))
    return made


def opened(made: Files) -> Reading:
    return open_register([(name, io.BytesIO(data)) for name, data in made], today=timezone.localdate())


def tell(*rows: Row, seances: Iterable[str | tuple[str, str, str]] = (), **options: Any) -> Report:
    """Import these rows; `by`, `keep_going` as `import_register` takes them."""
    return import_register(opened(files(rows, seances)), **{"by": None, **options})


def foresee(*rows: Row, seances: Iterable[str | tuple[str, str, str]] = ()) -> Report:
    return preview_register(opened(files(rows, seances)), by=None)


def told_well(*rows: Row, **options: Any) -> Report:
    """The same, when no cell is bad."""
    report = tell(*rows, **options)
    assert report.rejected == []
    return report


def demo_rows() -> list[Row]:
    """The register that the project carries."""
    with (DATA / "registre.csv").open(encoding="utf-8", newline="") as source:
        return [dict(line) for line in csv.DictReader(source, delimiter=";")]


def demo_files() -> Files:
    return [(name, (DATA / name).read_bytes()) for name in ("registre.csv", "seances.csv")]


def counts(report: Report) -> tuple[int, int, int, int]:
    """Situations created, changed, left; séances created."""
    told = report.situations
    return told.created, told.changed, told.unchanged, report.seances.created


def written(folder: Path, made: Files) -> list[str]:
    """The files on disk, for the command."""
    for name, data in made:
        (folder / name).write_bytes(data)
    return [str(folder / name) for name, _ in made]


def account(name: str) -> User:
    """An account of the cast, by its short name."""
    demo.install_cast(password=None)
    return User.objects.get(email=f"{name}@{demo.DOMAIN}")
