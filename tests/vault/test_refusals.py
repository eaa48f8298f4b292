"""What SQL and Django may not do with an encrypted field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Upper

from tests.vault.models import Link, Note

pytestmark = pytest.mark.django_db
LOOKUPS = ["exact", "iexact", "contains", "in", "gt", "lte", "startswith", "regex", "range", "year", "length"]


def plain() -> QuerySet[Note]:
    """A queryset of Django's own, as code that does not know the vault would use."""
    return Note._base_manager.all()


@pytest.mark.parametrize("lookup", LOOKUPS)
@pytest.mark.parametrize("name", ["author", "day", "amount"])
def test_no_lookup_but_isnull(name: str, lookup: str) -> None:
    with pytest.raises(FieldError, match=f"tests.note.{name} is encrypted"):
        Note.objects.filter(**{f"{name}__{lookup}": "x"})


def test_no_equality() -> None:
    for condition in (Q(author="x"), Q(author=None), ~Q(author=F("other")), Q(below__author="x")):
        with pytest.raises(FieldError, match="is encrypted"):
            Note.objects.filter(condition)
    with pytest.raises(FieldError, match="is encrypted"):
        Note.objects.get_or_create(author="x")


def test_isnull_works_everywhere() -> None:
    Note.objects.create(subject_id=uuid4(), code="with", author="x")
    Note.objects.create(subject_id=uuid4(), code="without")
    assert [row.code for row in Note.objects.filter(author__isnull=False)] == ["with"]
    assert Note.objects.exclude(author__isnull=False).count() == 1
    inner = Note.objects.filter(pk=OuterRef("pk"), author__isnull=True)
    assert [row.code for row in Note.objects.filter(Exists(inner))] == ["without"]
    told = Note.objects.annotate(told=Case(When(author__isnull=True, then=Value("no")), default=Value("yes")))
    assert dict(told.values_list("code", "told")) == {"with": "yes", "without": "no"}


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: list(Note.objects.order_by("author")),
        lambda: list(Note.objects.order_by("-author")),
        lambda: list(plain().order_by("author")),
        lambda: list(plain().order_by(F("author").desc())),
        lambda: list(Note.objects.order_by("above__author")),
        lambda: list(Link.objects.order_by("note__author")),
        lambda: list(Note.objects.filter(code=F("author"))),
        lambda: list(Note.objects.filter(code=Upper("author"))),
        lambda: list(Note.objects.values("author").annotate(n=Count("pk"))),
        lambda: Note.objects.update(author="x"),
        lambda: Note.objects.update(author=None),
        lambda: plain().update(code=F("author")),
        lambda: plain().update(author=F("other")),
        lambda: Note.objects.bulk_create([Note(code="x")], update_conflicts=True, update_fields=["author"]),
        lambda: Note.objects.bulk_update([Note(code="x")], ["author"]),
    ],
)
def test_sql_does_not_compute_with_it(attempt: Callable[[], Any]) -> None:
    with pytest.raises(FieldError, match="encrypted"):
        attempt()


def test_writing_around_the_vault_is_refused() -> None:
    made = Note.objects.create(subject_id=uuid4(), code="x", author="before")
    for attempt in (
        lambda: plain().update(author="x"),
        lambda: plain().bulk_update([made], ["author"]),
        lambda: Note(subject_id=uuid4(), author="x").save_base(raw=True),
        lambda: Note(subject_id=uuid4(), author=Upper(Value("x"))),
    ):
        with pytest.raises(TypeError, match="encrypted"), transaction.atomic():
            attempt()
    assert Note.objects.get(pk=made.pk).author == "before"


def test_counting_and_grouping_by_row_still_work() -> None:
    made = Note.objects.create(subject_id=uuid4(), code="x", author="y")
    Note.objects.create(subject_id=uuid4(), code="z", above=made)
    found = Note.objects.annotate(n=Count("below")).get(pk=made.pk)
    assert (found.n, found.author) == (1, "y")
    assert Note.objects.select_related("above").annotate(n=Count("below")).distinct().count() == 2
    assert Note.objects.filter(pk=made.pk).union(Note.objects.filter(code="z")).count() == 2
    assert Note.objects.select_for_update().get(pk=made.pk).author == "y"
    assert Note.objects.filter(pk__in=Note.objects.filter(author__isnull=False)).delete()[0] == 2


def test_dumpdata_leaves_it_out() -> None:
    made = Note.objects.create(subject_id=uuid4(), code="x", author="Zéphirin")
    text = serializers.serialize("json", [made])
    assert "author" not in text
    assert "Zéphirin" not in text
    with pytest.raises(TypeError, match="not serialised"):
        Note._meta.get_field("author").value_to_string(made)
