"""Households by the thousand: rows written by COPY, of the same quality as those of the operations.

The keys of a batch are committed first, then all its rows in one transaction: PostgreSQL checks every constraint and
foreign key. Séances are held by the live operations. Each dossier leaves one message to the outbox: the figures are
counted from there, as after any act.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import connection, connections, transaction

from audit.models import Entry
from commission import operations as commission
from commission.models import Convocation
from core.gathering import gathering
from core.models import OutboxMessage
from exchange.population.bodies import Bodies, find_bodies
from exchange.population.by_operations import begin_seance, prepare_seance
from exchange.population.draw import Setting
from exchange.population.lives import Life
from exchange.population.places import Places
from exchange.population.scribe import Rights, Scribe

BATCH = 500  # households: their keys fit in the memory of keys, their rows in a few megabytes
ALONE = 5_000  # households that one process loads; more are shared
PROCESSES = 2

Say = Callable[[str], None]
LifeOf = Callable[[Setting, int], Life]
Seances = dict[date, UUID]


def load_by_copy(
    setting: Setting,
    numbers: Sequence[int],
    bodies: Bodies,
    *,
    places: Places,
    life_of: LifeOf,
    say: Say = lambda _: None,
) -> int:
    """Load these households; how many persons they are."""
    seances = _open_seances(setting, bodies, places)
    batches = [numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)]
    persons = done = 0
    for batch, count in zip(batches, _each(setting, batches, seances, life_of), strict=True):
        persons, done = persons + count, done + len(batch)
        say(f"{done} ménages sur {len(numbers)}.")
    _close_seances(setting, seances)
    return persons


def _each(setting: Setting, batches: list[Sequence[int]], seances: Seances, life_of: LifeOf) -> Iterator[int]:
    if sum(map(len, batches)) <= ALONE or (os.cpu_count() or 1) < PROCESSES:
        for batch in batches:
            yield load_batch(setting, batch, seances, life_of)
        return
    connections.close_all()  # a connection does not survive a fork
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        yield from pool.map(load_batch, *zip(*((setting, batch, seances, life_of) for batch in batches), strict=True))


def load_batch(setting: Setting, numbers: Sequence[int], seances: Seances, life_of: LifeOf) -> int:
    """One batch: draw, make the keys, copy. All of it, or none."""
    scribe = Scribe(find_bodies(), seances, _rights(seances))
    persons = scribe.write([life_of(setting, number) for number in numbers])
    with transaction.atomic():
        scribe.copy()
    return persons


def _rights(seances: Seances) -> Rights:
    view = Permission.objects.filter(codename__startswith="view_")
    called: dict[UUID, list[int]] = {}
    standing = Convocation.objects.standing().filter(seance__in=seances.values())
    for seance, team in standing.values_list("seance", "organisation__team"):
        called.setdefault(seance, []).append(team)
    return Rights(
        view.get(content_type__app_label="dossiers", codename="view_dossier").pk,
        view.get(content_type__app_label="commission", codename="view_examen").pk,
        called,
    )


def _open_seances(setting: Setting, bodies: Bodies, places: Places) -> Seances:
    """Every séance of the period, as far as its day allows."""
    seances: Seances = {}
    with transaction.atomic(), gathering(Entry, OutboxMessage):
        for day, place in places.items():
            seance = prepare_seance(setting, day, place)
            if day not in setting.days.planned:
                begin_seance(seance, bodies)
            seances[day] = seance.pk
    return seances


RANKS = """
UPDATE commission_examen SET rank = place.rank FROM (
  SELECT e.id, row_number() OVER (PARTITION BY e.seance_id ORDER BY d.reference) AS rank
    FROM commission_examen e JOIN dossiers_dossier d ON d.id = e.dossier_id WHERE e.seance_id = ANY(%s)
) AS place WHERE place.id = commission_examen.id
"""


def _close_seances(setting: Setting, seances: Seances) -> None:
    """Say the order in which situations came, then close what is over: the notices leave."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(RANKS, [list(seances.values())])
        with gathering(Entry, OutboxMessage):
            for day in setting.days.held:
                commission.close_seance(seances[day], by=None)
