"""Files that wish no good, through the page and through the import: an answer always, never half a register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Entry
from cases.dossiers.models import Dossier, Evaluation, Person
from cases.housing.models import Lease
from commission.models import Examen
from core.errors import OperationRefused
from exchange.models import PendingImport
from exchange.operations import import_register
from tests.exchange.reading.test_hostile import BOOK
from tests.exchange.registers import HEADERS, LEASE, PRESENTED, WAITING, Row, opened, row, table

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
WRITTEN = (Dossier, Person, Evaluation, Examen, Lease)
NASTY = st.sampled_from(
    [
        *(
            "",
            " ",
            "-",
            "?",
            "0",
            "-1",
            "1e309",
            "NaN",
            "99999999999999999999",
            "31/02/2023",
            "2023-13-45",
            "01/01/0001",
        ),
        *("=1+1", "@SUM(A1)", "+33", "\u202eRLO", "\u0000", "a\u0300" * 40, "é" * 5000, "<script>alert(1)</script>"),
        *(
            "{{ 7*7 }}",
            "'; DROP TABLE dossiers_dossier; --",
            "../../etc/passwd",
            "%s%n",
            "\ud7ff",
            "👩‍👩‍👧",
            "١٢٣",
            "validée",
        ),
        *(
            "présentée",
            "non présentée",
            "HOMME ISOLÉ",
            "bail glissant",
            "2023-03-30",
            "12/05/1980",
            "1 180,50 €",
            "expulsion",
        ),
    ]
)
CELLS = st.one_of(NASTY, st.text(max_size=40))
ROWS = st.lists(
    st.tuples(
        st.sampled_from([WAITING, PRESENTED, PRESENTED | LEASE]),
        st.dictionaries(st.sampled_from([name for name in HEADERS if name != "reference"]), CELLS, max_size=5),
    ),
    min_size=1,
    max_size=4,
)
QUICK = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LONG = settings(QUICK, max_examples=250)


def register(drawn: list[tuple[Row, dict[str, str]]]) -> bytes:
    lines = [row(f"H-{rank:03d}", base) | told for rank, (base, told) in enumerate(drawn)]
    return table(HEADERS, lines)


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in WRITTEN)


def all_or_nothing(content: bytes, rows: int) -> None:
    """Everything goes in, or nothing of it does and the report says why."""
    before, told = written(), Entry.objects.count()
    try:
        report = import_register(opened([("registre.csv", content)]), by=None)
    except OperationRefused:
        assert (written(), Entry.objects.count()) == (before, told)
        return
    if report.written:
        assert report.rejected == []
        assert Dossier.objects.count() == before[0] + report.situations.created
    else:
        assert report.rejected
        assert written() == before
        assert Entry.objects.count() == told
    assert report.rows <= rows


def through_the_page(browser: Client, name: str, content: bytes) -> None:
    """Send, look, confirm: a page or a sentence each time."""
    before = written()
    sent = browser.post("/import/", {"register": [SimpleUploadedFile(name, content)]})
    assert sent.status_code in {302, 422}, sent.status_code
    assert written() == before
    pending = PendingImport.objects.first()
    if pending is None:
        return
    assert browser.get(f"/import/{pending.pk}/").status_code in {200, 302, 422}
    assert written() == before
    answer = browser.post(f"/import/{pending.pk}/importer/", {})
    assert answer.status_code in {200, 302, 422}
    assert written() == before or PendingImport.objects.count() == 0


def each(work: Callable[[], Any]) -> None:
    """One example, then as if it had not been."""
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


@given(drawn=ROWS)
@QUICK
def test_hostile_cells_are_all_or_nothing(siao: object, drawn: list[tuple[Row, dict[str, str]]]) -> None:
    each(lambda: all_or_nothing(register(drawn), len(drawn)))


@pytest.mark.long
@given(drawn=ROWS)
@LONG
def test_hostile_cells_at_length(siao: object, drawn: list[tuple[Row, dict[str, str]]]) -> None:
    each(lambda: all_or_nothing(register(drawn), len(drawn)))


@given(drawn=ROWS)
@QUICK
def test_hostile_cells_through_the_page(browse: Browse, drawn: list[tuple[Row, dict[str, str]]]) -> None:
    browser = browse("siao")
    each(lambda: through_the_page(browser, "registre.csv", register(drawn)))


CORPUS: dict[str, tuple[str, bytes]] = {
    "nothing": ("vide.csv", b""),
    "zeros": ("zéros.csv", bytes(4096)),
    "a picture": ("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(200)),
    "a page": ("page.csv", b"<!doctype html><script>alert(1)</script>"),
    "half a workbook": ("coupé.xlsx", BOOK[: len(BOOK) // 2]),
    "a workbook called CSV": ("registre.csv", BOOK),
    "a CSV called workbook": ("registre.xlsx", register([(WAITING, {})])),
    "one long line": ("ligne.csv", b"a" * 300_000),
    "headers alone": ("en-tetes.csv", table(HEADERS, [])),
    "twice the same header": ("double.csv", table([*HEADERS, HEADERS[0]], [])),
    "a name that climbs": ("../../../etc/passwd", register([(WAITING, {})])),
    "a name of controls": ("a\r\nSet-Cookie: x=1.csv", register([(WAITING, {})])),
    "UTF-16": ("registre.csv", register([(WAITING, {})]).decode().encode("utf-16")),
    "a quote never closed": ("registre.csv", register([(WAITING, {})]) + b'"'),
}


@pytest.mark.parametrize("case", sorted(CORPUS))
def test_the_corpus_through_the_page(browse: Browse, case: str) -> None:
    through_the_page(browse("siao"), *CORPUS[case])


@given(data=st.binary(max_size=400), name=st.sampled_from(["a.csv", "a.xlsx", "a", "a.CSV.exe"]))
@QUICK
def test_any_bytes_through_the_page(browse: Browse, data: bytes, name: str) -> None:
    browser = browse("siao")
    each(lambda: through_the_page(browser, name, data))
