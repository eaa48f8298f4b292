"""What many tests share: the cast of accounts, dossiers, other roles of PostgreSQL. Loaded by `tests/conftest.py`."""

from __future__ import annotations

import html
import io
import logging
import logging.config
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
import structlog
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, connections, transaction
from django.db.models.functions import Now
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.demo import CAST, DOMAIN, ORGANISATIONS
from accounts.models import Membership, Organisation, OrganisationAlias, User
from accounts.operations import create_organisation, join
from cases.dossiers.models import Dossier
from config.logs import logging_settings
from core.names import fold
from tests.factories import make_dossier

Cast = dict[str, User]


@pytest.fixture
def cast(db: None) -> Cast:
    """Every account of the cast, by its name (`siao`, `etranger`…): as `install_cast` makes it, in a few statements.

    The rows of the first time are kept, and put back as they were in a database where nobody is yet.
    """
    at_first = tuple(Organisation.objects.values_list("pk", flat=True))
    if User.objects.exists():
        return _make_cast()
    if at_first not in _casts:
        made, before = _make_cast(), set(at_first)
        _casts[at_first] = _rows_of_the_cast(before)
        return made
    for table, rows in _casts[at_first].items():
        execute(f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s)", rows)  # noqa: S608
    return {user.email.removesuffix(f"@{DOMAIN}"): user for user in User.objects.all()}


_casts: dict[tuple[UUID, ...], dict[str, str]] = {}


def _rows_of_the_cast(before: Collection[UUID]) -> dict[str, str]:
    """What making the cast wrote, table by table, in the order in which it may be written again."""
    bodies = "SELECT id, team_id FROM accounts_organisation WHERE id <> ALL(%s)"
    wanted = {
        "auth_group": "id IN (SELECT team_id FROM bodies)",
        "accounts_organisation": "id IN (SELECT id FROM bodies)",
        "accounts_organisationalias": "organisation_id IN (SELECT id FROM bodies)",
        "accounts_user": "true",
        "accounts_membership": "true",
        "audit_entry": "target_id IN (SELECT id FROM bodies)",
    }
    rows = {}
    for table, which in wanted.items():
        told = f"WITH bodies AS ({bodies}) SELECT json_agg(t)::text FROM {table} t WHERE {which}"  # noqa: S608
        ((rows[table],),) = execute(told, list(before))
    return rows


def _make_cast() -> Cast:
    for name, kind, aliases in ORGANISATIONS:
        if not Organisation.objects.known_as(name).exists():
            create_organisation(name, kind, by=None, aliases=aliases)
    bodies = {alias.key: alias.organisation for alias in OrganisationAlias.objects.select_related("organisation__team")}
    known = {user.email: user for user in User.objects.filter(email__endswith=f"@{DOMAIN}")}
    held = set(Membership.objects.values_list("user", flat=True))
    new = [
        User(email=member.email, first_name=member.first_name, last_name=member.last_name, password=make_password(None))
        for member in CAST
        if member.email not in known
    ]
    known |= {user.email: user for user in User.objects.bulk_create(new)}
    Membership.objects.bulk_create(
        Membership(
            user=known[member.email],
            organisation=bodies[fold(member.organisation)],
            role=member.role,
            valid_from=Now(),
            in_charge=member.in_charge,
        )
        for member in CAST
        if member.role and known[member.email].pk not in held
    )
    return {member.account: known[member.email] for member in CAST}


@pytest.fixture
def siao(db: None, request: pytest.FixtureRequest) -> User:
    """The referent: sees every dossier of the SIAO, and instructs them. The cast's, without the others."""
    return _one_of_the_cast("siao", request)


@pytest.fixture
def etranger(db: None, request: pytest.FixtureRequest) -> User:
    """Nobody's member."""
    return _one_of_the_cast("etranger", request)


@pytest.fixture
def dossier(siao: User) -> Dossier:
    """One dossier, evaluated, open to the SIAO."""
    return make_dossier()


def _one_of_the_cast(account: str, request: pytest.FixtureRequest) -> User:
    if "cast" in request.fixturenames:  # all of them at once, before one is made alone
        everybody: Cast = request.getfixturevalue("cast")
        return everybody[account]
    member = next(member for member in CAST if member.account == account)
    user = User.objects.filter(email=member.email).first()
    if user is None:
        user = User.objects.create_user(member.email, first_name=member.first_name, last_name=member.last_name)
        if member.role:
            held = join(user, Organisation.objects.known_as(member.organisation).get(), member.role, by=None)
            Membership.objects.filter(pk=held.pk).update(in_charge=member.in_charge)
    return user


@contextmanager
def as_role(name: str) -> Iterator[None]:
    """The transaction goes on under another role of PostgreSQL, and comes back."""
    with transaction.atomic():
        execute(f"SET LOCAL ROLE {name}")
        yield
        execute("SET LOCAL ROLE seuil_owner")


def execute(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Plain SQL on `default`, past Django's models; the rows, when it gives some."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall()) if cursor.description else []


def refusal(work: Callable[[], object]) -> psycopg.Error:
    """PostgreSQL's refusal of `work`, whose savepoint is rolled back. Fails when it was not refused."""
    try:
        with transaction.atomic():
            work()
    except Exception as error:
        cause = error.__cause__
        if isinstance(cause, psycopg.Error):
            return cause
        raise
    pytest.fail("PostgreSQL refused nothing")


def at_once(*works: Callable[[], object]) -> list[Exception | None]:
    """Run each work in a thread and connection of its own, started together; what each one raised."""
    together = threading.Barrier(len(works), timeout=20)
    outcomes: list[Exception | None] = [None] * len(works)

    def run(number: int) -> None:
        try:
            together.wait()
            works[number]()
        except Exception as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads), "a thread waits for ever"
    return outcomes


def prove(client: Client, user: User, method: str = "password", ago: float = 0) -> None:
    """In this browser, the person has given her password (`mfa`: a second factor) that many seconds ago."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        *session.get(AUTHENTICATION_METHODS_SESSION_KEY, []),
        {"method": method, "at": time.time() - ago},
    ]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    """The browser of an account of the cast, signed in; of a visitor for an empty name."""

    def open_browser(account: str) -> Client:
        client = Client()
        if account:
            client.force_login(cast[account])
            prove(client, cast[account])  # as the door leaves it
        return client

    return open_browser


@contextmanager
def statements(alias: str = "default") -> Iterator[list[str]]:
    """What is sent to a database meanwhile, without what the tests' own transaction adds."""
    sent: list[str] = []
    with CaptureQueriesContext(connections[alias]) as queries:
        yield sent
    sent += [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO"))]


def text_of(response: object) -> str:
    """What a page says, without its tags nor the spaces between words; hidden texts too."""
    assert isinstance(response, HttpResponse)
    shown = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(shown).split())


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the production's logs write, then the logs of the tests again."""
    before = structlog.get_config()
    logging.config.dictConfig(logging_settings(production=True))
    text = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(text)
    yield text
    structlog.configure(**before)
    logging.config.dictConfig(settings.LOGGING)
