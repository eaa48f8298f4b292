"""Who sees what, at scale: the scoped page and count against the unscoped ones, and against guardian's own shortcut.

Run by `make bench`, or `python -m bench.access [--dossiers N]`: 100 000 dossiers and 350 000 grants by default. For a
million dossiers and 3 500 000 grants, ask `python -m bench.access --dossiers 1000000`: about 2 GB of disk and several
minutes, which is why `make bench` does not; figures are then printed without goals. Rows are written by SQL. A typical
user sees a few thousand dossiers, by grants of her own and by her team's; the SIAO's team sees all.
Each is asked as a page asks, roles read beforehand, with the web role and row security, then as the owner without it.
guardian's shortcut, which knows groups and not memberships, is asked for people who were put in their teams' groups.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.instance import ROOT, environment, prepare, report, start_django

MANY, RUNS = 100_000, 15
PEOPLE, TEAMS = 81, 16  # who share the grants that are not the SIAO's
MOST_TIMES = 3.0
PAGE = 50
OFF = ", row security off"

DOSSIERS = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO dossiers_household (id, created_at)
  SELECT md5('h' || n)::uuid, now() FROM generate_series(1, {many}) n;
ALTER TABLE dossiers_dossier DISABLE TRIGGER USER;
INSERT INTO dossiers_dossier (id, reference, household_id, state, state_on, source, open_to, first_team, is_protected,
                              created_at)
  SELECT md5('d' || n)::uuid, 'LDA-' || lpad(n::text, 8, '0'), md5('h' || n)::uuid, 'EVALUE', DATE '2026-01-02', 'ACT',
         -- what the trigger would have written, without its 350 000 calls: the SIAO's team, and one team of a few
         CASE WHEN n % 2 = 0 THEN ARRAY[{siao}, ({teams})[1 + n / 2 % {team_count}]] ELSE ARRAY[{siao}] END,
         {siao}, false, now()
    FROM generate_series(1, {many}) n;
ALTER TABLE dossiers_dossier ENABLE TRIGGER USER;
"""
# one grant to the SIAO's team; to one team for every second dossier; two to persons: 3.5 grants a dossier
GRANTS = """
ALTER TABLE dossiers_dossiergroupgrant DISABLE TRIGGER USER;
INSERT INTO dossiers_dossiergroupgrant (id, permission_id, group_id, dossier_id, valid_from, valid_until, reason)
  SELECT md5('s' || n)::uuid, {permission}, {siao}, md5('d' || n)::uuid, now() - interval '1 day',
         NULL::timestamptz, 'opening'
    FROM generate_series(1, {many}) n
  UNION ALL
  SELECT md5('t' || n)::uuid, {permission}, ({teams})[1 + n / 2 % {team_count}], md5('d' || n)::uuid,
         now() - interval '1 day', NULL::timestamptz, 'measure'
    FROM generate_series(2, {many}, 2) n;
ALTER TABLE dossiers_dossiergroupgrant ENABLE TRIGGER USER;
INSERT INTO dossiers_dossierusergrant
       (id, permission_id, user_id, organisation_id, dossier_id, valid_from, valid_until, reason)
  SELECT md5('u' || k || '-' || n)::uuid, {permission}, ({people})[1 + (n + k * 7) % {people_count}],
         ({bodies})[1 + (n + k * 7) % {people_count}], md5('d' || n)::uuid, now() - interval '1 day',
         CASE WHEN n % 5 = 0 THEN now() - interval '1 hour' END, 'referent'
    FROM generate_series(1, {many}) n, generate_series(1, 2) k;
"""


def load(many: int) -> None:
    """People, teams, dossiers and grants, then statistics for the planner."""
    from django.contrib.auth.models import Group
    from django.db import connection, transaction

    from accounts.models import Organisation, OrganisationKind, User
    from accounts.operations import create_organisation, join, siao
    from accounts.roles import Code

    people = [User.objects.create_user(f"p{n}@bench.example", first_name="P", last_name=str(n)) for n in range(PEOPLE)]
    bodies = [create_organisation(f"Équipe {n}", OrganisationKind.ACCOMPAGNEMENT, by=None) for n in range(TEAMS)]
    for number, person in enumerate(people[:-1]):
        join(person, bodies[number % TEAMS], Code.TRAVAILLEUR_SOCIAL, by=None)
    join(people[-1], siao(), Code.REFERENT_SIAO, by=None)
    people[0].groups.add(bodies[0].team)
    people[-1].groups.add(siao().team)
    teams: list[Group] = [body.team for body in Organisation.objects.filter(name__startswith="Équipe ")]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id"
            " WHERE p.codename = 'view_dossier' AND c.app_label = 'dossiers'"
        )
        told = {
            "many": many,
            "siao": siao().team.pk,
            "permission": cursor.fetchone()[0],
            "teams": f"ARRAY[{', '.join(str(team.pk) for team in teams)}]",
            "team_count": TEAMS,
            # a person of the SIAO sees by her team alone: the others share the grants
            "people": "ARRAY[" + ", ".join(f"'{person.pk}'::uuid" for person in people[:-1]) + "]",
            "bodies": "ARRAY["
            + ", ".join(f"'{bodies[number % TEAMS].pk}'::uuid" for number in range(PEOPLE - 1))
            + "]",
            "people_count": PEOPLE - 1,
        }
        for statement in (DOSSIERS, GRANTS):
            cursor.execute(statement.format(**told))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum does in time


