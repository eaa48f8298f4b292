"""« Ce qui vous attend »: what each app offers, in words, as groups of the to-do list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from accounts import operations as accounts
from accounts.models import Organisation, User
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier
from cases.dossiers.operations import Reason
from cases.dossiers.views import names_of
from cases.dossiers.views.words import capitalised
from cases.housing import operations as housing
from cases.support import operations as support
from commission import operations as commission
from commission.models import Seance, SeanceState
from core.components import Task, TaskGroup
from core.typography import NBSP, agree, day_and_month, long_date, number

MOST, MANY = 3, 20  # tasks shown for one reason; organisations shown
# title of the group, why, icon, words of the button
REASONS = {
    Reason.REVIEW_DUE: ("En retard", "La date de réexamen est passée.", "pause-circle", "Réexaminer"),
    Reason.NO_REFERENT: ("Sans référent", "Personne ne suit ce dossier.", "person-lines-fill", "Ouvrir"),
    Reason.EVALUATED: ("Évalués, à décider", "À déclarer prêt, à ajourner, ou à ne pas retenir.", "flag", "Décider"),
    Reason.VALIDATED: (
        "Validés, sans bail encore",
        "La commission a validé ; aucun bail n’est signé.",
        "key",
        "Ouvrir",
    ),
    Reason.NO_REVIEW_DATE: (
        "Ajournés sans date de réexamen",
        "Personne ne sait quand le regarder de nouveau.",
        "pause-circle",
        "Réexaminer",
    ),
}
# what a séance awaits, by its state; the word of the button
SEANCES = {
    SeanceState.PLANIFIEE: ("Les membres ne sont pas encore convoqués.", "Convoquer"),
    SeanceState.CONVOQUEE: ("Son ordre du jour n’est pas arrêté.", "Préparer"),
    SeanceState.ODJ_ARRETE: ("Tout est prêt pour l’ouvrir ce jour-là.", "Ouvrir"),
    SeanceState.OUVERTE: ("Elle est ouverte : chaque situation attend sa décision.", "Conduire"),
    SeanceState.SUSPENDUE: ("Elle est suspendue.", "Reprendre"),
}


@dataclass(frozen=True, slots=True)
class Awaited:
    """The groups to show, and how many things wait in all (a group shows the first ones)."""

    groups: list[TaskGroup]
    count: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A dossier that waits, before its name is read: names of all groups are opened together."""

    title: str
    dossier: Dossier
    why: str
    icon: str
    action: str
    url: str
    late: bool = False


def awaited_by(user: User, *, today: date) -> Awaited:
    """All that awaits `user`: séances first, then what is late, then dossiers, then organisations."""
    lines, count = _dossiers(user, today)
    names = names_of({line.dossier.pk: line.dossier for line in lines}.values(), user) if lines else {}
    titles = dict.fromkeys(line.title for line in lines)
    of_dossiers = [
        TaskGroup(title, [_task(line, names[line.dossier.pk], today) for line in lines if line.title == title])
        for title in titles
    ]
    seances, to_hold = _seances(user, today)
    organisations, to_verify = _organisations(user)
    return Awaited(seances + of_dossiers + organisations, count + to_hold + to_verify)


def _dossiers(user: User, today: date) -> tuple[list[_Line], int]:
    lines: list[_Line] = []
    count = 0
    for each in dossiers.awaiting(user, today=today, most=MOST):
        title, why, icon, action = REASONS[each.reason]
        shown, late = _title(title, each.count), each.reason is Reason.REVIEW_DUE
        lines += [_Line(shown, row, why, icon, action, row.get_absolute_url(), late) for row in each.first]
        count += each.count
    signed = [lease.dossier for lease in housing.awaiting(user)[: MANY + 1]]
    lines += _elsewhere(signed, "Bail signé", "L’entrée dans le logement n’est pas inscrite.", "key", "housing:dossier")
    alone = list(support.awaiting(user)[: MANY + 1])
    why = "Aucune équipe n’est inscrite."
    lines += _elsewhere(alone, "Logés, sans accompagnement", why, "house-heart", "support:dossier")
    return lines, count + len(signed) + len(alone)


def _elsewhere(found: Iterable[Dossier], title: str, why: str, icon: str, tab: str) -> list[_Line]:
    rows = list(found)
    return [
        _Line(_title(title, len(rows)), row, why, icon, "Ouvrir", reverse(tab, args=[row.pk])) for row in rows[:MOST]
    ]


def _title(title: str, count: int) -> str:
    return title if count <= MOST else f"{title} ({MOST} sur {number(count)})"


def _task(line: _Line, name: str, today: date) -> Task:
    dossier = line.dossier
    if line.late:
        when = f"prévu le {day_and_month(dossier.review_on or today, today=today)}"
    elif dossier.state_on is not None:
        when = f"depuis le {day_and_month(dossier.state_on, today=today)}"
    else:
        when = "date non connue"
    return Task(name, line.url, when, line.why, line.icon, line.action, line.url, line.late)


def _seances(user: User, today: date) -> tuple[list[TaskGroup], int]:
    found = commission.awaiting(user, today=today)
    if found is None:
        return [], 0
    tasks = [_seance(seance, today) for seance in found.seances]
    waiting = found.without_seance
    if waiting:
        url = f"{reverse('dossiers:list')}?etat=PRET"
        words = f"{number(waiting)}{NBSP}{agree(waiting, 'dossier prêt,dossiers prêts')}"
        why = "Inscrivez-les à l’ordre du jour d’une séance." if waiting > 1 else "Inscrivez-le à une séance."
        action_url = reverse("commission:seances")
        tasks.append(Task(words, url, "sans séance", why, "flag", "Voir les séances", action_url))
    return ([TaskGroup("Séances", tasks)] if tasks else []), len(tasks)


def _seance(seance: Seance, today: date) -> Task:
    why, action = SEANCES[SeanceState(seance.state)]
    late = seance.held_on < today
    if late:
        why = "Sa date est passée : tenez-la, ou annulez-la." if seance.state != SeanceState.OUVERTE else why
    url = seance.get_absolute_url()
    when = "aujourd’hui" if seance.held_on == today else "date passée" if late else ""
    return Task(capitalised(long_date(seance.held_on, today=today)), url, when, why, "people", action, url, late)


def _organisations(user: User) -> tuple[list[TaskGroup], int]:
    """The organisations that a register named, to be verified by who keeps the accounts."""
    waiting = accounts.awaiting(user)
    count = waiting.count()
    if not count:
        return [], 0
    title = "Organisations à vérifier"
    tasks = [_organisation(each) for each in waiting.order_by("created_at", "sort_key")[:MANY]]
    return [TaskGroup(title if count <= MANY else f"{title} ({MANY} sur {number(count)})", tasks)], count


def _organisation(organisation: Organisation) -> Task:
    url = reverse("accounts:organisation", args=[organisation.pk])
    why = "Un registre la nomme : son nom et sa nature sont à confirmer."
    return Task(organisation.name, url, "", why, "building-check", "Vérifier", url)
