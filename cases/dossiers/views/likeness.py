"""Persons who may be one: those to answer, two of them side by side, and the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers import operations
from cases.dossiers.models import Dossier, Level, Likeness, Participant, Person, Sex, Why
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.likeness import numbers_of
from cases.dossiers.views.frame import actor, visible_dossier
from core.components import Entry
from core.errors import OperationRefused
from core.http import needs, post_only, refusals_to_messages
from vault import keys
from vault.models import KeyClass

PER_PAGE = 25
# icon and colour of a degree
LOOK_OF = {
    Level.CERTAIN: ("exclamation-circle", "attente"),
    Level.PROBABLE: ("question-circle", "evaluation"),
    Level.POSSIBLE: ("circle", "fin"),
}
# what is posted → the act, what is said once it is done
ANSWERS: dict[str, tuple[Callable[..., Likeness], str]] = {
    "meme": (
        operations.say_same,
        "Les deux personnes sont reliées. Chacune garde son dossier, et le lien peut être défait.",
    ),
    "deux": (operations.say_apart, "C’est noté : ce sont deux personnes. La question ne sera plus posée."),
    "reprendre": (operations.take_back, "La réponse est reprise : la question est de nouveau posée."),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what is known of her, in the dossiers that the reader sees."""

    person: Person
    numbers: list[str]
    places: list[Participant]

    @property
    def dossier(self) -> Dossier:
        return self.places[0].dossier


@dataclass(frozen=True, slots=True)
class Pair:
    """Two persons who look alike, as a page shows them."""

    likeness: Likeness
    level: str
    icon: str
    kind: str
    why: list[str]
    sides: tuple[Side, Side]


@needs(INSTRUCT)
@require_safe
def likenesses(request: HttpRequest) -> HttpResponse:
    """Those that await an answer, the surest first."""
    user = actor(request)
    page = Paginator(operations.likenesses_awaiting(user), PER_PAGE).get_page(request.GET.get("page"))
    pairs = pairs_of(list(page.object_list), user)
    opened("likenesses.listed", target=user.pk)
    return render(
        request,
        "dossiers/likenesses.html",
        {"page": page, "pairs": pairs, "above": [Entry("Dossiers", reverse("dossiers:list"))]},
    )


@needs(INSTRUCT)
@require_safe
def dossier_likenesses(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who resembles the persons of one dossier: to answer, and answered; whom they are linked with."""
    user, dossier = actor(request), visible_dossier(request, pk)
    pairs = pairs_of(list(Likeness.objects.of_dossier(dossier).order_by("answered_at", "noticed_at")), user)
    return render(
        request,
        "dossiers/dossier_likenesses.html",
        {
            "dossier": dossier,
            "waiting": [pair for pair in pairs if pair.likeness.answer is None],
            "answered": [pair for pair in pairs if pair.likeness.answer is not None],
            "above": [
                Entry("Dossiers", reverse("dossiers:list")),
                Entry(dossier.reference, dossier.get_absolute_url()),
            ],
        },
    )


@needs(INSTRUCT)
@require_safe
def likeness(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The two side by side, and the question."""
    pair = _pair(pk, actor(request))
    for side in pair.sides:
        for place in side.places:
            opened("dossier.compared", target=pair.likeness.pk, dossier=place.dossier_id)
    above = [Entry("Dossiers", reverse("dossiers:list")), Entry("Doublons possibles", reverse("dossiers:likenesses"))]
    context = {"pair": pair, "rows": _rows(pair), "above": above}
    return render(request, "dossiers/likeness.html", context)


@needs(INSTRUCT)
@post_only
@refusals_to_messages
def answer_likeness(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same person, two persons, or the answer taken back."""
    user = actor(request)
    pair = _pair(pk, user)
    do, said = ANSWERS.get(request.POST.get("reponse", ""), (None, ""))
    if do is None:
        raise OperationRefused("Choisissez l’une des réponses.")
    do(pk, by=user)
    messages.success(request, said)
    return redirect("dossiers:of_dossier", pk=pair.sides[0].dossier.pk)


@needs(INSTRUCT)
@post_only
@refusals_to_messages
def unlink(request: HttpRequest, pk: UUID, link: UUID) -> HttpResponse:
    """From a dossier: its person and another one are not one any more."""
    dossier, user = visible_dossier(request, pk), actor(request)
    links = {each.link_id for each in operations.elsewhere(dossier, user)}
    if link not in links:
        raise Http404
    operations.unlink(link, by=user)
    messages.success(request, "Le lien est défait. Rien d’autre n’a changé dans les deux dossiers.")
    return redirect("dossiers:detail", pk=dossier.pk)


def _pair(pk: UUID, user: User) -> Pair:
    """The pair of this address, when the reader sees both; else 404."""
    found = pairs_of([get_object_or_404(Likeness, pk=pk)], user)
    if not found:
        raise Http404
    return found[0]


def pairs_of(rows: Iterable[Likeness], user: User) -> list[Pair]:
    """These pairs, without those of which the reader does not see both persons; keys and numbers read together."""
    likely = list(rows)
    ids = {pk for row in likely for pk in (row.one_id, row.other_id)}
    visible = Dossier.objects.visible_to(user)
    members = Participant.objects.filter(person__in=ids, dossier__in=visible).select_related("person", "dossier")
    places: dict[UUID, list[Participant]] = {}
    for member in members.order_by("-dossier__created_at", "-dossier__reference"):
        places.setdefault(member.person_id, []).append(member)
    keys.warm(list(places), [KeyClass.IDENTITY])
    numbers = numbers_of(list(places))
    sides = {pk: Side(hers[0].person, numbers.get(pk, []), hers) for pk, hers in places.items()}
    return [
        _shown(row, sides[row.one_id], sides[row.other_id])
        for row in likely
        if {row.one_id, row.other_id} <= sides.keys()
    ]


def _shown(row: Likeness, one: Side, other: Side) -> Pair:
    icon, kind = LOOK_OF[Level(row.level)]
    why = [Why(code).label for code in row.reasons]
    latest_first = (one, other) if one.dossier.created_at >= other.dossier.created_at else (other, one)
    return Pair(row, str(Level(row.level).label), icon, kind, [str(each) for each in why], latest_first)


FACTS: tuple[tuple[str, Callable[[Side], str]], ...] = (
    ("Nom", lambda side: side.person.last_name or ""),
    ("Prénom", lambda side: side.person.first_name or ""),
    ("Date de naissance", lambda side: _day(side.person.birth_date)),
    ("Sexe", lambda side: str(Sex(side.person.sex).label) if side.person.sex else ""),
    ("N° unique", lambda side: ", ".join(side.numbers)),
    ("Place dans le ménage", lambda side: side.places[0].get_role_display()),
    ("Orienté par", lambda side: str(side.dossier.prescripteur or "")),
    ("Orienté le", lambda side: _day(side.dossier.oriented_on)),
    ("Dossier ouvert le", lambda side: _day(timezone.localdate(side.dossier.created_at))),
)


def _rows(pair: Pair) -> list[tuple[str, list[str], bool]]:
    """(what, what is known of each, whether both are known and differ)."""
    told = [(label, [value(side) for side in pair.sides]) for label, value in FACTS]
    return [(label, values, all(values) and values[0] != values[1]) for label, values in told]


def _day(on: date | None) -> str:
    return f"{on:%d/%m/%Y}" if on else ""
