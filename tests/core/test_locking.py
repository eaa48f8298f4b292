"""A lock is the first statement of an operation."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from cases.dossiers.models import Dossier
from core.db import acting_as
from core.locking import lock


def test_the_row_is_locked_in_the_transaction(dossier: Dossier) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert lock(Dossier.objects, dossier.pk) == dossier
    assert len(queries) == 1
    assert queries[0]["sql"].endswith('FOR UPDATE OF "dossiers_dossier"')


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
