"""The history of the reference lists: who changed which line, when, what it said before and after."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import ListChange, ListName, User
from audit import journal

LISTS = "accounts.edit_lists"
Told = Mapping[str, str | int | bool]


def keep_history(list_name: ListName, line: UUID | str, before: Told, after: Told, *, by: User) -> bool:
    """Write one change, with only what differs, and tell the journal which fields; False when nothing differs."""
    fields = [field for field in after if before.get(field) != after[field]]
    if not fields:
        return False
    change = ListChange(
        list_name=list_name,
        line=str(line),
        before={field: before[field] for field in fields if field in before},
        after={field: after[field] for field in fields},
        changed_at=timezone.now(),
        changed_by=by,
    )
    change.save(force_insert=True)
    journal.record("list.edited", target=change.pk, by=by, list=list_name.value, is_new=not before)
    return True


def history_of(list_name: ListName, line: UUID | str) -> QuerySet[ListChange]:
    """The changes of one line, the newest first."""
    found = ListChange.objects.filter(list_name=list_name, line=str(line))
    return found.select_related("changed_by").order_by("-changed_at", "pk")
