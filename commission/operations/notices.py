"""Telling the prescripteur that the commission has decided: a mail that names nobody and says no decision."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Code
from audit import journal
from commission.models import Examen
from core.locking import lock
from core.mail import send_notice


@transaction.atomic
def notify_prescripteur(examen_id: UUID) -> int:
    """Send the notice of a decision to the people who prescribe for the body that oriented the household, once.

    By the worker. Returns how many were told: none when nobody there has an account, or when it was done already. A
    mail refused by the server is raised, and the work is tried again.
    """
    lock(Examen.objects, examen_id)
    examen = Examen.objects.select_related("dossier").get(pk=examen_id)
    dossier = examen.dossier
    if examen.notified_at is not None or dossier.prescripteur_id is None:
        return 0
    there = Membership.objects.live().filter(organisation=dossier.prescripteur_id, role=Code.PRESCRIPTEUR)
    addresses = sorted(there.filter(user__is_active=True).values_list("user__email", flat=True).distinct())
    if not addresses:
        return 0
    told = send_notice(
        to=addresses,
        subject=f"Dossier {dossier.reference} : une décision vous attend dans Seuil",
        sentence="La commission SIAO–bailleurs a examiné une situation que vous avez orientée.",
        action="Ouvrir le dossier",
        path=dossier.get_absolute_url(),
        phone=settings.CONTACT_PHONE,
        key=f"examen.notify:{examen.pk}",
    )
    examen.notified_at = timezone.now()
    examen.save(update_fields=["notified_at"])
    journal.record("examen.notified", target=examen.pk, dossier=dossier.pk, by=None, count=told)
    return told
