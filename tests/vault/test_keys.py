"""Keys of subjects: one for each class, made once whatever happens at the same time, kept a short while."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connections, transaction
from pytest_django import DjangoAssertNumQueries

from tests.vault.models import Note
from vault import kek, keys
from vault.errors import KekMissing, KeyMissing, Tampered
from vault.keystore import KEYSTORE, Dek, KeyClass

IDENTITY = KeyClass.IDENTITY
db = pytest.mark.django_db


def new_version(subject: UUID, version: int) -> None:
    kek_version, wrapped = kek.wrap(os.urandom(32), keys._use(subject, IDENTITY, version))
    Dek.objects.create(subject_id=subject, klass=IDENTITY, version=version, kek_version=kek_version, wrapped=wrapped)


@db
def test_a_key_is_made_at_the_first_sealing_for_its_class_only() -> None:
    subject = uuid4()
    Note.objects.create(subject_id=subject, code="x")
    assert not Dek.objects.filter(subject_id=subject).exists()
    Note.objects.create(subject_id=subject, code="x", author="y")
    assert [dek.klass for dek in Dek.objects.filter(subject_id=subject)] == ["IDENTITY"]
    assert "_keystore" in connections[KEYSTORE].settings_dict["NAME"]


@db
def test_keys_are_kept_and_forgotten(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    subject = uuid4()
    first = keys.for_sealing(subject, IDENTITY)
    with django_assert_num_queries(0, using=KEYSTORE):
        assert keys.for_sealing(subject, IDENTITY) is first
        assert keys.for_opening(subject, IDENTITY, first.header) is first
    keys.forget(subject)
    with django_assert_num_queries(1, using=KEYSTORE):
        keys.for_opening(subject, IDENTITY, first.header)
    keys.forget_all()
    with django_assert_num_queries(1, using=KEYSTORE):
        keys.for_opening(subject, IDENTITY, first.header)


@db
def test_a_key_is_not_trusted_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Note.objects.create(subject_id=uuid4(), code="x", author="y")
    Dek.objects.filter(subject_id=made.subject_id).delete()
    assert Note.objects.get(pk=made.pk).author == "y", "destroyed elsewhere: still in this memory"
    keys.ring(IDENTITY)[made.subject_id.int].until -= keys.KEPT_SECONDS
    with pytest.raises(KeyMissing):
        _ = Note.objects.get(pk=made.pk).author


@db
def test_the_memory_of_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "KEPT_KEYS", 10)
    for _ in range(25):
        keys.for_sealing(uuid4(), IDENTITY)
        assert len(keys.ring(IDENTITY)) <= 10
    many = [(uuid4(), klass) for klass in KeyClass for _ in range(20)]
    assert keys.ensure(many).keys() == set(many)


@db
def test_warming_takes_one_query_and_passes_over_the_absent(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    subjects = [uuid4() for _ in range(10)]
    keys.ensure([(subject, IDENTITY) for subject in subjects])
    keys.forget_all()
    with django_assert_num_queries(1, using=KEYSTORE):
        keys.warm([*subjects, uuid4()])
        assert len(keys.ring(IDENTITY)) == 10


@db
def test_the_newest_version_seals_and_older_ones_open(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    made = Note.objects.create(subject_id=uuid4(), code="x", author="first", other="second")
    new_version(made.subject_id, 2)
    keys.forget_all()
    row = Note.objects.get(pk=made.pk)
    row.author = "changed"
    row.save()
    blobs = [bytes(sealed.blob or b"") for sealed in Note.objects.values_list("author", "other").get(pk=made.pk)]
    assert [blob[:4] for blob in blobs] == [b"\xe1\x01\x00\x02", b"\xe1\x01\x00\x01"]
    with django_assert_num_queries(0, using=KEYSTORE):
        row = Note.objects.get(pk=made.pk)
        assert (row.author, row.other) == ("changed", "second")
    keys.forget(made.subject_id)
    row = Note.objects.get(pk=made.pk)
    assert (row.other, row.author) == ("second", "changed")
    Dek.objects.filter(subject_id=made.subject_id, version=1).delete()
    keys.forget(made.subject_id)
    row = Note.objects.get(pk=made.pk)
    assert row.author == "changed"
    with pytest.raises(Tampered):
        _ = row.other


@db
def test_a_wrapped_key_given_to_another_subject_is_refused() -> None:
    first, second = uuid4(), uuid4()
    keys.ensure([(first, IDENTITY), (second, IDENTITY)])
    keys.forget_all()
    theirs = Dek.objects.get(subject_id=second)
    Dek.objects.filter(subject_id=first).update(wrapped=bytes(theirs.wrapped))
    with pytest.raises(Tampered) as caught:
        keys.for_sealing(first, IDENTITY)
    assert caught.value.codes["subject"] == str(first)


@db
def test_one_damaged_key_does_not_close_the_rest_of_a_list() -> None:
    rows = [Note(subject_id=uuid4(), code=str(n), author="x") for n in range(3)]
    Note.objects.bulk_create(rows)
    keys.forget_all()
    Dek.objects.filter(subject_id=rows[0].subject_id).update(wrapped=bytes(60))
    Dek.objects.filter(subject_id=rows[1].subject_id).update(kek_version=999)
    first, second, third = Note.objects.order_by("code")
    assert third.author == "x"
    with pytest.raises(Tampered):
        _ = first.author
    with pytest.raises(KekMissing, match="n° 999 manque"):
        _ = second.author


@db
@pytest.mark.parametrize(
    "wrong", [{"wrapped": bytes(59)}, {"wrapped": bytes(61)}, {"version": 0}, {"version": 65536}, {"klass": "OTHER"}]
)
def test_postgresql_refuses_impossible_keys(wrong: dict[str, object]) -> None:
    values = {"subject_id": uuid4(), "klass": IDENTITY, "kek_version": 1, "wrapped": bytes(60), **wrong}
    with pytest.raises(IntegrityError), transaction.atomic(using=KEYSTORE):
        Dek.objects.create(**values)


@pytest.mark.django_db(transaction=True)
def test_eight_threads_at_once_make_one_key() -> None:
    subject, barrier = uuid4(), Barrier(8)

    def seal(_: int) -> bytes:
        try:
            barrier.wait(10)
            fresh = keys._make({(subject, IDENTITY)})[subject, IDENTITY]
            nonce = keys.fresh_nonce()
            return nonce + fresh.encrypt(nonce, b"x", None)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(seal, range(8)))
    assert Dek.objects.filter(subject_id=subject).count() == 1
    keys.forget_all()
    only = keys.for_opening(subject, IDENTITY, keys.MAGIC + b"\x00\x01")
    assert {only.decrypt(one[:12], one[12:], None) for one in sealed} == {b"x"}


@pytest.mark.django_db(transaction=True)
def test_the_key_outlives_an_aborted_transaction() -> None:
    subject = uuid4()

    def abort() -> None:
        with transaction.atomic():
            Note.objects.create(subject_id=subject, code="x", author="y")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        abort()
    assert not Note.objects.filter(subject_id=subject).exists()
    assert Dek.objects.filter(subject_id=subject).count() == 1


def test_nonces_are_never_given_twice() -> None:
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: keys.fresh_nonce(), range(5 * keys.NONCES_AT_ONCE)))
    assert len(set(given)) == len(given)
    assert {len(nonce) for nonce in given} == {12}


def in_a_child(work: Callable[[], bytes]) -> bytes:
    """What `work` gives in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, work())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        given = pipe.read()
    os.waitpid(child, 0)
    return given


@db
def test_a_forked_process_has_neither_our_keys_nor_our_nonces() -> None:
    keys.for_sealing(uuid4(), IDENTITY)
    keys.fresh_nonce()
    assert in_a_child(lambda: b"%d" % len(keys.ring(IDENTITY))) == b"0"
    theirs = in_a_child(lambda: b"".join(keys.fresh_nonce() for _ in range(50)))
    ours = {keys.fresh_nonce() for _ in range(keys.NONCES_AT_ONCE)}
    assert len(theirs) == 600
    assert not ours & {theirs[start : start + 12] for start in range(0, 600, 12)}


@db
def test_keys_show_nothing() -> None:
    key = keys.for_sealing(uuid4(), IDENTITY)
    assert f"{key} {key!r}" == "‹clé› ‹clé›"
