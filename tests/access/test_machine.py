"""Any order of grants, ends, comings and goings: Django, PostgreSQL and `has_perm` answer as a small model does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.grants import grant, revoke
from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.operations import create_organisation, join, leave
from accounts.roles import Code
from cases.dossiers.models import Dossier, DossierGroupGrant
from cases.dossiers.operations import protect, unprotect
from core.db import acting_as
from tests.factories import make_dossier

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PEOPLE, TEAMS, ROWS = 3, 2, 3
PERSON, TEAM, ROW = st.integers(0, PEOPLE - 1), st.integers(0, TEAMS - 1), st.integers(0, ROWS - 1)
WHO = st.one_of(st.tuples(st.just("person"), PERSON), st.tuples(st.just("team"), TEAM))
Who = tuple[str, int]


@dataclass(eq=False)
class Given:
    """A grant in force by its dates: to whom, on what, as whose member, why."""

    who: Who
    row: int
    body: int | None = None
    reason: str = "test"


@dataclass
class Model:
    """What should be seen: the reference. A grant or a membership is here while it is in force by its dates."""

    members: dict[tuple[int, int], tuple[bool, int]] = field(default_factory=dict)  # has it an end; its turn
    grants: list[Given] = field(default_factory=list)
    protected: set[int] = field(default_factory=set)

    def bodies(self, person: int) -> set[int]:
        return {team for who, team in self.members if who == person}

    def received_in(self, person: int, giver: int | None) -> int | None:
        """With the giver, else where it lasts; of those that end, what ends last (all last as long: the last one)."""
        near = self.bodies(giver) if giver is not None else set()
        held = [
            (team not in near, ends, -turn if ends else turn, team)
            for (who, team), (ends, turn) in self.members.items()
            if who == person
        ]
        return min(held)[3] if held else None

    def give(self, who: Who, row: int, reason: str = "test", giver: int | None = None) -> Given:
        body = self.received_in(who[1], giver) if who[0] == "person" else None
        self.grants.append(Given(who, row, body, reason))
        return self.grants[-1]

    def revoke(self, who: Who, row: int) -> int:
        ended = [each for each in self.grants if (each.who, each.row) == (who, row)]
        self.grants = [each for each in self.grants if each not in ended]
        return len(ended)

    def opens(self, each: Given, person: int) -> bool:
        kind, number = each.who
        if kind == "person":
            return number == person and each.body in self.bodies(person)
        return number in self.bodies(person) and each.row not in self.protected

    def seen_by(self, person: int) -> set[int]:
        return {each.row for each in self.grants if self.opens(each, person)}


@dataclass
class World:
    people: list[User]
    bodies: list[Organisation]
    rows: list[Dossier]


@pytest.fixture
def world(db: None) -> World:
    rows = [make_dossier("bare") for _ in range(ROWS)]
    DossierGroupGrant.ever.all().delete()
    return World(
        [
            User.objects.create_user(f"personne{n}@exemple.test", first_name="P", last_name=str(n))
            for n in range(PEOPLE)
        ],
        [create_organisation(f"Maison {n}", OrganisationKind.AUTRE, by=None) for n in range(TEAMS)],
        rows,
    )


class Access(RuleBasedStateMachine):
    """Acts of people and of time, each done in the product and in the model."""

    world: World
    given = Bundle("given")

    def __init__(self) -> None:
        super().__init__()
        self.model, self.ago, self.turn, self.turns = Model(), count(1), count(), count()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def _to(self, who: Who) -> Any:
        kind, number = who
        return self.world.people[number] if kind == "person" else self.world.bodies[number].team

    @rule(target=given, who=WHO, row=ROW, days=st.sampled_from([None, 1, 30]))
    def give(self, who: Who, row: int, days: int | None) -> tuple[Any, Given]:
        until = None if days is None else timezone.now() + days * DAY
        made = grant(self.world.rows[row], to=self._to(who), reason="test", by=None, until=until)
        return made, self.model.give(who, row)

    @rule(who=WHO, row=ROW)
    def announce(self, who: Who, row: int) -> None:
        """A grant that begins tomorrow shows nothing today."""
        made = grant(self.world.rows[row], to=self._to(who), reason="test", by=None)
        type(made).ever.filter(pk=made.pk).update(valid_from=timezone.now() + DAY)

    @rule(who=WHO, row=ROW)
    def take_back(self, who: Who, row: int) -> None:
        assert revoke(self.world.rows[row], of=self._to(who)) == self.model.revoke(who, row)

    @rule(one=given)
    def expire(self, one: tuple[Any, Given]) -> None:
        """Its time has come, whatever ended it before: dates are written, PostgreSQL's clock does not travel."""
        made, told = one
        live = type(made).objects.filter(pk=made.pk)
        if live.update(valid_from=timezone.now() - 2 * DAY, valid_until=timezone.now() - DAY):
            self.model.grants = [each for each in self.model.grants if each is not told]

    @rule(one=given, team=TEAM)
    def transfer(self, one: tuple[Any, Given], team: int) -> None:
        """From whom it was given to, to another team."""
        who, row = one[1].who, one[1].row
        revoke(self.world.rows[row], of=self._to(who))
        self.model.revoke(who, row)
        self.give(("team", team), row, None)

    @rule(row=ROW, author=PERSON, other=PERSON)
    def protect(self, row: int, author: int, other: int) -> None:
        """By one who sees it, who names two persons of those whose role sees dossiers: theirs is all that stays."""
        pair = {author, other}
        able = len(pair) == 2 and all(self.model.bodies(person) for person in pair)
        if not able or row in self.model.protected or row not in self.model.seen_by(author):
            return
        named = [self._anew(person) for person in sorted(pair)]
        protect(self.world.rows[row].pk, named, by=self._anew(author))
        for person in pair:
            self.model.give(("person", person), row, "protection", author)
        others = {("person", person) for person in set(range(PEOPLE)) - pair}
        self.model.grants = [each for each in self.model.grants if each.row != row or each.who not in others]
        self.model.protected.add(row)

    @rule(row=ROW, author=PERSON)
    def unprotect(self, row: int, author: int) -> None:
        if row not in self.model.protected or row not in self.model.seen_by(author):
            return
        unprotect(self.world.rows[row].pk, by=self._anew(author))
        kept = [each for each in self.model.grants if each.row != row or each.reason != "protection"]
        self.model.grants = kept
        self.model.protected.remove(row)

    def _anew(self, person: int) -> User:
        """As her next request reads her: nothing kept of her roles."""
        return User.objects.get(pk=self.world.people[person].pk)

    @rule(person=PERSON, team=TEAM, days=st.sampled_from([None, 10]))
    def come(self, person: int, team: int, days: int | None) -> None:
        """To stay, or for ten days."""
        if (person, team) not in self.model.members:
            until = None if days is None else timezone.now() + days * DAY
            join(self.world.people[person], self.world.bodies[team], Code.ANIMATEUR, by=None, until=until)
            self.model.members[person, team] = (until is not None, next(self.turns))

    @rule(person=PERSON, team=TEAM, at_once=st.booleans())
    def go(self, person: int, team: int, at_once: bool) -> None:
        """By an act, that ends what was opened there too; or because the date that was written has come, no more."""
        found = Membership.objects.live().filter(user=self.world.people[person], organisation=self.world.bodies[team])
        for membership in found:
            if at_once:
                leave(membership, by=None)
            else:
                ended = timezone.now() - next(self.ago) * DAY  # two periods of one membership never overlap
                Membership.objects.filter(pk=membership.pk).update(valid_from=ended - DAY / 2, valid_until=ended)
        if self.model.members.pop((person, team), None) and at_once:
            mine = [each for each in self.model.grants if each.who == ("person", person) and each.body == team]
            self.model.grants = [each for each in self.model.grants if each not in mine]

    @invariant()
    def four_answers_agree(self) -> None:
        for number, user in enumerate(self.world.people):
            wanted = {self.world.rows[row].pk for row in self.model.seen_by(number)}
            assert set(Dossier.objects.visible_to(user).values_list("pk", flat=True)) == wanted
            with acting_as(user):
                assert set(Dossier.objects.values_list("pk", flat=True)) == wanted
        number = next(self.turn) % PEOPLE  # three questions a person: one person a step
        wanted = {self.world.rows[row].pk for row in self.model.seen_by(number)}
        assert {row.pk for row in self.world.rows if self.world.people[number].has_perm("view", row)} == wanted


def play(world: World, *, lives: int, steps: int) -> None:
    """So many lives of so many steps, each undone at its end."""
    machine = type("Played", (Access,), {"world": world})
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    chosen = settings(max_examples=lives, stateful_step_count=steps, deadline=None, suppress_health_check=quiet)
    run_state_machine_as_test(machine, settings=chosen)


def test_five_hundred_steps(world: World) -> None:
    play(world, lives=10, steps=50)


@pytest.mark.long
def test_twenty_thousand_steps(world: World) -> None:
    play(world, lives=400, steps=50)
