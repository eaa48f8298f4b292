"""Ids of facts: the same while the period is open, out of reach afterwards."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from vault import period_keys
from vault.errors import PeriodClosed, Tampered
from vault.keystore import KEYSTORE, PeriodKey

pytestmark = pytest.mark.django_db
PERIOD = "facts:2023"


def test_ids_depend_on_the_value_and_the_period() -> None:
    first = period_keys.keyed_id(PERIOD, b"event")
    assert first == period_keys.keyed_id(PERIOD, b"event")
    assert first == period_keys.keyed_ids(PERIOD, [b"other", b"event"])[1]
    assert first != period_keys.keyed_id("facts:2024", b"event")
    assert first != period_keys.keyed_id(PERIOD, b"event2")


def test_a_destroyed_period_gives_no_id_and_no_new_key() -> None:
    period_keys.keyed_id(PERIOD, b"event")
    assert not period_keys.is_destroyed(PERIOD)
    period_keys.destroy(PERIOD)
    when = PeriodKey.objects.get(name=PERIOD).destroyed_at
    period_keys.destroy(PERIOD)
    assert period_keys.is_destroyed(PERIOD)
    assert (PeriodKey.objects.get(name=PERIOD).wrapped, PeriodKey.objects.get(name=PERIOD).destroyed_at) == (None, when)
    with pytest.raises(PeriodClosed, match="facts:2023") as caught:
        period_keys.keyed_id(PERIOD, b"event")
    assert caught.value.codes == {"period": PERIOD}


def test_a_period_may_be_closed_before_its_first_id() -> None:
    period_keys.destroy("facts:1999")
    with pytest.raises(PeriodClosed):
        period_keys.keyed_ids("facts:1999", [b"event"])


def test_the_key_of_another_period_is_refused() -> None:
    period_keys.keyed_id(PERIOD, b"event")
    period_keys.keyed_id("facts:2024", b"event")
    other = PeriodKey.objects.get(name="facts:2024")
    PeriodKey.objects.filter(name=PERIOD).update(wrapped=bytes(other.wrapped or b""))
    with pytest.raises(Tampered) as caught:
        period_keys.keyed_id(PERIOD, b"event")
    assert caught.value.codes["subject"] == ""


@pytest.mark.parametrize("wrong", [{"wrapped": None}, {"wrapped": bytes(59)}, {"destroyed_at": timezone.now()}])
def test_postgresql_refuses_half_destroyed_keys(wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(using=KEYSTORE):
        PeriodKey.objects.create(**{"name": "x", "kek_version": 1, "wrapped": bytes(60), **wrong})
