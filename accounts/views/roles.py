"""Acts on the roles of a person: change, end, replace, put in charge, leave."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import operations
from accounts.models import User
from accounts.operations import ACCOUNTS, PEOPLE
from accounts.people_forms import EndForm, ReplaceForm, RoleForm, SubstituteInviteForm, colleagues
from accounts.proof import recently_proved
from accounts.roles import Code
from accounts.views.frame import actor, kept_membership, page_of, trail
from core.forms import Page, form_page, posted
from core.http import needs, post_only, refusals_to_messages
from core.typography import long_date


@needs(PEOPLE)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def change_role(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One role for another, in one act."""
    by, held = actor(request), kept_membership(request, pk)
    codes = [code for code in operations.may_give(by, held.organisation) if code != held.role]
    back = page_of(held.user)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        taken = operations.change_role(held.pk, Code(told["role"]), by=by)
        return f"{held.user} a maintenant le rôle « {taken.get_role_display()} ».", back

    page = Page(
        "Changer de rôle",
        "Changer le rôle",
        back,
        icon="arrow-left-right",
        lead=f"{held.user}, {held.get_role_display()}, {held.organisation}.",
        text="Le rôle d’aujourd’hui prend fin et le nouveau commence, d’un seul geste. L’historique garde les deux.",
        trail=trail(held.user),
    )
    return form_page(request, RoleForm(posted(request), codes=codes), page, do)


@needs(PEOPLE)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A role ends now, or at the end of a day."""
    by, held = actor(request), kept_membership(request, pk)
    back = page_of(held.user)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.end_membership(held.pk, on=told["on"], by=by)
        if told["on"] is None:
            return "Le rôle a pris fin.", back
        return f"Le rôle prendra fin le {long_date(told['on'], today=told['on'])} au soir.", back

    page = Page(
        "Mettre fin à un rôle",
        "Mettre fin",
        back,
        icon="slash-circle",
        lead=f"{held.user}, {held.get_role_display()}, {held.organisation}.",
        text="Si c’est son dernier rôle ici, ce qui lui était ouvert en personne se ferme à la même heure.",
        trail=trail(held.user),
    )
    return form_page(request, EndForm(posted(request)), page, do)


@needs(PEOPLE)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody holds the role meanwhile."""
    by, held = actor(request), kept_membership(request, pk)
    people = colleagues(held, everybody=by.has_perm(ACCOUNTS))
    back = page_of(held.user)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.replace(held.pk, told["substitute"], since=told["since"], until=told["until"], by=by)
        return f"{told['substitute']} remplacera {held.user} jusqu’à cette date, puis cet accès cessera seul.", back

    page = Page(
        "Remplacer une personne",
        "Inscrire le remplacement",
        back,
        icon="people",
        lead=f"{held.user}, {held.get_role_display()}, {held.organisation}.",
        text="Le rôle de la personne remplacée continue. Sans compte encore ? Invitez son remplaçant depuis sa page.",
        trail=trail(held.user),
    )
    return form_page(request, ReplaceForm(posted(request), people=people), page, do)


@needs(PEOPLE)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def invite_substitute(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same for somebody who has no account yet: from her answer to a day."""
    by, held = actor(request), kept_membership(request, pk)
    back = page_of(held.user)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.invite(
            told["email"], held.organisation, Code(held.role), by=by, ends_on=told["ends_on"], replaces=held
        )
        return "L’invitation part par courriel.", reverse("accounts:invitations")

    page = Page(
        "Inviter un remplaçant",
        "Envoyer l’invitation",
        back,
        icon="send",
        lead=f"À la place de {held.user}, {held.get_role_display()}, {held.organisation}.",
        text="Le remplacement commence quand la personne répond, et cesse seul au soir du dernier jour.",
        trail=trail(held.user),
    )
    return form_page(request, SubstituteInviteForm(posted(request)), page, do)


@needs(ACCOUNTS)
@recently_proved
@post_only
@refusals_to_messages
def charge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give the charge of the access of an organisation, or take it away."""
    held = kept_membership(request, pk)
    wanted = request.POST.get("responsable") == "oui"
    operations.put_in_charge(held.pk, in_charge=wanted, by=actor(request))
    done = "tient maintenant" if wanted else "ne tient plus"
    messages.success(request, f"{held.user} {done} les accès de « {held.organisation} ».")
    return redirect(page_of(held.user))


@needs(PEOPLE)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, pk: UUID, organisation: UUID) -> HttpResponse:
    """« A quitté l’organisation »: everything at once."""
    by = actor(request)
    body = get_object_or_404(operations.kept_by(by), pk=organisation)
    person = get_object_or_404(User.objects.filter(memberships__organisation=body).distinct(), pk=pk)
    back = page_of(person)

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.leave_organisation(person.pk, body, by=by)
        return f"{person} n’a plus accès à rien ici : rôles, dossiers ouverts et sessions ont pris fin.", back

    what_follows = (
        "Tous ses rôles ici prennent fin maintenant, ce qui lui était ouvert en personne se ferme, et ses sessions "
        "s’arrêtent, sur tous ses appareils. Ce que cette personne a écrit reste."
    )
    page = Page(
        f"{person} a quitté l’organisation",
        "Fermer tous ses accès",
        back,
        icon="box-arrow-right",
        lead=f"{body}.",
        text=what_follows,
        trail=trail(person),
    )
    return form_page(request, forms.Form(posted(request)), page, do)
