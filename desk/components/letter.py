"""The letter that the page of the components shows: the words of the product, an invented household."""

from __future__ import annotations

from datetime import date
from typing import Any

from cases.dossiers.models import LetterKind
from cases.dossiers.operations.letters import Asked, Decided, Decision, Facts, Person, compose


def letter() -> dict[str, Any]:
    """A draft, with all that a letter may hold."""
    facts = Facts(
        reference="LDA-2026-031",
        person=Person("Aïssatou", "Diallo", "F"),
        today=date(2026, 11, 23),
        sender="SIAO de la Savoie",
        phone="04 00 00 00 00",
        referent="Claire Vautrin",
        decision=Decision(Decided.PUT_OFF, date(2026, 11, 23), date(2027, 2, 23)),
        legal=("Vos droits et vos recours", ["Ce texte est celui de la collectivité."]),
    )
    asked = Asked(
        address=("3 rue des Remparts", "73000 Chambéry"),
        copies=("Association tutélaire des Bauges",),
        why="Il manque des documents pour présenter votre demande.",
        pieces=("l’avis d’imposition 2025",),
    )
    return compose(LetterKind.DECISION, facts, asked) | {"band": "Projet : ce courrier n’est pas encore établi."}
