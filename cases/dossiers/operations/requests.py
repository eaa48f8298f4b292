"""The social-housing request: noting its renewal, and finding those that end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier, HousingRequest, Participant, PersonRole, State
from cases.dossiers.models.requests import (
    NEEDED,
    NOTICE,
    VALID_FOR,
    WARNING,
    Term,
    Validity,
    last_renewal,
    tidy_number,
)
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.indexing import index_person
from cases.dossiers.operations.likeness import look_for_likenesses
from cases.dossiers.operations.telling import tell_members
from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from vault.asking import Question


@dataclass(frozen=True, slots=True)
class RequestEnding:
    """A request that ends, or has ended, on a dossier that one sees."""

    dossier: Dossier
    term: Term
    validity: Validity

    def is_pressing(self, today: date) -> bool:
        """Thirty days left, or less."""
        return self.term.days_left(today) <= WARNING


@transaction.atomic
def renew_request(dossier_id: UUID, *, on: date, number: str | None = None, by: User) -> HousingRequest:
    """The titulaire's request was made or renewed `on` that day; with its number, when one is given.

    Raises `OperationRefused` for a date to come and for a closed dossier.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if dossier.state == State.CLOS:
        raise OperationRefused("Ce dossier est clos : rouvrez-le avant d’y noter un renouvellement.")
    if on > timezone.localdate():
        raise OperationRefused("Écrivez la date du renouvellement : il a déjà eu lieu.")
    request = _request_of(dossier)
    request.renewed_on = on
    if number:
        request.number, request.missing_reason = tidy_number(number), None
    request.save()
    if number:
        index_person(request.person_id)
        look_for_likenesses(dossier.pk, by)
    journal.record("request.renewed", target=request.pk, dossier=dossier.pk, by=by, numbered=bool(number))
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    tell_members(dossier)
    return request


def requests_ending(user: User, today: date, *, most: int | None = None) -> Question[list[RequestEnding]]:
    """The requests that end within sixty days or have ended, on the dossiers that `user` instructs and that need one.

    The first to end first; one round. A request of which nobody knows the date gives nothing.
    """
    if not user.has_perm(INSTRUCT):
        return []
    rows = ending(Dossier.objects.visible_to(user), today).select_related("dossier")[:most]
    yield [rows]
    terms = [(row.dossier, Term(row.renewed_on)) for row in rows if row.renewed_on is not None]
    return [RequestEnding(dossier, term, term.validity(today)) for dossier, term in terms]


def ending(visible: QuerySet[Dossier], today: date) -> QuerySet[HousingRequest]:
    """The rows of these requests, the first to end first."""
    limit = last_renewal(today + timedelta(days=NOTICE), VALID_FOR)
    needed = visible.filter(state__in=NEEDED)
    found = HousingRequest.objects.of_titulaires().filter(renewed_on__lte=limit, dossier__in=needed)
    return found.order_by("renewed_on", "dossier__reference")


def terms_of(dossiers: Collection[UUID]) -> dict[UUID, Term]:
    """The limits of the requests of these dossiers, where they are known; one query."""
    rows = HousingRequest.objects.of_titulaires().filter(dossier__in=dossiers, renewed_on__isnull=False)
    return {row.dossier_id: Term(row.renewed_on) for row in rows if row.renewed_on is not None}


def _request_of(dossier: Dossier) -> HousingRequest:
    found = HousingRequest.objects.of_titulaires().filter(dossier=dossier).select_for_update(of=("self",)).first()
    if found is not None:
        return found
    holder = Participant.objects.get(dossier=dossier, role=PersonRole.TITULAIRE)
    return HousingRequest(
        subject_id=holder.person_id, dossier=dossier, person_id=holder.person_id, recorded_at=timezone.now()
    )
