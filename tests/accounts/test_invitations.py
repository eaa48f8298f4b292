"""Invitations: who sends them, what their link opens, once, and what it tells nobody."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Invitation, Membership, Organisation, User
from accounts.operations import (
    accept_as_member,
    accept_as_newcomer,
    invite,
    pending_invitations,
    put_in_charge,
    renew_invitation,
    send_invitation,
    usable_invitation,
    withdraw_invitation,
)
from accounts.roles import Code
from audit.models import Entry
from core import outbox
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.fixtures import Cast, at_once, execute, refusal

pytestmark = pytest.mark.django_db
ADDRESS, SECRET = "margot.aillon@essai.example", "Une clé sous le paillasson 41"
NEWCOMER = {"first_name": "Margot", "last_name": "Aillon", "password": SECRET}


@pytest.fixture
def fol(cast: Cast) -> Organisation:
    return Organisation.objects.known_as("FOL 73").get()


@pytest.fixture
def keeper(cast: Cast) -> User:
    """In charge of the access of the people of the FOL 73, and of nobody else's."""
    return User.objects.get(pk=cast["fol73"].pk)


@pytest.fixture
def invitation(cast: Cast, fol: Organisation) -> Invitation:
    return invite(ADDRESS.upper(), fol, Code.TRAVAILLEUR_SOCIAL, by=cast["admin"])


def link() -> str:
    """What the last mail opens."""
    outbox.drain("invitation.sent")
    return str(mail.outbox[-1].body).split("/invitation/")[1].split("/")[0]


class TestInviting:
    def test_the_mail_names_nobody_and_the_database_keeps_no_link(self, invitation: Invitation, cast: Cast) -> None:
        token = link()
        (sent,) = mail.outbox
        whole = sent.message().as_string() + str(sent.body)
        assert sent.to == [ADDRESS]
        for secret in ("FOL 73", "travailleur social", "Sage", "Victor", "Margot"):
            assert secret not in whole
        rows = execute("SELECT to_jsonb(i)::text FROM accounts_invitation i")
        messages = [message.payload for message in OutboxMessage.objects.all()]
        assert token not in f"{rows} {messages} {list(Entry.objects.values_list('codes', flat=True))}"
        assert ADDRESS not in f"{messages} {list(Entry.objects.values_list('codes', flat=True))}"
        assert usable_invitation(token) == invitation
        assert invitation.expires_at - invitation.invited_at == timedelta(hours=72)

    def test_the_same_sending_is_the_same_mail(self, invitation: Invitation) -> None:
        for _ in range(2):
            assert send_invitation(invitation.pk, 1)
        one, other = mail.outbox
        assert (one.body, one.extra_headers) == (other.body, other.extra_headers)

    def test_sent_again_the_former_link_dies(self, invitation: Invitation, cast: Cast) -> None:
        before = link()
        renew_invitation(invitation.pk, by=cast["admin"])
        after = link()
        assert usable_invitation(before) is None
        assert usable_invitation(after) == invitation
        assert not send_invitation(invitation.pk, 1)

    @pytest.mark.parametrize("account", ["siao", "dpo", "coordination", "sante", "etranger"])
    def test_not_by_everybody(self, cast: Cast, fol: Organisation, account: str) -> None:
        with pytest.raises(NotAllowed):
            invite(ADDRESS, fol, Code.TRAVAILLEUR_SOCIAL, by=cast[account])
        assert not pending_invitations(cast[account]).exists()
        assert not OutboxMessage.objects.filter(task="invitation.sent").exists()

    @pytest.mark.parametrize(
        ("told", "why"),
        [
            ({"role": Code.BAILLEUR}, "ne se tient pas"),
            ({"ends_on": timezone.localdate() - timedelta(days=1)}, "vient après son début"),
            ({"email": "admin@seuil.example"}, "soi-même"),
            ({"email": "fol73@seuil.example"}, "a déjà ce rôle"),
        ],
    )
    def test_refused_in_words(self, cast: Cast, fol: Organisation, told: dict[str, Any], why: str) -> None:
        asked = {"email": ADDRESS, "role": Code.TRAVAILLEUR_SOCIAL, "ends_on": None} | told
        with pytest.raises(OperationRefused, match=why):
            invite(asked["email"], fol, asked["role"], by=cast["admin"], ends_on=asked["ends_on"])
        assert not Invitation.objects.exists()

    def test_twice_the_same_is_refused(self, invitation: Invitation, fol: Organisation, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="renvoyez l’invitation"):
            invite(ADDRESS, fol, Code.TRAVAILLEUR_SOCIAL, by=cast["admin"])


