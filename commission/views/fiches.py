"""Fiches as members read them, as the SIAO sees them before, and who read which version."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.backends import memberships_of
from accounts.models import Organisation, User
from accounts.proof import recently_proved
from audit.models import Entry, Kind
from audit.reading import opened
from cases.dossiers.models import Dossier
from cases.dossiers.operations.acts import INSTRUCT, RESOURCES
from cases.dossiers.views import actor, visible_dossier
from commission.models import Examen, ExamenGroupGrant, Fiche, Seance, live_grants_of
from commission.operations import SEANCE, closes_at, draft_of
from commission.operations.awaiting import READ_FICHE
from commission.operations.seances import RUN
from commission.views.sheets import LEFT_OUT, Words, on_paper, words_of
from core.components import Entry as Link
from core.documents import render as render_pdf
from core.drawings import watermark
from core.http import needs
from core.tables import FORMATS, Value, table_file
from core.typography import day_and_month, long_date

HEIGHT, PER_PAGE = 1060, 100
A_MOMENT = timedelta(seconds=1)  # what closes at midnight is read until the day before
COLUMNS = (
    *("Référence", "Version", "Passage", "Composition", "Âge", "Logement aujourd’hui", "Ressources", "Total"),
    *("Dette de loyer", "Demande de logement valable jusqu’au", "Projet", "Communes", "Logement cherché", "Animaux"),
    *("Priorité", "Accompagnement", "Pièces", "Exemplaire de"),
)
HOW = {"fiche.opened": "lue", "fiche.exported": "exportée"}


@needs(READ_FICHE)
@require_safe
def fiche(request: HttpRequest, pk: UUID, examen: UUID, *, paper: bool = False) -> HttpResponse:
    """One fiche, for a member whose organisation it is open to; its reading goes to the journal with its version.

    On `paper`, it is taken away: the journal says so.
    """
    found = _told(request).filter(seance=pk, examen=examen).last_versions().first()  # type: ignore[attr-defined]
    grant = _grants(request).get(found.examen_id) if found else None
    if found is None or grant is None:
        raise Http404
    _note("fiche.exported" if paper else "fiche.opened", found, grant)
    back = Link("Revenir à la séance", reverse("commission:seance", args=[pk]))
    pdf = "" if paper else reverse("commission:fiche_pdf", args=[pk, examen])
    return _sheet(
        request, found, found.seance, back=back, reader=_reader(grant, actor(request)), until=_last_day(grant), pdf=pdf
    )


@needs(READ_FICHE)
@recently_proved
@require_safe
def fiches_csv(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The fiches of a séance that are open to the reader, as a table; each is journaled."""
    told = list(_told(request).filter(seance=pk).last_versions())  # type: ignore[attr-defined]
    grants = _grants(request)
    rows = [row for row in told if row.examen_id in grants]  # one may close between two statements
    if not rows:
        raise Http404
    lines: list[tuple[Value, ...]] = []
    for found in sorted(rows, key=lambda row: row.reference):
        grant = grants[found.examen_id]
        _note("fiche.exported", found, grant)
        lines.append(_line(words_of(found), _reader(grant, actor(request))))
    answer = HttpResponse(table_file("csv", "Fiches", COLUMNS, lines), content_type=FORMATS["csv"].media_type)
    answer["Content-Disposition"] = f'attachment; filename="fiches-{rows[0].seance.held_on.isoformat()}.csv"'
    return answer


@needs(RESOURCES)
@require_safe
def preview(request: HttpRequest, pk: UUID, *, paper: bool = False) -> HttpResponse:
    """« Ce que verra le bailleur », from the dossier: the very sheet, before it is shared."""
    pdf = "" if paper else reverse("commission:preview_pdf", args=[pk])
    return _preview(request, visible_dossier(request, pk), None, pdf=pdf)


@needs(RESOURCES)
@require_safe
def told(request: HttpRequest, pk: UUID, examen: UUID, *, paper: bool = False) -> HttpResponse:
    """The same, of one passage: the version that was shown, else the last one, else what would be told."""
    dossier = visible_dossier(request, pk)
    found = get_object_or_404(Examen.objects.select_related("seance"), pk=examen, dossier=dossier)
    return _preview(request, dossier, found, pdf=reverse("commission:told_pdf", args=[pk, examen]) if not paper else "")


