"""`/composants/`: every piece of the interface, in every state, drawn by the fragments that the pages use.

Served in development and in the demonstration; elsewhere the page does not exist.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core.http import for_everyone
from desk.components.examples import examples
from desk.components.sections import SECTIONS


@for_everyone
@require_http_methods(["GET", "HEAD", "POST"])
def components(request: HttpRequest) -> HttpResponse:
    """The page; its buttons come back to it and do nothing."""
    if not (settings.DEBUG or settings.IN_DEMO):
        raise Http404
    if request.method == "POST":
        messages.info(request, "C’est un exemple : rien n’est enregistré.")
        return redirect("desk:components")
    asked = request.GET.get("page", "3")
    return render(
        request,
        "desk/components.html",
        {"sections": SECTIONS, **examples(int(asked) if asked.isdecimal() and len(asked) < 4 else 1)},
    )
