"""The letters of a dossier: those to make, those that were made, one of them, on the screen and on paper."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.reading import opened
from cases.dossiers.forms import LetterDraftForm, SentForm
from cases.dossiers.models import Dossier, How, LetterKind, SentLetter
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.letters import (
    LEGAL,
    NO_LEGAL_TEXT,
    WITH_WHY,
    Asked,
    Decided,
    Desk,
    draft,
    draw,
    make_letter,
    mark_sent,
    pdf_of,
    text_of,
    told_in,
)
from cases.dossiers.views.frame import actor, dossier_context, visible_dossier
from core.components import Entry
from core.errors import OperationRefused
from core.forms import posted
from core.http import needs

FOR_WHOM = {
    LetterKind.DECISION: "Pour le ménage : la décision, pourquoi, la suite, ses droits.",
    LetterKind.DECISION_FALC: "La même chose, une idée par ligne.",
    LetterKind.PRESCRIPTEUR: "Version papier, sans nom ni motif : la décision et ce que l’on attend de lui.",
    LetterKind.PIECES: "Pour le ménage : ce qu’il nous manque, et comment le donner.",
    LetterKind.PIECES_FALC: "La même liste, une idée par ligne.",
    LetterKind.INFORMATION: "Ce que l’on note, pourquoi, qui le lit, et les droits de la personne.",
    LetterKind.INFORMATION_FALC: "La même notice, une idée par ligne.",
}


class Offer(NamedTuple):
    """A letter that may be made now."""

    label: str
    text: str
    url: str


@needs(INSTRUCT)
@require_safe
def letters(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What may be written now, what was."""
    found = visible_dossier(request, pk)
    desk = Desk(found, today=timezone.localdate())
    made = SentLetter.objects.filter(dossier=found).select_related("produced_by", "sent_by").order_by("-produced_at")
    offers = [Offer(str(kind.label), FOR_WHOM[kind], _draft_url(found, kind)) for kind in desk.offered]
    context = {
        **dossier_context(request, found, ""),
        "offers": offers,
        "made": made,
        "no_legal_text": "" if text_of(LEGAL).told else NO_LEGAL_TEXT,
        "may_write_it": request.user.has_perm("accounts.edit_lists"),
        "trail": _trail(found),
    }
    return render(request, "dossiers/letters.html", context)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def letter_draft(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """The letter as it will be; looked at again (« voir »), on paper (« pdf »), or made (« etablir »)."""
    found = visible_dossier(request, pk)
    desk = Desk(found, today=timezone.localdate())
    asked_kind = _kind(kind)
    if asked_kind not in desk.offered:
        messages.warning(request, "Ce courrier n’a plus lieu d’être : voici ceux que l’état du dossier permet.")
        return redirect("dossiers:letters", found.pk)
    pieces_too = desk.decision is not None and desk.decision.what in (Decided.PUT_OFF, Decided.PIECES)
    pieces_too = pieces_too and asked_kind not in (LetterKind.INFORMATION, LetterKind.INFORMATION_FALC)
    reserve_too = desk.decision is not None and desk.decision.is_conditional and asked_kind in WITH_WHY
    initial = {"why": desk.why, "reserve": desk.reserve, "pieces": "\n".join(desk.pieces)}
    form = LetterDraftForm(
        posted(request), kind=asked_kind, pieces_too=pieces_too, reserve_too=reserve_too, initial=initial
    )
    asked = Asked(why=desk.why, reserve=desk.reserve, pieces=tuple(desk.pieces))
    if form.is_bound and form.is_valid():
        asked = form.asked
        try:
            if request.POST.get("faire") == "etablir":
                made = make_letter(found.pk, asked_kind, asked, by=actor(request))
                messages.success(request, "Le courrier est établi. Imprimez-le, puis notez le jour où il part.")
                return redirect(made)
            if request.POST.get("faire") == "pdf":
                return _file(found, draw(draft(desk, asked_kind, asked), at=timezone.now()))
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
    context = {
        **dossier_context(request, found, ""),
        "label": str(asked_kind.label),
        "text": FOR_WHOM[asked_kind],
        "form": form,
        "paper": _paper(desk, asked_kind, asked),
        "no_legal_text": "" if text_of(LEGAL).told else NO_LEGAL_TEXT,
        "back": reverse("dossiers:letters", args=[found.pk]),
        "trail": [*_trail(found), Entry("Courriers", reverse("dossiers:letters", args=[found.pk]))],
    }
    return render(request, "dossiers/letter_draft.html", context, status=422 if form.errors else 200)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, pk: UUID, letter: UUID) -> HttpResponse:
    """A letter that was made; the day it left is noted here."""
    found = visible_dossier(request, pk)
    row = _letter(found, letter)
    opened("letter.opened", target=row.pk, dossier=found.pk)
    form = SentForm(posted(request), initial={"on": timezone.localdate()})
    if form.is_bound and form.is_valid():
        try:
            mark_sent(row.pk, how=How(form.cleaned_data["how"]), on=form.cleaned_data["on"], by=actor(request))
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "C’est noté : ce courrier est parti. Il ne change plus.")
            return redirect("dossiers:letters", found.pk)
    told = told_in(row)
    context = {
        **dossier_context(request, found, ""),
        "letter": row,
        "paper": told.get("data"),
        "mail": told.get("mail"),
        "form": form,
        "trail": [*_trail(found), Entry("Courriers", reverse("dossiers:letters", args=[found.pk]))],
    }
    return render(request, "dossiers/letter.html", context, status=422 if form.errors else 200)


@needs(INSTRUCT)
@require_safe
def letter_pdf(request: HttpRequest, pk: UUID, letter: UUID) -> HttpResponse:
    """The same on paper, drawn now and kept nowhere."""
    found = visible_dossier(request, pk)
    row = _letter(found, letter)
    if row.kind == LetterKind.COURRIEL:
        raise Http404
    opened("letter.opened", target=row.pk, dossier=found.pk)
    return _file(found, pdf_of(row))


def _file(dossier: Dossier, pdf: bytes) -> HttpResponse:
    """Shown by the browser, named by the reference alone, kept by nobody on the way."""
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="courrier-{dossier.reference}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _paper(desk: Desk, kind: LetterKind, asked: Asked) -> dict[str, Any] | None:
    """What the page shows; nothing while a sentence is owed."""
    try:
        return draft(desk, kind, asked)
    except OperationRefused:
        return None


def _letter(dossier: Dossier, pk: UUID) -> SentLetter:
    found = SentLetter.objects.filter(dossier=dossier).select_related("produced_by", "sent_by")
    row: SentLetter = get_object_or_404(found, pk=pk)
    return row


def _kind(slug: str) -> LetterKind:
    """« decision-falc »; the mail is written by nobody."""
    code = slug.replace("-", "_").upper()
    if code not in LetterKind.values or code == LetterKind.COURRIEL:
        raise Http404
    return LetterKind(code)


def _draft_url(dossier: Dossier, kind: LetterKind) -> str:
    return reverse("dossiers:letter_draft", args=[dossier.pk, kind.value.lower().replace("_", "-")])


def _trail(dossier: Dossier) -> list[Entry]:
    return [Entry("Dossiers", reverse("dossiers:list")), Entry(dossier.reference, dossier.get_absolute_url())]
