"""What members are told of a situation, and for how long: nothing of the dossier, nothing once it is over."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation, User
from audit.models import Entry
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Document, Dossier, Evaluation, State
from cases.dossiers.operations import NewEvaluation
from cases.housing import operations as housing
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import NewLease
from commission import operations
from commission.models import Convocation, Examen, ExamenGroupGrant, ExamenState, Fiche, Seance
from commission.operations import Decision, closes_at, told
from commission.operations.fiches import tell
from core import outbox
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.dossiers.answering import answers_of
from tests.factories import complete, make_dossier
from tests.fixtures import Cast, as_role, at_once, execute, refusal, statements
from vault import keys

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
SOON = TODAY + timedelta(days=9)
READERS = ["bailleur", "bailleur2", "ddetspp", "coordination"]
OTHERS = ["prescripteur", "fol73", "sante", "comptable", "etranger"]


def body(name: str) -> Organisation:
    return Organisation.objects.known_as(name).get()


def ready(**facts: Any) -> Dossier:
    dossier = make_dossier(state=State.PRET, **facts)
    complete(dossier)
    return dossier


def told_to(user: User) -> list[Fiche]:
    """What the member reads, under row security; the query and the policies must agree."""
    with acting_as(user):
        asked = list(Fiche.objects.told_to(user).order_by("reference", "version"))
        assert asked == list(Fiche.objects.order_by("reference", "version"))
        assert list(Examen.objects.all()) == []
        assert list(Dossier.objects.all()) == []
    return asked


@pytest.fixture
def seance(cast: Cast) -> Seance:
    return operations.plan_seance(SOON, "Salle des Glycines", by=None)


@pytest.fixture
def examen(seance: Seance) -> Examen:
    """On the agenda of a séance whose usual members are called."""
    operations.convene(seance.pk, by=None)
    return operations.enrol(ready().pk, seance.pk, by=None)


def open_today(held_on: date) -> Seance:
    """A séance of that day, with its members, until it is open."""
    seance = operations.plan_seance(held_on, "Salle du Bocage", by=None)
    operations.convene(seance.pk, by=None)
    return seance


def hold(seance: Seance, decision: Decision) -> Examen:
    """One situation enrolled, presented and decided there."""
    made = operations.enrol(ready().pk, seance.pk, by=None)
    operations.settle_agenda(seance.pk, by=None)
    there = [Organisation.objects.get(kind="SIAO"), body("Habitat des Bauges"), body("DDETSPP")]
    operations.open_seance(seance.pk, there, by=None)
    operations.present_examen(made.pk, by=None)
    return operations.decide(made.pk, decision, by=None)


def test_a_seance_is_told_in_as_many_statements_for_many_situations_as_for_one(cast: Cast) -> None:
    sent, papers = [], []
    for dossiers_of_it in ([ready()], [ready() for _ in range(4)]):
        keys.forget_all()
        with statements() as asked, statements("keystore") as opened:
            found = told.told_of(dossiers_of_it, SOON)
        sent.append((len(asked), len(opened)))
        papers += [each.papers for each in found.values()]
    assert sent[0] == sent[1]
    lacking = ready()
    Document.objects.filter(dossier=lacking).update(valid_until=TODAY)
    papers.append(told.told_of([lacking, ready()], SOON)[lacking.pk].papers)
    assert papers[:5] == ["0"] * 5
    assert papers[5] != "0", "what expires before the séance is missing there"


class TestWhoIsCalled:
    def test_landlords_the_state_and_grand_chambery_unless_one_says_otherwise(self, examen: Examen) -> None:
        called = {call.organisation.kind for call in Convocation.objects.all()}
        assert called == {"BAILLEUR", "ETAT", "EPCI"}
        assert Entry.objects.get(event="seance.member_called").codes["count"] == Convocation.objects.count()

    def test_one_to_verify_is_not(self, cast: Cast, seance: Seance) -> None:
        Organisation.objects.filter(name="Savoie Toit Familial").update(is_to_verify=True)
        operations.convene(seance.pk, by=None)
        assert body("Savoie Toit Familial") not in operations.members_of(seance)

    @pytest.mark.parametrize("account", READERS)
    def test_every_member_reads_the_fiche_and_nothing_else(self, cast: Cast, examen: Examen, account: str) -> None:
        (fiche,) = told_to(cast[account])
        assert (fiche.reference, fiche.version) == (examen.dossier.reference, 1)

    @pytest.mark.parametrize("account", OTHERS)
    def test_nobody_else(self, cast: Cast, examen: Examen, account: str) -> None:
        assert told_to(cast[account]) == []

    def test_another_seances_landlord_reads_nothing(self, cast: Cast, seance: Seance) -> None:
        operations.convene(seance.pk, by=None, members=[body("Habitat des Bauges"), body("DDETSPP")])
        operations.enrol(ready().pk, seance.pk, by=None)
        elsewhere = operations.plan_seance(SOON, "Salle du Bocage", by=None)
        operations.convene(elsewhere.pk, by=None, members=[body("Savoie Toit Familial")])
        assert len(told_to(cast["bailleur"])) == 1
        assert told_to(cast["bailleur2"]) == []

    def test_a_member_dropped_reads_nothing_more_and_one_added_reads_at_once(self, cast: Cast, examen: Examen) -> None:
        operations.call_members(examen.seance_id, [body("Savoie Toit Familial")], by=None)
        assert told_to(cast["bailleur"]) == []
        assert len(told_to(cast["bailleur2"])) == 1
        operations.call_members(examen.seance_id, [body("Habitat des Bauges")], by=None)
        assert len(told_to(cast["bailleur"])) == 1
        assert told_to(cast["bailleur2"]) == []

    def test_neither_nobody_nor_the_siao(self, seance: Seance) -> None:
        for members, why in (([], "au moins un membre"), (["SIAO"], "le SIAO tient la séance")):
            with pytest.raises(OperationRefused, match=why):
                operations.convene(seance.pk, by=None, members=[body(name) for name in members])

    @pytest.mark.parametrize("account", ["siao", "bailleur", "coordination", "etranger"])
    def test_by_who_runs_the_seance_alone(self, cast: Cast, examen: Examen, account: str) -> None:
        user = cast[account]
        with acting_as(user):
            with pytest.raises(NotAllowed):
                operations.call_members(examen.seance_id, [body("DDETSPP")], by=user)
            with pytest.raises(NotAllowed):
                operations.postpone(examen.seance_id, SOON, by=user)

    def test_what_the_animator_does_not_see_is_told_by_the_worker(self, cast: Cast, seance: Seance) -> None:
        hidden = operations.enrol(ready().pk, seance.pk, by=None)
        hidden.dossier.group_grants.model.objects.filter(content_object=hidden.dossier).update(
            valid_until=timezone.now()
        )
        with acting_as(cast["animation"]):
            operations.convene(seance.pk, by=cast["animation"])
        assert told_to(cast["bailleur"]) == []
        with as_role("seuil_worker"):
            outbox.run_all()
        assert len(told_to(cast["bailleur"])) == 1


class TestWindow:
    """Grants compare with PostgreSQL's clock, which does not travel: their dates are written."""

    def test_before_the_convocation_nothing_is_open(self, cast: Cast, seance: Seance) -> None:
        operations.enrol(ready().pk, seance.pk, by=None)
        assert told_to(cast["bailleur"]) == []
        assert not Fiche.objects.exists()

    def test_until_the_end_of_the_thirtieth_day(self, examen: Examen) -> None:
        until = ExamenGroupGrant.objects.values_list("valid_until", flat=True).distinct().get()
        assert timezone.localtime(until).isoformat()[:19] == f"{SOON + timedelta(days=31)}T00:00:00"

    @pytest.mark.parametrize(("ago", "count"), [(timedelta(seconds=1), 0), (-timedelta(minutes=5), 1)])
    def test_then_it_is_over_without_any_job(self, cast: Cast, examen: Examen, ago: timedelta, count: int) -> None:
        now = timezone.now()
        ExamenGroupGrant.ever.update(valid_from=now - timedelta(days=40), valid_until=now - ago)
        assert len(told_to(cast["bailleur"])) == count

    def test_a_grant_ends_after_it_begins_and_always_ends(self, examen: Examen) -> None:
        for statement in ("valid_until = NULL", "valid_until = valid_from - interval '1 second'"):
            error = refusal(lambda: execute(f"UPDATE commission_examengroupgrant SET {statement}"))  # noqa: B023, S608
            assert error.diag.constraint_name == "examen_grant_dates"

    def test_of_an_old_seance_nothing_is_told_nor_opened(self, cast: Cast) -> None:
        hold(
            open_today(TODAY - timedelta(days=200)), Decision(ExamenState.VALIDEE, landlord=body("Habitat des Bauges"))
        )
        assert not Fiche.objects.exists()
        assert not ExamenGroupGrant.ever.exists()

    def test_the_positioned_landlord_reads_it_six_months(self, cast: Cast) -> None:
        day = TODAY - timedelta(days=40)
        landlord = Decision(ExamenState.VALIDEE, landlord=body("Habitat des Bauges"))
        hold(open_today(day), landlord)
        hold(operations.convene(operations.plan_seance(day, "Aix", by=None).pk, by=None), Decision(ExamenState.VALIDEE))
        assert len(told_to(cast["bailleur"])) == 1
        assert told_to(cast["bailleur2"]) == told_to(cast["ddetspp"]) == []
        grant = ExamenGroupGrant.objects.get()
        assert (grant.reason, grant.valid_until) == ("positioned", closes_at(day, "positioned"))
        assert timezone.localtime(grant.valid_until).date() == day + timedelta(days=184)

    def test_the_siao_keeps_it_open_as_long_as_the_search_goes_on(self, cast: Cast) -> None:
        day = TODAY - timedelta(days=100)
        examen = hold(open_today(day), Decision(ExamenState.VALIDEE, landlord=body("Habitat des Bauges")))
        with acting_as(cast["siao"]):
            for _ in range(2):
                operations.extend_positioned(examen.pk, by=cast["siao"])
        ends = ExamenGroupGrant.objects.order_by("valid_until").values_list("valid_until", flat=True)
        assert list(ends) == [closes_at(day, "positioned"), closes_at(TODAY, "positioned")]
        dossiers.close(examen.dossier_id, by=None, on=TODAY, outcome="PERDU_DE_VUE")
        outbox.run_all()
        assert told_to(cast["bailleur"]) == []
        with pytest.raises(OperationRefused, match="La recherche est terminée"):
            operations.extend_positioned(examen.pk, by=None)

    def test_nobody_else_keeps_it_open(self, cast: Cast) -> None:
        examen = hold(open_today(TODAY), Decision(ExamenState.VALIDEE))
        with pytest.raises(OperationRefused, match="Aucun bailleur"):
            operations.extend_positioned(examen.pk, by=None)
        with acting_as(cast["animation"]), pytest.raises(NotAllowed):
            operations.extend_positioned(examen.pk, by=cast["animation"])

    @pytest.mark.parametrize("end", ["lease", "closed"])
    def test_until_a_lease_is_signed_or_the_dossier_closed(self, cast: Cast, end: str) -> None:
        landlord = body("Habitat des Bauges")
        examen = hold(open_today(TODAY - timedelta(days=40)), Decision(ExamenState.VALIDEE, landlord=landlord))
        dossiers.start_search(examen.dossier_id, by=None, on=TODAY)
        outbox.run_all()
        assert len(told_to(cast["bailleur"])) == 1
        if end == "lease":
            housing.sign_lease(examen.dossier_id, NewLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, landlord, TODAY), by=None)
        else:
            dossiers.close(examen.dossier_id, by=None, on=TODAY, outcome="PERDU_DE_VUE")
        outbox.run_all()
        assert told_to(cast["bailleur"]) == []

    def test_who_sits_without_being_called_is_a_member(self, cast: Cast) -> None:
        seance = operations.plan_seance(TODAY, "Salle du Bocage", by=None)
        operations.convene(seance.pk, by=None, members=[body("DDETSPP")])
        hold(seance, Decision(ExamenState.VALIDEE))
        assert len(told_to(cast["bailleur"])) == 1
        assert told_to(cast["bailleur2"]) == []

    def test_all_members_go_on_reading_after_the_decision(self, cast: Cast) -> None:
        hold(open_today(TODAY), Decision(ExamenState.NON_VALIDEE, motive="DEPART_DEPARTEMENT"))
        assert [len(told_to(cast[account])) for account in READERS] == [1, 1, 1, 1]

    def test_a_withdrawal_closes_it(self, cast: Cast, examen: Examen) -> None:
        operations.withdraw_examen(examen.pk, by=None)
        assert [told_to(cast[account]) for account in READERS] == [[], [], [], []]

    def test_a_withdrawal_in_session_too(self, cast: Cast) -> None:
        seance = open_today(TODAY)
        made = operations.enrol(ready().pk, seance.pk, by=None)
        operations.settle_agenda(seance.pk, by=None)
        there = [Organisation.objects.get(kind="SIAO"), body("Habitat des Bauges"), body("DDETSPP")]
        operations.open_seance(seance.pk, there, by=None)
        operations.present_examen(made.pk, by=None)
        operations.withdraw_examen(made.pk, by=None)
        assert told_to(cast["bailleur"]) == []

    def test_a_cancellation_closes_them_all(self, cast: Cast, examen: Examen) -> None:
        operations.cancel_seance(examen.seance_id, by=None)
        assert told_to(cast["ddetspp"]) == []

    def test_another_day_moves_the_end(self, cast: Cast, examen: Examen) -> None:
        later = SOON + timedelta(days=60)
        operations.postpone(examen.seance_id, later, by=None)
        until = ExamenGroupGrant.objects.values_list("valid_until", flat=True).distinct().get()
        assert until == closes_at(later, "seance")
        assert len(told_to(cast["bailleur"])) == 1

    def test_not_to_a_past_day_nor_once_begun(self, examen: Examen) -> None:
        with pytest.raises(OperationRefused, match="à venir"):
            operations.postpone(examen.seance_id, TODAY - timedelta(days=1), by=None)
        begun = hold(open_today(TODAY), Decision(ExamenState.VALIDEE))
        with pytest.raises(OperationRefused, match="avant de s’ouvrir"):
            operations.postpone(begun.seance_id, SOON, by=None)

    def test_who_leaves_the_landlord_reads_nothing_more(self, cast: Cast, examen: Examen) -> None:
        cast["bailleur"].memberships.update(valid_until=timezone.now())
        assert told_to(cast["bailleur"]) == []


