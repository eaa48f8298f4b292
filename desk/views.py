"""The home page: what awaits each role; and the page of what broke."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from secrets import token_hex

import structlog
from django.db.models import Count as CountRows
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import operations as accounts
from accounts.models import Membership, Organisation, User
from accounts.roles import ROLES, Code
from audit.reading import opened
from cases.dossiers.models import LOOKS, Dossier, State
from cases.dossiers.operations import Reason, awaiting
from cases.dossiers.views import names_of
from commission.models import Seance
from core.charts import Count, Moment, counts_chart
from core.components import Task, TaskGroup
from core.http import for_everyone
from core.typography import day_and_month, number
from reporting.operations import published_rows

MOMENTS = (
    ("Entrée", "entree"),
    ("Évaluation", "evaluation"),
    ("En attente", "attente"),
    ("Commission", "commission"),
    ("Logement", "logement"),
    ("Fin", "fin"),
)
MOST, MANY = 5, 20  # tasks shown for one reason; organisations shown
# title of the group, why, icon, words of the button
REASONS = {
    Reason.REVIEW_DUE: ("En retard", "La date de réexamen est passée.", "pause-circle", "Réexaminer"),
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
    Reason.NO_REFERENT: ("Sans référent", "Personne ne suit ce dossier.", "person-lines-fill", "Ouvrir"),
}
log = structlog.get_logger("seuil")


@for_everyone
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """« Bonjour » : what awaits me, the next séance, where the households stand; each part by one's rights."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  the default-deny middleware let in signed-in people alone
    today = timezone.localdate()
    may_files, may_seances = user.has_perm("dossiers.view_dossier"), user.has_perm("commission.view_seance")
    dossiers, organisations = tasks_of(user, today=today), organisations_of(user)
    groups = dossiers[0] + organisations[0]
    counts, total = counts_of(user) if may_files else ([], 0)
    held = Membership.objects.live().filter(user=user).values_list("role", flat=True).order_by("valid_from", "pk")
    if may_files:
        opened("dossiers.listed", target=user.pk)
    seances = Seance.objects.to_come().with_presences()[:1] if may_seances else []
    last = Seance.objects.held().order_by("-held_on").with_presences()[:1] if may_seances else []
    return render(
        request,
        "desk/home.html",
        {
            "today": today,
            "groups": groups,
            "waiting": dossiers[1] + organisations[1],
            "moments": counts,
            "total": total,
            "may_files": may_files,
            "may_seances": may_seances,
            "next_seance": next(iter(seances), None),
            "last_seance": next(iter(last), None),
            "figures": figures_in_gap() if user.has_perm("reporting.view_figures") else None,
            "may_import": user.has_perm("dossiers.import_register"),
            "roles": [ROLES[Code(code)] for code in held],
        },
    )


def broken(request: HttpRequest) -> HttpResponse:
    """An unforeseen error: a plain page that needs nothing, with a reference that the log tells too."""
    reference = token_hex(2).upper()
    log.error("page.broken", reference=reference, exc_info=True)  # noqa: LOG014  called from Django’s own handler
    return HttpResponse(loader.get_template("500.html").render({"reference": reference}), status=500)


def counts_of(user: User) -> tuple[list[Moment], int]:
    """The dossiers that `user` sees, by state, as a picture; and how many there are. One query."""
    by_state = Dossier.objects.visible_to(user).order_by().values_list("state").annotate(CountRows("pk"))
    seen: Counter[str] = Counter(dict(by_state))
    address = reverse("dossiers:list")
    moments = [
        Moment(
            label,
            kind,
            [
                Count(state.label, LOOKS[state].icon, seen[state], f"{address}?etat={state.value}")
                for state in State
                if LOOKS[state].moment == kind
            ],
        )
        for label, kind in MOMENTS
    ]
    return counts_chart(moments), seen.total()


def tasks_of(user: User, *, today: date) -> tuple[list[TaskGroup], int]:
    """What awaits a person on her dossiers, and how many things in all (a group shows the first ones)."""
    found = awaiting(user, today=today, most=MOST)
    names = names_of([dossier for each in found for dossier in each.first], user)
    groups = []
    for each in found:
        title, why, icon, action = REASONS[each.reason]
        shown = title if each.count <= MOST else f"{title} ({MOST} sur {number(each.count)})"
        tasks = [_task(dossier, names[dossier.pk], why, icon, action, today=today) for dossier in each.first]
        groups.append(TaskGroup(shown, tasks))
    return groups, sum(each.count for each in found)


def organisations_of(user: User) -> tuple[list[TaskGroup], int]:
    """The organisations that a register named, to be verified by who keeps the accounts; and how many."""
    waiting = accounts.awaiting(user)
    count = waiting.count()
    if not count:
        return [], 0
    title = "Organisations à vérifier"
    tasks = [_organisation(each) for each in waiting.order_by("created_at", "sort_key")[:MANY]]
    return [TaskGroup(title if count <= MANY else f"{title} ({MANY} sur {number(count)})", tasks)], count


@dataclass(frozen=True, slots=True)
class Figures:
    """How many published figures agree, and how many do not."""

    agree: int
    differ: int


def figures_in_gap() -> Figures:
    """Published figures against computed ones."""
    compared = [row for row in published_rows() if row.gap is not None]
    agree = sum(row.agrees for row in compared)
    return Figures(agree, len(compared) - agree)


def _task(dossier: Dossier, name: str, why: str, icon: str, action: str, *, today: date) -> Task:
    late = dossier.review_on is not None and dossier.review_on < today
    if late:
        when = f"prévu le {day_and_month(dossier.review_on or today, today=today)}"
    elif dossier.state_on is not None:
        when = f"depuis le {day_and_month(dossier.state_on, today=today)}"
    else:
        when = "date non connue"
    url = dossier.get_absolute_url()
    return Task(name, url, when, why, icon, action, url, late)


def _organisation(organisation: Organisation) -> Task:
    url = reverse("accounts:organisation", args=[organisation.pk])
    why = "Un registre la nomme : son nom et sa nature sont à confirmer."
    return Task(organisation.name, url, "", why, "building-check", "Vérifier", url)
