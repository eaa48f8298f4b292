"""What the pages of people share: who acts, which rows she tends, the way back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import Membership, User
from accounts.operations import kept_by
from core.components import Entry


def actor(request: HttpRequest) -> User:
    """The person signed in, read from the request."""
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    return request.user


def kept_membership(request: HttpRequest, pk: UUID) -> Membership:
    """A role in force or to come that the person tends; any other does not exist."""
    held = Membership.objects.lasting().filter(organisation__in=kept_by(actor(request)))
    return get_object_or_404(held.select_related("user", "organisation"), pk=pk)


def page_of(person: User) -> str:
    """The address of somebody's page."""
    return reverse("accounts:person", args=[person.pk])


def trail(person: User | None = None) -> list[Entry]:
    """From the list to the person."""
    steps = [Entry("Personnes", reverse("accounts:people"))]
    return steps if person is None else [*steps, Entry(str(person), page_of(person))]
