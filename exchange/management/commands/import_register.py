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
from core.typography import agree
from exchange import operations
from exchange.operations import Report
from exchange.reading.register import open_register
from exchange.reading.rows import BadCell, Remark
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
        told = operations.told_by(user) if user else ()
        reading = open_register([(path.name, path) for path in files], today=timezone.localdate(), told=told)
        with broken_seals_are_told(by=user):
            if options["dry_run"]:
                report = operations.preview_register(reading, by=user, keep_plans=False)
            else:
                report = operations.import_register(reading, by=user, keep_going=options["keep_going"], tell=self.tell)
        if report.written:
            reporting.catch_up()
        self.failed = bool(report.rejected)
        for remark in reading.warnings[:SHOWN]:
            self.say(f"{_place(remark)} : {remark.message}")
        if options["json"]:  # what was read is told to who asks for it, not to the logs
            for cell in report.rejected[:SHOWN]:
                self.say(f"{_place(cell)} : {_why(cell)}")
        return as_told(report)

    def tell(self, done: int) -> None:
        if done:
            self.say(f"{_count(done, 'ligne lue,lignes lues')}.")

    def show(self, value: dict[str, Any]) -> None:
        told, seances, bad = value, value["seances"], [BadCell(**cell) for cell in value["rejected"]]
        self.stdout.write(
            f"{_count(told['rows'], 'ligne')} : {_count(told['created'], 'créée')}, "
            f"{_count(told['changed'], 'modifiée')}, {_count(told['unchanged'], 'inchangée')}, "
            f"{_count(len(bad), 'cellule refusée,cellules refusées')}. "
            f"Séances : {_count(seances['created'], 'créée')}, {_count(seances['changed'], 'complétée')}."
        )
        for cell in bad[:SHOWN]:
            read = f"« {cell.read} »" if cell.read else "rien"
            self.stdout.write(f"  {_place(cell)} : lu {read}{'. ' if cell.is_sentence else ', '}{_why(cell)}")
        if len(bad) > SHOWN:
            self.stdout.write(f"  … et {_count(len(bad) - SHOWN, 'autre')}.")


def as_told(report: Report) -> dict[str, Any]:
    """The report as scripts read it."""
    return {
        "rows": report.rows,
        **asdict(report.situations),
        "rejected": [asdict(cell) for cell in report.rejected],
        "seances": asdict(report.seances),
    }


def _place(cell: BadCell | Remark) -> str:
    """File, sheet when there is one, row and column of a cell."""
    where = ", ".join(part for part in (cell.file, cell.sheet) if part)
    return f"{where}, ligne {cell.row}, « {cell.column} »"


def _why(cell: BadCell) -> str:
    return cell.expected if cell.is_sentence else f"attendu {cell.expected}."


def _count(count: int, forms: str) -> str:
    return f"{count} {agree(count, forms)}"


def _person(email: str | None) -> User | None:
    if email is None:
        return None
    found = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if found is None:
        raise OperationRefused("Aucun compte actif n’a cette adresse. Vérifiez --by.")
    return found
