"""What is done with a séance and the situations on its agenda."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cases.dossiers.models import Dossier
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.views import actor, names_of, visible_dossier
from commission import operations
from commission.forms import DecisionForm, EnrolForm, PlanForm, PresenceForm
from commission.models import Examen, ExamenState, Presence, Seance
from commission.operations import Decision
from commission.operations.seances import RUN
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import came_from, needs, post_only, refusals_to_messages


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """A séance to come."""

    def do(told: dict[str, Any]) -> tuple[str, str]:
        made = operations.plan_seance(told["held_on"], told["place"], by=actor(request))
        return "La séance est planifiée.", made.get_absolute_url()

    back = reverse("commission:seances")
    page = Page("Planifier une séance", "Planifier", back, icon="calendar-event", trail=[Entry("Séances", back)])
    return form_page(request, PlanForm(posted(request)), page, do)


@needs(RUN)
@post_only
@refusals_to_messages
def settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The agenda is settled."""
    return _done(request, pk, operations.settle_agenda, "L’ordre du jour est arrêté.")


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decisions are frozen, notices leave: it is asked once more, for neither comes back."""
    found = get_object_or_404(Seance, pk=pk)

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.close_seance(found.pk, by=actor(request))
        return "La séance est close : ses décisions ne changent plus.", found.get_absolute_url()

    text = "Les décisions ne changeront plus, et les prescripteurs en sont avisés par courriel."
    return form_page(request, Form(posted(request)), page_of(found, "Clore la séance", "Clore la séance", text), do)


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The séance will not be held."""
    found = get_object_or_404(Seance, pk=pk)

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.cancel_seance(found.pk, by=actor(request))
        return "La séance est annulée.", found.get_absolute_url()

    text = "Les situations inscrites à son ordre du jour redeviennent libres pour une autre séance."
    page = page_of(found, "Annuler la séance", "Annuler la séance", text)
    return form_page(request, Form(posted(request)), page, do)


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who is there; the séance begins."""
    found = get_object_or_404(Seance, pk=pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.open_seance(found.pk, list(told["present"]), by=actor(request))
        return "La séance est ouverte.", found.get_absolute_url()

    known = list(Presence.objects.filter(seance=found).values_list("organisation", flat=True))
    form = PresenceForm(posted(request), initial={"present": known})
    return form_page(request, form, page_of(found, "Ouvrir la séance", "Ouvrir la séance"), do)


@needs(RUN)
@post_only
@refusals_to_messages
def enrol(request: HttpRequest, pk: UUID, dossier: UUID) -> HttpResponse:
    """A ready situation is put on the agenda, from the page of the séance."""
    found = visible_dossier(request, dossier)
    operations.enrol(found.pk, pk, by=actor(request))
    messages.success(request, f"{found.reference} est à l’ordre du jour.")
    return redirect("commission:seance", pk)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def enrol_dossier(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same, from the dossier: one chooses the séance."""
    found = visible_dossier(request, pk)
    tab = reverse("commission:dossier", args=[found.pk])

    def do(told: dict[str, Any]) -> tuple[str, str]:
        seance: Seance = told["seance"]
        operations.enrol(found.pk, seance.pk, by=actor(request))
        return f"Le dossier est à l’ordre du jour de la {seance}.", tab

    trail = [Entry("Dossiers", reverse("dossiers:list")), Entry(found.reference, found.get_absolute_url())]
    page = Page("Inscrire à une séance", "Inscrire à l’ordre du jour", tab, icon="people", trail=trail)
    return form_page(request, EnrolForm(posted(request)), page, do)


@needs(RUN)
@post_only
@refusals_to_messages
def present(request: HttpRequest, pk: UUID, examen: UUID) -> HttpResponse:
    """The situation is presented to the members."""
    found = _examen(request, pk, examen)
    operations.present_examen(found.pk, by=actor(request))
    messages.success(request, f"{found.dossier.reference} est présenté : sa fiche est figée.")
    return redirect(found.seance)


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: UUID, examen: UUID) -> HttpResponse:
    """The situation leaves the agenda; once presented, it is asked once more: it does not come back to this séance."""
    found = _examen(request, pk, examen)
    reference = found.dossier.reference

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.withdraw_examen(found.pk, by=actor(request))
        return f"{reference} est retiré de l’ordre du jour.", found.seance.get_absolute_url()

    text = (
        f"{reference} redevient prêt, et libre pour une autre séance. Il ne revient pas à l’ordre du jour de celle-ci."
    )
    page = page_of(found.seance, "Retirer la situation", "Retirer de la séance", text)
    return form_page(request, Form(posted(request)), page, do)


@needs(INSTRUCT)
@post_only
@refusals_to_messages
def withdraw_dossier(request: HttpRequest, pk: UUID, examen: UUID) -> HttpResponse:
    """The same, by the SIAO before the situation is presented: from the dossier or the séance, where one stays."""
    found = visible_dossier(request, pk)
    passage = get_object_or_404(Examen.objects.select_related("seance"), pk=examen, dossier=found)
    operations.withdraw_examen(passage.pk, by=actor(request))
    messages.success(request, f"{found.reference} est retiré de l’ordre du jour de la {passage.seance}.")
    page = came_from(request)
    return redirect("commission:dossier", found.pk) if page == "/" else redirect(page)


@needs(INSTRUCT)
@post_only
@refusals_to_messages
def extend(request: HttpRequest, pk: UUID, examen: UUID) -> HttpResponse:
    """The landlord that volunteered reads the fiche six months more."""
    found = visible_dossier(request, pk)
    passage = get_object_or_404(Examen, pk=examen, dossier=found)
    operations.extend_positioned(passage.pk, by=actor(request))
    messages.success(request, "La fiche reste ouverte au bailleur positionné, six mois de plus.")
    return redirect("commission:dossier", found.pk)


@needs(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, pk: UUID, examen: UUID) -> HttpResponse:
    """What the commission decided."""
    found = _examen(request, pk, examen)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        state = ExamenState(told.pop("state"))
        operations.decide(found.pk, Decision(state, **told), by=actor(request))
        return f"{found.dossier.reference} : décision « {state.label} » enregistrée.", found.seance.get_absolute_url()

    name = names_of([found.dossier], actor(request))[found.dossier_id]
    page = page_of(found.seance, "Enregistrer la décision", "Enregistrer la décision")
    lead = name if name == found.dossier.reference else f"{name}, {found.dossier.reference}"
    shown = Page(page.heading, page.action, page.back, icon="check-circle", lead=lead, trail=page.trail)
    return form_page(request, DecisionForm(posted(request)), shown, do)


def _done(request: HttpRequest, pk: UUID, act: Callable[..., Seance], sentence: str) -> HttpResponse:
    found = get_object_or_404(Seance, pk=pk)
    act(found.pk, by=actor(request))
    messages.success(request, sentence)
    return redirect(found)


def _examen(request: HttpRequest, pk: UUID, examen: UUID) -> Examen:
    """The examen of a dossier that a live grant shows to the reader, else 404."""
    visible = Dossier.objects.visible_to(actor(request))
    found = Examen.objects.select_related("seance", "dossier")
    return get_object_or_404(found, pk=examen, seance=pk, dossier__in=visible)


def page_of(seance: Seance, heading: str, action: str, text: str = "") -> Page:
    """What stands around a form about a séance."""
    here = seance.get_absolute_url()
    trail = [Entry("Séances", reverse("commission:seances")), Entry(str(seance).capitalize(), here)]
    return Page(heading, action, here, icon="people", text=text, trail=trail)
