"""A row of the register: what it says, and every bad cell named with file, sheet, row, column, read, expected."""

import datetime as dt
import io
import os
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from core.errors import OperationRefused
from exchange.reading.register import open_register
from exchange.reading.rows import BadCell, SeanceRow, SituationRow
from tests.exchange.reading.builders import (
    GOOD,
    NOT_PRESENTED,
    TODAY,
    bad,
    csv_bytes,
    one,
    opened,
    register,
    xlsx_bytes,
)


def test_a_good_row() -> None:
    assert one({}) == SituationRow(
        file="registre.csv",
        sheet="",
        row=2,
        reference="ESSAI-2024-001",
        last_name="Chevrefeuil",
        first_name="Anselme",
        sex="M",
        birth_date=dt.date(1970, 2, 17),
        household_type="HOMME_ISOLE_SANS_ENFANT",
        children=0,
        prescripteur="Accueil du Pont",
        oriented_on=dt.date(2024, 1, 5),
        ethos="2.1 hébergement d’urgence",
        resource="RSA",
        resources=Decimal("559.42"),
        rent_debt=None,
        unique_number="0730124000001XTEST",
        evaluated_on=dt.date(2024, 2, 12),
        suite="PRESENTEE",
        motive=None,
        motive_text=None,
        seance_on=dt.date(2024, 3, 14),
        decision="VALIDEE",
        landlord="Logis du Granier",
        lease_signed_on=dt.date(2024, 5, 2),
        lease_kind="NOM_PROPRE",
        parc="PUBLIC",
        measure="TOIT_DABORD",
        outcome="MAINTIEN_SANS_DETTE",
        outcome_motive=None,
        outcome_on=dt.date(2025, 2, 3),
        event=None,
        event_on=None,
    )


def test_the_same_from_a_workbook() -> None:
    change = {"Né(e) le": dt.date(1970, 2, 17), "Ressources (€/mois)": 559.42, "Nb enfants": 0, "Évaluation": 45334}
    data = xlsx_bytes({"Notes": [["à relire"]], "Situations": [["Registre"], [], *register(change)]})
    reading = opened(data, "registre.xlsx")
    (row,) = list(reading)
    assert isinstance(row, SituationRow)
    assert (row.file, row.sheet, row.row) == ("registre.xlsx", "Situations", 4)
    assert replace(row, file="registre.csv", sheet="", row=2) == one({})
    assert [(ignored.sheet, ignored.column) for ignored in reading.ignored] == [("Notes", "")]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"Réf.": ""}, "Réf."),
        ({"Réf.": "R" * 41}, "Réf."),
        ({"NOM ": ""}, "NOM"),
        ({"NOM ": "#N/A"}, "NOM"),
        ({"NOM ": "42"}, "NOM"),
        ({"Prénom": ""}, "Prénom"),
        ({"Sexe": "Z"}, "Sexe"),
        ({"Sexe": "", "Composition familiale": ""}, "Sexe"),
        ({"Né(e) le": "30/02/1970"}, "Né(e) le"),
        ({"Né(e) le": ""}, "Né(e) le"),
        ({"Né(e) le": "01/01/2090"}, "Né(e) le"),
        ({"Composition familiale": "colocation"}, "Composition familiale"),
        ({"Sexe": "F"}, "Composition familiale"),
        ({"Nb enfants": "2"}, "Composition familiale"),
        ({"Nb enfants": "deux"}, "Nb enfants"),
        ({"Prescripteur": "X" * 201}, "Prescripteur"),
        ({"Orienté le": "hier"}, "Orienté le"),
        ({"Situation (ETHOS)": "ailleurs"}, "Situation (ETHOS)"),
        ({"Nature ressources": "loterie"}, "Nature ressources"),
        ({"Ressources (€/mois)": "NC"}, "Ressources (€/mois)"),
        ({"Ressources (€/mois)": "-5"}, "Ressources (€/mois)"),
        ({"Dettes locatives": "?"}, "Dettes locatives"),
        ({"N° unique": "1" * 41}, "N° unique"),
        ({"Évaluation": "30/02/2024"}, "Évaluation"),
        ({"Suite": "peut-être"}, "Suite"),
        (NOT_PRESENTED | {"Motif": "autre chose"}, "Motif"),
        (NOT_PRESENTED | {"Évaluation": ""}, "Évaluation"),
        ({"Commission du": ""}, "Commission du"),
        (NOT_PRESENTED | {"Décision": "validée"}, "Commission du"),
        ({"Commission du": "14/03/1968"}, "Commission du"),
        ({"Décision": "bof"}, "Décision"),
        ({"Né(e) le": "17/02/2025"}, "Orienté le"),
        ({"Bail signé le": "xx"}, "Bail signé le"),
        ({"Type de bail": ""}, "Type de bail"),
        ({"Type de bail": "troc"}, "Type de bail"),
        ({"Parc": "naturel"}, "Parc"),
        ({"Accompagnement": "SAMSAH + AVDL"}, "Accompagnement"),
        ({"Suivi": ""}, "Suivi"),
        ({"Suivi": "parti"}, "Suivi"),
        ({"Date suivi": "plus tard"}, "Date suivi"),
        ({"Date évènement": "04/09/2024"}, "Évènement"),
        ({"Évènement": "fête"}, "Évènement"),
    ],
)
def test_bad_cells(change: Mapping[str, object], column: str) -> None:
    cell = bad(change)[0]
    written = {header.strip(): value for header, value in (GOOD | dict(change)).items()}[column]
    assert (cell.file, cell.sheet, cell.row, cell.column) == ("registre.csv", "", 2, column)
    assert cell.read == str(written) or (cell.read.endswith("…") and len(cell.read) == 80)
    assert cell.expected


