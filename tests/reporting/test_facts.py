"""Anonymised facts: rewritten in place while a year is open, unlinkable once it is closed, made by the worker alone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from audit.models import Entry
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, Motive
from commission.models import Examen, Seance
from core import outbox
from core.db import acting_as
from reporting import operations
from reporting.models import Fact, FactKind, FigureResult
from reporting.operations.facts import event_bytes, period_key
from tests.exchange.registers import LEASE, PRESENTED, account, demo_files, opened, row, told_well
from vault.errors import PeriodClosed
from vault.models import PeriodKey
from vault.period_keys import keyed_id

pytestmark = pytest.mark.django_db
VALIDATED = row(base=PRESENTED)


def facts() -> dict[UUID, tuple[Any, ...]]:
    return {fact.id: (fact.period, fact.kind, fact.code, fact.detail, fact.origin) for fact in Fact.objects.all()}


def results() -> dict[tuple[str, str], Any]:
    return {(each.figure, each.period): each.value for each in FigureResult.objects.all()}


def load_demo() -> None:
    from exchange.operations import import_register

    assert import_register(opened(demo_files()), by=None).rejected == []
    operations.catch_up()


def test_one_fact_for_each_closed_event() -> None:
    load_demo()
    made = Fact.objects.values_list("kind", flat=True)
    assert {kind: list(made).count(kind) for kind in FactKind.values} == {
        FactKind.SEANCE: 18,
        FactKind.ETUDIE: 38,
        FactKind.PRESENTE: 25,
        FactKind.DECIDE: 25,
        FactKind.BAIL: 15,
        FactKind.ISSUE: 15,
        FactKind.FAIT: 1,
    }


def test_no_fact_names_a_dossier_nor_anything_of_it() -> None:
    load_demo()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(reporting_fact::text, ' ') FROM reporting_fact")
        (written,) = cursor.fetchone()
    known = [*Dossier.objects.values_list("pk", flat=True), *Examen.objects.values_list("pk", flat=True)]
    known += Seance.objects.values_list("pk", flat=True)
    known += Dossier.objects.values_list("prescripteur_id", flat=True)
    for pk in known:
        assert str(pk) not in written
        assert pk.hex not in written
    assert not [day for day in Seance.objects.values_list("held_on", flat=True) if str(day) in written]


def test_nothing_moves_when_nothing_changed() -> None:
    load_demo()
    before, counted = facts(), results()
    operations.refresh_dossiers(Dossier.objects.values_list("pk", flat=True))
    operations.refresh_seances(Seance.objects.values_list("pk", flat=True))
    assert (facts(), results()) == (before, counted)
    assert operations.catch_up() == 0


def test_a_change_rewrites_its_facts_in_place() -> None:
    told_well(VALIDATED, row("B", date_evaluation="2023-04-02"))
    operations.catch_up()
    before = facts()
    told_well(row("B", suite_evaluation="non retenue", motif="décès", date_evaluation="2023-04-02"))
    operations.catch_up()
    after = facts()
    assert after.keys() == before.keys()
    changed = {after[pk] for pk in after if after[pk] != before[pk]}
    assert changed == {("2023", FactKind.ETUDIE, "NON_RETENUE", "DECES", None)}


def test_what_is_done_since_does_not_rewrite_the_year_that_declined_it() -> None:
    siao = account("siao")
    told_well(
        row("A", suite_evaluation="non retenue", motif="décès"),
        row("B", suite_evaluation="ajournée", motif="dettes locatives"),
        by=siao,
    )
    operations.catch_up()
    before, counted = facts(), results()
    today = timezone.localdate()
    dossiers.reconsider(Dossier.objects.get(reference="A").pk, by=siao, on=today, note="Une erreur de nom.")
    dossiers.reexamine(Dossier.objects.get(reference="B").pk, by=siao, on=today, note="La dette est soldée.")
    operations.catch_up()
    assert facts() == before
    assert results()["F05", "2023"] == counted["F05", "2023"]
    assert counted["F05", "2023"]["non_retenues"] == 2


def test_a_fact_moves_to_the_year_of_its_event() -> None:
    told_well(row(date_evaluation="2023-12-30"))
    operations.catch_up()
    assert [(fact.period, fact.kind) for fact in Fact.objects.all()] == [("2023", FactKind.ETUDIE)]
    told_well(row(date_evaluation="2024-01-02"))
    operations.catch_up()
    assert [(fact.period, fact.kind) for fact in Fact.objects.all()] == [("2024", FactKind.ETUDIE)]
    assert ("F02", "2023") not in results(), "the year that it left counts nothing any more"
    told_well(row(base=PRESENTED, date_evaluation="2024-01-02", date_commission="2025-02-06"))
    operations.catch_up()
    assert {fact.period for fact in Fact.objects.all()} == {"2025"}


def test_a_situation_evaluated_in_december_and_presented_in_january_counts_in_january_s_year() -> None:
    told_well(row(base=PRESENTED, date_evaluation="2022-12-27", date_commission="2023-01-26"))
    operations.catch_up()
    assert results()["F02", "2023"] == {"presentees": 1, "non_presentees": 0, "etudiees": 1}
    assert ("F02", "2022") not in results()


def test_a_situation_presented_twice_counts_once_but_both_seances_count() -> None:
    told_well(VALIDATED | {"decision": "ajournée", "date_commission": "2022-11-17"})
    told_well(VALIDATED | {"date_commission": "2023-02-09"})
    operations.catch_up()
    told = results()
    assert (told["F02", "2022"]["presentees"], told["F03", "2022"]) == (1, 1), "its last decision"
    assert told["F06", "2022"] == told["F06", "2023"] == {"commissions": 1, "avec_situation_lda": 1}
    assert told["F02", "2023"] == {"presentees": 0, "non_presentees": 0, "etudiees": 0}


@pytest.mark.parametrize(
    ("followed_on", "counted"),
    [("2024-12-31", 1), ("2025-01-01", 0), ("", 1)],
)
def test_an_outcome_counts_until_the_end_of_the_following_year(followed_on: str, counted: int) -> None:
    told_well(VALIDATED | LEASE | {"suivi": "dédite, retour 115", "date_suivi": followed_on})
    operations.catch_up()
    assert results()["F11", "2024"]["dedite_retour_115"] == counted


def test_half_a_euro_and_half_a_tenth_go_up() -> None:
    told_well(
        VALIDATED | {"ressources_mensuelles": "1000", "date_naissance": "1980-01-01"},
        row("B", base=PRESENTED, ressources_mensuelles="1001", date_naissance="1981-01-01"),
    )
    operations.catch_up()
    assert (results()["F09", "2023"], results()["F08", "2023"]["age_moyen"]) == (1001, 42.5)
    born = [date(1980 + (number < 7), 1, 1) for number in range(18)]
    told_well(*[row(f"C{number}", base=PRESENTED, date_naissance=day.isoformat()) for number, day in enumerate(born)])
    operations.catch_up()
    # 12 persons of 43 years and 8 of 42
    assert results()["F08", "2023"]["age_moyen"] == 42.6


def test_the_web_role_neither_makes_nor_reads_facts() -> None:
    told_well(VALIDATED)
    operations.catch_up()
    siao = account("siao")
    for attempt in (
        lambda: Fact.objects.exists(),
        lambda: Fact.objects.all().delete(),
        lambda: FigureResult.objects.update(value=0),
        lambda: FigureResult.objects.all().delete(),
        lambda: operations.refresh_dossiers([Dossier.objects.get().pk]),
        lambda: operations.recompute(["2023"]),
    ):
        with pytest.raises(ProgrammingError, match="permission"), transaction.atomic(), acting_as(siao):
            attempt()
    with acting_as(siao):
        assert FigureResult.objects.exists(), "the page reads what was computed"


def test_a_motive_reworded_by_the_administrator_is_counted_under_its_words() -> None:
    told_well(row(suite_evaluation="non retenue", motif="décès"))
    Motive.objects.filter(code="DECES").update(label="est décédé : constaté")
    operations.catch_up()
    assert results()["F05", "2023"]["motifs"] == {"est décédé": 1}


class TestClosing:
    @pytest.fixture(autouse=True)
    def _closed(self) -> None:
        told_well(VALIDATED | LEASE, row("B", date_evaluation="2023-04-02"), row("C", date_evaluation="2022-04-02"))
        operations.catch_up()
        self.before, self.counted = facts(), results()
        operations.close_period("2023")

    def of_2023(self, told: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
        return {key: value for key, value in told.items() if key[1] == "2023"}

    def test_the_key_is_gone_and_the_figures_stay(self) -> None:
        assert PeriodKey.objects.using("keystore").get(name=period_key("2023")).wrapped is None
        assert (facts(), results()) == (self.before, self.counted)
        with pytest.raises(PeriodClosed):
            keyed_id(period_key("2023"), event_bytes(FactKind.ETUDIE, Dossier.objects.all()[0].pk))
        assert Entry.objects.filter(event="period.closed", codes={"period": "2023"}).count() == 1

    def test_later_changes_do_not_touch_the_closed_year(self) -> None:
        told_well(
            VALIDATED | LEASE | {"ressources_mensuelles": "2000", "parc": "privé", "suivi": "expulsion"},
            row("B", date_evaluation="2024-04-02"),
            row("D", base=PRESENTED, date_commission="2023-06-01"),
            seances=["2023-09-07"],
        )
        operations.catch_up()
        after = facts()
        assert {pk: fact for pk, fact in after.items() if fact[0] == "2023"} == {
            pk: fact for pk, fact in self.before.items() if fact[0] == "2023"
        }
        assert self.of_2023(results()) == self.of_2023(self.counted)
        assert results()["F02", "2024"]["etudiees"] == 1, "the years that are open go on"

    def test_the_cohort_before_a_closed_year_does_not_change_it_either(self) -> None:
        """F11 of 2023 counts the situations of 2022, which is open."""
        told_well(row("E", base=PRESENTED, date_evaluation="2022-04-01", date_commission="2022-05-05"))
        operations.catch_up()
        assert self.of_2023(results()) == self.of_2023(self.counted)
        assert results()["F02", "2022"]["presentees"] == 1

    def test_closing_again_changes_nothing(self) -> None:
        operations.close_period("2023")
        assert (facts(), results()) == (self.before, self.counted)
        assert Entry.objects.filter(event="period.closed").count() == 1


def test_closing_counts_first_what_was_not_yet_counted() -> None:
    told_well(VALIDATED)
    operations.close_period("2023")
    assert results()["F02", "2023"]["presentees"] == 1


def test_a_new_year_asks_for_the_cohort_of_the_last_one() -> None:
    year = timezone.localdate().year
    told_well(row(base=PRESENTED, date_evaluation=f"{year}-01-05", date_commission=f"{year}-01-20"))
    operations.catch_up()
    assert ("F11", str(year + 1)) not in results()
    with time_machine.travel(date(year + 1, 1, 15), tick=False):
        operations.catch_up()
    assert ("F11", str(year + 1)) in results()


def test_an_act_of_a_person_is_counted_by_the_next_catch_up() -> None:
    from cases.dossiers import operations as dossiers

    siao = account("siao")
    told_well(row(), by=siao)
    operations.catch_up()
    today = timezone.localdate()
    with acting_as(siao):
        dossiers.decline(Dossier.objects.get().pk, by=siao, on=today, motive="PERDU_DE_VUE")
    assert results()["F02", "2023"]["en_attente"] == 1
    assert operations.catch_up() > 0
    assert results()["F02", "2023"] == {"presentees": 0, "non_presentees": 1, "etudiees": 1}


def test_the_relay_counts_as_the_command_does() -> None:
    told_well(VALIDATED)
    assert outbox.run_all() > 0
    assert results()["F02", "2023"]["presentees"] == 1
