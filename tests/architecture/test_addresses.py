"""Every address says who may open it, and answers nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles import ROLES

SAMPLES: dict[str, Any] = {
    "name": "close",
    "token": "0" * 64,
    "code": "DECES",
    "factor": 7,
    "uidb36": "7",
    "key": "x-y",
    "kind": "decision",
    **dict.fromkeys(
        ["pk", "asked", "document", "dossier", "examen", "grant", "lease", "letter", "measure", "organisation"],
        UUID(int=7),
    ),
    **dict.fromkeys(["member", "period", "birth", "agreement", "link", "mapping"], UUID(int=7)),
    "step": "menage",
    "row": 0,
    "reminder": UUID(int=7),
    "view": UUID(int=7),
}
DEMO_ONLY = {"desk:components"}  # pages that exist in development and in the demonstration
MACHINES = {"healthz", "metrics", "desk:calendar"}
# allauth's pages bear allauth's names (accounts.signin.urls)
DOOR = {"accounts:sign_in", "account_login", "mfa_authenticate", "mfa_login_webauthn"}
LINKS = {"accounts:accept", "account_reset_password", "account_reset_password_from_key", "accounts:come_back"}
VISITORS = {*DOOR, *LINKS, *MACHINES}
# what asks first for a proof of presence, or leads to the way that the person has
PROOF = {
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "accounts:password",
}
POSTED = {"accounts:renew_codes", "accounts:stay", "accounts:end_others"}


def addresses(resolver: URLResolver | None = None, above: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each named address with its namespace."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            yield from addresses(each, f"{above}{each.namespace}:" if each.namespace else above)
        else:
            yield f"{above}{each.name}", each


EVERY = dict(addresses())


def view_of(pattern: URLPattern, attribute: str) -> Any:
    """What the view says of itself, None when it says nothing."""
    return getattr(getattr(pattern.callback, "view_class", pattern.callback), attribute, None)


def permission_of(pattern: URLPattern) -> str | None:
    found: str | None = view_of(pattern, "permission")
    return found


def test_only_programs_enter_without_an_account() -> None:
    assert {name for name, pattern in EVERY.items() if view_of(pattern, "for_machines")} == MACHINES
    without = {name for name, pattern in EVERY.items() if not getattr(pattern.callback, "login_required", True)}
    assert without == VISITORS


def path_of(pattern: URLPattern) -> str:
    from django.urls import reverse

    name = next(name for name, each in EVERY.items() if each is pattern)
    return reverse(name, kwargs={key: SAMPLES[key] for key in pattern.pattern.converters})


def test_there_are_addresses() -> None:
    assert {"desk:home", "accounts:sign_in", "dossiers:list", "commission:seances", "reporting:figures"} <= EVERY.keys()
    assert not [name for name in EVERY if name.endswith(("None", ":"))]


@pytest.mark.parametrize("name", EVERY)
def test_each_view_says_which_permission_it_asks_for(name: str) -> None:
    assert permission_of(EVERY[name]) is not None, "decorate the view with core.http.needs or for_everyone"


@pytest.mark.django_db
def test_each_permission_exists_and_some_role_has_it() -> None:
    asked = {permission for pattern in EVERY.values() if (permission := permission_of(pattern))}
    known = {f"{app}.{code}" for app, code in Permission.objects.values_list("content_type__app_label", "codename")}
    assert asked <= known
    assert asked <= {permission for role in ROLES.values() for permission in role.permissions}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(EVERY.keys() - VISITORS))
def test_a_visitor_is_led_to_the_door(name: str, client: Client) -> None:
    path = path_of(EVERY[name])
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/connexion/?next={path}"