class TestTheKeeper:
    def test_invites_in_her_organisation_alone(self, keeper: User, fol: Organisation, cast: Cast) -> None:
        made = invite(ADDRESS, fol, Code.SANTE, by=keeper)
        assert list(pending_invitations(keeper)) == [made]
        elsewhere = Organisation.objects.known_as("Toi(t) d’abord").get()
        with pytest.raises(NotAllowed):
            invite(ADDRESS, elsewhere, Code.TRAVAILLEUR_SOCIAL, by=keeper)
        other = invite(ADDRESS, elsewhere, Code.TRAVAILLEUR_SOCIAL, by=cast["admin"])
        assert list(pending_invitations(keeper)) == [made]
        for act in (renew_invitation, withdraw_invitation):
            with pytest.raises(NotAllowed):
                act(other.pk, by=keeper)

    def test_gives_no_charge(self, keeper: User, fol: Organisation) -> None:
        with pytest.raises(NotAllowed, match="administrateur technique"):
            invite(ADDRESS, fol, Code.SANTE, by=keeper, in_charge=True)

    def test_gives_no_role_that_opens_accounts(self, cast: Cast) -> None:
        put_in_charge(cast["habitat"].memberships.get().pk, in_charge=True, by=cast["admin"])
        keeper = User.objects.get(pk=cast["habitat"].pk)
        chambery = Organisation.objects.known_as("Grand Chambéry").get()
        for role in (Code.ADMIN_TECHNIQUE, Code.DPO):
            with pytest.raises(NotAllowed):
                invite(ADDRESS, chambery, role, by=keeper)


