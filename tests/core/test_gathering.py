"""Rows gathered in a block: written together at its end, dropped with it, written at once outside."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import journal
from audit.models import Entry
from core import outbox
from core.gathering import gathering, insert
from core.models import OutboxMessage
from tests.fixtures import statements

pytestmark = pytest.mark.django_db
TARGET = "00000000-0000-4000-8000-000000000001"


def message(task: str = "test.done") -> None:
    outbox.enqueue(task, dossier=TARGET)


def entry(number: int) -> Entry:
    return journal.record("test.done", target=UUID(int=number), by=None)


def entries() -> list[Entry]:
    return list(Entry.objects.filter(event="test.done").order_by("recorded_at"))


def test_outside_a_block_a_row_is_written_at_once() -> None:
    message()
    message()
    assert OutboxMessage.objects.count() == 2


def test_a_block_writes_each_kind_in_one_statement_in_order() -> None:
    with statements() as sent, gathering():
        made = [entry(number) for number in range(5)]
        message()
        assert entries() == []
    assert len([each for each in sent if each.startswith("INSERT")]) == 2
    assert entries() == made
    for each in entries():
        assert bytes(each.leaf) == journal.leaf_hash(each), "the seal is that of the row as it is read"


def test_the_same_message_is_written_once_and_another_beside() -> None:
    with gathering():
        for task in ("test.done", "test.other", "test.done"):
            message(task)
    assert sorted(OutboxMessage.objects.values_list("task", flat=True)) == ["test.done", "test.other"]


def test_a_block_that_fails_drops_what_it_gathered_and_the_block_around_goes_on() -> None:
    def fail() -> None:
        entry(2)
        raise ZeroDivisionError

    with gathering():
        first = entry(1)
        with pytest.raises(ZeroDivisionError), gathering():
            fail()
        with gathering():
            third = entry(3)
        assert entries() == [], "handed over, not written yet"
    assert entries() == [first, third]


def test_a_block_gathers_what_it_names_and_hands_over_what_the_other_takes() -> None:
    with gathering(Entry):
        entry(1)
        message()
        assert OutboxMessage.objects.count() == 1
        with gathering():
            message("test.other")
        assert OutboxMessage.objects.count() == 2
        assert entries() == []
    assert len(entries()) == 1


def test_a_refusal_of_postgresql_comes_at_the_end() -> None:
    def gather_nonsense() -> None:
        with transaction.atomic(), gathering():
            insert(Entry(recorded_at=timezone.now(), kind="AUTR", event="test.done", target_id=TARGET, leaf=b"-"))

    with pytest.raises(IntegrityError):
        gather_nonsense()
    assert entries() == []
