"""`manage.py worker`: does what the outbox asks, woken by the broker, until it is told to stop."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from celery.exceptions import SecurityWarning
from django.core.management.base import BaseCommand, CommandParser

from core import broker


class Command(BaseCommand):
    help = "Fait le travail en attente, jusqu’à INT ou TERM : ce qui est commencé est fini d’abord."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--processes", type=int, default=2, help="travaux menés à la fois (2)")

    def handle(self, *args: Any, processes: int, **options: Any) -> None:
        # Celery fears for a powerful account because a message might be a program: ours are JSON
        warnings.simplefilter("ignore", SecurityWarning)
        worker = broker.app().Worker(
            hostname="seuil",  # a machine may bear a person's name
            pool="prefork",
            concurrency=processes,
            loglevel="WARNING",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        sys.exit(worker.exitcode)
