"""The register that the project carries, and the reference files: every form of them tells the same."""

from __future__ import annotations

import csv
import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from cases.dossiers.models import Dossier, Evaluation, Person, State
from cases.housing.models import Lease
from commission.models import Examen, Seance, Snapshot
from exchange.operations import import_register
from reporting.models import FigureResult
from reporting.operations import catch_up
from tests.exchange.reading.builders import xlsx_bytes
from tests.exchange.registers import HEADERS, Files, counts, demo_files, demo_rows, opened, table

pytestmark = pytest.mark.django_db
XLSX, CSVS = "registre_siao_2022_2023.xlsx", ("registre_siao_2022_2023.csv", "seances_2022_2023.csv")


@pytest.fixture
def reference() -> Path:
    folder = os.environ.get("SEUIL_REFERENCE_DATA")
    if not folder:
        pytest.skip("SEUIL_REFERENCE_DATA does not name the folder of reference files")
    return Path(folder)


def read(made: Files) -> tuple[int, int, int, int]:
    report = import_register(opened(made), by=None)
    assert report.rejected == []
    return counts(report)


def loaded(folder: Path, *names: str) -> Files:
    return [(name, (folder / name).read_bytes()) for name in names]


def figure(name: str, period: str) -> Any:
    catch_up()
    return FigureResult.objects.get(figure=name, period=period).value


def state_of_things() -> list[Any]:
    """Everything that an import tells, in words."""
    return [
        *Dossier.objects.order_by("reference").values_list(
            "reference", "state", "state_on", "prescripteur__name", "oriented_on", "decided_on"
        ),
        *Examen.objects.order_by("dossier__reference").values_list("seance__held_on", "state", "decided_on"),
        *Lease.objects.order_by("dossier__reference").values_list("kind", "parc", "state", "signed_on", "ended_on"),
        *Seance.objects.order_by("held_on").values_list("held_on", "place", "state"),
        *[
            ((person.last_name or "").casefold(), person.first_name, person.birth_date, person.sex)
            for person in Person.objects.order_by("participations__dossier__reference")
        ],
        *[
            (e.household_type, e.children, e.resource, e.resources, e.rent_debt, e.ethos, e.evaluated_on)
            for e in Evaluation.objects.order_by("dossier__reference")
        ],
    ]


