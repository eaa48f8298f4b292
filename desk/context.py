"""What the frame of every page needs: navigation by role, who is signed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.backends import IN_CHARGE, memberships_of
from accounts.models import User
from accounts.signin.operations import lasting
from cases.dossiers.operations import MEET
from cases.dossiers.operations.acts import IDENTITY, INSTRUCT, VIEW
from cases.dossiers.views import sees_status_alone
from cases.dossiers.views.frame import FOLLOW
from cases.support.operations import MANAGE
from commission.operations.awaiting import READ_FICHE
from commission.operations.seances import RUN
from core.components import Account, Entry

HINT = "nom, date de naissance, n° unique, référence"
# what some work waits for: any of these
AWAITED = f"{INSTRUCT} {MANAGE} {RUN} {READ_FICHE} {IN_CHARGE} audit.read_journal"
# label, address, icon, permissions of which one shows it (empty: everyone)
PLACES: tuple[tuple[tuple[str, str, str, str], ...], ...] = (
    (
        ("Accueil", "desk:home", "house-door", ""),
        ("Mes prescriptions", "prescriptions:list", "envelope-paper", FOLLOW),
        ("Nouvelle prescription", "dossiers:open", "plus-lg", FOLLOW),
        ("Dossiers", "dossiers:list", "folder2-open", VIEW),
        ("À faire", "desk:todo", "check2-square", AWAITED),
        ("Rencontre", "meeting:new", "binoculars", MEET),
        ("Séances", "commission:seances", "calendar-event", "commission.view_seance"),
    ),
    (
        ("Chiffres", "reporting:figures", "graph-up", "reporting.view_figures"),
        ("Import du registre", "exchange:import", "download", "dossiers.import_register"),
        ("Urgences", "urgency:list", "exclamation-triangle", "audit.read_journal"),
        ("Journal", "desk:journal", "journal-text", "audit.read_journal"),
        ("Qui peut quoi", "desk:rights", "shield-check", ""),
    ),
    (
        ("Personnes", "accounts:people", "person-lines-fill", "accounts.manage_people"),
        ("Réglages", "desk:lists", "grid-3x3-gap", "accounts.edit_lists"),
    ),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The frame's context; empty for a visitor."""
    shown: dict[str, Any] = {"demo": settings.IN_DEMO, "no_factor": not settings.SECOND_FACTOR_REQUIRED}
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return shown
    hidden = {"dossiers:list"} if sees_status_alone(user) else set()
    groups = [
        [_entry(request, *place[:3]) for place in group if _may(user, place[3]) and place[1] not in hidden]
        for group in PLACES
    ]
    if user.has_perm(IDENTITY):
        shown |= {"search_url": reverse("dossiers:search"), "search_hint": HINT}
    if settings.IN_DEMO:
        shown["demo_mails_url"] = reverse("desk:mails")
    shown["session_lasts"] = lasting(request)
    return {**shown, "navigation": [group for group in groups if group], "account": account_of(user)}


def account_of(user: User) -> Account:
    """The person, her first role in force and where she holds it."""
    held = memberships_of(user)
    label = held[0].get_role_display() if held else "aucun rôle"
    organisation = held[0].organisation.name if held else "Aucune organisation"
    return Account(
        str(user), label[:1].upper() + label[1:], organisation, reverse("accounts:sign_out"), reverse("accounts:me")
    )


def _entry(request: HttpRequest, label: str, name: str, icon: str) -> Entry:
    """`request.awaited` is how many things wait, on the pages that have counted them."""
    url = reverse(name)
    current = request.path == url if url == "/" else request.path.startswith(url)
    count: int | None = getattr(request, "awaited", None) if name == "desk:todo" else None
    return Entry(label, url, icon, current, count)


def _may(user: User, permission: str) -> bool:
    return not permission or any(user.has_perm(each) for each in permission.split())
