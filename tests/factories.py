"""Situations of invented households, made as an import makes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count, cycle
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.operations import siao
from cases.dossiers.models import Adhesion, Dossier, Evaluation, HousingRequest, Resource, State
from cases.dossiers.operations import PastSituation, record_past_situation

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


def complete(dossier: Dossier) -> None:
    """Give what the acts up to « prêt » ask for and that no register tells: adhesion, a renewed housing request."""
    evaluation = Evaluation.objects.get(dossier=dossier)
    evaluation.adhesion = Adhesion.OUI.value
    evaluation.save(update_fields=["adhesion"])
    HousingRequest.objects.filter(dossier=dossier).update(renewed_on=timezone.localdate())
