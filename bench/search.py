"""Searching among 100 000 sealed persons: time against the same search in clear, recall on misspelt names.

Run by `make bench`, or `python -m bench.search [--persons N] [--again]` (`--again`: among those that are there).
Goals: at most twice the time of the same search in clear with a suitable index, in the same run; recall published by
origin. The twin in clear asks the same prints, not blinded nor cut, of a table with the same index, under the same row
security, then compares the same way: what differs is what sealing costs. Beside it, the usual way: pg_trgm on the names
without accents. Each side starts without a key in memory; queries alternate between the sides.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from bench.instance import measured, prepare, report, start_django
from bench.invented_names import BY_HAND, ORIGINS, Invented, invented, misspell

if TYPE_CHECKING:
    from cases.dossiers.operations.finding import Match

PERSONS, TIMED, MISSPELT = 100_000, 205, 1_000
BY_TRIGRAMS = 45  # questions asked of pg_trgm too, which is slow
BATCH = 2_000
GOAL = 2.0
LAST = {"sealed": 10**9, "clear": TIMED, "trigrams": BY_TRIGRAMS}  # questions asked of each side
SEED = 2026
TWIN = """
DROP TABLE IF EXISTS bench_plain, bench_token;
CREATE TABLE bench_plain (person_id uuid PRIMARY KEY, last text, first text, born date, number text, names text);
CREATE TABLE bench_token (token text, person_id uuid);
GRANT SELECT, INSERT ON bench_plain, bench_token TO seuil_web, seuil_worker;
"""
TWIN_INDEXES = """
ALTER TABLE bench_token ADD PRIMARY KEY (token, person_id);
CREATE INDEX bench_names ON bench_plain USING gin (names gin_trgm_ops);
ANALYZE bench_plain, bench_token;
ALTER TABLE bench_plain ENABLE ROW LEVEL SECURITY;
CREATE POLICY web ON bench_plain TO seuil_web
  USING (EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = bench_plain.person_id));
