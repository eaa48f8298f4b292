"""Where the invented séances are held: rooms that sound like any agenda's, said to be fictional."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count

from commission.models import Seance
from core.names import fold
from exchange.population.days import Days

ROOMS = ("Salle des Carmes", "Maison des Trois Portes", "Salle du Vieux Lavoir", "Espace des Deux Lacs")
Places = dict[date, str]


def find_places(days: Days) -> Places:
    """A room for each séance, free on its day: a day may already have séances, of a register or of another loading."""
    every = (*days.held, days.sitting, *days.planned)
    taken = set(Seance.objects.filter(held_on__in=every).values_list("held_on", "place_key"))
    return {day: next(room for room in _rooms(day) if (day, fold(room)) not in taken) for day in every}


def _rooms(day: date) -> Iterator[str]:
    """The rooms, another one first each month, then their other halls for as long as one looks."""
    turn = day.month % len(ROOMS)
    for hall in count(1):
        for room in (*ROOMS[turn:], *ROOMS[:turn]):
            yield f"{room} (lieu fictif)" if hall == 1 else f"{room}, {hall}ᵉ salle (lieu fictif)"
