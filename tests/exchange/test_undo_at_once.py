"""Undoing an import while somebody works on it: one of the two wins wholly. Real connections, real transactions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from accounts.models import User
from accounts.operations import siao as the_siao
from cases.dossiers.models import Dossier, Likeness, Participant, Reminder
from cases.dossiers.operations import remind
from core.db import acting_as
from core.errors import OperationRefused
from exchange.models import Import
from exchange.operations import undo_import
from tests.exchange.registers import row, told_well
from tests.exchange.test_all_or_nothing import everything
from tests.factories import make_dossier
from tests.fixtures import at_once, execute, refusal

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = timezone.localdate()


@pytest.fixture
def told(siao: User) -> Import:
    """An import of two dossiers, committed."""
    with acting_as(siao):
        told_well(row("A"), row("B", nom="Mirandol"), by=siao)
    return Import.objects.get()


def note(by: User) -> None:
    """Somebody writes a reminder on one of them."""
    with acting_as(by):
        remind(Dossier.objects.get(reference="B").pk, text="Rappeler la CAF.", due_on=TODAY, by=by)


def undo(told: Import, by: User) -> None:
    with acting_as(by):
        undo_import(told.pk, by=by)


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[list[Exception]]:
    """`work` begins in another connection, and is waiting for us when the block begins."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    until = time.monotonic() + 20
    while not execute("SELECT 1 FROM pg_locks WHERE NOT granted") and time.monotonic() < until:
        time.sleep(0.02)
    assert thread.is_alive(), raised
    yield raised


def joined() -> None:
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(timeout=30)


def test_who_writes_first_keeps_everything(told: Import, siao: User) -> None:
    with transaction.atomic():
        note(siao)
        with meanwhile(lambda: undo(told, siao)) as raised:
            pass
    joined()
    assert [str(error)[:40] for error in raised] == ["On a travaillé depuis dans 1 dossier de "]
    assert isinstance(raised[0], OperationRefused)
    assert (Dossier.objects.count(), Reminder.objects.count()) == (2, 1)


def test_who_undoes_first_leaves_nothing_to_write_on(told: Import, siao: User) -> None:
    with transaction.atomic():
        undo(told, siao)
        with meanwhile(lambda: note(siao)) as raised:
            pass
    joined()
    assert isinstance(raised[0], Dossier.DoesNotExist)
    assert (Dossier.objects.count(), Reminder.objects.count()) == (0, 0)


def test_what_locks_nothing_meets_its_foreign_key(told: Import, siao: User) -> None:
    """A likeness that the worker notices: its row is added before, its key is looked at when it commits."""
    other = make_dossier()
    people = Participant.objects.filter(dossier__reference__in=["A", other.reference])
    one, two = sorted(people.values_list("person", flat=True))
    likeness = Likeness(one_id=one, other_id=two, level="PROBABLE", reasons=["SAME_NAME"], noticed_at=timezone.now())

    def notice() -> None:
        with transaction.atomic():
            likeness.save(force_insert=True)
            assert at_once(lambda: undo(told, siao)) == [None]

    with pytest.raises(IntegrityError):
        notice()
    assert list(Dossier.objects.all()) == [other]
    assert not Likeness.objects.exists()


def test_both_at_once_one_wins(told: Import, siao: User) -> None:
    undoing, writing = at_once(lambda: undo(told, siao), lambda: note(siao))
    assert (undoing is None) != (writing is None)
    expected = (0, 0) if undoing is None else (2, 1)
    assert (Dossier.objects.count(), Reminder.objects.count()) == expected


def test_two_persons_undo_at_once(told: Import, siao: User) -> None:
    outcomes = at_once(lambda: undo(told, siao), lambda: undo(told, siao))
    assert sorted(str(each) for each in outcomes) == ["Cet import est déjà défait.", "None"]
    assert not Dossier.objects.exists()


def test_a_connection_that_breaks_leaves_everything(told: Import, siao: User) -> None:
    before = everything()

    def breaks() -> None:
        with transaction.atomic():
            undo(told, siao)
            execute("SELECT pg_terminate_backend(pg_backend_pid())")

    (error,) = at_once(breaks)
    assert error is not None
    assert everything() == before


def test_nothing_that_was_there_before_can_be_named(told: Import, siao: User) -> None:
    """Neither by touching it, nor by another import's name."""
    older = make_dossier()

    def forge(import_id: object, household: object) -> Callable[[], object]:
        return lambda: execute("SELECT seuil_remember_import(%s, %s, %s)", import_id, [household], [])

    with acting_as(siao), transaction.atomic():
        counts = {"created": 1, "changed": 0, "seances": 0, "seances_changed": 0, "bodies": []}
        mine = Import(organisation=the_siao(), by=siao, at=timezone.now(), **counts)
        mine.save(force_insert=True)
        Dossier.objects.filter(pk=older.pk).update(referent=siao)
        error = refusal(forge(mine.pk, older.household_id))
        assert (error.sqlstate, "before this import" in str(error)) == ("42501", True)
        error = refusal(forge(told.pk, older.household_id))
        assert (error.sqlstate, "not the import of this transaction" in str(error)) == ("42501", True)
    assert list(Dossier.objects.filter(pk=older.pk)) == [older]
