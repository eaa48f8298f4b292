"""What happens to a dossier that one does not see changes nothing of what one reads: no count, no order, no length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from difflib import unified_diff

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.demo import CAST
from accounts.grants import grant
from accounts.models import Organisation, OrganisationKind, User
from accounts.operations import recognise_organisation
from cases.dossiers import operations as dossiers
from cases.dossiers.models import (
    Dossier,
    DossierGroupGrant,
    DossierUserGrant,
    Evaluation,
    EventKind,
    Likeness,
    Participant,
    PersonRole,
)
from cases.dossiers.operations import NewFact, NewMember
from commission import operations as commission
from commission.models import ExamenState, Seance, SeanceState
from tests.access.pages import SAME_KIND, masked, reached
from tests.access.world import INSIDE, Relation, World, build
from tests.factories import complete, make_dossier
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db
READERS = [member.account for member in CAST]
TODAY = timezone.localdate


def a_new_name(dossier: Dossier, world: World) -> None:
    dossiers.add_member(dossier.pk, NewMember("Aiguebelette", "Ysoline", None, None, PersonRole.CONJOINT), by=None)


def a_fact(dossier: Dossier, world: World) -> None:
    dossiers.state_fact(dossier, NewFact(EventKind.STATE, date(2024, 2, 2), detail="VALIDE", note="Un fait."), by=None)


def a_referent(dossier: Dossier, world: World) -> None:
    Dossier.objects.filter(pk=dossier.pk).update(referent=world.cast["siao"])


def nobody_follows(dossier: Dossier, world: World) -> None:
    Dossier.objects.filter(pk=dossier.pk).update(referent=None)


def another_sender(dossier: Dossier, world: World) -> None:
    """A prescriber that no other dossier has: it would show among the filters."""
    body = Organisation.objects.known_as("Foyer des Glycines").get()
    Dossier.objects.filter(pk=dossier.pk).update(prescripteur=body)


def long_ago(dossier: Dossier, world: World) -> None:
    """Years before all others: it would show among the years."""
    Dossier.objects.filter(pk=dossier.pk).update(oriented_on=date(1999, 1, 4), state_on=date(1999, 2, 4))


def the_search(dossier: Dossier, world: World) -> None:
    dossiers.start_search(dossier.pk, by=None, on=TODAY())


def told_otherwise(dossier: Dossier, world: World) -> None:
    """What its fiche would say changes; the worker follows."""
    evaluation = Evaluation.objects.get(dossier=dossier)
    evaluation.rent_debt = Decimal("4321.09")
    evaluation.save(update_fields=["rent_debt"])
    commission.follow_dossiers([dossier.pk])


def taken_off(dossier: Dossier, world: World) -> None:
    """It leaves the agenda, if it was on one."""
    for examen in dossier.examens.filter(state=ExamenState.INSCRITE):
        commission.withdraw_examen(examen.pk, by=None)


def one_more(dossier: Dossier, world: World) -> None:
    """Another dossier, ready, and on the agenda of the séance to come."""
    ready = make_dossier(referent=world.cast["siao2"])
    complete(ready)
    dossiers.declare_ready(ready.pk, by=None, on=TODAY())
    DossierGroupGrant.ever.filter(content_object=ready).delete()
    commission.enrol(ready.pk, Seance.objects.get(state=SeanceState.PLANIFIEE).pk, by=None)


def known_elsewhere(dossier: Dossier, world: World) -> None:
    """Its person is said to be one with everybody whom a colleague sees, then not to be."""
    by = world.cast["siao"]
    person = Participant.objects.get(dossier=dossier, role=PersonRole.TITULAIRE).person_id
    others = Participant.objects.filter(dossier__in=Dossier.objects.visible_to(by), role=PersonRole.TITULAIRE)
    people = set(others.values_list("person", flat=True)) - dossiers.same_as([person])
    with seen_by(by, dossier):
        for other in people:
            first, second = sorted((person, other))
            told = Likeness(one_id=first, other_id=second, level="PROBABLE", reasons=[], noticed_at=timezone.now())
            told.save(force_insert=True)
            dossiers.say_same(told.pk, by=by)
            dossiers.take_back(told.pk, by=by)
            dossiers.say_apart(told.pk, by=by)


@contextmanager
def seen_by(user: User, dossier: Dossier) -> Iterator[None]:
    """For a moment, without a trace."""
    given = None if user.has_perm("view", dossier) else grant(dossier, to=user, reason="test", by=None)
    yield
    if given is not None:
        DossierUserGrant.ever.filter(pk=given.pk).delete()


CHANGES: dict[str, Callable[[Dossier, World], None]] = {
    each.__name__: each
    for each in (
        a_new_name,
        a_fact,
        a_referent,
        nobody_follows,
        another_sender,
        long_ago,
        the_search,
        one_more,
        known_elsewhere,
    )
}
# a protected one, told to the members before it was: the same, and what follows from its séance
OF_A_PROTECTED: dict[str, Callable[[Dossier, World], None]] = {
    each.__name__: each
    for each in (
        a_new_name,
        a_fact,
        nobody_follows,
        another_sender,
        long_ago,
        told_otherwise,
        taken_off,
        known_elsewhere,
    )
}
# in each series, who reads by a team, by a séance, by nothing; one page of each kind
SOME = ["siao2", "bailleur", "etranger"]
OUTSIDERS = [account for account in READERS if account not in INSIDE[Relation.PROTECTED]]


@pytest.fixture
def world(cast: Cast) -> World:
    made = build(cast)
    commission.plan_seance(TODAY() + timedelta(days=9), "Salle des Carmes", by=None)
    recognise_organisation("Foyer des Glycines", OrganisationKind.PRESCRIPTEUR, by=None)  # organisations are no secret
    return made


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    browser.get("/")
    return browser


def read(browser: Client, most: int) -> dict[str, str]:
    """But the journal, whose one reader reads all of it (domaine § 6): it says that something was done, to no name."""
    pages = reached(browser, "/", most=most).items()
    return {path: masked(page) for path, page in pages if not path.startswith("/journal/")}


def difference(before: str, after: str) -> list[str]:
    """The lines that are not the same, for who reads the failure."""
    return [line.strip() for line in unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")][:12]


def nothing_shows(
    world: World,
    changes: list[str],
    readers: list[str],
    *,
    relation: Relation = Relation.HIDDEN,
    most: int = SAME_KIND,
) -> None:
    every = OF_A_PROTECTED if relation is Relation.PROTECTED else CHANGES
    for name in readers:  # one after the other: what one reads is told on pages of another
        browser = signed_in(world.cast[name])
        before = read(browser, most)
        with transaction.atomic():
            for change in dict.fromkeys(changes):
                every[change](world.dossiers[relation], world)
            after = read(browser, most)
            transaction.set_rollback(True)
        assert after.keys() == before.keys(), name
        differing = [path for path, page in after.items() if page != before[path]]
        assert [(path, difference(before[path], after[path])) for path in differing] == [], (name, changes)


def test_everything_at_once_shows_nothing(world: World) -> None:
    nothing_shows(world, list(CHANGES), SOME, most=1)


@pytest.mark.long
def test_a_protected_dossier_with_an_open_fiche_shows_nothing(world: World) -> None:
    """To colleagues of those named, and to the members to whom it was told: not even that it is there."""
    nothing_shows(world, list(OF_A_PROTECTED), ["siao2", "bailleur"], relation=Relation.PROTECTED, most=1)


@pytest.mark.long
@pytest.mark.parametrize("reader", READERS)
def test_everything_at_once_shows_nothing_to_anybody(world: World, reader: str) -> None:
    nothing_shows(world, list(CHANGES), [reader])
    if reader in OUTSIDERS:
        nothing_shows(world, list(OF_A_PROTECTED), [reader], relation=Relation.PROTECTED)


def test_a_change_that_one_sees_does_show(world: World) -> None:
    """The comparison would find it."""
    browser = signed_in(world.cast["siao"])
    before = read(browser, most=1)
    another_sender(world.dossiers[Relation.OPEN], world)
    assert read(browser, most=1) != before


@pytest.mark.long
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    changes=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=4),
    readers=st.lists(st.sampled_from(READERS), min_size=1, max_size=3, unique=True),
)
def test_some_changes_show_nothing(world: World, changes: list[str], readers: list[str]) -> None:
    nothing_shows(world, changes, readers, most=1)


def test_references_do_not_tell_how_many_others_there_are(cast: Cast) -> None:
    """They are drawn: neither in the order of the openings, nor numbers that follow each other."""
    drawn = [
        dossiers.open_dossier(dossiers.NewDossier("Orsel", "Berthe"), by=cast["prescripteur"], on=TODAY()).reference
        for _ in range(12)
    ]
    assert len(set(drawn)) == 12
    assert drawn != sorted(drawn)
    # one drawn of digits only is chance (a few in a thousand); twelve are a counter
    assert not all(each.rpartition("-")[2].isdecimal() for each in drawn)
