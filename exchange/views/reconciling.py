"""Answering a comparison, one thing at a time: take over a value, keep ours, say who is who, open a dossier."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cases.dossiers import operations as dossiers
from cases.dossiers.forms import OpenForm
from cases.dossiers.models import Channel, Dossier, Likeness
from cases.dossiers.operations import NewDossier, NewEntry
from cases.dossiers.views.opening import answer_of, who_may_orient
from core.components import Entry
from core.errors import OperationRefused
from core.forms import Page, form_page, posted
from core.http import came_from, needs, post_only, refusals_to_messages
from exchange import operations
from exchange.models import CodedColumn, Compared, PendingImport, Sent
from exchange.operations.differences import in_words, theirs_of
from exchange.reading.extraction import ExtractionRow
from exchange.views.person import IMPORT, person


def _pending(request: HttpRequest, pk: UUID) -> PendingImport:
    return get_object_or_404(PendingImport, pk=pk, owner=person(request), kind=Sent.SI_SIAO)


def _seen(request: HttpRequest, dossier: UUID) -> Dossier:
    return get_object_or_404(Dossier.objects.visible_to(person(request)), pk=dossier)


def _answered(request: HttpRequest) -> dict[str, Any]:
    """What the button says of the difference it stands beside; a rank that is none is that of no row."""
    rank = request.POST.get("row", "")
    is_rank = rank.isascii() and rank.isdigit() and len(rank) < 7
    return {
        "field": request.POST.get("field", ""),
        "mark": request.POST.get("mark", ""),
        "rank": int(rank) if is_rank else -1,
    }


@needs(IMPORT)
@post_only
@refusals_to_messages
def accept(request: HttpRequest, pk: UUID, dossier: UUID) -> HttpResponse:
    """Take over what SI-SIAO says of one field."""
    pending, seen = _pending(request, pk), _seen(request, dossier)
    found = operations.accept(pending, seen.pk, **_answered(request), by=person(request))
    label = Compared(found.field).label
    messages.success(request, f"Dossier {seen.reference} : « {label} » est repris du SI-SIAO.")
    return redirect(came_from(request))


@needs(IMPORT)
@post_only
@refusals_to_messages
def keep(request: HttpRequest, pk: UUID, dossier: UUID) -> HttpResponse:
    """What Seuil says stays; the difference is not shown again until a value changes."""
    pending, seen = _pending(request, pk), _seen(request, dossier)
    found = operations.keep(pending, seen.pk, **_answered(request), by=person(request))
    label = Compared(found.field).label
    messages.success(request, f"Dossier {seen.reference} : « {label} » reste comme dans Seuil.")
    return redirect(came_from(request))


@needs(IMPORT)
@post_only
@refusals_to_messages
def recognise(request: HttpRequest, pk: UUID, dossier: UUID) -> HttpResponse:
    """This request is of this dossier, or is not."""
    pending, seen = _pending(request, pk), _seen(request, dossier)
    is_same = request.POST.get("verdict") == "meme"
    operations.recognise(pending, seen.pk, rank=_answered(request)["rank"], is_same=is_same, by=person(request))
    said = "est reconnue par son numéro" if is_same else "n’est pas celle de ce dossier"
    messages.success(request, f"Dossier {seen.reference} : cette demande {said}.")
    return redirect(came_from(request))


@needs(IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def open_row(request: HttpRequest, pk: UUID, row: int) -> HttpResponse:
    """A dossier with what the extraction says, already written; the person's agreement is asked, which it does not
    tell."""
    pending, user = _pending(request, pk), person(request)
    try:
        told = operations.row_of(pending, row)
    except OperationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exchange:si_siao")
    lives = theirs_of(told, operations.values_of(user)).get(Compared.ETHOS)
    form = OpenForm(posted(request), initial=_initial(told), channel=Channel.SI_SIAO, prescripteurs=who_may_orient())
    back = reverse("exchange:si_siao_compare", args=[pk])

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        dossier = dossiers.open_dossier(_new(answers, lives), by=user, on=answers["on"])
        said = f"Le dossier {dossier.reference} est ouvert."
        if Likeness.objects.open().of_dossier(dossier).exists():
            return f"{said} Cette personne en a peut-être déjà un.", reverse("dossiers:of_dossier", args=[dossier.pk])
        return said, back

    page = Page(
        heading="Ouvrir un dossier",
        action="Ouvrir le dossier",
        icon="envelope-paper",
        back=back,
        text=_also(told, lives),
        trail=[Entry("SI-SIAO", reverse("exchange:si_siao")), Entry("Comparaison", back)],
    )
    return form_page(request, form, page, do, template="dossiers/open.html", more={"ways": []})


def _initial(told: ExtractionRow) -> dict[str, Any]:
    said = {
        "last_name": told.last_name,
        "first_name": told.first_name,
        "birth_date": told.birth_date,
        "sex": told.sex,
        "on": told.asked_on,
        "si_siao_number": told.number,
    }
    return {name: value for name, value in said.items() if value}


def _also(told: ExtractionRow, lives: str | None) -> str:
    """What the form does not ask again."""
    kept = [f"elle vit : {in_words(Compared.ETHOS, lives)}"] if lives else []
    later = [
        label
        for field, label in ((Compared.UNIQUE_NUMBER, "le numéro unique"), (CodedColumn.HOUSEHOLD, "la composition"))
        if getattr(told, field)
    ]
    said = f" Selon le SI-SIAO, {kept[0]} ; c’est repris." if kept else ""
    if later:
        said += f" Pour {' et '.join(later)}, la comparaison les proposera quand l’évaluation commencera."
    return f"Ce que dit l’extraction est déjà écrit : vérifiez-le, puis répondez pour l’accord de la personne.{said}"


def _new(told: dict[str, Any], lives: str | None) -> NewDossier:
    entry = NewEntry(
        Channel.SI_SIAO,
        needs=told["needs"].strip() or None,
        urgency=told["urgency"] or "USUAL",
        si_siao_number=told.get("si_siao_number") or None,
        ethos=lives,
        answer=answer_of(told),
    )
    return NewDossier(
        last_name=told["last_name"],
        first_name=told["first_name"] or None,
        sex=told["sex"] or None,
        birth_date=told["birth_date"],
        prescripteur=told.get("prescripteur"),
        entry=entry,
    )
