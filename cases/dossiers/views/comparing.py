"""Two persons whom nothing brought together and whom somebody believes to be one: compared, then answered as others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.reading import opened
from cases.dossiers import operations
from cases.dossiers.forms.household import CompareForm, reference_in
from cases.dossiers.models import Dossier, Participant, PersonRole
from cases.dossiers.operations.acts import INSTRUCT
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
    reference = reference_in(posted(request))
    other = visible.named(reference).first() if reference else None
    if other is not None:
        opened("dossier.compared", target=other.pk, dossier=other.pk)  # its names may be among the choices
    form = CompareForm(posted(request), here=_people(dossier), there=_people(other) if other else {})

    def do(told: dict[str, Any]) -> tuple[str, str]:
        if other is None:
            raise OperationRefused(NONE_SUCH)
        if other == dossier:
            raise OperationRefused("C’est la référence de ce dossier : écrivez celle de l’autre.")
        found = operations.compare_by_hand(UUID(told["person"]), UUID(told["other"]), by=actor(request))
        said = "dites si c’est la même" if found.answer is None else "quelqu’un a déjà répondu"
        return f"Voici les deux personnes : {said}.", reverse("dossiers:likeness", args=[found.pk])

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
    """Names by person, the titulaire first; who left is one of them: that is how one is found again."""
    stays = Participant.objects.filter(dossier=dossier).select_related("person")
    ranked = sorted(stays, key=lambda stay: (stay.role != PersonRole.TITULAIRE, stay.person.name))
    return {str(stay.person_id): stay.person.name for stay in ranked}
