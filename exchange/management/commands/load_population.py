"""`manage.py load_population`: invented households, from 2024 on, for demonstrations, tests and measures."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from core.commands import JsonCommand
from exchange.population import EARLIEST, load_population
from reporting import operations as reporting


class Command(JsonCommand):
    help = "Charge une population inventée : la même graine donne les mêmes ménages, une seule fois."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--households", type=int, required=True, metavar="N", help="nombre de ménages en tout")
        parser.add_argument("--seed", type=int, required=True, metavar="S", help="graine du tirage")
        parser.add_argument("--from", dest="since", type=date.fromisoformat, default=EARLIEST, metavar="AAAA-MM-JJ")

    def run(self, **options: Any) -> dict[str, Any]:
        loaded = load_population(options["households"], options["seed"], since=options["since"], say=self.say)
        self.say("Les ménages sont là ; les chiffres se recomptent…")
        reporting.catch_up()
        return asdict(loaded)

    def show(self, value: dict[str, Any]) -> None:
        self.stdout.write(
            f"{value['households']} ménages créés ({value['persons']} personnes, {value['dossiers']} dossiers) "
            f"en {value['seconds']:.1f} s."
        )
