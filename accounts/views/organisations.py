"""Verifying an organisation that a register named."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.forms import OrganisationForm
from accounts.models import Organisation, OrganisationKind, User
from accounts.operations import ACCOUNTS, verify_organisation
from core.errors import OperationRefused
from core.forms import Page, show_form
from core.http import needs


@needs(ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say the right name and nature of an organisation; what was typed is kept when it is refused."""
    found = get_object_or_404(Organisation, pk=pk, is_to_verify=True)
    told = request.POST if request.method == "POST" else None
    form = OrganisationForm(told, initial={"name": found.name, "kind": found.kind})
    if form.is_valid():
        kind = OrganisationKind(form.cleaned_data["kind"])
        try:
            verified = verify_organisation(found.pk, name=form.cleaned_data["name"], kind=kind, by=_person(request))
        except OperationRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"« {verified} » est vérifiée.")
            return redirect("desk:home")
    page = Page(
        heading="Vérifier une organisation",
        lead=f"Un registre la nomme « {found.name} ».",
        text="Son nom et sa nature servent partout où elle paraît : dossiers, séances, chiffres.",
        action="Enregistrer l’organisation vérifiée",
        back=reverse("desk:home"),
    )
    return show_form(request, form, page)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    return request.user
