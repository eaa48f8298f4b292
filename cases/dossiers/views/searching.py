"""Searching: posted, never in an address; a page then shows what the search that an identifier names has found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers.models import NameSearch, PersonRole
from cases.dossiers.operations.acts import IDENTITY
from cases.dossiers.operations.finding import CLOSE, EXACT, LOOSE, REASONS
from cases.dossiers.operations.searching import Found, search_of, shown
from cases.dossiers.operations.searching import search as search_for
from cases.dossiers.views.frame import actor
from core.components import Entry
from core.errors import OperationRefused
from core.http import needs, post_only

ASKED = "recherche"  # its name in the address
CODES = ("vue", "tri", "etat", "annee", "referent", "prescripteur", "lignes")
CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
OVER = "Cette recherche est terminée. Cherchez de nouveau."
LIST = "liste"  # sent by the form that stands in the list
PER_PAGE = 25
# words, icon and colour of how well a person answers
LEVELS = {
    EXACT: ("Exact", "check-circle-fill", "logement"),
    CLOSE: ("Proche", "check-circle", "evaluation"),
    LOOSE: ("À vérifier", "circle", "attente"),
}


@needs(IDENTITY)
@post_only
def search(request: HttpRequest) -> HttpResponse:
    """Look for what was typed, then show who was found; from the list (`liste`), the list with its filters."""
    user, codes = actor(request), coded(request.POST)
    in_the_list = LIST in request.POST
    try:
        made = search_for(request.POST.get("q", ""), by=user, session=session_print(request))
    except OperationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('dossiers:list')}?{urlencode(codes)}" if codes else reverse("dossiers:list"))
    if not in_the_list:
        return redirect("dossiers:found", pk=made.pk)
    codes[ASKED] = str(made.pk)
    return redirect(f"{reverse('dossiers:list')}?{urlencode(codes)}")


@needs(IDENTITY)
@require_safe
def found(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who was found, how well and why, the best first: in the dossiers that are open to the reader at this moment."""
    user = actor(request)
    kept = search_of(user, str(pk), session=session_print(request))
    if kept is None:
        messages.info(request, OVER)
        return redirect("dossiers:list")
    people = [_line(each) for each in shown(kept, user)]
    opened("dossiers.found", target=kept.pk)
    page = Paginator(people, PER_PAGE).get_page(request.GET.get("page"))
    context = {"search": kept, "page": page, "lines": page.object_list, "count": len(people)}
    context |= {"above": [Entry("Dossiers", reverse("dossiers:list"))]}
    return render(request, "dossiers/found.html", context)


@dataclass(frozen=True, slots=True)
class Line:
    """One person found, as the page shows her."""

    found: Found
    role: str  # empty for the titulaire
    level: str
    icon: str
    kind: str
    why: str


def _line(each: Found) -> Line:
    level, icon, kind = LEVELS[each.level]
    role = "" if each.role == PersonRole.TITULAIRE else PersonRole(each.role).label.lower()
    return Line(each, role, level, icon, kind, ", ".join(REASONS[code] for code in each.reasons))


def asked_search(request: HttpRequest, user: User) -> NameSearch | None:
    """The search that the address names, None when it names none that is the reader's and goes on."""
    asked = request.GET.get(ASKED, "")
    return search_of(user, asked, session=session_print(request)) if asked and user.has_perm(IDENTITY) else None


def named(search: NameSearch | None) -> Q:
    """The dossiers that a search found; all of them without a search."""
    return Q() if search is None else Q(pk__in=search.found)


def without_search(request: HttpRequest) -> HttpResponse:
    """The same list, without a search that is over: the same answer for one of somebody else, or of nobody."""
    messages.info(request, OVER)
    codes = coded(request.GET)
    return redirect(f"{reverse('dossiers:list')}?{urlencode(codes)}" if codes else reverse("dossiers:list"))


def session_print(request: HttpRequest) -> str:
    """A print of the session, from which it cannot be taken up: another one does not open what this one searched."""
    return salted_hmac("cases.dossiers.search", request.session.session_key or "", algorithm="sha256").hexdigest()


def coded(told: QueryDict) -> dict[str, str]:
    """The codes of an address or of a form, and nothing that somebody could have typed."""
    return {name: code for name in CODES if CODE.fullmatch(code := told.get(name, ""))}
