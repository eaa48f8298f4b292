"""Members come, are told better, become titulaire, leave; births and animals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    Custody,
    Dossier,
    DossierEvent,
    EventKind,
    ExpectedBirth,
    HoldCode,
    HouseholdAnimals,
    HouseholdFact,
    HousingRequest,
    Leaving,
    MemberDetail,
    Outcome,
    Participant,
    Person,
    PersonRole,
    Precision,
)
from cases.dossiers.operations import household
from cases.dossiers.operations.household import Identity, Place
from cases.dossiers.operations.household.births import NewAnimals
from cases.housing.models import Lease, LeaseKind, LeaseState, Parc
from cases.housing.operations import PastLease, record_past_lease
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal

pytestmark = pytest.mark.django_db
CHILD = Place(PersonRole.ENFANT, "ENFANT")
SPOUSE = Place(PersonRole.CONJOINT, "CONJOINT")
TODAY = timezone.localdate


def enter(dossier: Dossier, last_name: str, place: Place = CHILD, **more: Any) -> Participant:
    on = more.pop("on", None)
    return household.enter_household(dossier.pk, Identity(last_name, **more), place, on=on, by=None)


def titulaire_of(dossier: Dossier) -> Participant:
    return Participant.objects.select_related("person").get(dossier=dossier, role=PersonRole.TITULAIRE)


def facts_of(dossier: Dossier) -> list[str | None]:
    found = DossierEvent.objects.filter(dossier=dossier, kind=EventKind.HOUSEHOLD).order_by("recorded_at")
    return [event.detail for event in found]


class TestEntering:
    def test_a_member_her_place_and_what_is_written_of_it(self, dossier: Dossier, siao: User) -> None:
        place = Place(PersonRole.ENFANT, "ENFANT", Custody.ALTERNEE)
        who = Identity("Lauzière", None, "Mariam", "F", "MME", date(2017, 5, 4))
        member = household.enter_household(dossier.pk, who, place, on=date(2023, 5, 1), by=siao)
        assert member.person.name == "Mariam Lauzière"
        assert (member.role, member.joined_on, member.left_on) == ("ENFANT", date(2023, 5, 1), None)
        detail = MemberDetail.objects.get(participant=member)
        assert (detail.relation, detail.custody, detail.subject_id) == ("ENFANT", "G", member.person_id)
        assert facts_of(dossier) == [HouseholdFact.ARRIVEE]
        entry = Entry.objects.get(event="household.joined")
        assert (entry.target_id, entry.dossier_id, entry.actor_id) == (member.person_id, dossier.pk, siao.pk)
        assert OutboxMessage.objects.filter(task="dossier.changed", payload={"dossier": str(dossier.pk)}).exists()

    @pytest.mark.parametrize(
        ("who", "place", "on", "sentence"),
        [
            (Identity("Orsel"), Place(PersonRole.TITULAIRE), None, "un seul titulaire"),
            (Identity("Orsel"), Place(PersonRole.ANCIEN), None, "Choisissez dans la liste la place"),
            (Identity("Orsel"), Place("CHAT"), None, "Choisissez dans la liste la place"),
            (Identity(), CHILD, None, "au moins un nom"),
            (Identity("Orsel", birth_date=date(2999, 1, 1)), CHILD, None, "Vérifiez la date de naissance"),
            (Identity("Orsel", birth_date=date(1899, 12, 31)), CHILD, None, "Vérifiez la date de naissance"),
            (Identity("Orsel", birth_date=date(2020, 5, 4)), CHILD, date(2020, 5, 3), "avant la naissance"),
            (Identity("Orsel"), CHILD, date(2999, 1, 1), "date passée"),
            (Identity("Orsel"), Place(PersonRole.AUTRE, custody=Custody.VISITE), None, "se dit d’un enfant"),
            (Identity("Orsel"), Place(PersonRole.ENFANT, custody="X"), None, "se dit d’un enfant"),
            (Identity("Orsel", birth_precision="MONTH"), CHILD, None, "au jour, ou à l’année"),
        ],
    )
    def test_refused(self, dossier: Dossier, who: Identity, place: Place, on: date | None, sentence: str) -> None:
        with pytest.raises(OperationRefused, match=sentence):
            household.enter_household(dossier.pk, who, place, on=on, by=None)
        assert Participant.objects.filter(dossier=dossier).count() == 1

    @pytest.mark.parametrize("account", ["animation", "fol73", "prescripteur", "etranger", "bailleur"])
    def test_who_does_not_instruct_adds_nobody(self, cast: Cast, account: str) -> None:
        dossier = make_dossier()
        with pytest.raises(NotAllowed):
            household.enter_household(dossier.pk, Identity("Orsel"), CHILD, on=None, by=cast[account])

    def test_who_was_there_from_the_beginning_is_no_event(self, dossier: Dossier) -> None:
        enter(dossier, "Orsel")
        assert facts_of(dossier) == []
        assert Entry.objects.filter(event="household.joined").count() == 1

    def test_a_closed_dossier_keeps_its_household(self, dossier: Dossier) -> None:
        operations.close(dossier.pk, by=None, on=TODAY(), outcome=Outcome.DECES)
        with pytest.raises(OperationRefused, match="rouvrez-le"):
            enter(dossier, "Orsel")

    def test_twins_with_the_same_name_and_birth_date(self, dossier: Dossier) -> None:
        """Edge case of § 7."""
        one = enter(dossier, "Lauzière", first_name="Mariam", birth_date=date(2017, 5, 4))
        other = enter(dossier, "Lauzière", first_name="Ibrahim", birth_date=date(2017, 5, 4))
        third = enter(dossier, "Lauzière", first_name="Mariam", birth_date=date(2017, 5, 4))
        assert len({one.person_id, other.person_id, third.person_id}) == 3

    def test_a_mononym(self, dossier: Dossier) -> None:
        """Edge case of § 7."""
        member = enter(dossier, "Suparno")
        assert (member.person.name, member.person.listed_name) == ("Suparno", "Suparno")

    @pytest.mark.parametrize("name", ["D’Ambrosio", "N’Diaye", "Le Goff", "Fehér-Szabó", "Ó Súilleabháin", "Đorđević"])
    def test_names_as_they_are_written(self, dossier: Dossier, name: str) -> None:
        """Edge case of § 7: particles, apostrophes, hyphens, other alphabets."""
        pk = enter(dossier, name, first_name="Mohammed").person_id
        assert Person.objects.get(pk=pk).last_name == name

    def test_a_birth_name_that_is_not_the_use_name(self, dossier: Dossier) -> None:
        """Edge case of § 7: that of use is shown, that of birth is kept."""
        pk = household.enter_household(dossier.pk, Identity("Revard", "Glandon", "Perrine"), SPOUSE, on=None, by=None)
        person = Person.objects.get(pk=pk.person_id)
        assert (person.last_name, person.birth_name, person.use_name) == ("Glandon", "Revard", "Glandon")
        assert person.name == "Perrine Glandon"

    def test_a_birth_known_by_its_year(self, dossier: Dossier) -> None:
        """Edge case of § 7: 01/01 stands for the year."""
        member = enter(dossier, "Orsel", birth_date=date(1984, 1, 1), birth_precision=Precision.YEAR)
        person = Person.objects.get(pk=member.person_id)
        assert (person.is_born_in_a_year, person.age_on(date(2026, 6, 1))) == (True, 42)

    def test_a_leap_day(self) -> None:
        """Edge case of § 7: born on 29 February, one year older on 1 March of common years."""
        person = Person(birth_date=date(2004, 2, 29))
        assert (person.age_on(date(2025, 2, 28)), person.age_on(date(2025, 3, 1))) == (20, 21)


class TestCorrecting:
    def test_names_place_and_custody(self, dossier: Dossier, siao: User) -> None:
        member = enter(dossier, "Orsel")
        place = Place(PersonRole.ENFANT, "BEL_ENFANT", Custody.VISITE)
        household.correct_member(
            dossier.pk, member.pk, Identity("Savarin", first_name="Ysée"), place, on=date(2024, 1, 1), by=siao
        )
        member = Participant.objects.select_related("person").get(pk=member.pk)
        detail = MemberDetail.objects.get(participant=member)
        assert (member.person.name, member.joined_on) == ("Ysée Savarin", date(2024, 1, 1))
        assert (detail.relation, detail.custody) == ("BEL_ENFANT", "D")
        assert Entry.objects.filter(event="household.member_corrected", target_id=member.person_id).exists()

    def test_the_titulaire_stays_it(self, dossier: Dossier) -> None:
        head = titulaire_of(dossier)
        household.correct_member(
            dossier.pk, head.pk, Identity("Savarin"), Place(PersonRole.TITULAIRE), on=None, by=None
        )
        assert titulaire_of(dossier).person.last_name == "Savarin"
        for member, place in ((head, SPOUSE), (enter(dossier, "Orsel"), Place(PersonRole.TITULAIRE))):
            with pytest.raises(OperationRefused, match="un seul titulaire"):
                household.correct_member(dossier.pk, member.pk, Identity("Savarin"), place, on=None, by=None)

    def test_who_has_left_is_not_corrected(self, dossier: Dossier) -> None:
        member = enter(dossier, "Orsel")
        household.leave_household(dossier.pk, member.pk, Leaving.DEPART, on=TODAY(), by=None)
        with pytest.raises(OperationRefused, match="n’est plus dans le ménage"):
            household.correct_member(dossier.pk, member.pk, Identity("Orsel"), CHILD, on=None, by=None)


class TestLeaving:
    def test_a_child_leaves_and_stays_readable(self, dossier: Dossier, siao: User) -> None:
        member = enter(dossier, "Orsel")
        household.leave_household(dossier.pk, member.pk, Leaving.DEPART, on=date(2024, 5, 4), by=siao)
        member.refresh_from_db()
        assert (member.role, member.left_on) == ("ENFANT", date(2024, 5, 4))
        assert MemberDetail.objects.get(participant=member).leaving == Leaving.DEPART
        assert facts_of(dossier)[-1] == HouseholdFact.DEPART
        assert Participant.objects.present().filter(dossier=dossier).count() == 1

    def test_the_head_dies_and_the_partner_keeps_the_lease(self, dossier: Dossier) -> None:
        """Edge case of § 7."""
        record_past_lease(dossier, PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2023, 5, 2), None), by=None)
        before = execute("SELECT * FROM housing_lease WHERE dossier_id = %s", dossier.pk)
        head, partner = titulaire_of(dossier), enter(dossier, "Glandon", SPOUSE)
        household.leave_household(
            dossier.pk, head.pk, Leaving.DECES, on=date(2024, 5, 4), by=None, successor=partner.pk
        )
        head.refresh_from_db()
        assert titulaire_of(dossier).person_id == partner.person_id
        assert (head.role, head.left_on) == (PersonRole.ANCIEN, date(2024, 5, 4))
        assert facts_of(dossier)[-2:] == [HouseholdFact.DECES, HouseholdFact.TITULAIRE]
        assert execute("SELECT * FROM housing_lease WHERE dossier_id = %s", dossier.pk) == before
        assert Lease.objects.get(dossier=dossier).state == LeaseState.EN_COURS
        assert HousingRequest.objects.of_titulaires().get(dossier=dossier).person_id == partner.person_id

    def test_the_evaluation_then_writes_the_new_titulaires_request(self, dossier: Dossier) -> None:
        partner = enter(dossier, "Glandon", SPOUSE)
        household.make_titulaire(dossier.pk, partner.pk, on=TODAY(), by=None)
        operations.write_evaluation(dossier.pk, operations.NewEvaluation(unique_number="073MMAA000002XTEST"), by=None)
        numbers = {row.person_id: row.number for row in HousingRequest.objects.filter(dossier=dossier)}
        assert numbers.pop(partner.person_id) == "073MMAA000002XTEST"
        assert list(numbers.values()) == ["073MMAA000001XTEST"], "that of who was titulaire stays hers"

    @pytest.mark.parametrize("successor", ["nobody", "herself", "a stranger"])
    def test_a_titulaire_names_who_follows(self, dossier: Dossier, successor: str) -> None:
        head = titulaire_of(dossier)
        enter(dossier, "Glandon", SPOUSE)
        named = {"nobody": None, "herself": head.pk, "a stranger": uuid4()}[successor]
        with pytest.raises(OperationRefused, match="Dites qui devient titulaire"):
            household.leave_household(dossier.pk, head.pk, Leaving.DECES, on=TODAY(), by=None, successor=named)

    def test_the_last_one_closes_the_dossier_instead(self, dossier: Dossier) -> None:
        with pytest.raises(OperationRefused, match="fermez le dossier"):
            household.leave_household(dossier.pk, titulaire_of(dossier).pk, Leaving.DECES, on=TODAY(), by=None)

    @pytest.mark.parametrize(
        ("leaving", "on", "sentence"),
        [
            (Leaving.SIEN, date(2024, 5, 4), "pourquoi la personne quitte"),
            ("RUMEUR", date(2024, 5, 4), "pourquoi la personne quitte"),
            (Leaving.DEPART, date(2999, 5, 4), "date passée"),
            (Leaving.DEPART, date(2023, 12, 31), "avant l’arrivée"),
        ],
    )
    def test_refused(self, dossier: Dossier, leaving: str, on: date, sentence: str) -> None:
        member = enter(dossier, "Orsel", on=date(2024, 1, 1))
        with pytest.raises(OperationRefused, match=sentence):
            household.leave_household(dossier.pk, member.pk, leaving, on=on, by=None)

    def test_who_left_may_come_back(self, dossier: Dossier) -> None:
        """Another stay: both are told."""
        member = enter(dossier, "Orsel")
        household.leave_household(dossier.pk, member.pk, Leaving.DEPART, on=date(2024, 5, 4), by=None)
        Participant.objects.create(
            dossier=dossier, person_id=member.person_id, role=PersonRole.ENFANT, joined_on=date(2025, 1, 1)
        )
        assert Participant.objects.filter(dossier=dossier, person=member.person_id).count() == 2


class TestTitulaire:
    def test_another_takes_the_place_and_the_former_stays(self, dossier: Dossier, siao: User) -> None:
        head, partner = titulaire_of(dossier), enter(dossier, "Glandon", SPOUSE)
        household.make_titulaire(dossier.pk, partner.pk, on=TODAY(), by=siao, former=PersonRole.AUTRE)
        head.refresh_from_db()
        assert (titulaire_of(dossier).pk, head.role, head.left_on) == (partner.pk, PersonRole.AUTRE, None)
        assert facts_of(dossier)[-1] == HouseholdFact.TITULAIRE

    def test_refused(self, dossier: Dossier) -> None:
        partner = enter(dossier, "Glandon", SPOUSE)
        with pytest.raises(OperationRefused, match="déjà titulaire"):
            household.make_titulaire(dossier.pk, titulaire_of(dossier).pk, on=TODAY(), by=None)
        with pytest.raises(OperationRefused, match="place de la personne"):
            household.make_titulaire(dossier.pk, partner.pk, on=TODAY(), by=None, former=PersonRole.TITULAIRE)
        with pytest.raises(OperationRefused, match="date passée"):
            household.make_titulaire(dossier.pk, partner.pk, on=date(2999, 1, 1), by=None)


class TestBirths:
    def test_a_child_to_be_born_is_born_under_the_same_identifier(self, dossier: Dossier, siao: User) -> None:
        """Edge case of § 7."""
        birth = household.expect_birth(dossier.pk, TODAY() + timedelta(days=60), by=siao)
        member = household.record_birth(
            dossier.pk, birth.pk, Identity("Orsel", first_name="Aube", birth_date=TODAY()), by=siao
        )
        assert (member.person_id, member.role, member.joined_on) == (birth.pk, PersonRole.ENFANT, TODAY())
        assert ExpectedBirth.objects.get(pk=birth.pk).closed_at is not None
        assert facts_of(dossier) == [HouseholdFact.NAISSANCE]
        with pytest.raises(OperationRefused, match="n’est plus attendue"):
            household.record_birth(dossier.pk, birth.pk, Identity("Orsel", birth_date=TODAY()), by=siao)

    def test_refused(self, dossier: Dossier) -> None:
        for days in (-61, 301):
            with pytest.raises(OperationRefused, match="moins de dix mois"):
                household.expect_birth(dossier.pk, TODAY() + timedelta(days=days), by=None)
        birth = household.expect_birth(dossier.pk, TODAY(), by=None)
        with pytest.raises(OperationRefused, match="date de naissance de l’enfant"):
            household.record_birth(dossier.pk, birth.pk, Identity("Orsel"), by=None)
        tomorrow = Identity("Orsel", birth_date=TODAY() + timedelta(days=1))
        with pytest.raises(OperationRefused, match="date passée"):
            household.record_birth(dossier.pk, birth.pk, tomorrow, by=None)

    def test_no_longer_expected_asks_nothing_else(self, dossier: Dossier) -> None:
        birth = household.expect_birth(dossier.pk, TODAY(), by=None)
        household.close_expected_birth(dossier.pk, birth.pk, by=None)
        assert not ExpectedBirth.objects.filter(closed_at=None).exists()
        assert facts_of(dossier) == []


class TestAnimals:
    def test_a_dog_of_category_and_two_cats(self, dossier: Dossier, siao: User) -> None:
        """Edge case of § 7."""
        household.note_animals(dossier.pk, NewAnimals(1, "2", 2, "une tortue"), by=siao)
        row = HouseholdAnimals.objects.get(dossier=dossier)
        assert (row.dogs, row.dog_category, row.cats, row.others) == ("1", "2", "2", "une tortue")
        assert row.subject_id == dossier.household_id
        household.note_animals(dossier.pk, NewAnimals(), by=siao)
        row = HouseholdAnimals.objects.get(dossier=dossier)
        assert (row.dogs, row.dog_category, row.others) == ("0", None, None)

    @pytest.mark.parametrize("told", [NewAnimals(0, "1"), NewAnimals(1, "3"), NewAnimals(-1), NewAnimals(cats=100)])
    def test_refused(self, dossier: Dossier, told: NewAnimals) -> None:
        with pytest.raises(OperationRefused):
            household.note_animals(dossier.pk, told, by=None)


class TestWhatPostgreSQLRefuses:
    def test_two_heads(self, dossier: Dossier) -> None:
        enter(dossier, "Glandon", SPOUSE)
        error = refusal(lambda: Participant.objects.filter(dossier=dossier).update(role=PersonRole.TITULAIRE))
        assert error.diag.constraint_name == "participant_one_titulaire"

    def test_a_stay_that_ends_before_it_begins(self, dossier: Dossier) -> None:
        stays = Participant.objects.filter(dossier=dossier)
        error = refusal(lambda: stays.update(joined_on=date(2024, 2, 1), left_on=date(2024, 1, 1)))
        assert error.diag.constraint_name == "participant_dates"

    def test_a_former_titulaire_who_is_there(self, dossier: Dossier) -> None:
        error = refusal(lambda: Participant.objects.filter(dossier=dossier).update(role=PersonRole.ANCIEN))
        assert error.diag.constraint_name == "participant_former_has_left"

    def test_a_detail_or_a_birth_under_the_key_of_another(self, dossier: Dossier) -> None:
        head = titulaire_of(dossier)
        detail = MemberDetail(
            subject_id=dossier.household_id, dossier=dossier, participant=head, person_id=head.person_id
        )
        assert refusal(detail.save).diag.constraint_name == "member_detail_subject"
        birth = ExpectedBirth(
            subject_id=dossier.household_id, dossier=dossier, expected_on=TODAY(), recorded_at=timezone.now()
        )
        assert refusal(birth.save).diag.constraint_name == "birth_is_own_subject"

    def test_nothing_is_in_clear(self, dossier: Dossier) -> None:
        enter(dossier, "Grésillon-Vaugnault", Place(PersonRole.ENFANT, "BEL_ENFANT", Custody.VISITE))
        household.note_animals(dossier.pk, NewAnimals(others="un caméléon"), by=None)
        for table in ("dossiers_person", "dossiers_memberdetail", "dossiers_householdanimals"):
            rows = str(execute(f"SELECT * FROM {table}"))  # noqa: S608
            assert not [word for word in ("Grésillon", "BEL_ENFANT", "caméléon") if word in rows]


def test_a_hold_is_untouched_by_a_change_of_titulaire(dossier: Dossier) -> None:
    held = operations.hold(dossier, HoldCode.LEASE, holder=uuid4(), by=None)
    household.make_titulaire(dossier.pk, enter(dossier, "Glandon", SPOUSE).pk, on=TODAY(), by=None)
    held.refresh_from_db()
    assert held.released_at is None
