"""The pages of a household, through the client: what they say, to whom, and each act by its form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import grants
from accounts.models import User
from cases.dossiers.models import (
    Custody,
    Dossier,
    Evaluation,
    ExpectedBirth,
    HouseholdAnimals,
    MemberDetail,
    Participant,
    Person,
    PersonRole,
    Precision,
    State,
)
from cases.dossiers.operations import household
from cases.dossiers.operations.household import Goes, Identity, Place, Split
from cases.dossiers.operations.household.births import NewAnimals
from tests.factories import make_dossier
from tests.fixtures import Cast, text_of
from vault import keys

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
MEMBER = {
    "first_name": "Mariam",
    "birth_name": "Revard",
    "use_name": "",
    "civility": "",
    "sex": "F",
    "born": "04/05/2017",
    "role": "ENFANT",
    "relation": "ENFANT",
    "custody": "G",
    "joined_on": "",
}


@pytest.fixture
def browser(siao: User, client: Client) -> Client:
    client.force_login(siao)
    return client


def enter(dossier: Dossier, first_name: str, role: str = "ENFANT", **more: object) -> Participant:
    who = Identity("Arvillard", first_name=first_name, **more)  # type: ignore[arg-type]
    return household.enter_household(dossier.pk, who, Place(role), on=None, by=None)


def page(dossier: Dossier, end: str = "") -> str:
    return f"/dossiers/{dossier.pk}/menage/{end}"


def years_ago(years: int) -> date:
    return TODAY().replace(day=1) - timedelta(days=365 * years + years // 4 + 40)


class TestThePage:
    def test_who_is_of_it_and_what_they_need(self, browser: Client, dossier: Dossier) -> None:
        enter(dossier, "Mariam", birth_date=years_ago(9))
        household.expect_birth(dossier.pk, TODAY() + timedelta(days=30), by=None)
        household.note_animals(dossier.pk, NewAnimals(1, "2", 2), by=None)
        said = text_of(browser.get(page(dossier)))
        assert "Mariam Arvillard" in said
        assert "(9 ans)" in said
        assert "Enfant à naître" in said
        assert "Femme avec 1 enfant" in said
        assert "T3" in said
        assert "Une chambre pour 2 enfants." in said
        assert "Un chien de catégorie 2, deux chats." in said

    def test_the_evaluation_that_says_otherwise(self, browser: Client, dossier: Dossier) -> None:
        assert "L’évaluation dit" not in text_of(browser.get(page(dossier)))
        enter(dossier, "Mariam", birth_date=years_ago(9))
        said = text_of(browser.get(page(dossier))).replace("\u00a0", " ")
        assert "L’évaluation dit « femme seule » ; les personnes inscrites ici font « femme avec 1 enfant »" in said
        row = Evaluation.objects.get(dossier=dossier)
        row.household_type, row.children = "FEMME_ISOLE_AVEC_ENFANT", "1"
        row.save(update_fields=["household_type", "children"])
        assert "L’évaluation dit" not in text_of(browser.get(page(dossier)))

    def test_the_header_names_the_children(self, browser: Client, dossier: Dossier) -> None:
        enter(dossier, "Mariam", birth_date=years_ago(9))
        enter(dossier, "Ibrahim", birth_date=years_ago(5))
        said = text_of(browser.get(f"/dossiers/{dossier.pk}/")).replace("\u00a0", " ")
        assert "deux enfants : Mariam, 9 ans, et Ibrahim, 5 ans." in said
        assert "Le ménage" in said

    def test_a_year_of_birth_is_about(self, browser: Client, dossier: Dossier) -> None:
        """Edge case of § 7: « 1984 », « environ 42 ans »."""
        enter(dossier, "Eusèbe", "AUTRE", birth_date=date(1984, 1, 1), birth_precision=Precision.YEAR)
        assert f"1984 (environ {TODAY().year - 1984} ans)" in text_of(browser.get(page(dossier)))

    def test_who_left_is_told_apart(self, browser: Client, dossier: Dossier) -> None:
        gone = enter(dossier, "Mariam")
        household.leave_household(dossier.pk, gone.pk, "SEPARATION", on=date(2024, 5, 4), by=None)
        answer = browser.get(page(dossier))
        assert [card.name for card in answer.context["former"]] == ["Mariam Arvillard"]
        assert "jusqu’au 4 mai 2024 : séparation" in text_of(answer).replace("\u00a0", " ")

    def test_without_the_right_to_names(self, cast: Cast, dossier: Dossier, client: Client) -> None:
        child = enter(dossier, "Mariam", birth_date=years_ago(9))
        household.note_animals(dossier.pk, NewAnimals(cats=2), by=None)
        grants.grant(dossier, to=cast["dpo"], reason="essai", by=None)
        client.force_login(cast["dpo"])
        said = text_of(client.get(page(dossier)))
        assert "Titulaire" in said
        assert "Enfant" in said
        for word in ("Mariam", "Arvillard", "9 ans", "chats", "Corriger", "Ajouter une personne"):
            assert word not in said
        assert client.get(page(dossier, f"{child.pk}/")).status_code == 404
        assert "Mariam" not in text_of(client.get(f"/dossiers/{dossier.pk}/parcours/"))

    def test_reads_without_changing(self, cast: Cast, dossier: Dossier, client: Client) -> None:
        stay = enter(dossier, "Mariam")
        grants.grant(dossier, to=cast["fol73"], reason="essai", by=None)
        client.force_login(cast["fol73"])
        said = text_of(client.get(page(dossier)))
        assert "Mariam Arvillard" in said
        assert "Ajouter une personne" not in said
        for end in ("ajouter/", "reunir/", f"{stay.pk}/depart/", f"{stay.pk}/separer/"):
            assert client.get(page(dossier, end)).status_code == 404

    def test_a_closed_dossier_offers_no_change(self, browser: Client, dossier: Dossier) -> None:
        other = make_dossier()
        household.unite_households(other.pk, dossier.pk, on=TODAY(), by=None)
        said = text_of(browser.get(page(dossier)))
        assert "réunion de deux ménages" in said
        assert "Ajouter une personne" not in said

    def test_the_stay_of_another_dossier_is_not_there(self, browser: Client, dossier: Dossier) -> None:
        other = Participant.objects.get(dossier=make_dossier())
        for end in ("", "corriger/", "depart/", "titulaire/", "separer/"):
            assert browser.get(page(dossier, f"{other.pk}/{end}")).status_code == 404

    def test_a_bounded_number_of_statements(self, browser: Client, dossier: Dossier) -> None:
        for rank in range(5):
            enter(dossier, f"Enfant{rank}", birth_date=years_ago(3 + rank))
        stay = enter(dossier, "Ysoline", "CONJOINT")
        made = household.split_household(dossier.pk, Split(stay.pk, TODAY()), by=None)
        keys.forget_all()
        assert counted(browser, f"/dossiers/{dossier.pk}/") <= 17, "however many they are"
        keys.forget_all()
        assert counted(browser, f"/dossiers/{made.pk}/") <= 19, "who was of another household"
        assert counted(browser, page(dossier)) <= 14
        assert counted(browser, f"/dossiers/{dossier.pk}/parcours/") <= 15


class TestByTheForms:
    def test_add_and_correct(self, browser: Client, dossier: Dossier) -> None:
        assert browser.post(page(dossier, "ajouter/"), MEMBER).status_code == 302
        stay = Participant.objects.get(dossier=dossier, role="ENFANT")
        assert (stay.person.name, stay.person.birth_date) == ("Mariam Revard", date(2017, 5, 4))
        assert MemberDetail.objects.get(participant=stay).custody == Custody.ALTERNEE
        form = browser.get(page(dossier, f"{stay.pk}/corriger/")).context["form"]
        assert {name: form.initial[name] or "" for name in MEMBER} == MEMBER
        sent = {**MEMBER, "use_name": "Glandon", "born": "2017", "custody": "D"}
        assert browser.post(page(dossier, f"{stay.pk}/corriger/"), sent).status_code == 302
        person = Person.objects.get(pk=stay.person_id)
        assert (person.name, person.birth_name, person.is_born_in_a_year) == ("Mariam Glandon", "Revard", True)

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"birth_name": "", "use_name": ""}, "Écrivez au moins un nom"),
            ({"born": "05/2017"}, "Écrivez le jour"),
            ({"born": "30/02/2017"}, "Écrivez une date qui existe"),
            ({"born": "2999"}, "Écrivez une date passée"),
            ({"role": "TITULAIRE"}, "Prenez une valeur de la liste"),
            ({"role": "AUTRE"}, "La garde se dit d’un enfant"),
            ({"joined_on": "01/01/2016"}, "avant la naissance"),
        ],
    )
    def test_wrong_answers_lose_nothing(
        self, browser: Client, dossier: Dossier, sent: dict[str, str], sentence: str
    ) -> None:
        answer = browser.post(page(dossier, "ajouter/"), {**MEMBER, **sent})
        assert (answer.status_code, sentence in text_of(answer)) == (422, True)
        assert b"Mariam" in answer.content
        assert Participant.objects.filter(dossier=dossier).count() == 1

    def test_the_titulaires_names(self, browser: Client, dossier: Dossier) -> None:
        stay = Participant.objects.get(dossier=dossier)
        answer = browser.get(page(dossier, f"{stay.pk}/corriger/"))
        assert "role" not in answer.context["form"].fields
        assert answer.context["form"].initial["birth_name"] == stay.person.last_name
        sent = {name: MEMBER[name] for name in MEMBER if name not in ("role", "relation", "custody")}
        assert browser.post(page(dossier, f"{stay.pk}/corriger/"), sent).status_code == 302
        assert Participant.objects.get(pk=stay.pk).role == PersonRole.TITULAIRE

    def test_the_head_dies(self, browser: Client, dossier: Dossier) -> None:
        head, partner = Participant.objects.get(dossier=dossier), enter(dossier, "Ysoline", "CONJOINT")
        url = page(dossier, f"{head.pk}/depart/")
        sent = {"leaving": "DECES", "on": "04/05/2024"}
        assert browser.post(url, sent).status_code == 422, "who becomes titulaire is asked"
        assert browser.post(url, {**sent, "successor": str(partner.pk)}).status_code == 302
        assert Participant.objects.get(dossier=dossier, role="TITULAIRE").pk == partner.pk
        assert "demande de logement social" in text_of(browser.get(page(dossier)))

    def test_another_titulaire(self, browser: Client, dossier: Dossier) -> None:
        partner = enter(dossier, "Ysoline", "CONJOINT")
        sent = {"on": "04/05/2024", "former": "CONJOINT"}
        assert browser.post(page(dossier, f"{partner.pk}/titulaire/"), sent).status_code == 302
        assert Participant.objects.get(dossier=dossier, role="TITULAIRE").pk == partner.pk

    def test_part_and_unite(self, browser: Client, dossier: Dossier) -> None:
        partner, child = enter(dossier, "Ysoline", "CONJOINT"), enter(dossier, "Mariam")
        head = Participant.objects.get(dossier=dossier, role="TITULAIRE")
        sent = {"on": "04/05/2024", f"goes_{child.pk}": Goes.SHARED.value, f"goes_{head.pk}": Goes.STAYS.value}
        answer = browser.post(page(dossier, f"{partner.pk}/separer/"), sent)
        made = Dossier.objects.get(predecessor=dossier)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/dossiers/{made.pk}/")
        assert browser.get(f"/dossiers/{made.pk}/").status_code == 200
        wrong = {"reference": "LDA-0000-RIEN", "on": "04/05/2025", "place": "CONJOINT"}
        refused = browser.post(page(dossier, "reunir/"), wrong)
        assert (refused.status_code, "Aucun dossier qui vous est ouvert" in text_of(refused)) == (422, True)
        heard = made.reference.replace("-", " ").lower()
        assert browser.post(page(dossier, "reunir/"), {**wrong, "reference": heard}).status_code == 302
        assert Dossier.objects.get(pk=made.pk).state == State.CLOS

    def test_a_hidden_dossier_answers_as_one_that_does_not_exist(self, browser: Client, dossier: Dossier) -> None:
        hidden = make_dossier()
        hidden.group_grants.all().delete()
        sent = {"reference": hidden.reference, "on": "04/05/2025", "place": "CONJOINT"}
        assert "Aucun dossier qui vous est ouvert" in text_of(browser.post(page(dossier, "reunir/"), sent))

    def test_a_birth(self, browser: Client, dossier: Dossier) -> None:
        soon = TODAY() + timedelta(days=30)
        assert browser.post(page(dossier, "naissance/"), {"expected_on": f"{soon:%d/%m/%Y}"}).status_code == 302
        birth = ExpectedBirth.objects.get(dossier=dossier)
        sent = {"first_name": "Aube", "birth_name": "Revard", "sex": "", "born": f"{TODAY():%d/%m/%Y}"}
        year = browser.post(page(dossier, f"naissance/{birth.pk}/"), {**sent, "born": f"{TODAY().year}"})
        assert (year.status_code, "Écrivez le jour de la naissance" in text_of(year)) == (422, True)
        assert browser.post(page(dossier, f"naissance/{birth.pk}/"), sent).status_code == 302
        assert Person.objects.get(pk=birth.pk).name == "Aube Revard"
        other = household.expect_birth(dossier.pk, soon, by=None)
        assert browser.post(page(dossier, f"naissance/{other.pk}/retirer/"), {}).status_code == 302
        assert not ExpectedBirth.objects.filter(closed_at=None).exists()

    def test_animals(self, browser: Client, dossier: Dossier) -> None:
        sent = {"dogs": "1", "dog_category": "2", "cats": "", "others": ""}
        assert browser.post(page(dossier, "animaux/"), sent).status_code == 302
        assert HouseholdAnimals.objects.get(dossier=dossier).dog_category == "2"
        wrong = browser.post(page(dossier, "animaux/"), {**sent, "dogs": "0"})
        assert (wrong.status_code, "combien il y en a" in text_of(wrong)) == (422, True)


def test_the_households_of_a_person_are_those_that_one_sees(cast: Cast, browse: Callable[[str], Client]) -> None:
    dossier = make_dossier()
    stay = enter(dossier, "Ysoline", "CONJOINT")
    made = household.split_household(dossier.pk, Split(stay.pk, date(2024, 5, 4)), by=None)
    mine = Participant.objects.get(dossier=made)
    answer = browse("siao").get(page(made, f"{mine.pk}/"))
    said = text_of(answer)
    assert [row.dossier_id for row, *_ in answer.context["stays"]] == [dossier.pk, made.pk]
    assert "un dossier à son nom" in said
    grants.grant(made, to=cast["fol73"], reason="essai", by=None)
    hers = browse("fol73").get(page(made, f"{mine.pk}/"))
    assert [row.dossier_id for row, *_ in hers.context["stays"]] == [made.pk]
    assert dossier.reference not in text_of(hers)


def counted(client: Client, address: str) -> int:
    with CaptureQueriesContext(connections["default"]) as one, CaptureQueriesContext(connections["keystore"]) as two:
        assert client.get(address).status_code == 200
    sent = [each["sql"] for each in (*one.captured_queries, *two.captured_queries)]
    return len([sql for sql in sent if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))])
