"""The report's figures, published beside computed, as `published_figures` prints them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from exchange.operations import import_register
from reporting.operations.published import PUBLISHED, gap_between
from tests.exchange.registers import HEADERS, PRESENTED, demo_files, demo_rows, opened, row, table, told_well

pytestmark = pytest.mark.django_db
KEYS = ["id", "period", "label", "published", "computed", "gap", "rule", "note"]
Rows = dict[tuple[str, str], dict[str, Any]]


def printed(capsys: pytest.CaptureFixture[str]) -> Rows:
    capsys.readouterr()
    call_command("published_figures", "--json")
    return {(each["id"], each["period"]): each for each in json.loads(capsys.readouterr().out)}


@pytest.fixture
def rows(capsys: pytest.CaptureFixture[str]) -> Rows:
    report = import_register(opened(demo_files()), by=None)
    assert report.rejected == []
    return printed(capsys)


def leaves(value: Any) -> list[Any]:
    return [leaf for each in value.values() for leaf in leaves(each)] if isinstance(value, dict) else [value]


def test_every_published_figure_is_found_again(rows: Rows) -> None:
    told = json.loads(PUBLISHED.read_text(encoding="utf-8"))["figures"]
    assert len(told) == 11
    for each in told:
        found = rows[each["id"], each["period"]]
        assert found["published"] == each["value"]
        assert set(leaves(found["gap"])) == {0}, found
        if each["id"] != "F11":
            assert found["computed"] == each["value"]


def test_the_reference_values_are_those_that_the_project_ships(rows: Rows) -> None:
    folder = os.environ.get("SEUIL_REFERENCE_DATA")
    if not folder:
        pytest.skip("SEUIL_REFERENCE_DATA does not name the folder of reference files")
    reference = json.loads((Path(folder) / "chiffres_publies.json").read_text(encoding="utf-8"))
    told = {(name, year): value for year in ("2022", "2023") for name, value in reference[year].items()}
    shown = {key: next(iter(value.values())) if len(value) == 1 else value for key, value in told.items()}
    assert {key: each["published"] for key, each in rows.items() if each["published"] is not None} == shown
    assert {key: rows[key]["computed"] for key in shown} == shown


def test_the_shape_of_a_row(rows: Rows) -> None:
    assert all(list(each) == KEYS for each in rows.values())
    assert list(rows) == sorted(rows, key=lambda key: (key[1], key[0])), "by year, then by figure"
    assert {year for _, year in rows} == {"2022", "2023", "2024"}
    assert all(each["label"] and each["rule"] for each in rows.values())
    numbers = [leaf for each in rows.values() for leaf in leaves(each["computed"])]
    assert {type(leaf) for leaf in numbers} <= {int, float}
    for name in ("F01", "F03", "F04", "F09", "F10"):
        assert type(rows[name, "2023"]["computed"]) is int, "a lone number is printed as itself"
    assert type(rows["F08", "2023"]["computed"]["age_moyen"]) is float
    assert list(rows["F05", "2023"]["computed"]) == ["evaluees", "presentees", "non_retenues", "motifs"]
    assert list(rows["F08", "2023"]["computed"]) == ["age_moyen", "age_min", "age_max"]


def test_what_nobody_published_is_computed_all_the_same(rows: Rows) -> None:
    alone = rows["F05", "2022"]
    assert (alone["published"], alone["gap"], alone["note"]) == (None, None, "")
    assert alone["computed"] == {
        "evaluees": 15,
        "presentees": 12,
        "non_retenues": 3,
        "motifs": {
            "absence de liens pour compléter les informations": 1,
            "incarcération": 1,
            "non adhésion": 1,
        },
    }
    assert ("F11", "2022") not in rows, "no situation was presented in 2021"


def test_a_debt_is_told_when_there_is_one(rows: Rows) -> None:
    assert "maintien_avec_dette" not in rows["F11", "2023"]["computed"]
    assert rows["F11", "2024"]["computed"] == {
        "reorientation_pension_de_famille": 0,
        "dedite_retour_115": 0,
        "maintien_sans_dette": 6,
        "maintien_avec_dette": 1,
        "retour_emploi": 0,
    }


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (("F11", "2023"), "A01"),
        (("F09", "2023"), "A05"),
        (("F02", "2022"), "A06"),
        (("F01", "2022"), "A15"),
    ],
)
def test_the_notes_say_what_is_ambiguous(rows: Rows, key: tuple[str, str], says: str) -> None:
    assert rows[key]["note"].startswith(says)


def test_without_any_register_the_published_figures_stand_alone(capsys: pytest.CaptureFixture[str]) -> None:
    rows = printed(capsys)
    assert len(rows) == 11
    assert {each["computed"] for each in rows.values()} == {None}
    assert {each["gap"] for each in rows.values()} == {None}


def test_a_gap_is_published_minus_computed_key_by_key(capsys: pytest.CaptureFixture[str]) -> None:
    changed = [line | ({"motif": "décès"} if line["reference"] == "LDA-2023-014" else {}) for line in demo_rows()[:-1]]
    report = import_register(opened([demo_files()[1], ("registre.csv", table(HEADERS, changed))]), by=None)
    assert report.rejected == []
    rows = printed(capsys)
    assert rows["F05", "2023"]["gap"] == {
        "evaluees": 1,
        "presentees": 0,
        "non_retenues": 1,
        "motifs": {
            "a quitté le département": 1,
            "relogement dans le parc public": 0,
            "incarcération": 0,
            "ajournée": 1,
            "décès": -1,
        },
    }
    assert gap_between({"a": 44.9}, {"a": 44.8, "b": 2}) == {"a": 0.1, "b": -2}


def test_a_year_without_a_known_income_has_no_mean(capsys: pytest.CaptureFixture[str]) -> None:
    told_well(row(ressources_mensuelles=""))
    rows = printed(capsys)
    assert rows["F09", "2023"]["computed"] is None
    assert rows["F08", "2023"]["computed"] == {"age_moyen": None, "age_min": None, "age_max": None}
    assert rows["F02", "2023"]["computed"] == {
        "presentees": 0,
        "non_presentees": 0,
        "etudiees": 1,
        "en_attente": 1,
    }


def test_for_people_the_command_speaks(rows: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    call_command("published_figures")
    said = capsys.readouterr().out
    assert "F09 2023" in said
    assert "1\u00a0041" in said


def test_the_table_is_in_french(capsys: pytest.CaptureFixture[str]) -> None:
    told_well(row(base=PRESENTED))
    capsys.readouterr()
    call_command("published_figures")
    said = capsys.readouterr().out
    lines = [line.split() for line in said.splitlines()]
    assert ["F05", "2023", "Situations", "évaluées", "publié", "recalculé", "écart"] in lines
    assert ["présentées", "13", "1", "+12"] in lines
    assert ["âge", "moyen", "44,9", "42,0", "+2,9"] in lines
    assert "None" not in said
    assert "{" not in said
