"""« À faire »: everything that awaits a person, by date, then what has no date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers import operations as dossiers
from cases.dossiers.operations import Reason
from cases.dossiers.operations.acts import VIEW
from cases.dossiers.views import naming
from core.components import Task, TaskGroup
from core.http import for_everyone
from core.tables import FORMATS
from core.typography import NBSP, agree, day_and_month, number
from desk.awaiting import MANY, awaited_by
from desk.dated import SOURCES, Dated, dated_for, warm
from vault.asking import Question, ask, together

SUNDAY = 6
FORTNIGHT = timedelta(days=14)
FIRST = 3  # lines of a group of the home


@dataclass(frozen=True, slots=True)
class ToDo:
    """The groups of the page; how many things wait, or at least; so many late; the dossiers that it tells."""

    groups: list[TaskGroup]
    count: int
    is_more: bool
    late: int
    dossiers: Sequence[UUID] = ()


@for_everyone
@require_safe
def todo(request: HttpRequest) -> HttpResponse:
    """The page; who has nothing to do finds it empty, and says so."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  the default-deny middleware let in signed-in people alone
    found = ask(todo_of(user, today=timezone.localdate()))
    if user.has_perm(VIEW):
        opened("dossiers.listed", target=user.pk)
    request.awaited = found.count  # type: ignore[attr-defined]  # said in the frame
    return render(request, "desk/todo.html", {"todo": found, "formats": FORMATS})


def todo_of(user: User, *, today: date) -> Question[ToDo]:
    """All that awaits `user`: by date what has one, then the rest, as the home groups it."""
    may_files = user.has_perm(VIEW)
    stand = dossiers.standing(user, today=today) if may_files else dossiers.Standing(Counter(), Counter())
    left = _without(stand, Reason.REVIEW_DUE)
    (lines, named, is_more), others = yield from together(
        _all(user, today), awaited_by(user, left, today=today, most=MANY)
    )
    groups = by_date([(line.on, task_of(line, named, today)) for line in lines], today)
    alike = _likenesses(user)
    groups += others.groups + alike
    late = sum(task.late for group in groups for task in group.tasks)
    count = len(lines) + others.count + len(alike)
    told = dict.fromkeys([*(line.dossier.pk for line in lines), *others.dossiers])
    return ToDo(groups, count, is_more or others.is_more, late, list(told))


def _all(user: User, today: date) -> Question[tuple[list[Dated], dict[UUID, str], bool]]:
    """Every line that has a date, and their names."""
    lines, is_more = yield from dated_for(user, today)
    named = yield from _opened(lines, user)
    return lines, named, is_more


def pressing_for(user: User, today: date) -> Question[ToDo]:
    """The beginning, for the home: what is late or due this week, reviews aside, which the home groups by itself."""
    lines, is_more = yield from dated_for(user, today, SOURCES[1:])
    sunday = today + timedelta(days=SUNDAY - today.weekday())
    lines = [line for line in lines if line.on <= sunday]
    late = sum(line.on < today for line in lines)
    held = {"En retard": lines[:late], "Cette semaine": lines[late:]}
    shown = [line for rows in held.values() for line in rows[:FIRST]]
    named = yield from _opened(shown, user)
    groups = [
        TaskGroup(
            title if len(rows) <= FIRST else f"{title} ({number(len(rows))})",
            [task_of(line, named, today) for line in rows[:FIRST]],
            reverse("desk:todo"),
        )
        for title, rows in held.items()
        if rows
    ]
    return ToDo(groups, len(lines), is_more, late)


def task_of(line: Dated, names: dict[UUID, str], today: date) -> Task:
    """A line as it is drawn."""
    late = line.on < today
    when = line.when or _when(line.on, today)
    url = line.dossier.get_absolute_url()
    return Task(names[line.dossier.pk], url, when, line.sentence, line.icon, line.action, line.url, late, line.pressing)


def _opened(lines: Sequence[Dated], user: User) -> Question[dict[UUID, str]]:
    """The names that these lines show, and the keys of what else they open."""
    named = naming({line.dossier.pk: line.dossier for line in lines}.values(), user)
    names, _ = yield from together(named, warm(lines))
    told: dict[UUID, str] = names
    return told


def by_date(tasks: Sequence[tuple[date, Task]], today: date) -> list[TaskGroup]:
    """« En retard », « Cette semaine », « Avant le 15 décembre », « Plus tard »; the empty ones are not there."""
    sunday = today + timedelta(days=SUNDAY - today.weekday())
    fortnight = sunday + FORTNIGHT
    before = f"Avant le {day_and_month(fortnight + timedelta(days=1), today=today)}"
    limits = ((today - timedelta(days=1), "En retard"), (sunday, "Cette semaine"), (fortnight, before))
    found: dict[str, list[Task]] = {title: [] for title in (*(title for _, title in limits), "Plus tard")}
    for on, task in tasks:
        found[next((title for limit, title in limits if on <= limit), "Plus tard")].append(task)
    return [
        TaskGroup(f"{title} ({number(len(held))})" if len(held) > 1 else title, held)
        for title, held in found.items()
        if held
    ]


def _when(on: date, today: date) -> str:
    """« en retard de 7 jours », « aujourd’hui », « demain », « 3 décembre »."""
    days = (on - today).days
    if days < 0:
        return f"en retard de {number(-days)}{NBSP}{agree(-days, 'jour')}"
    return {0: "aujourd’hui", 1: "demain"}.get(days, day_and_month(on, today=today))


def _without(stand: dossiers.Standing, reason: Reason) -> dossiers.Standing:
    """The same, but for a reason that the dates tell already."""
    kept = Counter({each: count for each, count in stand.by_reason.items() if each != reason})
    return dossiers.Standing(stand.by_state, kept)


def _likenesses(user: User) -> list[TaskGroup]:
    """Two persons who may be one: counted, and answered on their own page."""
    count = dossiers.likenesses_awaiting(user).count()
    if not count:
        return []
    words = f"{number(count)}{NBSP}{agree(count, 'ressemblance')}"
    url = reverse("dossiers:likenesses")
    why = "Deux personnes n’en font peut-être qu’une : dites si c’est la même."
    return [TaskGroup("Doublons possibles", [Task(words, url, "", why, "people", "Comparer", url)])]
