"""Telling the prescripteur that the SIAO has decided: a mail that names nobody and says no decision, once."""

from __future__ import annotations

import json
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.operations import letter_text
from audit import journal
from cases.dossiers.models import Dossier, DossierEvent, How, LetterKind, Participant, PersonRole, SentLetter
from cases.dossiers.operations.letters.texts import MAIL
from cases.dossiers.operations.prescripteurs import prescripteurs_of, write_of
from core.locking import lock


@transaction.atomic
def notify_instruction(event_id: UUID) -> int:
    """Send the notice of a decision of the SIAO to who prescribes for the body that oriented the household, once.

    By the worker, to those who may open the dossier. How many were told: none when nobody there may, or when it was
    done already; the mail is then kept among the letters of the dossier. One refused by the server is raised, and the
    work is tried again.
    """
    event = DossierEvent.objects.get(pk=event_id)
    dossier = lock(Dossier.objects, event.dossier_id)
    if dossier.prescripteur_id is None or SentLetter.objects.filter(about=event, kind=LetterKind.COURRIEL).exists():
        return 0
    addresses = [person.email for person in prescripteurs_of(dossier)]
    told = write_of(dossier, MAIL, cause=event.pk, to=addresses)
    if told:
        letter = _kept(dossier, event)
        journal.record(
            "letter.mailed", target=letter.pk, dossier=dossier.pk, by=None, count=told, refused=len(addresses) - told
        )
    return told


def _kept(dossier: Dossier, event: DossierEvent) -> SentLetter:
    words = letter_text(MAIL, reference=dossier.reference)
    titulaire = Participant.objects.get(dossier=dossier, role=PersonRole.TITULAIRE)
    now = timezone.now()
    letter = SentLetter(
        subject_id=titulaire.person_id,
        dossier=dossier,
        kind=LetterKind.COURRIEL,
        about=event,
        content=json.dumps({"mail": [words.subject, words.sentence]}, ensure_ascii=False),
        produced_at=now,
        how=How.MAIL,
        sent_on=timezone.localdate(now),
        sent_at=now,
    )
    letter.save(force_insert=True)
    return letter
