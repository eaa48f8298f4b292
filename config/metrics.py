"""`/metrics`: figures of operation for Prometheus, for who watches the machine and nobody else.

Each process counts its own requests or tasks. Give the web processes and the workers the same empty folder in
PROMETHEUS_MULTIPROC_DIR before they start: the library keeps the counts there, and the web answers for all (ADR 0014).
The state of the outbox is read when it is asked.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.health import PATIENCE, Outbox, outbox_now
from core.http import for_machines

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


@for_machines
async def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for this machine itself or with SEUIL_METRICS_TOKEN; else, a page that does not exist."""
    if not _is_open_to(request):
        raise Http404
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    asked = CollectorRegistry()
    asked.register(OutboxCollector(await _outbox()))
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    else:
        counted = REGISTRY
    return HttpResponse(generate_latest(counted) + generate_latest(asked), content_type=CONTENT_TYPE_LATEST)


class OutboxCollector(Collector):
    """The figures of the outbox, none when the database did not tell them."""

    def __init__(self, outbox: Outbox | None) -> None:
        self._outbox = outbox

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One gauge a figure, and whether they could be read at all."""
        known = self._outbox is not None
        yield GaugeMetricFamily("seuil_outbox_readable", "1 when the database told the figures below.", float(known))
        if (outbox := self._outbox) is None:
            return
        yield GaugeMetricFamily("seuil_outbox_open", "Messages that are not done.", outbox.open)
        yield GaugeMetricFamily("seuil_outbox_failing", "Open messages that failed at least once.", outbox.failing)
        yield GaugeMetricFamily("seuil_outbox_failed_attempts", "Failed attempts of open messages.", outbox.attempts)
        yield GaugeMetricFamily("seuil_outbox_oldest_due_seconds", "Lateness of the oldest due message.", outbox.late)


def _is_open_to(request: HttpRequest) -> bool:
    """A direct connection from this machine (what a proxy forwards says so), or the token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer" and constant_time_compare(given, settings.METRICS_TOKEN):
        return True
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


async def _outbox() -> Outbox | None:
    try:
        return await asyncio.wait_for(outbox_now(), PATIENCE)
    except Exception:  # the database is away: the other figures are worth all the more
        return None