def measure() -> dict[str, dict[str, float]]:
    """For who sees a few and who sees all: milliseconds of the page and of the count, each way, in one run."""
    from accounts.models import User

    found: dict[str, dict[str, float]] = {}
    for name, email in (("few", "p0@bench.example"), ("all", f"p{PEOPLE - 1}@bench.example")):
        user = User.objects.get(email=email)
        user.has_perm("dossiers.view_dossier")  # as each page does first: her roles are read once
        found[name] = _ways(user)
    return found


def _ways(user: Any) -> dict[str, float]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from guardian.shortcuts import get_objects_for_user  # noqa: TID251  what we are measured against

    from cases.dossiers.models import Dossier

    every = Dossier.objects.order_by("-reference")
    mine = every.visible_to(user)
    shortcut = get_objects_for_user(user, "dossiers.view_dossier", Dossier, accept_global_perms=False)
    asked: dict[str, Callable[[], object]] = {
        "page": lambda: list(mine.all()[:PAGE]),
        "count": lambda: mine.order_by().count(),
        "all page": lambda: list(every.all()[:PAGE]),
        "all count": lambda: every.order_by().count(),
        "guardian page": lambda: list(_again(get_objects_for_user, user, Dossier)[:PAGE]),
        "guardian count": lambda: _again(get_objects_for_user, user, Dossier).order_by().count(),
    }
    told = _milliseconds({name: (ask, not name.startswith("all ")) for name, ask in asked.items()}, user)
    told["seen"] = mine.count()
    if set(shortcut.values_list("pk", flat=True)) != set(mine.values_list("pk", flat=True)):
        raise SystemExit("the shortcut and ours do not show the same dossiers")
    with CaptureQueriesContext(connection) as queries:
        list(mine.all()[:PAGE])
    told["statements"] = len(queries)
    with CaptureQueriesContext(connection) as queries:
        list(_again(get_objects_for_user, user, Dossier)[:PAGE])
    told["guardian statements"] = len(queries)
    return told


def _again(shortcut: Callable[..., Any], user: Any, model: Any) -> Any:
    """guardian's shortcut, asked anew: it asks the database while it builds its queryset."""
    found = shortcut(user, "dossiers.view_dossier", model, accept_global_perms=False)
    return found.order_by("-reference")


def _milliseconds(asked: dict[str, tuple[Callable[[], object], bool]], user: Any) -> dict[str, float]:
    """Median of each, in turn so that all meet the same machine; in a transaction, as a page.

    What is scoped is asked under row security, then without it.
    """
    from contextlib import nullcontext

    from django.db import transaction

    from core.db import acting_as

    times: dict[str, list[float]] = {}
    for turn in range(RUNS + 1):
        for name, (ask, is_scoped) in asked.items():
            for way in ("", OFF) if is_scoped else ("",):
                secured = is_scoped and not way
                begun = time.perf_counter()
                with acting_as(user) if secured else nullcontext(), transaction.atomic():
                    ask()
                if turn:  # the first fills the caches
                    times.setdefault(f"{name}{way}", []).append((time.perf_counter() - begun) * 1000)
    return {name: statistics.median(each) for name, each in times.items()}


def rows_of(found: dict[str, dict[str, float]], many: int) -> list[tuple[str, str, str, bool | None]]:
    """What is printed; goals at the size for which they were set.

    A page is judged against guardian's under the same row security. A count is judged as the product asks it, under row
    security, against the count of every row, which meets none; what it takes without is printed beside.
    """
    rows: list[tuple[str, str, str, bool | None]] = []
    judged = many == MANY
    for told in found.values():
        who = f"sees {told['seen']:.0f} of {many}"
        rows.append((f"{who}: statements of a page", f"{told['statements']:.0f}", "1", told["statements"] == 1))
        for way in ("", OFF):
            page, shortcut = told[f"page{way}"], told[f"guardian page{way}"]
            goal = f"< {shortcut:.1f} ms", page < shortcut if judged else None
            rows.append((f"{who}: page of {PAGE}{way}, against guardian's", f"{page:.1f} ms", *goal))
        limit, count = MOST_TIMES * told["all count"], told["count"]
        rows.append((f"{who}: count", f"{count:.1f} ms", f"≤ {limit:.1f} ms", count <= limit if judged else None))
        rows.append((f"{who}: count{OFF}", f"{told[f'count{OFF}']:.1f} ms", "", None))
        others = (f"guardian count{OFF}", "guardian count", "all page", "all count")
        rows.extend((f"{who}: {name}", f"{told[name]:.1f} ms", "", None) for name in others)
    return rows


def run_as(role: str, *arguments: str) -> str:
    """This module in a process of its own, under one role; its standard output."""
    command = [sys.executable, "-m", "bench.access", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(role), check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def main() -> int:
    """Load, measure, and say which goals are met."""
    if "--task" in sys.argv:
        start_django()
        if sys.argv[2] == "load":
            load(int(sys.argv[3]))
        else:
            print(json.dumps(measure()))
        return 0
    many = sys.argv[2] if "--dossiers" in sys.argv else str(MANY)
    prepare()
    run_as("owner", "--task", "load", many)
    return report(rows_of(json.loads(run_as("owner", "--task", "measure", many)), int(many)))


if __name__ == "__main__":
    sys.exit(main())