class TestVersions:
    def test_what_changes_before_the_opening_is_a_new_version(self, cast: Cast, examen: Examen) -> None:
        dossier = examen.dossier
        answers = NewEvaluation(**(answers_of(dossier) | {"resources": Decimal(912), "children": 0}))
        dossiers.write_evaluation(dossier.pk, answers, by=None)
        outbox.run_all()
        outbox.run_all()
        first, second = told_to(cast["bailleur"])
        assert (first.version, first.resources, second.version, second.resources) == (1, Decimal(610), 2, Decimal(910))
        assert [entry.codes for entry in Entry.objects.filter(event="fiche.told").order_by("recorded_at")] == [
            {"version": 1},
            {"version": 2},
        ]

    def test_what_says_the_same_is_not_told_twice(self, examen: Examen) -> None:
        for _ in range(2):
            operations.follow_seances([examen.seance_id])
        assert Fiche.objects.get().version == 1
        assert ExamenGroupGrant.ever.count() == Convocation.objects.count()

    def test_the_version_shown_is_kept_and_nothing_changes_from_the_opening(self, cast: Cast) -> None:
        seance = open_today(TODAY)
        dossier = ready()
        made = operations.enrol(dossier.pk, seance.pk, by=None)
        operations.settle_agenda(seance.pk, by=None)
        Evaluation.objects.get(dossier=dossier)
        answers = NewEvaluation(**(answers_of(dossier) | {"rent_debt": Decimal(340), "children": 0}))
        dossiers.write_evaluation(dossier.pk, answers, by=None)  # the worker had no time: the opening tells it
        there = [Organisation.objects.get(kind="SIAO"), body("Habitat des Bauges"), body("DDETSPP")]
        operations.open_seance(seance.pk, there, by=None)
        operations.present_examen(made.pk, by=None)
        outbox.run_all()
        assert [fiche.rent_debt for fiche in told_to(cast["bailleur"])] == [Decimal(0), Decimal(340)]
        assert Examen.objects.get(pk=made.pk).shown_version == 2

    @pytest.mark.parametrize("statement", ["UPDATE commission_fiche SET version = 7", "DELETE FROM commission_fiche"])
    def test_postgresql_refuses_any_change(self, examen: Examen, statement: str) -> None:
        error = refusal(lambda: execute(statement))
        assert (error.sqlstate, "ne change plus" in str(error.diag.message_primary)) == ("23514", True)

    def test_the_passage_counts_what_was_presented_before(self, cast: Cast) -> None:
        again = Decision(ExamenState.AJOURNEE_SEANCE, motive="AJOURNE_DETTE_LOCATIVE", review_on=SOON)
        dossier = hold(open_today(TODAY), again).dossier
        seance = open_today(SOON)
        made = Examen(dossier=dossier, seance=seance, created_at=timezone.now())
        made.save(force_insert=True)
        tell(seance, [made], by=None)
        assert Fiche.objects.get(examen=made).passage == 2