CREATE OR REPLACE FUNCTION bench_likely(asked text[], slots integer[], weights integer[], most integer)
  RETURNS TABLE (person uuid, score bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$ DECLARE mine integer[] := seuil_teams(seuil_actor()); BEGIN
  RETURN QUERY SELECT found.person_id, found.total FROM (
    SELECT each.person_id, sum(each.best)::bigint AS total FROM (
      SELECT i.person_id, q.slot, max(q.weight) AS best
        FROM unnest(asked, slots, weights) AS q(token, slot, weight)
        JOIN public.bench_token i ON i.token = q.token
       GROUP BY i.person_id, q.slot) each
     GROUP BY each.person_id ORDER BY total DESC, each.person_id) found
   WHERE EXISTS (
     SELECT 1 FROM public.dossiers_participant p JOIN public.dossiers_dossier d ON d.id = p.dossier_id
      WHERE p.person_id = found.person_id
        AND (d.open_to && mine OR EXISTS (SELECT 1 FROM public.live_grants g WHERE g.dossier_id = d.id)))
   LIMIT most;
END $$;
"""
TRIGRAMS = """
SELECT person_id, last, first, born FROM bench_plain WHERE names %% %s ORDER BY similarity(names, %s) DESC LIMIT %s
"""


class InClear:
    """Makes the prints of the twin: the value itself, its kind before."""

    epoch = 0

    def blind(self, index: Any, value: str) -> str:
        """Not blind."""
        return f"{index.label}|{value}"


def make_twin() -> None:
    """The tables of the twin in clear, as the owner of the scratch instance."""
    start_django()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(TWIN)


def index_twin() -> None:
    """Its indexes and its policy, once it is full."""
    start_django()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(TWIN_INDEXES)
        cursor.execute(
            "ANALYZE dossiers_personindex, dossiers_person, dossiers_participant, dossiers_dossier,"
            " dossiers_dossiergroupgrant"
        )


def fill(people: list[Invented], first: int = 0) -> None:
    """These persons, sealed, each in a dossier open to the SIAO whose reference is their rank; the same in clear."""
    from django.contrib.auth.models import Permission
    from django.db import connection, models, transaction
    from django.utils import timezone

    from accounts.operations import siao
    from cases.dossiers.models import (
        Dossier,
        DossierGroupGrant,
        Household,
        HousingRequest,
        Participant,
        Person,
        PersonIndex,
    )
    from cases.dossiers.operations import prepare_keys
    from cases.dossiers.operations.indexing import Known, index_rows
    from exchange.population.sheets import Sheet
    from vault import blind

    now, team, made = timezone.now(), siao().team, blind.blinder()
    view = Permission.objects.get(content_type__app_label="dossiers", codename="view_dossier")
    for start in range(0, len(people), BATCH):
        group = people[start : start + BATCH]
        places = [(uuid4(), uuid4(), uuid4()) for _ in group]
        prepare_keys((household, person) for household, person, _ in places)
        prints = Sheet(PersonIndex, "person_id", "token", "epoch")
        rows: dict[type[models.Model], list[Any]] = {
            Household: [],
            Dossier: [],
            Person: [],
            Participant: [],
            HousingRequest: [],
        }
        plain: list[tuple[Any, ...]] = []
        tokens: list[tuple[str, UUID]] = []
        for rank, (who, (household, person, dossier)) in enumerate(zip(group, places, strict=True)):
            known = Known((who.last,), who.first, who.born, (who.number,))
            rows[Household].append(Household(id=household, created_at=now))
            rows[Dossier].append(
                Dossier(id=dossier, reference=f"B-{first + start + rank:06d}", household_id=household, created_at=now)
            )
            rows[Person].append(
                Person(
                    id=person,
                    subject_id=person,
                    last_name=who.last,
                    first_name=who.first,
                    birth_date=who.born,
                    created_at=now,
                )
            )
            rows[Participant].append(Participant(dossier_id=dossier, person_id=person, role="TITULAIRE"))
            rows[HousingRequest].append(
                HousingRequest(
                    subject_id=person, dossier_id=dossier, person_id=person, number=who.number, recorded_at=now
                )
            )
            for row in index_rows(person, known, made):
                prints.add(row.person_id, row.token, row.epoch)
            plain.append((person, who.last, who.first, who.born, who.number, _folded(f"{who.last} {who.first}")))
            tokens += [(each, person) for each in tokens_in_clear(known)]
        with transaction.atomic():
            before: tuple[type[models.Model], ...] = (Household, Dossier)
            then: tuple[type[models.Model], ...] = (Person, Participant, HousingRequest)
            for model in before:
                model._default_manager.bulk_create(rows[model])
            DossierGroupGrant.ever.bulk_create(
                DossierGroupGrant(group=team, permission=view, content_object=each, valid_from=now, reason="bench")
                for each in rows[Dossier]
            )
            for model in then:
                model._default_manager.bulk_create(rows[model])
            prints.copy()
            with connection.cursor() as cursor:
                with cursor.copy("COPY bench_plain FROM STDIN") as copy:
                    for line in plain:
                        copy.write_row(line)
                with cursor.copy("COPY bench_token FROM STDIN") as copy:
                    for line in tokens:
                        copy.write_row(line)


def _folded(text: str) -> str:
    from core.spellings import words_of

    return " ".join(words_of(text))


def tokens_in_clear(known: Any) -> set[str]:
    """The same prints as a person has, in clear."""
    from cases.dossiers.operations import indexing

    found: set[str] = _in_clear(lambda: indexing.tokens_of(known, InClear()))  # type: ignore[arg-type]
    return found


def _in_clear(work: Any) -> Any:
    """Do some work with tokens that say their value."""
    from cases.dossiers.operations import finding, indexing

    kept = indexing.token

    def plain(made: Any, kind: Any, value: str) -> str:
        return f"{kind.value}|{value}"

    indexing.token = finding.token = plain  # type: ignore[assignment,attr-defined]
    try:
        return work()
    finally:
        indexing.token = finding.token = kept  # type: ignore[attr-defined]


def search_sealed(asked: Any) -> list[Match]:
    """The product's own search."""
    from cases.dossiers.operations.finding import find

    return find(asked)[0]


def search_in_clear(asked: Any) -> list[Match]:
    """The same on the twin."""
    from django.db import connection

    from cases.dossiers.operations import finding
    from cases.dossiers.operations.indexing import Known

    told = _in_clear(lambda: finding.name_tokens(InClear(), asked.names))  # type: ignore[arg-type]
    columns = [list(column) for column in zip(*told, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person, score FROM bench_likely(%s::text[], %s::int[], %s::int[], %s)", [*columns, finding.MOST]
        )
        found = [pk for pk, _ in cursor.fetchall()]
        cursor.execute("SELECT person_id, last, first, born FROM bench_plain WHERE person_id = ANY(%s)", [found])
        rows = cursor.fetchall()
    told = [finding.answer(asked, Known((last,), first, born), pk) for pk, last, first, born in rows]
    return sorted((each for each in told if each), key=lambda match: (-match.level, -match.nearness))


def search_by_trigrams(asked: Any) -> list[UUID]:
    """The usual way on plain values."""
    from django.db import connection

    from cases.dossiers.operations.finding import MOST

    text = _folded(asked.names)
    with connection.cursor() as cursor:
        cursor.execute(TRIGRAMS, [text, text, MOST])
        return [row[0] for row in cursor.fetchall()]


def timed(work: Any, asked: Any) -> tuple[float, Any]:
    """Milliseconds of one search in a transaction of its own, no key in memory; what it found."""
    from django.db import transaction

    from vault import keys

    keys.forget_all()
    begun = time.perf_counter()
    with transaction.atomic():
        found = work(asked)
    return (time.perf_counter() - begun) * 1000, found


def everybody(persons: int) -> list[Invented]:
    """The invented persons of the bench, those of the hand list last."""
    people = list(invented(persons, SEED))
    return people + [Invented(origin, *_split(true), people[0].born, "") for origin, true, _ in BY_HAND]


def load(persons: int) -> float:
    """Seal and print them all; seconds."""
    start_django()
    from accounts.demo import install_cast

    install_cast(password=None)
    begun = time.perf_counter()
    fill(everybody(persons))
    return time.perf_counter() - begun


def measure(persons: int) -> dict[str, Any]:
    """Search as the referent: times of each side, recall by origin, what else is shown."""
    start_django()
    from django.utils import timezone

    from accounts.models import User
    from cases.dossiers.models import Participant
    from cases.dossiers.operations.asking import understand
    from core.db import acting_as

    people = everybody(persons)
    placed = Participant.objects.filter(dossier__reference__startswith="B-").order_by("dossier__reference")
    ids = list(placed.values_list("person", flat=True))
    if len(ids) != len(people):
        raise SystemExit(f"{len(ids)} persons are there, not {len(people)}")
    rng = Random(SEED)  # noqa: S311  a sample, not a secret
    sample = [(at := rng.randrange(persons), misspell(rng, people[at])) for _ in range(MISSPELT)]
    sample += [(persons + rank, typed) for rank, (_, _, typed) in enumerate(BY_HAND)]
    asked = [(at, understand(typed, today=timezone.localdate())) for at, typed in sample]
    sides = {"sealed": search_sealed, "clear": search_in_clear, "trigrams": search_by_trigrams}
    times: dict[str, list[float]] = {side: [] for side in sides}
    met, first, of, shown = Counter[str](), Counter[str](), Counter[str](), []
    by_trigrams = 0
    with acting_as(User.objects.get(email="siao@seuil.example")):
        for rank, (at, question) in enumerate(asked):
            asks = [side for side in sides if rank < LAST[side]]
            told = {}
            for side in asks if rank % 2 else asks[::-1]:
                spent, told[side] = timed(sides[side], question)
                if 5 <= rank < TIMED:  # plans and caches first
                    times[side].append(spent)
            origin = people[at].origin if at < persons else "à la main"
            of[origin] += 1
            matches = [match.person_id for match in told["sealed"]]
            met[origin] += ids[at] in matches
            first[origin] += ids[at] in matches[:10]
            by_trigrams += ids[at] in told.get("trigrams", ())
            namesakes = sum(1 for match in told["sealed"] if match.level >= 2)
            shown.append((len(matches), namesakes))
    return {
        "times": {side: (statistics.median(each), _p95(each)) for side, each in times.items()},
        "recall": {origin: (met[origin], first[origin], of[origin]) for origin in of},
        "trigrams": by_trigrams / BY_TRIGRAMS,
        "shown": statistics.mean(count for count, _ in shown),
        "close": statistics.mean(count for _, count in shown),
    }


def _split(name: str) -> tuple[str, str]:
    last, _, first = name.rpartition(" ")
    return last, first


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def main() -> int:
    """Measure, and say whether the goals are met."""
    if sys.argv[1:2] == ["--fill"]:
        print(json.dumps(load(int(sys.argv[2]))))
        return 0
    if sys.argv[1:2] == ["--search"]:
        print(json.dumps(measure(int(sys.argv[2]))))
        return 0
    if sys.argv[1:2] == ["--twin"]:
        make_twin()
        return 0
    if sys.argv[1:2] == ["--index"]:
        index_twin()
        return 0
    persons = int(sys.argv[2]) if "--persons" in sys.argv else PERSONS
    filled = None
    if "--again" not in sys.argv:
        prepare()
        measured("bench.search", "--twin", role="owner")
        filled = json.loads(measured("bench.search", "--fill", str(persons)))
        measured("bench.search", "--index", role="owner")
    told = json.loads(measured("bench.search", "--search", str(persons)))
    (sealed, sealed_95), (clear, clear_95), (trigrams, trigrams_95) = (
        told["times"][side] for side in ("sealed", "clear", "trigrams")
    )
    rows: list[tuple[str, str, str, bool | None]] = [
        (f"{persons} persons sealed and printed", f"{filled:.0f} s" if filled else "before", "", None),
        ("search, sealed: median, 95 %", f"{sealed:.1f} / {sealed_95:.1f} ms", "", None),
        ("the same in clear: median, 95 %", f"{clear:.1f} / {clear_95:.1f} ms", "", None),
        ("ratio of medians", f"{sealed / clear:.2f}", "≤ 2", sealed / clear <= GOAL),
        ("ratio of the 95 %", f"{sealed_95 / clear_95:.2f}", "≤ 2", sealed_95 / clear_95 <= GOAL),
        (
            f"pg_trgm in clear ({BY_TRIGRAMS} questions): median, 95 %",
            f"{trigrams:.1f} / {trigrams_95:.1f} ms",
            "",
            None,
        ),
        ("found by pg_trgm in a hundred", f"{told['trigrams']:.1%}", "", None),
        ("persons shown for a question", f"{told['shown']:.1f}", "", None),
        ("of whom exact or close", f"{told['close']:.1f}", "", None),
    ]
    for origin in (*ORIGINS, "à la main"):
        met, first, of = told["recall"][origin]
        rows.append((f"recall, {origin} ({of})", f"{met / of:.1%}", f"{first / of:.1%} in 10", None))
    return report(rows)


if __name__ == "__main__":
    sys.exit(main())
