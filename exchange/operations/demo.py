"""The demonstration: the fictional register, imported by the referent of the cast, and an invented population."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts import demo
from accounts.models import User
from core.errors import OperationRefused
from exchange.operations.register import Report, import_register
from exchange.population import load_population
from exchange.reading.register import open_register
from reporting import operations as reporting

DATA = Path(__file__).resolve().parent.parent / "demo_data"
FILES = ("seances.csv", "registre.csv")
HOUSEHOLDS, SEED = 300, 73  # from 2024 on: the published figures of 2022 and 2023 stay those of the register


def load_demo() -> Report:
    """Install the cast, import the register and load the population; a second time changes nothing.

    Raises `OperationRefused` outside the demonstration, or when the register is refused.
    """
    if not settings.IN_DEMO:
        raise OperationRefused("La démonstration se charge avec SEUIL_ENV=demo : lancez « make demo ».")
    demo.install_cast()
    referent = User.objects.get(email=f"siao@{demo.DOMAIN}")
    reading = open_register([(name, DATA / name) for name in FILES], today=timezone.localdate())
    report = import_register(reading, by=referent)
    if report.rejected:
        cell = report.rejected[0]
        raise OperationRefused(f"Le registre de démonstration est refusé, ligne {cell.row} : {cell.expected}.")
    load_population(
        HOUSEHOLDS, SEED, by_copy=True
    )  # the same rows as by acts, in a second: a first start is waited for
    reporting.catch_up()
    return report
