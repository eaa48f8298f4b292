"""The social-housing request, in words; and the page that notes its renewal."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cases.dossiers import operations
from cases.dossiers.forms.requests import RenewalForm
from cases.dossiers.models import Dossier, HousingRequest, State
from cases.dossiers.models.requests import Term, Validity, number_doubt, term_of
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.views.frame import actor, visible_dossier
from core.components import Act, Entry
from core.forms import Page, form_page, posted
from core.http import needs
from core.typography import NBSP, agree, day_and_month

RENEW = "Noter le renouvellement"


def request_words(term: Term, today: date) -> str:
    """« valable jusqu’au 3 mars », « expire dans 12 jours », « radiée, peut être réactivée jusqu’au 3 septembre »."""
    left = term.days_left(today)
    match term.validity(today):
        case Validity.NEAR if left == 0:
            return "expire aujourd’hui"
        case Validity.NEAR:
            return f"expire dans {left}{NBSP}{agree(left, 'jour')}"
        case Validity.EXPIRED:
            return f"expirée, renouvelable jusqu’au {day_and_month(term.renewable_until, today=today)}"
        case Validity.STRUCK:
            return f"radiée, peut être réactivée jusqu’au {day_and_month(term.revivable_until, today=today)}"
        case Validity.LOST:
            return "radiée depuis trop longtemps, à refaire"
    return f"valable jusqu’au {day_and_month(term.valid_until, today=today)}"


def request_told(term: Term, today: date) -> str:
    """What one says after « la demande »: « expire dans 12 jours », « est valable jusqu’au 3 mars »."""
    verb = "" if term.validity(today) is Validity.NEAR else "est "
    return f"{verb}{request_words(term, today)}"


def request_facts(row: HousingRequest | None, today: date) -> dict[str, Any]:
    """What the dossier's page says of the request: its limits in words, and what is unusual in its number."""
    term = term_of(row.renewed_on) if row is not None else None
    return {
        "request_term": term,
        "request_words": request_words(term, today) if term else "",
        "request_is_near": term is not None and term.validity(today) is Validity.NEAR,
        "number_doubt": number_doubt(row.number, today) if row is not None else "",
    }


def renewal_act(dossier: Dossier) -> Act:
    """Among what is possible on a dossier."""
    return Act(RENEW, reverse("dossiers:renew", args=[dossier.pk]), "hourglass-split")


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """When the request was renewed, and its number. An unusual number is kept, and said."""
    found = visible_dossier(request, pk)
    if found.state == State.CLOS:
        raise Http404
    user, today = actor(request), timezone.localdate()
    known = HousingRequest.objects.of_titulaires().filter(dossier=found).first()
    form = RenewalForm(posted(request), initial={"number": known.number if known else ""})

    def do(told: dict[str, Any]) -> tuple[str, str]:
        made = operations.renew_request(found.pk, on=told["on"], number=told["number"] or None, by=user)
        if doubt := number_doubt(made.number, today):
            messages.warning(request, f"{doubt} Le numéro est enregistré tel quel.")
        term = term_of(made.renewed_on)
        return (
            f"C’est noté. La demande de logement social {request_told(term, today)}." if term else "C’est noté.",
            found.get_absolute_url(),
        )

    term = term_of(known.renewed_on) if known else None
    page = Page(
        heading=RENEW,
        action="Enregistrer le renouvellement",
        icon="hourglass-split",
        back=found.get_absolute_url(),
        lead=f"La demande de logement social {request_told(term, today)}." if term else "Sa date n’est pas connue.",
        text="Une demande vaut un an. Sans renouvellement, elle est radiée après treize mois ; elle se réactive, avec "
        "son ancienneté, jusqu’à dix-huit mois.",
        trail=[Entry("Dossiers", reverse("dossiers:list")), Entry(found.reference, found.get_absolute_url())],
    )
    return form_page(request, form, page, do)
