"""Telling who oriented a household that it was received: a mail that names nobody."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from accounts.operations import LetterText, install_letter
from audit import journal
from cases.dossiers.models import Dossier, Prescription
from cases.dossiers.operations.prescripteurs import prescripteurs_of, write_of
from core.locking import lock

LETTER = "prescription.received"
FIRST = LetterText(
    subject="Dossier {reference} : le SIAO a bien reçu votre prescription",
    sentence="Il prend contact avec la personne dans les trois jours, et vous suivez l’état du dossier dans Seuil.",
    action="Voir où il en est",
)


def install_receipt_text(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the acknowledgement has its words."""
    if connection.alias == "default":
        install_letter(LETTER, "Accusé de réception d’une prescription", FIRST, names=("reference",))


@transaction.atomic
def acknowledge(prescription_id: UUID) -> int:
    """Write to who prescribed that it was received, once: to its author, else to who prescribes for her organisation.

    By the worker, to those who may open the dossier. Returns how many were told: none when nobody there may, or when it
    was done already. A mail refused by the server is raised, and the work is tried again.
    """
    entry = lock(Prescription.objects, prescription_id)
    dossier = Dossier.objects.get(pk=entry.dossier_id)
    if entry.acknowledged_at is not None or dossier.prescripteur_id is None:
        return 0
    addresses = _addresses(entry, dossier)
    if not addresses:
        return 0
    told = write_of(dossier, LETTER, cause=entry.pk, to=addresses)
    entry.acknowledged_at = timezone.now()
    entry.save(update_fields=["acknowledged_at"])
    journal.record(
        "prescription.acknowledged",
        target=entry.pk,
        dossier=dossier.pk,
        by=None,
        count=told,
        refused=len(addresses) - told,
    )
    return told


def _addresses(entry: Prescription, dossier: Dossier) -> list[str]:
    there = prescripteurs_of(dossier)
    mine = [person for person in there if person.pk == entry.recorded_by_id]
    return [person.email for person in mine or there]
