"""Being reminded of a dossier on a day: asking for it, putting it off, having done it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier, Reminder, State
from cases.dossiers.operations.acts import INSTRUCT
from core.errors import OperationRefused
from core.locking import lock
from vault.asking import Question

PAST = "Choisissez un jour à venir, ou aujourd’hui."
DONE = "Ce rappel est déjà fait."


@transaction.atomic
def remind(dossier_id: UUID, *, text: str, due_on: date, by: User) -> Reminder:
    """Remind `by` of `text` on that day. Raises `OperationRefused` for a day that is over, for a closed dossier."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if dossier.state == State.CLOS:
        raise OperationRefused("Ce dossier est clos : rouvrez-le avant d’y inscrire un rappel.")
    if due_on < timezone.localdate():
        raise OperationRefused(PAST)
    reminder = Reminder(
        subject_id=dossier.household_id, dossier=dossier, due_on=due_on, text=text, whom=by, made_at=timezone.now()
    )
    reminder.save(force_insert=True)
    journal.record("reminder.made", target=reminder.pk, dossier=dossier.pk, by=by)
    return reminder


@transaction.atomic
def put_off(reminder_id: UUID, *, until: date, by: User) -> Reminder:
    """Remind of it later. Raises `OperationRefused` for a day that is over, and when it is done."""
    reminder = _waiting(reminder_id, by)
    if until < timezone.localdate():
        raise OperationRefused(PAST)
    reminder.due_on = until
    reminder.save(update_fields=["due_on"])
    journal.record("reminder.put_off", target=reminder.pk, dossier=reminder.dossier_id, by=by)
    return reminder


@transaction.atomic
def finish_reminder(reminder_id: UUID, *, by: User) -> Reminder:
    """It is done. Raises `OperationRefused` when it was already."""
    reminder = _waiting(reminder_id, by)
    reminder.done_at, reminder.done_by = timezone.now(), by
    reminder.save(update_fields=["done_at", "done_by"])
    journal.record("reminder.done", target=reminder.pk, dossier=reminder.dossier_id, by=by)
    return reminder


def reminders_until(user: User, limit: date, *, most: int | None = None) -> Question[list[Reminder]]:
    """What `user` asked to be reminded of by `limit`, on the open dossiers that she sees; one round."""
    seen = Dossier.objects.visible_to(user).open()
    found = Reminder.objects.until(limit).filter(whom=user, dossier__in=seen).select_related("dossier")[:most]
    yield [found]
    return list(found)


def _waiting(reminder_id: UUID, by: User) -> Reminder:
    reminder = lock(Reminder.objects, reminder_id)
    require(by, INSTRUCT, reminder.dossier)
    if reminder.done_at is not None:
        raise OperationRefused(DONE)
    return reminder
