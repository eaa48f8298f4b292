"""« Qui voit ce dossier » : to whom it is open, why, until when; and what one does about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import grants
from accounts.proof import recently_proved
from cases.dossiers import operations
from cases.dossiers.forms import PersonForm, ProtectForm, ShareForm
from cases.dossiers.models import Dossier, DossierGroupGrant, DossierUserGrant, GrantReason
from cases.dossiers.operations import ENDED_BY_HAND, Opening
from cases.dossiers.operations.acts import IDENTITY, INSTRUCT
from cases.dossiers.operations.protection import PROTECT
from cases.dossiers.operations.sharing import Grant
from cases.dossiers.views.frame import actor, dossier_context, visible_dossier
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs

MOST_PAST = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One opening. `end_url` is where it is ended by hand, empty if it ends otherwise; `aside` why it shows nothing."""

    who: str
    what: str
    why: str
    since: datetime
    until: datetime | None
    by: str
    end_url: str = ""
    aside: str = ""


@needs(PROTECT)
@require_safe
def access(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who sees the dossier now, and who saw it before."""
    dossier = visible_dossier(request, pk)
    context = dossier_context(request, dossier, "access")
    now, instructs = timezone.now(), context["in_full"]
    given = sorted(_given(dossier), key=lambda each: each.valid_from, reverse=True)
    live = {each.pk for each in given if each.valid_until is None or each.valid_until > now}
    persons = grants.open_now(DossierUserGrant.objects.filter(content_object=dossier))
    opening = set(persons.values_list("pk", flat=True))
    context |= {
        "live": [_line(each, dossier, opening, may_end=instructs) for each in given if each.pk in live],
        "past": [_line(each, dossier, may_end=False) for each in given if each.pk not in live][:MOST_PAST],
        "may_share": instructs,
    }
    return render(request, "dossiers/access.html", context)


@needs(INSTRUCT)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open the dossier to somebody, until a date."""
    dossier = visible_dossier(request, pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        made = operations.open_by_hand(
            dossier.pk, Opening(told["to"], told["reason"], told["last_day"]), by=actor(request)
        )
        return f"Le dossier est ouvert à « {told['to']} » jusqu’au {_last_day(made)}.", _tab(dossier)

    people = list(operations.readers().exclude(pk=actor(request).pk))
    teams = [] if dossier.is_protected else list(operations.reading_bodies())
    text = "La personne ou l’équipe verra tout ce que son rôle montre de ce dossier. L’ouverture finit d’elle-même."
    page = _page(dossier, "Ouvrir à une personne ou une équipe", "Ouvrir ce dossier", "key", text)
    return form_page(request, ShareForm(posted(request), people=people, teams=teams), page, do)


@needs(INSTRUCT)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def end_share(request: HttpRequest, pk: UUID, grant: UUID) -> HttpResponse:
    """End an opening now; who no longer sees the dossier goes back to her list."""
    dossier = visible_dossier(request, pk)
    found = operations.find(dossier, grant)
    if found is None:
        raise Http404

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.end_by_hand(dossier.pk, grant, by=actor(request))
        return "Cette ouverture est finie.", _after(request, dossier)

    text = f"« {_who(found)} » ne verra plus ce dossier par cette ouverture. Ce qui a été fait reste au journal."
    page = _page(dossier, "Mettre fin à cette ouverture", "Mettre fin", "x-lg", text)
    return form_page(request, forms.Form(posted(request)), page, do)


@needs(INSTRUCT)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def appoint(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Name who follows the dossier."""
    dossier = visible_dossier(request, pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.appoint_referent(dossier.pk, told["person"], by=actor(request))
        return f"« {told['person']} » suit maintenant ce dossier.", _after(request, dossier)

    text = "Le dossier s’ouvre à cette personne tant qu’elle le suit. Le référent précédent ne le voit plus à ce titre."
    page = _page(dossier, "Nommer le référent", "Nommer le référent", "person-lines-fill", text)
    form = PersonForm(posted(request), people=operations.readers(IDENTITY), initial={"person": dossier.referent_id})
    return form_page(request, form, page, do)


@needs(PROTECT)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def protect(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Only the persons named here see the dossier."""
    dossier = visible_dossier(request, pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.protect(dossier.pk, told["people"], by=actor(request))
        return "Le dossier est protégé.", _tab(dossier)

    text = (
        "Violences, adresse à taire : les équipes ne verront plus ce dossier, même la vôtre, ni dans les listes, ni "
        "dans les comptes, ni en séance. Les ouvertures données à d’autres personnes prennent fin. "
        "Les chiffres le comptent."
    )
    page = _page(dossier, "Protéger ce dossier", "Protéger ce dossier", "lock", text)
    form = ProtectForm(posted(request), people=operations.readers(IDENTITY), initial={"people": [actor(request).pk]})
    return form_page(request, form, page, do)


@needs(PROTECT)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def unprotect(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The teams see the dossier again."""
    dossier = visible_dossier(request, pk)

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.unprotect(dossier.pk, by=actor(request))
        return "La protection est levée.", _after(request, dossier)

    text = "Les équipes reverront ce dossier. Les personnes nommées ne le verront plus à ce titre."
    page = _page(dossier, "Lever la protection", "Lever la protection", "key", text)
    return form_page(request, forms.Form(posted(request)), page, do)


def _given(dossier: Dossier) -> Iterable[Grant]:
    yield from DossierUserGrant.ever.filter(content_object=dossier).select_related("user", "granted_by")
    teams = DossierGroupGrant.ever.filter(content_object=dossier)
    yield from teams.select_related("group__organisation", "granted_by")


def _line(grant: Grant, dossier: Dossier, opening: Collection[UUID] | None = None, *, may_end: bool) -> Line:
    """`opening`: the grants to persons that open something; without it, the grant is over."""
    is_team = isinstance(grant, DossierGroupGrant)
    may_end = may_end and grant.reason in ENDED_BY_HAND
    return Line(
        who=_who(grant),
        what="équipe" if is_team else "personne",
        why=_why(grant.reason),
        since=grant.valid_from,
        until=grant.valid_until,
        by=str(grant.granted_by or "Seuil"),
        end_url=reverse("dossiers:end_share", args=[dossier.pk, grant.pk]) if may_end else "",
        aside="" if opening is None else _aside(grant, dossier, opening),
    )


def _aside(grant: Grant, dossier: Dossier, opening: Collection[UUID]) -> str:
    """Why an opening in force shows nothing; empty when it does."""
    if isinstance(grant, DossierGroupGrant):
        return "sans effet tant que le dossier est protégé" if dossier.is_protected else ""
    return "" if grant.pk in opening else "sans effet : son rôle a pris fin"


def _who(grant: Grant) -> str:
    return str(grant.user if isinstance(grant, DossierUserGrant) else grant.group.organisation)


def _why(reason: str) -> str:
    return str(GrantReason(reason).label) if reason in GrantReason.values else "ouverture"


def _last_day(grant: Grant) -> str:
    """The last day comes before the midnight that ends it. Asked again: PostgreSQL has dated the row."""
    until = type(grant).ever.values_list("valid_until", flat=True).get(pk=grant.pk)
    assert until is not None  # noqa: S101  given by hand: always with an end
    return f"{timezone.localdate(until - timedelta(seconds=1)):%d/%m/%Y}"


def _after(request: HttpRequest, dossier: Dossier) -> str:
    still = Dossier.objects.visible_to(actor(request)).filter(pk=dossier.pk).exists()
    return _tab(dossier) if still else reverse("dossiers:list")


def _page(dossier: Dossier, heading: str, action: str, icon: str, text: str) -> Page:
    trail = [
        Entry("Dossiers", reverse("dossiers:list")),
        Entry(dossier.reference, dossier.get_absolute_url()),
        Entry("Qui voit ce dossier", _tab(dossier)),
    ]
    return Page(heading, action, _tab(dossier), icon=icon, text=text, trail=trail)


def _tab(dossier: Dossier) -> str:
    return reverse("dossiers:access", args=[dossier.pk])
