"""Protecting a dossier (violence, secrecy of an address): no team sees it any more, named persons do."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts import grants
from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier, DossierUserGrant, GrantReason
from cases.dossiers.operations.acts import IDENTITY
from cases.dossiers.operations.referent import open_to_referent
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

PROTECT = "dossiers.protect_dossier"
FEWEST = 2  # one person alone may fall ill


@transaction.atomic
def protect(dossier_id: UUID, people: Collection[User], *, by: User) -> Dossier:
    """Only `people` see the dossier from now on, its author among them; other persons' openings end.

    Members of a séance read nothing of it any more (ADR 0028). The teams keep their grants, which open nothing while it
    is protected. Raises `OperationRefused` for fewer than two persons, without the author, or with somebody whose role
    does not tell her who the household is: she could not act in the absence of the other.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, PROTECT, dossier)
    named = {person.pk: person for person in people}
    if dossier.is_protected:
        raise OperationRefused("Ce dossier est déjà protégé. Pour changer qui le voit, levez d’abord la protection.")
    if by.pk not in named:
        raise OperationRefused("Nommez-vous aussi : sinon, vous ne verriez plus ce dossier.")
    if len(named) < FEWEST:
        raise OperationRefused("Nommez au moins deux personnes : si l’une s’absente, l’autre peut agir.")
    for person in named.values():
        if not person.is_active or not person.has_perm(IDENTITY):
            raise OperationRefused(
                f"Le rôle de « {person} » ne lui dit pas qui est le ménage : retirez-la de la liste."
            )
    for person in named.values():
        grants.grant(dossier, to=person, reason=GrantReason.PROTECTION, by=by)
    # with the flag last, every statement here is made by somebody who sees the dossier
    DossierUserGrant.objects.filter(content_object=dossier).exclude(user__in=list(named)).update(valid_until=Now())
    dossier.is_protected = True
    dossier.save(update_fields=["is_protected"])
    outbox.enqueue("fiche.follow", dossier=str(dossier.pk))  # PostgreSQL shows them to no member already
    journal.record("dossier.protected", target=dossier.pk, dossier=dossier.pk, by=by, people=len(named))
    return dossier


@transaction.atomic
def unprotect(dossier_id: UUID, *, by: User) -> Dossier:
    """The teams see the dossier again; what the protection gave to persons ends."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, PROTECT, dossier)
    if not dossier.is_protected:
        raise OperationRefused("Ce dossier n’est pas protégé.")
    dossier.is_protected = False
    dossier.save(update_fields=["is_protected"])
    outbox.enqueue("fiche.follow", dossier=str(dossier.pk))
    journal.record("dossier.unprotected", target=dossier.pk, dossier=dossier.pk, by=by)
    if dossier.referent is not None:
        dossier.refresh_from_db(fields=["open_to"])  # PostgreSQL has written the teams again
        open_to_referent(dossier, dossier.referent, by=by)
    # last: who lifts it may see the dossier by this alone
    DossierUserGrant.objects.filter(content_object=dossier, reason=GrantReason.PROTECTION).update(valid_until=Now())
    return dossier
