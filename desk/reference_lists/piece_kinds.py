"""The kinds of pieces: a list, a line with its history, a new line."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import ListName
from accounts.operations import LISTS
from cases.dossiers.models import PieceKind
from cases.dossiers.operations import piece_kinds
from core.forms import Page, form_page, posted
from core.http import needs
from desk.reference_lists.forms import READ_BY, NewPieceKindForm, PieceKindForm
from desk.reference_lists.lists import EDIT, SAVED, Line, actor, line_page, list_page, trail_of

BACK = "desk:piece_kinds"
READERS = dict(READ_BY)


@needs(LISTS)
@require_safe
def kinds(request: HttpRequest) -> HttpResponse:
    """Each with who reads it and the step that asks for it."""
    lines = [
        Line(
            each.label,
            reverse("desk:piece_kind", args=[each.code]),
            [("Lue par", READERS[each.klass]), ("Demandée", str(each.get_step_display()) or "par aucune étape")],
            "" if each.is_active else "non proposée",
        )
        for each in PieceKind.objects.all()
    ]
    head = ["Nature", "Lue par", "Demandée"]
    return list_page(request, "Natures de pièces", head, lines, "desk:new_piece_kind", "Ajouter une nature")


@needs(LISTS)
@EDIT
def kind(request: HttpRequest, code: str) -> HttpResponse:
    """One kind."""
    found = get_object_or_404(PieceKind, pk=code)
    back = reverse(BACK)
    initial = {name: getattr(found, name) for name in PieceKindForm.base_fields}
    form = PieceKindForm(posted(request), initial=initial)

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        piece_kinds.edit_piece_kind(code, form.told(), by=actor(request))
        return SAVED, back

    lead = f"Lue par : {READERS[found.klass]}. Ce qui est dans les dossiers sous ce libellé y reste."
    page = Page(
        f"{found.label[:1].upper()}{found.label[1:]}",
        "Enregistrer",
        back,
        lead=lead,
        trail=trail_of("Natures de pièces", back),
    )
    return line_page(request, form, page, do, ListName.PIECE_KIND, code)


@needs(LISTS)
@EDIT
def new_kind(request: HttpRequest) -> HttpResponse:
    """One more."""
    back = reverse(BACK)
    form = NewPieceKindForm(posted(request))

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        made = piece_kinds.add_piece_kind(form.told(), klass=answers["klass"], by=actor(request))
        return f"« {made} » est dans la liste.", back

    page = Page(
        "Ajouter une nature de pièce", "Ajouter", back, icon="plus-lg", trail=trail_of("Natures de pièces", back)
    )
    return form_page(request, form, page, do)
