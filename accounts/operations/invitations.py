"""Inviting somebody to work with Seuil: a link that works once, for 72 hours, of which only a hash is kept."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Invitation, Membership, Organisation, User
from accounts.operations.keeping import PEOPLE, kept_by, require_above, require_another, require_giving, require_keeping
from accounts.operations.letters import LetterText, install_letter, letter_text
from accounts.operations.memberships import add_membership, end_of
from accounts.roles import Code
from audit import journal
from audit.refusals import refused
from core import outbox
from core.errors import OperationRefused
from core.http import sentence_of
from core.locking import lock
from core.mail import send_notice

LASTS = timedelta(hours=72)
LETTER = "invitation.sent"
FIRST = LetterText(
    subject="Une invitation vous attend dans Seuil",
    sentence=(
        "Une organisation vous invite à travailler avec elle dans Seuil. "
        "Ce lien sert une seule fois, pendant 72 heures."
    ),
    action="Répondre à l’invitation",
)
GONE = "Cette invitation n’est plus utilisable : demandez-en une autre à la personne qui vous a invité."
SIGN_IN = (
    "Ce compte n’a pas pu être créé avec cette invitation. "
    "Si vous avez déjà un compte à cette adresse, connectez-vous : l’invitation vous y attend."
)
ELSEWHERE = (
    "Cette invitation est adressée à une autre adresse que celle de votre compte. "
    "Déconnectez-vous, puis ouvrez de nouveau son lien."
)


def install_invitation_text(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the mail of an invitation has its words."""
    if connection.alias == "default":
        install_letter(LETTER, "Courriel d’invitation", FIRST)


def pending_invitations(user: User) -> QuerySet[Invitation]:
    """The invitations without an answer, where `user` tends the access, the newest first."""
    if not user.has_perm(PEOPLE):
        return Invitation.objects.none()
    found = Invitation.objects.unsettled().filter(organisation__in=kept_by(user))
    return found.select_related("organisation", "invited_by").order_by("-invited_at", "pk")


@transaction.atomic
def invite(
    email: str,
    organisation: Organisation,
    role: Code,
    *,
    by: User,
    ends_on: date | None = None,
    in_charge: bool = False,
    replaces: Membership | None = None,
) -> Invitation:
    """Offer a role to an address; the mail leaves by itself. Nothing tells whether the address has an account.

    Raises `NotAllowed`, and `OperationRefused` for a role that does not go there, a day gone by, an open invitation.
    """
    address = email.strip().lower()
    organisation = lock(Organisation.objects, organisation.pk)  # it may be closing meanwhile
    require_giving(by, organisation, role, in_charge=in_charge)
    if address == by.email:
        raise OperationRefused("On ne s’invite pas soi-même. Demandez-le à une autre personne qui tient les accès.")
    if organisation.closed_at is not None:
        raise OperationRefused("Cette organisation est fermée : on n’y invite plus personne.")
    if ends_on is not None and ends_on < timezone.localdate():
        raise OperationRefused("La fin d’un rôle vient après son début : choisissez un jour à venir.")
    if replaces is not None and ends_on is None:
        raise OperationRefused("Un remplacement a une date de fin : écrivez-la.")
    if replaces is not None and (replaces.organisation_id, replaces.role) != (organisation.pk, role.value):
        raise OperationRefused("On remplace quelqu’un dans son organisation et dans son rôle.")
    held = Membership.objects.lasting().filter(user__email=address, organisation=organisation, role=role)
    if held.exists():
        raise OperationRefused("Une personne a déjà ce rôle ici à cette adresse.")
    invitation = Invitation(
        email=address,
        organisation=organisation,
        role=role,
        ends_at=None if ends_on is None else end_of(ends_on),
        in_charge=in_charge,
        replaces=replaces,
        invited_by=by,
    )
    _renew(invitation, sendings=1)
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError as error:
        raise OperationRefused(sentence_of(error)) from None
    _post(invitation)
    journal.record("invitation.made", target=invitation.pk, by=by, organisation=str(organisation.pk), role=role.value)
    return invitation


@transaction.atomic
def renew_invitation(invitation_id: UUID, *, by: User) -> Invitation:
    """Send again: another link, for 72 hours more; the former one dies. Raises as `invite`, or when it is settled."""
    invitation = _unsettled(invitation_id, by)
    _renew(invitation, sendings=invitation.sendings + 1)
    invitation.save(update_fields=["sendings", "token_hash", "expires_at", "invited_at"])
    _post(invitation)
    journal.record("invitation.renewed", target=invitation.pk, by=by, sendings=invitation.sendings)
    return invitation


@transaction.atomic
def withdraw_invitation(invitation_id: UUID, *, by: User) -> None:
    """Its link opens nothing any more. Raises `OperationRefused` when it was accepted or withdrawn before."""
    invitation = _unsettled(invitation_id, by)
    invitation.withdrawn_at, invitation.withdrawn_by, invitation.email = timezone.now(), by, ""
    invitation.save(update_fields=["withdrawn_at", "withdrawn_by", "email"])
    journal.record("invitation.withdrawn", target=invitation.pk, by=by)


