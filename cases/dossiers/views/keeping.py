"""« Enregistrer cette vue », and forgetting one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cases.dossiers import operations
from cases.dossiers.forms.views import ViewForm
from cases.dossiers.models import KeptView
from cases.dossiers.operations.acts import VIEW
from cases.dossiers.views.frame import actor
from cases.dossiers.views.searching import coded
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs, post_only, refusals_to_messages

NOTHING = "Choisissez d’abord un filtre ou un tri : la liste entière n’a pas besoin d’être enregistrée."
PASSING = {"lignes"}  # how much of the list is shown: no part of a view


def codes_of(told: QueryDict) -> str:
    """The codes of an address that make a view, always in the same order; a search is none of them."""
    return urlencode({name: code for name, code in coded(told).items() if name not in PASSING})


@needs(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def keep_view(request: HttpRequest) -> HttpResponse:
    """A name for the filters that stand in the address."""
    codes, every = codes_of(request.GET), reverse("dossiers:list")
    if not codes:
        messages.info(request, NOTHING)
        return redirect(every)
    back = f"{every}?{codes}"

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.keep_view(told["name"], codes, by=actor(request))
        return "La vue est enregistrée, pour vous seulement.", back

    page = Page(
        heading="Enregistrer cette vue",
        action="Enregistrer",
        icon="bookmark-plus",
        back=back,
        text="Elle garde les filtres et le tri, non les dossiers : ceux qui y répondront demain y seront.",
        trail=[Entry("Dossiers", every)],
    )
    return form_page(request, ViewForm(posted(request)), page, do)


@needs(VIEW)
@post_only
@refusals_to_messages
def forget_view(request: HttpRequest, view: UUID) -> HttpResponse:
    """The view goes; the list stays as it was filtered."""
    kept = get_object_or_404(KeptView, pk=view, owner=actor(request))
    operations.forget_view(kept.pk, by=actor(request))
    messages.success(request, "La vue est retirée.")
    return redirect(f"{reverse('dossiers:list')}?{kept.codes}")
