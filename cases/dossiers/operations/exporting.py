"""A list that leaves in a file: journaled with its filters and its count, and as a reading of each dossier."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit import journal
from core.gathering import gathering


@transaction.atomic
def note_export(dossiers: Collection[UUID], *, kind: str, codes: Mapping[str, str], named: bool, by: User) -> None:
    """Tell that `by` has taken these dossiers away in a file of that kind; `codes` are the filters of the list.

    `named`: the file says the names of persons. Entries are written in one statement, whatever their number.
    """
    told: dict[str, Any] = {"format": kind, "count": len(dossiers), "named": named, **codes}
    journal.record("dossiers.exported", target=by.pk, by=by, **told)
    with gathering():
        for pk in dossiers:
            journal.record_reading("dossier.exported", target=pk, dossier=pk, by=by, format=kind)
