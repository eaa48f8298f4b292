"""Households that part and come together again: dossiers, members, rights, and bytes that do not change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import grants
from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.operations import recognise_organisation
from accounts.operations import siao as the_siao
from audit.models import Entry, Kind
from cases.dossiers import operations
from cases.dossiers.models import (
    Custody,
    Dossier,
    DossierEvent,
    DossierGroupGrant,
    DossierUserGrant,
    EventKind,
    GrantReason,
    HoldCode,
    HouseholdFact,
    HousingRequest,
    Leaving,
    MemberDetail,
    Outcome,
    Participant,
    Person,
    PersonRole,
    ResidentialSituation,
    State,
)
from cases.dossiers.operations import household
from cases.dossiers.operations.household import Goes, Identity, Place, Split
from cases.dossiers.operations.path import NewPeriod, add_period
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from reporting import operations as reporting
from reporting.models import Fact
from tests.factories import make_dossier
from tests.fixtures import Cast, at_once, execute, refusal
from vault import keys

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
PARTED = date(2024, 5, 4)
SEALED = ("dossiers_person", "dossiers_memberdetail", "dossiers_housingrequest", "dossiers_residentialsituation")
SEALED_OF_HOUSEHOLDS = ("dossiers_evaluation", "dossiers_dossierevent")


@pytest.fixture
def couple(siao: User) -> Dossier:
    """A couple with two children, oriented by a day centre, each with a path of her own."""
    body = recognise_organisation("Accueil de jour des Bauges", OrganisationKind.PRESCRIPTEUR, by=None)
    dossier = make_dossier(referent=siao, prescripteur=body, ethos="8.1 chez des tiers")
    for last, first, role, custody in (
        ("Glandon", "Ysoline", PersonRole.CONJOINT, None),
        ("Revard", "Mariam", PersonRole.ENFANT, None),
        ("Revard", "Ibrahim", PersonRole.ENFANT, Custody.VISITE),
    ):
        place = Place(role, "CONJOINT" if role == PersonRole.CONJOINT else "ENFANT", custody)
        stay = household.enter_household(dossier.pk, Identity(last, first_name=first), place, on=None, by=None)
        add_period(dossier.pk, stay.person_id, NewPeriod("3.1 foyer", date(2022, 1, 1)), by=None)
    return dossier


def stays(dossier: Dossier) -> dict[str, Participant]:
    """Those who are there, by their first name."""
    found = Participant.objects.present().filter(dossier=dossier).select_related("person")
    return {stay.person.first_name or "": stay for stay in found}


def head(dossier: Dossier) -> str:
    return Participant.objects.select_related("person").get(dossier=dossier, role="TITULAIRE").person.first_name or ""


def part(dossier: Dossier, who: str, *, by: User | None = None, on: date = PARTED, **goes: Any) -> Dossier:
    here = stays(dossier)
    successor = here[goes.pop("successor")].pk if "successor" in goes else None
    others = {here[name].pk: where for name, where in goes.items()}
    return household.split_household(dossier.pk, Split(here[who].pk, on, others, successor), by=by)


def bytes_of(*tables: str) -> dict[tuple[str, str, str], bytes]:
    """Every sealed value, by table, row and column."""
    return {(table, row, column): value for table in tables for row, column, value in _sealed(table)}


def _sealed(table: str) -> Iterator[tuple[str, str, bytes]]:
    columns = [
        name
        for (name,) in execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND data_type = 'bytea'", table
        )
    ]
    for pk, *values in execute(f"SELECT id, {', '.join(columns)} FROM {table}"):  # noqa: S608
        for column, value in zip(columns, values, strict=True):
            if value is not None:
                yield str(pk), column, bytes(value)


class TestParting:
    def test_who_leaves_has_a_dossier_that_follows_the_other(self, couple: Dossier, siao: User) -> None:
        """Edge case of § 7: a couple splits during the path."""
        first = head(couple)
        made = part(couple, "Ysoline", by=siao, Mariam=Goes.FOLLOWS)
        assert (made.predecessor_id, made.household_id == couple.household_id) == (couple.pk, False)
        assert (made.state, made.state_on, made.oriented_on) == (State.PRESCRIT, PARTED, couple.oriented_on)
        assert (made.prescripteur_id, made.referent_id) == (couple.prescripteur_id, siao.pk)
        assert {name: stay.role for name, stay in stays(made).items()} == {"Ysoline": "TITULAIRE", "Mariam": "ENFANT"}
        assert {name: stay.role for name, stay in stays(couple).items()} == {first: "TITULAIRE", "Ibrahim": "ENFANT"}
        gone = Participant.objects.get(dossier=couple, person__participations__dossier=made, role="CONJOINT")
        assert (gone.left_on, MemberDetail.objects.get(participant=gone).leaving) == (PARTED, Leaving.SIEN)
        assert stays(made)["Ysoline"].joined_on == PARTED

    def test_a_household_that_nobody_oriented_begins_spotted(self, siao: User) -> None:
        dossier = make_dossier("bare", prescripteur=None)
        who = Identity("Glandon", first_name="Ysoline")
        household.enter_household(dossier.pk, who, Place("AUTRE"), on=None, by=None)
        made = part(dossier, "Ysoline", by=siao)
        assert (made.state, made.oriented_on) == (State.REPERE, None)
        told = DossierEvent.objects.filter(dossier=made).order_by("recorded_at")
        assert [(event.kind, event.detail) for event in told] == [
            (EventKind.STATE, State.REPERE),
            (EventKind.HOUSEHOLD, HouseholdFact.FORMATION),
        ]

    def test_a_split_is_no_other_orientation(self, couple: Dossier) -> None:
        """The figures count one prescription, that of the household."""
        made = part(couple, "Ysoline")
        assert not DossierEvent.objects.filter(dossier=made, kind=EventKind.ORIENTATION).exists()
        reporting.catch_up()
        assert Fact.objects.exists()

    def test_the_titulaire_leaves_and_another_takes_her_place(self, couple: Dossier) -> None:
        first = head(couple)
        made = part(couple, first, successor="Ysoline")
        assert (head(couple), head(made)) == ("Ysoline", first)
        assert HousingRequest.objects.of_titulaires().get(dossier=made).number == "073MMAA000001XTEST"
        assert HousingRequest.objects.of_titulaires().get(dossier=couple).number is None

    def test_a_child_shares_her_time(self, couple: Dossier) -> None:
        made = part(couple, "Ysoline", Mariam=Goes.SHARED, Ibrahim=Goes.FOLLOWS)
        assert {"Mariam"} <= stays(made).keys() & stays(couple).keys()
        for stay in (stays(made)["Mariam"], stays(couple)["Mariam"]):
            assert MemberDetail.objects.get(participant=stay).custody == Custody.ALTERNEE
        assert MemberDetail.objects.get(participant=stays(made)["Ibrahim"]).custody == Custody.VISITE

    def test_what_is_written_of_it(self, couple: Dossier, siao: User) -> None:
        made = part(couple, "Ysoline", by=siao)
        assert Entry.objects.filter(event="household.split", dossier_id=couple.pk, target_id=made.pk).count() == 1
        assert Entry.objects.filter(event="dossier.opened", dossier_id=made.pk, kind=Kind.ACT).count() == 1
        last = DossierEvent.objects.filter(dossier=couple, kind=EventKind.HOUSEHOLD).latest("recorded_at")
        assert (last.detail, last.on) == (HouseholdFact.SEPARATION, PARTED)
        for dossier in (couple, made):
            assert OutboxMessage.objects.filter(payload={"dossier": str(dossier.pk)}).exists()

    @pytest.mark.parametrize(
        ("who", "more", "sentence"),
        [
            ("first", {}, "Dites qui devient titulaire"),
            ("Mariam", {"born": date(2020, 1, 1)}, "moins de 16 ans"),
            ("Ysoline", {"first": Goes.SHARED}, "Seul un enfant partage"),
            ("Ysoline", {"first": Goes.FOLLOWS}, "Dites qui devient titulaire"),
            ("Ysoline", {"everybody": True}, "Personne ne resterait"),
            ("Ysoline", {"on": date(2999, 1, 1)}, "date passée"),
            ("Ysoline", {"by": "prescripteur"}, "Votre rôle ne permet pas"),
        ],
    )
    def test_refused(self, cast: Cast, couple: Dossier, who: str, more: dict[str, Any], sentence: str) -> None:
        first = head(couple)
        who = first if who == "first" else who
        goes: dict[str, Any] = {first: more["first"]} if "first" in more else {}
        if more.get("everybody"):
            goes = dict.fromkeys((first, "Mariam", "Ibrahim"), Goes.FOLLOWS)
        if "born" in more:
            child = stays(couple)[who].person
            child.birth_date = more["born"]
            child.save(update_fields=["birth_date"])
        by = cast[more["by"]] if "by" in more else None
        with pytest.raises(NotAllowed if by else OperationRefused, match=sentence):
            part(couple, who, by=by, on=more.get("on", PARTED), **goes)
        assert Dossier.objects.count() == 1

    def test_a_closed_dossier_does_not_part(self, couple: Dossier) -> None:
        operations.close(couple.pk, by=None, on=TODAY(), outcome=Outcome.DECES)
        with pytest.raises(OperationRefused, match="rouvrez-le"):
            part(couple, "Ysoline")

    def test_no_dossier_follows_itself_even_from_afar(self, couple: Dossier) -> None:
        """Bad input: cyclic links."""
        made = part(couple, "Ysoline")
        again = part(made, "Ysoline", successor="Mariam") if "Mariam" in stays(made) else made
        error = refusal(lambda: Dossier.objects.filter(pk=couple.pk).update(predecessor=again))
        assert "ne peut pas se suivre lui-même" in str(error.diag.message_primary)
        error = refusal(lambda: Dossier.objects.filter(pk=made.pk).update(predecessor=made))
        assert error.diag.constraint_name == "dossier_not_its_own_predecessor"


class TestWhoSeesTheOther:
    def test_the_teams_that_saw_the_household(self, couple: Dossier, cast: Cast) -> None:
        fol = Organisation.objects.known_as("FOL 73").get()
        ending = timezone.now() + timedelta(days=9)
        day_centre = Organisation.objects.known_as("Accueil de jour des Bauges").get()
        grants.grant(couple, to=day_centre.team, reason=GrantReason.OPENING, by=None)
        grants.grant(couple, to=fol.team, reason=GrantReason.MEASURE, by=None)
        toit = Organisation.objects.known_as("Toi(t) d’abord").get()
        grants.grant(couple, to=toit.team, reason=GrantReason.SHARED, by=None, until=ending)
        with acting_as(cast["siao"]):
            made = part(couple, "Ysoline", by=cast["siao"])
        given = {each.group_id: each for each in DossierGroupGrant.objects.filter(content_object=made)}
        assert set(given) == {the_siao().team.pk, day_centre.team.pk, fol.team.pk, toit.team.pk}
        assert given[the_siao().team.pk].valid_until is None
        assert given[day_centre.team.pk].valid_until is None
        relay = given[fol.team.pk]
        assert (relay.reason, relay.valid_until is not None) == (GrantReason.RELAY, True)
        assert given[toit.team.pk].valid_until == ending
        assert Dossier.objects.visible_to(cast["fol73"]).filter(pk=made.pk).exists()
        assert not Dossier.objects.visible_to(cast["etranger"]).filter(pk=made.pk).exists()

    def test_a_team_whose_grant_ended_does_not_come_back(self, couple: Dossier, cast: Cast) -> None:
        fol = Organisation.objects.known_as("FOL 73").get()
        grants.grant(couple, to=fol.team, reason=GrantReason.MEASURE, by=None)
        grants.revoke(couple, of=fol.team)
        made = part(couple, "Ysoline")
        assert not Dossier.objects.visible_to(cast["fol73"]).filter(pk=made.pk).exists()

    def test_a_protected_dossier_opens_another_to_the_same_persons(self, couple: Dossier, cast: Cast) -> None:
        """Edge case of § 7: a victim of violence leaves; no team learns of the dossier where she goes."""
        operations.protect(couple.pk, [cast["siao"], cast["siao2"]], by=cast["siao"])
        couple = Dossier.objects.get(pk=couple.pk)
        with acting_as(cast["siao"]):
            made = part(couple, "Ysoline", by=cast["siao"])
        assert Dossier.objects.get(pk=made.pk).is_protected
        named = DossierUserGrant.objects.filter(content_object=made).values_list("user", flat=True)
        assert set(named) == {cast["siao"].pk, cast["siao2"].pk}
        assert not Dossier.objects.visible_to(cast["animation"]).filter(pk=made.pk).exists()
        with acting_as(cast["animation"]):
            assert not Dossier.objects.filter(pk=made.pk).exists()

    def test_who_is_not_named_does_not_part_it(self, couple: Dossier, cast: Cast) -> None:
        operations.protect(couple.pk, [cast["siao"], cast["siao2"]], by=cast["siao"])
        another = User.objects.create_user("troisieme@seuil.example", first_name="Aude", last_name="Nivolet")
        Membership.objects.create(
            user=another, organisation=the_siao(), role="referent_siao", valid_from=timezone.now()
        )
        grants.grant(couple, to=another, reason=GrantReason.SHARED, by=None)
        with pytest.raises(OperationRefused, match="une des personnes nommées"):
            part(Dossier.objects.get(pk=couple.pk), "Ysoline", by=User.objects.get(pk=another.pk))


class TestNothingIsSealedAgain:
    def test_parting_and_uniting_change_no_byte(self, couple: Dossier, siao: User) -> None:
        before = bytes_of(*SEALED, *SEALED_OF_HOUSEHOLDS)
        assert len(before) > 20
        made = part(couple, "Ysoline", by=siao, Mariam=Goes.FOLLOWS, Ibrahim=Goes.SHARED)
        changed = "dossiers_memberdetail"  # the custody of the child who now shares her time, why the others left
        after = bytes_of(*SEALED, *SEALED_OF_HOUSEHOLDS)
        kept = {place: value for place, value in before.items() if place[0] != changed}
        assert {place: after[place] for place in kept} == kept
        relations = {place: value for place, value in before.items() if place[2] == "relation"}
        assert {place: after[place] for place in relations} == relations
        household.unite_households(couple.pk, made.pk, on=TODAY(), by=siao)
        again = bytes_of(*SEALED, *SEALED_OF_HOUSEHOLDS)
        kept = {place: value for place, value in after.items() if place[0] != changed}
        assert {place: again[place] for place in kept} == kept

    def test_everybody_is_still_read(self, couple: Dossier, siao: User) -> None:
        names = {person.pk: person.name for person in Person.objects.all()}
        made = part(couple, "Ysoline", by=siao, Mariam=Goes.FOLLOWS)
        household.unite_households(couple.pk, made.pk, on=TODAY(), by=siao)
        keys.forget_all()
        assert {person.pk: person.name for person in Person.objects.all()} == names
        assert {row.ethos for row in ResidentialSituation.objects.all()} == {"8.1 chez des tiers", "3.1 foyer"}


class TestUniting:
    def test_one_dossier_goes_on_and_the_other_is_closed(self, couple: Dossier, siao: User) -> None:
        made = part(couple, "Ysoline", by=siao, Mariam=Goes.FOLLOWS)
        with acting_as(siao):
            household.unite_households(couple.pk, made.pk, on=TODAY(), by=siao)
        made = Dossier.objects.get(pk=made.pk)
        assert (made.state, made.closed_on) == (State.CLOS, TODAY())
        outcome = DossierEvent.objects.get(dossier=made, kind=EventKind.OUTCOME)
        assert (outcome.detail, outcome.note) == (
            Outcome.REUNION_MENAGES,
            f"Réuni avec le dossier {couple.reference}.",
        )
        assert {name: stay.role for name, stay in stays(couple).items()} == {
            head(couple): "TITULAIRE",
            "Ysoline": "CONJOINT",
            "Mariam": "ENFANT",
            "Ibrahim": "ENFANT",
        }
        assert stays(made) == {}
        assert head(made) == "Ysoline", "a closed dossier keeps its titulaire"
        told = DossierEvent.objects.filter(dossier=couple, kind=EventKind.HOUSEHOLD).latest("recorded_at")
        assert (told.detail, told.note) == (HouseholdFact.REUNION, f"Avec le dossier {made.reference}.")
        assert Entry.objects.filter(event="household.united", dossier_id=couple.pk, target_id=made.pk).exists()

    def test_another_split_undoes_it(self, couple: Dossier) -> None:
        made = part(couple, "Ysoline")
        household.unite_households(couple.pk, made.pk, on=date(2025, 1, 6), by=None)
        again = part(couple, "Ysoline", on=date(2025, 6, 2))
        person = stays(again)["Ysoline"].person
        told = Participant.objects.filter(person=person).order_by("joined_on", "left_on")
        assert [(stay.dossier_id, stay.joined_on, stay.left_on) for stay in told] == [
            (made.pk, date(2024, 5, 4), date(2025, 1, 6)),
            (couple.pk, date(2025, 1, 6), date(2025, 6, 2)),
            (again.pk, date(2025, 6, 2), None),
            (couple.pk, None, date(2024, 5, 4)),
        ]

    def test_a_child_who_lived_in_both_is_there_once(self, couple: Dossier) -> None:
        made = part(couple, "Ysoline", Mariam=Goes.SHARED)
        household.unite_households(couple.pk, made.pk, on=TODAY(), by=None)
        assert Participant.objects.present().filter(dossier=couple).count() == 4

    def test_places_may_be_said(self, couple: Dossier) -> None:
        made = part(couple, "Ysoline")
        places = {stays(made)["Ysoline"].pk: PersonRole.AUTRE}
        household.unite_households(couple.pk, made.pk, on=TODAY(), by=None, places=places)
        assert stays(couple)["Ysoline"].role == PersonRole.AUTRE

    def test_refused(self, couple: Dossier, cast: Cast) -> None:
        made = part(couple, "Ysoline")
        with pytest.raises(OperationRefused, match="un autre dossier"):
            household.unite_households(couple.pk, couple.pk, on=TODAY(), by=None)
        with pytest.raises(OperationRefused, match="date passée"):
            household.unite_households(couple.pk, made.pk, on=date(2999, 1, 1), by=None)
        with pytest.raises(OperationRefused, match="avant l’arrivée"):
            household.unite_households(couple.pk, made.pk, on=date(2023, 1, 1), by=None)
        places = {stays(made)["Ysoline"].pk: PersonRole.TITULAIRE}
        with pytest.raises(OperationRefused, match="place de chaque personne"):
            household.unite_households(couple.pk, made.pk, on=TODAY(), by=None, places=places)
        with pytest.raises(NotAllowed):
            household.unite_households(couple.pk, made.pk, on=TODAY(), by=cast["fol73"])
        held = operations.hold(made, HoldCode.MEASURE, holder=uuid4(), by=None)
        with pytest.raises(OperationRefused, match="un accompagnement est en cours"):
            household.unite_households(couple.pk, made.pk, on=TODAY(), by=None)
        operations.release(made, HoldCode.MEASURE, holder=held.holder_id, by=None)
        household.unite_households(couple.pk, made.pk, on=TODAY(), by=None)
        with pytest.raises(OperationRefused, match="clos"):
            household.unite_households(couple.pk, made.pk, on=TODAY(), by=None)

    @pytest.mark.parametrize("hidden", ["the one that goes on", "the one that joins"])
    def test_a_protected_household_is_not_told_to_the_team_of_the_other(
        self, couple: Dossier, cast: Cast, hidden: str
    ) -> None:
        made = part(couple, "Ysoline")
        protected, other = (couple, made) if hidden == "the one that goes on" else (made, couple)
        there = set(stays(other))
        operations.protect(protected.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        for going_on, joining in ((protected, other), (other, protected)):
            with acting_as(cast["siao"]), pytest.raises(OperationRefused, match="que les mêmes personnes voient"):
                household.unite_households(going_on.pk, joining.pk, on=TODAY(), by=cast["siao"])
        assert set(stays(other)) == there
        assert not Entry.objects.filter(event="household.united").exists()

    def test_two_protected_ones_for_the_same_persons_alone(self, couple: Dossier, cast: Cast) -> None:
        made = part(couple, "Ysoline")
        siao, named = cast["siao"], [cast["siao"], cast["animation"]]
        operations.protect(couple.pk, named, by=siao)
        operations.protect(made.pk, [*named, cast["siao2"]], by=siao)
        with acting_as(siao), pytest.raises(OperationRefused, match="que les mêmes personnes voient"):
            household.unite_households(couple.pk, made.pk, on=TODAY(), by=siao)
        operations.unprotect(made.pk, by=siao)
        operations.protect(made.pk, named, by=siao)
        with acting_as(siao):
            household.unite_households(couple.pk, made.pk, on=TODAY(), by=siao)
        assert Dossier.objects.get(pk=made.pk).state == State.CLOS


@pytest.mark.django_db(transaction=True)
def test_each_united_with_the_other_at_the_same_time() -> None:
    """Locked in one order: one goes through, the other finds a closed dossier, and nobody waits for ever."""
    one, other = make_dossier(), make_dossier()
    outcomes = at_once(
        lambda: household.unite_households(one.pk, other.pk, on=TODAY(), by=None),
        lambda: household.unite_households(other.pk, one.pk, on=TODAY(), by=None),
    )
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert [type(each) for each in refused] == [OperationRefused]
    states = Dossier.objects.filter(pk__in=[one.pk, other.pk]).values_list("state", flat=True)
    assert sorted(states) == [State.CLOS, State.EVALUE]
