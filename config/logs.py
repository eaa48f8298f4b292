"""Logs, on standard error: what happened and where, never a person's data.

SQL statements (their parameters are data) and bodies of requests are never logged. An exception is logged as its type
and the places of its traceback; its message stays out, because PostgreSQL and Python quote values in theirs.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.typing import EventDict, Processor, WrappedLogger

from core.requests import route_of

SILENT = ("django.db.backends", "django.db.backends.schema", "httpcore", "psycopg.pool")  # they quote values, addresses


def exception_places(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace the exception of a log entry by its type and the lines it went through, without any value."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        frames = traceback.extract_tb(error.__traceback__)
        event["places"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    return event


def of_the_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Of what Django's loggers drag along, keep the status and the identifier of the request; the path that somebody
    typed, which may hold a name, gives way to the name of its route."""
    record: logging.LogRecord | None = event.get("_record")
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        event["status"] = getattr(record, "status_code", None)
        event.setdefault("request_id", getattr(request, "identifier", None))
        event["event"] = str(event["event"]).replace(request.path, route_of(request))
        if record is not None and record.exc_info and record.name.startswith("django.security."):
            event["event"] = "suspicious request"  # the words of the exception quote what was sent
    return event


def logging_settings(*, production: bool) -> dict[str, Any]:
    """Django's LOGGING: JSON lines in production, readable lines elsewhere."""
    shown: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not production:
        shown = structlog.dev.ConsoleRenderer(colors=False)
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        of_the_request,
        exception_places,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "INFO" if production else "WARNING"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO" if production else "WARNING", "propagate": True},
            # what does not exist or is refused has its line in `seuil.requests`
            "django.request": {"handlers": [], "level": "ERROR" if production else "WARNING", "propagate": True},
            "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            **{name: {"handlers": [], "level": "CRITICAL", "propagate": False} for name in SILENT},
        },
    }
