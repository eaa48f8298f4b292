"""The outbox: written with the act, done once, and later when it failed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from structlog.contextvars import bound_contextvars, get_contextvars

from core import outbox
from core.models import OutboxMessage
from core.outbox import HANDLERS, Payload, Registered
from tests.workers import login

SECRET = "Orsel Berthe, 12 rue de la Combe"


@pytest.fixture
def handled() -> Iterator[list[Payload]]:
    """A task of these tests, three messages at a time, which fails on a payload that says so; what it did."""
    done: list[Payload] = []

    def work(payloads: list[Payload]) -> None:
        if any("fails" in payload for payload in payloads):
            raise ValueError(SECRET)
        done.extend(payloads)

    outbox.handler("test.task", batch=3)(work)
    yield done
    del HANDLERS["test.task"]


def enqueue(**payload: int) -> OutboxMessage:
    with transaction.atomic():
        outbox.enqueue("test.task", after=timedelta(0), **payload)
    return OutboxMessage.objects.latest("created_at")


def make_due() -> None:
    """Let time pass for what waits."""
    OutboxMessage.objects.filter(done_at=None).update(due_at=timezone.now())


@pytest.mark.django_db
class TestOneRelay:
    def test_a_message_is_done_once(self, handled: list[Payload]) -> None:
        message = enqueue(n=1)
        assert outbox.run_once() == 1
        assert outbox.run_once() == 0
        assert handled == [{"n": 1}]
        message.refresh_from_db()
        assert message.done_at is not None
        assert message.last_error == ""

    def test_messages_come_in_batches_and_in_order(self, handled: list[Payload]) -> None:
        for n in range(5):
            enqueue(n=n)
        assert [outbox.run_once() for _ in range(3)] == [3, 2, 0]
        assert handled == [{"n": n} for n in range(5)]

    def test_a_message_waits_for_its_hour(self, handled: list[Payload]) -> None:
        with transaction.atomic():
            outbox.enqueue("test.task", after=timedelta(minutes=1), n=1)
        assert outbox.run_once() == 0
        make_due()
        assert outbox.run_once() == 1

    def test_a_rolled_back_act_leaves_no_work(self, handled: list[Payload]) -> None:
        with transaction.atomic():
            outbox.enqueue("test.task", n=1)
            transaction.set_rollback(True)
        assert outbox.run_once() == 0

    def test_a_failure_leaves_the_message_open_for_later_and_keeps_no_text(self, handled: list[Payload]) -> None:
        message = enqueue(fails=1)
        before, waits = timezone.now(), []
        for _ in range(15):
            make_due()
            assert outbox.run_once() == 0
            message.refresh_from_db()
            waits.append(message.due_at - timezone.now())
        assert message.done_at is None
        assert message.attempts == 15
        assert message.last_error == "ValueError"
        assert message.created_at < before
        assert all(later >= sooner - timedelta(seconds=1) for sooner, later in pairwise(waits))
        assert timedelta(seconds=1) < waits[0] <= timedelta(seconds=2)
        assert timedelta(minutes=59) < waits[-1] <= timedelta(hours=1)

    def test_what_the_handler_wrote_before_failing_is_undone(self, db: None) -> None:
        def work(payloads: list[Payload]) -> None:
            OutboxMessage.objects.create(task="other", created_at=timezone.now(), due_at=timezone.now())
            raise ValueError(SECRET)

        outbox.handler("test.task")(work)
        enqueue(n=1)
        assert outbox.run_once() == 0
        del HANDLERS["test.task"]
        assert set(OutboxMessage.objects.values_list("task", flat=True)) == {"test.task"}

    def test_one_bad_message_holds_up_nobody(self, handled: list[Payload]) -> None:
        enqueue(n=1)
        bad = enqueue(fails=1)
        enqueue(n=2)
        for _ in range(5):
            outbox.run_once()
            make_due()
        assert sorted(payload["n"] for payload in handled) == [1, 2]
        assert list(OutboxMessage.objects.filter(done_at=None)) == [bad]

    def test_one_bad_task_holds_up_no_other(self, handled: list[Payload], monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(payloads: list[Payload]) -> None:
            raise RuntimeError(SECRET)

        monkeypatch.setattr(outbox, "HANDLERS", {"test.bad": Registered(fail, 1), **outbox.handlers()})
        with transaction.atomic():
            outbox.enqueue("test.bad")
            outbox.enqueue("test.task", n=1)
        assert outbox.run_once() == 1
        assert handled == [{"n": 1}]

    def test_drain_raises_what_the_handler_raised(self, handled: list[Payload]) -> None:
        enqueue(fails=1)
        with pytest.raises(ValueError, match="Orsel"):
            outbox.drain("test.task")
        assert OutboxMessage.objects.get().done_at is None

    def test_nothing_is_asked_of_the_void(self, handled: list[Payload]) -> None:
        assert outbox.drain("test.task") == 0
        with pytest.raises(KeyError):
            outbox.drain("test.unknown")

    def test_a_relay_tells_what_was_done_from_what_was_not_there(self, handled: list[Payload]) -> None:
        assert outbox.relay("test.task") is None
        enqueue(n=1)
        assert outbox.open_tasks() == ["test.task"]
        assert outbox.relay("test.task") == 1
        enqueue(fails=1)
        assert outbox.relay("test.task") == 0
        assert outbox.relay("test.task") is None
        assert outbox.open_tasks() == []
        make_due()
        assert outbox.open_tasks() == ["test.task"]

    def test_a_task_that_nobody_knows_any_more_wakes_nobody(self, handled: list[Payload]) -> None:
        with transaction.atomic():
            outbox.enqueue("test.gone")
        assert outbox.open_tasks() == []

    def test_the_request_is_kept_and_bound_again_when_it_is_one(self, db: None) -> None:
        seen: list[str] = []

        def work(payloads: list[Payload]) -> None:
            seen.append(str(get_contextvars().get("request_id", "")))

        outbox.handler("test.request", batch=2)(work)
        try:
            for request in ("a" * 40, "b", "b", "c"):
                with bound_contextvars(request_id=request), transaction.atomic():
                    outbox.enqueue("test.request", n=len(seen))
                if request != "b":
                    outbox.run_once()
        finally:
            del HANDLERS["test.request"]
        assert seen == ["a" * 40, "b"]
        assert "request_id" not in get_contextvars()

    def test_what_was_done_long_ago_is_forgotten(self, handled: list[Payload]) -> None:
        old, recent = enqueue(n=1), enqueue(n=2)
        enqueue(fails=1)
        outbox.run_once()
        outbox.run_once()
        OutboxMessage.objects.filter(pk=old.pk).update(done_at=timezone.now() - timedelta(days=31))
        OutboxMessage.objects.filter(pk=recent.pk).update(done_at=timezone.now() - timedelta(days=29))
        assert outbox.forget() == 1
        assert not OutboxMessage.objects.filter(pk=old.pk).exists()
        assert OutboxMessage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
class TestSeveralRelays:
    def test_outside_a_transaction_nothing_is_promised(self) -> None:
        with pytest.raises(TransactionManagementError):
            outbox.enqueue("test.task", n=1)

    def test_two_relays_do_each_message_once(self, handled: list[Payload]) -> None:
        for n in range(40):
            enqueue(n=n)
        together = threading.Barrier(2, timeout=20)

        def relay() -> None:
            try:
                together.wait()
                while OutboxMessage.objects.filter(done_at=None).exists():
                    outbox.run_once()
            finally:
                connections.close_all()

        threads = [threading.Thread(target=relay) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(payload["n"] for payload in handled) == list(range(40))

    def test_a_relay_survives_the_loss_of_its_connection(self, handled: list[Payload]) -> None:
        enqueue(n=1)
        lost = connection.connection
        assert lost is not None
        with psycopg.connect(login("default"), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [lost.info.backend_pid])
        with pytest.raises(OperationalError):
            outbox.run_once()
        lost.close()
        connections.close_all()
        assert outbox.run_once() == 1
        assert handled == [{"n": 1}]
