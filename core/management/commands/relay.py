"""`manage.py relay`: does what the outbox asks, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, connections

from core import outbox


class Command(BaseCommand):
    help = "Fait le travail en attente dans la boîte d’envoi, jusqu’à INT ou TERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="s’arrête quand il ne reste rien à faire")
        parser.add_argument("--every", type=float, default=1.0, help="secondes entre deux regards (1)")

    def handle(self, *args: Any, once: bool, every: float, **options: Any) -> None:
        stop = threading.Event()
        if not once:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            done = self._look()
            if once and not done:
                return
            if not done:
                stop.wait(every)

    def _look(self) -> int:
        try:
            return outbox.run_once()
        except (OperationalError, InterfaceError):  # the database is away: reconnect at the next look
            self.stderr.write("La base de données ne répond pas ; nouvel essai.")
            connections.close_all()
            return 0
