"""Persons who may be one: how sure, noticed when and by whom, answered once, and never shown to who sees but one."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts import grants
from accounts.models import Organisation, User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    Channel,
    Dossier,
    Level,
    Likeness,
    Participant,
    PersonLink,
    PersonRole,
    State,
    Verdict,
    Why,
)
from cases.dossiers.operations import NewDossier, NewMember, household
from cases.dossiers.operations.conditions import conditions_of, known
from cases.dossiers.operations.indexing import LOOK, Known
from cases.dossiers.operations.likeness import Compared, compare, notice
from core import outbox
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.factories import make_dossier
from tests.fixtures import Cast, as_role, execute, refusal, text_of

pytestmark = pytest.mark.django_db
BORN = date(1979, 5, 3)
ON = date(2026, 11, 2)


@pytest.fixture
def browser(siao: User) -> Client:
    client = Client()
    client.force_login(siao)
    return client


def known_as(last: str, first: str | None = None, born: date | None = BORN, number: str = "") -> Known:
    return Known((last,), first, born, (number,) if number else ())


def older(siao: User, **facts: object) -> Dossier:
    """A dossier of D’Ambrosio Didier, imported."""
    told = {"last_name": "D’Ambrosio", "first_name": "Didier", "birth_date": BORN, "unique_number": None}
    return make_dossier(referent=siao, **{**told, **facts})  # type: ignore[arg-type]


def newer(
    by: User | None,
    last: str = "Ambrosio",
    first: str | None = "Didier",
    born: date | None = BORN,
    body: Organisation | None = None,
) -> Dossier:
    """The same, who comes back."""
    told = operations.Answer("ORALLY", agreed_on=ON)
    entry = operations.NewEntry(Channel.PRESCRIPTION, answer=told) if body else None
    return operations.open_dossier(NewDossier(last, first, "M", born, prescripteur=body, entry=entry), by=by, on=ON)


class TestComparing:
    @pytest.mark.parametrize(
        ("one", "other", "level", "reasons"),
        [
            (("D’Ambrosio", "Didier"), ("Ambrosio", "Didier"), "CERTAIN", "SAME_NAME SAME_FIRST_NAME SAME_DATE"),
            (("Benmekhlouf", "Mohamed"), ("Benmeklouf", "Mohammed"), "PROBABLE", "NEAR_NAME NEAR_FIRST_NAME SAME_DATE"),
            (("Benmekhlouf", "Mohamed", date(1975, 6, 9)), ("Ben Makhlouf", "Muhammad", date(1975, 9, 6)), "POSSIBLE",
             "NEAR_NAME NEAR_FIRST_NAME NEAR_DATE"),
            (("Didier", "Ambrosio"), ("Ambrosio", "Didier"), "CERTAIN", "SWAPPED_NAME SAME_DATE"),
            (("Ferreirinha Bonneval", "Tiago"), ("Bonneval Ferreirinha", "Tiago"), "CERTAIN",
             "SAME_NAME SAME_FIRST_NAME SAME_DATE"),
            (("Tenzinlhamo", None), ("Tenzinlhamo", "Pema"), "PROBABLE", "SAME_NAME NO_FIRST_NAME SAME_DATE"),
            (("Morel", "Anne"), ("Quatrevaux", "Anne"), "POSSIBLE", "SAME_FIRST_NAME SAME_DATE"),
            (("Vasconcelhos", "Duarte"), ("Vasconcelhos", "Inês"), None, ""),  # twins
            (("Morel", "Anne", None), ("Morel", "Anne"), "POSSIBLE", "SAME_NAME SAME_FIRST_NAME NO_DATE"),
            (("Morel", "Anne", date(1979, 3, 5)), ("Morel", "Anne"), "PROBABLE",
             "SAME_NAME SAME_FIRST_NAME NEAR_DATE"),
            (("Morel", "Anne", date(1979, 1, 1)), ("Morel", "Anne"), "PROBABLE",
             "SAME_NAME SAME_FIRST_NAME NEAR_DATE"),
            (("Morel", "Anne", date(1978, 5, 3)), ("Morel", "Anne"), "PROBABLE",
             "SAME_NAME SAME_FIRST_NAME NEAR_DATE"),
            (("Morel", "Anne", date(1979, 11, 24)), ("Morel", "Anne"), "POSSIBLE",
             "SAME_NAME SAME_FIRST_NAME SAME_YEAR"),
            (("Morel", "Anne", date(1961, 11, 24)), ("Morel", "Anne"), None, ""),
            (("Morel", "Anne"), ("Quatrevaux", "Yves"), None, ""),
        ],
    )  # fmt: skip
    def test_by_names_and_dates(
        self, one: tuple[Any, ...], other: tuple[Any, ...], level: str | None, reasons: str
    ) -> None:
        expected = Compared(Level(level), tuple(Why(code) for code in reasons.split())) if level else None
        assert compare(known_as(*one), known_as(*other)) == expected
        assert compare(known_as(*other), known_as(*one)) == expected

    def test_by_the_unique_number(self) -> None:
        one = known_as("Morel", "Anne", BORN, "073 0425 000007 XTEST")
        assert compare(one, known_as("Morel", "Anna", None, "0730425000007xtest")) == Compared(
            Level.CERTAIN, (Why.SAME_NUMBER, Why.SAME_NAME, Why.NEAR_FIRST_NAME, Why.NO_DATE)
        )
        couple = compare(one, known_as("Quatrevaux", "Yves", date(1975, 1, 9), "0730425000007XTEST"))
        assert couple == Compared(Level.PROBABLE, (Why.SAME_NUMBER,))


class TestNoticing:
    def test_at_once_for_who_opens_and_sees(self, siao: User) -> None:
        before = older(siao)
        with acting_as(siao):
            dossier = newer(siao)
        (told,) = operations.likenesses_awaiting(siao)
        assert {told.one_id, told.other_id} == {_person(before), _person(dossier)}
        assert told.level == Level.CERTAIN
        assert list(Likeness.objects.open().of_dossier(dossier)) == [told]

    def test_by_the_worker_for_who_opens_without_seeing(self, cast: Cast, siao: User) -> None:
        """A prescripteur learns nothing; the SIAO is told."""
        older(siao)
        with acting_as(cast["prescripteur"]):
            newer(cast["prescripteur"], body=cast["prescripteur"].memberships.get().organisation)
            assert not Likeness.objects.exists()
        assert not Likeness.objects.exists()
        with as_role("seuil_worker"):
            assert outbox.relay("likeness.look") == 2
            assert outbox.relay("likeness.look") is None
        assert Likeness.objects.count() == 1
        for account, count in (
            ("siao", 1),
            ("siao2", 1),
            ("prescripteur", 0),
            ("fol73", 0),
            ("sante", 0),
            ("admin", 0),
        ):
            with acting_as(cast[account]):
                assert Likeness.objects.count() == count, account
                awaiting = operations.likenesses_awaiting(cast[account]).count()
                assert awaiting == (1 if account in {"siao", "siao2"} else 0), account

    def test_with_a_protected_dossier_nobody_but_who_sees_both(self, cast: Cast, siao: User) -> None:
        before = older(siao)
        Dossier.objects.filter(pk=before.pk).update(is_protected=True)
        execute("UPDATE dossiers_dossier SET open_to = '{}' WHERE id = %s", before.pk)
        with acting_as(siao):
            dossier = newer(siao)
            assert not Likeness.objects.exists()
        with as_role("seuil_worker"):
            notice(dossier.pk)
        with acting_as(siao):
            assert not Likeness.objects.exists()
            assert known(Dossier.objects.get(pk=dossier.pk)).likenesses == 0
        grants.grant(before, to=siao, reason="essai", by=None)
        with acting_as(siao):
            assert Likeness.objects.count() == 1

    def test_when_a_member_comes(self, siao: User) -> None:
        older(siao)
        dossier = make_dossier(referent=siao, birth_date=None, unique_number=None)
        who = household.Identity("Dambrosio", first_name="Didier", birth_date=BORN)
        household.enter_household(dossier.pk, who, household.Place(PersonRole.CONJOINT), on=None, by=siao)
        assert Likeness.objects.get().level == Level.CERTAIN, "with or without its apostrophe"

    def test_when_a_child_is_born(self, siao: User) -> None:
        """The same child may have been met with her other parent."""
        born = ON - timedelta(days=3)
        older(siao, first_name="Lise", birth_date=born)
        dossier = make_dossier(referent=siao, birth_date=None, unique_number=None)
        birth = household.expect_birth(dossier.pk, timezone.localdate(), by=siao)
        assert not Likeness.objects.exists()
        household.record_birth(
            dossier.pk, birth.pk, household.Identity("Ambrosio", first_name="Lise", birth_date=born), by=siao
        )
        assert Likeness.objects.get().level == Level.CERTAIN

    def test_when_a_name_is_corrected(self, siao: User) -> None:
        older(siao)
        dossier = newer(siao, last="Orsel", first="Anselme", born=None)
        assert not Likeness.objects.exists()
        stay = dossier.participants.get()
        who = household.Identity("Ambrosio", first_name="Didier", birth_date=BORN)
        household.correct_member(dossier.pk, stay.pk, who, household.Place(stay.role), on=None, by=siao)
        assert Likeness.objects.get().level == Level.CERTAIN

    def test_when_who_was_met_without_a_name_gives_it(self, siao: User) -> None:
        """Who meets does not instruct: the worker looks, and the SIAO is told."""
        older(siao)
        met = NewDossier(None, None, "M", None, known_as="le monsieur au chien roux")
        dossier = operations.open_dossier(met, by=siao, on=ON)
        asked = OutboxMessage.objects.filter(task=LOOK, payload__dossier=str(dossier.pk))
        before = asked.count()
        operations.give_name(dossier.pk, operations.NewName("Ambrosio", "Didier", BORN), by=None)
        assert (asked.count(), Likeness.objects.count()) == (before + 1, 0)
        assert notice(dossier.pk) == 1

    def test_when_a_unique_number_is_learnt(self, siao: User) -> None:
        older(siao, unique_number="0731126000019XTEST", birth_date=None)
        dossier = newer(siao, last="Dambrozio", born=None)
        Likeness.objects.all().delete()
        operations.renew_request(dossier.pk, on=ON, number="0731126000019XTEST", by=siao)
        assert Why.SAME_NUMBER in Likeness.objects.get().reasons

    def test_members_of_one_household_are_not_compared(self, siao: User) -> None:
        dossier = older(siao)
        operations.add_member(dossier.pk, NewMember("Ambrosio", "Didier", None, BORN, PersonRole.AUTRE), by=siao)
        assert not Likeness.objects.exists()

    def test_a_pair_is_noticed_once(self, siao: User) -> None:
        before = older(siao)
        dossier = newer(siao)
        assert notice(dossier.pk) == notice(before.pk) == 0
        assert Likeness.objects.count() == 1


class TestAnswering:
    def test_two_persons_is_remembered_both_ways_and_may_be_taken_back(self, siao: User) -> None:
        before = older(siao)
        dossier = newer(siao)
        likeness = Likeness.objects.get()
        operations.say_apart(likeness.pk, by=siao)
        assert notice(dossier.pk) == notice(before.pk) == 0
        assert not operations.likenesses_awaiting(siao).exists()
        assert not PersonLink.objects.exists()
        operations.take_back(likeness.pk, by=siao)
        assert list(operations.likenesses_awaiting(siao)) == [likeness]
        told = Entry.objects.filter(event="likeness.answered", dossier_id=before.pk).order_by("recorded_at")
        assert [entry.codes["answer"] for entry in told] == ["APART", "TAKEN_BACK"]

    def test_answered_once(self, siao: User, cast: Cast) -> None:
        older(siao)
        newer(siao)
        likeness = Likeness.objects.get()
        operations.say_same(likeness.pk, by=siao)
        for again in (operations.say_same, operations.say_apart):
            with pytest.raises(OperationRefused, match="déjà répondu"):
                again(likeness.pk, by=cast["siao2"])
        assert Likeness.objects.get().answered_by == siao

    @pytest.mark.parametrize("account", ["prescripteur", "fol73", "sante", "dpo", "admin", "etranger"])
    def test_who_does_not_instruct_answers_nothing(self, cast: Cast, siao: User, account: str) -> None:
        older(siao)
        newer(siao)
        with pytest.raises(NotAllowed):
            operations.say_same(Likeness.objects.get().pk, by=cast[account])

    def test_who_sees_one_only_answers_nothing(self, siao: User) -> None:
        before = older(siao)
        newer(siao)
        likeness = Likeness.objects.get()
        Dossier.objects.filter(pk=before.pk).update(is_protected=True)
        execute("UPDATE dossiers_dossier SET open_to = '{}' WHERE id = %s", before.pk)
        with pytest.raises(OperationRefused, match="ne vous est plus ouvert"):
            operations.say_same(likeness.pk, by=siao)
        with acting_as(siao), pytest.raises(Likeness.DoesNotExist):
            operations.say_same(likeness.pk, by=siao)


class TestGuard:
    def test_the_evaluation_begins_once_answered(self, siao: User) -> None:
        older(siao)
        dossier = _prescribed(newer(siao), siao)
        (condition,) = [c for c in conditions_of("start_evaluation", known(dossier), today=ON) if not c.is_met]
        assert condition.of_people
        with pytest.raises(OperationRefused, match="est-ce la même personne"):
            operations.start_evaluation(dossier.pk, by=siao, on=ON)
        operations.say_apart(Likeness.objects.get().pk, by=siao)
        assert operations.start_evaluation(dossier.pk, by=siao, on=ON).state == State.EN_EVALUATION

    def test_it_begins_when_nobody_resembles(self, siao: User) -> None:
        dossier = _prescribed(newer(siao, "Quatrevaux"), siao)
        assert operations.start_evaluation(dossier.pk, by=siao, on=ON).state == State.EN_EVALUATION

    def test_the_system_passes_over_it(self, siao: User) -> None:
        older(siao)
        dossier = _prescribed(newer(siao), siao)
        assert operations.start_evaluation(dossier.pk, by=None, on=ON).state == State.EN_EVALUATION


class TestPages:
    def test_from_the_opening_to_the_answer(self, browser: Client, siao: User) -> None:
        before = older(siao, reference="LDA-2022-099")
        form = {"last_name": "Ambrosio", "first_name": "Didier", "birth_date": "03/05/1979", "on": "02/11/2026"}
        form |= {"informed": "ORALLY", "agreed": "OUI", "needs": "Un logement.", "urgency": "SOON"}
        page = browser.post("/dossiers/nouveau/?voie=VEILLE_115", form, follow=True)
        dossier = Dossier.objects.exclude(pk=before.pk).get()
        assert page.redirect_chain[-1][0] == f"/dossiers/{dossier.pk}/doublons/"
        shown = text_of(page)
        assert "Cette personne en a peut-être déjà un." in shown
        assert "Presque certain" in shown
        likeness = Likeness.objects.get()
        side = browser.get(f"/dossiers/doublons/{likeness.pk}/")
        told = text_of(side)
        for fact in ("D’Ambrosio", "Ambrosio", "03/05/1979", "LDA-2022-099", "Même nom, même prénom, même date"):
            assert fact in told
        assert "différent" in told, "the family names are not written alike"
        answered = browser.post(f"/dossiers/doublons/{likeness.pk}/repondre/", {"reponse": "meme"}, follow=True)
        assert "Les deux personnes sont reliées" in text_of(answered)
        mine = text_of(browser.get(dossier.get_absolute_url()))
        assert "Autres dossiers de cette personne" in mine
        assert "LDA-2022-099" in mine

    @pytest.mark.parametrize(
        ("answer", "said", "state"),
        [("deux", "ce sont deux personnes", Verdict.APART), ("autre", "Choisissez l’une des réponses", None)],
    )
    def test_the_other_answers(self, browser: Client, siao: User, answer: str, said: str, state: str | None) -> None:
        older(siao)
        newer(siao)
        likeness = Likeness.objects.get()
        address = f"/dossiers/doublons/{likeness.pk}/repondre/"
        page = browser.post(address, {"reponse": answer}, follow=True)
        assert said in text_of(page)
        assert Likeness.objects.get().answer == state
        assert browser.get(address).headers["Location"] == "/"

    def test_the_list_and_what_is_left_of_it(self, browser: Client, siao: User) -> None:
        older(siao)
        newer(siao)
        newer(siao, "Dambrosiaux")
        page = browser.get("/dossiers/doublons/")
        assert [pair.level for pair in page.context["pairs"]] == ["presque certain", "probable", "possible"]
        for likeness in Likeness.objects.all():
            operations.say_apart(likeness.pk, by=siao)
        assert "Aucun doublon à regarder" in text_of(browser.get("/dossiers/doublons/"))

    def test_the_act_says_what_it_waits_for_and_leads_there(self, browser: Client, siao: User) -> None:
        older(siao)
        dossier = _prescribed(newer(siao), siao)
        page = browser.get(dossier.get_absolute_url())
        assert "Une réponse : est-ce la même personne que dans un autre dossier ?" in text_of(page)
        assert f'href="/dossiers/{dossier.pk}/doublons/"' in page.content.decode()

    def test_who_sees_one_only_finds_no_page(self, browser: Client, siao: User) -> None:
        before = older(siao)
        newer(siao)
        likeness = Likeness.objects.get()
        Dossier.objects.filter(pk=before.pk).update(is_protected=True)
        execute("UPDATE dossiers_dossier SET open_to = '{}' WHERE id = %s", before.pk)
        for address in (f"/dossiers/doublons/{likeness.pk}/", f"/dossiers/doublons/{uuid4()}/"):
            assert browser.get(address).status_code == 404
            assert browser.post(f"{address}repondre/", {"reponse": "meme"}).status_code == 404
        assert "D’Ambrosio" not in text_of(browser.get("/dossiers/doublons/"))


class TestConstraints:
    def test_behind_the_back_of_the_operations(self, siao: User) -> None:
        one, other = sorted(_person(make_dossier()) for _ in range(2))
        rows: dict[str, dict[str, Any]] = {
            "likeness_in_order": {"one_id": other, "other_id": one},
            "likeness_level": {"level": "SURE"},
            "likeness_answer": {"answer": "OUI", "answered_at": timezone.now(), "answered_by": siao},
            "likeness_answered_by_somebody": {"answer": "SAME"},
        }
        told = {
            "one_id": one,
            "other_id": other,
            "level": "CERTAIN",
            "reasons": ["SAME_NAME"],
            "noticed_at": timezone.now(),
        }
        for name, wrong in rows.items():
            row = Likeness(**{**told, **wrong})
            assert name in str(refusal(partial(row.save, force_insert=True)))
        Likeness(**told).save(force_insert=True)
        assert "likeness_once" in str(refusal(partial(Likeness(**told).save, force_insert=True)))


def _person(dossier: Dossier) -> UUID:
    return Participant.objects.get(dossier=dossier, role=PersonRole.TITULAIRE).person_id


def _prescribed(dossier: Dossier, siao: User) -> Dossier:
    Dossier.objects.filter(pk=dossier.pk).update(referent=siao, prescripteur=siao.memberships.get().organisation)
    operations.complete_entry(dossier.pk, operations.Answer("ORALLY", agreed_on=ON), by=siao)
    return operations.prescribe(dossier.pk, by=siao, on=ON)
