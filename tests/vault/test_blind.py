"""Blind indexes: equals are found, values are not told, old prints die with their root."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.fixtures import at_once
from vault import blind, kek
from vault.blind import Index
from vault.errors import IndexClosed, Tampered
from vault.keystore import KEYSTORE, IndexRoot, KeyClass

pytestmark = pytest.mark.django_db
NAME, OTHER = Index("test.name", bits=16), Index("test.other", bits=16)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    blind.forget()
    yield
    blind.forget()


def test_the_same_value_has_the_same_print_and_another_process_too() -> None:
    first = blind.blinder().blind(NAME, "quatrevaux")
    blind.forget()
    assert blind.blinder().blind(NAME, "quatrevaux") == first
    assert IndexRoot.objects.using(KEYSTORE).count() == 1


def test_each_index_and_each_epoch_prints_otherwise() -> None:
    values = [f"nom{rank}" for rank in range(200)]
    made = blind.blinder()
    here, there = ([made.blind(index, value) for value in values] for index in (NAME, OTHER))
    assert blind.begin_epoch() == 2
    later = [blind.blinder().blind(NAME, value) for value in values]
    for one, two in ((here, there), (here, later)):
        assert sum(a == b for a, b in zip(one, two, strict=True)) < 5, "as chance would have it"


@pytest.mark.parametrize("bits", [1, 13, 16, 24])
def test_a_print_is_cut_to_its_bits_and_spread(bits: int) -> None:
    index, made = Index("test.cut", bits=bits), blind.blinder()
    found = Counter(made.blind(index, f"valeur {rank}") for rank in range(4_000))
    assert min(found) >= 0
    assert max(found) < 2**bits
    expected = 2**bits * (1 - (1 - 2.0**-bits) ** 4_000)  # distinct prints among 4 000 drawn
    assert len(found) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("klass", [KeyClass.SOCIAL, KeyClass.HEALTH, KeyClass.JUSTICE])
def test_what_is_never_indexed(klass: KeyClass) -> None:
    with pytest.raises(ValueError, match="never indexed"):
        Index("test.debt", bits=16, klass=klass)


@pytest.mark.parametrize("bits", [0, 25, -3])
def test_a_print_too_long_or_empty_is_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="bits"):
        Index("test.name", bits=bits)


def test_two_epochs_live_until_the_older_is_ended() -> None:
    before = blind.blinder().blind(NAME, "x")
    blind.begin_epoch()
    assert [each.epoch for each in blind.blinders()] == [2, 1]
    assert blind.blinders()[1].blind(NAME, "x") == before
    assert blind.end_epochs(2) == 1
    assert [each.epoch for each in blind.blinders()] == [2]
    ended = IndexRoot.objects.using(KEYSTORE).get(epoch=1)
    assert (ended.wrapped, ended.destroyed_at is not None) == (None, True)
    assert blind.end_epochs(2) == 0
    assert blind.begin_epoch() == 3


def test_with_every_root_destroyed_it_says_what_to_do() -> None:
    blind.blinder()
    blind.end_epochs(2)
    with pytest.raises(IndexClosed, match="nouvelle époque"):
        blind.blinder()


def test_a_root_changed_or_moved_does_not_open() -> None:
    blind.blinder()
    blind.begin_epoch()
    one, two = IndexRoot.objects.using(KEYSTORE).order_by("epoch")
    IndexRoot.objects.using(KEYSTORE).filter(pk=one.pk).update(wrapped=two.wrapped)
    blind.forget()
    with pytest.raises(Tampered):
        blind.blinders()


def test_the_root_is_wrapped_and_no_repr_tells_it() -> None:
    made = blind.blinder()
    row = IndexRoot.objects.using(KEYSTORE).get()
    assert kek.unwrap(row.kek_version, bytes(row.wrapped or b""), b"index|1") == made.root
    assert made.root not in bytes(row.wrapped or b"")
    made.blind(NAME, str(uuid4()))
    assert repr(made.root)[2:10] not in repr(made)


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_have_one_root() -> None:
    found: list[int] = []

    def begin() -> None:
        found.append(blind._load_or_make()[0].blind(NAME, "quatrevaux"))

    assert at_once(begin, begin) == [None, None]
    assert len(set(found)) == 1
    assert IndexRoot.objects.using(KEYSTORE).count() == 1
