"""Nothing is written when a row is bad, a bad row takes nothing else with it, a look writes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts.models import Organisation
from audit.models import Entry
from cases.dossiers.models import Dossier, State
from cases.support import operations as support
from commission.models import Examen, ExamenState, Seance, SeanceState
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.exchange.registers import LEASE, PRESENTED, Row, account, counts, foresee, row, tell, told_well
from tests.fixtures import execute

pytestmark = pytest.mark.django_db
GOOD, OTHER = row("A", base=PRESENTED, **LEASE), row("C", prescripteur="Maison des Lavandes")
UNREADABLE = row("B", date_naissance="31/02/1980")
IMPOSSIBLE = row(
    "B", base=PRESENTED, prescripteur="Maison des Lavandes", date_commission="2023-05-11", accompagnement="AVDL"
)


def everything() -> dict[str, int]:
    """Rows of every table of the product."""
    ours = ("accounts", "audit", "core", "dossiers", "housing", "support", "commission", "reporting", "exchange")
    found: list[type[models.Model]] = [model for label in ours for model in apps.get_app_config(label).get_models()]
    return {model._meta.db_table: model._base_manager.count() for model in found}


@pytest.fixture
def _no_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last thing written for a row with a measure is refused."""

    def refuse(*args: Any, **options: Any) -> None:
        raise OperationRefused("Cette mesure n’est pas possible.")

    monkeypatch.setattr(support, "record_past_measure", refuse)


def test_a_bad_cell_stops_everything() -> None:
    before = everything()
    report = tell(GOOD, UNREADABLE, OTHER, seances=["2023-03-30"])
    (cell,) = report.rejected
    assert (cell.file, cell.sheet, cell.row, cell.column) == ("registre.csv", "", 3, "date_naissance")
    assert cell.read == "31/02/1980"
    assert cell.expected
    assert (report.rows, counts(report), report.written) == (3, (0, 0, 0, 0), False)
    assert everything() == before


def test_every_bad_cell_of_a_row_is_told_and_the_row_counts_once() -> None:
    report = tell(GOOD, UNREADABLE | {"ressources_mensuelles": "beaucoup", "sexe": "?"}, keep_going=True)
    assert {cell.column for cell in report.rejected} == {"sexe", "date_naissance", "ressources_mensuelles"}
    assert (report.rows, report.situations.created) == (2, 1)


def test_a_bad_seance_is_no_situation() -> None:
    report = tell(GOOD, seances=["2023-03-30", ("30/02/2023", "Valcombe", "SIAO")], keep_going=True)
    assert report.rows == 1
    assert [cell.file for cell in report.rejected] == ["seances.csv"]
    assert Seance.objects.count() == 1


def test_keep_going_leaves_the_bad_rows_out() -> None:
    report = tell(GOOD, UNREADABLE, OTHER, keep_going=True)
    assert (report.rows, counts(report), len(report.rejected)) == (3, (2, 0, 0, 1), 1)
    assert list(Dossier.objects.order_by("reference").values_list("reference", flat=True)) == ["A", "C"]


def test_a_look_writes_nothing_and_foresees_exactly() -> None:
    before = everything()
    foreseen = foresee(GOOD, IMPOSSIBLE, OTHER)
    assert everything() == before
    done = told_well(GOOD, IMPOSSIBLE, OTHER)
    assert counts(foreseen) == counts(done) == (3, 0, 0, 2)


@pytest.mark.usefixtures("_no_measure")
def test_a_row_refused_while_it_is_written_takes_everything_back() -> None:
    before = everything()
    report = tell(GOOD, IMPOSSIBLE, OTHER, seances=["2023-03-30"])
    assert [cell.expected for cell in report.rejected] == ["Cette mesure n’est pas possible."]
    assert (report.rows, counts(report), report.written) == (3, (0, 0, 0, 0), False)
    assert everything() == before, "journal and outbox included"


@pytest.mark.usefixtures("_no_measure")
def test_a_row_refused_while_it_is_written_leaves_nothing_to_the_next_ones() -> None:
    """Its prescriber and séance were rolled back with it: the next row makes them again."""
    same_day = row("D", base=PRESENTED, date_commission="2023-05-11", prescripteur="Maison des Lavandes")
    report = tell(GOOD, IMPOSSIBLE, OTHER, same_day, keep_going=True)
    assert counts(report) == (3, 0, 0, 2)
    assert Organisation.objects.filter(name="Maison des Lavandes").count() == 1
    found = Dossier.objects.select_related("prescripteur").get(reference="D")
    assert found.prescripteur == Dossier.objects.get(reference="C").prescripteur
    assert not Entry.objects.filter(codes__state="VALIDE", dossier_id=None).exists()
    of_known = {str(pk) for pk in Dossier.objects.values_list("pk", flat=True)}
    enqueued = OutboxMessage.objects.filter(task="dossier.changed").values_list("payload__dossier", flat=True)
    assert set(enqueued) <= of_known


def test_rows_taken_back_together_are_planned_again_before_they_are_written_one_by_one() -> None:
    """A row refused by the database takes back those written with it, not what they tell."""
    undecided = row("A", base=PRESENTED, decision="")
    told_well(undecided)
    execute("ALTER TABLE support_measure ADD CONSTRAINT essai CHECK (kind <> 'SAVS')")
    decided, refused = row("A", base=PRESENTED), row("B", base=PRESENTED, accompagnement="SAVS")
    report = tell(decided, refused, keep_going=True)
    assert counts(report) == (0, 1, 0, 0)
    assert [(cell.column, cell.read) for cell in report.rejected] == [("reference", "B")]
    assert Examen.objects.get().state == ExamenState.VALIDEE
    assert Dossier.objects.get().state == State.VALIDE
    assert counts(told_well(decided)) == (0, 0, 1, 0)


