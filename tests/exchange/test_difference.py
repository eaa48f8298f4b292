"""What a register would do, row by row: filters by kind, pages, and nothing written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from cases.dossiers.models import Dossier
from exchange.operations import Outcome, Window, preview_register
from exchange.views import difference
from tests.exchange.registers import files, opened, row, tell
from tests.exchange.test_views import preview_of
from tests.fixtures import Cast, statements, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]


@pytest.fixture
def url(browse: Browse, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two unchanged, three changed, seven new, one refused; two rows first, then three a page."""
    monkeypatch.setattr(difference, "FIRST", 2)
    monkeypatch.setattr(difference, "A_PAGE", 3)
    tell(*(row(f"ANCIEN-{number}") for number in range(5)), by=cast["siao"])
    return preview_of(
        browse("siao"),
        *(row(f"ANCIEN-{number}") for number in range(2)),
        *(row(f"ANCIEN-{number}", ressources_mensuelles="900") for number in range(2, 5)),
        *(row(f"NEUF-{number}") for number in range(7)),
        row("FAUX-1", date_evaluation="le 32 mars"),
    )


def shown(said: str) -> list[str]:
    return sorted({word for word in said.split() if word.startswith(("ANCIEN-", "NEUF-"))})


class TestFilters:
    def test_the_first_of_each_kind_and_where_the_rest_is(self, browse: Browse, url: str) -> None:
        answer = browse("siao").get(url)
        said, html = text_of(answer), answer.content.decode()
        assert shown(said) == ["ANCIEN-0", "ANCIEN-1", "ANCIEN-2", "ANCIEN-3", "NEUF-0", "NEUF-1"]
        assert "Tout Cellules refusées 1 À modifier 3 À créer 7 Inchangés 2" in said
        assert f'href="{url}?lignes=creer">Voir tout ce qui serait créé' in html
        assert "Voir tout ce qui ne change pas" not in said

    @pytest.mark.parametrize(
        ("asked", "rows"),
        [
            ("lignes=creer", ["NEUF-0", "NEUF-1", "NEUF-2"]),
            ("lignes=creer&page=2", ["NEUF-3", "NEUF-4", "NEUF-5"]),
            ("lignes=creer&page=3", ["NEUF-6"]),
            ("lignes=modifier", ["ANCIEN-2", "ANCIEN-3", "ANCIEN-4"]),
            ("lignes=inchanges", ["ANCIEN-0", "ANCIEN-1"]),
            ("lignes=refusees", []),
            ("lignes=creer&page=-4", ["NEUF-0", "NEUF-1", "NEUF-2"]),
            ("lignes=creer&page=²", ["NEUF-0", "NEUF-1", "NEUF-2"]),
        ],
    )
    def test_one_kind_by_pages_and_nothing_is_written(
        self, browse: Browse, url: str, asked: str, rows: list[str]
    ) -> None:
        browser = browse("siao")
        browser.get("/import/")  # a session that begins is written
        with statements() as sent:
            said = text_of(browser.get(f"{url}?{asked}"))
        assert shown(said) == rows
        assert ("« le 32 mars »" in said) == (asked == "lignes=refusees")
        assert {sql.split('"')[1] for sql in sent if not sql.startswith("SELECT")} <= {"audit_entry"}
        assert Dossier.objects.count() == 5

    @pytest.mark.parametrize("number", ["99", "999999"])
    def test_beyond_the_last_page_is_the_last(self, browse: Browse, url: str, number: str) -> None:
        answer = browse("siao").get(f"{url}?lignes=creer&page={number}")
        assert answer.headers["Location"] == f"{url}?lignes=creer&page=3"

    def test_an_unknown_kind_is_everything(self, browse: Browse, url: str) -> None:
        assert len(shown(text_of(browse("siao").get(f"{url}?lignes=pirate&page=2")))) == 6

    def test_a_new_dossier_tells_its_columns(self, browse: Browse, url: str) -> None:
        said = text_of(browse("siao").get(f"{url}?lignes=creer&page=3"))
        assert "Né(e) le 15/04/1980" in said
        assert "Prescripteur Accueil des Trois Sources" in said


def test_what_a_page_does_not_show_is_not_kept() -> None:
    reading = opened(files(row(f"NEUF-{number}") for number in range(9)))
    report = preview_register(reading, by=None, window=Window(2, Outcome.CREATED, 3))
    assert [plan.row.reference for plan in report.plans] == ["NEUF-4", "NEUF-5"]
    assert report.situations.created == 9
