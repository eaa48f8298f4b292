"""`manage.py reset_second_factor ADDRESS`: for who has lost every factor and every recovery code."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.models import User
from accounts.signin.operations import reset_factors
from core.commands import JsonCommand
from core.errors import OperationRefused


class Command(JsonCommand):
    help = "Retire les seconds facteurs d’un compte et ferme ses sessions : la personne en choisit un autre en entrant."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("address", help="adresse électronique du compte")

    def run(self, **options: Any) -> dict[str, str]:
        user = User.objects.filter(email=options["address"].strip().lower()).first()
        if user is None:
            raise OperationRefused("Aucun compte n’a cette adresse.")
        reset_factors(user, by=None)
        return {"account": str(user.pk)}

    def show(self, value: dict[str, str]) -> None:
        self.stdout.write("Ses seconds facteurs sont retirés et ses sessions fermées : elle en choisira un en entrant.")
