"""What a person is told of what is written about her, to be read with her and printed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.operations import blocks_of
from cases.dossiers.operations.notice import notice_text
from core.http import for_everyone


@for_everyone
@require_safe
def notice(request: HttpRequest) -> HttpResponse:
    """The information notice."""
    return _page(request, easy=False)


@for_everyone
@require_safe
def easy_notice(request: HttpRequest) -> HttpResponse:
    """The same, in easy-to-read French: one idea a line."""
    return _page(request, easy=True)


def _page(request: HttpRequest, *, easy: bool) -> HttpResponse:
    words = notice_text(easy=easy)
    context = {"words": words, "blocks": blocks_of(words.sentence), "easy": easy}
    return render(request, "dossiers/notice.html", context)
