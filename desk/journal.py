"""The journal, whole, for who reads the journals: what was done, read and refused, by whom, when.

The DPO reads all of it (domaine § 6) and opens no dossier by it: an entry names one by the beginning of its identifier,
which is enough to follow it from line to line.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Membership, User
from audit import models as audit
from audit.reading import opened
from core.components import Entry, Filter
from core.http import needs
from desk.journal_words import told

PER_PAGE = 50
SHORT = re.compile(r"[0-9a-f]{8}")  # the first eight signs of a dossier's identifier
WEEK = "7"
PERIODS = {"1": "depuis un jour", WEEK: "depuis une semaine", "31": "depuis un mois", "366": "depuis un an"}  # days
KINDS: dict[str, tuple[str, Q]] = {
    "actes": ("les actes", Q(kind=audit.Kind.ACT)),
    "lectures": ("les lectures", Q(kind=audit.Kind.READ)),
    "refus": ("les refus", Q(event__endswith=".refused")),
    "connexions": ("les connexions", Q(event__startswith="account.") | Q(event__startswith="session.")),
    "acces": (
        "les rôles et les ouvertures",
        Q(event__regex=r"^(membership|invitation|person|grant|urgency)\.")
        | Q(event__in=("dossier.protected", "dossier.unprotected", "dossier.opened_urgently")),
    ),
    "fichiers": ("les imports et les exports", Q(event__regex=r"^(register|si_siao)\.|exported$")),
}
OF_VISITORS = {"account.reset_asked", "account.password_reset"}  # signed in as nobody
QUOI, QUAND, PAR, DOSSIER = "quoi", "quand", "par", "dossier"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, as it is shown: `whom` it was done to, when that is an account; `dossier`, the beginning of an
    identifier; both may be empty. `body` is where who did it worked then."""

    at: datetime
    words: str
    whom: str
    who: str
    body: str
    dossier: str


@needs("audit.read_journal")
@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """The entries, the newest first; a week of them unless another period is asked for."""
    people = {str(person.pk): str(person) for person in User.objects.order_by("last_name", "first_name", "pk")}
    choices = [
        Filter(QUOI, "Quoi", "tout", {code: label for code, (label, _) in KINDS.items()}),
        Filter(QUAND, "Quand", PERIODS[WEEK], {code: words for code, words in PERIODS.items() if code != WEEK}),
        Filter(PAR, "Par", "tout le monde", people),
    ]
    asked = {each.name: request.GET.get(each.name, "") for each in choices}
    asked = {each.name: asked[each.name] for each in choices if asked[each.name] in each.labels}
    dossier = request.GET.get(DOSSIER, "")
    if SHORT.fullmatch(dossier):
        asked[DOSSIER] = dossier
    page = Paginator(_found(asked), PER_PAGE).get_page(request.GET.get("page"))
    opened("journal.read", target=request.user.pk)  # type: ignore[arg-type]  # signed in: `needs` says so
    context = {
        "page": page,
        "lines": _lines(list(page.object_list), people),
        "choices": choices,
        "asked": asked,
        "active": _active(request.GET, asked, choices),
        "address": request.path,
    }
    return render(request, "desk/journal.html", context)


def _found(asked: dict[str, str]) -> Any:
    since = timezone.now() - timedelta(days=int(asked.get(QUAND, WEEK)))
    found = audit.Entry.objects.filter(recorded_at__gte=since)
    if QUOI in asked:
        found = found.filter(KINDS[asked[QUOI]][1])
    if PAR in asked:
        found = found.filter(actor_id=UUID(asked[PAR]))
    if DOSSIER in asked:
        first, last = (UUID(asked[DOSSIER] + sign * 24) for sign in "0f")
        found = found.filter(dossier_id__range=(first, last))
    return found.order_by("-recorded_at", "pk")


def _lines(entries: Collection[audit.Entry], people: dict[str, str]) -> list[Line]:
    actors = {entry.actor_id for entry in entries if entry.actor_id}
    held = Membership.objects.filter(user__in=actors).select_related("organisation").order_by("-valid_from")
    lines = []
    for entry in entries:
        where = (str(each.organisation) for each in held if each.user_id == entry.actor_id and _held(each, entry))
        whom = people.get(str(entry.target_id), "") if entry.target_id != entry.actor_id else ""
        dossier = str(entry.dossier_id)[:8] if entry.dossier_id else ""
        lines.append(Line(entry.recorded_at, told(entry.event), whom, _who(entry, people), next(where, ""), dossier))
    return lines


def _held(role: Membership, entry: audit.Entry) -> bool:
    """Whether this role was in force when that happened."""
    return role.valid_from <= entry.recorded_at and (role.valid_until is None or entry.recorded_at < role.valid_until)


def _who(entry: audit.Entry, people: dict[str, str]) -> str:
    if entry.actor_id is not None:
        return people.get(str(entry.actor_id), "un compte supprimé")
    return "un visiteur" if entry.event in OF_VISITORS or entry.event.endswith(".refused") else "Seuil"


def _active(sent: QueryDict, asked: dict[str, str], choices: Collection[Filter]) -> list[Entry]:
    """Each filter in force, with the address without it."""
    labels = {each.name: each.labels for each in choices}
    shown = []
    for name, code in asked.items():
        rest = sent.copy()
        for gone in (name, "page"):
            rest.pop(gone, None)
        words = labels[name][code] if name in labels else f"dossier {code}"
        shown.append(Entry(words, f"?{rest.urlencode()}"))
    return shown