def test_two_rows_decide_at_a_seance_that_was_announced() -> None:
    day = timezone.localdate() + timedelta(days=10)
    soon = [row(name, base=PRESENTED, date_commission=day.isoformat(), decision="") for name in "AB"]
    told_well(*soon)
    with time_machine.travel(day + timedelta(days=3), tick=False):
        assert counts(told_well(*(told | {"decision": "validée"} for told in soon))) == (0, 2, 0, 0)
    assert Seance.objects.get().state == SeanceState.CLOTUREE
    assert set(Examen.objects.values_list("state", flat=True)) == {ExamenState.VALIDEE}


@pytest.mark.parametrize(
    ("before", "told", "column"),
    [
        ({}, {"suivi": "décès", "date_suivi": "2023-05-31"}, "date_suivi"),
        ({"suivi": ""}, {"suivi": "décès", "date_suivi": "2023-05-31"}, "date_suivi"),
        (
            {"suivi": "décès", "date_suivi": "2023-08-01", "type_bail": "", "date_bail": ""},
            {"date_bail": "2023-09-01"},
            "date_bail",
        ),
        ({"suivi": "maintien sans dette", "date_suivi": "2023-08-01"}, {"date_bail": "2023-09-01"}, "date_bail"),
        ({"suivi": "dédite", "date_suivi": "2023-08-01"}, {"suivi": "maintien sans dette"}, "suivi"),
        ({"suivi": "dédite", "date_suivi": "2023-08-01"}, {"suivi": "expulsion"}, "suivi"),
        ({"decision": "non validée", "type_bail": "", "date_bail": ""}, {"decision": "validée"}, "decision"),
    ],
)
def test_what_cannot_be_written_is_foreseen_on_its_column(before: Row, told: Row, column: str) -> None:
    first = row("A", base=PRESENTED, **LEASE)
    if before:
        told_well(first | before)
    again = first | before | ({"type_bail": LEASE["type_bail"]} if before.get("suivi") else {}) | told
    foreseen, done = foresee(row("B"), again), tell(row("B"), again)
    assert foreseen.rejected == done.rejected
    assert [(cell.row, cell.column) for cell in foreseen.rejected] == [(3, column)]
    assert foreseen.rejected[0].read
    assert Dossier.objects.count() == bool(before)


def test_two_seances_of_the_list_on_a_day_are_foreseen() -> None:
    halls = [("2023-03-30", "Valcombe", "SIAO"), ("2023-03-30", "Aigrefond", "SIAO")]
    foreseen, done = foresee(GOOD, seances=halls), tell(GOOD, seances=halls)
    assert foreseen.rejected == done.rejected
    assert [(cell.column, cell.read) for cell in foreseen.rejected] == [("date_commission", "30/03/2023")]


def test_refusals_are_told_in_the_order_of_the_file() -> None:
    told_well(row("A", base=PRESENTED, **LEASE), row("C", base=PRESENTED, **LEASE))
    other = [row(name, base=PRESENTED, **LEASE) | {"decision": "ajournée"} for name in "AC"]
    report = foresee(other[0], UNREADABLE | {"nom": "1", "sexe": "?"}, other[1])
    told = [(cell.row, cell.column) for cell in report.rejected]
    assert told == [(2, "reference"), (3, "nom"), (3, "sexe"), (3, "date_naissance"), (4, "reference")]


def test_a_text_too_long_for_its_column_is_told_not_a_crash() -> None:
    report = tell(GOOD, row("B", prescripteur="ﷺ" * 60), keep_going=True)
    assert [(cell.row, cell.read) for cell in report.rejected] == [(3, "B")]
    assert "plus courts" in report.rejected[0].expected
    assert Dossier.objects.count() == 1


def test_two_seances_on_a_day_and_a_row_that_does_not_say_which() -> None:
    halls = [("2023-03-30", "Valcombe", "SIAO"), ("2023-03-30", "Aigrefond", "SIAO")]
    report = tell(GOOD, seances=halls)
    assert "seule séance" in report.rejected[0].expected or "Deux séances" in report.rejected[0].expected
    assert not Seance.objects.exists()


def test_a_second_seance_on_a_day_does_not_trouble_what_is_known() -> None:
    told_well(GOOD, seances=["2023-03-30"])
    told_well(seances=[("2023-03-30", "Aigrefond", "SIAO")])
    assert counts(told_well(GOOD)) == (0, 0, 1, 0)
    assert Dossier.objects.get().state == State.LOGE


def test_the_right_to_import_is_asked_for() -> None:
    for name in ("bailleur", "etranger", "admin", "animation"):
        with pytest.raises(NotAllowed):
            tell(GOOD, by=account(name))
    assert not Dossier.objects.exists()
    assert counts(tell(GOOD, by=account("siao")))[0] == 1


def test_an_import_is_journaled_by_its_author() -> None:
    siao = account("siao")
    told_well(GOOD, seances=["2023-03-30"], by=siao)
    entry = Entry.objects.get(event="register.imported")
    assert (entry.actor_id, entry.codes) == (siao.pk, {"created": 1, "changed": 0, "seances": 1})
    assert set(Entry.objects.filter(event__startswith="dossier.").values_list("actor_id", flat=True)) == {siao.pk}
