"""The list of dossiers: views, filters and sorts by codes; names only for who may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, IntegerField, OrderBy, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers.models import Dossier, DossierQuerySet, Evaluation, Participant, PersonRole, State
from cases.dossiers.operations.acts import INSTRUCT, OPEN
from cases.dossiers.views.filters import Choices, choices_of, condition_of
from cases.dossiers.views.frame import IDENTITY
from cases.dossiers.views.words import capitalised, household_words
from core.components import Entry
from core.http import needs
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
class View:
    """A saved view: a code in the address, a name, a condition."""

    code: str
    label: str
    condition: Q


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks that means something; the rest is left aside."""

    view: View
    sort: str
    filters: dict[str, str] = field(default_factory=dict)

    @property
    def condition(self) -> Q:
        found = self.view.condition
        for name, code in self.filters.items():
            found &= condition_of(name, code)
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list."""

    dossier: Dossier
    name: str
    household: str


@needs("dossiers.view_dossier")
@require_safe
def dossiers(request: HttpRequest) -> HttpResponse:
    """The dossiers that a live grant shows to the reader."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  `needs` let in signed-in people alone
    visible = Dossier.objects.visible_to(user)
    views = views_of(user)
    choices = choices_of(visible, in_full=user.has_perm(INSTRUCT), today=timezone.localdate())
    asked = _asked(request, views, choices)
    counts = _counts(visible, views, asked)
    ordered = visible.filter(asked.condition).order_by(*SORTS[asked.sort]).select_related("referent")
    paginator = Paginator(ordered, LONG_PAGE if request.GET.get("lignes") == str(LONG_PAGE) else PER_PAGE)
    paginator.__dict__["count"] = counts["asked"]  # counted with the views, in one query
    page = paginator.get_page(request.GET.get("page"))
    opened("dossiers.listed", target=user.pk)
    return render(
        request,
        "dossiers/list.html",
        {
            "page": page,
            "lines": _lines(list(page.object_list), user),
            "sort": asked.sort,
            "is_sorted": asked.sort != FIRST_SORT,
            "view": asked.view,
            "views": _chips(views, asked, counts) if len(views) > 1 else [],
            "active": [_without(request, name, choices[name].said(code)) for name, code in asked.filters.items()],
            "choices": choices.values(),
            "asked": asked.filters,
            "total": counts["view_0"],
            "found": counts["asked"],
            "may_name": user.has_perm(IDENTITY),
            "may_open": user.has_perm(OPEN),
            "may_instruct": user.has_perm(INSTRUCT),
        },
    )


def views_of(user: User) -> list[View]:
    """All of them; then those that make sense for who instructs."""
    everything = View("", "Tous", Q())
    if not user.has_perm(INSTRUCT):
        return [everything]
    due = Q(review_on=None) | Q(review_on__lte=timezone.localdate())
    return [
        everything,
        View("miens", "Mes dossiers", Q(referent=user)),
        View("sans-referent", "Sans référent", Q(referent=None) & ~Q(state=State.CLOS)),
        View("a-revoir", "À revoir", Q(state=State.AJOURNE) & due),
    ]


def _asked(request: HttpRequest, views: list[View], choices: dict[str, Choices]) -> Asked:
    wanted, sort = request.GET.get("vue", ""), request.GET.get("tri", "")
    told = {name: request.GET.get(name, "") for name in choices}
    return Asked(
        view=next((view for view in views if view.code == wanted), views[0]),
        sort=sort if sort in SORTS else FIRST_SORT,
        filters={name: code for name, code in told.items() if code in choices[name].labels},
    )


def _counts(visible: DossierQuerySet, views: list[View], asked: Asked) -> dict[str, int]:
    """How many dossiers each view holds, and how many are asked for, in one query."""
    counted = {f"view_{rank}": Count("pk", filter=view.condition or None) for rank, view in enumerate(views)}
    counted["asked"] = Count("pk", filter=asked.condition or None)
    return visible.aggregate(**counted)


def _lines(shown: list[Dossier], user: User) -> list[Line]:
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


def _chips(views: list[View], asked: Asked, counts: dict[str, Any]) -> list[Entry]:
    address = reverse("dossiers:list")
    return [
        Entry(
            view.label,
            f"{address}?vue={view.code}" if view.code else address,
            "",
            view == asked.view,
            counts[f"view_{n}"],
        )
        for n, view in enumerate(views)
    ]


def _without(request: HttpRequest, name: str, label: str) -> Entry:
    kept = request.GET.copy()
    for gone in (name, "page"):
        kept.pop(gone, None)
    return Entry(label, f"?{kept.urlencode()}" if kept else reverse("dossiers:list"))
