"""Who follows a dossier. Following it opens it, for as long as that lasts."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts import grants
from accounts.grants import require
from accounts.models import Membership, User
from audit import journal
from cases.dossiers.models import Dossier, DossierUserGrant, GrantReason
from cases.dossiers.operations.acts import IDENTITY, INSTRUCT, VIEW
from core import outbox
from core.errors import OperationRefused
from core.locking import lock


@transaction.atomic
def appoint_referent(dossier_id: UUID, referent: User, *, by: User | None) -> Dossier:
    """Name who follows a dossier, in place of whoever did. It is open to her until another is named.

    Raises `OperationRefused` for somebody whose role does not tell her who the household is (a prescripteur, the DPO),
    and for who is not named on a protected one.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if not referent.is_active or not referent.has_perm(IDENTITY):
        raise OperationRefused(
            "Le rôle de cette personne ne lui dit pas qui est le ménage : choisissez quelqu’un d’autre."
        )
    if dossier.is_protected and not referent.has_perm("view", dossier):
        raise OperationRefused("Ce dossier est protégé : choisissez une des personnes nommées qui le voient.")
    former = dossier.referent
    open_to_referent(dossier, referent, by=by)
    dossier.referent = referent
    dossier.save(update_fields=["referent"])
    journal.record("dossier.referent_appointed", target=dossier.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    if former is not None and former != referent:  # last: it may hide the dossier from its author
        grants.revoke(dossier, of=former, reason=GrantReason.REFERENT)
    return dossier


@transaction.atomic
def take(dossier_id: UUID, *, by: User) -> Dossier:
    """Become the referent of a dossier that has none. Raises `OperationRefused` when somebody follows it."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if dossier.referent_id is not None:
        raise OperationRefused("Ce dossier a déjà un référent : demandez-lui de vous le passer.")
    open_to_referent(dossier, by, by=by)
    dossier.referent = by
    dossier.save(update_fields=["referent"])
    journal.record("dossier.taken", target=dossier.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return dossier


def open_to_referent(dossier: Dossier, referent: User, *, by: User | None) -> None:
    """Open the dossier to who follows it, unless her team sees it without end, she is named on a protected one, or her
    role sees no dossier any more (she may have left meanwhile)."""
    teams = Membership.objects.live().filter(user=referent, valid_until=None).values_list("organisation__team")
    if dossier.is_protected or {team for (team,) in teams} & set(dossier.open_to):
        return
    if not referent.has_perm(VIEW):
        return
    given = DossierUserGrant.objects.filter(content_object=dossier, user=referent, reason=GrantReason.REFERENT)
    if not grants.open_now(given).exists():
        grants.grant(dossier, to=referent, reason=GrantReason.REFERENT, by=by)
