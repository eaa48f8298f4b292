"""Linking persons, in any order, and undoing: classes are right, nothing is rewritten, what follows what is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, Likeness, Outcome, Participant, Person, PersonLink, PersonRole, State
from cases.dossiers.operations import NewDossier, linking
from cases.dossiers.operations.linking import unfollow
from core import outbox
from core.db import acting_as
from core.errors import OperationRefused
from reporting import operations as reporting
from reporting.models import FigureResult
from tests.factories import make_dossier
from tests.fixtures import Cast, at_once, execute, refusal, text_of
from vault.keystore import KEYSTORE, Dek

pytestmark = pytest.mark.django_db


def person_of(dossier: Dossier) -> UUID:
    return Participant.objects.get(dossier=dossier, role=PersonRole.TITULAIRE).person_id


def several(count: int) -> list[UUID]:
    """So many persons, in a dossier each, who resemble nobody in particular."""
    return [person_of(make_dossier(unique_number=None)) for _ in range(count)]


class Classes:
    """What links must make, told the plain way."""

    def __init__(self, people: list[UUID]) -> None:
        self.people, self.links = people, set[tuple[UUID, UUID]]()

    def of(self, person: UUID) -> set[UUID]:
        found, ahead = {person}, [person]
        while ahead:
            here = ahead.pop()
            for one, other in self.links:
                for near in {one, other} - found if here in (one, other) else set():
                    found.add(near)
                    ahead.append(near)
        return found


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 4)), max_size=14)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_links_and_their_undoing_in_any_order_keep_classes_right(
    siao: User, steps: list[tuple[bool, int, int]]
) -> None:
    PersonLink.objects.all().delete()
    people = list(Person.objects.order_by("created_at").values_list("pk", flat=True)) or several(5)
    plain = Classes(people)
    for is_link, at, beside in steps:
        one, other = people[at], people[beside]
        pair = (min(one, other), max(one, other))
        if not is_link:
            made = PersonLink.objects.live().filter(one=pair[0], other=pair[1]).first()
            if made is not None:
                operations.unlink(made.pk, by=siao)
                plain.links.discard(pair)
        elif one == other or other in plain.of(one):
            with pytest.raises(OperationRefused):
                operations.link(one, other, by=siao)
        else:
            operations.link(one, other, by=siao)
            plain.links.add(pair)
        for person in people:
            assert operations.same_as([person]) == plain.of(person)


class TestLinking:
    def test_a_circle_herself_and_twice_are_refused(self, siao: User) -> None:
        a, b, c = several(3)
        operations.link(a, b, by=siao)
        operations.link(c, b, by=siao)
        for one, other, said in ((a, c, "déjà reliées"), (a, b, "déjà reliées"), (a, a, "elle-même")):
            with pytest.raises(OperationRefused, match=said):
                operations.link(one, other, by=siao)
        assert operations.same_as([a]) == operations.same_as([c]) == {a, b, c}
        assert operations.same_as([]) == set()

    def test_what_is_answered_of_those_who_are_one_already(self, siao: User) -> None:
        a, b, c = several(3)
        operations.link(a, b, by=siao)
        operations.link(b, c, by=siao)
        one, other = sorted((a, c))
        likeness = Likeness(one_id=one, other_id=other, level="PROBABLE", reasons=[], noticed_at=timezone.now())
        likeness.save(force_insert=True)
        with pytest.raises(OperationRefused, match="défaites d’abord ce lien"):
            operations.say_apart(likeness.pk, by=siao)
        assert operations.say_same(likeness.pk, by=siao).answer == "SAME"
        assert PersonLink.objects.count() == 2

    def test_nothing_is_rewritten_and_no_key_is_made(self, siao: User) -> None:
        a, b = several(2)
        tables = ("dossiers_person", "dossiers_participant", "dossiers_housingrequest", "dossiers_personindex")

        def written() -> list[object]:
            return [execute(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables]  # noqa: S608

        rows, keys = written(), Dek.objects.using(KEYSTORE).count()
        made = operations.link(a, b, by=siao)
        operations.unlink(made.pk, by=siao)
        assert written() == rows
        assert Dek.objects.using(KEYSTORE).count() == keys

    def test_undone_once_and_told_on_both_dossiers(self, siao: User) -> None:
        a, b = several(2)
        made = operations.link(a, b, by=siao)
        assert operations.unlink(made.pk, by=siao).undone_by == siao
        with pytest.raises(OperationRefused, match="déjà défait"):
            operations.unlink(made.pk, by=siao)
        for dossier in Dossier.objects.all():
            told = Entry.objects.filter(dossier_id=dossier.pk, event__startswith="person.").order_by("recorded_at")
            assert list(told.values_list("event", flat=True)) == ["person.linked", "person.unlinked"]
        assert operations.link(b, a, by=siao).pk != made.pk, "it may be said again"

    def test_the_figures_count_as_before(self, siao: User) -> None:
        """One person evaluated in 2022 and in 2023 is two situations."""
        first = make_dossier("presented", evaluated_on=date(2022, 6, 1), presented_on=date(2022, 7, 7))
        second = make_dossier("presented", evaluated_on=date(2023, 6, 1), presented_on=date(2023, 7, 7))
        reporting.catch_up()
        before = sorted(map(str, FigureResult.objects.values_list("figure", "period", "value")))
        operations.link(person_of(first), person_of(second), by=siao)
        reporting.catch_up()
        assert sorted(map(str, FigureResult.objects.values_list("figure", "period", "value"))) == before
        assert before

    def test_who_sees_one_only_sees_no_link(self, siao: User, cast: Cast) -> None:
        first, second = make_dossier(), make_dossier()
        operations.link(person_of(first), person_of(second), by=siao)
        assert [each.dossier for each in operations.elsewhere(first, siao)] == [second]
        Dossier.objects.filter(pk=second.pk).update(is_protected=True)
        execute("UPDATE dossiers_dossier SET open_to = '{}' WHERE id = %s", second.pk)
        with acting_as(siao):
            assert not PersonLink.objects.exists()
            assert operations.elsewhere(first, siao) == []
            assert operations.same_as([person_of(first)]) == {person_of(first)}
        with acting_as(cast["etranger"]):
            assert not PersonLink.objects.exists()

    def test_that_somebody_has_a_protected_dossier_too_is_not_told_by_the_journal(
        self, siao: User, cast: Cast, browse: Callable[[str], Client]
    ) -> None:
        shown, guarded = make_dossier(), make_dossier()
        one, other = sorted((person_of(shown), person_of(guarded)))
        operations.protect(guarded.pk, [siao, cast["animation"]], by=siao)
        likeness = Likeness(one_id=one, other_id=other, level="PROBABLE", reasons=[], noticed_at=timezone.now())
        likeness.save(force_insert=True)
        with acting_as(siao):
            operations.say_same(likeness.pk, by=siao)
            operations.take_back(likeness.pk, by=siao)
        acts = ["likeness.answered", "person.linked", "person.unlinked", "likeness.answered"]
        for account, told in (("siao2", []), ("siao", acts), ("dpo", acts)):
            with acting_as(cast[account]):
                found = Entry.objects.filter(dossier_id=shown.pk, event__in=acts)
                assert sorted(found.values_list("event", flat=True)) == sorted(told), account
        journal = f"/dossiers/{shown.pk}/journal/"
        words = ("Personne reliée à une autre", "Lien entre deux personnes défait", "Réponse donnée sur un doublon")
        for account, is_told in (("siao", True), ("siao2", False)):
            page = text_of(browse(account).get(journal))
            assert [each in page for each in words] == [is_told] * 3, account


class TestWhatFollows:
    def closed(self, siao: User) -> Dossier:
        dossier = make_dossier("bare", last_name="Quatrevaux", oriented_on=date(2024, 1, 8), referent=siao)
        return operations.close(dossier.pk, by=None, on=date(2025, 2, 3), outcome=Outcome.PERDU_DE_VUE.value)

    def test_a_new_situation_follows_a_closed_one_and_no_longer_when_undone(self, siao: User) -> None:
        before = self.closed(siao)
        after = operations.open_dossier(NewDossier("Morel"), by=siao, on=date(2026, 3, 2))
        made = operations.link(person_of(after), person_of(before), by=siao)
        after.refresh_from_db(fields=["predecessor"])
        assert (after.predecessor, made.follows) == (before, after)
        assert (before.state, Dossier.objects.get(pk=before.pk).predecessor) == (State.CLOS, None)
        operations.unlink(made.pk, by=siao)
        assert Dossier.objects.get(pk=after.pk).predecessor is None

    def test_undone_by_who_does_not_see_what_follows_any_more(self, siao: User, cast: Cast) -> None:
        """Both persons are seen, by other dossiers; the worker takes away what she does not see."""
        before = self.closed(siao)
        after = operations.open_dossier(NewDossier("Morel"), by=siao, on=date(2026, 3, 2))
        beside = operations.open_dossier(NewDossier("Morel"), by=siao, on=date(2026, 3, 3))
        Participant.objects.filter(dossier=beside).update(person=person_of(after))
        made = operations.link(person_of(after), person_of(before), by=siao)
        assert made.follows == after
        operations.protect(after.pk, [siao, cast["animation"]], by=siao)
        with acting_as(cast["siao2"]):
            assert operations.unlink(made.pk, by=cast["siao2"]).undone_by == cast["siao2"]
        outbox.run_all()
        assert Dossier.objects.get(pk=after.pk).predecessor is None

    def test_the_worker_leaves_what_was_linked_again(self, siao: User) -> None:
        before = self.closed(siao)
        after = operations.open_dossier(NewDossier("Morel"), by=siao, on=date(2026, 3, 2))
        made = operations.link(person_of(after), person_of(before), by=siao)
        unfollow(made.pk)  # not undone
        operations.unlink(made.pk, by=siao)
        operations.link(person_of(after), person_of(before), by=siao)
        unfollow(made.pk)
        assert Dossier.objects.get(pk=after.pk).predecessor == before

    def test_two_open_ones_follow_nothing(self, siao: User) -> None:
        first, second = make_dossier(), make_dossier()
        assert operations.link(person_of(first), person_of(second), by=siao).follows is None
        assert not Dossier.objects.exclude(predecessor=None).exists()

    def test_one_that_follows_already_keeps_what_it_follows(self, siao: User) -> None:
        before, other = self.closed(siao), self.closed(siao)
        after = operations.open_dossier(NewDossier("Morel"), by=siao, on=date(2026, 3, 2))
        operations.link(person_of(after), person_of(before), by=siao)
        assert operations.link(person_of(after), person_of(other), by=siao).follows is None
        assert Dossier.objects.get(pk=after.pk).predecessor == before

    def test_the_page_shows_the_other_dossiers_and_undoes(self, siao: User, cast: Cast) -> None:
        before = self.closed(siao)
        after = operations.open_dossier(NewDossier("Morel"), by=siao, on=date(2026, 3, 2))
        made = operations.link(person_of(after), person_of(before), by=siao)
        browser = Client()
        browser.force_login(siao)
        shown = text_of(browser.get(after.get_absolute_url()))
        assert "Autres dossiers de cette personne" in shown
        assert "Le dossier précédent, que celui-ci suit." in shown
        address = f"/dossiers/{after.pk}/doublons/{made.pk}/defaire/"
        stranger = Client()
        stranger.force_login(cast["etranger"])
        assert stranger.post(address).status_code == 404
        assert browser.post(f"/dossiers/{after.pk}/doublons/{after.pk}/defaire/").status_code == 404
        answer = browser.post(address, follow=True)
        assert "Le lien est défait" in text_of(answer)
        assert "Autres dossiers de cette personne" not in text_of(browser.get(after.get_absolute_url()))


class TestBehindTheBack:
    def test_constraints(self, siao: User) -> None:
        one, other = sorted(several(2))
        told = {"one_id": one, "other_id": other, "linked_at": timezone.now(), "linked_by": siao}
        wrong: dict[str, dict[str, Any]] = {
            "person_link_in_order": {"one_id": other, "other_id": one},
            "person_link_undone_by_somebody": {"undone_at": timezone.now()},
        }
        for name, change in wrong.items():
            assert name in str(refusal(partial(PersonLink(**{**told, **change}).save, force_insert=True)))
        herself = PersonLink(**{**told, "other_id": one})
        assert "person_link_in_order" in str(refusal(partial(herself.save, force_insert=True)))
        PersonLink(**told).save(force_insert=True)
        assert "person_link_once" in str(refusal(partial(PersonLink(**told).save, force_insert=True)))

    def test_the_web_ends_a_link_and_changes_nothing_else(self, siao: User) -> None:
        a, b = several(2)
        operations.link(a, b, by=siao)
        with acting_as(siao):
            for column in ("one_id = one_id", "linked_at = now()", "follows_id = NULL"):
                assert refusal(partial(execute, f"UPDATE dossiers_personlink SET {column}")).sqlstate == "42501"  # noqa: S608


@pytest.mark.django_db(transaction=True)
def test_two_people_who_link_the_same_two_at_once_make_one_link(siao: User, cast: Cast) -> None:
    a, b = several(2)
    colleague = cast["siao2"]
    outcomes = at_once(lambda: operations.link(a, b, by=siao), lambda: operations.link(b, a, by=colleague))
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    assert PersonLink.objects.live().count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_links_that_would_close_a_circle_at_once(siao: User, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A is B and C is D: « A is C » and « B is D » share nobody, and both would be a circle."""
    a, b, c, d = several(4)
    operations.link(a, b, by=siao)
    operations.link(c, d, by=siao)
    both_asked = threading.Barrier(2, timeout=1)
    asked = linking.same_as

    def together(people: Collection[UUID]) -> set[UUID]:
        """What each reads, each reads before the other has written, if both are let in."""
        found = asked(people)
        with suppress(threading.BrokenBarrierError):
            both_asked.wait()
        return found

    monkeypatch.setattr(linking, "same_as", together)
    outcomes = at_once(lambda: operations.link(a, c, by=siao), lambda: operations.link(b, d, by=cast["siao2"]))
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "OperationRefused"]
    assert PersonLink.objects.live().count() == 3


@pytest.mark.django_db(transaction=True)
def test_what_follows_is_locked_while_it_is_written(siao: User, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reopened meanwhile, a closed dossier would be followed and go on: the other act waits."""
    before = make_dossier("bare", last_name="Quatrevaux", oriented_on=date(2024, 1, 8), referent=siao)
    operations.close(before.pk, by=None, on=date(2025, 2, 3), outcome=Outcome.PERDU_DE_VUE.value)
    after = operations.open_dossier(NewDossier("Morel"), by=siao, on=date(2026, 3, 2))
    held: list[list[Any]] = []
    written = linking._follow

    def asking(dossier: Dossier, former: Dossier | None) -> None:
        """Who takes what is free meanwhile, in a connection of her own."""
        free = "SELECT id FROM dossiers_dossier FOR NO KEY UPDATE SKIP LOCKED"
        assert at_once(lambda: held.append(execute(free))) == [None]
        written(dossier, former)

    monkeypatch.setattr(linking, "_follow", asking)
    operations.link(person_of(after), person_of(before), by=siao)
    assert held == [[]]
    assert Dossier.objects.get(pk=after.pk).predecessor == before