def third_version(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """One income corrected, of a situation presented in 2023; one new lease, of one validated in 2022."""
    changes = {
        "LDA-2023-003": {"ressources_mensuelles": "2480.00"},
        "LDA-2022-002": {
            "bailleur": "Habitat des Bauges",
            "date_bail": "2024-02-12",
            "type_bail": "bail en nom propre",
            "parc": "public",
        },
    }
    return [line | changes.get(line["reference"], {}) for line in rows]


def test_the_register_of_the_project_goes_in_once() -> None:
    assert read(demo_files()) == (38, 0, 0, 18)
    assert read(demo_files()) == (0, 0, 38, 0)
    assert Dossier.objects.filter(state=State.EN_SUIVI).count() == 15


def test_the_workbook_then_the_csv_files(reference: Path) -> None:
    assert read(loaded(reference, XLSX)) == (38, 0, 0, 18)
    assert (Person.objects.get(participations__dossier__reference="LDA-2022-001").last_name or "").isupper()
    assert read(loaded(reference, XLSX)) == (0, 0, 38, 0)
    before = state_of_things()
    assert read(loaded(reference, *CSVS)) == (0, 0, 38, 0)
    assert state_of_things() == before
    assert not [person for person in Person.objects.all() if (person.last_name or "").isupper()], "mixed forms are kept"


def test_the_csv_files_then_the_workbook(reference: Path) -> None:
    assert read(loaded(reference, *CSVS)) == (38, 0, 0, 18)
    from_csv = state_of_things()
    names = {person.pk: person.last_name for person in Person.objects.all()}
    assert read(loaded(reference, XLSX)) == (0, 0, 38, 0)
    assert state_of_things() == from_csv
    assert {person.pk: person.last_name for person in Person.objects.all()} == names


def test_the_copy_of_the_project_is_the_reference(reference: Path) -> None:
    assert [data for _, data in demo_files()] == [data for _, data in loaded(reference, *CSVS)]


def test_a_third_version_changes_two_situations_and_the_figures_follow() -> None:
    read(demo_files())
    assert (figure("F09", "2023"), figure("F04", "2022")) == (1041, 7)
    third = third_version(demo_rows())
    assert read([("registre.csv", table(HEADERS, third))]) == (0, 2, 36, 0)
    # 13 533,00 − 1 180,00 + 2 480,00 = 14 833,00 over 13
    assert (figure("F09", "2023"), figure("F04", "2022")) == (1141, 8)
    corrected = Dossier.objects.get(reference="LDA-2023-003")
    assert [e.version for e in Evaluation.objects.filter(dossier=corrected).order_by("version")] == [1, 2]
    assert [s.version for s in Snapshot.objects.filter(dossier=corrected).order_by("version")] == [1, 2]
    housed = Dossier.objects.get(reference="LDA-2022-002")
    assert (housed.state, housed.state_on) == (State.LOGE, dt.date(2024, 2, 12))
    assert read([("registre.csv", table(HEADERS, third))]) == (0, 0, 38, 0)


def test_a_third_version_of_the_workbook_then_its_csv(reference: Path) -> None:
    read(loaded(reference, XLSX))
    with CalamineWorkbook.from_path(str(reference / XLSX)) as book:
        sheets = {name: [list(line) for line in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}
    situations = next(lines for lines in sheets.values() if len(lines) > 30)
    headers = next(line for line in situations if "Réf." in line)
    by_reference = {line[0]: line for line in situations}
    by_reference["LDA-2023-003"][headers.index("Ressources (€/mois)")] = "2 480,00 €"
    lease = by_reference["LDA-2022-002"]
    lease[headers.index("Bailleur")] = "HABITAT DES BAUGES"
    lease[headers.index("Bail signé le")] = dt.date(2024, 2, 12)
    lease[headers.index("Type de bail")] = "bail en nom propre"
    lease[headers.index("Parc")] = "public"
    assert read([("version3.xlsx", xlsx_bytes(sheets))]) == (0, 2, 36, 0)
    assert (figure("F09", "2023"), figure("F04", "2022")) == (1141, 8)
    with (reference / CSVS[0]).open(encoding="utf-8", newline="") as source:
        lines = third_version(list(csv.DictReader(source, delimiter=";")))
    assert read([(CSVS[0], table(HEADERS, lines)), *loaded(reference, CSVS[1])]) == (0, 0, 38, 0)


def test_an_older_version_brings_its_value_back_and_erases_nothing() -> None:
    read(demo_files())
    read([("registre.csv", table(HEADERS, third_version(demo_rows())))])
    assert read(demo_files()) == (0, 1, 37, 0), "the income is told again; an empty lease erases nothing"
    assert (figure("F09", "2023"), figure("F04", "2022")) == (1041, 8)


def test_other_headers_and_another_order_of_columns_tell_the_same() -> None:
    read(demo_files())
    renamed = {
        "reference": "N° dossier",
        "nom": "Nom de famille",
        "date_naissance": "DDN",
        "ressources_mensuelles": "Revenus (€)",
        "date_commission": "Passage en commission",
        "prescripteur": "Orienté par",
    }
    lines = [{renamed.get(key, key): value for key, value in reversed(line.items())} for line in demo_rows()]
    assert read([("autre.csv", table(list(lines[0]), lines))]) == (0, 0, 38, 0)


def test_a_partial_register_says_only_what_it_has() -> None:
    read(demo_files())
    kept = ["reference", "nom", "prenom", "sexe", "date_naissance", "date_evaluation", "suite_evaluation"]
    kept += ["date_commission", "ressources_mensuelles"]
    lines = [{key: line[key] for key in kept} for line in third_version(demo_rows())]
    assert read([("extrait.csv", table(kept, lines))]) == (0, 1, 37, 0)
