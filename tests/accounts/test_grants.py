"""Who sees which dossier: the same answer from Django, from PostgreSQL and from `has_perm`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.grants import GrantBackend, grant, live, require, revoke
from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.operations import create_organisation, join, leave
from accounts.operations import siao as the_siao
from accounts.roles import Code
from cases.dossiers.models import Dossier, DossierGroupGrant, DossierUserGrant, Household
from core.db import acting_as
from core.errors import NotAllowed
from tests.factories import make_dossier
from tests.fixtures import Cast, at_once, execute, refusal

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# when something is in force: before, after or around now (dates are written: PostgreSQL's clock does not travel)
SPANS: dict[str, tuple[timedelta, timedelta | None]] = {
    "over": (-3 * DAY, -DAY),
    "open": (-DAY, None),
    "running": (-DAY, DAY),
    "announced": (DAY, None),
    "announced, then over": (DAY, 2 * DAY),
}
IN_FORCE = {"open", "running"}


def sees(user: User) -> set[UUID]:
    """What PostgreSQL lets the person read, with no filter at all."""
    with acting_as(user):
        return set(Dossier.objects.values_list("pk", flat=True))


def give(row: Dossier, to: User | Group, span: str) -> None:
    """A grant with written dates."""
    made: Any = grant(row, to=to, reason="test", by=None)
    since, until = SPANS[span]
    now = timezone.now()
    made.valid_from, made.valid_until = now + since, None if until is None else now + until
    made.save(update_fields=["valid_from", "valid_until"])


@pytest.fixture
def reader(etranger: User) -> User:
    """Whose role sees dossiers, and to whom none is open."""
    join(etranger, create_organisation("Maison du Verger", OrganisationKind.AUTRE, by=None), Code.SANTE, by=None)
    return User.objects.get(pk=etranger.pk)


class TestGrantAndRevoke:
    def test_seen_at_once_and_no_longer_at_once(self, dossier: Dossier, reader: User) -> None:
        assert sees(reader) == set()
        grant(dossier, to=reader, reason="relais", by=None)
        assert sees(reader) == {dossier.pk}
        assert revoke(dossier, of=reader) == 1
        assert sees(reader) == set()
        assert revoke(dossier, of=reader) == 0

    def test_the_history_stays(self, dossier: Dossier, reader: User, siao: User) -> None:
        grant(dossier, to=reader, reason="relais", by=siao)
        revoke(dossier, of=reader)
        kept = DossierUserGrant.ever.get()
        assert (kept.reason, kept.granted_by, kept.user) == ("relais", siao, reader)
        assert kept.valid_until is not None
        assert not DossierUserGrant.objects.exists()

    def test_to_a_team_and_its_members_of_the_moment(self, dossier: Dossier, cast: Cast) -> None:
        team = Organisation.objects.known_as("FOL 73").get().team
        grant(dossier, to=team, reason="mesure", by=None)
        assert sees(cast["fol73"]) == sees(cast["sante"]) == {dossier.pk}
        assert sees(cast["toit"]) == set()
        leave(Membership.objects.get(user=cast["fol73"]), by=None)
        assert sees(cast["fol73"]) == set()
        assert revoke(dossier, of=team) == 1
        assert sees(cast["sante"]) == set()

    @pytest.mark.parametrize("hours", [-3, 3])
    def test_two_clocks_that_differ_change_nothing(self, dossier: Dossier, reader: User, hours: int) -> None:
        """PostgreSQL may stand on another machine than the application, a little before or behind."""
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            grant(dossier, to=reader, reason="relais", by=None)
            assert sees(reader) == {dossier.pk}
            assert revoke(dossier, of=reader) == 1
            assert sees(reader) == set()

    def test_a_member_who_joins_by_another_clock(self, dossier: Dossier, etranger: User) -> None:
        with time_machine.travel(timezone.now() + timedelta(hours=3)):
            membership = join(etranger, the_siao(), Code.ANIMATEUR, by=None)
            assert sees(etranger) == {dossier.pk}
        with time_machine.travel(timezone.now() - timedelta(hours=3)):
            leave(membership, by=None)
            assert sees(etranger) == set()

    def test_a_grant_that_is_over_before_it_begins_is_refused(self, dossier: Dossier, etranger: User) -> None:
        def backwards() -> object:
            return grant(dossier, to=etranger, reason="x", by=None, until=timezone.now() - DAY)

        assert refusal(backwards).diag.constraint_name == "user_grant_dates"
        team = the_siao().team
        error = refusal(lambda: grant(dossier, to=team, reason="x", by=None, until=timezone.now() - DAY))
        assert error.diag.constraint_name == "group_grant_dates"

    @pytest.mark.parametrize("span", SPANS)
    def test_in_force_by_written_dates(self, dossier: Dossier, reader: User, span: str) -> None:
        give(dossier, reader, span)
        assert bool(sees(reader)) is (span in IN_FORCE)
        assert DossierUserGrant.objects.filter(live()).exists() is (span in IN_FORCE)


class TestRequire:
    def test_the_system_may(self, dossier: Dossier) -> None:
        require(None, "dossiers.close_dossier", dossier)

    def test_the_role_without_the_grant(self, dossier: Dossier, siao: User) -> None:
        revoke(dossier, of=the_siao().team)
        with pytest.raises(NotAllowed, match="pas ouvert"):
            require(siao, "dossiers.close_dossier", dossier)
        require(siao, "dossiers.close_dossier")

    def test_the_grant_without_the_role(self, dossier: Dossier, etranger: User) -> None:
        grant(dossier, to=etranger, reason="x", by=None)
        with pytest.raises(NotAllowed, match="Votre rôle"):
            require(etranger, "dossiers.close_dossier", dossier)


class TestHasPerm:
    def test_a_grant_gives_the_sight_and_nothing_else(self, dossier: Dossier, reader: User) -> None:
        """« May close this dossier? » asked of a row must not be answered by the grant alone."""
        grant(dossier, to=reader, reason="x", by=None)
        assert reader.has_perm("view", dossier)
        for permission in ("dossiers.close_dossier", "dossiers.instruct_dossier", "delete", "change", ""):
            assert not reader.has_perm(permission, dossier)
        assert reader.get_all_permissions(dossier) == {"view"}

    def test_never_for_who_is_nobody(self, dossier: Dossier, reader: User) -> None:
        grant(dossier, to=reader, reason="x", by=None)
        reader.is_active = False
        assert not reader.has_perm("view", dossier)
        assert not GrantBackend().has_perm(AnonymousUser(), "view", dossier)

    def test_of_a_row_without_grants(self, siao: User, dossier: Dossier) -> None:
        assert not siao.has_perm("view", Household.objects.get())
        assert not GrantBackend().has_perm(siao, "view", None)


def open_to(dossier: Dossier) -> list[int]:
    """The teams that the row itself names, the first of them apart."""
    teams, first = Dossier.objects.values_list("open_to", "first_team").get(pk=dossier.pk)
    assert first == next(iter(teams), None)
    return teams


class TestOpenTo:
    """The dossier repeats the team grants in force without end, whoever writes there (ADR 0015)."""

    @pytest.fixture
    def team(self, cast: Cast) -> Group:
        return Organisation.objects.known_as("FOL 73").get().team

    @pytest.mark.parametrize("span", SPANS)
    def test_those_in_force_without_end(self, team: Group, span: str) -> None:
        dossier = make_dossier()
        before = open_to(dossier)
        give(dossier, team, span)
        assert open_to(dossier) == sorted({*before, *([team.pk] if span == "open" else [])})

    def test_it_follows_each_change_of_a_grant(self, dossier: Dossier, team: Group) -> None:
        before, other = open_to(dossier), make_dossier()
        given = grant(dossier, to=team, reason="x", by=None)
        assert open_to(dossier) == sorted([*before, team.pk])
        execute("UPDATE dossiers_dossiergroupgrant SET dossier_id = %s WHERE id = %s", other.pk, given.pk)
        assert open_to(dossier) == before
        assert team.pk in open_to(other)
        given.delete()
        assert team.pk not in open_to(other)

    def test_one_of_two_grants_is_enough(self, dossier: Dossier, team: Group) -> None:
        first, second = (grant(dossier, to=team, reason="x", by=None) for _ in range(2))
        first.delete()
        assert team.pk in open_to(dossier)
        second.delete()
        assert team.pk not in open_to(dossier)

    def test_who_takes_the_sight_from_her_own_team(self, dossier: Dossier, siao: User) -> None:
        with acting_as(siao):
            assert revoke(dossier, of=the_siao().team) == 1
            assert not Dossier.objects.exists()
        assert open_to(dossier) == []

    def test_nobody_writes_it(self, dossier: Dossier, siao: User, team: Group) -> None:
        before = open_to(dossier)
        with acting_as(siao):
            execute("UPDATE dossiers_dossier SET open_to = %s", [team.pk])
            execute("UPDATE dossiers_dossier SET first_team = %s", team.pk)
            made = make_dossier(by=siao)
            Dossier.objects.filter(pk=made.pk).update(open_to=[team.pk, 0])
        assert open_to(dossier) == open_to(made) == before

    @pytest.mark.django_db(transaction=True)
    def test_two_grants_at_once(self, team: Group) -> None:
        """Each waits for the row, then counts the other."""
        other = the_siao().team
        for _ in range(5):
            dossier = make_dossier("bare")
            DossierGroupGrant.ever.filter(content_object=dossier).delete()
            works = [partial(grant, dossier, to=each, reason="x", by=None) for each in (team, other)]
            assert at_once(*works) == [None, None]
            assert open_to(dossier) == sorted([team.pk, other.pk])


@dataclass
class World:
    """Four persons, two teams, five dossiers that nobody sees yet."""

    people: list[User]
    organisations: list[Organisation]
    dossiers: list[Dossier]


@pytest.fixture
def world(db: None) -> World:
    dossiers = [make_dossier("bare") for _ in range(5)]
    DossierGroupGrant.ever.all().delete()
    return World(
        [User.objects.create_user(f"personne{n}@exemple.test", first_name="P", last_name=str(n)) for n in range(4)],
        [create_organisation(f"Maison {n}", OrganisationKind.AUTRE, by=None) for n in range(2)],
        dossiers,
    )


SPAN = st.sampled_from(sorted(SPANS))
PERSON, TEAM, ROW = st.integers(0, 3), st.integers(0, 1), st.integers(0, 4)
CASES: dict[str, Any] = {
    "members": st.dictionaries(st.tuples(PERSON, TEAM), SPAN, max_size=5),
    "to_people": st.lists(st.tuples(PERSON, ROW, SPAN), max_size=8),
    "to_teams": st.lists(st.tuples(TEAM, ROW, SPAN), max_size=6),
    "protected": st.sets(ROW, max_size=2),
}


def agree(
    world: World,
    members: dict[tuple[int, int], str],
    to_people: list[tuple[int, int, str]],
    to_teams: list[tuple[int, int, str]],
    protected: set[int],
) -> None:
    """Write these grants, ask everybody in six ways, undo. What is protected is open to no team."""
    with transaction.atomic():
        for (person, team), span in members.items():
            _join(world.people[person], world.organisations[team], span)
        for person, row, span in to_people:
            give(world.dossiers[row], world.people[person], span)
        for team, row, span in to_teams:
            give(world.dossiers[row], world.organisations[team].team, span)
        Dossier.objects.filter(pk__in=[world.dossiers[row].pk for row in protected]).update(is_protected=True)
        for row, dossier in enumerate(world.dossiers):
            without_end = {
                world.organisations[team].team.pk for team, to, span in to_teams if to == row and span == "open"
            }
            assert open_to(dossier) == ([] if row in protected else sorted(without_end))
        for number, user in enumerate(world.people):
            teams = {team for (person, team), span in members.items() if person == number and span in IN_FORCE}
            reads = any(person == number and span in IN_FORCE for (person, _), span in members.items())
            wanted = {
                world.dossiers[row].pk
                for person, row, span in to_people
                if person == number and span in IN_FORCE and reads  # else it was given to nobody's member
            } | {
                world.dossiers[row].pk
                for team, row, span in to_teams
                if team in teams and span in IN_FORCE and row not in protected
            }
            assert set(Dossier.objects.visible_to(user).values_list("pk", flat=True)) == wanted
            first = Dossier.objects.visible_to(user).order_by("reference")[:50]
            assert {row.pk for row in first} == wanted
            assert {row.pk for row in Dossier.objects.visible_to(_who_sees_nearly_all(user))} == wanted
            assert sees(user) == wanted
            assert {row.pk for row in world.dossiers if user.has_perm("view", row)} == wanted
        transaction.set_rollback(True)


def _who_sees_nearly_all(user: User) -> User:
    """The same person, asked in the form for who sees nearly all: a hint, which changes no answer."""
    again = User.objects.get(pk=user.pk)
    again._live_memberships = [Membership(organisation=the_siao())]  # type: ignore[attr-defined]
    return again


def _join(user: User, organisation: Organisation, span: str) -> None:
    since, until = SPANS[span]
    now: datetime = timezone.now()
    Membership.objects.create(
        user=user,
        organisation=organisation,
        role=Code.ANIMATEUR,
        valid_from=now + since,
        valid_until=None if until is None else now + until,
    )


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=8, deadline=None, suppress_health_check=QUIET)
@given(**CASES)
def test_three_answers_agree(world: World, **case: Any) -> None:
    agree(world, **case)


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
@given(**CASES)
def test_three_answers_agree_for_long(world: World, **case: Any) -> None:
    agree(world, **case)


def test_one_query_whatever_the_number(world: World) -> None:
    user = world.people[0]
    for row in world.dossiers:
        give(row, user, "open")
        give(row, world.organisations[0].team, "open")
    _join(user, world.organisations[0], "open")
    with CaptureQueriesContext(connection) as queries:
        assert len(Dossier.objects.visible_to(user)) == 5
    assert len(queries) == 1
