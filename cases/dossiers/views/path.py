"""The residential path on its own page: the drawing, what is to settle, each period with what one may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.dossiers.forms.dates import as_typed
from cases.dossiers.forms.path import CopyForm, EndForm, PeriodForm, last_day
from cases.dossiers.models import Dossier, Participant, ResidentialSituation
from cases.dossiers.operations import path as operations
from cases.dossiers.operations.acts import INSTRUCT, VIEW
from cases.dossiers.views.frame import actor, dossier_context, visible_dossier
from cases.dossiers.views.persons import about_when
from cases.dossiers.views.residential import LEGEND, PersonLane, doubts_of, drawing, lanes_of, source_words
from cases.dossiers.views.words import capitalised, ethos_words
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs


@dataclass(frozen=True, slots=True)
class Line:
    """A period in the table: from when, until when, where, told by whom; `row` when one may act on it here."""

    since: str
    until: str
    where: str
    source: str
    row: ResidentialSituation | None
    goes_on: bool
    first: date


@needs(VIEW)
@require_safe
def path_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The lanes of everybody, those who left too, and each period."""
    dossier = visible_dossier(request, pk)
    context = dossier_context(request, dossier, "")
    lanes = lanes_of(dossier, context, user=actor(request), former=True)
    today, in_full = context["today"], context["in_full"]
    context |= {
        "chart": drawing(lanes, today=today),
        "legend": LEGEND,
        "lane_headings": ("ETHOS", "Source"),
        "doubts": doubts_of(lanes),
        "seen": [words for lane in lanes for words in lane.seen],
        "parts": [(lane, _lines(lane, dossier, today, in_full=in_full)) for lane in lanes],
        "corrected": _no_longer(dossier, today) if in_full else [],
        "may_copy": len(lanes) > 1,
        "above": [*context["above"], Entry(dossier.reference, dossier.get_absolute_url())],
    }
    return render(request, "dossiers/path.html", context)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def add_period(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """A period of a member; from the page of a gap (`creux`, its rank), its days are proposed."""
    dossier = visible_dossier(request, pk)
    stay = get_object_or_404(Participant.objects.select_related("person"), pk=member, dossier=dossier)
    form = PeriodForm(posted(request), initial=_proposed(request, dossier, stay))

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.add_period(dossier.pk, stay.person_id, form.period(), by=actor(request))
        return "La période est inscrite.", _back(dossier)

    text = "Une date approximative suffit : un mois, une année. Ce que l’on ne sait pas reste vide."
    page = _page(dossier, "Ajouter une période", "Ajouter cette période", "plus-lg", text, lead=stay.person.name)
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def correct_period(request: HttpRequest, pk: UUID, period: UUID) -> HttpResponse:
    """Another period in place of this one, which is kept."""
    dossier, row = _found(request, pk, period)
    known = {
        "ethos": row.ethos,
        "started": as_typed(row.started_on, row.started_precision),
        "ended": as_typed(row.ended_on, row.ended_precision),
        "told_by": row.told_by,
    }
    form = PeriodForm(posted(request), initial=known)

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.correct_period(dossier.pk, row.pk, form.period(seen_on=row.seen_on), by=actor(request))
        return "La période est corrigée. L’ancienne reste lisible au bas du parcours.", _back(dossier)

    page = _page(dossier, "Corriger une période", "Enregistrer la correction", "pencil-square", lead=row.person.name)
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def end_period(request: HttpRequest, pk: UUID, period: UUID) -> HttpResponse:
    """The period is over."""
    dossier, row = _found(request, pk, period)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        ended = told["ended"]
        operations.end_period(dossier.pk, row.pk, last_day(ended), by=actor(request), precision=ended.stored)
        return "La fin de cette période est inscrite.", _back(dossier)

    page = _page(dossier, "Terminer une période", "Inscrire la fin", "check-lg", lead=_told_of(row))
    return form_page(request, EndForm(posted(request)), page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def copy_period(request: HttpRequest, pk: UUID, period: UUID) -> HttpResponse:
    """The same period for other members."""
    dossier, row = _found(request, pk, period)
    stays = Participant.objects.filter(dossier=dossier).exclude(person=row.person_id).select_related("person")
    people = {str(stay.person_id): stay.person.name for stay in stays}
    form = CopyForm(posted(request), people=list(people.items()))

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.copy_period(dossier.pk, row.pk, [UUID(key) for key in told["people"]], by=actor(request))
        return "La période est inscrite aussi pour ces personnes.", _back(dossier)

    text = "Un enfant né pendant cette période y est inscrit depuis sa naissance."
    page = _page(dossier, "Copier une période", "Copier cette période", "people", text, lead=_told_of(row))
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_period(request: HttpRequest, pk: UUID, period: UUID) -> HttpResponse:
    """The period was written by mistake."""
    dossier, row = _found(request, pk, period)

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.withdraw_period(dossier.pk, row.pk, by=actor(request))
        return "La période est retirée du parcours.", _back(dossier)

    text = "Elle ne compte plus dans le parcours. Elle reste lisible au bas de la page, avec la date de son retrait."
    page = _page(dossier, "Retirer une période", "Retirer cette période", "trash", text, lead=_told_of(row))
    return form_page(request, forms.Form(posted(request)), page, do)


def _lines(lane: PersonLane, dossier: Dossier, today: date, *, in_full: bool) -> list[Line]:
    lines = []
    for piece in lane.pieces:
        row, period = piece.row, piece.period
        lines.append(
            Line(
                since=_since(row, period.start, today),
                until=_until(row, period.end, today),
                where=period.label,
                source=period.details[1],
                row=row if in_full and row is not None and row.dossier_id == dossier.pk else None,
                goes_on=row is not None and row.ended_on is None,
                first=period.start,
            )
        )
    for row in lane.undated:
        where = capitalised(ethos_words(row.ethos, in_full=in_full))
        mine = row if in_full and row.dossier_id == dossier.pk else None
        lines.append(Line("date non connue", "date non connue", where, source_words(row), mine, True, date.max))
    return sorted(lines, key=lambda line: line.first, reverse=True)


def _since(row: ResidentialSituation | None, start: date, today: date) -> str:
    if row is None or row.started_on is not None:
        return about_when(start, row.started_precision if row else "", today=today)
    return "date non connue" if row.seen_on is None else f"vue le {about_when(row.seen_on, '', today=today)}"


def _until(row: ResidentialSituation | None, end: date | None, today: date) -> str:
    if row is None:
        return about_when(end, "", today=today) if end is not None else "en cours"
    if row.ended_on is not None:
        return about_when(row.ended_on, row.ended_precision, today=today)
    return "en cours" if row.started_on is not None else "date non connue"


def _no_longer(dossier: Dossier, today: date) -> list[tuple[str, str, str, str, str]]:
    """The periods that were corrected or withdrawn: who, from when, until when, where, what became of each."""
    rows = ResidentialSituation.objects.filter(dossier=dossier).select_related("person", "replacement")
    gone = rows.exclude(pk__in=ResidentialSituation.objects.standing().filter(dossier=dossier).values("pk"))
    return [
        (
            row.person.name,
            _since(row, row.started_on or row.seen_on or today, today),
            _until(row, row.ended_on, today),
            capitalised(ethos_words(row.ethos, in_full=True)),
            "retirée" if row.withdrawn_at else "corrigée",
        )
        for row in gone.order_by("-recorded_at")
    ]


def _proposed(request: HttpRequest, dossier: Dossier, stay: Participant) -> dict[str, Any]:
    """The days of the gap that one comes from, when there is one of that rank."""
    rank = request.GET.get("creux", "")
    if request.method == "POST" or not rank.isdecimal():
        return {}
    context = dossier_context(request, dossier, "")
    lanes: Sequence[PersonLane] = lanes_of(dossier, context, user=actor(request), former=True)
    found = next((lane.gaps for lane in lanes if lane.member.pk == stay.pk), ())
    if not 1 <= int(rank) <= len(found):
        return {}
    gap = found[int(rank) - 1]
    return {"started": as_typed(gap.start, ""), "ended": as_typed(gap.end, "")}


def _found(request: HttpRequest, pk: UUID, period: UUID) -> tuple[Dossier, ResidentialSituation]:
    """The dossier and one of its standing periods, else 404."""
    dossier = visible_dossier(request, pk)
    standing = ResidentialSituation.objects.standing().select_related("person")
    return dossier, get_object_or_404(standing, pk=period, dossier=dossier)


def _told_of(row: ResidentialSituation) -> str:
    return f"{row.person.name} : {ethos_words(row.ethos, in_full=True)}."


def _page(dossier: Dossier, heading: str, action: str, icon: str, text: str = "", lead: str = "") -> Page:
    trail = [
        Entry("Dossiers", reverse("dossiers:list")),
        Entry(dossier.reference, dossier.get_absolute_url()),
        Entry("Parcours résidentiel", _back(dossier)),
    ]
    return Page(heading, action, _back(dossier), icon=icon, text=text, lead=lead, trail=trail)


def _back(dossier: Dossier) -> str:
    return reverse("dossiers:path", args=[dossier.pk])
