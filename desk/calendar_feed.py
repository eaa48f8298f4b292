"""What a person's own agenda reads: how many things to do each day, of which kinds, and her séances. No name.

It leaves Seuil for a telephone, a mail program, the servers of whoever made them: it tells what a stranger may read
over a shoulder. Nothing sealed is opened to make it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from accounts import operations as accounts
from accounts.models import User
from commission import operations as commission
from commission.models import Seance
from core.db import acting_as
from core.http import for_machines
from core.typography import NBSP, agree, number, typeset
from desk.dated import AHEAD, Dated, Kind, dated_for
from vault.asking import ask

AGAIN = timedelta(hours=6)  # how often an agenda is asked to come back
DAY = timedelta(days=1)
SEANCE = "Commission SIAO–bailleurs"


@for_machines
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The agenda that this address opens; an address that opens nothing is as any that leads nowhere."""
    today = timezone.localdate()
    reader = accounts.calendar_reader(token, today=today)
    if reader is None:
        raise Http404
    with acting_as(reader, read_only=True), transaction.atomic():
        content = calendar_of(reader, now=timezone.localtime())
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="seuil.ics"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def calendar_of(user: User, *, now: datetime) -> bytes:
    """The days of `user` for sixty days, as RFC 5545 writes them; in as many statements for few lines as for many."""
    today = now.date()
    lines, is_more = ask(dated_for(user, today))
    found = Calendar()
    found.add("prodid", "-//Seuil//Agenda//FR")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):  # the first is the norm, the second what agendas read
        found.add(name, "Seuil")
    found.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", AGAIN, parameters={"VALUE": "DURATION"})
    for on, held in days_of(lines, today).items():
        found.add_component(_day(user, on, held, now=now, is_more=is_more and on == today))
    for seance in commission.attended_by(user, since=today, until=today + AHEAD):
        found.add_component(_seance(user, seance, now))
    content: bytes = found.to_ical()
    return content


def days_of(lines: Iterable[Dated], today: date) -> dict[date, list[Dated]]:
    """The lines of each day, what is late being for today; what comes after sixty days is left for later."""
    found: dict[date, list[Dated]] = {}
    for line in lines:
        if line.on <= today + AHEAD:
            found.setdefault(max(line.on, today), []).append(line)
    return found


def said(lines: list[Dated], today: date, *, is_more: bool = False) -> str:
    """« 2 réexamens, 1 rappel, dont 1 en retard. »: kinds in the order of « À faire », and nothing of whom."""
    counted = Counter(line.kind for line in lines)
    words = [f"{number(counted[kind])}{NBSP}{agree(counted[kind], kind.value)}" for kind in Kind if counted[kind]]
    late = sum(line.on < today for line in lines)
    sentence = f"{', '.join(words)}{f', dont {number(late)} en retard' if late else ''}."
    return f"{sentence} Il y en a davantage." if is_more else sentence


def _day(user: User, on: date, lines: list[Dated], *, now: datetime, is_more: bool) -> Event:
    count = len(lines)
    title = typeset(f"Seuil : {number(count)}{NBSP}{agree(count, 'chose')} à faire")
    url = f"{settings.PUBLIC_URL}{reverse('desk:todo')}"
    told = f"{said(lines, now.date(), is_more=is_more)}\n{url}"
    return _event(user, on, title, told, url, key="todo", now=now)


def _seance(user: User, seance: Seance, now: datetime) -> Event:
    """Its hour is not kept: a whole day."""
    url = f"{settings.PUBLIC_URL}{seance.get_absolute_url()}"
    event = _event(user, seance.held_on, SEANCE, url, url, key=str(seance.pk), now=now)
    if seance.place:
        event.add("location", seance.place)
    return event


def _event(user: User, on: date, title: str, told: str, url: str, *, key: str, now: datetime) -> Event:
    """A whole day, that says nothing of whether its holder is busy."""
    event = Event()
    event.add("uid", _uid(user, on, key))
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", on)
    event.add("dtend", on + DAY)
    event.add("summary", title)
    event.add("description", told)
    event.add("url", url)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event


def _uid(user: User, on: date, key: str) -> str:
    """The same at each reading, so that the day is changed and not added; from which nobody tells who it is."""
    digest = salted_hmac("desk.calendar_feed", f"{user.pk} {on.isoformat()} {key}", algorithm="sha256").hexdigest()
    return f"{digest[:32]}@{urlsplit(settings.PUBLIC_URL).hostname}"