def usable_invitation(token: str) -> Invitation | None:
    """What this link still opens; None for a link that never was, that served, that is too late or withdrawn."""
    found = Invitation.objects.usable().filter(token_hash=_hash(token)).select_related("organisation").first()
    if found is None:
        _note_refusal(token)
    return found


def _note_refusal(token: str) -> None:
    """For the journal: which invitation, if the link ever was one, and why it opens nothing."""
    known = Invitation.objects.filter(token_hash=_hash(token)).first()
    why = "unknown"
    if known is not None:
        why = "served" if known.accepted_at else "withdrawn" if known.withdrawn_at else "late"
    refused("invitation.refused", why=why, target=known.pk if known else None)


@transaction.atomic
def accept_as_newcomer(token: str, *, first_name: str, last_name: str, password: str) -> User:
    """Make the account and its role, at once. Raises `ValidationError` for a weak password, `OperationRefused` else."""
    invitation = _answered(token)
    newcomer = User(email=invitation.email, first_name=first_name.strip(), last_name=last_name.strip())
    validate_password(password, newcomer)
    newcomer.set_password(password)
    try:
        with transaction.atomic():
            newcomer.save(force_insert=True)
    except IntegrityError:
        raise OperationRefused(SIGN_IN) from None
    journal.record("account.created", target=newcomer.pk, by=newcomer, invitation=str(invitation.pk))
    _settle(invitation, newcomer)
    return newcomer


@transaction.atomic
def accept_as_member(token: str, *, by: User) -> Membership:
    """The role is added to the account of whoever has signed in, when the invitation is addressed to it."""
    person = lock(User.objects, by.pk)
    invitation = _answered(token)
    if person.email != invitation.email:
        refused("invitation.refused", why="of_somebody_else", target=invitation.pk)
        raise OperationRefused(ELSEWHERE)
    return _settle(invitation, person)


def send_invitation(invitation_id: UUID, sending: int) -> bool:
    """Send the mail of one sending, by the worker; False when another has taken its place or nothing is open any more.

    The link is made again from the signing key: it is written nowhere, and a mail sent twice is the same mail.
    """
    invitation = Invitation.objects.usable().filter(pk=invitation_id, sendings=sending).first()
    if invitation is None:
        return False
    words = letter_text(LETTER)
    send_notice(
        to=[invitation.email],
        subject=words.subject,
        sentence=words.sentence,
        action=words.action,
        path=reverse("accounts:accept", args=[_token(invitation)]),
        phone=settings.CONTACT_PHONE,
        key=f"{LETTER}:{invitation.pk}:{sending}",
    )
    return True


def _unsettled(invitation_id: UUID, by: User) -> Invitation:
    invitation = lock(Invitation.objects, invitation_id)
    require_keeping(by, invitation.organisation)
    require_above(by, Code(invitation.role), in_charge=invitation.in_charge)
    if invitation.accepted_at is not None:
        raise OperationRefused("Cette invitation a été acceptée : la personne est dans la liste.")
    if invitation.withdrawn_at is not None:
        raise OperationRefused("Cette invitation a été retirée. Rechargez la page.")
    return invitation


def _answered(token: str) -> Invitation:
    """The invitation of a link, locked: of two answers at once, the second finds it settled."""
    found = Invitation.objects.filter(token_hash=_hash(token)).values_list("pk", flat=True).first()
    invitation = None if found is None else lock(Invitation.objects, found)
    if invitation is None or not Invitation.objects.usable().filter(pk=invitation.pk, token_hash=_hash(token)).exists():
        _note_refusal(token)
        raise OperationRefused(GONE)
    if invitation.ends_at is not None and invitation.ends_at <= timezone.now():
        raise OperationRefused(GONE)
    return invitation


def _settle(invitation: Invitation, person: User) -> Membership:
    """The role begins, the address is forgotten. Refused in the words of the rule when roles do not go together."""
    if invitation.invited_by is not None:
        require_another(invitation.invited_by, person)
    taken = add_membership(
        person,
        invitation.organisation,
        Code(invitation.role),
        until=invitation.ends_at,
        in_charge=invitation.in_charge,
        replaces=invitation.replaces,
    )
    invitation.accepted_at, invitation.accepted_by, invitation.email = timezone.now(), person, ""
    invitation.save(update_fields=["accepted_at", "accepted_by", "email"])
    journal.record("invitation.accepted", target=invitation.pk, by=person, role=invitation.role)
    journal.record(
        "membership.joined",
        target=person.pk,
        by=person,
        organisation=str(invitation.organisation_id),
        role=invitation.role,
    )
    return taken


def _renew(invitation: Invitation, *, sendings: int) -> None:
    now: datetime = timezone.now()
    invitation.sendings, invitation.invited_at, invitation.expires_at = sendings, now, now + LASTS
    invitation.token_hash = _hash(_token(invitation))


def _post(invitation: Invitation) -> None:
    outbox.enqueue(LETTER, invitation=str(invitation.pk), sending=invitation.sendings)


def _token(invitation: Invitation) -> str:
    """64 hexadecimal figures that only the holder of the signing key can make."""
    told = f"{invitation.pk}:{invitation.sendings}"
    return salted_hmac("accounts.invitation", told, algorithm="sha256").hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
