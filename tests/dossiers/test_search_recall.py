"""Misspelt names of five origins are found: a smaller `bench/search.py`, with a floor."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from bench.invented_names import BY_HAND, ORIGINS, invented, misspell
from cases.dossiers.models import Dossier, DossierGroupGrant, Household, Participant, Person, PersonIndex, PersonRole
from cases.dossiers.operations.asking import understand
from cases.dossiers.operations.finding import find
from cases.dossiers.operations.indexing import index_rows, known_of
from core.db import acting_as
from tests.factories import make_dossier
from vault import blind

PERSONS, ASKED = 2_000, 400
FLOOR, FLOOR_OF_AN_ORIGIN, SHOWN = 0.95, 0.90, 20


@pytest.mark.long
@pytest.mark.django_db
def test_misspelt_names_are_found(siao: User) -> None:
    told = [(who.origin, who.last, who.first, who) for who in invented(PERSONS, 7)]
    by_hand = [("à la main", *name.rpartition(" ")[::2]) for _, name, _ in BY_HAND]
    people = _persons([(last, first) for _, last, first, _ in told] + [(last, first) for _, last, first in by_hand])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does in time
    rng = Random(7)  # noqa: S311  a sample, not a secret
    asked = [(at := rng.randrange(PERSONS), misspell(rng, told[at][3])) for _ in range(ASKED)]
    asked += [(PERSONS + rank, typed) for rank, (_, _, typed) in enumerate(BY_HAND)]
    met, of, shown = Counter[str](), Counter[str](), 0
    with acting_as(siao):
        for at, typed in asked:
            found = [match.person_id for match in find(understand(typed, today=timezone.localdate()))[0]]
            origin = told[at][0] if at < PERSONS else "à la main"
            of[origin] += 1
            met[origin] += people[at].pk in found
            shown += len(found)
    assert set(of) == {*ORIGINS, "à la main"}
    assert met.total() / of.total() >= FLOOR
    assert {origin: met[origin] / of[origin] for origin in of if met[origin] / of[origin] < FLOOR_OF_AN_ORIGIN} == {}
    assert shown / len(asked) <= SHOWN, "who asks reads a page, not a list of everybody"


def _persons(names: list[tuple[str, str]]) -> list[Person]:
    """Each in a dossier that the SIAO sees, printed as the operations print."""
    now, first = timezone.now(), make_dossier()
    model = DossierGroupGrant.ever.get(content_object=first)
    people = [Person(last_name=last, first_name=given, created_at=now) for last, given in names]
    for person in people:
        person.subject_id = person.pk
    homes = Household.objects.bulk_create(Household(created_at=now) for _ in people)
    dossiers = Dossier.objects.bulk_create(
        Dossier(reference=f"R-{rank}", household=home, created_at=now) for rank, home in enumerate(homes)
    )
    DossierGroupGrant.ever.bulk_create(
        DossierGroupGrant(
            group_id=model.group_id,
            permission_id=model.permission_id,
            content_object=dossier,
            valid_from=model.valid_from,
            reason="essai",
        )
        for dossier in dossiers
    )
    Person.objects.bulk_create(people)
    Participant.objects.bulk_create(
        Participant(dossier=dossier, person=person, role=PersonRole.TITULAIRE)
        for dossier, person in zip(dossiers, people, strict=True)
    )
    made = blind.blinder()
    PersonIndex.objects.bulk_create(
        [row for person in people for row in index_rows(person.pk, known_of(person), made)], batch_size=20_000
    )
    return people
