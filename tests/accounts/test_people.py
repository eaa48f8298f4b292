"""Roles changed, ended, replaced; leaving; the quarterly confirmation: as operations."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts.grants import grant
from accounts.models import Membership, Organisation, Session, User
from accounts.operations import (
    change_role,
    confirm,
    due_by,
    end_membership,
    end_sessions,
    join,
    leave_organisation,
    put_in_charge,
    quarter_of,
    replace,
    to_confirm,
)
from accounts.roles import Code
from audit.models import Entry
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.factories import make_dossier
from tests.fixtures import Cast, at_once, refusal

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def body(name: str) -> Organisation:
    return Organisation.objects.known_as(name).get()


def only(user: User) -> Membership:
    return user.memberships.get()


def live(user: User) -> list[str]:
    return sorted(Membership.objects.live().filter(user=user).values_list("role", flat=True))


class TestChanging:
    def test_one_ends_and_another_starts_in_one_act(self, cast: Cast) -> None:
        with acting_as(cast["admin"]):
            taken = change_role(only(cast["fol73"]).pk, Code.SANTE, by=cast["admin"])
        assert live(cast["fol73"]) == ["sante"]
        former = cast["fol73"].memberships.get(role=Code.TRAVAILLEUR_SOCIAL)
        assert former.valid_until is not None
        assert former.valid_until <= taken.valid_from
        (entry,) = Entry.objects.filter(event="membership.role_changed")
        assert (entry.target_id, entry.codes["was"], entry.codes["role"]) == (
            cast["fol73"].pk,
            "travailleur_social",
            "sante",
        )

    def test_incompatible_roles_in_the_words_of_the_rule_and_nothing_half_done(self, cast: Cast) -> None:
        join(cast["habitat"], body("Grand Chambéry"), Code.COORDINATION, by=None)
        held = cast["habitat"].memberships.get(role=Code.COORDINATION)
        with pytest.raises(OperationRefused, match="à la fois habitat, gestionnaire du pécule et ordonnateur"):
            change_role(held.pk, Code.ORDONNATEUR, by=cast["admin"])
        assert live(cast["habitat"]) == ["coordination", "habitat"]

    def test_neither_ones_own_nor_elsewhere_nor_out_of_place(self, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="ses propres rôles"):
            change_role(only(cast["admin"]).pk, Code.COORDINATION, by=cast["admin"])
        with pytest.raises(NotAllowed):
            change_role(only(cast["toit"]).pk, Code.SANTE, by=cast["coordination"])
        with pytest.raises(OperationRefused, match="ne se tient pas"):
            change_role(only(cast["fol73"]).pk, Code.DPO, by=cast["admin"])

    def test_a_keeper_acts_in_her_organisation_alone(self, cast: Cast) -> None:
        keeper = User.objects.get(pk=cast["fol73"].pk)
        change_role(only(cast["sante"]).pk, Code.TRAVAILLEUR_SOCIAL, by=keeper)
        for act in (
            partial(change_role, only(cast["toit"]).pk, Code.SANTE, by=keeper),
            partial(end_membership, only(cast["siao"]).pk, on=None, by=keeper),
            partial(leave_organisation, cast["siao"].pk, body("SIAO"), by=keeper),
            partial(put_in_charge, only(cast["toit"]).pk, in_charge=True, by=keeper),
        ):
            with pytest.raises(NotAllowed):
                act()


class TestEnding:
    def test_on_a_day_that_day_included(self, cast: Cast) -> None:
        day = TODAY() + timedelta(days=3)
        held = end_membership(only(cast["fol73"]).pk, on=day, by=cast["admin"])
        held.refresh_from_db()
        assert held.valid_until is not None
        local = timezone.localtime(held.valid_until)
        assert (local.date(), local.hour, local.minute) == (day + timedelta(days=1), 0, 0)
        assert live(cast["fol73"]) == ["travailleur_social"]

    def test_before_its_beginning_is_refused(self, cast: Cast) -> None:
        since = TODAY() + timedelta(days=10)
        taken = replace(
            only(cast["fol73"]).pk, cast["toit"], since=since, until=since + timedelta(days=5), by=cast["admin"]
        )
        for day in (TODAY() - timedelta(days=1), since - timedelta(days=2)):
            with pytest.raises(OperationRefused):
                end_membership(taken.pk, on=day, by=cast["admin"])

    def test_what_had_not_begun_never_takes_effect(self, cast: Cast) -> None:
        since = TODAY() + timedelta(days=10)
        taken = replace(only(cast["fol73"]).pk, cast["toit"], since=since, until=since, by=cast["admin"])
        end_membership(taken.pk, on=None, by=cast["admin"])
        taken.refresh_from_db()
        assert taken.valid_until == taken.valid_from
        assert live(cast["toit"]) == ["travailleur_social"]
        with pytest.raises(OperationRefused, match="déjà pris fin"):
            end_membership(taken.pk, on=None, by=cast["admin"])

    def test_the_last_administrator_stays(self, cast: Cast) -> None:
        other = User.objects.create_user("second@essai.example", first_name="Ode", last_name="Nivolet")
        join(other, body("Grand Chambéry"), Code.ADMIN_TECHNIQUE, by=None, until=timezone.now() + timedelta(days=2))
        admin = only(cast["admin"])
        for act in (
            partial(end_membership, admin.pk, on=None, by=other),
            partial(end_membership, admin.pk, on=TODAY() + timedelta(days=9), by=other),
            partial(change_role, admin.pk, Code.COORDINATION, by=other),
            partial(leave_organisation, cast["admin"].pk, body("Grand Chambéry"), by=other),
        ):
            with pytest.raises(OperationRefused, match="dernier administrateur"):
                act()
        assert live(cast["admin"]) == ["admin_technique"]


class TestReplacing:
    def test_from_a_day_to_another_and_linked(self, cast: Cast) -> None:
        held = only(cast["siao"])
        today = TODAY()
        taken = replace(held.pk, cast["etranger"], since=today, until=today + timedelta(days=20), by=cast["admin"])
        assert (taken.replaces, taken.role, taken.organisation) == (held, held.role, held.organisation)
        assert live(cast["etranger"]) == live(cast["siao"]) == ["referent_siao"]
        assert Entry.objects.get(event="membership.replaced").codes["substitute"] == str(cast["etranger"].pk)

    @pytest.mark.parametrize(
        ("since", "until", "why"), [(-1, 3, "aujourd’hui ou plus tard"), (3, 2, "vient après son début")]
    )
    def test_dates_in_order(self, cast: Cast, since: int, until: int, why: str) -> None:
        day = TODAY()
        with pytest.raises(OperationRefused, match=why):
            replace(
                only(cast["siao"]).pk,
                cast["etranger"],
                since=day + timedelta(days=since),
                until=day + timedelta(days=until),
                by=cast["admin"],
            )
        assert not cast["etranger"].memberships.exists()

    def test_not_in_a_role_that_does_not_go_with_hers(self, cast: Cast) -> None:
        day = TODAY()
        with pytest.raises(OperationRefused, match="à la fois"):
            replace(only(cast["ordonnateur"]).pk, cast["habitat"], since=day, until=day, by=cast["admin"])

    def test_by_sql_it_has_an_end(self, cast: Cast) -> None:
        held = only(cast["siao"])
        error = refusal(lambda: Membership.objects.filter(user=cast["toit"]).update(replaces=held))
        assert error.diag.constraint_name == "membership_replacement_ends"


class TestLeaving:
    def test_every_access_ends_at_once_sessions_too(self, cast: Cast) -> None:
        leaver, colleague = cast["fol73"], cast["sante"]
        dossier = make_dossier()
        for person in (leaver, colleague):
            grant(dossier, to=person, reason="test", by=None)
        browsers = [Client(), Client()]
        for browser in browsers:
            browser.force_login(leaver)
        other = Client()
        other.force_login(colleague)
        with acting_as(cast["admin"]):
            assert leave_organisation(leaver.pk, body("FOL 73"), by=cast["admin"]) == 1
        assert live(leaver) == []
        leaver, colleague = (User.objects.get(pk=person.pk) for person in (leaver, colleague))
        assert not leaver.has_perm("view", dossier)
        assert colleague.has_perm("view", dossier)
        for browser in browsers:
            assert browser.get("/").headers["Location"].startswith("/connexion/")
        assert other.get("/").status_code == 200
        events = set(Entry.objects.filter(target_id=leaver.pk).values_list("event", flat=True))
        assert {"person.left", "account.session_ended"} <= events
        with pytest.raises(OperationRefused, match="n’a plus de rôle"):
            leave_organisation(leaver.pk, body("FOL 73"), by=cast["admin"])

    def test_a_planned_end_closes_what_was_open_to_the_person_then(self, cast: Cast) -> None:
        dossier = make_dossier()
        opened = grant(dossier, to=cast["fol73"], reason="test", by=None)
        day = TODAY() + timedelta(days=3)
        held = end_membership(only(cast["fol73"]).pk, on=day, by=cast["admin"])
        for row in (opened, held):
            row.refresh_from_db()
        assert opened.valid_until == held.valid_until

    def test_who_works_elsewhere_too_keeps_that_role(self, cast: Cast) -> None:
        join(cast["fol73"], body("Toi(t) d’abord"), Code.SANTE, by=None)
        leave_organisation(cast["fol73"].pk, body("FOL 73"), by=cast["admin"])
        assert live(cast["fol73"]) == ["sante"]

    def test_sessions_of_one_person_alone(self, cast: Cast) -> None:
        for account in ("fol73", "fol73", "sante"):
            Client().force_login(cast[account])
        assert end_sessions(cast["fol73"], by=None) == 2
        assert Session.objects.count() == 1


class TestConfirming:
    @pytest.fixture
    def old(self, cast: Cast) -> Membership:
        """A role that began two quarters before."""
        held = only(cast["fol73"])
        Membership.objects.filter(pk=held.pk).update(valid_from=timezone.now() - timedelta(days=200))
        return held

    @pytest.mark.parametrize(
        ("day", "first"),
        [
            (date(2026, 1, 1), date(2026, 1, 1)),
            (date(2026, 3, 31), date(2026, 1, 1)),
            (date(2026, 11, 22), date(2026, 10, 1)),
            (date(2026, 12, 31), date(2026, 10, 1)),
        ],
    )
    def test_a_quarter(self, day: date, first: date) -> None:
        assert quarter_of(day) == first

    def test_asked_once_a_quarter_and_kept(self, cast: Cast, old: Membership) -> None:
        today = TODAY()
        fol = body("FOL 73")
        assert [held.pk for held in to_confirm(fol, today=today)] == [old.pk]
        with acting_as(cast["admin"]):
            made = confirm(old.pk, by=cast["admin"])
        assert (made.quarter, made.confirmed_by) == (quarter_of(today), cast["admin"])
        assert not to_confirm(fol, today=today).exists()
        with pytest.raises(OperationRefused, match="déjà confirmée"):
            confirm(old.pk, by=cast["admin"])
        after = quarter_of(today + timedelta(days=95))
        (held,) = to_confirm(fol, today=after).filter(pk=old.pk)
        assert not held.is_late  # type: ignore[attr-defined]

    def test_a_quarter_missed_is_late(self, cast: Cast, old: Membership) -> None:
        (held,) = to_confirm(body("FOL 73"), today=TODAY())
        assert held.is_late  # type: ignore[attr-defined]

    def test_what_has_just_begun_is_not_asked(self, cast: Cast) -> None:
        Membership.objects.update(valid_from=timezone.now())
        assert not to_confirm(body("FOL 73"), today=TODAY()).exists()

    def test_who_must_do_it(self, cast: Cast, old: Membership) -> None:
        today = TODAY()

        def awaits(account: str) -> list[tuple[str, int]]:
            user = User.objects.get(pk=cast[account].pk)
            return [(due.organisation.name, due.late) for due in due_by(user, today=today)]

        assert awaits("admin") == [("FOL 73", 1)]
        assert awaits("sante") == awaits("siao") == []
        put_in_charge(only(cast["sante"]).pk, in_charge=True, by=cast["admin"])
        assert awaits("sante") == [("FOL 73", 1)]
        assert awaits("admin") == [("FOL 73", 1)], "late: the administrator sees it too"
        before = quarter_of(quarter_of(today) - timedelta(days=1))
        old.confirmations.create(quarter=before, confirmed_at=timezone.now(), confirmed_by=cast["sante"])
        assert awaits("sante") == [("FOL 73", 0)]
        assert awaits("admin") == []

    def test_neither_a_stranger_nor_what_is_over(self, cast: Cast, old: Membership) -> None:
        with pytest.raises(NotAllowed):
            confirm(old.pk, by=cast["toit"])
        end_membership(old.pk, on=None, by=cast["admin"])
        with pytest.raises(OperationRefused, match="a pris fin"):
            confirm(old.pk, by=cast["admin"])


@pytest.mark.django_db(transaction=True)
def test_two_administrators_that_end_each_other_at_once() -> None:
    from accounts.demo import install_cast

    install_cast(password=None)
    one = User.objects.get(email="admin@seuil.example")
    other = User.objects.create_user("second@essai.example", first_name="Ode", last_name="Nivolet")
    join(other, body("Grand Chambéry"), Code.ADMIN_TECHNIQUE, by=None)
    outcomes = at_once(
        partial(end_membership, only(other).pk, on=None, by=one),
        partial(end_membership, only(one).pk, on=None, by=other),
    )
    (refused,) = [error for error in outcomes if error is not None]
    assert isinstance(refused, OperationRefused)
    assert Membership.objects.live().filter(role=Code.ADMIN_TECHNIQUE).count() == 1
