"""Signing in and out; verifying an organisation that a register named."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts import demo
from accounts.forms import OrganisationForm, SignInForm
from accounts.models import Organisation, OrganisationKind, User
from accounts.operations import ACCOUNTS, verify_organisation
from audit import journal
from core.errors import OperationRefused
from core.http import for_everyone, needs, post_only

NOBODY = UUID(int=0)


class SignIn(LoginView):
    """Open to visitors. Each attempt is journaled, a failed one without the address."""

    permission = ""
    template_name = "accounts/connexion.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:
        """Where the person was going; the sign-in page itself is nowhere to go."""
        wanted: str = super().get_redirect_url()
        return "" if urlsplit(wanted).path == self.request.path else wanted

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and tell the journal."""
        response = super().form_valid(form)
        user = form.get_user()
        if isinstance(user, User):
            with transaction.atomic():
                journal.record("account.signed_in", target=user.pk, by=user)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Tell the journal that somebody failed, not who: a mistyped address may be a password."""
        if form.non_field_errors():
            with transaction.atomic():
                journal.record("account.refused", target=NOBODY, by=None)
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The demonstration shows its accounts."""
        shown = {"demo_accounts": demo.accounts()} if settings.IN_DEMO else {}
        return super().get_context_data(**kwargs) | shown


@for_everyone
@post_only
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and come back to the door."""
    if isinstance(request.user, User):
        with transaction.atomic():
            journal.record("account.signed_out", target=request.user.pk, by=request.user)
    logout(request)
    return redirect("accounts:sign_in")


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
    return render(
        request, "accounts/organisation.html", {"organisation": found, "form": form}, status=422 if form.errors else 200
    )


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    return request.user
