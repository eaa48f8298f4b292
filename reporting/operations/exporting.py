"""The figures that leave in a file: journaled. They name no dossier, so that none is told as read."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from audit import journal


@transaction.atomic
def note_export(*, kind: str, year: str, count: int, by: User) -> None:
    """Tell that `by` has taken `count` numbers away in a file of that kind; an empty `year` is every one."""
    journal.record("figures.exported", target=by.pk, by=by, format=kind, count=count, annee=year)
