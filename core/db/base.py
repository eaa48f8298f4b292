"""Database backend: Django's PostgreSQL one, whose transactions carry the acting person. Named by DATABASES."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg.pq import TransactionStatus

from core.db.acting import ALIAS, WEB_ROLE, Acting, current
from core.db.client import DatabaseClient

ENTER = "SELECT set_config('role', %s, true), set_config('seuil.actor', %s, true)"
ENTER_READ_ONLY = f"{ENTER}, set_config('transaction_read_only', 'on', true)"
BEFORE = "SELECT current_setting('role'), coalesce(current_setting('seuil.actor', true), '')"
SAVEPOINT = "seuil_acting"


class DatabaseWrapper(base.DatabaseWrapper):
    """Connection whose transactions on `default` run as the acting person, when there is one."""

    client_class = DatabaseClient

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.alias == ALIAS:
            self.execute_wrappers.append(self._in_own_transaction)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Of a pool (`config.database.keep_connections`), one that answers.

        A server that was restarted ended all of those that waited: the first one tells of the others, which the pool
        would try one by one, for longer than a page waits.
        """
        connection, pool = super().get_new_connection(conn_params), self.pool  # type: ignore[attr-defined]
        if pool is None:
            return connection
        try:
            pool.check_connection(connection)
        except OperationalError:
            pool.putconn(connection)
            pool.drain()
            connection = super().get_new_connection(conn_params)
        return connection

    def _set_autocommit(self, autocommit: bool) -> None:
        """Called by Django at the outermost BEGIN, and after its end."""
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if not autocommit and self.alias == ALIAS and (acting := current()):
            self._carry(acting)

    def _savepoint_rollback(self, sid: str) -> None:
        """PostgreSQL forgets settings made after the savepoint: say them again."""
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        if self.alias == ALIAS and (acting := current()):
            self._carry(acting)

    def _in_own_transaction(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """A statement outside a transaction, sent while somebody acts, gets its own short transaction."""
        if self.in_atomic_block or current() is None:
            return execute(sql, params, many, context)
        with transaction.atomic(using=self.alias):
            return execute(sql, params, many, context)

    def _carry(self, acting: Acting) -> None:
        self._say(ENTER_READ_ONLY if acting.read_only else ENTER, WEB_ROLE, acting.setting)

    def _say(self, statement: str, *parameters: str) -> Any:
        """Run a statement below Django: neither counted nor wrapped."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchone() if cursor.description else None

    @contextmanager
    def acting_inside_transaction(self, acting: Acting) -> Iterator[None]:
        """Carry the person from the middle of an open transaction, then put back what was there.

        Read-only needs a savepoint: PostgreSQL lifts it only when the savepoint ends.
        """
        before, broken = self._say(BEFORE), self.needs_rollback
        if acting.read_only:
            self._say(f"SAVEPOINT {SAVEPOINT}")
        self._carry(acting)
        try:
            yield
        finally:
            self._put_back(before, from_savepoint=acting.read_only)
            if acting.read_only:
                self.needs_rollback = broken  # what broke inside ended with the savepoint

    def _put_back(self, before: tuple[str, str], *, from_savepoint: bool) -> None:
        if self.connection is None or self.connection.closed:
            return
        status = self.connection.info.transaction_status
        if from_savepoint and status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            self._say(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")  # nothing was written; it also restores role and actor
            self._say(f"RELEASE SAVEPOINT {SAVEPOINT}")
        elif status == TransactionStatus.INTRANS:
            self._say(ENTER, *before)
        # INERROR without savepoint: the caller's rollback restores what was set before this block
