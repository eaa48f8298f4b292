"""The address of one's agenda: made, renewed, ended; and whose it is, for who only has the address."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.backends import memberships_of
from accounts.models import CalendarAddress, User
from accounts.signin.dormancy import is_dormant
from audit import journal
from core.db import acting_as
from core.errors import OperationRefused

TOKEN_BYTES = 32  # nobody guesses it: no attempt is counted


def calendar_address_of(user: User) -> CalendarAddress | None:
    """What is known of the person's address; the address itself is kept nowhere."""
    return CalendarAddress.objects.filter(user=user).first()


@transaction.atomic
def open_calendar(*, by: User) -> str:
    """Another address for the agenda of `by`: its token, told this once. The former one opens nothing any more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    told = {"token_hash": _print(token), "opened_at": timezone.now(), "last_read_on": None}
    _, is_new = CalendarAddress.objects.update_or_create(user=by, defaults=told)
    event = "account.calendar_opened" if is_new else "account.calendar_renewed"
    journal.record(event, target=by.pk, by=by)
    return token


@transaction.atomic
def end_calendar(*, by: User) -> None:
    """The address opens nothing any more. Raises `OperationRefused` when there is none."""
    deleted, _ = CalendarAddress.objects.filter(user=by).delete()
    if not deleted:
        raise OperationRefused("Votre agenda n’a pas d’adresse.")
    journal.record("account.calendar_ended", target=by.pk, by=by)


def calendar_reader(token: str, *, today: date) -> User | None:
    """Whose agenda this token opens, and its reading of the day noted. Nobody's when it was ended or renewed, when the
    account is suspended or dormant, when no role is in force: reading it is no sign of life of its holder."""
    with acting_as(None):
        owner = _owner_of(token)
    if owner is None:
        return None
    with acting_as(owner), transaction.atomic():
        user = User.objects.select_related("sign_of_life").get(pk=owner)
        if is_dormant(user) or not memberships_of(user):
            return None
        unread = Q(last_read_on=None) | Q(last_read_on__lt=today)
        CalendarAddress.objects.filter(unread, user=user).update(last_read_on=today)
    return user


def _owner_of(token: str) -> UUID | None:
    """Asked of PostgreSQL by the print alone: a visitor reads no row of this table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seuil_calendar_of(%s)", [_print(token)])
        found: UUID | None = cursor.fetchone()[0]
    return found


def _print(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
