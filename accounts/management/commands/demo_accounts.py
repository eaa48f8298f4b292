"""`manage.py demo_accounts`: who may sign in to the demonstration, and how."""

from __future__ import annotations

from typing import Any

from accounts import demo
from core.commands import JsonCommand


class Command(JsonCommand):
    help = "Donne les comptes de la démonstration (refusé ailleurs)."

    def run(self, **options: Any) -> list[dict[str, str]]:
        return demo.accounts()

    def show(self, value: list[dict[str, str]]) -> None:
        for account in value:
            self.stdout.write(f"{account['email']:<30} {account['role']}, {account['organisation']}")
        if value:
            self.stdout.write(f"Mot de passe de tous : {value[0]['password']}")
