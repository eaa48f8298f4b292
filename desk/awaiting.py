"""« Ce qui vous attend »: what each app offers, in words, as groups of the to-do list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from accounts import operations as accounts
from accounts.models import Organisation, User
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, State, UrgencyReason
from cases.dossiers.operations import Reason, Standing
from cases.dossiers.views import naming
from cases.dossiers.views.words import capitalised
from cases.housing import operations as housing
from cases.support import operations as support
from commission import operations as commission
from commission.models import Seance, SeanceState
from commission.operations import Called
from core.components import Task, TaskGroup
from core.typography import NBSP, agree, day_and_month, long_date, number
from vault.asking import Question, rows, together

MOST, MANY = 3, 20  # tasks shown for one reason; organisations shown
# title of the group, why, icon, words of the button
REASONS = {
    Reason.REVIEW_DUE: ("À réexaminer", "La date de réexamen est passée.", "pause-circle", "Réexaminer"),
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
# the list that holds all of a reason, by the codes of its address
LISTS = {
    Reason.REVIEW_DUE: "vue=a-revoir",
    Reason.NO_REFERENT: "vue=sans-referent",
    Reason.EVALUATED: f"etat={State.EVALUE.value}",
    Reason.VALIDATED: f"etat={State.VALIDE.value}",
    Reason.NO_REVIEW_DATE: "vue=a-revoir",
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
    """The groups to show, and how many things wait in all, or at least (a group shows the first ones); so many late.

    `dossiers` are those that they tell.
    """

    groups: list[TaskGroup]
    count: int
    is_more: bool = False
    late: int = 0
    dossiers: Sequence[UUID] = ()


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
    every: str = ""  # address of the list that holds them all


def awaited_by(user: User, stand: Standing, *, today: date, most: int = MOST) -> Question[Awaited]:
    """All that awaits `user`: séances first, then what is late, then dossiers, then access and organisations.

    Of dossiers, `most` for each reason.
    """
    lines, count, is_more = yield from _dossiers(user, stand, today, most)
    names = yield from naming({line.dossier.pk: line.dossier for line in lines}.values(), user)
    titles = {line.title: line.every for line in lines}
    of_dossiers = [
        TaskGroup(title, [_task(line, names[line.dossier.pk], today) for line in lines if line.title == title], every)
        for title, every in titles.items()
    ]
    seances, to_hold = _seances(user, today)
    organisations, to_verify = _organisations(user)
    access, to_confirm = _access(user, today)
    urgencies, to_examine = _urgencies(user, today)
    count += to_hold + to_verify + to_confirm + to_examine
    late = sum(task.late for group in seances + access for task in group.tasks)
    if of_dossiers:
        late += stand.by_reason[Reason.REVIEW_DUE]
    groups = seances + urgencies + of_dossiers + access + organisations
    return Awaited(groups, count, is_more, late, [line.dossier.pk for line in lines])


def _dossiers(user: User, stand: Standing, today: date, most: int) -> Question[tuple[list[_Line], int, bool]]:
    """The lines to show; how many wait; whether more do, which were not counted (that would read them all)."""
    lines: list[_Line] = []
    count = 0
    leases, alone = housing.awaiting(user)[: MANY + 1], support.awaiting(user)[: MANY + 1]
    waiting, _ = yield from together(dossiers.awaiting(user, stand, today=today, most=most), rows(leases, alone))
    for each in waiting:
        title, why, icon, action = REASONS[each.reason]
        shown, late = _title(title, each.count, most), each.reason is Reason.REVIEW_DUE
        every = f"{reverse('dossiers:list')}?{LISTS[each.reason]}"
        lines += [_Line(shown, row, why, icon, action, row.get_absolute_url(), late, every) for row in each.first]
        count += each.count
    signed = [lease.dossier for lease in leases]
    entry = "L’entrée dans le logement n’est pas inscrite."
    lines += _elsewhere(signed, "Bail signé", entry, "key", "housing:dossier", most=most)
    why, title = "Aucune équipe n’est inscrite.", "Logés, sans accompagnement"
    lines += _elsewhere(list(alone), title, why, "house-heart", "support:dossier", State.LOGE, most=most)
    told = [min(len(found), MANY) for found in (signed, alone)]
    return lines, count + sum(told), max(len(signed), len(alone)) > MANY


def _elsewhere(
    found: Sequence[Dossier], title: str, why: str, icon: str, tab: str, state: State | None = None, *, most: int
) -> list[_Line]:
    """Those that another app offers; `state` is the one that finds them all in the list, if one does."""
    every = f"{reverse('dossiers:list')}?etat={state.value}" if state else ""
    title = _title(title, min(len(found), MANY), most, at_least=len(found) > MANY)
    return [_Line(title, row, why, icon, "Ouvrir", reverse(tab, args=[row.pk]), every=every) for row in found[:most]]


def _title(title: str, count: int, most: int = MOST, *, at_least: bool = False) -> str:
    return title if count <= most else f"{title} ({'plus de ' if at_least else ''}{number(count)})"


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
        called = [_called(each, today) for each in commission.called(user)]
        return ([TaskGroup("Vos séances", called)] if called else []), len(called)
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


def _called(called: Called, today: date) -> Task:
    """A séance where one sits: what there is to read before."""
    seance, count = called.seance, called.fiches
    why = (
        f"{number(count)}{NBSP}{agree(count, 'fiche')} à lire."
        if count
        else "Aucune fiche encore : elles viendront ici."
    )
    url = seance.get_absolute_url()
    when = "aujourd’hui" if seance.held_on == today else "convoqué"
    action = "Lire les fiches" if count else "Voir la séance"
    return Task(capitalised(long_date(seance.held_on, today=today)), url, when, why, "people", action, url)


def _urgencies(user: User, today: date) -> tuple[list[TaskGroup], int]:
    """What was opened in an emergency, to be examined by the DPO: one read for who has none to examine."""
    waiting = list(dossiers.to_examine(user)[: MANY + 1])
    if not waiting:
        return [], 0
    url = reverse("urgency:list")
    tasks = [
        Task(
            each.reference,
            url,
            f"le {day_and_month(timezone.localdate(each.opened_at), today=today)}",
            f"{capitalised(str(UrgencyReason(each.reason).label))}.",
            "exclamation-triangle",
            "Examiner",
            url,
        )
        for each in waiting[:MOST]
    ]
    return [TaskGroup(_title("Ouvertures en urgence à examiner", len(waiting)), tasks, url)], len(waiting)


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


def _access(user: User, today: date) -> tuple[list[TaskGroup], int]:
    """The people whose access is to be confirmed this quarter, by organisation; late when the last one was missed."""
    due = accounts.due_by(user, today=today)
    tasks = [_confirmation(each, today) for each in due[:MANY]]
    title = "Accès à confirmer"
    shown = title if len(due) <= MANY else f"{title} ({MANY} sur {number(len(due))})"
    return ([TaskGroup(shown, tasks)] if tasks else []), len(due)


def _confirmation(due: accounts.Due, today: date) -> Task:
    url = reverse("accounts:recertification", args=[due.organisation.pk])
    words = f"{number(due.count)}{NBSP}{agree(due.count, 'rôle')}"
    why = f"{words} : ces personnes travaillent-elles toujours ici ?"
    when = "en retard d’un trimestre" if due.late else f"avant le {day_and_month(due.until, today=today)}"
    return Task(due.organisation.name, url, when, why, "person-lines-fill", "Confirmer", url, bool(due.late))
