"""Accounts dormant for 180 days. Nothing is written when one falls asleep: it is computed from its last sign of life.

It comes back by a link sent to its address, then by the usual way: password and second factor, or passkey.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import SignOfLife, User
from accounts.signin.operations import note_refusal
from core import outbox

SLEEP = timedelta(days=180)
RETURNING = "seuil.returning"


class ReturnLink(PasswordResetTokenGenerator):
    """Django's token: it ends after PASSWORD_RESET_TIMEOUT, and at the first sign-in."""

    key_salt = "accounts.signin.dormancy"


RETURN_LINK = ReturnLink()


def last_life(user: User) -> datetime:
    """The last sign of life: the account was made, signed in, or was called upon."""
    called: SignOfLife | None = getattr(user, "sign_of_life", None)
    return max(at for at in (user.created_at, user.last_login, called.at if called else None) if at is not None)


def is_dormant(user: User) -> bool:
    """Suspended for having given no sign of life for 180 days."""
    return timezone.now() - last_life(user) >= SLEEP


def touch(users: Iterable[UUID]) -> None:
    """These accounts are called upon now (a convocation): it counts as a sign of life. One statement."""
    now = timezone.now()
    SignOfLife.objects.bulk_create(
        [SignOfLife(user_id=user, at=now) for user in sorted(set(users))],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["at"],
    )


def send_link(user: User) -> None:
    """Somebody who knows the password of a dormant account is at the door: its address gets a link."""
    with transaction.atomic():
        outbox.enqueue("account.return_mail", person=str(user.pk), ask=str(uuid4()))
    note_refusal("dormant", target=user.pk)


def come_back(request: HttpRequest, user: User) -> None:
    """The link was followed in this browser: the next sign-in of this account passes."""
    request.session[RETURNING] = str(user.pk)


def has_come_back(request: HttpRequest, user: User) -> bool:
    """The person followed the link of her mail, in this browser."""
    return request.session.get(RETURNING) == str(user.pk)


def forget_return(request: HttpRequest) -> None:
    """She is in: the link has served."""
    request.session.pop(RETURNING, None)
