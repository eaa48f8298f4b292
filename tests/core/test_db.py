"""Who is acting travels with the transaction: seen from PostgreSQL, never from Python's word."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from core.db import acting_as, current_actor
from core.db.client import DatabaseClient

pytestmark = pytest.mark.django_db

ASK = "SELECT current_setting('role'), coalesce(current_setting('seuil.actor', true), ''), current_user"
OUTSIDE = ("seuil_owner", "", "seuil_owner")


def seen(alias: str = "default") -> tuple[str, ...]:
    """Role, actor and current user, as PostgreSQL sees them."""
    with connections[alias].cursor() as cursor:
        cursor.execute(ASK)
        return tuple(cursor.fetchone())


def web(actor: UUID | str) -> tuple[str, str, str]:
    return ("seuil_web", str(actor), "seuil_web")


def read_only() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone()[0] == "on")


def write_for_real() -> None:
    """A row in a table where the web role may write."""
    Session.objects.create(session_key=uuid4().hex, session_data="", expire_date=timezone.now())


def sqlstate(error: BaseException) -> str | None:
    cause = error.__cause__
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


class TestInsideTheTransactionOfATest:
    def test_role_and_actor_are_set_then_put_back(self) -> None:
        actor = uuid4()
        assert seen() == OUTSIDE
        with acting_as(actor):
            assert seen() == web(actor)
            assert current_actor() == actor
        assert seen() == OUTSIDE
        assert current_actor() is None

    def test_a_user_and_a_visitor(self) -> None:
        pk = uuid4()
        with acting_as(SimpleNamespace(pk=pk, is_anonymous=False)):
            assert seen() == web(pk)
        for visitor in (None, AnonymousUser()):
            with acting_as(visitor):
                assert seen() == web("")
                assert current_actor() is None

    def test_a_user_that_is_not_saved_is_refused(self) -> None:
        with pytest.raises(TypeError), acting_as(SimpleNamespace(pk=None, is_anonymous=False)):
            pytest.fail("nobody can act without an identity")

    def test_the_keystore_keeps_the_role_of_the_process(self) -> None:
        with acting_as(uuid4()), transaction.atomic(using="keystore"):
            assert seen("keystore") == OUTSIDE

    def test_an_exception_puts_back_too(self) -> None:
        with pytest.raises(ZeroDivisionError), acting_as(uuid4()):
            raise ZeroDivisionError
        assert seen() == OUTSIDE

    def test_a_statement_refused_inside_a_savepoint_loses_nothing(self) -> None:
        actor = uuid4()
        with acting_as(actor):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            assert seen() == web(actor)
        assert seen() == OUTSIDE

    def test_a_refusal_that_leaves_the_block_is_undone_by_the_savepoint_outside(self) -> None:
        with pytest.raises(DatabaseError), transaction.atomic(), acting_as(uuid4()), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert seen() == OUTSIDE

    def test_rolling_back_to_a_savepoint_older_than_the_block_keeps_the_person(self) -> None:
        actor, sid = uuid4(), transaction.savepoint()
        with acting_as(actor):
            transaction.savepoint_rollback(sid)
            assert seen() == web(actor)
        assert seen() == OUTSIDE

    def test_the_same_person_may_nest(self) -> None:
        actor = uuid4()
        with acting_as(actor), transaction.atomic(), acting_as(actor):
            assert seen() == web(actor)
        assert seen() == OUTSIDE

    def test_another_person_inside_a_transaction_is_refused(self) -> None:
        actor = uuid4()
        with acting_as(actor):
            with pytest.raises(RuntimeError, match="cannot change"), acting_as(uuid4()):
                pytest.fail("two persons in one transaction")
            assert seen() == web(actor)

    def test_read_only_is_postgresqls_refusal_and_ends_with_the_block(self) -> None:
        with acting_as(uuid4(), read_only=True):
            assert read_only()
            with pytest.raises(DatabaseError) as refused, transaction.atomic():
                write_for_real()
            assert sqlstate(refused.value) == "25006"
            assert read_only()
        assert not read_only()
        write_for_real()

    def test_read_only_recovers_from_a_statement_refused_without_savepoint(self) -> None:
        with pytest.raises(DatabaseError), acting_as(uuid4(), read_only=True):
            write_for_real()
        assert seen() == OUTSIDE
        write_for_real()

    def test_a_block_inside_cannot_lift_read_only(self) -> None:
        actor = uuid4()
        with acting_as(actor, read_only=True), acting_as(actor, read_only=False):
            assert read_only()
        assert not read_only()

    def test_a_block_inside_may_close_to_writing_for_its_own_time(self) -> None:
        actor = uuid4()
        with acting_as(actor):
            with acting_as(actor, read_only=True):
                assert read_only()
            assert not read_only()
            assert seen() == web(actor)


@pytest.mark.django_db(transaction=True)
class TestOutsideATransaction:
    def test_a_statement_alone_is_the_persons(self) -> None:
        actor = uuid4()
        with acting_as(actor):
            assert seen() == web(actor)
            assert not connection.in_atomic_block
        assert seen() == OUTSIDE

    def test_a_statement_alone_is_committed(self) -> None:
        with acting_as(uuid4()):
            write_for_real()
        assert Session.objects.count() == 1

    def test_each_transaction_is_the_persons_and_leaves_nothing(self) -> None:
        actor = uuid4()
        with acting_as(actor):
            for _ in range(2):
                with transaction.atomic():
                    assert seen() == web(actor)
        assert seen() == OUTSIDE

    def test_rows_read_in_chunks_are_the_persons(self) -> None:
        with acting_as(uuid4()):
            rows = ContentType.objects.extra(select={"who": "current_user::text"}).iterator(chunk_size=2)
            assert {row.who for row in rows} == {"seuil_web"}

    def test_read_only_refuses_a_write(self) -> None:
        with acting_as(uuid4(), read_only=True):
            with pytest.raises(DatabaseError) as refused:
                write_for_real()
            assert sqlstate(refused.value) == "25006"
        write_for_real()

    def test_after_an_error_the_next_transaction_is_the_persons(self) -> None:
        actor = uuid4()
        with acting_as(actor):
            with pytest.raises(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            assert seen() == web(actor)

    def test_a_worker_may_act_for_a_person_in_its_own_transaction(self) -> None:
        actor = uuid4()
        with transaction.atomic():
            with acting_as(actor):
                assert seen() == web(actor)
            assert seen() == OUTSIDE

    def test_reset_role_returns_to_the_role_of_the_process(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE seuil_web")
            cursor.execute("RESET ROLE")
        assert seen() == OUTSIDE

    def test_threads_do_not_mix(self) -> None:
        people = [uuid4() for _ in range(6)]
        together = threading.Barrier(len(people), timeout=20)
        answers: dict[UUID, set[tuple[str, ...]]] = {}

        def work(person: UUID) -> None:
            try:
                with acting_as(person):
                    together.wait()
                    answers[person] = {seen() for _ in range(5)}
                    with transaction.atomic():
                        together.wait()
                        answers[person].add(seen())
            finally:
                connections.close_all()

        threads = [threading.Thread(target=work, args=(person,)) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert answers == {person: {web(person)} for person in people}

    def test_tasks_of_asyncio_do_not_mix(self) -> None:
        people = [uuid4() for _ in range(5)]

        def ask() -> tuple[str, ...]:
            try:
                return seen()
            finally:
                connection.close()

        async def work(person: UUID) -> tuple[str, ...]:
            with acting_as(person):
                await asyncio.sleep(0.01)
                return await sync_to_async(ask, thread_sensitive=False)()

        async def everyone() -> list[tuple[str, ...]]:
            return await asyncio.gather(*(work(person) for person in people))

        assert asyncio.run(everyone()) == [web(person) for person in people]

    def test_a_new_context_acts_for_nobody(self) -> None:
        with acting_as(uuid4()):
            assert contextvars.Context().run(current_actor) is None


def test_psql_takes_the_role_too() -> None:
    settings: dict[str, Any] = connection.settings_dict
    _, env = DatabaseClient.settings_to_cmd_args_env(settings, [])
    assert env is not None
    assert "-c role=seuil_owner" in env["PGOPTIONS"]
