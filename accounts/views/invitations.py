"""Inviting, and answering an invitation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import operations
from accounts.models import Invitation, User
from accounts.operations import ACCOUNTS, PEOPLE
from accounts.operations.invitations import ELSEWHERE, GONE
from accounts.people_forms import AnswerForm, InviteForm
from accounts.proof import recently_proved
from accounts.roles import Code
from accounts.views.frame import actor, trail
from audit.refusals import refused as note_refused
from core.components import Entry
from core.errors import OperationRefused
from core.forms import Page, form_page, posted
from core.http import for_everyone, needs, post_only, refusals_to_messages


@needs(PEOPLE)
@require_safe
def invitations(request: HttpRequest) -> HttpResponse:
    """Those that nobody has answered yet."""
    found = list(operations.pending_invitations(actor(request)))
    context = {"invitations": found, "now": timezone.now(), "trail": trail()}
    return render(request, "accounts/invitations.html", context)


@needs(PEOPLE)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """One address, one organisation, one role."""
    by = actor(request)
    form = InviteForm(posted(request), by=by, all_of_them=by.has_perm(ACCOUNTS))
    back = reverse("accounts:invitations")

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.invite(
            told["email"],
            told["organisation"],
            Code(told["role"]),
            by=by,
            ends_on=told["ends_on"],
            in_charge=told.get("in_charge", False),
        )
        return "L’invitation part par courriel. Son lien sert une fois, pendant 72 heures.", back

    page = Page(
        "Inviter une personne",
        "Envoyer l’invitation",
        back,
        icon="send",
        text="Un courriel sans aucun nom lui donne un lien. Son compte et son rôle naissent quand elle y répond.",
        trail=[*trail(), Entry("Invitations", back)],
    )
    return form_page(request, form, page, do)


@needs(PEOPLE)
@recently_proved
@post_only
@refusals_to_messages
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another link, by another mail."""
    invitation = _tended(request, pk)
    operations.renew_invitation(invitation.pk, by=actor(request))
    messages.success(request, "L’invitation repart. Le lien d’avant n’ouvre plus rien.")
    return redirect("accounts:invitations")


@needs(PEOPLE)
@post_only
@refusals_to_messages
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its link opens nothing any more."""
    invitation = _tended(request, pk)
    operations.withdraw_invitation(invitation.pk, by=actor(request))
    messages.success(request, "L’invitation est retirée.")
    return redirect("accounts:invitations")


@login_not_required
@for_everyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Answer. The page is the same whether or not the address has an account: only its owner may find out."""
    invitation = operations.usable_invitation(token)
    if invitation is None:
        return render(request, "accounts/invitation_gone.html", {"sentence": GONE}, status=410)
    person = request.user if isinstance(request.user, User) else None
    if person is not None:
        return _join(request, invitation, token, person)
    form = AnswerForm(posted(request))
    if form.is_valid() and _newcomer(token, form):
        messages.success(request, "Votre compte est créé. Connectez-vous avec votre adresse et votre mot de passe.")
        return redirect("accounts:sign_in")
    context = {"invitation": invitation, "form": form, "here": request.path}
    return render(request, "accounts/invitation_answer.html", context, status=422 if form.errors else 200)


def _newcomer(token: str, form: AnswerForm) -> bool:
    told = form.cleaned_data
    try:
        operations.accept_as_newcomer(
            token, first_name=told["first_name"], last_name=told["last_name"], password=told["password"]
        )
    except ValidationError as weak:
        form.add_error("password", weak)
    except OperationRefused as refusal:
        form.add_error(None, str(refusal))
    else:
        return True
    return False


def _join(request: HttpRequest, invitation: Invitation, token: str, person: User) -> HttpResponse:
    refused = "" if person.email == invitation.email else ELSEWHERE
    if refused:
        note_refused("invitation.refused", why="of_somebody_else", target=invitation.pk)
    if request.method == "POST" and not refused:
        try:
            taken = operations.accept_as_member(token, by=person)
        except OperationRefused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"Vous avez maintenant le rôle « {taken.get_role_display()} ».")
            return redirect("desk:home")
    context = {"invitation": invitation, "refused": refused, "person": person}
    return render(request, "accounts/invitation_join.html", context, status=422 if refused else 200)


def _tended(request: HttpRequest, pk: UUID) -> Invitation:
    own = Invitation.objects.filter(organisation__in=operations.kept_by(actor(request)))
    return get_object_or_404(own, pk=pk)