def test_every_bad_cell_of_a_row_is_told() -> None:
    cells = bad({"Né(e) le": "?", "Ressources (€/mois)": "NC", "Parc": "naturel", "Commission du": "jamais"})
    assert {cell.column for cell in cells} == {"Né(e) le", "Ressources (€/mois)", "Parc", "Commission du"}


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"Suite": "", "Décision": "", "Commission du": ""}, "suite", "EN_ATTENTE"),
        (NOT_PRESENTED | {"Motif": ""}, "motive", "SANS_MOTIF"),
        (NOT_PRESENTED | {"Motif": "ajournée : dettes locatives"}, "suite", "NON_RETENUE"),
        (NOT_PRESENTED | {"Suite": "ajournée", "Motif": "dettes locatives"}, "motive", "AJOURNE_DETTE_LOCATIVE"),
        (NOT_PRESENTED | {"Suite": "ajournée", "Motif": ""}, "motive", "AJOURNE_AUTRE"),
        (NOT_PRESENTED | {"Motif": "ajournée : attend son fils"}, "motive_text", "ajournée : attend son fils"),
        ({"Évaluation": ""}, "evaluated_on", None),
        ({"Bail signé le": ""}, "lease_kind", "NOM_PROPRE"),
        ({"Date suivi": ""}, "outcome", "MAINTIEN_SANS_DETTE"),
        ({"Prénom": "-"}, "first_name", ""),
        ({"Sexe": ""}, "sex", "M"),
        ({"Sexe": "F", "Composition familiale": "personne seule"}, "household_type", "FEMME_ISOLE_SANS_ENFANT"),
        (
            {"Composition familiale": "famille monoparentale", "Nb enfants": "2"},
            "household_type",
            "HOMME_ISOLE_AVEC_ENFANT",
        ),
        ({"Composition familiale": ""}, "household_type", None),
        ({"Nb enfants": ""}, "children", None),
        ({"Décision": "favorable sous réserve"}, "decision", "VALIDEE_SOUS_RESERVE"),
    ],
)
def test_what_may_be_missing(change: Mapping[str, object], field: str, value: object) -> None:
    assert getattr(one(change), field) == value


def test_an_odd_unique_number_is_a_warning() -> None:
    reading = opened(csv_bytes(register({"N° unique": "ABC 12"}, {"N° unique": "0731226000001XTEST"})))
    assert [item.unique_number for item in reading if isinstance(item, SituationRow)] == ["ABC12", "0731226000001XTEST"]
    assert [(warning.row, warning.column) for warning in reading.warnings] == [(2, "N° unique"), (3, "N° unique")]


def test_a_reference_written_twice() -> None:
    lines = register({}, {"Réf.": "essai 2024 001"})
    items = list(opened(csv_bytes(lines)))
    assert isinstance(items[1], BadCell)
    assert (items[1].row, items[1].column, items[1].read) == (3, "Réf.", "essai 2024 001")
    assert "la ligne 2" in items[1].expected


def test_a_name_without_reference_is_no_footer() -> None:
    items = list(
        opened(csv_bytes([*register({}), ["", "Chevrefeuil"], ["ESSAI-2024-009"], ["Total", 2], ["", "", "", 12]]))
    )
    assert {(item.row, item.column) for item in items if isinstance(item, BadCell)} >= {(3, "Réf."), (4, "NOM")}
    assert {item.row for item in items} == {2, 3, 4}


def test_headers_alone_are_an_empty_register() -> None:
    assert list(opened(csv_bytes(register()))) == []


def test_read_again_and_by_kind() -> None:
    seances = [["Date", "Lieu", "Présents"], ["14/03/2024", "Salle du Lac", "SIAO"], ["31/02/2024", "Salle du Lac", ""]]
    reading = opened(xlsx_bytes({"Situations": register({}, {}), "Séances": seances}), "deux.xlsx")
    assert reading.kinds == {"situations", "seances"}
    assert list(reading) == list(reading)
    assert [type(item) for item in reading.only("seances")] == [SeanceRow, BadCell]
    assert [type(item) for item in reading.only("situations")] == [SituationRow, SituationRow]


