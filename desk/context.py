"""What the frame of every page needs: navigation by role, who is signed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.backends import memberships_of
from accounts.models import User
from core.components import Account, Entry

# label, address, icon, permission that shows it (empty: everyone)
PLACES: tuple[tuple[tuple[str, str, str, str], ...], ...] = (
    (
        ("Accueil", "desk:home", "house-door", ""),
        ("Dossiers", "dossiers:list", "folder2-open", "dossiers.view_dossier"),
        ("Séances", "commission:seances", "calendar-event", "commission.view_seance"),
    ),
    (
        ("Chiffres", "reporting:figures", "graph-up", "reporting.view_figures"),
        ("Import du registre", "exchange:import", "download", "dossiers.import_register"),
    ),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The frame's context; empty for a visitor."""
    shown: dict[str, Any] = {"demo": settings.IN_DEMO}
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return shown
    groups = [[_entry(request, *place[:3]) for place in group if _may(user, place[3])] for group in PLACES]
    if settings.IN_DEMO:
        shown["demo_mails_url"] = reverse("desk:mails")
    return {**shown, "navigation": [group for group in groups if group], "account": account_of(user)}


def account_of(user: User) -> Account:
    """The person, her first role in force and where she holds it."""
    held = memberships_of(user)
    label = held[0].get_role_display() if held else "aucun rôle"
    organisation = held[0].organisation.name if held else "Aucune organisation"
    return Account(str(user), label[:1].upper() + label[1:], organisation, reverse("accounts:sign_out"))


def _entry(request: HttpRequest, label: str, name: str, icon: str) -> Entry:
    url = reverse(name)
    current = request.path == url if url == "/" else request.path.startswith(url)
    return Entry(label, url, icon, current)


def _may(user: User, permission: str) -> bool:
    return not permission or user.has_perm(permission)
