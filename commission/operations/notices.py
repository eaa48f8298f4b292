"""Telling the prescripteur that the commission has decided: a mail that names nobody and says no decision."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from accounts.operations import LetterText, install_letter
from audit import journal
from cases.dossiers.operations import prescripteurs_of, write_of
from commission.models import Examen
from core.locking import lock

LETTER = "examen.notify"
FIRST = LetterText(
    subject="Dossier {reference} : une décision vous attend dans Seuil",
    sentence="La commission SIAO–bailleurs a examiné une situation que vous avez orientée.",
    action="Ouvrir le dossier",
)


def install_notice_text(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the notice of a decision has its words."""
    if connection.alias == "default":
        install_letter(LETTER, "Avis d’une décision de la commission", FIRST, names=("reference",))


@transaction.atomic
def notify_prescripteur(examen_id: UUID) -> int:
    """Send the notice of a decision to the people who prescribe for the body that oriented the household, once.

    By the worker, to those who may open the dossier. Returns how many were told: none when nobody there may, or when it
    was done already. A mail refused by the server is raised, and the work is tried again.
    """
    lock(Examen.objects, examen_id)
    examen = Examen.objects.select_related("dossier").get(pk=examen_id)
    dossier = examen.dossier
    if examen.notified_at is not None or dossier.prescripteur_id is None:
        return 0
    addresses = [person.email for person in prescripteurs_of(dossier)]
    if not addresses:
        return 0
    told = write_of(dossier, LETTER, cause=examen.pk, to=addresses)
    examen.notified_at = timezone.now()
    examen.save(update_fields=["notified_at"])
    journal.record(
        "examen.notified", target=examen.pk, dossier=dossier.pk, by=None, count=told, refused=len(addresses) - told
    )
    return told
