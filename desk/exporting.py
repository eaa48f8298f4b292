"""« À faire » in a file: exactly the lines of the page, in the same order."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import User
from accounts.proof import recently_proved
from cases.dossiers.operations.acts import IDENTITY
from cases.dossiers.operations.exporting import note_export
from core.components import TaskGroup
from core.http import for_everyone, post_only
from core.streaming import table_answer
from core.tables import FORMATS, Value, table_file
from desk.todo import todo_of
from vault.asking import ask

HEADER = ("Groupe", "Quoi", "Quand", "En retard", "Pourquoi", "À faire")
PAGE = "a-faire"


@for_everyone
@post_only
@recently_proved
def export_todo(request: HttpRequest) -> HttpResponseBase:
    """The file that the button asks for."""
    user, kind = request.user, request.POST.get("format", "")
    assert isinstance(user, User)  # noqa: S101  the default-deny middleware let in signed-in people alone
    if kind not in FORMATS:
        raise Http404
    with transaction.atomic():
        told = ask(todo_of(user, today=timezone.localdate()))
        file = table_file(kind, "À faire", HEADER, _rows(told.groups))
        note_export(told.dossiers, kind=kind, codes={"page": PAGE}, named=user.has_perm(IDENTITY), by=user)
    return table_answer(request, file, kind, PAGE)


def _rows(groups: list[TaskGroup]) -> Iterator[list[Value]]:
    for group in groups:
        for task in group.tasks:
            yield [group.title, task.subject, task.when, "oui" if task.late else "", task.why, task.action]
