"""Invariants that several models say in the same way, as SQL."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q


def set_together(*fields: str, name: str, message: str) -> models.CheckConstraint:
    """All of `fields` are set, or none (who and when, a code and its date)."""
    empty, full = Q(), Q()
    for field in fields:
        empty &= Q(**{f"{field}__isnull": True})
        full &= Q(**{f"{field}__isnull": False})
    return models.CheckConstraint(condition=empty | full, name=name, violation_error_message=message)


def in_order(first: str, then: str, *, name: str, message: str) -> models.CheckConstraint:
    """`first` is not after `then`, when both are known."""
    known = Q(**{f"{first}__isnull": False, f"{then}__isnull": False})
    return models.CheckConstraint(
        condition=~known | Q(**{f"{first}__lte": F(then)}), name=name, violation_error_message=message
    )


class Refuses(pgtrigger.Trigger):
    """A trigger that refuses with a French sentence, as a check violation (SQLSTATE 23514)."""

    when = pgtrigger.Before
    message: str = ""

    def __init__(self, *, message: str, **kwargs: Any) -> None:
        self.message = message
        super().__init__(**kwargs)

    def get_func(self, model: Any) -> str:
        text = self.message.replace("'", "''").replace("%", "%%")
        return f"RAISE EXCEPTION '{text}' USING ERRCODE = 'check_violation';"


def frozen(*, name: str, since: str, message: str) -> Refuses:
    """A row whose column `since` is set can no longer be changed: a correction is a new row."""
    return Refuses(
        name=name,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(**{f"old__{since}__isnull": False}),
        message=message,
    )
