"""`manage.py rights_page`: writes the tables of `docs/qui-voit-quoi.md`, as `accounts/roles.py` declares the roles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from accounts.roles import ROLES
from core.commands import JsonCommand
from core.errors import OperationRefused
from desk.rights import Ability, abilities, lines

PAGE = "docs/qui-voit-quoi.md"
BEGIN = "<!-- écrit par « manage.py rights_page » : ne modifiez pas à la main -->"
END = "<!-- fin de ce qui est écrit par « manage.py rights_page » -->"


class Command(JsonCommand):
    """Pure generation of what stands between two marks; the rest of the page is written by hand.

    With `--check`, writes nothing and raises `OperationRefused` (exit status 1) when the tables are out of date. So
    does a page that has not both marks.
    """

    help = f"Écrit les tables de {PAGE} : ce que chaque rôle permet."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check`: compare only."""
        parser.add_argument("--check", action="store_true", help="compare sans écrire ; 1 si la page n’est plus à jour")

    def run(self, **options: Any) -> dict[str, Any]:
        """Write or compare; tell where the page is, whether it was written, how many roles and permissions it holds."""
        path: Path = settings.BASE_DIR / PAGE
        now = path.read_text(encoding="utf-8") if path.is_file() else ""
        before, begin, rest = now.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (begin and end):
            raise OperationRefused(f"{PAGE} n’a plus ses deux repères : remettez « {BEGIN} » et « {END} ».")
        wanted = f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"
        if (stale := now != wanted) and options["check"]:
            raise OperationRefused(f"{PAGE} n’est plus à jour : lancez « manage.py rights_page », puis relisez-le.")
        if stale:
            path.write_text(wanted, encoding="utf-8")
        return {"page": PAGE, "written": stale, "roles": len(ROLES), "permissions": len(abilities())}

    def show(self, value: dict[str, Any]) -> None:
        """One sentence."""
        did = "écrite" if value["written"] else "à jour"
        self.stdout.write(f"{value['page']} : {did} ({value['roles']} rôles, {value['permissions']} droits).")


def tables() -> str:
    """What each role allows, then the roles that do not go together."""
    columns = abilities()
    found = [
        "## Ce que chaque rôle permet",
        "",
        _row(["Rôle", *(ability.label for ability in columns)]),
        _row(["---"] * (len(columns) + 1)).replace(" ", ""),
        *(_row([line.role.label, *_said(columns, line.abilities)]) for line in lines(set())),
        "",
        "## Rôles qu’une même personne ne peut pas tenir en même temps",
        "",
        *(f"- {line.role.label} : {' ; '.join(line.apart)}" for line in lines(set()) if line.apart),
        "",
    ]
    return "\n".join(found)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _said(columns: Sequence[Ability], held: Sequence[str]) -> list[str]:
    return ["oui" if ability.label in held else "–" for ability in columns]
