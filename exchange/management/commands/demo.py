"""`make demo`: one command that prepares the fictional data, serves them, and ends in good order."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.demo import accounts
from core.errors import OperationRefused
from exchange.operations import load_demo
from exchange.supervisor import POLL, ChildStopped, Family, Launcher, family, port_answers, port_is_free

HOST = "127.0.0.1"
STARTING = 60.0  # seconds that the web server has to answer
COLUMNS = {"email": "Adresse", "password": "Mot de passe", "role": "Rôle", "organisation": "Organisation"}
NAMES = {
    "migrate": "la préparation de la base",
    "web": "le serveur web",
    "worker": "l’exécution des tâches",
    "beat": "l’horloge des tâches",
}


class Command(BaseCommand):
    """Migrate, load the demonstration, serve until a signal. A signal at any moment ends with status 0."""

    help = "Prépare la démonstration et la sert jusqu’à Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve; `SystemExit`, raised by the handlers of `manage.py`, unwinds from wherever we are."""
        Launcher(_launcher_pid()).watch()
        try:
            self._refuse_what_cannot_start()
            with family() as children:
                try:
                    self._prepare(children)
                    self._serve(children)
                    self._wait(children)
                finally:
                    self.stderr.write("Arrêt en cours…")
        except OperationRefused as refusal:
            self._end(str(refusal))
        except ChildStopped as end:
            self._end(f"{NAMES[end.name].capitalize()} a pris fin (code {end.status}) : voyez les lignes ci-dessus.")

    def _refuse_what_cannot_start(self) -> None:
        if not settings.IN_DEMO:
            raise OperationRefused("La démonstration se lance par « make demo » (ou avec SEUIL_ENV=demo).")
        if not port_is_free(HOST, settings.PORT):
            advice = "arrêtez ce qui l’occupe, ou donnez-en un autre (SEUIL_PORT=8001)"
            raise OperationRefused(f"Le port {settings.PORT} est déjà pris : {advice}.")

    def _prepare(self, children: Family) -> None:
        self.stderr.write("Préparation de la base de données…")
        children.run("migrate", _manage("migrate", "--verbosity", "0"), SEUIL_DB_ROLE="owner")
        self.stderr.write("Chargement des données fictives…")
        load_demo()

    def _serve(self, children: Family) -> None:
        web = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", HOST, "--port", str(settings.PORT)]
        quiet = ["--lifespan", "off", "--log-level", "warning", "--no-access-log", "--no-server-header"]
        local = ["--no-proxy-headers", "--timeout-graceful-shutdown", "3"]
        counts = {"PROMETHEUS_MULTIPROC_DIR": _empty_folder("metrics")}
        children.start("web", [*web, *quiet, *local], SEUIL_DB_ROLE="web", **counts)
        children.start("worker", _manage("worker"), SEUIL_DB_ROLE="worker", **counts)
        children.start("beat", _manage("beat"), SEUIL_DB_ROLE="worker")
        deadline = time.monotonic() + STARTING
        while not port_answers(HOST, settings.PORT):
            children.check()
            if time.monotonic() > deadline:
                raise OperationRefused(f"Le serveur web ne répond pas sur le port {settings.PORT}.")
            time.sleep(POLL)
        children.check()
        self.stdout.write(f"Seuil est prêt : http://{HOST}:{settings.PORT}")
        self._show_accounts()
        self.stdout.flush()

    def _show_accounts(self) -> None:
        for line in table(accounts(), COLUMNS):
            self.stdout.write(line)

    def _wait(self, children: Family) -> None:
        while True:
            children.check()
            time.sleep(POLL)

    def _end(self, sentence: str) -> None:
        self.stderr.write(sentence)
        sys.exit(1)


def table(rows: Iterable[Mapping[str, str]], headings: Mapping[str, str]) -> list[str]:
    """The rows under their headings, in columns as wide as their widest cell."""
    cells = [list(headings.values()), *([str(row[key]) for key in headings] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(headings))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _empty_folder(name: str) -> str:
    """Where the web server finds what the workers counted since this start."""
    folder = settings.DATA_DIR / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return str(folder)


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def _launcher_pid() -> int | None:
    said = os.environ.pop("SEUIL_LAUNCHER", "")
    return int(said) if said.isascii() and said.isdigit() else None
