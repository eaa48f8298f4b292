"""Each request has an identifier, one line in the log when it is over, and a place in the counts.

The identifier goes from a proxy to the page, to the log lines written meanwhile, and to the tasks that follow. The line
says the route, never the path typed nor its query string: people write names there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

HEADER = "X-Request-ID"
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}
SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")
ANSWERED = Counter("seuil_http_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram(
    "seuil_http_request_seconds",
    "Time from the arrival of a request to its answer.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
log = structlog.get_logger("seuil.requests")


class traced:  # noqa: N801  a middleware is named in the settings as the function it stands for
    """Outermost middleware: names the request, and tells when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        identifier = given if SAFE.fullmatch(given) else uuid4().hex
        request.identifier = identifier  # type: ignore[attr-defined]  # Django logs refusals once we are out
        start = time.perf_counter()
        with during(identifier):
            response = self.get_response(request)
            response.headers[HEADER] = identifier
            _tell(request, response, time.perf_counter() - start)
        return response


def during(identifier: str | None) -> AbstractContextManager[None]:
    """What is logged inside belongs to this request; a task binds so the request that asked for it."""
    return structlog.contextvars.bound_contextvars(request_id=identifier)


def request_id() -> str | None:
    """Identifier of the request being answered or followed up; at most 64 characters. None outside."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


def route_of(request: HttpRequest) -> str:
    """Name of the address asked: one of ours, `static`, or `none` for what does not exist."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"


def _tell(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    route, status = route_of(request), response.status_code
    method = request.method if request.method in METHODS else "other"
    ANSWERED.labels(route, method, status).inc()
    SECONDS.labels(route, method).observe(seconds)
    log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), actor=_actor(request))


def _actor(request: HttpRequest) -> str | None:
    """UUID of the signed-in person, when the request looked for her: the log asks the database nothing."""
    key = getattr(getattr(request, "_cached_user", None), "pk", None)
    return str(key) if isinstance(key, UUID) else None
