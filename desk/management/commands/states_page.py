"""`manage.py states_page`: writes `docs/etats.md`, every life cycle as the code declares it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandParser
from django.db.models import Model

from core.commands import JsonCommand
from core.errors import OperationRefused
from core.workflow import StatefulModel, mermaid, moves

PAGE = "docs/etats.md"
HEAD = """\
# États et passages

Cette page est écrite par `manage.py states_page`, à partir des modèles : ne la modifiez pas à la main.
Un passage qui n’est pas dans ces tables est refusé par PostgreSQL. Les applications sont rangées du bas de la tour
vers le haut.
"""


class Command(JsonCommand):
    """Pure generation from the models: the same code always gives the same page. No database is asked.

    With `--check`, writes nothing and raises `OperationRefused` (exit status 1) when the page is out of date.
    """

    help = f"Écrit {PAGE} : les états, leurs passages et leurs diagrammes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check`: compare only."""
        parser.add_argument("--check", action="store_true", help="compare sans écrire ; 1 si la page n’est plus à jour")

    def run(self, **options: Any) -> dict[str, Any]:
        """Write or compare the page; tell where it is, whether it was written, and which machines it holds."""
        path: Path = settings.BASE_DIR / PAGE
        models = list(stateful_models())
        wanted = page(models)
        stale = not path.is_file() or path.read_text(encoding="utf-8") != wanted
        if stale and options["check"]:
            raise OperationRefused(f"{PAGE} n’est plus à jour : lancez « manage.py states_page », puis relisez-le.")
        if stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
        return {"page": PAGE, "written": stale, "machines": [model._meta.label for model in models]}

    def show(self, value: dict[str, Any]) -> None:
        """One sentence."""
        did = "écrite" if value["written"] else "à jour"
        self.stdout.write(f"{value['page']} : {did} ({len(value['machines'])} machines).")


def stateful_models() -> Iterator[type[StatefulModel]]:
    """Every model with a life cycle that an installed application defines itself, from the bottom of the tower up."""
    for application in apps.get_app_configs():
        for model in application.get_models():
            if issubclass(model, StatefulModel) and model.__module__.startswith(f"{application.name}."):
                yield model


def page(models: list[type[StatefulModel]]) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(model) for model in models)])


def section(model: type[StatefulModel]) -> str:
    """One machine: what it is, its states, its diagram, the table of its moves."""
    state: Any = cast("type[Model]", model)._meta.get_field("state")
    labels: dict[str, str] = dict(state.flatchoices)
    lines = [
        f"## {_title(model)} (`{model._meta.label}`)",
        "",
        _sentence(model),
        "",
        "```mermaid",
        mermaid(model),
        "```",
        "",
        "| De | Vers | Acte | Méthode |",
        "|---|---|---|---|",
        *(f"| {labels[move.source]} | {labels[move.target]} | {move.label} | `{move.name}` |" for move in moves(model)),
        "",
    ]
    return "\n".join(lines)


def _title(model: type[StatefulModel]) -> str:
    name = str(model._meta.verbose_name)
    return name[:1].upper() + name[1:]


def _sentence(model: type[StatefulModel]) -> str:
    """The first paragraph of the model's docstring, on one line."""
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())
