"""Every address says who may open it, and answers nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.demo import CAST
from accounts.roles import ROLES

SAMPLES: dict[str, Any] = {"name": "close"} | dict.fromkeys(
    ["pk", "dossier", "examen", "lease", "measure"], UUID(int=7)
)
DEMO_ONLY = {"desk:components"}  # pages that exist in development and in the demonstration
MACHINES = {"healthz", "metrics"}
VISITORS = {"accounts:sign_in", *MACHINES}


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


def test_only_what_watches_the_instance_enters_without_an_account() -> None:
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


@pytest.mark.django_db
def test_the_role_matrix(browse: Callable[[str], Client]) -> None:
    """Whatever the method, what a role may not open answers as what does not exist, and never breaks."""
    absent = browse("etranger").get("/nulle-part/").content
    for member in CAST:
        browser = browse(member.account)
        held = ROLES[member.role].permissions if member.role else frozenset()
        for name, pattern in EVERY.items():
            if name == "accounts:sign_out":
                continue
            permission, path = permission_of(pattern), path_of(pattern)
            for send in (browser.get, browser.post):
                answer = send(path)
                told = (member.account, name, send.__name__)
                assert answer.status_code < 500, told
                if (permission and permission not in held) or name in DEMO_ONLY or view_of(pattern, "demo_only"):
                    assert answer.status_code == 404, told
                    assert answer.content == absent, told
                elif not pattern.pattern.converters and send is browser.get and name != "accounts:sign_in":
                    assert answer.status_code == 200, told
