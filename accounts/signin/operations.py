"""What signing in does, and what a person does with her own account: password, factors, sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Session, User
from accounts.proof import FACTORS, used_second_factor
from accounts.signin.devices import device_of, is_handheld
from accounts.signin.store import ABOUT
from audit import journal
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

NOBODY = UUID(int=0)
LONGEST = timedelta(hours=12)
NEWS = timedelta(minutes=1)  # how late « last seen » may be: one write a minute, not one a page


# The journal of the door
@transaction.atomic
def note_refusal(reason: str = "", *, target: UUID = NOBODY) -> None:
    """Somebody failed. Never what was typed: it may be a password. `target` is a person already known."""
    codes: dict[str, journal.Code] = {"reason": reason} if reason else {}
    journal.record("account.refused", target=target, dossier=None, by=None, **codes)


@transaction.atomic
def note_sign_in(request: HttpRequest, user: User) -> None:
    """The person is in; with a second factor or not."""
    journal.record("account.signed_in", target=user.pk, by=user, factor=used_second_factor(request))


@transaction.atomic
def note_sign_out(user: User) -> None:
    """The person leaves."""
    journal.record("account.signed_out", target=user.pk, by=user)


# Password
@transaction.atomic
def ask_reset(email: str) -> None:
    """A link leaves for this address if an account has it. Known or not, the same is written, in the same time."""
    found = User.objects.filter(email=email.strip().lower(), is_active=True).values_list("pk", flat=True).first()
    outbox.enqueue("account.reset_mail", person=str(found or uuid4()), ask=str(uuid4()))
    journal.record("account.reset_asked", target=NOBODY, by=None)


@transaction.atomic
def note_reset(user: User) -> None:
    """The password was renewed by a link: every session of the account ends."""
    journal.record("account.password_reset", target=user.pk, by=user)
    user.sessions.all().delete()


@transaction.atomic
def change_password(request: HttpRequest, user: User, password: str) -> None:
    """A new password, and no other session than this one."""
    user.set_password(password)
    user.save(update_fields=["password"])
    journal.record("account.password_changed", target=user.pk, by=user)
    outbox.enqueue("account.change_mail", person=str(user.pk), ask=str(uuid4()))
    user.sessions.exclude(session_key=request.session.session_key).delete()
    update_session_auth_hash(request, user)


# Second factors
@transaction.atomic
def note_factor_change(event: str, user: User, kind: str) -> None:
    """A factor was `added` or `removed`; the person is told by mail, in case it was not she."""
    journal.record(f"account.factor_{event}", target=user.pk, by=user, kind=kind)
    outbox.enqueue("account.change_mail", person=str(user.pk), ask=str(uuid4()))


@transaction.atomic
def remove_factor(user: User, factor: int) -> None:
    """Withdraw one. Raises `OperationRefused` for the last one, where one is required; else its codes go with it."""
    lock(User.objects, user.pk)
    kept = Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk=factor).exists()
    if settings.SECOND_FACTOR_REQUIRED and not kept:
        raise OperationRefused("C’est votre seul second facteur : ajoutez-en un autre avant de le retirer.")
    found = Authenticator.objects.filter(user=user, pk=factor).first()
    if found is None:
        raise OperationRefused("Ce second facteur est déjà retiré.")
    found.delete()
    if not kept:
        Authenticator.objects.filter(user=user).delete()
    note_factor_change("removed", user, found.type)


@transaction.atomic
def reset_factors(user: User, *, by: User | None) -> None:
    """The person has lost every factor and her codes: she enrols again at her next sign-in; her sessions end."""
    Authenticator.objects.filter(user=user).delete()
    user.sessions.all().delete()
    journal.record("account.factors_reset", target=user.pk, by=by)


# Sessions
def begin_session(request: HttpRequest) -> None:
    """Say what this session is: since when, on which device."""
    request.session[ABOUT] = {
        "ticket": str(uuid4()),
        "device": device_of(request.headers.get("User-Agent", "")),
        "opened_at": timezone.now().isoformat(),
        "seen_at": timezone.now().isoformat(),
        "kept": False,
    }


def follow_session(request: HttpRequest) -> bool:
    """Say that the session serves; False when its twelve hours are over."""
    about = request.session.get(ABOUT)
    if about is None:
        begin_session(request)
        return True
    now = timezone.now()
    if now - datetime.fromisoformat(about["opened_at"]) >= LONGEST:
        return False
    if now - datetime.fromisoformat(about["seen_at"]) >= NEWS:
        request.session[ABOUT] = about | {"seen_at": now.isoformat()}
    return True


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a session still lasts, in seconds: without activity (None where it is kept), and whatever is done."""

    idle: int | None
    most: int


def go_on(request: HttpRequest) -> Lasting:
    """« Rester connecté », of who was warned: the half-hour begins again."""
    request.session[ABOUT] = request.session[ABOUT] | {"seen_at": timezone.now().isoformat()}
    return lasting(request)


def lasting(request: HttpRequest) -> Lasting:
    """When the session ends by itself."""
    about = request.session.get(ABOUT)
    if about is None:  # begins with this request
        return Lasting(settings.SESSION_COOKIE_AGE, int(LONGEST.total_seconds()))
    now = timezone.now()
    most = datetime.fromisoformat(about["opened_at"]) + LONGEST - now
    idle = datetime.fromisoformat(about["seen_at"]) + timedelta(seconds=settings.SESSION_COOKIE_AGE) - now
    return Lasting(None if about["kept"] else int(idle.total_seconds()), int(most.total_seconds()))


def may_be_kept(request: HttpRequest) -> bool:
    """The session may last without activity: on a telephone, once a second factor was shown there."""
    return used_second_factor(request) and is_handheld(request.headers.get("User-Agent", ""))


def keep_session(request: HttpRequest) -> None:
    """« Rester connecté sur ce téléphone »: until twelve hours after the sign-in. Raises `OperationRefused`."""
    if not may_be_kept(request):
        raise OperationRefused("Rester connecté se choisit sur un téléphone, après y avoir donné un second facteur.")
    if ABOUT not in request.session:
        begin_session(request)
    about = request.session[ABOUT]
    request.session[ABOUT] = about | {"kept": True}
    request.session.set_expiry(datetime.fromisoformat(about["opened_at"]) + LONGEST)


def sessions_of(user: User) -> QuerySet[Session]:
    """The open sessions of a person, the last seen first."""
    return user.sessions.filter(expire_date__gt=timezone.now()).order_by("-seen_at", "pk")


@transaction.atomic
def end_session(ticket: UUID, *, by: User) -> None:
    """End one's own session, wherever it is, at once. Raises `OperationRefused` when it is over."""
    deleted, _ = by.sessions.filter(ticket=ticket).delete()
    if not deleted:
        raise OperationRefused("Cette session est déjà fermée.")
    journal.record("account.session_ended", target=by.pk, by=by, sessions=1)


@transaction.atomic
def end_sessions(user: User, *, by: User | None, but: str | None = None) -> int:
    """End every session of a person, at once, but the one whose key is `but`; return how many."""
    deleted, _ = user.sessions.exclude(session_key=but).delete() if but else user.sessions.all().delete()
    journal.record("account.session_ended", target=user.pk, by=by, sessions=deleted)
    return deleted
