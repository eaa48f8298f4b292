"""Situations of invented households, made as an import makes them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from itertools import count, cycle
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.operations import siao
from cases.dossiers.models import (
    Adhesion,
    Answer,
    Dossier,
    Evaluation,
    HousingRequest,
    How,
    LetterKind,
    PersonRole,
    Resource,
    SentLetter,
    State,
)
from cases.dossiers.operations import PastSituation, SeenPiece, missing_pieces, record_past_situation, see_pieces

_numbers = count(1)
_people = cycle(
    [
        ("Orsel", "Berthe"),
        ("Savarin", "Colomban"),
        ("Lauzière", "Tancrède"),
        ("Arclusaz", "Hortense"),
        ("Margeriaz", "Eusèbe"),
        ("Glandon", "Perrine"),
        ("Revard", "Anatole"),
    ]
)

TRAITS: dict[str, dict[str, Any]] = {
    "presented": {
        "state": State.VALIDE,
        "state_on": date(2023, 3, 16),
        "presented_on": date(2023, 3, 16),
        "decided_on": date(2023, 3, 16),
    },
    "adjourned": {"state": State.AJOURNE, "motive": "AJOURNE_DETTE_LOCATIVE"},
    "bare": {  # a name and a reference, nothing else
        "state": State.REPERE,
        "household_type": None,
        "resource": None,
        "resources": None,
        "rent_debt": None,
        "unique_number": None,
        "evaluated_on": None,
        "oriented_on": None,
    },
}


def past_situation(*traits: str, **facts: Any) -> PastSituation:
    """An evaluated situation; `traits` are other stages of it (`TRAITS`), `facts` its fields."""
    last_name, first_name = next(_people)
    told: dict[str, Any] = {
        "reference": f"TEST-{next(_numbers):05d}",
        "last_name": last_name,
        "first_name": first_name,
        "sex": "F",
        "birth_date": date(1984, 2, 29),
        "household_type": "FEMME_ISOLE_SANS_ENFANT",
        "children": 0,
        "resource": Resource.RSA.value,
        "resources": Decimal("607.75"),
        "rent_debt": Decimal(0),
        "unique_number": "073MMAA000001XTEST",
        "oriented_on": date(2022, 11, 7),
        "evaluated_on": date(2023, 1, 12),
        "state": State.EVALUE,
        "state_on": date(2023, 1, 12),
    }
    for trait in traits:
        told |= TRAITS[trait]
    return PastSituation(**told | facts)


def make_dossier(*traits: str, referent: User | None = None, by: User | None = None, **facts: Any) -> Dossier:
    """The dossier of such a situation, open to the SIAO's team."""
    return record_past_situation(past_situation(*traits, **facts), team=siao(), referent=referent, by=by)


COMPLETED = {
    "residence_right": "FRANCAIS",
    "wished_communes": "73065",
    "wished_size": "T1,T2",
    "needs": "DEMARCHES",
}


def answer_all(dossier: Dossier) -> None:
    """Give the answers that no register tells, and without which an evaluation is not completed."""
    evaluation = Evaluation.objects.filter(dossier=dossier).order_by("-version")[0]
    if evaluation.frozen_at is not None:
        return
    for key, value in COMPLETED.items():
        Answer(
            subject_id=dossier.household_id,
            evaluation=evaluation,
            dossier=dossier,
            key=key,
            value=value,
            revision=1,
            written_at=timezone.now(),
        ).save(force_insert=True)


def complete(dossier: Dossier) -> None:
    """Give what the acts up to « prêt » ask for and no register tells: answers, adhesion, a renewed request, pieces."""
    answer_all(dossier)
    evaluation = Evaluation.objects.get(dossier=dossier)
    evaluation.adhesion = Adhesion.OUI.value
    evaluation.save(update_fields=["adhesion"])
    HousingRequest.objects.filter(dossier=dossier).update(renewed_on=timezone.localdate())
    show_pieces(dossier)


def letter_of(dossier: Dossier, **facts: Any) -> SentLetter:
    """The mail to the prescripteur that the system has sent, as a row; `facts` are other columns of it."""
    now = timezone.now()
    columns: dict[str, Any] = {
        "subject_id": dossier.participants.get(role=PersonRole.TITULAIRE).person_id,
        "dossier": dossier,
        "kind": LetterKind.COURRIEL,
        "content": json.dumps({"mail": ["Dossier", "Une décision vous attend."]}),
        "produced_at": now,
        "how": How.MAIL,
        "sent_on": timezone.localdate(now),
        "sent_at": now,
    }
    letter = SentLetter(**columns | facts)
    letter.save(force_insert=True)
    return letter


def show_pieces(dossier: Dossier) -> None:
    """The pieces that « prêt » asks for were seen, and handed back."""
    today = timezone.localdate()
    seen = [SeenPiece(*missing.key) for missing in missing_pieces(dossier, today=today)]
    if seen:
        see_pieces(dossier.pk, seen, by=None, on=today)
