"""The list of dossiers, with 10 and with 10 000 of them: SQL statements and time of the page.

Run by `make bench`, or `python -m bench.list_page [--most N]`. Goal: the same number of statements, at most 12 (the
read log included); a search by name within two seconds. Other times are printed without a goal: they are those of
this machine.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from bench.instance import measured, prepare, report, start_django
from bench.invented_names import invented

if TYPE_CHECKING:
    from django.test import Client

MOST_STATEMENTS = 12
RUNS = 7
SIZES = (10, 10_000)


def fill(count: int) -> None:
    """Bring the scratch instance to so many dossiers, open to the SIAO's team."""
    from django.utils import timezone

    from accounts.grants import grant
    from accounts.models import User
    from accounts.operations import siao
    from cases.dossiers.models import Dossier, DossierGroupGrant, Evaluation, Household, Participant, Person, PersonRole
    from cases.dossiers.operations import prepare_keys
    from cases.dossiers.operations.indexing import index_people

    now, team = timezone.now(), siao().team
    follower = User.objects.get(email="siao@seuil.example")
    missing = count - Dossier.objects.count()
    households = [Household(created_at=now) for _ in range(missing)]
    Household.objects.bulk_create(households, batch_size=1000)
    named = invented(missing, seed=count)
    people = [Person(last_name=who.last, first_name=who.first, created_at=now) for who in named]
    for person in people:
        person.subject_id = person.pk
    prepare_keys((household.pk, person.pk) for household, person in zip(households, people, strict=True))
    dossiers = [
        Dossier(
            reference=f"L{count}-{number:05d}",
            household=household,
            state="EVALUE",
            state_on=now.date(),
            referent=follower,
            created_at=now,
        )
        for number, household in enumerate(households)
    ]
    Dossier.objects.bulk_create(dossiers, batch_size=1000)
    first = grant(dossiers[0], to=team, reason="bench", by=None)
    DossierGroupGrant.ever.bulk_create(
        [
            DossierGroupGrant(
                group=team,
                permission_id=first.permission_id,
                content_object=dossier,
                valid_from=now,
                reason="bench",
            )
            for dossier in dossiers[1:]
        ],
        batch_size=1000,
    )
    Person.objects.bulk_create(people, batch_size=1000)
    Participant.objects.bulk_create(
        [
            Participant(dossier=dossier, person=person, role=PersonRole.TITULAIRE)
            for dossier, person in zip(dossiers, people, strict=True)
        ],
        batch_size=1000,
    )
    for start in range(0, len(people), 500):
        index_people([person.pk for person in people[start : start + 500]])
    Evaluation.objects.bulk_create(
        [
            Evaluation(
                subject_id=dossier.household_id,
                dossier=dossier,
                version=1,
                household_type="HOMME_ISOLE_SANS_ENFANT",
                children="0",
                source="IMPORT",
                recorded_at=now,
            )
            for dossier in dossiers
        ],
        batch_size=1000,
    )


def page(count: int) -> dict[str, Any]:
    """Fill, then read the page as the referent: statements of both databases, median time in milliseconds."""
    start_django()
    from django.db import connections
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.demo import install_cast
    from accounts.models import User
    from vault import keys

    install_cast(password=None)
    fill(count)
    with connections["default"].cursor() as cursor:
        cursor.execute("ANALYZE dossiers_dossier, dossiers_dossiergroupgrant, dossiers_participant")
    client = Client()
    client.force_login(User.objects.get(email="siao@seuil.example"))
    address = "/dossiers/?lignes=50"
    client.get(address)
    keys.forget_all()
    with (
        CaptureQueriesContext(connections["default"]) as told,
        CaptureQueriesContext(connections["keystore"]) as wrapped,
    ):
        answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"the page answered {answer.status_code}")
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    statements = [query["sql"] for each in (told, wrapped) for query in each if not query["sql"].startswith(frame)]
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        client.get(address)
        times.append((time.perf_counter() - begun) * 1000)
    found = {"statements": len(statements), "milliseconds": statistics.median(times)}
    return found | {"search": search(client)}


def search(client: Client) -> float:
    """Time of a search by name among all of them, its answer included, no key in memory; in milliseconds."""
    from vault import keys

    times = []
    for _ in range(3):
        keys.forget_all()
        begun = time.perf_counter()
        answer = client.post("/dossiers/recherche/", {"q": "Aubrebrel Didier"})
        times.append((time.perf_counter() - begun) * 1000)
        if "recherche/" not in answer.headers["Location"]:
            raise SystemExit("the search was refused")
    return statistics.median(times)


def main() -> int:
    """Measure in processes apart, the smaller first."""
    if len(sys.argv) > 2 and sys.argv[1] == "--dossiers":
        print(json.dumps(page(int(sys.argv[2]))))
        return 0
    prepare()
    sizes = (SIZES[0], int(sys.argv[2]) if "--most" in sys.argv else SIZES[1])
    few, many = (json.loads(measured("bench.list_page", "--dossiers", str(count))) for count in sizes)
    same = few["statements"] == many["statements"]
    within = many["statements"] <= MOST_STATEMENTS
    return report(
        [
            ("statements, 10 dossiers", str(few["statements"]), "", None),
            (f"statements, {sizes[1]} dossiers", str(many["statements"]), "the same, ≤ 12", same and within),
            ("page, 10 dossiers", f"{few['milliseconds']:.0f} ms", "", None),
            (f"page of 50, {sizes[1]} dossiers", f"{many['milliseconds']:.0f} ms", "", None),
            (f"search by name, {sizes[1]} dossiers", f"{many['search']:.0f} ms", "≤ 2 s", many["search"] <= 2_000),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
