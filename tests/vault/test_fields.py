"""A value sealed for one row, field and subject opens there, the same, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vault.models import Note
from vault import keys
from vault.errors import KeyMissing, Tampered, VaultError
from vault.fields import EncryptedField
from vault.models import Dek

pytestmark = pytest.mark.django_db
SUBJECT, ROW = uuid4(), uuid4()
many = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def field(name: str) -> EncryptedField[Any, Any]:
    found = Note._meta.get_field(name)
    assert isinstance(found, EncryptedField)
    return found


def there_and_back(name: str, value: Any) -> Any:
    return field(name).open(field(name).seal(value, SUBJECT, ROW), SUBJECT, ROW)


@many
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3000))
def test_text_comes_back(text: str) -> None:
    assert there_and_back("author", text) == text
    assert there_and_back("kind", text) == text


@many
@given(st.dates())
def test_dates_come_back(day: date) -> None:
    assert there_and_back("day", day) == day


@many
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_with_their_digits(number: Decimal) -> None:
    assert there_and_back("amount", number).as_tuple() == number.as_tuple()


def test_a_very_long_text_comes_back() -> None:
    text = "Écoutez l’œuvre… 👩🏽‍🦽" * 50_000
    assert there_and_back("author", text) == text


def test_same_value_twice_gives_other_bytes() -> None:
    assert field("author").seal("x", SUBJECT, ROW) != field("author").seal("x", SUBJECT, ROW)


def test_sealed_bytes_have_the_written_form() -> None:
    blob = field("author").seal("abc", SUBJECT, ROW)
    assert blob[:4] == b"\xe1\x01\x00\x01"
    assert len(blob) == 4 + 12 + 3 + 16


@pytest.mark.parametrize(("name", "value"), [("author", "cinq."), ("day", date(2023, 1, 2)), ("kind", "oui")])
def test_every_changed_bit_and_every_cut_is_refused(name: str, value: Any) -> None:
    blob = field(name).seal(value, SUBJECT, ROW)
    flipped = [bytearray(blob) for _ in range(len(blob) * 8)]
    for bit, changed in enumerate(flipped):
        changed[bit // 8] ^= 1 << bit % 8
    for wrong in [*map(bytes, flipped), *(blob[:size] for size in range(len(blob))), blob + b"x"]:
        with pytest.raises(Tampered):
            field(name).open(wrong, SUBJECT, ROW)


def test_bytes_moved_elsewhere_are_refused() -> None:
    blob, stranger = field("author").seal("x", SUBJECT, ROW), uuid4()
    field("author").seal("y", stranger, ROW)  # the other subject has a key of its own
    for name, subject, row in [("author", SUBJECT, uuid4()), ("other", SUBJECT, ROW), ("author", stranger, ROW)]:
        with pytest.raises(Tampered):
            field(name).open(blob, subject, row)


def test_the_error_names_codes_and_never_the_value() -> None:
    blob = field("author").seal("Quetzalcoatl", SUBJECT, ROW)
    with pytest.raises(Tampered) as caught:
        field("other").open(blob, SUBJECT, ROW)
    assert caught.value.codes == {"label": "tests.note.other", "row": str(ROW), "subject": str(SUBJECT)}
    assert "chiffrée" in str(caught.value)
    assert "Quetzalcoatl" not in repr(caught.value)


def test_two_rows_swapped_in_sql_are_refused(note: Callable[..., Note]) -> None:
    subject = uuid4()
    first, second = note(subject_id=subject, author="un"), note(subject_id=subject, author="deux")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE vault_tests_note a SET author = b.author FROM vault_tests_note b "
            "WHERE a.id <> b.id AND a.id = ANY(%(both)s) AND b.id = ANY(%(both)s)",
            {"both": [first.pk, second.pk]},
        )
    for pk in (first.pk, second.pk):
        with pytest.raises(Tampered):
            _ = Note.objects.get(pk=pk).author


def test_a_destroyed_key_says_so_and_opening_makes_none(note: Callable[..., Note]) -> None:
    made = note(author="x")
    Dek.objects.filter(subject_id=made.subject_id).delete()
    keys.forget(made.subject_id)
    with pytest.raises(KeyMissing) as caught:
        _ = Note.objects.get(pk=made.pk).author
    assert isinstance(caught.value, VaultError)
    assert "effacées" in str(caught.value)
    assert caught.value.codes == {"subject": str(made.subject_id), "klass": "IDENTITY"}
    assert not Dek.objects.filter(subject_id=made.subject_id).exists()


def test_padding_hides_the_length_of_short_words() -> None:
    sizes = {len(field("kind").seal(word, SUBJECT, ROW)) for word in ("", "oui", "non", "ne souhaite pas répondre")}
    assert sizes == {32 + 32}
    assert len(field("kind").seal("x" * 29, SUBJECT, ROW)) == 32 + 64


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("author", 12),
        ("author", b"x"),
        ("day", "2023-01-02"),
        ("day", datetime(2023, 1, 2)),  # noqa: DTZ001
        ("amount", 1.5),
        ("amount", "1.5"),
        ("amount", True),
        ("amount", Decimal("NaN")),
        ("amount", Decimal("Infinity")),
    ],
)
def test_another_type_is_refused_without_being_quoted(name: str, wrong: object) -> None:
    with pytest.raises(TypeError, match=f"tests.note.{name} holds") as caught:
        field(name).seal(wrong, SUBJECT, ROW)
    assert str(wrong) not in str(caught.value).removeprefix("tests.note.")


def test_forms_ask_for_the_right_kind() -> None:
    kinds = {name: type(field(name).formfield()).__name__ for name in ("author", "day", "amount")}
    assert kinds == {"author": "CharField", "day": "DateField", "amount": "DecimalField"}
    asked: Any = field("author").formfield(required=False)
    assert asked.max_length == 60
    assert asked.clean("") is None


def test_declaration_is_stable_and_says_label_and_class() -> None:
    _, path, args, options = field("kind").deconstruct()
    assert (path, list(args)) == ("vault.fields.EncryptedText", [])
    assert options == {"null": True, "blank": True, "label": "tests.note.kind", "klass": "HEALTH", "pad_to": 32}
    copy = type(field("kind"))(**options)
    assert copy.deconstruct()[1:] == field("kind").deconstruct()[1:]
