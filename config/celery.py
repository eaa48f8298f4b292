"""Celery over the broker that the environment names: `manage.py worker` works, `manage.py beat` keeps the hours."""

from __future__ import annotations

import logging
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from celery.app.amqp import AMQP
from celery.app.log import Logging
from celery.schedules import crontab
from django.conf import settings
from kombu import Exchange, Queue
from kombu.transport import TRANSPORT_ALIASES

SWEEP_EVERY = 2.0  # seconds: how late work begins when its message was lost
LONGEST_CONNECT = 1.0  # seconds that an act may wait for a broker that does not answer

TRANSPORT_ALIASES["filesystem"] = "core.broker:Transport"


class Discreet(AMQP):  # type: ignore[misc]
    """Messages that do not name the machine they come from: it may bear a person's name."""

    def as_task_v2(self, *args: Any, **options: Any) -> Any:
        """Celery's, from nobody in particular."""
        return super().as_task_v2(*args, **{**options, "origin": "seuil"})


class OurLogs(Logging):  # type: ignore[misc]
    """Logs as Django's settings have them: Celery adds no handler of its own, and does not tell each message."""

    def setup(self, *_: Any, **__: Any) -> bool:
        """True: whoever asks need configure nothing."""
        logging.getLogger("celery").setLevel(logging.WARNING)
        return True


def make_app(broker: str, queue: str) -> Celery:
    """An application over this broker, whose workers read this queue alone."""
    made = Celery("seuil", broker=broker, amqp=Discreet, log=OurLogs, set_as_current=False)
    made.conf.update(
        broker_transport_options=_transport_options(broker),
        broker_connection_timeout=LONGEST_CONNECT,
        broker_connection_max_retries=None,  # a worker waits for its broker as long as it takes
        broker_connection_retry_on_startup=True,
        # the default exchange: nothing to declare but the queue
        task_queues=[Queue(queue, Exchange(""), routing_key=queue)],
        task_default_queue=queue,
        task_default_exchange="",
        task_default_routing_key=queue,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=False,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        timezone=settings.TIME_ZONE,
        beat_scheduler="celery.beat:Scheduler",  # the hours are in the code: nothing to keep on disk
        beat_schedule={
            "sweep": {"task": "outbox.sweep", "schedule": SWEEP_EVERY, "options": {"expires": 5 * SWEEP_EVERY}},
            "forget": {"task": "outbox.forget", "schedule": crontab(hour=4, minute=10)},
            "lost files": {"task": "document.sweep", "schedule": crontab(hour=4, minute=20)},
        },
    )
    made.autodiscover_tasks()
    return made


def _transport_options(broker: str) -> dict[str, Any]:
    # how often a channel tries again: never, whoever waits for it decides
    once: dict[str, Any] = {"max_retries": 0}
    scheme = broker.partition(":")[0]
    if scheme == "filesystem":
        queue, control = settings.BROKER_DIR / "queue", settings.BROKER_DIR / "control"
        for folder in (settings.BROKER_DIR, queue, control):
            folder.mkdir(mode=0o700, exist_ok=True)
        folders = {"data_folder_in": str(queue), "data_folder_out": str(queue), "control_folder": str(control)}
        return {**once, **folders, "polling_interval": 0.05}
    if scheme in {"redis", "rediss"}:
        return {**once, "socket_connect_timeout": LONGEST_CONNECT}
    return once


app = make_app(settings.CELERY_BROKER_URL, settings.CELERY_QUEUE)
app.set_default()
