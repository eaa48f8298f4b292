"""The figures in a file: the lines of the page, to the same people, told in the journal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from audit.models import Entry, Kind
from core.tables import FORMATS
from reporting.views import HEADER
from tests.dossiers.test_exports import table_of
from tests.fixtures import Cast, prove
from tests.reporting.test_views import OTHERS, READERS, computed

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
EXPORT = "/chiffres/exporter/"


def taken(client: Client, kind: str, address: str = EXPORT) -> list[list[object]]:
    answer = client.post(address, {"format": kind})
    assert isinstance(answer, StreamingHttpResponse)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="chiffres-')
    return table_of(answer.getvalue(), kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_lines_in_the_same_order(browse: Browse, kind: str) -> None:
    computed("F01", "2022", 11)
    computed("F08", "2023", {"age_min": 24, "age_max": 72, "age_moyen": 44.94})
    browser = browse("observatoire")
    years = browser.get("/chiffres/").context["years"]
    shown = [[year, each.row.label, line.label] for year, every in years for each in every for line in each.lines]
    header, *rows = taken(browser, kind)
    assert tuple(header) == HEADER
    assert [[row[0], row[2], row[3]] for row in rows] == shown
    told = {(row[0], row[1], row[3]): row[4:7] for row in rows}
    few: list[object] = ["8", "11", "-3"] if kind == "csv" else [8, 11, -3]
    ages: list[object] = ["44,9", "44,9", "0,0"] if kind == "csv" else [44.9, 44.9, 0]
    assert told["2022", "F01", ""] == few
    assert told["2023", "F08", "âge moyen"] == ages


def test_a_year_alone_as_its_page_offers_it(browse: Browse) -> None:
    browser = browse("siao")
    address = f"{EXPORT}?annee=2022"
    assert f'action="{address}"' in browser.get("/chiffres/?annee=2022").content.decode()
    assert f'action="{EXPORT}"' in browser.get("/chiffres/").content.decode()
    assert {row[0] for row in taken(browser, "csv", address)[1:]} == {"2022"}
    assert {row[0] for row in taken(browser, "csv", f"{EXPORT}?annee=deux")[1:]} == {"2022", "2023"}


def test_it_is_journaled_and_reads_no_dossier(browse: Browse, cast: Cast) -> None:
    count = len(taken(browse("ddetspp"), "ods", f"{EXPORT}?annee=2023")) - 1
    told = Entry.objects.get(event="figures.exported", actor_id=cast["ddetspp"].pk)
    assert told.codes == {"format": "ods", "count": count, "annee": "2023"}
    assert not Entry.objects.filter(kind=Kind.READ, actor_id=cast["ddetspp"].pk).exists()


@pytest.mark.parametrize("account", READERS)
def test_who_reads_figures_takes_them(browse: Browse, account: str) -> None:
    assert len(taken(browse(account), "csv")) > 10


@pytest.mark.parametrize("account", OTHERS)
def test_it_does_not_exist_for_others(browse: Browse, account: str) -> None:
    assert browse(account).post(EXPORT, {"format": "csv"}).status_code == 404


def test_neither_another_format_nor_an_old_proof(browse: Browse, cast: Cast) -> None:
    assert browse("siao").post(EXPORT, {"format": "exe"}).status_code == 404
    client = Client()
    client.force_login(cast["siao"])
    prove(client, cast["siao"], ago=600)
    assert "/connexion/prouver/" in client.post(EXPORT, {"format": "csv"}).headers["Location"]
    assert not Entry.objects.filter(event="figures.exported").exists()
