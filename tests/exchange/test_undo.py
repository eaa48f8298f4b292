"""Undoing an import: all that it created goes, or nothing does; what was built on it is never lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.models import Organisation, OrganisationKind, User
from accounts.operations import siao as the_siao
from accounts.operations import verify_organisation
from audit import journal
from audit.models import Entry
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, Likeness, Participant, Person, Purpose
from cases.dossiers.operations import AskedPiece, NewAgreement, household
from cases.dossiers.operations.linking import say_apart
from cases.support.models import MeasureKind
from cases.support.operations import record_past_measure
from commission import operations as commission
from commission.models import Examen, ExamenState, Seance
from commission.operations import PastExamen, record_past_examen, record_past_seance
from core import outbox
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from exchange.models import Import, ImportedDossier, ImportedSeance
from exchange.operations import FORGET, forget_subjects, imports_of, undo_import, why_not_undo
from reporting.models import Fact, FigureResult
from reporting.operations import catch_up, close_period
from tests.dossiers.answering import fill
from tests.exchange.answers import tell_si_siao
from tests.exchange.registers import LEASE, PRESENTED, Row, account, row, tell, told_well
from tests.exchange.test_all_or_nothing import everything
from tests.factories import letter_of, make_dossier
from tests.fixtures import Cast, execute, refusal
from vault.errors import KeyMissing
from vault.models import Dek

pytestmark = pytest.mark.django_db
RICH: list[Row] = [
    row("ESSAI-001", PRESENTED, **LEASE, accompagnement="AVDL", suivi="maintien sans dette", date_suivi="2023-08-01"),
    row("ESSAI-002", nom="Mirandol", date_naissance="1971-02-03"),
    row("ESSAI-003", PRESENTED, nom="Savarin", decision="non validée", prescripteur="Maison des Lavandes"),
]
DAY = ("2023-03-30", "Salle des Glycines", "SIAO, Logis des Aravis")
STAYS = {"audit_entry", "exchange_import", "core_outboxmessage"}


def imported(by: User | None, *rows: Row, **options: Any) -> Import:
    """The record of an import of these rows, as this person does it."""
    if by is None:
        told_well(*(rows or RICH), **options)
    else:
        with acting_as(by):
            told_well(*(rows or RICH), by=by, **options)
    return Import.objects.latest("at")


def undone(told: Import, by: User) -> Import:
    with acting_as(by):
        return undo_import(told.pk, by=by)


def refused(told: Import, by: User) -> str:
    """The sentence of the refusal; nothing has moved."""
    before = everything()
    with pytest.raises(OperationRefused) as refusal, acting_as(by):
        undo_import(told.pk, by=by)
    assert everything() == before
    with acting_as(by):
        assert why_not_undo(imports_of(by).get(pk=told.pk)) == str(refusal.value)
    return str(refusal.value)


def figures() -> tuple[set[Any], dict[Any, Any]]:
    catch_up()
    told = {(fact.id, fact.period, fact.kind, fact.code, fact.detail) for fact in Fact.objects.all()}
    return told, {(each.figure, each.period): each.value for each in FigureResult.objects.all()}


class TestUndone:
    def test_every_row_goes_and_the_journal_says_so(self, siao: User) -> None:
        before = everything()
        told = imported(siao, seances=[DAY])
        assert (told.created, told.changed, told.seances, told.seances_changed) == (3, 0, 1, 0)
        assert told.bodies
        undone(told, siao)
        after = everything()
        assert {table for table in after if after[table] != before.get(table, 0)} <= STAYS
        told.refresh_from_db()
        assert (told.undone_by, told.bodies) == (siao, [])
        entry = Entry.objects.get(event="register.undone")
        assert (entry.target_id, entry.actor_id, entry.codes) == (told.pk, siao.pk, {"dossiers": 3, "seances": 1})
        assert Entry.objects.filter(event="dossier.recorded").count() == 3, "nothing is taken out of the journal"

    def test_after_the_worker_has_looked_at_it_too(self, siao: User) -> None:
        """Facts, likenesses and prints are consequences, not work that one builds on."""
        make_dossier(last_name="Quetschelier", first_name="Barnabé", birth_date=date(1980, 4, 15))
        outbox.run_all()
        before, counted = everything(), figures()
        told = imported(siao, seances=[DAY])
        outbox.run_all()
        assert Likeness.objects.exists()
        assert figures() != counted
        undone(told, siao)
        outbox.run_all()
        assert figures() == counted
        after = everything()
        assert {table for table in after if after[table] != before[table]} <= STAYS

    def test_messages_that_name_what_is_gone_are_gone_or_harmless(self, siao: User) -> None:
        told = imported(siao)
        undone(told, siao)
        assert set(OutboxMessage.objects.values_list("task", flat=True)) == {"seance.changed", "dossier.gone", FORGET}
        outbox.run_all()
        assert not OutboxMessage.objects.filter(done_at=None).exists()

    def test_the_same_register_comes_in_again(self, siao: User) -> None:
        undone(imported(siao, seances=[DAY]), siao)
        again = imported(siao, seances=[DAY])
        assert (again.created, again.seances) == (3, 1)
        undone(again, siao)

    def test_keys_of_the_persons_and_households_are_destroyed_and_no_others(self, siao: User) -> None:
        other = make_dossier()
        told = imported(siao)
        people = set(Person.objects.exclude(participations__dossier=other).values_list("pk", flat=True))
        homes = set(Dossier.objects.exclude(pk=other.pk).values_list("household", flat=True))
        backup = "CREATE TEMP TABLE saved ON COMMIT DROP AS SELECT * FROM dossiers_person WHERE id = ANY(%s)"
        execute(backup, list(people))
        undone(told, siao)
        assert Dek.objects.using("keystore").filter(subject_id__in=people | homes).exists()
        outbox.run_all()
        assert not Dek.objects.using("keystore").filter(subject_id__in=people | homes).exists()
        execute("INSERT INTO dossiers_person SELECT * FROM saved")  # taken from a backup
        for person in Person.objects.filter(pk__in=people):
            with pytest.raises(KeyMissing):
                assert person.last_name
        assert Person.objects.get(participations__dossier=other).last_name

    def test_keys_of_who_is_there_are_never_destroyed(self, dossier: Dossier) -> None:
        person = Participant.objects.get(dossier=dossier).person_id
        assert forget_subjects({person, dossier.household_id, uuid4()}) == 0
        assert Person.objects.get(pk=person).last_name

    def test_a_seance_that_was_there_stays_with_its_other_passages(self, siao: User) -> None:
        seance = record_past_seance(date(2023, 3, 30), "Salle du Bocage", [], by=None)
        other = make_dossier("presented")
        record_past_examen(other, PastExamen(seance, ExamenState.VALIDEE), by=None)
        before = figures()
        told = imported(siao)
        assert told.seances == 0
        undone(told, siao)
        assert Examen.objects.get().dossier == other
        assert figures() == before

    def test_a_register_of_seances_alone(self, siao: User) -> None:
        with acting_as(siao):
            tell(seances=[DAY], by=siao)
        undone(Import.objects.get(), siao)
        assert not Seance.objects.exists()

    def test_by_a_colleague_and_of_what_the_command_brought(self, cast: Cast) -> None:
        assert undone(imported(cast["siao"]), cast["siao2"]).undone_by == cast["siao2"]
        told = imported(None)
        assert told.organisation == the_siao()
        undone(told, cast["siao"])
        assert not Dossier.objects.exists()

    def test_an_organisation_that_it_made_stays_when_it_serves_or_was_verified(self, cast: Cast) -> None:
        told = imported(cast["siao"])
        named = Organisation.objects.get(name="Maison des Lavandes")
        other = make_dossier(prescripteur=Organisation.objects.get(name="Accueil des Trois Sources"))
        verify_organisation(named.pk, name="Les Lavandes", kind=OrganisationKind.PRESCRIPTEUR, by=cast["admin"])
        undone(told, cast["siao"])
        assert set(Organisation.objects.filter(pk__in=told.bodies).values_list("name", flat=True)) == {
            "Les Lavandes",
            "Accueil des Trois Sources",
        }
        assert Dossier.objects.get() == other
        assert Organisation.objects.known_as("Maison des Lavandes").get() == named

    def test_a_row_told_twice_is_no_older_dossier(self, siao: User) -> None:
        """The second one changes what the first one has just created."""
        with acting_as(siao):
            tell(row("A"), row("A", ressources_mensuelles="700"), by=siao, keep_going=True)
        told = Import.objects.get()
        assert (told.created, told.changed) == (1, 0)
        undone(told, siao)


def _link(dossier: Dossier, by: User) -> None:
    mine = Participant.objects.get(dossier=dossier).person_id
    dossiers.link(mine, Participant.objects.get(dossier=make_dossier()).person_id, by=by)


def _answer_a_likeness(dossier: Dossier, by: User) -> None:
    mine = Participant.objects.get(dossier=dossier).person_id
    one, other = sorted([mine, Participant.objects.get(dossier=make_dossier()).person_id])
    made = Likeness(one_id=one, other_id=other, level="PROBABLE", reasons=["SAME_NAME"], noticed_at=timezone.now())
    made.save(force_insert=True)
    say_apart(made.pk, by=by)


def _join_another_household(dossier: Dossier, by: User) -> None:
    """As a union does: the person takes part in another situation."""
    person = Participant.objects.get(dossier=dossier).person
    Participant.objects.create(dossier=make_dossier(), person=person, role="ENFANT")


def _open_a_next_one(dossier: Dossier, by: User) -> None:
    Dossier.objects.filter(pk=make_dossier().pk).update(predecessor=dossier)


TODAY = timezone.localdate()
WORK: dict[str, Callable[[Dossier, User], object]] = {
    "a reminder": lambda dossier, by: dossiers.remind(dossier.pk, text="Rappeler.", due_on=TODAY, by=by),
    "an act": lambda dossier, by: dossiers.declare_ready(dossier.pk, by=None, on=TODAY),
    "a closing": lambda dossier, by: dossiers.close(dossier.pk, by=by, on=TODAY, outcome="DECES"),
    "answers": lambda dossier, by: fill(dossier, by),
    "a letter": lambda dossier, by: letter_of(dossier),
    "pieces": lambda dossier, by: dossiers.ask_pieces(
        dossier.pk, [AskedPiece("RESSOURCES")], whom="CAF", due_on=TODAY, by=None, on=TODAY
    ),
    "an agreement": lambda dossier, by: dossiers.give_agreement(
        dossier.pk, NewAgreement(Purpose.LANDLORDS, date(2023, 3, 1)), by=None
    ),
    "a birth": lambda dossier, by: household.expect_birth(dossier.pk, TODAY, by=None),
    "a member": lambda dossier, by: household.enter_household(
        dossier.pk, household.Identity("Orsel"), household.Place("ENFANT", "ENFANT"), on=None, by=None
    ),
    "a measure": lambda dossier, by: record_past_measure(dossier, MeasureKind.SAVS, by=None),
    "a grant by hand": lambda dossier, by: dossiers.protect(dossier.pk, [by, account("animation")], by=by),
    "a referent": lambda dossier, by: dossiers.appoint_referent(dossier.pk, by, by=None),
    "a comparison with SI-SIAO": tell_si_siao,
    "a link": _link,
    "an answer to a likeness": _answer_a_likeness,
    "another household": _join_another_household,
    "a next dossier": _open_a_next_one,
    "an examen": lambda dossier, by: record_past_examen(
        dossier, PastExamen(record_past_seance(date(2024, 3, 16), "", [], by=None), ExamenState.VALIDEE), by=None
    ),
}


class TestRefused:
    @pytest.mark.parametrize("work", WORK)
    def test_something_was_built_on_it(self, cast: Cast, work: str) -> None:
        told = imported(cast["siao"], row("ESSAI-001"), row("ESSAI-002", nom="Mirandol"))
        try:
            WORK[work](Dossier.objects.get(reference="ESSAI-002"), cast["siao"])
        except OperationRefused:  # not possible there: walk around its conditions
            journal.record("dossier.tried_hard", target=uuid4(), dossier=_id("ESSAI-002"), by=cast["siao"])
        sentence = refused(told, cast["siao2"])
        assert sentence.startswith("On a travaillé depuis dans 1 dossier de cet import")
        assert "corrigez ou fermez ces dossiers un par un" in sentence
        assert ("ESSAI-002" in sentence) == (work != "a grant by hand"), "a protected dossier is not named"

    def test_it_names_ten_and_counts_the_others(self, siao: User) -> None:
        told = imported(siao, *(row(f"ESSAI-{n:03}", nom=f"Nom {n}") for n in range(13)))
        for dossier in Dossier.objects.all():
            dossiers.remind(dossier.pk, text="Rappeler.", due_on=TODAY, by=siao)
        sentence = refused(told, siao)
        assert "dans 13 dossiers de cet import : ESSAI-000, " in sentence
        assert "ESSAI-009 et 3 autres." in sentence
        assert "ESSAI-010" not in sentence

    def test_looking_is_not_building_nor_is_being_refused(self, siao: User) -> None:
        told = imported(siao, row())
        dossier = _id("ESSAI-001")
        journal.record_reading("dossier.opened", target=dossier, dossier=dossier, by=siao)
        journal.record("dossier.refused", target=dossier, dossier=dossier, by=siao, why="role")
        undone(told, siao)

    def test_a_later_import_that_corrects_it(self, siao: User) -> None:
        told = imported(siao, row())
        later = imported(siao, row(ressources_mensuelles="700"))
        assert "ESSAI-001" in refused(told, siao)
        assert refused(later, siao).startswith(
            "Cet import a aussi modifié 1 dossier qui existait déjà : Seuil ne garde"
        )

    def test_a_name_in_its_first_mixed_case_is_a_change(self, siao: User) -> None:
        imported(siao, row(nom="QUETSCHELIER"))
        later = imported(siao, row(nom="Quetschelier"), row("ESSAI-002"))
        assert (later.created, later.changed) == (1, 1)
        refused(later, siao)

    def test_it_completed_a_seance_that_was_there(self, siao: User) -> None:
        record_past_seance(date(2023, 3, 30), "", [], by=None)
        told = imported(siao, seances=[DAY])
        assert "modifié 1 séance qui existait déjà" in refused(told, siao)

    @pytest.mark.parametrize("sits", [True, False])
    def test_its_seance_served_since(self, siao: User, sits: bool) -> None:
        told = imported(siao, row("ESSAI-001", PRESENTED))
        seance = Seance.objects.get()
        if sits:
            record_past_examen(make_dossier("presented"), PastExamen(seance, ExamenState.VALIDEE), by=None)
        else:
            commission.complete_past_seance(seance, place="Salle du Bocage", present=[], by=None)
        assert "La séance du 30/03/2023 a servi depuis." in refused(told, siao)

    def test_a_year_was_closed_since(self, siao: User) -> None:
        told = imported(siao)
        close_period("2023")
        assert "Les chiffres de 2023 ont été arrêtés depuis." in refused(told, siao)

    def test_twice(self, siao: User) -> None:
        told = undone(imported(siao), siao)
        assert refused(told, siao) == "Cet import est déjà défait."

    @pytest.mark.parametrize("account", ["animation", "admin", "etranger", "fol73", "dpo"])
    def test_who_does_not_import(self, cast: Cast, account: str) -> None:
        told = imported(cast["siao"])
        with acting_as(cast[account]):
            with pytest.raises(NotAllowed):
                undo_import(told.pk, by=cast[account])
            for asked in ("seuil_undo_import", "seuil_built_on"):
                error = refusal(lambda: execute(f"SELECT * FROM {asked}(%s)", told.pk))  # noqa: B023, S608
                assert error.sqlstate == "42501"
        assert Dossier.objects.count() == 3

    def test_who_imports_elsewhere(self, cast: Cast) -> None:
        told = imported(cast["siao"])
        elsewhere = Organisation.objects.known_as("FOL 73").get()
        execute("UPDATE exchange_import SET organisation_id = %s", elsewhere.pk)
        with acting_as(cast["siao"]):
            with pytest.raises(NotAllowed, match="une autre organisation"):
                undo_import(told.pk, by=cast["siao"])
            assert not Import.objects.exists()
            error = refusal(lambda: execute("SELECT * FROM seuil_undo_import(%s)", told.pk))
        assert error.sqlstate == "42501"

    def test_an_import_that_wrote_nothing_is_not_kept(self, siao: User) -> None:
        imported(siao)
        told_well(*RICH, by=siao)
        assert Import.objects.count() == 1

    def test_one_from_before_is_not_there(self, siao: User) -> None:
        make_dossier()
        assert not imports_of(siao).exists()


class TestAllOrNothing:
    def test_a_crash_at_the_end_leaves_everything(self, siao: User, monkeypatch: pytest.MonkeyPatch) -> None:
        told = imported(siao, seances=[DAY])
        before = everything()

        def crash(*args: Any, **options: Any) -> None:
            raise RuntimeError("the machine stops")

        monkeypatch.setattr(journal, "record", crash)
        with pytest.raises(RuntimeError), acting_as(siao):
            undo_import(told.pk, by=siao)
        assert everything() == before

    def test_a_table_that_the_function_forgot_refuses_the_whole(self, siao: User) -> None:
        told = imported(siao)
        before = everything()
        execute(
            "CREATE TABLE essai (dossier_id uuid REFERENCES dossiers_dossier DEFERRABLE INITIALLY DEFERRED);"
            "INSERT INTO essai SELECT id FROM dossiers_dossier LIMIT 1"
        )
        with acting_as(siao):
            error = refusal(lambda: undo_import(told.pk, by=siao))
        assert error.sqlstate == "23503"
        assert everything() == before


def _id(reference: str) -> UUID:
    return Dossier.objects.values_list("pk", flat=True).get(reference=reference)


class TestNothingOlder:
    """Who would make the web designate other dossiers gets nothing from it."""

    def test_the_web_names_nothing_itself(self, siao: User) -> None:
        told = imported(siao, row())
        with acting_as(siao):
            for statement in (
                "INSERT INTO exchange_importeddossier SELECT * FROM exchange_importeddossier",
                "INSERT INTO exchange_importedseance SELECT * FROM exchange_importedseance",
                "UPDATE exchange_importeddossier SET act_count = 0",
                "UPDATE exchange_import SET undone_at = NULL",
                "DELETE FROM exchange_import",
                f"SELECT seuil_rows_of('{told.pk}')",
            ):
                assert refusal(lambda: execute(statement)).sqlstate == "42501", statement  # noqa: B023
            forged = {"organisation_id": the_siao().pk, "at": timezone.now(), "bodies": [], "seances": 0}
            other = Import(**forged, by=None, created=1, changed=0, seances_changed=0)
            assert refusal(lambda: other.save(force_insert=True)).sqlstate == "42501"
        with acting_as(siao):
            assert (ImportedDossier.objects.count(), ImportedSeance.objects.count()) == (1, 0)
