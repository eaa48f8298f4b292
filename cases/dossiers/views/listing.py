"""The list of dossiers: views, filters and sorts by codes; names only for who may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import and_
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, OrderBy, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers.models import (
    Dossier,
    DossierQuerySet,
    Evaluation,
    KeptView,
    NameSearch,
    Participant,
    PersonRole,
    State,
)
from cases.dossiers.operations.acts import IDENTITY, INSTRUCT, OPEN, VIEW
from cases.dossiers.operations.views import kept_views
from cases.dossiers.views.filters import Choices, choices_of, condition_of, is_coded, shares_of
from cases.dossiers.views.frame import sees_status_alone
from cases.dossiers.views.keeping import codes_of
from cases.dossiers.views.saved import View, views_of
from cases.dossiers.views.searching import ASKED, asked_search, named, without_search
from cases.dossiers.views.searching import coded as coded_of
from cases.dossiers.views.words import capitalised, household_words
from core.components import Entry
from core.http import needs
from core.tables import FORMATS
from vault import keys
from vault.models import KeyClass

PER_PAGE = 25
LONG_PAGE = 50  # ?lignes=50
FIRST_SORT = "-reference"
ALONG_THE_PATH = Case(
    *(When(state=state, then=Value(rank)) for rank, state in enumerate(State)), output_field=IntegerField()
)
SORTS: dict[str, Sequence[str | OrderBy]] = {
    "reference": ("reference",),
    "-reference": ("-reference",),
    "etat": (ALONG_THE_PATH.asc(), "reference"),
    "-etat": (ALONG_THE_PATH.desc(), "reference"),
    "depuis": (F("state_on").asc(nulls_last=True), "reference"),
    "-depuis": (F("state_on").desc(nulls_last=True), "reference"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks that means something; the rest is left aside."""

    view: View
    sort: str
    filters: dict[str, str] = field(default_factory=dict)
    search: NameSearch | None = None

    @property
    def condition(self) -> Q:
        found = self.view.condition & named(self.search)
        for name, code in self.filters.items():
            found &= condition_of(name, code)
        return found


@dataclass(frozen=True, slots=True)
class Chosen:
    """The list that an address asks for: its rows in order, and what stands around them."""

    asked: Asked
    views: list[View]
    choices: dict[str, Choices]
    counts: dict[str, int]
    found: int
    rows: DossierQuerySet

    @property
    def codes(self) -> dict[str, str]:
        """What was asked, as the journal tells it: codes alone."""
        search = self.asked.search
        told = {"vue": self.asked.view.code, "tri": self.asked.sort, "recherche": str(search.pk) if search else ""}
        return {name: code for name, code in {**told, **self.asked.filters}.items() if code}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list."""

    dossier: Dossier
    name: str
    household: str


@needs(VIEW)
@require_safe
def dossiers(request: HttpRequest) -> HttpResponse:
    """The dossiers that a live grant shows to the reader."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  `needs` let in signed-in people alone
    if sees_status_alone(user):
        return redirect("prescriptions:list")
    told = chosen(request, user)
    if told is None:
        return without_search(request)
    asked, search = told.asked, told.asked.search
    paginator = Paginator(told.rows, LONG_PAGE if request.GET.get("lignes") == str(LONG_PAGE) else PER_PAGE)
    paginator.__dict__["count"] = told.found  # counted with the views, in one query
    page = paginator.get_page(request.GET.get("page"))
    opened("dossiers.listed", target=user.pk)
    codes, kept = codes_of(request.GET), kept_views(user)
    standing = next((each for each in kept if each.codes == codes), None)
    return render(
        request,
        "dossiers/list.html",
        {
            "page": page,
            "lines": lines_of(list(page.object_list), user),
            "sort": asked.sort,
            "is_sorted": asked.sort != FIRST_SORT,
            "view": asked.view,
            "views": _chips(told, kept, standing),
            "kept_view": standing,
            "keep_url": f"{reverse('dossiers:keep_view')}?{codes}" if codes and standing is None else "",
            "active": _active(request, asked, told.choices),
            "search": search,
            "kept": {**coded_of(request.GET), ASKED: str(search.pk)} if search else coded_of(request.GET),
            "choices": told.choices.values(),
            "asked": asked.filters,
            "total": told.counts[""],
            "found": told.found,
            "formats": FORMATS,
            "export_url": f"{reverse('dossiers:export')}?{_kept(request, search)}",
            "may_name": user.has_perm(IDENTITY),
            "may_open": user.has_perm(OPEN),
            "may_instruct": user.has_perm(INSTRUCT),
        },
    )