class TestAccepting:
    def test_the_account_and_its_role_are_made_at_once(self, invitation: Invitation, fol: Organisation) -> None:
        token = link()
        with acting_as(None):
            made = accept_as_newcomer(token, **NEWCOMER)
        held = Membership.objects.live().get(user=made)
        assert (made.email, str(made), held.organisation, held.role) == (
            ADDRESS,
            "Margot Aillon",
            fol,
            Code.TRAVAILLEUR_SOCIAL,
        )
        assert made.check_password(SECRET)
        invitation.refresh_from_db()
        assert (invitation.email, invitation.accepted_by) == ("", made)
        events = set(Entry.objects.filter(actor_id=made.pk).values_list("event", flat=True))
        assert events == {"account.created", "invitation.accepted", "membership.joined"}

    @pytest.mark.parametrize("end", ["served", "late", "withdrawn", "unknown", "hostile"])
    def test_a_link_that_opens_nothing_says_so_and_makes_nothing(
        self, invitation: Invitation, cast: Cast, end: str
    ) -> None:
        token = {"unknown": "0" * 64, "hostile": "\ud800é/../"}.get(end) or link()
        if end == "served":
            accept_as_newcomer(token, **NEWCOMER)
        elif end == "late":
            past = timezone.now() - timedelta(hours=73)
            Invitation.objects.update(invited_at=past, expires_at=past + timedelta(hours=72))
        elif end == "withdrawn":
            withdraw_invitation(invitation.pk, by=cast["admin"])
        before = User.objects.count(), Membership.objects.count()
        for accept in (
            partial(accept_as_newcomer, token, **NEWCOMER),
            partial(accept_as_member, token, by=cast["toit"]),
        ):
            with pytest.raises(OperationRefused, match="n’est plus utilisable"):
                accept()
        assert (User.objects.count(), Membership.objects.count()) == before

    def test_an_address_that_has_an_account_only_gets_the_role(self, cast: Cast, fol: Organisation) -> None:
        invite("toit@seuil.example", fol, Code.TRAVAILLEUR_SOCIAL, by=cast["admin"])
        token = link()
        with pytest.raises(OperationRefused, match="Si vous avez déjà un compte"):
            accept_as_newcomer(token, **NEWCOMER)
        assert Invitation.objects.unsettled().count() == 1
        accept_as_member(token, by=cast["toit"])
        assert Membership.objects.live().filter(user=cast["toit"]).count() == 2

    def test_another_ones_is_refused(self, invitation: Invitation, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="une autre adresse"):
            accept_as_member(link(), by=cast["toit"])
        assert Invitation.objects.unsettled().count() == 1

    def test_incompatible_roles_leave_nothing_half_done(self, cast: Cast) -> None:
        chambery = Organisation.objects.known_as("Grand Chambéry").get()
        invite("habitat@seuil.example", chambery, Code.ORDONNATEUR, by=cast["admin"])
        token = link()
        with pytest.raises(OperationRefused, match="à la fois habitat, gestionnaire du pécule et ordonnateur"):
            accept_as_member(token, by=cast["habitat"])
        assert Invitation.objects.unsettled().count() == 1
        assert Membership.objects.live().filter(user=cast["habitat"]).count() == 1

    def test_a_weak_password_makes_nothing(self, invitation: Invitation) -> None:
        token = link()
        with pytest.raises(ValidationError):
            accept_as_newcomer(token, first_name="Margot", last_name="Aillon", password="trop court")
        assert not User.objects.filter(email=ADDRESS).exists()
        assert usable_invitation(token) is not None

    def test_what_was_settled_stays(self, invitation: Invitation, cast: Cast) -> None:
        accept_as_newcomer(link(), **NEWCOMER)
        for act in (renew_invitation, withdraw_invitation):
            with pytest.raises(OperationRefused, match="acceptée"):
                act(invitation.pk, by=cast["admin"])

    def test_the_web_does_not_change_to_whom_nor_what(self, invitation: Invitation, cast: Cast) -> None:
        with acting_as(cast["admin"]):
            for column in ("role = 'dpo'", "organisation_id = NULL", "in_charge = true", "ends_at = NULL"):
                assert refusal(lambda: execute(f"UPDATE accounts_invitation SET {column}")).sqlstate == "42501"  # noqa: B023, S608


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_make_one_account() -> None:
    from accounts.demo import install_cast

    install_cast(password=None)
    fol, admin = Organisation.objects.known_as("FOL 73").get(), User.objects.get(email="admin@seuil.example")
    invite(ADDRESS, fol, Code.TRAVAILLEUR_SOCIAL, by=admin)
    token = link()
    outcomes = at_once(*[partial(accept_as_newcomer, token, **NEWCOMER)] * 2)
    (refused,) = [error for error in outcomes if error is not None]
    assert isinstance(refused, OperationRefused)
    assert "n’est plus utilisable" in str(refused)
    made = User.objects.get(email=ADDRESS)
    assert Membership.objects.filter(user=made).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_invitations_of_one_address_answered_at_once_make_one_account() -> None:
    from accounts.demo import install_cast

    install_cast(password=None)
    admin = User.objects.get(email="admin@seuil.example")
    tokens = []
    for name in ("FOL 73", "Toi(t) d’abord"):
        invite(ADDRESS, Organisation.objects.known_as(name).get(), Code.TRAVAILLEUR_SOCIAL, by=admin)
        tokens.append(link())
    outcomes = at_once(*(partial(accept_as_newcomer, token, **NEWCOMER) for token in tokens))
    (refused,) = [error for error in outcomes if error is not None]
    assert "Si vous avez déjà un compte" in str(refused)
    made = User.objects.get(email=ADDRESS)
    waiting = next(token for token in tokens if usable_invitation(token))
    accept_as_member(waiting, by=made)
    assert Membership.objects.live().filter(user=made).count() == 2
