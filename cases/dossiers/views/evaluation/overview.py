"""The « Évaluation » tab: how far it is, its clocks, its steps, what is agreed; and two versions side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cases.dossiers.models import Dossier, Evaluation
from cases.dossiers.models.questions import NINE, SOCIAL, Place
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.agreements import agreements_of
from cases.dossiers.operations.answers import WRITABLE, Held, held_of
from cases.dossiers.operations.clocks import UNDER_WAY, clocks_of
from cases.dossiers.views.evaluation import shown
from cases.dossiers.views.evaluation.words import communes_by_code, courtesy, held_words
from cases.dossiers.views.frame import actor, dossier_context, visible_dossier
from core.http import needs
from core.typography import UNKNOWN, euros

# of the person, whatever the version: her housing request
NOT_VERSIONED = frozenset({Place.REQUEST})


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose answer is not the same in two versions."""

    label: str
    before: list[str]
    after: list[str]


@needs(INSTRUCT)
@require_safe
def evaluation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How many answers, which step is next, which term runs."""
    found = visible_dossier(request, pk)
    context = dossier_context(request, found, "evaluation")
    last: Evaluation | None = context["evaluation"]
    held = held_of(found, last, SOCIAL)
    communes = communes_by_code()
    name = courtesy(context["person"])
    nexts = [step for step in NINE if any(q.counts and not held[q.key].is_settled for q in step.questions)]
    context |= {
        "writes": found.state in WRITABLE,
        "under_way": found.state in UNDER_WAY,
        "progress": shown.progress_of(held),
        "rings": shown.rings(found, held, actor(request), None),
        "next": nexts[0] if nexts else NINE[0],
        "next_url": shown.address_of(found, nexts[0] if nexts else NINE[0]),
        "clocks": shown.clock_words(clocks_of(found, last), timezone.now()),
        "parts": [
            {"step": step, "answers": _answers(step.questions, held, communes, name)}
            for step in NINE
            if any(held[q.key].value or held[q.key].is_known_otherwise or held[q.key].reason for q in step.questions)
        ],
        "agreements": agreements_of(found),
        "versions": Evaluation.objects.filter(dossier=found).count(),
    }
    return render(request, "dossiers/evaluation/overview.html", context)


@needs(INSTRUCT)
@require_safe
def evaluation_versions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Two versions of the evaluation: what changed from one to the other, question by question."""
    found = visible_dossier(request, pk)
    context = dossier_context(request, found, "evaluation")
    versions = list(Evaluation.objects.filter(dossier=found).order_by("version"))
    before, after = _chosen(request, versions)
    context |= {
        "versions": versions,
        "before": before,
        "after": after,
        "changes": _changes(found, before, after, courtesy(context["person"])) if before and after else [],
        "back": reverse("dossiers:evaluation", args=[found.pk]),
    }
    return render(request, "dossiers/evaluation/versions.html", context)


def _answers(questions: Any, held: dict[str, Held], communes: dict[str, str], name: str) -> list[dict[str, Any]]:
    return [
        {"label": question.label.format(name=name), "lines": held_words(held[question.key], communes=communes)}
        for question in questions
        if held[question.key].value or held[question.key].reason or held[question.key].is_known_otherwise
    ]


def _chosen(request: HttpRequest, versions: list[Evaluation]) -> tuple[Evaluation | None, Evaluation | None]:
    """The two that the address asks for, else the last two."""
    by_number = {str(each.version): each for each in versions}
    last = versions[-2:]
    before = by_number.get(request.GET.get("avant", ""), last[0] if last else None)
    after = by_number.get(request.GET.get("apres", ""), last[-1] if last else None)
    return before, after


def _changes(dossier: Dossier, before: Evaluation, after: Evaluation, name: str) -> list[Change]:
    asked = [question for question in SOCIAL if question.place not in NOT_VERSIONED]
    one, other = held_of(dossier, before, asked), held_of(dossier, after, asked)
    communes = communes_by_code()
    found = []
    for question in asked:
        old, new = one[question.key], other[question.key]
        if (old.value, old.reason, old.is_known_otherwise) == (new.value, new.reason, new.is_known_otherwise):
            continue
        words = held_words(old, communes=communes), held_words(new, communes=communes)
        found.append(Change(question.label.format(name=name), *words))
    return found + _totals(before, after)


def _totals(before: Evaluation, after: Evaluation) -> list[Change]:
    found = []
    for name, label in (("resources", "Total des ressources, par mois"), ("rent_debt", "Dette de loyer")):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            words = [[UNKNOWN if each is None else euros(each)] for each in (old, new)]
            found.append(Change(label, *words))
    return found
