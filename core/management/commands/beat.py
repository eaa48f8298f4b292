"""`manage.py beat`: keeps the hours. One for an instance; two would only ask twice."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core import broker


class Command(BaseCommand):
    help = "Tient les heures : rappelle régulièrement le travail en attente, jusqu’à INT ou TERM."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        broker.app().Beat(loglevel="WARNING", quiet=True, pidfile=None).run()
