"""Who is called to a séance, and its day."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from cases.dossiers.views import actor
from commission import operations
from commission.forms import MembersForm, PostponeForm
from commission.models import Seance
from commission.operations.seances import RUN
from commission.views.acts import page_of
from core.forms import form_page, posted
from core.http import needs

OPENS = (
    "Les membres convoqués lisent les fiches des situations inscrites, sans nom, jusqu’à trente jours après la séance."
)


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def convene(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The members are called: the fiches of the agenda are open to them."""
    found = get_object_or_404(Seance, pk=pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.convene(found.pk, by=actor(request), members=list(told["members"]))
        return "La séance est convoquée.", found.get_absolute_url()

    form = MembersForm(posted(request), initial={"members": [body.pk for body in operations.usual_members()]})
    return form_page(request, form, page_of(found, "Convoquer les membres", "Convoquer les membres", OPENS), do)


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One more is called, or one no more."""
    found = get_object_or_404(Seance, pk=pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.call_members(found.pk, list(told["members"]), by=actor(request))
        return "Les membres convoqués sont enregistrés.", found.get_absolute_url()

    form = MembersForm(posted(request), initial={"members": [body.pk for body in operations.members_of(found)]})
    text = f"{OPENS} Décocher un membre lui ferme aussitôt les fiches de cette séance."
    return form_page(request, form, page_of(found, "Membres convoqués", "Enregistrer les membres", text), do)


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def postpone(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another day for the séance."""
    found = get_object_or_404(Seance, pk=pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        moved = operations.postpone(found.pk, told["held_on"], by=actor(request))
        return f"La séance est reportée au {moved.held_on:%d/%m/%Y}.", moved.get_absolute_url()

    text = "Les fiches restent ouvertes aux membres convoqués jusqu’à trente jours après la nouvelle date."
    return form_page(
        request, PostponeForm(posted(request)), page_of(found, "Changer la date", "Changer la date", text), do
    )
