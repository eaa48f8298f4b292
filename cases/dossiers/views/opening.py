"""Opening a dossier: the prescripteur orients a household, or the SIAO has met one."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.roles import Code
from cases.dossiers import operations
from cases.dossiers.forms import OpenForm
from cases.dossiers.models import Dossier
from cases.dossiers.operations import NewDossier
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs

INSTRUCT = "dossiers.instruct_dossier"


@needs("dossiers.open_dossier")
@require_http_methods(["GET", "HEAD", "POST"])
def open_dossier(request: HttpRequest) -> HttpResponse:
    """One page: who, since when, and for the SIAO who orients."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  `needs` let in signed-in people alone
    instructs = user.has_perm(INSTRUCT)
    ours = None if instructs else _prescripteur_of(user)
    if not instructs and ours is None:
        return redirect("desk:home")
    form = OpenForm(posted(request), prescripteurs=_who_may_orient() if instructs else None)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        body = told.get("prescripteur") if instructs else ours
        new = NewDossier(
            last_name=told["last_name"],
            first_name=told["first_name"] or None,
            sex=told["sex"] or None,
            birth_date=told["birth_date"],
            prescripteur=body,
        )
        dossier = operations.open_dossier(new, by=user, on=told["on"])
        said = f"Le dossier {dossier.reference} est ouvert."
        if not instructs:
            said = f"Votre prescription est transmise au SIAO, sous la référence {dossier.reference}."
        return said, dossier.get_absolute_url()

    page = Page(
        heading="Ouvrir un dossier" if instructs else "Nouvelle prescription",
        action="Ouvrir le dossier" if instructs else "Transmettre au SIAO",
        icon="envelope-paper",
        back=reverse("dossiers:list"),
        text=""
        if instructs
        else "Le SIAO reçoit cette prescription, évalue la situation avec la personne, et vous dit où elle en est. "
        "Informez la personne avant de l’envoyer.",
        trail=[Entry("Dossiers", reverse("dossiers:list"))],
    )
    return form_page(request, form, page, do)


def _prescripteur_of(user: User) -> Organisation | None:
    """The organisation for which she prescribes: the first, when there are several."""
    held = Membership.objects.live().filter(user=user, role=Code.PRESCRIPTEUR).select_related("organisation")
    first = held.order_by("valid_from", "pk").first()
    return first.organisation if first else None


def _who_may_orient() -> Any:
    """Prescribing bodies, and those of any kind that have oriented somebody already."""
    did = Exists(Dossier.objects.filter(prescripteur=OuterRef("pk")))
    return Organisation.objects.filter(did) | Organisation.objects.filter(kind=OrganisationKind.PRESCRIPTEUR)