def test_a_hidden_sheet_is_left_out_and_told() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for name in ("Situations", "Ancien"):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(register({})):
                sheet.write_row(row, 0, cells)
        sheet.hide()
    reading = opened(target.getvalue(), "deux.xlsx")
    assert [item.sheet for item in reading] == ["Situations"]
    assert [ignored.sheet for ignored in reading.ignored] == ["Ancien"]


def test_an_organisation_may_be_a_number() -> None:
    assert one({"Prescripteur": "115"}).prescripteur == "115"


def test_every_file_must_be_recognised() -> None:
    with pytest.raises(OperationRefused, match="n’est ni un registre"):
        opened(csv_bytes([["Produit", "Prix"], ["thé", "3"]]))
    with pytest.raises(OperationRefused, match="Aucun fichier"):
        open_register([], today=TODAY)


@pytest.fixture
def reference_data() -> Path:
    folder = os.environ.get("SEUIL_REFERENCE_DATA")
    if not folder:
        pytest.skip("SEUIL_REFERENCE_DATA is not set: no reference register here")
    return Path(folder)


def test_the_reference_register(reference_data: Path) -> None:
    def content(*names: str) -> list[object]:
        reading = open_register([(name, reference_data / name) for name in names], today=TODAY)
        items: list[object] = []
        for item in reading:
            assert not isinstance(item, BadCell)
            if isinstance(item, SituationRow):
                item = replace(item, last_name=item.last_name.casefold())
            items.append(replace(item, file="", sheet="", row=0))
        assert not reading.warnings
        assert not reading.ignored
        return items

    workbook = content("registre_siao_2022_2023.xlsx")
    assert len([item for item in workbook if isinstance(item, SituationRow)]) == 38
    assert len([item for item in workbook if isinstance(item, SeanceRow)]) == 18
    assert workbook == content("registre_siao_2022_2023.csv", "seances_2022_2023.csv")


TOMORROW = (TODAY + dt.timedelta(days=1)).strftime("%d/%m/%Y")
UNDECIDED = dict.fromkeys(NOT_PRESENTED, "") | {"Suite": "présentée", "Commission du": TOMORROW}


@pytest.mark.parametrize(
    ("column", "beside"),
    [
        ("Orienté le", {}),
        ("Évaluation", {}),
        ("Bail signé le", {}),
        ("Date suivi", {}),
        ("Date évènement", {"Évènement": "retour à l’emploi"}),
    ],
)
def test_a_fact_is_not_to_come(column: str, beside: dict[str, object]) -> None:
    (cell,) = bad({column: TOMORROW} | beside)
    assert (cell.column, cell.read) == (column, TOMORROW)
    assert cell.expected == "une date passée, ou celle d’aujourd’hui"
    today = f"{TODAY:%d/%m/%Y}"
    assert one({column: today} | beside).reference == "ESSAI-2024-001"


def test_a_seance_may_be_to_come_and_nothing_that_follows_it() -> None:
    assert one(UNDECIDED).seance_on == TODAY + dt.timedelta(days=1)
    assert one(UNDECIDED | {"Décision": "retirée"}).decision == "RETIREE"
    (cell,) = bad(UNDECIDED | {"Décision": "validée"})
    assert (cell.column, cell.read) == ("Décision", "validée")
    for told in ({"Type de bail": "bail en nom propre"}, {"Suivi": "maintien sans dette de loyer"}):
        (cell,) = bad(UNDECIDED | told)
        assert (cell.column, cell.read) == ("Commission du", TOMORROW)


@pytest.mark.parametrize(
    ("told", "column"),
    [
        ({"Décision": "non validée"}, "Décision"),
        ({"Décision": ""}, "Suite"),
        ({"Suite": "non retenue", "Motif": "décès", "Commission du": "", "Décision": ""}, "Suite"),
    ],
)
def test_a_home_without_a_favourable_decision_is_kept_and_said(told: dict[str, object], column: str) -> None:
    reading = opened(csv_bytes(register(told)))
    (row,) = list(reading)
    assert isinstance(row, SituationRow)
    assert row.lease_kind == "NOM_PROPRE"
    (remark,) = reading.warnings
    assert remark.column == column
    assert "un bail et un maintien sans décision favorable" in remark.message


def test_a_motive_of_a_situation_that_waits_is_left_out_and_said() -> None:
    reading = opened(csv_bytes(register(NOT_PRESENTED | {"Suite": "en attente", "Motif": "décès"})))
    (row,) = list(reading)
    assert isinstance(row, SituationRow)
    assert (row.suite, row.motive) == ("EN_ATTENTE", None)
    assert [remark.column for remark in reading.warnings] == ["Motif"]
