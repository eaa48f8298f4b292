"""What Django does with rows: saving, loading, copying, listing, pickling."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from tests.vault.models import Link, Note
from vault import keys
from vault.errors import Tampered
from vault.sealed import Sealed

pytestmark = pytest.mark.django_db
VALUES: dict[str, Any] = {
    "author": "Zéphirin d’Outre-Eau",
    "day": date(1987, 6, 5),
    "amount": Decimal("-1041.50"),
    "kind": "oui",
}
Maker = Callable[..., Note]


def stored(row: Note, column: str = "author") -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM vault_tests_note WHERE id = %s", [row.pk])  # noqa: S608
        value = cursor.fetchone()[0]
    return b"" if value is None else bytes(value)


def test_save_and_load(note: Maker) -> None:
    made = Note.objects.get(pk=note(**VALUES).pk)
    assert {name: getattr(made, name) for name in VALUES} == VALUES
    assert made.other is None
    assert stored(made, "other") == b""


def test_nothing_in_clear_is_stored(note: Maker) -> None:
    made = note(**VALUES)
    for column in VALUES:
        assert stored(made, column)[:2] == b"\xe1\x01"
    assert "Zéphirin".encode() not in stored(made)


def test_the_same_value_again_is_no_change(note: Maker) -> None:
    made = note(**VALUES)
    before = stored(made)
    for row in (made, Note.objects.get(pk=made.pk)):
        row.author = VALUES["author"]
        row.full_clean()
        row.save()
        assert stored(made) == before
        row.save(update_fields=["author"])
        assert stored(made) == before


def test_another_value_is_a_change(note: Maker) -> None:
    made = note(author="un")
    made.author = "deux"
    made.save(update_fields=["author"])
    assert Note.objects.get(pk=made.pk).author == "deux"
    made.author = None
    made.save()
    assert Note.objects.get(pk=made.pk).author is None


def test_bulk_create_seals_all_with_few_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rows = [Note(subject_id=uuid4(), code=str(n), **VALUES) for n in range(30)]
    rows.append(Note(subject_id=uuid4(), code="none"))
    with django_assert_num_queries(3, using="keystore"):  # look, make, look again
        Note.objects.bulk_create(rows)
    keys.forget_all()
    with django_assert_num_queries(1, using="keystore"):  # the three classes of keys of all rows
        for row in Note.objects.exclude(code="none"):
            assert {name: getattr(row, name) for name in VALUES} == VALUES


def test_a_list_fetches_its_keys_in_one_query_and_only_when_opened(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Note.objects.bulk_create([Note(subject_id=uuid4(), code="x", author=str(n)) for n in range(20)])
    keys.forget_all()
    with django_assert_num_queries(0, using="keystore"):
        found = list(Note.objects.all())
    with django_assert_num_queries(1, using="keystore"):
        assert sorted(row.author or "" for row in found) == sorted(str(n) for n in range(20))
    keys.forget_all()
    with django_assert_num_queries(1, using="keystore"):
        assert len({row.author for row in Note.objects.iterator(chunk_size=100)}) == 20


def test_rows_brought_by_select_related_share_the_query(
    note: Maker, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(5):
        note(author=f"below {n}", above=note(author=f"above {n}"))
    keys.forget_all()
    with django_assert_num_queries(1, using="keystore"):
        for row in Note.objects.filter(above__isnull=False).select_related("above"):
            assert row.above is not None
            assert (row.author or "").removeprefix("below") == (row.above.author or "").removeprefix("above")


def test_a_deferred_field_comes_with_its_subject(
    note: Maker, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = note(**VALUES)
    row = Note.objects.only("code").get(pk=made.pk)
    with django_assert_num_queries(1):
        assert row.author == VALUES["author"]
    row = Note.objects.defer("author", "subject_id").get(pk=made.pk)
    with django_assert_num_queries(1):
        assert row.author == VALUES["author"]
    before = stored(made)
    row.save()
    assert stored(made) == before
    bare = Note._base_manager.only("author").get(pk=made.pk)
    assert bare.author == VALUES["author"]


def test_reloading_opens_nothing_and_forgets_changes(
    note: Maker, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = note(**VALUES)
    Note.objects.get(pk=made.pk).save()
    made.author = "autre"
    keys.forget_all()
    with django_assert_num_queries(0, using="keystore"):
        made.refresh_from_db()
    before = stored(made)
    assert made.author == VALUES["author"]
    made.save()
    assert stored(made) == before


def test_a_copied_row_is_sealed_again(note: Maker) -> None:
    made = note(**VALUES)
    for original in (made, Note.objects.get(pk=made.pk)):
        twin = copy.copy(original)
        twin.pk, twin._state.adding = uuid4(), True
        twin.save()
        other = copy.deepcopy(Note.objects.get(pk=made.pk))
        other.pk, other.subject_id, other._state.adding = uuid4(), uuid4(), True
        Note.objects.bulk_create([other])
        for row in (made, twin, other):
            found = Note.objects.get(pk=row.pk)
            assert {name: getattr(found, name) for name in VALUES} == VALUES


def test_pickles_hold_ciphertext_only(note: Maker) -> None:
    made = note(**VALUES)
    assert made.author == VALUES["author"]
    for row in (made, Note.objects.get(pk=made.pk)):
        data = pickle.dumps(row)
        assert "Zéphirin".encode() not in data
        assert pickle.loads(data).author == VALUES["author"]  # noqa: S301
    made.author = "pas encore enregistré"
    with pytest.raises(TypeError, match="not yet saved"):
        pickle.dumps(made)


def test_values_give_sealed_objects_that_show_nothing(note: Maker) -> None:
    note(**VALUES)
    for value in (
        Note.objects.values("author")[0]["author"],
        Note.objects.values_list("author", flat=True)[0],
        *Note.objects.values_list("day", "amount")[0],
    ):
        assert isinstance(value, Sealed)
        assert f"{value} {value!r}" == "‹chiffré› ‹chiffré›"


def test_bytes_from_values_cannot_enter_another_row(note: Maker) -> None:
    made = note(**VALUES)
    sealed = Note.objects.values_list("author", flat=True)[0]
    row = Note.objects.get(pk=note(code="y").pk)
    with pytest.raises(TypeError, match="another"):
        row.author = sealed
    with pytest.raises(Tampered):
        Note.objects.create(subject_id=made.subject_id, code="z", author=sealed)


def test_a_row_without_subject_says_so() -> None:
    with pytest.raises(ValueError, match="subject"):
        Note.objects.create(code="x", author="y")


@pytest.mark.parametrize("column", ["subject_id", "id"])
def test_the_seal_of_a_row_is_frozen_by_postgresql(note: Maker, column: str) -> None:
    made = note()
    with pytest.raises(IntegrityError, match="ne change ni d’identifiant ni de personne"), transaction.atomic():
        Note.objects.filter(pk=made.pk).update(**{column: uuid4()})
    assert Note.objects.filter(pk=made.pk).update(code="libre") == 1


@pytest.mark.parametrize(
    "written", [b"", b"Martin", b"\xe1", b"\xe1" + b"x" * 30, b"Martin" * 10], ids=lambda written: f"{len(written)}"
)
def test_plaintext_is_refused_by_postgresql(note: Maker, written: bytes) -> None:
    made = note()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE vault_tests_note SET author = %s WHERE id = %s", [written, made.pk])


def test_constraints_on_absence_are_checked_in_python_too(note: Maker) -> None:
    made = note(author="x")
    made.full_clean()
    made.code = ""
    with pytest.raises(ValidationError, match="Une note signée a un code"):
        made.validate_constraints()


def test_validation_reads_plain_values(note: Maker) -> None:
    made = note(author="x" * 61)
    with pytest.raises(ValidationError, match="60"):
        made.full_clean()


def test_rows_without_secrets_may_point_to_rows_with(note: Maker) -> None:
    Link.objects.create(id=1, note=note(author="x"))
    assert Link.objects.select_related("note").get().note.author == "x"
    assert Link.objects.filter(note__author__isnull=False).count() == 1
