"""A lock is the first statement of an operation."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import Dossier, Hold, HoldCode
from core.db import acting_as
from core.locking import lock
from tests.factories import make_dossier
from tests.fixtures import at_once


def test_the_row_is_locked_in_the_transaction(dossier: Dossier) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert lock(Dossier.objects, dossier.pk) == dossier
    assert len(queries) == 1
    assert queries[0]["sql"].endswith('FOR NO KEY UPDATE OF "dossiers_dossier"')


def test_an_absent_row(db: None) -> None:
    with pytest.raises(Dossier.DoesNotExist):
        lock(Dossier.objects, uuid4())


def test_a_hidden_row_is_an_absent_row(dossier: Dossier, etranger: User) -> None:
    with acting_as(etranger), pytest.raises(Dossier.DoesNotExist):
        lock(Dossier.objects, dossier.pk)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_a_lock_would_mean_nothing() -> None:
    with pytest.raises(TransactionManagementError):
        lock(Dossier.objects, uuid4())
    with transaction.atomic(using="keystore"), pytest.raises(TransactionManagementError):
        lock(Dossier.objects, uuid4())


@pytest.mark.django_db(transaction=True)
def test_a_row_that_names_it_is_added_meanwhile() -> None:
    """Else an import, which names a séance at its end, and an act, which locks it first, would wait for each other."""
    dossier = make_dossier()
    with transaction.atomic():
        lock(Dossier.objects, dossier.pk)
        assert at_once(partial(_name, dossier)) == [None]


def _name(dossier: Dossier) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")
        Hold.objects.create(dossier=dossier, code=HoldCode.LEASE, holder_id=uuid4(), placed_at=timezone.now())