class TestWrites:
    """Members change nothing, and open nothing to themselves."""

    def test_a_member_writes_neither_grant_nor_fiche(self, cast: Cast, examen: Examen) -> None:
        grant = "INSERT INTO commission_examengroupgrant SELECT gen_random_uuid(), valid_from, valid_until, reason,"
        grant += " examen_id, granted_by_id, group_id, permission_id FROM commission_examengroupgrant LIMIT 1"
        with acting_as(cast["bailleur"]):
            assert refusal(lambda: execute(grant)).sqlstate == "42501"
            assert execute("UPDATE commission_examengroupgrant SET valid_until = 'infinity' RETURNING id") == []
            for statement in (
                "UPDATE commission_examengroupgrant SET group_id = group_id",
                "UPDATE commission_fiche SET version = version",
                "DELETE FROM commission_examengroupgrant",
                "INSERT INTO commission_fiche SELECT * FROM commission_fiche LIMIT 1",
            ):
                assert refusal(lambda: execute(statement)).sqlstate == "42501", statement  # noqa: B023

    def test_a_member_sees_its_own_grants_alone(self, cast: Cast, examen: Examen) -> None:
        with acting_as(cast["bailleur"]):
            assert {grant.group.organisation.name for grant in ExamenGroupGrant.ever.all()} == {"Habitat des Bauges"}
        with acting_as(cast["siao"]):
            assert ExamenGroupGrant.ever.count() == Convocation.objects.count()
        with acting_as(cast["etranger"]):
            assert not ExamenGroupGrant.ever.exists()


