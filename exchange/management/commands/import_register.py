"""`manage.py import_register FILE…`: the SIAO's register becomes dossiers, séances, leases and measures."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import User
from audit.boundary import broken_seals_are_told
from core.commands import JsonCommand
from core.errors import OperationRefused
from exchange import operations
from exchange.operations import Report
from exchange.reading.register import open_register
from reporting import operations as reporting

SHOWN = 50


class Command(JsonCommand):
    help = "Importe le registre du SIAO (CSV ou XLSX ; feuilles des situations et des séances)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FICHIER", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="dit ce qui serait fait, n’écrit rien")
        parser.add_argument("--keep-going", action="store_true", help="importe les bonnes lignes malgré les mauvaises")
        parser.add_argument("--by", metavar="ADRESSE", help="adresse e-mail de la personne qui importe")

    def run(self, **options: Any) -> dict[str, Any]:
        files: list[Path] = options["files"]
        user = _person(options["by"])
        for path in files:
            if not path.is_file():
                raise OperationRefused(f"Le fichier « {path.name} » n’existe pas. Vérifiez son chemin.")
        reading = open_register([(path.name, path) for path in files], today=timezone.localdate())
        with broken_seals_are_told(by=user):
            if options["dry_run"]:
                report = operations.preview_register(reading, by=user, keep_plans=False)
            else:
                report = operations.import_register(reading, by=user, keep_going=options["keep_going"], tell=self.tell)
        if report.written:
            reporting.catch_up()
        self.failed = bool(report.rejected)
        if options["json"]:  # what was read is told to who asks for it, not to the logs
            for cell in report.rejected[:SHOWN]:
                self.say(f"{_place(asdict(cell))} : attendu {cell.expected}.")
        return as_told(report)

    def tell(self, done: int) -> None:
        if done:
            self.say(f"{done} lignes lues.")

    def show(self, value: dict[str, Any]) -> None:
        self.stdout.write(
            f"{value['rows']} lignes : {value['created']} créées, {value['changed']} modifiées, "
            f"{value['unchanged']} inchangées, {len(value['rejected'])} cellules refusées. "
            f"Séances : {value['seances']['created']} créées, {value['seances']['changed']} complétées."
        )
        for cell in value["rejected"][:SHOWN]:
            read = f"« {cell['read']} »" if cell["read"] else "rien"
            self.stdout.write(f"  {_place(cell)} : lu {read}, attendu {cell['expected']}.")
        if len(value["rejected"]) > SHOWN:
            self.stdout.write(f"  … et {len(value['rejected']) - SHOWN} autres.")


def as_told(report: Report) -> dict[str, Any]:
    """The report as scripts read it."""
    return {
        "rows": report.rows,
        **asdict(report.situations),
        "rejected": [asdict(cell) for cell in report.rejected],
        "seances": asdict(report.seances),
    }


def _place(cell: dict[str, Any]) -> str:
    """File, sheet when there is one, row and column of a bad cell."""
    where = ", ".join(part for part in (cell["file"], cell["sheet"]) if part)
    return f"{where}, ligne {cell['row']}, « {cell['column']} »"


def _person(email: str | None) -> User | None:
    if email is None:
        return None
    found = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if found is None:
        raise OperationRefused("Aucun compte actif n’a cette adresse. Vérifiez --by.")
    return found
