"""« À faire » in a file: the same lines as the page, told in the journal, by who has proved her presence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from audit.models import Entry, Kind
from cases.dossiers import operations
from cases.dossiers.models import Dossier, State
from core.db import acting_as
from core.tables import FORMATS
from desk.exporting import HEADER
from tests.dossiers.test_exports import table_of
from tests.factories import make_dossier
from tests.fixtures import Cast, prove, statements

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
EXPORT = "/a-faire/exporter/"


def late_review(cast: Cast) -> Dossier:
    made = make_dossier("adjourned", referent=cast["siao"])
    Dossier.objects.filter(pk=made.pk).update(review_on=timezone.localdate() - timedelta(days=4))
    return made


def taken(client: Client, kind: str) -> list[list[object]]:
    answer = client.post(EXPORT, {"format": kind})
    assert isinstance(answer, StreamingHttpResponse)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="a-faire-')
    return table_of(answer.getvalue(), kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_lines_in_the_same_order(browse: Browse, cast: Cast, kind: str) -> None:
    late_review(cast)
    reminded = make_dossier(referent=cast["siao"])
    make_dossier(state=State.PRET)
    with acting_as(cast["siao"]):
        operations.remind(reminded.pk, text="Rappeler la CAF.", due_on=timezone.localdate(), by=cast["siao"])
    browser = browse("siao")
    groups = browser.get("/a-faire/").context["todo"].groups
    shown = [[group.title, task.subject, task.when, task.why] for group in groups for task in group.tasks]
    header, *rows = taken(browser, kind)
    assert tuple(header) == HEADER
    assert [[row[0], row[1], row[2], row[4]] for row in rows] == shown
    assert rows[0][3] == "oui"
    assert "Vous vouliez y penser : Rappeler la CAF." in [row[4] for row in rows]


def test_it_is_journaled_and_each_dossier_is_read(browse: Browse, cast: Cast) -> None:
    shown = {late_review(cast).pk for _ in range(2)} | {make_dossier().pk}
    taken(browse("siao"), "csv")
    told = Entry.objects.get(event="dossiers.exported", actor_id=cast["siao"].pk)
    assert told.codes == {"format": "csv", "count": 3, "named": True, "page": "a-faire"}
    read = Entry.objects.filter(event="dossier.exported", kind=Kind.READ)
    assert set(read.values_list("dossier_id", flat=True)) == shown


def test_who_has_nothing_takes_a_header_and_no_other_format_exists(browse: Browse) -> None:
    assert "Exporter" not in browse("comptable").get("/a-faire/").content.decode()
    assert [tuple(row) for row in taken(browse("comptable"), "csv")] == [HEADER]
    assert browse("siao").post(EXPORT, {"format": "exe"}).status_code == 404


def test_an_old_proof_takes_nothing(cast: Cast) -> None:
    client = Client()
    client.force_login(cast["siao"])
    prove(client, cast["siao"], ago=600)
    assert "/connexion/prouver/" in client.post(EXPORT, {"format": "csv"}).headers["Location"]
    assert not Entry.objects.filter(event="dossiers.exported").exists()


def test_the_page_offers_it(browse: Browse, cast: Cast) -> None:
    late_review(cast)
    assert f'action="{EXPORT}"' in browse("siao").get("/a-faire/").content.decode()


def test_as_many_statements_for_few_and_for_many(browse: Browse, cast: Cast) -> None:
    browser, sent = browse("siao"), []
    taken(browser, "csv")
    for many in (2, 6):
        for _ in range(many):
            late_review(cast)
        with statements() as found:
            taken(browser, "csv")
        sent.append(len(found))
    assert sent[0] == sent[1]
