"""The « Évaluation » tab: the answers, to be written while the evaluation goes on, to be read afterwards."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from cases.dossiers import operations
from cases.dossiers.forms import EvaluationForm
from cases.dossiers.models import Evaluation, HousingRequest
from cases.dossiers.operations import NewEvaluation
from cases.dossiers.operations.evaluating import WRITABLE, answers_of, mark_of
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
    answers = answers_of(found)
    form = EvaluationForm(posted(request), initial=answers)
    if request.method == "POST" and form.is_valid():
        try:
            told = NewEvaluation(**form.cleaned_data)
            operations.write_evaluation(found.pk, told, by=user, seen=request.POST.get("seen"))
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "L’évaluation est enregistrée.")
            return redirect(reverse("dossiers:detail", args=[found.pk]))
    context = dossier_context(request, found, "evaluation")
    evaluation = context["evaluation"]
    context |= {
        "form": form if is_writable or form.is_bound else None,
        "seen": mark_of(answers),
        "household": capitalised(household_words(evaluation)),
        "resource": capitalised(resource_words(evaluation)),
        "request_row": HousingRequest.objects.filter(dossier=found).order_by("recorded_at").first(),
        "versions": Evaluation.objects.filter(dossier=found).count(),
    }
    return render(request, "dossiers/evaluation.html", context, status=422 if form.is_bound and form.errors else 200)
