"""The list in a file: exactly the rows and the columns that the filters show, all pages, in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.models import User
from accounts.proof import recently_proved
from cases.dossiers.operations.acts import IDENTITY, VIEW
from cases.dossiers.operations.exporting import note_export
from cases.dossiers.views.frame import actor, sees_status_alone
from cases.dossiers.views.listing import Chosen, chosen, lines_of
from core.http import needs, post_only
from core.streaming import table_answer
from core.tables import FORMATS, Value, table_file

AT_ONCE = 500  # rows whose names and keys are read together
HEADER = ("Référence", "État", "Ménage", "Référent", "Dans cet état depuis")


@needs(VIEW)
@post_only
@recently_proved
def export(request: HttpRequest) -> HttpResponseBase:
    """The file that the button asks for, of the list whose filters stand in the address."""
    user, kind = actor(request), request.POST.get("format", "")
    if sees_status_alone(user) or kind not in FORMATS:
        raise Http404
    told = chosen(request, user)
    if told is None:
        raise Http404
    named = user.has_perm(IDENTITY)
    taken: list[UUID] = []
    with transaction.atomic():
        header = ("Nom", *HEADER) if named else HEADER
        file = table_file(kind, "Dossiers", header, _rows(told, user, taken, named=named))
        note_export(taken, kind=kind, codes=told.codes, named=named, by=user)
    return table_answer(request, file, kind, "dossiers")


def _rows(told: Chosen, user: User, taken: list[UUID], *, named: bool) -> Iterator[list[Value]]:
    """The rows as the page writes them; `taken` gathers the dossiers that they tell."""
    found = told.rows.iterator(chunk_size=AT_ONCE)
    while some := list(islice(found, AT_ONCE)):
        for line in lines_of(some, user):
            dossier = line.dossier
            taken.append(dossier.pk)
            referent = str(dossier.referent) if dossier.referent else "personne"
            row: list[Value] = [dossier.reference, dossier.get_state_display(), line.household, referent]
            yield [*([line.name] if named else []), *row, dossier.state_on]
