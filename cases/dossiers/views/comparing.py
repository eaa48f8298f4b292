"""Two persons whom nothing brought together and whom somebody believes to be one: compared, then answered as others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.reading import opened
from cases.dossiers import operations
from cases.dossiers.forms.household import CompareForm
from cases.dossiers.models import Dossier
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.household.common import members_of
from cases.dossiers.views.frame import actor, visible_dossier
from cases.dossiers.views.household_acts import NONE_SUCH
from core.components import Entry
from core.errors import OperationRefused
from core.forms import Page, form_page, posted
from core.http import needs


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who, and in which other dossier; its reference is posted. Whom to choose there is asked where several live."""
    dossier = visible_dossier(request, pk)
    visible = Dossier.objects.visible_to(actor(request))
    other = visible.named(request.POST.get("reference", "")).exclude(pk=dossier.pk).first()
    if other is not None:
        opened("dossier.compared", target=other.pk, dossier=other.pk)  # its names may be among the choices
    form = CompareForm(posted(request), here=_people(dossier), there=_people(other) if other else {})

    def do(told: dict[str, Any]) -> tuple[str, str]:
        if other is None:
            raise OperationRefused(NONE_SUCH)
        found = operations.compare_by_hand(UUID(told["person"]), UUID(told["other"]), by=actor(request))
        return "Voici les deux personnes : dites si c’est la même.", reverse("dossiers:likeness", args=[found.pk])

    above = reverse("dossiers:of_dossier", args=[dossier.pk])
    page = Page(
        heading="Comparer avec un autre dossier",
        action="Comparer",
        icon="people",
        back=above,
        text="Pour quelqu’un que vous reconnaissez et que Seuil n’a pas rapproché. Vous verrez les deux personnes côte "
        "à côte avant de répondre. Rien n’est relié pour l’instant.",
        trail=[
            Entry("Dossiers", reverse("dossiers:list")),
            Entry(dossier.reference, dossier.get_absolute_url()),
            Entry("Doublons possibles", above),
        ],
    )
    return form_page(request, form, page, do)


def _people(dossier: Dossier) -> dict[str, str]:
    """Names by person, the titulaire first."""
    stays = sorted(members_of(dossier).values(), key=lambda stay: (stay.role != "TITULAIRE", stay.person.name))
    return {str(stay.person_id): stay.person.name for stay in stays}
