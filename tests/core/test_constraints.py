"""Invariants in SQL: what each helper refuses, and in which words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pgtrigger
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from cases.dossiers.models import Motive
from core.constraints import Refuses, in_order, set_together
from tests.fixtures import execute, refusal

MESSAGE = "À 100 % d’accord : l'un exclut l'autre."
A, B = date(2024, 5, 2), date(2024, 5, 3)


class Period(models.Model):
    """A row of these tests only."""

    code = models.CharField(max_length=10, null=True)  # noqa: DJ001
    first = models.DateField(null=True)
    then = models.DateField(null=True)

    class Meta:
        app_label = "constraint_tests"
        constraints = [
            in_order("first", "then", name="period_order", message="La fin vient après le début."),
            set_together("code", "first", name="period_together", message="Le code vient avec sa date."),
        ]

    def __str__(self) -> str:
        return str(self.pk)


@pytest.fixture
def table(db: None) -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Period)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"first": B, "then": A, "code": "x"}, "period_order"),
        ({"code": "x"}, "period_together"),
        ({"first": A}, "period_together"),
    ],
)
def test_refused_by_postgresql_and_kindly_by_python(values: dict[str, Any], name: str) -> None:
    assert refusal(lambda: Period._default_manager.create(**values)).diag.constraint_name == name
    with pytest.raises(ValidationError, match=r"La fin vient après|Le code vient avec"):
        Period(**values).validate_constraints()


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "values",
    [{}, {"then": A}, {"first": A, "then": A, "code": "x"}, {"first": A, "then": B, "code": "x"}],
)
def test_what_is_unknown_is_accepted(values: dict[str, Any]) -> None:
    Period._default_manager.create(**values)


def test_a_trigger_refuses_with_its_own_sentence(db: None) -> None:
    trigger = Refuses(name="test_refuses", operation=pgtrigger.Update, message=MESSAGE)
    trigger.install(Motive)  # type: ignore[arg-type]
    error = refusal(lambda: Motive.objects.filter(code="DECES").update(is_active=False))
    assert error.sqlstate == "23514"
    assert error.diag.message_primary == MESSAGE
    assert error.diag.constraint_name is None


def test_a_trigger_does_not_touch_the_other_operations(db: None) -> None:
    Refuses(name="test_refuses", operation=pgtrigger.Delete, message=MESSAGE).install(Motive)  # type: ignore[arg-type]
    assert Motive.objects.filter(code="DECES").update(is_active=False) == 1
    with transaction.atomic():
        execute("UPDATE dossiers_motive SET is_active = true WHERE code = 'DECES'")
