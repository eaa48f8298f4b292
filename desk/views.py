"""The home page: what awaits each role; and the page of what broke."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from secrets import token_hex

import structlog
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.backends import memberships_of
from accounts.models import User
from accounts.roles import ROLES, Code
from audit.reading import opened
from cases.dossiers import operations as dossiers
from cases.dossiers.models import LOOKS, Dossier, State
from cases.dossiers.operations import Standing
from cases.dossiers.operations.acts import INSTRUCT, OPEN, VIEW
from cases.dossiers.views import names_of, sees_status_alone
from commission.models import BEFORE_OPENING, Seance
from commission.operations.seances import RUN
from core.charts import Count, Moment, counts_chart
from core.http import for_everyone
from desk.awaiting import awaited_by
from desk.todo import pressing_for
from reporting.operations import published_rows
from vault.asking import ask, together

MOMENTS = (
    ("Entrée", "entree"),
    ("Évaluation", "evaluation"),
    ("En attente", "attente"),
    ("Commission", "commission"),
    ("Logement", "logement"),
    ("Fin", "fin"),
)
LATEST = 8  # households shown to who follows them without instructing
log = structlog.get_logger("seuil")


@for_everyone
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """« Bonjour » : what awaits me, the next séance, where the households stand; each part by one's rights."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  the default-deny middleware let in signed-in people alone
    today = timezone.localdate()
    may_files, may_seances = user.has_perm(VIEW), user.has_perm("commission.view_seance")
    stand = dossiers.standing(user, today=today) if may_files else dossiers.Standing(Counter(), Counter())
    status_alone, every = sees_status_alone(user), reverse("dossiers:list")
    awaited, pressing = ask(together(awaited_by(user, stand, today=today), pressing_for(user, today)))
    if may_files:
        opened("dossiers.listed", target=user.pk)
    request.awaited = awaited.count + pressing.count  # type: ignore[attr-defined]  # said in the frame
    near = seances_near() if may_seances else []
    return render(
        request,
        "desk/home.html",
        {
            "today": today,
            "groups": pressing.groups + awaited.groups,
            "waiting": awaited.count + pressing.count,
            "more_waits": awaited.is_more or pressing.is_more,
            "late": awaited.late + pressing.late,
            "followed": followed_by(user) if may_files else [],
            "moments": moments_of(stand, "" if status_alone else every) if may_files else [],
            "every": reverse("prescriptions:list") if status_alone else every,
            "total": stand.by_state.total(),
            "may_files": may_files,
            "may_seances": may_seances,
            "next_seance": next((seance for seance in near if seance.state in BEFORE_OPENING), None),
            "last_seance": next((seance for seance in near if seance.state not in BEFORE_OPENING), None),
            "figures": figures_in_gap() if user.has_perm("reporting.view_figures") else None,
            "may_open": user.has_perm(OPEN),
            "may_instruct": user.has_perm(INSTRUCT),
            "may_examine": user.has_perm("audit.read_journal"),
            "may_import": user.has_perm("dossiers.import_register"),
            "roles": [ROLES[Code(membership.role)] for membership in memberships_of(user)],
        },
    )


def broken(request: HttpRequest) -> HttpResponse:
    """An unforeseen error: a plain page that needs nothing, with a reference that the log tells too."""
    reference = token_hex(2).upper()
    log.error("page.broken", reference=reference, exc_info=True)  # noqa: LOG014  called from Django’s own handler
    return HttpResponse(loader.get_template("500.html").render({"reference": reference}), status=500)


def moments_of(stand: Standing, address: str) -> list[Moment]:
    """Dossiers by state, along the path of a household, as a picture; `address`: of the list, empty without one."""
    return counts_chart(
        [
            Moment(
                label,
                kind,
                [
                    Count(
                        state.label,
                        LOOKS[state].icon,
                        stand.by_state[state],
                        address and f"{address}?etat={state.value}",
                    )
                    for state in State
                    if LOOKS[state].moment == kind
                ],
            )
            for label, kind in MOMENTS
        ]
    )


def seances_near() -> list[Seance]:
    """The next séance and the last one held, in one query."""
    coming = Seance.objects.to_come().values("pk")[:1]
    held = Seance.objects.held().order_by("-held_on").values("pk")[:1]
    return list(Seance.objects.filter(Q(pk__in=coming) | Q(pk__in=held)))


def followed_by(user: User) -> list[tuple[Dossier, str]]:
    """The households whose dossier is open to who neither instructs nor runs séances: the last that moved."""
    if user.has_perm(INSTRUCT) or user.has_perm(RUN):
        return []
    found = Dossier.objects.visible_to(user).open().order_by(F("state_on").desc(nulls_last=True), "reference")
    shown = list(found[:LATEST])
    names = names_of(shown, user)
    return [(dossier, names[dossier.pk]) for dossier in shown]


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
