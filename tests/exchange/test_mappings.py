"""Headers that nobody knows: told once on a page, recognised the next time, forgotten, told again otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from django.test import Client

from audit.models import Entry
from cases.dossiers.models import Dossier, Participant
from core.errors import NotAllowed, OperationRefused
from exchange.models import ColumnMapping, PendingImport
from exchange.operations import forget, mappings_of, pending, remember, told_by
from exchange.operations import mappings as kept
from exchange.reading.columns import Correspondence
from exchange.reading.telling import shape, unknown_sheets
from tests.exchange.reading.builders import csv_bytes, xlsx_bytes
from tests.exchange.test_views import HERE, send
from tests.fixtures import Cast, at_once, statements, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
HEADERS = ["Fiche", "Qui", "Petit nom", "Lui/elle", "Jour J", "Revenu du mois", "Évalué au", "Et ensuite"]
ROW = ["T-1", "Quetschelier", "Barnabé", "H", "15/04/1980", "534,82", "01/03/2023", "en attente"]
MEANINGS = [
    *("reference", "last_name", "first_name", "sex", "birth_date"),
    *("resources", "evaluated_on", "suite"),
]
TOLD = Correspondence(frozenset({"a", "b"}), {"a": "reference"})


def sheet(*rows: list[str], headers: list[str] = HEADERS) -> bytes:
    return csv_bytes([headers, *(rows or [ROW])])


def answers(meanings: list[str] = MEANINGS, name: str = "Tableau du 115") -> dict[str, str]:
    return {"name": name} | {f"column_{index}": meaning for index, meaning in enumerate(meanings)}


def page_of(browser: Client, made: bytes, name: str = "tableau.csv") -> str:
    """The address where one tells the columns of this file."""
    answer = send(browser, [(name, made)])
    assert answer.status_code == 302, text_of(answer)
    preview = str(answer.headers["Location"])
    asked = browser.get(preview)
    assert asked.headers["Location"] == f"{preview}colonnes/"
    return f"{preview}colonnes/"


class TestTell:
    def test_told_once_recognised_the_next_time_in_another_order(self, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        page = page_of(browser, sheet())
        answer = browser.post(page, answers(), follow=True)
        said = text_of(answer)
        assert answer.redirect_chain == [(page.removesuffix("colonnes/"), 302)]
        assert "Ces en-têtes sont retenus" in said
        assert "dossier à créer 1" in said
        (entry,) = Entry.objects.filter(event="mapping.remembered")
        assert entry.actor_id == cast["siao"].pk
        again = sheet(list(reversed(ROW)), headers=[header.upper() for header in reversed(HEADERS)])
        colleague = browse("siao2")
        url = str(send(colleague, [("autre nom.csv", again)]).headers["Location"])
        assert "dossier à créer 1" in text_of(colleague.get(url))
        colleague.post(f"{url}importer/")
        person = Participant.objects.get(dossier=Dossier.objects.get(reference="T-1")).person
        assert (person.last_name, person.first_name) == ("Quetschelier", "Barnabé")
        assert (person.sex, person.birth_date) == ("M", date(1980, 4, 15))

    def test_the_page_guesses_and_shows_shapes_never_values(self, browse: Browse) -> None:
        headers = ["Réf.", "Nom", "Petit nom", "Sexe", "Né(e) le", "Évaluation", "Suite"]
        row = ["T-1", "Quetschelier", "Barnabé", "H", "15/04/1980", "01/03/2023", "en attente"]
        browser = browse("siao")
        page = page_of(browser, sheet(row, headers=headers))
        with statements() as sent:
            answer = browser.get(page)
        html, said = answer.content.decode(), text_of(answer)
        assert "il manque « Prénom »" in said
        assert "Xxxxxxxxxxxx" in said
        assert "00/00/0000" in said
        for secret in ("Quetschelier", "Barnabé", "15/04/1980"):
            assert secret not in html
        chosen = re.findall(r'<option value="(\w*)" selected', html)
        assert chosen == ["reference", "last_name", "", "sex", "birth_date", "evaluated_on", "suite"]
        assert not [sql for sql in sent if not sql.startswith("SELECT")]

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"column_2": ""}, "il manque « Prénom »"),
            ({"column_3": ""}, "il manque « Sexe » ou « Composition familiale »"),
            ({"column_2": "last_name"}, "La colonne « Qui » dit déjà cela."),
            ({"column_2": "pirate"}, "Prenez une valeur de la liste."),
            ({"name": "  "}, "Donnez un nom à cette correspondance"),
            ({"name": "x" * 81}, "Écrivez 80 signes au plus."),
        ],
    )
    def test_what_is_badly_told_is_refused_with_a_sentence(
        self, browse: Browse, changed: dict[str, str], said: str
    ) -> None:
        browser = browse("siao")
        page = page_of(browser, sheet())
        answer = browser.post(page, answers() | changed)
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert not ColumnMapping.objects.exists()

    def test_one_sheet_of_a_workbook_then_the_other(self, browse: Browse) -> None:
        other = [f"{header} bis" for header in HEADERS]
        book = xlsx_bytes({"Rue": [HEADERS, ROW], "Hôtel": [other, ["T-2", *ROW[1:]]], "Notes": [["à voir"]]})
        browser = browse("siao")
        page = page_of(browser, book, "classeur.xlsx")
        assert "Rue" in text_of(browser.get(page))
        browser.post(f"{page}?feuille=1", answers(name="Hôtel"))
        preview = page.removesuffix("colonnes/")
        assert "dossier à créer 1" in text_of(browser.get(preview))
        browser.post(page, answers(name="Rue"))
        assert "dossiers à créer 2" in text_of(browser.get(preview))
        for asked in ("9", "-1", "²", "x" * 50):
            assert browser.get(f"{page}?feuille={asked}").status_code == 200

    def test_a_register_that_is_read_may_be_told_otherwise(self, browse: Browse) -> None:
        headers = ["Réf.", "Nom", "Prénom", "Sexe", "Né(e) le", "Évaluation", "Suite", "Pécule"]
        row = ["T-1", "Quetschelier", "Barnabé", "H", "15/04/1980", "01/03/2023", "en attente", "534,82"]
        browser = browse("siao")
        preview = str(send(browser, [("registre.csv", sheet(row, headers=headers))]).headers["Location"])
        assert f'href="{preview}colonnes/"' in browser.get(preview).content.decode()
        told = ["reference", "last_name", "first_name", "sex", "birth_date", "evaluated_on", "suite", "resources"]
        said = text_of(browser.post(f"{preview}colonnes/", answers(told), follow=True))
        assert "n’est pas lue" not in said

    def test_too_many_rows_are_refused_before_anything_is_told(
        self, browse: Browse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pending, "MOST_ROWS", 5)
        rows = [[f"T-{number}", *ROW[1:]] for number in range(60)]
        answer = send(browse("siao"), [("tableau.csv", sheet(*rows))])
        assert answer.status_code == 422
        assert "Ce registre a plus de 5 lignes." in text_of(answer)
        assert not PendingImport.objects.exists()

    def test_a_good_file_beside_one_that_is_neither_is_refused(self, browse: Browse) -> None:
        answer = send(browse("siao"), [("tableau.csv", sheet()), ("notes.csv", b"a;b\n1;2\n")])
        assert answer.status_code == 422
        assert "notes.csv" in text_of(answer)


class TestHostile:
    @pytest.mark.parametrize(
        "headers",
        [
            [
                "{{ 7*7 }}",
                "<script>alert(1)</script>",
                "{% load x %}",
                "'; DROP TABLE x; --",
                "\u202eRLO",
                "a" * 500,
                "Qui",
                "Où",
            ],
            ["№", "™", "№", "é" * 300, "Qui", "Qui", "Jour", "Lui", "Elle", "Vu", "Puis"],
            [f"colonne {number}" for number in range(200)],
        ],
    )
    def test_any_headers_give_a_page_and_no_markup(self, browse: Browse, headers: list[str]) -> None:
        browser = browse("siao")
        page = page_of(browser, csv_bytes([headers, ["<b>x</b>"] * len(headers)]))
        html = browser.get(page).content.decode()
        assert "<script>alert" not in html
        assert "<b>x</b>" not in html
        refused = browser.post(page, {"name": "x", "column_0": "reference", "column_9999": "sex"})
        assert refused.status_code == 422
        assert not ColumnMapping.objects.exists()

    def test_two_columns_under_one_header_are_one(self) -> None:
        data = csv_bytes([["Qui", "qui", *HEADERS], ["a", "b", *ROW]])
        (found,) = unknown_sheets([("x.csv", BytesIO(data))])
        assert [header for _, header, _ in found.columns()].count("Qui") == 1

    @pytest.mark.parametrize(
        ("text", "seen"),
        [
            ("D'Arc", "X'Xxx"),
            ("12/05/1980", "00/00/0000"),
            ("é\u0000<b>", "x··x·"),
            ("١٢", "00"),
            ("x" * 40, "x" * 16 + "…"),
        ],
    )
    def test_shapes_say_nothing(self, text: str, seen: str) -> None:
        assert shape(text) == seen


class TestKeep:
    def test_told_otherwise_then_forgotten_the_history_stays(self, cast: Cast) -> None:
        siao = cast["siao"]
        remember(TOLD, "Un", by=siao)
        second = remember(Correspondence(TOLD.headers, {"b": "reference"}), "  Deux \n fois ", by=cast["siao2"])
        (standing,) = mappings_of(siao)
        assert (standing.pk, standing.name, standing.former) == (second.pk, "Deux fois", 1)
        assert [dict(each.columns) for each in told_by(siao)] == [{"b": "reference"}]
        forget(second.pk, by=siao)
        assert told_by(siao) == []
        assert [each.is_withdrawn for each in mappings_of(siao)] == [True]
        assert ColumnMapping.objects.count() == 3
        with pytest.raises(OperationRefused, match="a changé ou a été oubliée"):
            forget(second.pk, by=siao)

    def test_there_are_not_too_many(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept, "MOST", 1)
        remember(TOLD, "Un", by=cast["siao"])
        remember(TOLD, "Le même", by=cast["siao"])
        with pytest.raises(OperationRefused, match="Oubliez-en une"):
            remember(Correspondence(frozenset({"c"}), {}), "Autre", by=cast["siao"])

    @pytest.mark.parametrize("account", ["animation", "fol73", "admin", "etranger"])
    def test_the_others_tell_nothing(self, browse: Browse, cast: Cast, account: str) -> None:
        made = remember(TOLD, "Un", by=cast["siao"])
        with pytest.raises(NotAllowed):
            remember(TOLD, "Deux", by=cast[account])
        with pytest.raises(NotAllowed):
            forget(made.pk, by=cast[account])
        browser = browse(account)
        assert browser.get(f"{HERE}correspondances/").status_code == 404
        assert browser.post(f"{HERE}correspondances/{made.pk}/oublier/").status_code == 404

    def test_the_page_lists_them_and_forgets_one(self, browse: Browse, cast: Cast) -> None:
        made = remember(TOLD, "Tableau du 115", by=cast["siao"])
        browser, page = browse("siao"), f"{HERE}correspondances/"
        said = text_of(browser.get(page))
        assert "Tableau du 115" in said
        assert "1 colonne lue" in said
        after = text_of(browser.post(f"{page}{made.pk}/oublier/", follow=True))
        assert "est oubliée" in after
        assert "Oublier « Tableau du 115 »" not in after

    def test_a_sender_s_columns_are_hers_alone(self, browse: Browse) -> None:
        page = page_of(browse("siao"), sheet())
        assert browse("siao2").get(page).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_at_once_make_two_rows_and_one_standing(cast: Cast) -> None:
    errors = at_once(*(lambda each=each: remember(TOLD, each, by=cast["siao"]) for each in ("Un", "Deux")))
    assert errors == [None, None]
    (standing,) = mappings_of(cast["siao"])
    assert standing.former == 1
