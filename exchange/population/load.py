"""Loading a population: which households are missing, and by which way they come in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import timezone

from cases.dossiers.models import Dossier
from core.errors import OperationRefused
from exchange.population.bodies import find_bodies
from exchange.population.by_copy import load_by_copy
from exchange.population.by_operations import load_by_operations
from exchange.population.draw import EARLIEST, Setting, draw_life
from exchange.population.edge_cases import CASES, case_life
from exchange.population.lives import Life
from exchange.population.places import find_places

MOST_BY_OPERATIONS = 1000
LARGEST = 1_000_000
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was created; `seconds` of wall clock."""

    households: int
    persons: int
    dossiers: int
    seconds: float


def life_of(setting: Setting, number: int) -> Life:
    """The life of a household: the first ones are the edge cases."""
    return case_life(setting, number) if number <= len(CASES) else draw_life(setting, number)


def load_population(
    households: int, seed: int, *, since: date = EARLIEST, by_copy: bool | None = None, say: Say = lambda _: None
) -> Loaded:
    """Bring the population of this seed to so many households; those that are there stay as they are.

    By the live operations up to 1 000 missing households, by COPY beyond (`by_copy` decides otherwise).
    Raises `OperationRefused` in production, and for a beginning to come or before 2024 (figures already published).
    """
    _check(households, since)
    begun = time.perf_counter()
    setting = Setting.of(seed, since, timezone.localdate())
    missing = _missing(setting, households)
    persons = 0
    if missing:
        bodies = find_bodies()
        places = find_places(setting.days)
        if by_copy or (by_copy is None and len(missing) > MOST_BY_OPERATIONS):
            persons = load_by_copy(setting, missing, bodies, places=places, life_of=life_of, say=say)
        else:
            lives = [life_of(setting, number) for number in missing]
            load_by_operations(setting, lives, bodies, places=places, say=say)
            persons = sum(len(life.members) for life in lives)
    return Loaded(len(missing), persons, len(missing), round(time.perf_counter() - begun, 3))


def _check(households: int, since: date) -> None:
    if settings.IN_PRODUCTION:
        raise OperationRefused("Une population inventée ne se charge pas en production.")
    if not 0 <= households <= LARGEST:
        raise OperationRefused(f"Demandez entre 0 et {LARGEST} ménages.")
    if since < EARLIEST:
        raise OperationRefused(
            "La population commence au plus tôt le 01/01/2024 : avant, elle changerait les chiffres publiés."
        )
    if since > timezone.localdate():
        raise OperationRefused("La population ne peut pas commencer dans l’avenir.")


def _missing(setting: Setting, households: int) -> list[int]:
    """The numbers whose reference nobody bears."""
    start = setting.reference(0)[: -len("00000")]
    known = set(Dossier.objects.filter(reference__startswith=start).values_list("reference", flat=True))
    return [number for number in range(1, households + 1) if setting.reference(number) not in known]
