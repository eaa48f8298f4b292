"""What is opened to a person opens where a role of hers sees dossiers, and ends with it, by the clock (ADR 0028)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.grants import end_all, grant, open_now
from accounts.models import Membership, Organisation, Session, User
from accounts.operations import change_role, join, leave, leave_organisation
from accounts.roles import Code
from cases.dossiers import operations
from cases.dossiers.models import Dossier, DossierUserGrant, GrantReason
from cases.dossiers.operations import Opening, open_by_hand, protect, unprotect
from core.db import acting_as
from core.errors import OperationRefused
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
DAY = timedelta(days=1)


def body(name: str) -> Organisation:
    return Organisation.objects.known_as(name).get()


def again(user: User) -> User:
    """As the next request reads her."""
    return User.objects.get(pk=user.pk)


def sees(user: User, dossier: Dossier) -> bool:
    """Three answers: the queryset, row security, `has_perm`; they agree."""
    user = again(user)
    asked = Dossier.objects.visible_to(user).filter(pk=dossier.pk).exists()
    with acting_as(user):
        assert Dossier.objects.filter(pk=dossier.pk).exists() is asked
        assert bool(execute("SELECT seuil_sees(%s)", dossier.pk)[0][0]) is asked
        assert bool(execute("SELECT 1 FROM live_grants WHERE dossier_id = %s", dossier.pk)) is asked
    assert user.has_perm("view", dossier) is asked
    return asked


def lapse(user: User, organisation: Organisation) -> None:
    """The date that was written for her roles there has come; nothing else happened."""
    now = timezone.now()
    held = Membership.objects.live().filter(user=user, organisation=organisation)
    held.update(valid_from=now - 20 * DAY, valid_until=now - DAY)


@pytest.fixture
def substitute(cast: Cast) -> User:
    """Replaces somebody of FOL 73 for ten days."""
    user = User.objects.create_user("remplacante@exemple.test", first_name="Ysoline", last_name="Berod")
    until = timezone.now() + 10 * DAY
    join(user, body("FOL 73"), Code.TRAVAILLEUR_SOCIAL, by=None, until=until)
    return user


@pytest.fixture
def followed(cast: Cast, substitute: User) -> Dossier:
    """The dossier that she follows meanwhile."""
    dossier = make_dossier()
    operations.appoint_referent(dossier.pk, substitute, by=cast["siao"])
    return dossier


class TestARoleThatEndsByItsDate:
    def test_takes_along_what_was_opened_to_the_person(self, followed: Dossier, substitute: User) -> None:
        assert sees(substitute, followed)
        lapse(substitute, body("FOL 73"))
        assert not sees(substitute, followed)
        assert DossierUserGrant.objects.exists()  # in force by its own dates: no job has run
        assert not open_now(DossierUserGrant.objects.all()).exists()

    def test_another_organisation_does_not_bring_it_back(self, followed: Dossier, substitute: User) -> None:
        lapse(substitute, body("FOL 73"))
        join(substitute, body("Toi(t) d’abord"), Code.TRAVAILLEUR_SOCIAL, by=None)
        assert not sees(substitute, followed)
        browser = Client()
        browser.force_login(again(substitute))
        assert browser.get(followed.get_absolute_url()).status_code == 404

    def test_the_same_organisation_does(self, followed: Dossier, substitute: User) -> None:
        lapse(substitute, body("FOL 73"))
        join(substitute, body("FOL 73"), Code.SANTE, by=None)
        assert sees(substitute, followed)

    def test_a_role_there_that_sees_no_dossier_does_not(self, followed: Dossier, substitute: User) -> None:
        lapse(substitute, body("FOL 73"))
        Membership.objects.create(
            user=substitute, organisation=body("FOL 73"), role=Code.BAILLEUR, valid_from=timezone.now() - DAY
        )
        join(substitute, body("Toi(t) d’abord"), Code.TRAVAILLEUR_SOCIAL, by=None)
        assert not sees(substitute, followed)

    def test_nor_a_role_that_sees_dossiers_no_more(self, cast: Cast) -> None:
        dossier = make_dossier()
        grant(dossier, to=cast["toit"], reason="shared", by=None)
        assert sees(cast["toit"], dossier)
        execute("DELETE FROM auth_group_permissions USING auth_group g WHERE g.id = group_id AND g.name = %s",
                "role:travailleur_social")  # fmt: skip
        assert not sees(cast["toit"], dossier)

    def test_a_role_to_come_opens_nothing_yet(self, cast: Cast) -> None:
        dossier = make_dossier()
        grant(dossier, to=cast["toit"], reason="shared", by=None)
        Membership.objects.filter(user=cast["toit"]).update(valid_from=timezone.now() + DAY)
        assert not sees(cast["toit"], dossier)

    def test_an_emergency_too(self, cast: Cast) -> None:
        dossier = make_dossier()
        with acting_as(cast["toit"]):
            asked = operations.Emergency(dossier.reference, "DANGER", "Un fait qui presse.")
            assert operations.open_urgently(asked, by=cast["toit"]) == dossier
        assert sees(cast["toit"], dossier)
        lapse(cast["toit"], body("Toi(t) d’abord"))
        assert not sees(cast["toit"], dossier)

    def test_it_may_be_given_again_once_it_opens_nothing(self, cast: Cast) -> None:
        dossier, last = make_dossier(), timezone.localdate() + 9 * DAY
        open_by_hand(dossier.pk, Opening(cast["toit"], "shared", last), by=cast["siao"])
        with pytest.raises(OperationRefused, match="a déjà une telle ouverture"):
            open_by_hand(dossier.pk, Opening(cast["toit"], "shared", last), by=cast["siao"])
        lapse(cast["toit"], body("Toi(t) d’abord"))
        join(cast["toit"], body("FOL 73"), Code.SANTE, by=None)
        open_by_hand(dossier.pk, Opening(again(cast["toit"]), "shared", last), by=cast["siao"])
        assert sees(cast["toit"], dossier)

    def test_the_page_says_that_it_opens_nothing(self, followed: Dossier, substitute: User, browse: Browse) -> None:
        address = f"/dossiers/{followed.pk}/acces/"
        assert "sans effet" not in text_of(browse("siao").get(address))
        lapse(substitute, body("FOL 73"))
        assert "sans effet : son rôle a pris fin" in text_of(browse("siao").get(address))


class TestWhereItIsReceived:
    def test_nobodys_member_receives_nothing(self, cast: Cast) -> None:
        dossier = make_dossier()
        made = grant(dossier, to=cast["etranger"], reason="test", by=None)
        assert DossierUserGrant.ever.get(pk=made.pk).organisation is None
        assert not sees(cast["etranger"], dossier)
        join(cast["etranger"], body("FOL 73"), Code.SANTE, by=None)
        assert not sees(cast["etranger"], dossier)

    def test_where_it_lasts_else_where_the_giver_works(self, cast: Cast, substitute: User) -> None:
        join(substitute, body("Toi(t) d’abord"), Code.SANTE, by=None)
        lasting, near = make_dossier(), make_dossier()
        first = grant(lasting, to=substitute, reason="test", by=cast["siao"])
        second = grant(near, to=substitute, reason="test", by=cast["fol73"])
        told = {each.pk: str(each.organisation) for each in DossierUserGrant.ever.select_related("organisation")}
        assert told == {first.pk: "Toi(t) d’abord", second.pk: "FOL 73"}

    def test_what_comes_back_to_a_referent_who_left_is_nothing(self, cast: Cast) -> None:
        dossier = make_dossier()
        operations.appoint_referent(dossier.pk, cast["toit"], by=cast["siao"])
        protect(dossier.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        leave_organisation(cast["toit"].pk, body("Toi(t) d’abord"), by=cast["admin"])
        unprotect(dossier.pk, by=cast["siao"])
        assert not DossierUserGrant.objects.filter(user=cast["toit"]).exists()
        assert not sees(cast["toit"], dossier)

    def test_a_referent_who_came_back_elsewhere_is_given_it_again(self, followed: Dossier, substitute: User) -> None:
        lapse(substitute, body("FOL 73"))
        join(substitute, body("Toi(t) d’abord"), Code.TRAVAILLEUR_SOCIAL, by=None)
        operations.appoint_referent(followed.pk, again(substitute), by=None)
        assert sees(substitute, followed)
        assert DossierUserGrant.objects.filter(reason=GrantReason.REFERENT).count() == 2


class TestLeaving:
    def test_the_last_role_there_closes_grants_and_sessions(self, followed: Dossier, substitute: User) -> None:
        browser = Client()
        browser.force_login(again(substitute))
        leave(substitute.memberships.get(), by=None)
        assert not DossierUserGrant.objects.exists()
        assert not Session.objects.exists()
        assert browser.get("/").headers["Location"].startswith("/connexion/")

    def test_one_of_two_roles_there_closes_nothing(self, followed: Dossier, substitute: User) -> None:
        one = substitute.memberships.get()
        join(substitute, body("FOL 73"), Code.SANTE, by=None)
        leave(one, by=None)
        assert sees(substitute, followed)

    def test_one_organisation_does_not_end_what_another_opened(self, cast: Cast, substitute: User) -> None:
        """In charge of FOL 73, she ends what was opened to its people as such, and nothing of Toi(t) d’abord's."""
        join(substitute, body("Toi(t) d’abord"), Code.SANTE, by=None)
        theirs, ours = make_dossier(), make_dossier()
        grant(theirs, to=substitute, reason="shared", by=cast["toit"])
        grant(ours, to=substitute, reason="shared", by=cast["fol73"])
        Membership.objects.filter(user=cast["sante"]).update(in_charge=True)
        keeper = again(cast["sante"])
        with acting_as(keeper):
            leave_organisation(substitute.pk, body("FOL 73"), by=keeper)
        assert (sees(substitute, theirs), sees(substitute, ours)) == (True, False)
        with acting_as(keeper):
            error = refusal(lambda: end_all(substitute, body("Toi(t) d’abord"), at=None))
        assert error.sqlstate == "42501"
        assert sees(substitute, theirs)

    def test_another_role_there_keeps_what_was_opened(self, cast: Cast) -> None:
        dossier = make_dossier()
        grant(dossier, to=cast["fol73"], reason="shared", by=None)
        change_role(cast["fol73"].memberships.get().pk, Code.SANTE, by=cast["admin"])
        assert sees(cast["fol73"], dossier)