@needs(RESOURCES)
@require_safe
def readings(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who saw which version: organisation, version, moment. The reader is named to who runs the séance alone."""
    _require_staff(request)
    seance = get_object_or_404(Seance, pk=pk)
    visible = Dossier.objects.visible_to(actor(request))
    fiches = {each.pk: each for each in Fiche.objects.filter(seance=seance, dossier__in=visible)}
    dossiers = {each.dossier_id for each in fiches.values()}
    found = Entry.objects.filter(kind=Kind.READ, event__in=HOW, dossier_id__in=dossiers, target_id__in=fiches)
    page = Paginator(found.order_by("-recorded_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    entries = list(page.object_list)
    bodies = Organisation.objects.in_bulk([UUID(str(each.codes["organisation"])) for each in entries])
    names = request.user.has_perm(RUN)
    readers = User.objects.in_bulk([each.actor_id for each in entries if each.actor_id]) if names else {}
    examens = Examen.objects.filter(seance=seance, dossier__in=visible).values("pk")
    told = ExamenGroupGrant.objects.filter(content_object__in=examens, content_object__dossier__is_protected=False)
    open_to = told.values_list(
        "group__organisation__name", "reason", "valid_until", "content_object__dossier__reference"
    )
    rows = [_reading(each, fiches, bodies, readers) for each in entries]
    context = {
        "seance": seance,
        "rows": rows,
        "page": page,
        "names": names,
        "windows": _windows(open_to),
        "above": [
            Link("Séances", reverse("commission:seances")),
            Link(str(seance).capitalize(), seance.get_absolute_url()),
        ],
    }
    return render(request, "commission/readings.html", context)


class Reading(NamedTuple):
    """A line of the page."""

    reference: str
    organisation: str
    version: int
    at: datetime
    how: str
    reader: str


def _reading(
    entry: Entry, fiches: dict[UUID, Fiche], bodies: dict[UUID, Organisation], readers: dict[UUID, User]
) -> Reading:
    seen = fiches[entry.target_id]
    body = bodies.get(UUID(str(entry.codes["organisation"])))
    reader = readers.get(entry.actor_id) if entry.actor_id else None
    name = body.name if body else ""
    return Reading(seen.reference, name, seen.version, entry.recorded_at, HOW[entry.event], str(reader or ""))


class Window(NamedTuple):
    """Until when an organisation reads fiches of the séance; `reference` when it is one that it volunteered for."""

    organisation: str
    last_day: datetime
    reference: str
    situations: int


def _windows(rows: Any) -> list[Window]:
    """The grants in force, one line for an organisation, and one for each situation it volunteered for."""
    found: dict[tuple[str, str], Window] = {}
    for name, reason, until, reference in rows:
        key = (name, "" if reason == SEANCE else reference)
        before = found.get(key)
        last = max(until - A_MOMENT, before.last_day) if before else until - A_MOMENT
        found[key] = Window(name, last, key[1], before.situations + 1 if before else 1)
    return [found[key] for key in sorted(found)]


def told_here(request: HttpRequest, seance: Seance) -> list[tuple[Fiche, datetime]]:
    """The fiches of a séance that are open to the reader, and until when. Their list tells nothing of what they say."""
    grants = _grants(request)
    rows = [row for row in _told(request).filter(seance=seance).last_versions() if row.examen_id in grants]  # type: ignore[attr-defined]
    rows.sort(key=lambda row: str(row.reference))
    return [(row, _last_day(grants[row.examen_id])) for row in rows]


def _told(request: HttpRequest) -> QuerySet[Fiche]:
    return Fiche.objects.told_to(actor(request)).select_related("seance")


def _grants(request: HttpRequest) -> dict[UUID, ExamenGroupGrant]:
    """By examen, the grant of the reader's organisations that lasts the longest."""
    found = live_grants_of(actor(request)).select_related("group__organisation").order_by("valid_until")
    return {grant.content_object_id: grant for grant in found}


def _note(event: str, found: Fiche, grant: ExamenGroupGrant) -> None:
    body = str(grant.group.organisation.pk)
    opened(event, target=found.pk, dossier=found.dossier_id, version=found.version, organisation=body)


def _reader(grant: ExamenGroupGrant, user: User) -> str:
    """Who reads, for whom, which day: a copy that is found says whose it was."""
    today = timezone.localdate()
    return f"{user}, {grant.group.organisation.name}, {day_and_month(today, today=today)} {today.year}"


def _last_day(grant: ExamenGroupGrant) -> datetime:
    assert grant.valid_until is not None  # noqa: S101  a constraint: every grant on an examen ends
    return grant.valid_until - A_MOMENT


def _sheet(
    request: HttpRequest,
    found: Fiche,
    seance: Seance | None,
    *,
    back: Link,
    reader: str,
    until: datetime,
    pdf: str,
    **more: Any,
) -> HttpResponse:
    when = f", {long_date(seance.held_on, today=timezone.localdate())}" if seance else ""
    words = words_of(found)
    dated = f" Évaluation du {found.evaluated_on:%d/%m/%Y}." if found.evaluated_on else ""
    version = f" Fiche, version {found.version}." if found.version else ""
    eyebrow, title = f"Commission SIAO–bailleurs{when}", f"Fiche de situation {found.reference}"
    text = f"{words.passage.capitalize()}.{dated}{version}"
    if not pdf:
        is_draft = bool(more.get("is_draft"))
        return _file(on_paper(words, head=(eyebrow, title, text), reader=reader, until=until, is_draft=is_draft), found)
    context = {
        "words": words,
        "fiche": found,
        "eyebrow": eyebrow,
        "title": title,
        "text": text,
        "pdf": pdf,
        "reader": reader,
        "marks": watermark(HEIGHT),
        "until": until,
        "back": back,
        **more,
    }
    return render(request, "commission/fiche.html", context)


def _file(data: dict[str, Any], found: Fiche) -> HttpResponse:
    """On paper: made now, kept nowhere, named by the reference alone."""
    answer = HttpResponse(render_pdf("sheet", data, at=timezone.now()), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="fiche-{found.reference}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _preview(request: HttpRequest, dossier: Dossier, examen: Examen | None, *, pdf: str) -> HttpResponse:
    _require_staff(request)
    waiting = Examen.objects.filter(dossier=dossier).active().select_related("seance").order_by("-created_at")
    examen = examen or waiting.first()
    seance = examen.seance if examen else None
    versions = Fiche.objects.filter(examen=examen) if examen else Fiche.objects.none()
    if examen is not None and examen.shown_version is not None:
        versions = versions.filter(version=examen.shown_version)
    found = versions.order_by("-version").first()
    held_on = seance.held_on if seance else timezone.localdate()
    body = next((membership.organisation.name for membership in memberships_of(actor(request))), "")
    today = timezone.localdate()
    return _sheet(
        request,
        found or draft_of(dossier, seance),
        seance,
        back=Link("Revenir au dossier", reverse("commission:dossier", args=[dossier.pk])),
        reader=f"{body}, {day_and_month(today, today=today)} {today.year}",
        until=closes_at(held_on, SEANCE) - A_MOMENT,
        pdf=pdf,
        left_out=LEFT_OUT,
        is_draft=found is None,
        is_oral=dossier.is_protected,
    )


def _require_staff(request: HttpRequest) -> None:
    """Who instructs or runs séances; for others, who may open the dossier too, the page does not exist."""
    if not (request.user.has_perm(INSTRUCT) or request.user.has_perm(RUN)):
        raise Http404


def _line(words: Words, reader: str) -> tuple[Value, ...]:
    found = words.fiche
    until = f"{found.request_until:%d/%m/%Y}" if found.request_until else ""
    told = (words.composition, words.age, words.housing, words.income, words.resources, words.debt, until, words.will)
    wished = (words.communes, words.dwelling, words.animals, words.priority, words.support, words.papers)
    return (found.reference, found.version, words.passage, *told, *wished, reader)
