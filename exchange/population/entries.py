"""By which way an invented household came in: drawn from its number, so that nothing else that is drawn moves."""

from __future__ import annotations

from datetime import date

from cases.dossiers.models import FIRST_SEEN, Channel, Informed, Urgency
from cases.dossiers.operations import Answer, NewEntry

ORIENTED = (*[Channel.PRESCRIPTION] * 14, *[Channel.SI_SIAO] * 3, *[Channel.COMMISSION_3C] * 2, Channel.IML)
MET = (Channel.MARAUDE, Channel.MARAUDE, Channel.VEILLE_115)
NEEDS = (
    "Un logement à soi, et quelqu’un pour les démarches.",
    "Rester près de ses enfants, dans un logement stable.",
    "Un endroit calme, au rez-de-chaussée si possible.",
    "Ne plus changer d’adresse tous les mois.",
)
SOON_IN = 7  # one household in seven is to be seen within three days


def entry_of(number: int, on: date, *, is_oriented: bool) -> NewEntry:
    """The entry of household `number`, oriented by a body on that day, or met by the SIAO."""
    ways = ORIENTED if is_oriented else MET
    channel = ways[number % len(ways)]
    answer = Answer() if channel in FIRST_SEEN else Answer(Informed.ORALLY, agreed_on=on)
    return NewEntry(
        channel,
        needs=NEEDS[number % len(NEEDS)],
        urgency=Urgency.USUAL if number % SOON_IN else Urgency.SOON,
        answer=answer,
    )
