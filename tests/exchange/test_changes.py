"""A row that changed: columns are corrected, frozen values get a next version, declared moves are walked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from audit.models import Entry
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, DossierEvent, Evaluation, EventKind, Hold, Person, Source, State
from cases.housing.models import Lease, LeaseState
from cases.support.models import Measure
from commission.models import Examen, ExamenState, Seance, SeanceState, Snapshot
from tests.exchange.registers import LEASE, PRESENTED, Row, account, counts, foresee, row, tell, told_well
from tests.factories import answer_all

pytestmark = pytest.mark.django_db
VALIDATED = row(base=PRESENTED)
HOUSED = row(base=PRESENTED, **LEASE)
MAINTAINED = HOUSED | {"suivi": "maintien sans dette de loyer", "date_suivi": "2024-02-01"}


def only() -> Dossier:
    return Dossier.objects.get()


def journaled() -> list[str]:
    """The acts on the only dossier, in their order."""
    return list(Entry.objects.filter(dossier_id=only().pk).order_by("recorded_at").values_list("event", flat=True))


@pytest.mark.parametrize(
    "told",
    [
        row(),
        row(suite_evaluation="ajournée", motif="attend un garant"),
        row(suite_evaluation="non présentée"),
        row(prenom="-", numero_unique="", composition="Personne isolée"),
        VALIDATED | {"decision": "retirée"},
        MAINTAINED | {"evenement": "retour à l'emploi", "accompagnement": "SAMSAH", "date_suivi": ""},
        HOUSED | {"suivi": "pension de famille : encombrement", "date_suivi": "2023-12-01", "date_bail": ""},
        VALIDATED | {"bailleur": "Logis des Aravis"},
    ],
)
def test_the_same_row_again_changes_nothing(told: Row) -> None:
    told_well(told)
    assert counts(told_well(told)) == (0, 0, 1, 0)
    assert counts(foresee(told)) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("nom", "Quetschelard"),
        ("date_naissance", "1981-04-15"),
        ("composition", "Couple sans enfant"),
        ("prescripteur", "Maison des Lavandes"),
        ("date_orientation", "2023-02-03"),
        ("situation_logement", "1.1 espace public"),
        ("nature_ressources", "AAH"),
        ("ressources_mensuelles", "971,37"),
        ("dettes_locatives", "120"),
        ("numero_unique", "0730223009002XTEST"),
        ("date_evaluation", "2023-03-02"),
        ("bailleur", "Logis du Belvédère"),
        ("date_bail", "2023-06-02"),
        ("type_bail", "sous-location IML"),
        ("parc", "privé"),
        ("accompagnement", "SAMSAH"),
        ("suivi", "maintien avec dette de loyer"),
        ("date_suivi", "2024-03-01"),
        ("evenement", "entrée en formation"),
        ("date_evenement", "2023-10-01"),
    ],
)
def test_each_corrected_column_is_one_change_and_then_none(column: str, value: str) -> None:
    before = MAINTAINED | {"accompagnement": "AVDL", "evenement": "retour à l'emploi", "date_evenement": "2023-09-04"}
    told_well(before)
    after = before | {column: value}
    foreseen = foresee(after)
    assert counts(foreseen) == (0, 1, 0, 0)
    assert len(foreseen.plans[0].changes) == 1
    assert counts(told_well(after)) == (0, 1, 0, 0)
    assert counts(told_well(after)) == (0, 0, 1, 0)
    assert not Measure.objects.filter(dossier=only(), kind="AVDL").count() > 1


def test_an_empty_cell_never_erases() -> None:
    told_well(MAINTAINED)
    bare = row(base=PRESENTED, prescripteur="", ressources_mensuelles="", numero_unique="", dettes_locatives="")
    assert counts(told_well(bare)) == (0, 0, 1, 0)
    assert Evaluation.objects.get().resources == Decimal("534.82")


def test_names_that_differ_by_case_spaces_or_accents_are_no_change_and_the_mixed_form_is_kept() -> None:
    told_well(VALIDATED | {"nom": "D'HÉRELLES-MONTFORT", "prenom": "BARNABE"})
    report = told_well(VALIDATED | {"nom": "D’Hérelles Montfort", "prenom": "Barnabé"})
    assert counts(report) == (0, 0, 1, 0)
    person = Person.objects.get()
    assert (person.last_name, person.first_name) == ("D’Hérelles Montfort", "Barnabé")
    told_well(VALIDATED | {"nom": "d'herelles montfort", "prenom": "BARNABÉ"})
    assert Person.objects.get().last_name == "D’Hérelles Montfort"
    told_well(VALIDATED | {"nom": "D'Herelles-Montfort", "prenom": "Barnabe"})
    assert Person.objects.get().first_name == "Barnabé", "the first mixed-case form stays"


def test_a_reference_written_in_other_letters_is_the_same_situation() -> None:
    told_well(row("LDA-2023-900"))
    assert counts(told_well(row("lda 2023 900"))) == (0, 0, 1, 0)
    assert counts(told_well(row("lda2023900", nom="Quetschelard"))) == (0, 1, 0, 0)
    assert only().reference == "LDA-2023-900"


def test_a_reference_that_differs_by_its_accents_is_the_same_situation() -> None:
    told_well(row("ÉTÉ-1"), row("ete 2"))
    assert counts(told_well(row("ETE-1"), row("Été-2"))) == (0, 0, 2, 0)
    assert counts(told_well(row("été 1"), row("T-1"))) == (1, 0, 1, 0)


def test_an_organisation_under_another_of_its_names_is_no_change() -> None:
    account("siao")  # the cast knows « Toi(t) d’abord » as « La Sasson » too
    told_well(row(prescripteur="La Sasson"))
    assert counts(told_well(row(prescripteur="Toi(t) d'abord"))) == (0, 0, 1, 0)
    assert counts(told_well(row(prescripteur="LA SASSON"))) == (0, 0, 1, 0)


def test_a_corrected_frozen_value_is_a_new_version_of_evaluation_and_snapshot() -> None:
    told_well(VALIDATED)
    told_well(VALIDATED | {"ressources_mensuelles": "971.37"})
    versions = [(e.version, e.resources, e.frozen_at is not None) for e in Evaluation.objects.order_by("version")]
    assert versions == [(1, Decimal("534.82"), True), (2, Decimal("971.37"), True)]
    snapshots = [(s.version, s.resources, s.age) for s in Snapshot.objects.order_by("version")]
    assert snapshots == [(1, Decimal("534.82"), Decimal(42)), (2, Decimal("971.37"), Decimal(42))]


def test_a_corrected_birth_date_ages_the_snapshot_only() -> None:
    told_well(VALIDATED)
    told_well(VALIDATED | {"date_naissance": "1970-04-15"})
    assert [s.age for s in Snapshot.objects.order_by("version")] == [42, 52]
    assert Evaluation.objects.count() == 1


def test_a_value_that_nobody_was_shown_is_corrected_without_a_snapshot() -> None:
    told_well(row())
    told_well(row(ressources_mensuelles="971.37"))
    assert Evaluation.objects.count() == 2
    assert not Snapshot.objects.exists()


@pytest.mark.parametrize(
    ("before", "after", "state", "walked"),
    [
        (VALIDATED, HOUSED, State.LOGE, ["start_search", "house"]),
        (VALIDATED, MAINTAINED, State.EN_SUIVI, ["start_search", "house", "hand_over"]),
        (HOUSED, MAINTAINED, State.EN_SUIVI, ["hand_over"]),
        (row(), VALIDATED, State.VALIDE, ["declare_ready", "present", "admit"]),
        (
            row(suite_evaluation="ajournée", motif="dettes locatives"),
            VALIDATED,
            State.VALIDE,
            ["reexamine", "complete_evaluation", "declare_ready", "present", "admit"],
        ),
        (
            row(),
            VALIDATED | {"decision": "ajournée"},
            State.AJOURNE,
            ["declare_ready", "present", "adjourn_in_session"],
        ),
        (
            row(),
            VALIDATED | {"decision": "non validée"},
            State.NON_RETENU,
            ["declare_ready", "present", "refuse_in_session"],
        ),
        (row(), row(suite_evaluation="non retenue", motif="décès"), State.NON_RETENU, ["decline"]),
        (VALIDATED | {"decision": ""}, VALIDATED, State.VALIDE, ["admit"]),
        (VALIDATED | {"decision": ""}, VALIDATED | {"decision": "retirée"}, State.PRET, ["withdraw"]),
        (
            VALIDATED | {"decision": "ajournée"},
            VALIDATED | {"date_commission": "2023-05-11", "decision": ""},
            State.EN_COMMISSION,
            ["reexamine", "complete_evaluation", "declare_ready", "present"],
        ),
        (
            VALIDATED | {"decision": "retirée"},
            VALIDATED | {"date_commission": "2023-05-11"},
            State.VALIDE,
            ["present", "admit"],
        ),
    ],
)
def test_a_changed_row_walks_the_declared_moves(before: Row, after: Row, state: State, walked: list[str]) -> None:
    told_well(before)
    assert counts(told_well(after))[:3] == (0, 1, 0)
    assert only().state == state
    moves = [event.removeprefix("dossier.") for event in journaled() if event.startswith("dossier.")]
    assert [move for move in moves if move not in ("recorded", "corrected", "held", "released")] == walked
    assert counts(told_well(after)) == (0, 0, 1, 0)


def test_each_step_of_a_walk_has_its_own_date() -> None:
    told_well(row())
    told_well(MAINTAINED)
    dossier = only()
    assert (dossier.decided_on, dossier.state_on) == (date(2023, 3, 30), date(2024, 2, 1))
    assert dossier.oriented_on == date(2023, 2, 1)


def test_what_is_presented_by_a_change_is_frozen() -> None:
    told_well(row())
    assert Evaluation.objects.get().frozen_at is None
    told_well(VALIDATED)
    assert Evaluation.objects.get().frozen_at is not None


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (VALIDATED | {"decision": "non validée"}, "Non retenu"),
        (row(suite_evaluation="non retenue", motif="décès"), "Non retenu"),
        (row(suite_evaluation="ajournée"), "Ajourné"),
    ],
)
def test_a_row_that_no_declared_move_allows_is_rejected_naming_both_states(told: Row, wanted: str) -> None:
    told_well(HOUSED)
    for report in (foresee(told | LEASE), tell(told | LEASE)):
        assert [cell.read for cell in report.rejected] == ["ESSAI-001"]
        assert "« Logé »" in report.rejected[0].expected
        assert f"« {wanted} »" in report.rejected[0].expected
    assert only().state == State.LOGE


def test_a_closed_dossier_does_not_move_by_an_import() -> None:
    siao = account("siao")
    told_well(VALIDATED, by=siao)
    today = timezone.localdate()
    dossiers.close(only().pk, by=siao, on=today, outcome="PERDU_DE_VUE", note="Plus de nouvelles depuis un an.")
    report = tell(HOUSED, by=siao)
    (cell,) = report.rejected
    assert (cell.file, cell.row, cell.read) == ("registre.csv", 2, "ESSAI-001")
    assert "« Clos »" in cell.expected
    assert "« En suivi »" in cell.expected, "closing told an outcome"
    assert not Lease.objects.exists()
    assert counts(report) == (0, 0, 0, 0)


def test_a_decision_taken_is_not_corrected_by_an_import_and_the_preview_says_so() -> None:
    told_well(VALIDATED)
    other = VALIDATED | {"decision": "validée sous réserve"}
    for report in (foresee(other), tell(other)):
        assert "déjà décidé : « Validée » dans Seuil, « Validée sous réserve »" in report.rejected[0].expected
    assert Examen.objects.get().state == ExamenState.VALIDEE


def test_another_seance_is_another_passage_and_the_first_snapshot_stays() -> None:
    told_well(VALIDATED | {"decision": "ajournée"})
    told_well(VALIDATED | {"date_commission": "2023-05-11", "ressources_mensuelles": "971.37"})
    passages = [(e.seance.held_on.month, e.state) for e in Examen.objects.order_by("seance__held_on")]
    assert passages == [(3, ExamenState.AJOURNEE_SEANCE), (5, ExamenState.VALIDEE)]
    seen = [(s.examen.seance.held_on.month, s.version, s.resources) for s in Snapshot.objects.order_by("taken_at")]
    assert seen == [(3, 1, Decimal("534.82")), (5, 1, Decimal("971.37"))]
    assert only().state == State.VALIDE


def test_adjourned_twice_is_adjourned_since_the_last_seance() -> None:
    told_well(VALIDATED | {"decision": "ajournée"})
    again = VALIDATED | {"decision": "ajournée", "date_commission": "2023-05-11"}
    told_well(again)
    assert (only().state, only().decided_on, only().state_on) == (State.AJOURNE, date(2023, 5, 11), date(2023, 5, 11))
    assert counts(told_well(again)) == (0, 0, 1, 0)


def test_a_seance_announced_then_held_then_decided() -> None:
    day = timezone.localdate() + timedelta(days=10)
    soon = row(base=PRESENTED, date_commission=day.isoformat(), decision="")
    told_well(soon, seances=[day.isoformat()])
    assert only().state == State.PRET
    with time_machine.travel(day + timedelta(days=3), tick=False):
        report = told_well(soon | {"decision": "validée", "ressources_mensuelles": "971.37"}, seances=[day.isoformat()])
        assert (counts(report), report.seances.changed) == ((0, 1, 0, 0), 1)
        again = told_well(soon | {"decision": "validée", "ressources_mensuelles": "971.37"}, seances=[day.isoformat()])
        assert (counts(again), again.seances.unchanged) == ((0, 0, 1, 0), 1)
    assert Seance.objects.get().state == SeanceState.CLOTUREE
    assert Examen.objects.get().state == ExamenState.VALIDEE
    assert only().state == State.VALIDE
    assert Snapshot.objects.get(version=1).resources == Decimal("971.37")
    assert Evaluation.objects.order_by("-version")[0].frozen_at is not None


def test_a_later_outcome_stands_beside_the_former_and_the_same_day_corrects_it() -> None:
    told_well(MAINTAINED)
    told_well(MAINTAINED | {"suivi": "dédite, retour 115", "date_suivi": "2024-09-01"})
    standing = DossierEvent.objects.standing().filter(kind=EventKind.OUTCOME).order_by("on")
    assert [event.detail for event in standing] == ["MAINTIEN_SANS_DETTE", "DEDITE_RETOUR_115"]
    assert Lease.objects.get().state == LeaseState.TERMINE
    told_well(MAINTAINED | {"suivi": "pension de famille", "date_suivi": "2024-09-01"})
    assert [event.detail for event in standing.all()] == ["MAINTIEN_SANS_DETTE", "REORIENTATION_PENSION_FAMILLE"]


def test_a_lease_told_after_its_outcome_has_ended_too() -> None:
    bare = HOUSED | {"type_bail": "", "date_bail": "", "suivi": "pension de famille", "date_suivi": "2023-11-02"}
    told_well(bare)
    told_well(bare | {"type_bail": LEASE["type_bail"], "date_bail": LEASE["date_bail"]})
    lease = Lease.objects.get()
    assert (lease.state, lease.ended_on) == (LeaseState.TERMINE, date(2023, 11, 2))
    assert DossierEvent.objects.filter(kind=EventKind.OUTCOME).count() == 1


def test_a_corrected_date_of_leaving_moves_the_end_of_the_lease() -> None:
    left = HOUSED | {"suivi": "pension de famille", "date_suivi": "2023-11-02"}
    told_well(left)
    told_well(left | {"date_suivi": "2023-11-12"})
    assert Lease.objects.get().ended_on == date(2023, 11, 12)
    assert DossierEvent.objects.standing().filter(kind=EventKind.OUTCOME).count() == 1
    assert counts(told_well(left | {"date_suivi": "2023-11-12"})) == (0, 0, 1, 0)


def test_two_facts_stand_side_by_side_whatever_their_order() -> None:
    work = {"evenement": "retour à l'emploi", "date_evenement": "2023-09-04"}
    course = {"evenement": "entrée en formation", "date_evenement": "2023-05-02"}
    told_well(HOUSED | work)
    told_well(HOUSED | course)
    assert counts(told_well(HOUSED | course)) == (0, 0, 1, 0)
    assert counts(told_well(HOUSED | work)) == (0, 0, 1, 0)
    told_well(HOUSED | work | {"date_evenement": "2023-09-05"})
    standing = DossierEvent.objects.standing().filter(kind=EventKind.FACT)
    said = {(event.detail, event.on) for event in standing}
    assert said == {("RETOUR_EMPLOI", date(2023, 9, 5)), ("ENTREE_FORMATION", date(2023, 5, 2))}


def test_another_lease_after_one_that_ended() -> None:
    told_well(HOUSED | {"suivi": "dédite, retour 115", "date_suivi": "2023-11-02"})
    told_well(HOUSED | {"date_bail": "2024-01-10", "bailleur": "Logis du Belvédère"})
    leases = [(lease.state, lease.signed_on) for lease in Lease.objects.order_by("created_at")]
    assert leases == [(LeaseState.TERMINE, date(2023, 6, 1)), (LeaseState.EN_COURS, date(2024, 1, 10))]


def test_another_date_of_a_lease_under_way_corrects_it_and_there_is_one() -> None:
    told_well(HOUSED)
    told_well(HOUSED | {"date_bail": "2023-09-04"})
    assert Lease.objects.get().signed_on == date(2023, 9, 4)


@pytest.mark.parametrize("days", [(6, 20), (20, 6)])
def test_another_seance_to_come_takes_the_situation_off_the_former_agenda(days: tuple[int, int]) -> None:
    first, second = (timezone.localdate() + timedelta(days=each) for each in days)
    told_well(VALIDATED | {"decision": "", "date_commission": first.isoformat()})
    another = VALIDATED | {"decision": "", "date_commission": second.isoformat()}
    assert [counts(told_well(another)) for _ in range(2)] == [(0, 1, 0, 1), (0, 0, 1, 0)]
    states = dict(Examen.objects.values_list("seance__held_on", "state"))
    assert states == {first: ExamenState.RETIREE, second: ExamenState.INSCRITE}
    assert Examen.objects.active().get().pk == Hold.objects.get(released_at=None).holder_id


def test_an_agenda_settled_by_a_person_is_not_left_by_a_register_and_the_preview_says_so() -> None:
    today = timezone.localdate()
    first, second = today + timedelta(days=6), today + timedelta(days=20)
    told_well(VALIDATED | {"decision": "", "date_commission": first.isoformat()})
    Examen.objects.update(source=Source.ACT)
    another = VALIDATED | {"decision": "", "date_commission": second.isoformat()}
    for report in (foresee(another), tell(another)):
        (cell,) = report.rejected
        assert f"{first:%d/%m/%Y} dans Seuil" in cell.expected
    assert Examen.objects.get().state == ExamenState.INSCRITE


def test_a_second_measure_runs_beside_the_first() -> None:
    told_well(VALIDATED | {"accompagnement": "AVDL"})
    told_well(VALIDATED | {"accompagnement": "SAMSAH"})
    assert counts(told_well(VALIDATED | {"accompagnement": "AVDL"})) == (0, 0, 1, 0)
    assert {measure.kind for measure in Measure.objects.live()} == {"AVDL", "SAMSAH"}


def test_what_a_person_did_here_is_not_undone_by_the_same_register() -> None:
    siao = account("siao")
    told_well(row(suite_evaluation="non retenue", motif="perdu de vue"), by=siao)
    dossiers.reconsider(only().pk, by=siao, on=timezone.localdate(), note="Le ménage a repris contact.")
    report = told_well(row(suite_evaluation="non retenue", motif="perdu de vue"), by=siao)
    assert counts(report) == (0, 0, 1, 0)
    assert only().state == State.EN_EVALUATION


def test_a_motive_and_an_outcome_given_here_stand_before_the_same_register() -> None:
    siao, today = account("siao"), timezone.localdate()
    declined = row("A", suite_evaluation="non retenue", motif="perdu de vue")
    told_well(declined, MAINTAINED | {"reference": "B"}, by=siao)
    again, followed = (Dossier.objects.get(reference=reference) for reference in "AB")
    dossiers.reconsider(again.pk, by=siao, on=today, note="Le ménage a repris contact.")
    answer_all(again)
    dossiers.complete_evaluation(again.pk, by=siao, on=today)
    later = today + timedelta(days=30)
    dossiers.adjourn(again.pk, by=siao, on=today, motive="AJOURNE_DETTE_LOCATIVE", review_on=later)
    dossiers.close(followed.pk, by=siao, on=today, outcome="DECES", note="Annoncé par la famille.")
    assert counts(told_well(declined, MAINTAINED | {"reference": "B"}, by=siao)) == (0, 0, 2, 0)
    assert Dossier.objects.get(reference="A").state == State.AJOURNE
    corrected = MAINTAINED | {"reference": "B", "suivi": "maintien avec dette de loyer"}
    assert counts(told_well(corrected, by=siao)) == (0, 1, 0, 0)
    standing = DossierEvent.objects.standing().filter(dossier=followed, kind=EventKind.OUTCOME).order_by("on")
    assert [event.detail for event in standing] == ["MAINTIEN_AVEC_DETTE", "DECES"]
    assert Dossier.objects.get(reference="B").state == State.CLOS
