"""Instruction decisions: what they propose, what they bring, coming back after them, coming back after the end."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.grants import grant
from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    Custody,
    Dossier,
    DossierEvent,
    DossierGroupGrant,
    EventKind,
    Leaving,
    Motive,
    MotiveLevel,
    Outcome,
    Participant,
    PersonRole,
    State,
)
from cases.dossiers.operations import NewMember, follow_on, household, months_of, proposed_review
from cases.dossiers.operations.household.common import detail_of
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.dossiers.acts import prepared
from tests.factories import make_dossier
from tests.fixtures import Cast, at_once, refusal, text_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def act(dossier: Dossier, name: str) -> str:
    return reverse("dossiers:act", args=[dossier.pk, name])


@pytest.fixture
def browser(siao: User, client: Client) -> Client:
    client.force_login(siao)
    return client


@pytest.fixture
def closed(siao: User) -> Dossier:
    """Closed today, two persons in it."""
    dossier = make_dossier(referent=siao)
    operations.add_member(dossier.pk, NewMember("Orsel", "Anselme", "M", None, PersonRole.ENFANT), by=siao)
    return operations.close(dossier.pk, by=siao, on=TODAY(), outcome=Outcome.INCARCERATION.value)


class TestReview:
    @pytest.mark.parametrize(
        ("motive", "on", "expected"),
        [
            ("AJOURNE_DETTE_LOCATIVE", date(2026, 11, 30), date(2027, 3, 1)),  # 28 February is a Sunday
            ("AJOURNE_JUSTIFICATIFS_ABSENTS", date(2026, 12, 30), date(2027, 2, 1)),  # 30 January, a Saturday
            ("AJOURNE_RELOGE_AUTRE_DISPOSITIF", date(2026, 8, 31), date(2027, 3, 1)),
            ("AJOURNE_AUTRE", date(2023, 11, 29), date(2024, 2, 29)),
            ("INVENTE", date(2026, 1, 15), date(2026, 4, 15)),
        ],
    )
    def test_by_motive_on_a_working_day(self, motive: str, on: date, expected: date) -> None:
        assert proposed_review(motive, on) == expected

    @given(st.dates(date(2020, 1, 1), date(2060, 1, 1)), st.sampled_from(["AJOURNE_DETTE_LOCATIVE", "AUTRE"]))
    def test_always_later_and_never_at_the_weekend(self, on: date, motive: str) -> None:
        review = proposed_review(motive, on)
        assert review.weekday() < 5
        assert timedelta(days=28 * months_of(motive)) < review - on <= timedelta(days=31 * months_of(motive) + 3)

    def test_left_empty_the_date_is_that_of_the_motive(self, browser: Client, siao: User) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        asked = " ".join(text_of(browser.get(act(dossier, "adjourn"))).split())
        assert "Ajournée : dettes locatives (dans 3 mois)" in asked
        browser.post(act(dossier, "adjourn"), {"motive": "AJOURNE_JUSTIFICATIFS_ABSENTS", "review_on": ""})
        found = Dossier.objects.get(pk=dossier.pk)
        assert found.review_on == proposed_review("AJOURNE_JUSTIFICATIFS_ABSENTS", TODAY())

    def test_when_its_day_is_past_the_dossier_says_so(self, browser: Client) -> None:
        late, waiting = make_dossier("adjourned"), make_dossier("adjourned")
        Dossier.objects.filter(pk=late.pk).update(review_on=TODAY() - timedelta(days=3))
        Dossier.objects.filter(pk=waiting.pk).update(review_on=TODAY() + timedelta(days=3))
        assert "La date de réexamen est passée" in text_of(browser.get(late.get_absolute_url()))
        assert "La date de réexamen est passée" not in text_of(browser.get(waiting.get_absolute_url()))
        assert "Réexaminer" in text_of(browser.get("/"))


class TestEndings:
    """A household rehoused elsewhere is not waited for: one is asked, and may go on."""

    def test_not_retained_is_proposed_instead(self, browser: Client, siao: User) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        sent = {"motive": "AJOURNE_RELOGE_AUTRE_DISPOSITIF", "note": "Il est logé en résidence."}
        asked = browser.post(act(dossier, "adjourn"), sent)
        said = text_of(asked)
        assert asked.status_code == 200
        assert "Ce motif dit que le parcours s’achève" in said
        assert "Ajourner malgré tout" in said
        assert act(dossier, "decline") in asked.content.decode()
        assert "Il est logé en résidence." in said, "what was typed stays"
        assert Dossier.objects.get(pk=dossier.pk).state == State.EVALUE
        browser.post(act(dossier, "adjourn"), sent | {"malgre_tout": "1"})
        assert Dossier.objects.get(pk=dossier.pk).state == State.AJOURNE

    def test_other_motives_are_not_asked_twice(self, browser: Client, siao: User) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        assert browser.post(act(dossier, "adjourn"), {"motive": "AJOURNE_DETTE_LOCATIVE"}).status_code == 302


class TestConsequences:
    @pytest.mark.parametrize("name", ["adjourn", "decline"])
    def test_they_are_said_before(self, browser: Client, siao: User, name: str) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        said = text_of(browser.get(act(dossier, name)))
        assert "Maraude des Bauges recevra un courriel, sans nom ni décision." in said
        assert "Le courrier pour le ménage sera prêt" in said

    def test_without_a_prescripteur_nobody_is_named(self, browser: Client, siao: User) -> None:
        dossier = make_dossier(referent=siao)
        assert "recevra un courriel" not in text_of(browser.get(act(dossier, "decline")))

    def test_other_acts_have_none_to_tell(self, siao: User) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        assert operations.consequences(dossier, "declare_ready") == []


def test_presented_again_the_history_tells_which_passage(browser: Client, siao: User) -> None:
    """Put off by the commission, examined again, ready again, presented again."""
    dossier = prepared(State.PRET, referent=siao)
    today = TODAY()
    operations.present(dossier.pk, by=None, on=today - timedelta(days=40))
    later = today + timedelta(days=30)
    operations.adjourn_in_session(dossier.pk, by=None, on=today - timedelta(days=40), review_on=later)
    assert "2ᵉ passage" not in text_of(browser.get(dossier.get_absolute_url()))
    operations.reexamine(dossier.pk, by=siao, on=today - timedelta(days=30), note="Un plan est en place.")
    operations.complete_evaluation(dossier.pk, by=siao, on=today - timedelta(days=20))
    operations.declare_ready(dossier.pk, by=siao, on=today - timedelta(days=10))
    operations.present(dossier.pk, by=None, on=today)
    said = text_of(browser.get(dossier.get_absolute_url()))
    assert said.count("Présentation en commission, 2ᵉ passage.") == 1
    assert "3ᵉ passage" not in said


class TestTheSameEpisode:
    def test_out_of_prison_it_goes_on(self, browser: Client, closed: Dossier, cast: Cast) -> None:
        choice = text_of(browser.get(reverse("dossiers:resume", args=[closed.pk])))
        assert "La même histoire continue" in choice
        assert "Une nouvelle situation commence" in choice
        assert "rouvrir est proposé" in choice
        asked = text_of(browser.get(act(closed, "reopen")))
        assert "Sortie de détention" in asked
        browser.post(act(closed, "reopen"), {"motive": "SORTIE_DETENTION", "note": "Le même accompagnement reprend."})
        found = Dossier.objects.get(pk=closed.pk)
        assert (found.state, found.closed_on) == (State.EN_EVALUATION, None)
        assert DossierEvent.objects.filter(dossier=closed).latest("recorded_at").motive == "SORTIE_DETENTION"
        assert "sortie de détention" in text_of(browser.get(closed.get_absolute_url()))

    def test_why_is_read_by_who_instructs_alone(self, closed: Dossier, cast: Cast, client: Client) -> None:
        operations.reopen(closed.pk, by=cast["siao"], on=TODAY(), motive="SORTIE_DETENTION")
        grant(closed, to=cast["fol73"], reason="test", by=None)
        client.force_login(cast["fol73"])
        for page in (closed.get_absolute_url(), reverse("dossiers:journal", args=[closed.pk])):
            assert "détention" not in text_of(client.get(page))
        assert "DETENTION" not in str(list(Entry.objects.values()))

    @pytest.mark.parametrize("motive", ["", "DECES", "AJOURNE_AUTRE", "INVENTE"])
    def test_its_motive_is_of_its_list(self, closed: Dossier, siao: User, motive: str) -> None:
        with pytest.raises(OperationRefused, match="motif dans la liste"):
            operations.reopen(closed.pk, by=siao, on=TODAY(), motive=motive)

    def test_its_motives_are_kept_in_the_settings(self, cast: Cast, client: Client) -> None:
        client.force_login(cast["coordination"])
        assert "Retour à la rue" in text_of(client.get(reverse("desk:motives")))
        assert Motive.objects.filter(level=MotiveLevel.REPRISE, is_active=True).count() == 9

    def test_a_motive_of_no_level_is_refused_by_postgresql(self) -> None:
        said = refusal(lambda: Motive.objects.filter(pk="RETOUR_RUE").update(level="AILLEURS"))
        assert said.diag.constraint_name == "motive_level"


class TestAnotherDossier:
    def test_it_follows_the_former_with_persons_and_number(self, browser: Client, closed: Dossier, siao: User) -> None:
        answer = browser.post(reverse("dossiers:resume", args=[closed.pk]), follow=True)
        made = Dossier.objects.get(predecessor=closed)
        assert f"Le dossier {made.reference} est ouvert" in text_of(answer)
        assert (made.state, made.household_id) == (State.REPERE, closed.household_id)
        assert made.reference != closed.reference
        people = {dossier: set(dossier.participants.values_list("person", "role")) for dossier in (closed, made)}
        assert people[made] == people[closed]
        assert len(people[made]) == 2
        assert made.housing_requests.get().number == closed.housing_requests.get().number
        assert made.evaluations.count() == 0
        assert Dossier.objects.get(pk=closed.pk).state == State.CLOS
        assert closed.reference in text_of(browser.get(made.get_absolute_url()))
        assert made.reference in text_of(browser.get(closed.get_absolute_url()))
        assert Entry.objects.get(event="dossier.followed_on").target_id == made.pk

    def test_old_openings_do_not_follow(self, closed: Dossier, cast: Cast) -> None:
        grant(closed, to=cast["fol73"], reason="test", by=None)
        with acting_as(cast["siao"]):
            made = follow_on(closed.pk, by=cast["siao"], on=TODAY())
        assert DossierGroupGrant.objects.filter(content_object=made).count() == 1
        with acting_as(cast["fol73"]):
            assert not Dossier.objects.filter(pk=made.pk).exists()

    def test_a_protected_one_is_followed_by_a_protected_one(self, cast: Cast) -> None:
        siao, animation = cast["siao"], cast["animation"]
        dossier = make_dossier(referent=siao)
        with acting_as(siao):
            operations.protect(dossier.pk, [siao, animation], by=siao)
            operations.close(dossier.pk, by=siao, on=TODAY(), outcome=Outcome.INCARCERATION.value)
            made = follow_on(dossier.pk, by=siao, on=TODAY())
        assert Dossier.objects.get(pk=made.pk).is_protected
        for account, sees in (("siao", True), ("animation", True), ("siao2", False), ("fol73", False)):
            with acting_as(cast[account]):
                assert Dossier.objects.visible_to(cast[account]).filter(pk=made.pk).exists() is sees, account
                assert Participant.objects.filter(dossier=made.pk).exists() is sees, account

    def test_who_left_stays_gone_and_what_they_are_to_each_other_is_kept(self, siao: User) -> None:
        dossier = make_dossier(referent=siao)
        for name, role in (("Anselme", PersonRole.CONJOINT), ("Lise", PersonRole.ENFANT), ("Luc", PersonRole.ENFANT)):
            operations.add_member(dossier.pk, NewMember("Orsel", name, None, date(2012, 3, 4), role), by=siao)
        stays = {stay.person.first_name: stay for stay in dossier.participants.select_related("person")}
        detail = detail_of(stays["Lise"])
        detail.custody = Custody.ALTERNEE
        detail.save()
        former = dossier.participants.get(role=PersonRole.TITULAIRE)
        for gone, heir in ((stays["Luc"], None), (former, stays["Anselme"].pk)):
            household.leave_household(dossier.pk, gone.pk, Leaving.SEPARATION, on=TODAY(), by=siao, successor=heir)
        operations.close(dossier.pk, by=siao, on=TODAY(), outcome=Outcome.INCARCERATION.value)
        made = follow_on(dossier.pk, by=siao, on=TODAY())
        came = {stay.person.first_name: stay for stay in made.participants.select_related("person")}
        assert {name: stay.role for name, stay in came.items()} == {
            "Anselme": PersonRole.TITULAIRE,
            "Lise": PersonRole.ENFANT,
        }
        assert detail_of(came["Lise"]).custody == Custody.ALTERNEE
        assert {known.person_id for known in made.housing_requests.all()} == {came["Anselme"].person_id}

    def test_once(self, closed: Dossier, siao: User) -> None:
        made = follow_on(closed.pk, by=siao, on=TODAY())
        with pytest.raises(OperationRefused, match=made.reference):
            follow_on(closed.pk, by=siao, on=TODAY())

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_open_one(self, closed: Dossier, siao: User) -> None:
        outcomes = at_once(*[partial(follow_on, closed.pk, by=siao, on=TODAY())] * 2)
        assert sorted(type(error).__name__ for error in outcomes) == ["NoneType", "OperationRefused"]
        assert Dossier.objects.filter(predecessor=closed).count() == 1

    def test_not_while_the_former_goes_on(self, browser: Client, siao: User) -> None:
        dossier = make_dossier(referent=siao)
        with pytest.raises(OperationRefused, match="n’est pas clos"):
            follow_on(dossier.pk, by=siao, on=TODAY())
        said = text_of(browser.post(reverse("dossiers:resume", args=[dossier.pk]), follow=True))
        assert "Ce dossier n’est pas clos" in said
        assert not Dossier.objects.filter(predecessor=dossier).exists()

    @pytest.mark.parametrize("account", ["animation", "fol73", "sante", "prescripteur", "etranger"])
    def test_by_who_instructs_alone(self, closed: Dossier, cast: Cast, client: Client, account: str) -> None:
        client.force_login(cast[account])
        url = reverse("dossiers:resume", args=[closed.pk])
        assert client.get(url).status_code == client.post(url).status_code == 404
        with pytest.raises(NotAllowed):
            follow_on(closed.pk, by=cast[account], on=TODAY())

    def test_an_unknown_dossier_has_no_page(self, browser: Client) -> None:
        assert browser.get(reverse("dossiers:resume", args=[uuid4()])).status_code == 404

    def test_after_a_year_it_is_what_is_proposed(self, browser: Client, siao: User) -> None:
        dossier = make_dossier(referent=siao)
        long_ago = TODAY() - timedelta(days=400)
        operations.close(dossier.pk, by=siao, on=long_ago, outcome=Outcome.MAINTIEN_SANS_DETTE.value)
        said = text_of(browser.get(reverse("dossiers:resume", args=[dossier.pk])))
        assert "un dossier à la suite est proposé" in said
        assert not operations.is_same_episode(Dossier.objects.get(pk=dossier.pk), TODAY())

    def test_the_figures_count_two_situations(self, closed: Dossier, siao: User) -> None:
        made = follow_on(closed.pk, by=siao, on=TODAY())
        assert made.events.filter(kind=EventKind.STATE).count() == 1
        assert Dossier.objects.filter(household=closed.household).count() == 2
