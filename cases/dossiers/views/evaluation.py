"""The « Évaluation » tab: the answers, to be written while the evaluation goes on, to be read afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from cases.dossiers import operations
from cases.dossiers.forms import EvaluationForm
from cases.dossiers.models import Dossier, Evaluation, HousingRequest
from cases.dossiers.operations import NewEvaluation
from cases.dossiers.operations.evaluating import ANSWERS, WRITABLE
from cases.dossiers.views.frame import dossier_context, visible_dossier
from cases.dossiers.views.words import capitalised, household_words, resource_words
from core.errors import OperationRefused
from core.forms import posted
from core.http import needs


@needs("dossiers.instruct_dossier")
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All the answers on one page; each may stay empty, what is missing for the next act is said on the dossier."""
    found = visible_dossier(request, pk)
    user = request.user
    assert isinstance(user, User)  # noqa: S101  `needs` let in signed-in people alone
    is_writable = found.state in WRITABLE
    form = EvaluationForm(posted(request), initial=_answers(found))
    if request.method == "POST" and form.is_valid():
        try:
            operations.write_evaluation(found.pk, NewEvaluation(**form.cleaned_data), by=user)
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "L’évaluation est enregistrée.")
            return redirect(reverse("dossiers:detail", args=[found.pk]))
    context = dossier_context(request, found, "evaluation")
    evaluation = context["evaluation"]
    context |= {
        "form": form if is_writable or form.is_bound else None,
        "household": capitalised(household_words(evaluation)),
        "resource": capitalised(resource_words(evaluation)),
        "request_row": HousingRequest.objects.filter(dossier=found).order_by("recorded_at").first(),
        "versions": Evaluation.objects.filter(dossier=found).count(),
    }
    return render(request, "dossiers/evaluation.html", context, status=422 if form.is_bound and form.errors else 200)


def _answers(dossier: Dossier) -> dict[str, Any]:
    """What is known, as the form takes it."""
    evaluation = Evaluation.objects.filter(dossier=dossier).order_by("-version").first()
    request = HousingRequest.objects.filter(dossier=dossier).order_by("recorded_at").first()
    told: dict[str, Any] = {}
    if evaluation is not None:
        told = {name: getattr(evaluation, name) for name in (*ANSWERS, "children")}
    if request is not None:
        told |= {
            "unique_number": request.number,
            "missing_reason": request.missing_reason,
            "renewed_on": request.renewed_on,
        }
    return told
