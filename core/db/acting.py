"""Who is acting, carried from Python to PostgreSQL with each transaction.

Inside `acting_as(user)` the database works under the role `seuil_web`, with the actor's UUID in the setting
`seuil.actor`, which the policies of row-level security read. The backend (`core.db.base`) sends both right after BEGIN.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from django.db import connections

if TYPE_CHECKING:
    from core.db.base import DatabaseWrapper

ALIAS = "default"
WEB_ROLE = "seuil_web"


class Person(Protocol):
    """Anything that looks like a user of Django, anonymous or not."""

    @property
    def pk(self) -> Any: ...

    @property
    def is_anonymous(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Acting:
    """The acting person (None: an anonymous visitor) and whether PostgreSQL must refuse writes."""

    actor: UUID | None
    read_only: bool = False

    @property
    def setting(self) -> str:
        """Value of `seuil.actor`: the UUID, or nothing for an anonymous visitor."""
        return "" if self.actor is None else str(self.actor)


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def current() -> Acting | None:
    """What the present context carries, or None when nobody acts (commands, tasks, migrations)."""
    return _acting.get()


def current_actor() -> UUID | None:
    """UUID of the acting person; None when nobody acts or when the visitor is anonymous."""
    acting = _acting.get()
    return acting.actor if acting else None


@contextmanager
def acting_as(user: Person | UUID | None, *, read_only: bool = False) -> Iterator[None]:
    """Do what is inside as this person: role `seuil_web`, rows this person may see.

    None or an anonymous user is a visitor: the role without an actor. `read_only` makes PostgreSQL refuse writes
    (SQLSTATE 25006); it cannot be lifted by a block inside. Transactions inside are the caller's affair; a statement
    alone gets its own. When a transaction is open already, the role and the actor are put back at the end.

    Raises `RuntimeError` when the acting person would change inside a transaction.
    """
    wanted, before = Acting(_actor(user), read_only), _acting.get()
    connection: DatabaseWrapper = connections[ALIAS]  # type: ignore[assignment]
    inside = connection.in_atomic_block
    if before is not None:
        if inside and before.actor != wanted.actor:
            raise RuntimeError("the acting person cannot change inside a transaction")
        wanted = replace(wanted, read_only=before.read_only or read_only)
    if not inside or wanted == before:
        with _carrying(wanted):
            yield
        return
    with _carrying(wanted), connection.acting_inside_transaction(wanted):
        yield


@contextmanager
def _carrying(acting: Acting) -> Iterator[None]:
    token = _acting.set(acting)
    try:
        yield
    finally:
        _acting.reset(token)


def _actor(user: Person | UUID | None) -> UUID | None:
    if user is None or isinstance(user, UUID):
        return user
    if user.is_anonymous:
        return None
    if not isinstance(user.pk, UUID):
        raise TypeError("acting_as() wants a saved user, its UUID or None")
    return user.pk
