"""The list in a file: the same rows as the page, to the same people, told in the journal."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from python_calamine import CalamineWorkbook

from audit.models import Entry, Kind
from cases.dossiers.models import State
from config.environment import BASE_DIR
from core.tables import FORMATS, Blocks, harmless, table_file
from tests.factories import make_dossier
from tests.fixtures import Cast, prove

Browse = Callable[[str], Client]
HEADER = ["Nom", "Référence", "État", "Ménage", "Référent", "Dans cet état depuis"]
ROWS: list[list[Any]] = [
    ["=1+1", date(2026, 3, 2), 7, Decimal("12.50"), None],
    ["« L’é » <&>\x00", None, -3, None, "@a"],
]

MEASURE = """
from datetime import date
from bench.memory import most_memory
from core.tables import table_file
day = date(2026, 3, 2)
rows = ([f"Nom{n} Prénom", f"2026-{n}", "Évalué", "Femme seule", f"Référent {n % 50}", day] for n in range(100_000))
table_file("xlsx", "Essai", list("abcdef"), rows)
print(most_memory())
"""


def written(kind: str, header: list[str], rows: list[list[Any]]) -> bytes:
    return b"".join(Blocks(table_file(kind, "Essai", header, rows)))


def table_of(content: bytes, kind: str) -> list[list[Any]]:
    """The cells of a file."""
    if kind == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


class TestFiles:
    @pytest.mark.parametrize("kind", ["xlsx", "ods"])
    def test_types_are_kept_and_no_text_is_run(self, kind: str) -> None:
        header, first, second = table_of(written(kind, list("abcde"), ROWS), kind)
        assert header == list("abcde")
        assert first == ["=1+1", date(2026, 3, 2), 7.0, 12.5, ""]
        assert second == ["« L’é » <&>", "", -3.0, "", "@a"]

    def test_csv_is_for_french_spreadsheets(self) -> None:
        content = written("csv", ["Nom", "Date"], ROWS)
        assert content.startswith(b"\xef\xbb\xbfNom;Date\r\n")
        assert table_of(content, "csv")[1] == ["'=1+1", "02/03/2026", "7", "12,50", ""]

    @pytest.mark.parametrize("text", ["=A1", "+33", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_what_a_spreadsheet_would_run(self, text: str) -> None:
        assert harmless(text) == f"'{text}"
        assert harmless(f"a{text}") == f"a{text}"

    @pytest.mark.parametrize("kind", FORMATS)
    def test_a_large_one_is_never_on_the_disk(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file of names that a killed process would leave: with no directory for it, each is written all the same."""
        monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
        with pytest.raises(FileNotFoundError):
            tempfile.mkstemp()
        name = "Vuillermoz-Ancelin " * 20
        file = table_file(kind, "Essai", ["Nom", "Date"], ([f"{name}{day}", date(2026, 3, 2)] for day in range(8000)))
        content = b"".join(Blocks(file))
        if kind == "csv":
            assert len(content) > 2 << 20
        assert table_of(content, kind)[8000][0] == f"{name}7999"

    @pytest.mark.long
    def test_the_largest_takes_little_memory(self) -> None:
        """In a process of its own. XLSX, which keeps every cell until its end, is the greediest."""
        done = subprocess.run([sys.executable, "-c", MEASURE], cwd=BASE_DIR, capture_output=True, text=True, check=True)
        assert int(done.stdout) < 512 * 1024, "kibibytes"


@pytest.mark.django_db
class TestList:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_the_same_rows_in_the_same_order(self, browse: Browse, cast: Cast, kind: str) -> None:
        shown = [make_dossier(referent=cast["siao"]) for _ in range(3)]
        make_dossier(state=State.VALIDE)
        answer = browse("siao").post("/dossiers/exporter/?etat=EVALUE&tri=reference", {"format": kind})
        assert isinstance(answer, StreamingHttpResponse)
        assert answer.headers["Content-Disposition"].endswith(f'.{kind}"')
        header, *rows = table_of(answer.getvalue(), kind)
        assert header == HEADER
        assert [row[1] for row in rows] == [dossier.reference for dossier in shown]
        person = shown[0].participants.get().person
        day: object = "12/01/2023" if kind == "csv" else date(2023, 1, 12)
        assert rows[0] == [person.listed_name, shown[0].reference, "Évalué", "Femme seule", str(cast["siao"]), day]

    def test_it_is_journaled_with_its_codes_and_each_dossier_is_read(self, browse: Browse, cast: Cast) -> None:
        shown = {make_dossier().pk for _ in range(2)}
        answer = browse("siao").post("/dossiers/exporter/?vue=sans-referent&etat=EVALUE", {"format": "csv"})
        assert isinstance(answer, StreamingHttpResponse)
        assert len(table_of(answer.getvalue(), "csv")) == 3
        told = Entry.objects.get(event="dossiers.exported", actor_id=cast["siao"].pk)
        codes = {"format": "csv", "count": 2, "named": True, "vue": "sans-referent", "tri": "-reference"}
        assert told.codes == {**codes, "etat": "EVALUE"}
        read = Entry.objects.filter(event="dossier.exported", kind=Kind.READ)
        assert set(read.values_list("dossier_id", flat=True)) == shown

    def test_no_name_for_who_may_not_read_it(self, browse: Browse, cast: Cast) -> None:
        make_dossier(referent=cast["siao"])
        answer = browse("animation").post("/dossiers/exporter/", {"format": "csv"})
        assert isinstance(answer, StreamingHttpResponse)
        may_name = cast["animation"].has_perm("dossiers.see_identity")
        assert table_of(answer.getvalue(), "csv")[0] == (HEADER if may_name else HEADER[1:])

    def test_only_what_one_sees(self, browse: Browse) -> None:
        make_dossier()
        answer = browse("fol73").post("/dossiers/exporter/", {"format": "csv"})
        assert isinstance(answer, StreamingHttpResponse)
        assert len(table_of(answer.getvalue(), "csv")) == 1

    @pytest.mark.parametrize("account", ["prescripteur", "ddetspp", "etranger"])
    def test_not_for_who_has_no_list(self, browse: Browse, account: str) -> None:
        assert browse(account).post("/dossiers/exporter/", {"format": "csv"}).status_code == 404

    def test_neither_another_format_nor_an_old_proof(self, browse: Browse, cast: Cast) -> None:
        assert browse("siao").post("/dossiers/exporter/", {"format": "exe"}).status_code == 404
        client = Client()
        client.force_login(cast["siao"])
        prove(client, cast["siao"], ago=600)
        answer = client.post("/dossiers/exporter/", {"format": "csv"})
        assert answer.status_code == 302
        assert "/connexion/prouver/" in answer.headers["Location"]
        assert not Entry.objects.filter(event="dossiers.exported").exists()

    def test_the_page_offers_it_with_its_filters(self, browse: Browse) -> None:
        make_dossier()
        html = browse("siao").get("/dossiers/?etat=EVALUE&tri=etat").content.decode()
        assert 'action="/dossiers/exporter/?tri=etat&amp;etat=EVALUE"' in html
