"""The texts of letters and mails: rewritten here, every version kept and shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Letter, User
from accounts.operations import LISTS, LetterText, rewrite_letter
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs
from desk.reference_lists.forms import LetterForm, LongLetterForm

ON_PAPER = "Ce texte s’imprime : aucun nom, aucun sigle. Les courriers déjà établis ne changent pas."
BY_MAIL = "Ni nom, ni décision : un courriel dit qu’une chose attend, jamais laquelle."


@needs(LISTS)
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """Each letter with the version in use."""
    found = [(each, each.versions.first()) for each in Letter.objects.prefetch_related("versions")]
    trail = [Entry("Réglages", reverse("desk:lists"))]
    return render(request, "desk/lists/letters.html", {"letters": found, "trail": trail})


@needs(LISTS)
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, code: str) -> HttpResponse:
    """One letter: its words now, and those it had."""
    found = get_object_or_404(Letter, pk=code)
    versions = list(found.versions.select_related("written_by"))
    now, back = versions[0], reverse("desk:letters")

    def do(told: dict[str, Any]) -> tuple[str, str]:
        assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
        text = LetterText(told["subject"], told["sentence"], told.get("action", ""))
        version = rewrite_letter(code, text, seen=told["seen"], by=request.user)
        return f"La version {version.number} servira au prochain envoi.", back

    initial = {"subject": now.subject, "sentence": now.sentence, "action": now.action, "seen": now.number}
    names = ", ".join(f"{{{name}}}" for name in found.names)
    page = Page(
        found.title,
        "Enregistrer une nouvelle version",
        back,
        lead=f"Mots remplacés à l’envoi : {names}." if names else "Ce texte part tel qu’il est écrit.",
        text=ON_PAPER
        if found.is_long
        else "Ni nom, ni décision : un courriel dit qu’une chose attend, jamais laquelle.",
        trail=[Entry("Réglages", reverse("desk:lists")), Entry("Textes", back)],
    )
    form = (LongLetterForm if found.is_long else LetterForm)(posted(request), initial=initial)
    return form_page(request, form, page, do, template="desk/lists/letter.html", more={"versions": versions})
