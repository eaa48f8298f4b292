"""The people of an organisation, and one person's page."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import operations
from accounts.models import Membership, Organisation, User
from accounts.operations import ACCOUNTS, PEOPLE, Due
from accounts.views.frame import actor, trail
from core.http import needs
from core.names import fold


@dataclass(slots=True)
class Body:
    """An organisation and the roles held there, by person."""

    organisation: Organisation
    held: list[Membership] = field(default_factory=list)


@needs(PEOPLE)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Every person whose access one tends, under her organisation; `?organisation=` shows one of them."""
    by = actor(request)
    kept = list(operations.kept_by(by).order_by("sort_key"))
    wanted = request.GET.get("organisation", "")
    shown = [each for each in kept if str(each.pk) == wanted] or kept
    bodies = _bodies(shown)
    everybody = by.has_perm(ACCOUNTS)
    due: list[Due] = operations.due_by(by, today=timezone.localdate())
    context = {
        "bodies": [body for body in bodies if body.held or len(shown) < len(kept)],
        "people_count": len({held.user_id for body in bodies for held in body.held}),
        "without": _without_organisation() if everybody and len(shown) == len(kept) else [],
        "choices": [{"name": "organisation", "label": "Organisation", "nothing": "Toutes", "labels": _labels(kept)}],
        "asked": {"organisation": wanted},
        "several": len(kept) > 1,
        "waiting": operations.pending_invitations(by).count(),
        "due": due,
        "now": timezone.now(),
    }
    return render(request, "accounts/people.html", context)


@needs(PEOPLE)
@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One person: what she holds, what she held, what may be done; in the organisations one tends alone."""
    by = actor(request)
    somebody = get_object_or_404(User, pk=pk)
    everybody = by.has_perm(ACCOUNTS)
    known = Membership.objects.filter(user=somebody, organisation__in=operations.kept_by(by))
    rows = list(
        known.select_related("organisation", "replaces__user").order_by("organisation__sort_key", "-valid_from", "pk")
    )
    if not rows and not everybody:
        raise Http404
    lasting = set(known.lasting().values_list("pk", flat=True))
    held = [row for row in rows if row.pk in lasting]
    context = {
        "person": somebody,
        "is_me": somebody == by,
        "held": held,
        "past": [row for row in rows if row.pk not in lasting],
        "bodies": list(dict.fromkeys(row.organisation for row in held)),
        "everybody": everybody,
        "now": timezone.now(),
        "trail": trail(),
    }
    return render(request, "accounts/person.html", context)


def _bodies(organisations: list[Organisation]) -> list[Body]:
    bodies = {each.pk: Body(each) for each in organisations}
    rows = Membership.objects.lasting().filter(organisation__in=bodies).select_related("user", "replaces__user")
    for held in rows:
        bodies[held.organisation_id].held.append(held)
    for body in bodies.values():
        body.held.sort(key=lambda held: (fold(held.user.last_name), fold(held.user.first_name), held.valid_from))
    return list(bodies.values())


def _without_organisation() -> list[User]:
    lasting = Membership.objects.lasting().values("user")
    found = User.objects.filter(is_active=True).exclude(pk__in=lasting)
    return sorted(found, key=lambda user: (fold(user.last_name), fold(user.first_name)))


def _labels(kept: list[Organisation]) -> dict[str, str]:
    return {str(each.pk): each.name for each in kept}