@pytest.mark.parametrize(
    ("ethos", "code"),
    [
        ("1.1 espace public", "RUE"),
        ("4.1 foyer pour femmes", "HEBERGEMENT"),
        ("5.1 hébergement pour demandeurs d’asile", "HEBERGEMENT"),
        ("6.1 sortie de prison", "INSTITUTION"),
        ("6.2 sortie d’institution médicale", "INSTITUTION"),
        ("10.1 menace de violences", "PRECAIRE"),
        ("13.1 logement surpeuplé", "SURPEUPLE"),
        ("ailleurs", None),
        ("99 ailleurs", None),
        (None, None),
    ],
)
def test_where_one_lives_is_told_by_category(ethos: str | None, code: str | None) -> None:
    assert told.housing(ethos) == code


@pytest.mark.parametrize(
    ("resource", "code"), [("AAH", "ALLOCATION"), ("RSA", "ALLOCATION"), ("INVALIDITE", "PENSION"), (None, None)]
)
def test_which_allowance_is_not_told(resource: str | None, code: str | None) -> None:
    assert told.income(resource) == code


@pytest.mark.parametrize(("amount", "shown"), [("1016.05", 1020), ("604.99", 600), ("605", 610), ("0", 0)])
def test_an_exact_amount_is_not_told(amount: str, shown: int) -> None:
    assert told.resources(Decimal(amount)) == Decimal(shown)


@pytest.mark.parametrize(
    ("age", "band"),
    [(17, "0-17"), (18, "18-24"), (24, "18-24"), (25, "25-34"), (64, "55-64"), (65, "65-"), (90, "65-")],
)
def test_an_age_is_told_by_bands(age: int, band: str) -> None:
    assert told.age_band(date(2026 - age, 6, 1), date(2026, 6, 1)) == band
    assert told.age_band(None, date(2026, 6, 1)) is None


@pytest.mark.django_db(transaction=True)
def test_two_at_once_leave_one_version_and_one_grant_each(cast: Cast) -> None:
    seance = operations.plan_seance(SOON, "Salle des Glycines", by=None)
    examen = operations.enrol(ready().pk, seance.pk, by=None)
    operations.convene(seance.pk, by=None)
    ExamenGroupGrant.ever.update(valid_until=timezone.now())
    works = [lambda: operations.follow_seances([seance.pk])] * 3
    assert at_once(*works, lambda: operations.follow_dossiers([examen.dossier_id])) == [None] * 4
    assert Fiche.objects.get().version == 1
    assert ExamenGroupGrant.objects.count() == Convocation.objects.count()
