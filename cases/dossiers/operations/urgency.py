"""Opening a dossier in an emergency: for four hours, with a reason, and it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.grants import require
from accounts.models import Membership, OrganisationKind, User
from accounts.roles import Code
from audit import journal
from audit.models import Entry
from cases.dossiers.models import Dossier, DossierUserGrant, UrgencyReason, UrgentOpening
from cases.dossiers.operations.acts import VIEW
from core import mail, outbox
from core.db import acting_as
from core.errors import OperationRefused
from core.locking import lock

EXAMINE = "audit.read_journal"
TRIED = "dossier.urgency_tried"
MOST_TRIES, WITHIN = 5, timedelta(hours=1)
FEWEST_WORDS = 3
OWN = "Vous avez ouvert ce dossier vous-même : une autre personne qui lit les journaux examine cette ouverture."


@dataclass(frozen=True, slots=True)
class Emergency:
    """What is asked: the whole reference, a coded reason, what happens in a few words, without a name."""

    reference: str
    reason: str
    note: str


@transaction.atomic
def open_urgently(asked: Emergency, *, by: User) -> Dossier | None:
    """Open to `by`, for four hours, the dossier of this reference; the DPO and those in charge are told.

    The reference is whole; its capitals, spaces and dashes do not matter: it is heard on the telephone. None when there
    is none, or none that may be opened so: one does not know which. Each try is journaled, and counted: raises
    `OperationRefused` from the sixth of an hour on, and for a reason or words that are missing.
    """
    require(by, VIEW)
    if asked.reason not in UrgencyReason.values:
        raise OperationRefused("Choisissez le motif dans la liste.")
    if len(asked.note.split()) < FEWEST_WORDS:
        raise OperationRefused("Dites en quelques mots, sans nom, ce qui ne peut pas attendre.")
    lock(User.objects, by.pk)  # two tries at once count as two
    recent = Entry.objects.filter(actor_id=by.pk, event=TRIED, recorded_at__gt=timezone.now() - WITHIN)
    if recent.count() >= MOST_TRIES:
        raise OperationRefused("Vous avez fait cinq essais en une heure : attendez, ou appelez le SIAO.")
    reference = asked.reference.strip()
    seen = Dossier.objects.visible_to(by).named(reference).first()
    if seen is not None:
        return seen
    journal.record(TRIED, target=by.pk, by=by)
    grant_id = uuid4()
    with acting_as(by):
        dossier_id = _ask(reference, grant_id)
        return None if dossier_id is None else _tell(dossier_id, grant_id, asked, by)


@transaction.atomic
def examine(opening_id: UUID, *, by: User) -> UrgentOpening:
    """The DPO has looked at an opening. Raises `OperationRefused` when it was done, and for one of her own."""
    require(by, EXAMINE)
    opening = lock(UrgentOpening.objects, opening_id)
    if opening.examined_at is not None:
        raise OperationRefused("Cette ouverture est déjà examinée.")
    if opening.opened_by_id == by.pk:
        raise OperationRefused(OWN)
    opening.examined_at, opening.examined_by = timezone.now(), by
    opening.save(update_fields=["examined_at", "examined_by"])
    journal.record("urgency.examined", target=opening.pk, dossier=opening.dossier_id, by=by)
    return opening


def to_examine(user: User) -> QuerySet[UrgentOpening]:
    """The openings that nobody has looked at but one's own, the oldest first; none for who does not examine them."""
    found = UrgentOpening.objects.filter(examined_at=None).exclude(opened_by=user).order_by("opened_at", "pk")
    return found if user.has_perm(EXAMINE) else found.none()


@transaction.atomic
def tell_of_urgency(opening_id: UUID) -> int:
    """Write to the DPO and to those in charge that a dossier was opened; once. By the worker. How many were told."""
    opening = lock(UrgentOpening.objects, opening_id)
    if opening.told_at is not None:
        return 0
    dossier = Dossier.objects.get(pk=opening.dossier_id)
    told = sum(_send(address, path, opening) for address, path in sorted(_in_charge(dossier, opening).items()))
    opening.told_at = timezone.now()
    opening.save(update_fields=["told_at"])
    journal.record("urgency.told", target=opening.pk, dossier=opening.dossier_id, by=None, count=told)
    return told


def _ask(reference: str, grant_id: UUID) -> UUID | None:
    """PostgreSQL alone looks past what the person sees, and gives her the grant (`config/db_rights/`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seuil_open_urgently(%s, %s)", [reference, grant_id])
        found: UUID | None = cursor.fetchone()[0]
    return found


def _tell(dossier_id: UUID, grant_id: UUID, asked: Emergency, by: User) -> Dossier:
    dossier, given = Dossier.objects.get(pk=dossier_id), DossierUserGrant.ever.get(pk=grant_id)
    assert given.valid_until is not None  # noqa: S101  the function of PostgreSQL dates it
    opening = UrgentOpening(
        subject_id=dossier.household_id,
        dossier=dossier,
        reference=dossier.reference,
        opened_by=by,
        opened_at=given.valid_from,
        until=given.valid_until,
        reason=asked.reason,
        note=asked.note.strip(),
    )
    opening.save(force_insert=True)
    journal.record("dossier.opened_urgently", target=opening.pk, dossier=dossier.pk, by=by, reason=asked.reason)
    outbox.enqueue("urgency.tell", opening=str(opening.pk))
    return dossier


def _in_charge(dossier: Dossier, opening: UrgentOpening) -> dict[str, str]:
    """Addresses, each with the page where it leads: the DPO's list, the dossier for who sees it, else the home page.

    Those in charge of the people where the opener works; where nobody else is, the technical administrators, who tend
    everybody's access.
    """
    live = Membership.objects.live().filter(user__is_active=True).exclude(user=opening.opened_by)
    theirs = Membership.objects.live().filter(user=opening.opened_by).values("organisation")
    managers = live.filter(in_charge=True, organisation__in=theirs)
    if not managers.exists():
        managers = live.filter(role=Code.ADMIN_TECHNIQUE)
    found = dict.fromkeys(managers.values_list("user__email", flat=True), "/")
    sees = reverse("dossiers:access", args=[dossier.pk])
    for member in live.filter(organisation__kind=OrganisationKind.SIAO).select_related("user"):
        if member.user.has_perm("view", dossier):  # a protected one is not told to the whole team
            found[member.user.email] = sees
    dpo = live.filter(role=Code.DPO).values_list("user__email", flat=True)
    return found | dict.fromkeys(dpo, reverse("urgency:list"))


def _send(address: str, path: str, opening: UrgentOpening) -> bool:
    return mail.tell(
        address,
        subject="Un dossier a été ouvert en urgence dans Seuil",
        sentence="Une personne à qui il n’était pas ouvert l’a ouvert pour quatre heures, en disant pourquoi.",
        action="Voir dans Seuil",
        path=path,
        key=f"urgency.tell:{opening.pk}",
    )