def chosen(request: HttpRequest, user: User) -> Chosen | None:
    """What the address asks of the reader's dossiers; None when it names a search that is over."""
    visible, today = Dossier.objects.visible_to(user), timezone.localdate()
    views = views_of(user, today)
    view = next((each for each in views if each.code == request.GET.get("vue")), views[0])
    coded = _coded(request, today)
    search = asked_search(request, user)
    if search is None and ASKED in request.GET:
        return None
    shares = shares_of(visible, _counted(views, view, coded, search))
    choices = choices_of(shares, asked_year=coded.get("annee", ""), in_full=user.has_perm(INSTRUCT), today=today)
    asked = _asked(request, view, choices, search)
    counts = {each.code: sum(share.counts[f"view_{each.code}"] for share in shares) for each in views}
    found = sum(share.counts["asked"] for share in shares if share.answers(asked.filters))
    rows = visible.filter(asked.condition).order_by(*SORTS[asked.sort]).select_related("referent")
    return Chosen(asked, views, choices, counts, found, rows)


def _kept(request: HttpRequest, search: NameSearch | None) -> str:
    """The codes of the address, as an address."""
    return urlencode({**coded_of(request.GET), **({ASKED: str(search.pk)} if search else {})})


def _coded(request: HttpRequest, today: date) -> dict[str, str]:
    """The filters of the address whose codes mean something without reading any dossier."""
    told = {name: request.GET.get(name, "") for name in ("etat", "annee")}
    return {name: code for name, code in told.items() if is_coded(name, code, today)}


def _counted(views: list[View], view: View, coded: dict[str, str], search: NameSearch | None) -> dict[str, Q]:
    """What to count: each view; and what is asked for, but for who follows and who sent."""
    kept = (condition_of(name, code) for name, code in coded.items())
    asked = reduce(and_, kept, view.condition & named(search))
    return {**{f"view_{each.code}": each.condition for each in views}, "asked": asked}


def _asked(request: HttpRequest, view: View, choices: dict[str, Choices], search: NameSearch | None) -> Asked:
    sort = request.GET.get("tri", "")
    told = {name: request.GET.get(name, "") for name in choices}
    return Asked(
        view=view,
        sort=sort if sort in SORTS else FIRST_SORT,
        filters={name: code for name, code in told.items() if code in choices[name].labels},
        search=search,
    )


def lines_of(shown: list[Dossier], user: User) -> list[Line]:
    """Names and households of one page: two queries, and the keys of all in one."""
    ids = [dossier.pk for dossier in shown]
    people = {}
    if user.has_perm(IDENTITY):
        members = Participant.objects.filter(dossier__in=ids, role=PersonRole.TITULAIRE).select_related("person")
        people = {member.dossier_id: member.person for member in members}
    evaluations = {each.dossier_id: each for each in Evaluation.objects.filter(dossier__in=ids).current()}
    keys.warm(
        [person.pk for person in people.values()] + [dossier.household_id for dossier in shown],
        [KeyClass.IDENTITY, KeyClass.SOCIAL],
    )
    return [
        Line(
            dossier,
            people[dossier.pk].listed_name if dossier.pk in people else dossier.reference,
            capitalised(household_words(evaluations.get(dossier.pk))),
        )
        for dossier in shown
    ]


def _chips(told: Chosen, kept: list[KeptView], standing: KeptView | None) -> list[Entry]:
    """The views of everybody with their counts, then those that the reader keeps; none when there is but one."""
    every, here = reverse("dossiers:list"), told.asked.view if standing is None else None
    common = [
        Entry(each.label, f"{every}?vue={each.code}" if each.code else every, "", each == here, told.counts[each.code])
        for each in told.views
    ]
    hers = [Entry(each.name, f"{every}?{each.codes}", "", each == standing) for each in kept]
    return [*common, *hers] if len(common) + len(hers) > 1 else []


def _active(request: HttpRequest, asked: Asked, choices: dict[str, Choices]) -> list[Entry]:
    """The search and the filters, each with the list without it."""
    named_first = [_without(request, ASKED, f"Recherche : {asked.search.words}")] if asked.search else []
    return named_first + [_without(request, name, choices[name].said(code)) for name, code in asked.filters.items()]


def _without(request: HttpRequest, name: str, label: str) -> Entry:
    kept = request.GET.copy()
    for gone in (name, "page"):
        kept.pop(gone, None)
    return Entry(label, f"?{kept.urlencode()}" if kept else reverse("dossiers:list"))
