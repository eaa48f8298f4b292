"""Work whose effects are counted, for real workers: `python -m tests.effects worker` is `manage.py worker` with it.

An effect is a row of the journal, which nothing may take back: what is done twice is seen twice.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any
from uuid import UUID

SECRET = "Orsel Berthe, 12 rue de la Combe"
DONE, FAILING, COUNTING = "test.effect", "test.failing", "test.count"


def register() -> None:
    """Tell the outbox and the jobs how this work is done."""
    from structlog.contextvars import get_contextvars

    from audit import journal
    from core import jobs, outbox

    @outbox.handler(DONE)
    def effect(payloads: list[outbox.Payload]) -> None:
        for payload in payloads:
            request = str(get_contextvars().get("request_id", ""))
            journal.record(DONE, target=UUID(payload["target"]), by=None, request=request)
            time.sleep(payload.get("lasts", 0) / 1000)

    @outbox.handler(FAILING)
    def failing(payloads: list[outbox.Payload]) -> None:
        journal.record(FAILING, target=UUID(payloads[0]["target"]), by=None)
        raise ValueError(SECRET)

    @jobs.runner(COUNTING, title="Compte", counted="ligne comptée,lignes comptées")
    def count(running: jobs.Running, *, lasts: int, fails: int = 0) -> jobs.Ended:
        for done in range(running.job.total):
            journal.record(COUNTING, target=running.job.pk, by=running.job.owner_id, row=done)
            running.tell(done + 1)
            time.sleep(lasts / 1000)
            if fails == done + 1:
                raise ValueError(SECRET)
        return jobs.Ended("Tout est compté.", "/dossiers/", "Voir les dossiers")


def main(arguments: list[str]) -> Any:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["SEUIL_DB_ROLE"] = "worker"
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    register()
    execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
