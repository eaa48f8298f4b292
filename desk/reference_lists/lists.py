"""Communes, motives, organisations: a list, a line with its history, a new line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import operations as accounts
from accounts.models import ListChange, ListName, Organisation, OrganisationKind, TextHint, User
from accounts.operations import LISTS
from accounts.operations.organisations import told
from cases.dossiers.models import Commune, Motive, MotiveLevel
from cases.dossiers.operations import reference
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import for_everyone, needs
from desk.reference_lists import forms

SAVED = "C’est enregistré. L’historique garde ce qui était écrit avant."
LINE = "desk/lists/line.html"
KEPT = "private, max-age=300"
EDIT = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list: its words, where it is edited, its other columns (title, words), the word when not offered."""

    label: str
    url: str
    cells: Sequence[tuple[str, str]]
    off: str = ""


@needs(LISTS)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The lists, and the texts."""
    return render(request, "desk/lists/index.html")


@needs(LISTS)
@require_safe
def communes(request: HttpRequest) -> HttpResponse:
    """Those that a wish or a dwelling may name."""
    lines = [
        Line(
            each.name,
            reverse("desk:commune", args=[each.code]),
            [("Code Insee", each.code)],
            "" if each.is_active else "non proposée",
        )
        for each in Commune.objects.all()
    ]
    return list_page(request, "Communes", ["Commune", "Code Insee"], lines, "desk:new_commune", "Ajouter une commune")


@needs(LISTS)
@require_safe
def motives(request: HttpRequest) -> HttpResponse:
    """What is given as a motive, by level."""
    lines = [
        Line(
            each.label,
            reverse("desk:motive", args=[each.code]),
            [("Pour", str(each.get_level_display())), ("Rang", str(each.rank))],
            "" if each.is_active else "non proposé",
        )
        for each in Motive.objects.all()
    ]
    return list_page(request, "Motifs", ["Motif", "Pour", "Rang"], lines, "desk:new_motive", "Ajouter un motif")


@needs(LISTS)
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """All of them, those to verify and those closed too."""
    lines = [
        Line(
            each.name,
            reverse("desk:organisation", args=[each.pk]),
            [("Nature", str(each.get_kind_display()))],
            "fermée" if each.closed_at else "à vérifier" if each.is_to_verify else "",
        )
        for each in Organisation.objects.all()
    ]
    head = ["Organisation", "Nature"]
    return list_page(request, "Organisations", head, lines, "desk:new_organisation", "Ajouter une organisation")


@needs(LISTS)
@EDIT
def commune(request: HttpRequest, code: str) -> HttpResponse:
    """One commune."""
    found = get_object_or_404(Commune, pk=code)
    back = reverse("desk:communes")

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        reference.edit_commune(code, by=actor(request), **answers)
        return SAVED, back

    form = forms.CommuneForm(posted(request), initial={"name": found.name, "is_active": found.is_active})
    page = Page(found.name, "Enregistrer", back, lead=f"Code Insee {code}.", trail=trail_of("Communes", back))
    return line_page(request, form, page, do, ListName.COMMUNE, code)


@needs(LISTS)
@EDIT
def new_commune(request: HttpRequest) -> HttpResponse:
    """One more."""
    back = reverse("desk:communes")

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        made = reference.add_commune(answers["code"], answers["name"], by=actor(request))
        return f"{made} est dans la liste.", back

    page = Page("Ajouter une commune", "Ajouter", back, icon="plus-lg", trail=trail_of("Communes", back))
    return form_page(request, forms.NewCommuneForm(posted(request)), page, do)


@needs(LISTS)
@EDIT
def motive(request: HttpRequest, code: str) -> HttpResponse:
    """One motive."""
    found = get_object_or_404(Motive, pk=code)
    back = reverse("desk:motives")

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        reference.edit_motive(code, by=actor(request), **answers)
        return SAVED, back

    initial = {"label": found.label, "rank": found.rank, "is_active": found.is_active}
    lead = f"Donné pour un dossier « {found.get_level_display()} ». Ce qui fut décidé sous ce motif le reste."
    page = Page(found.label.capitalize(), "Enregistrer", back, lead=lead, trail=trail_of("Motifs", back))
    return line_page(request, forms.MotiveForm(posted(request), initial=initial), page, do, ListName.MOTIVE, code)


@needs(LISTS)
@EDIT
def new_motive(request: HttpRequest) -> HttpResponse:
    """One more."""
    back = reverse("desk:motives")

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        level = MotiveLevel(answers["level"])
        made = reference.add_motive(answers["label"], level, rank=answers["rank"], by=actor(request))
        return f"« {made} » est dans la liste.", back

    page = Page("Ajouter un motif", "Ajouter", back, icon="plus-lg", trail=trail_of("Motifs", back))
    return form_page(request, forms.NewMotiveForm(posted(request)), page, do)


@needs(LISTS)
@EDIT
def organisation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One organisation."""
    found = get_object_or_404(Organisation, pk=pk)
    back = reverse("desk:organisations")

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        accounts.edit_organisation(
            pk,
            name=answers["name"],
            kind=OrganisationKind(answers["kind"]),
            aliases=_lines_of(answers["aliases"]),
            is_closed=answers["is_closed"],
            by=actor(request),
        )
        return SAVED, back

    initial = {"name": found.name, "kind": found.kind, "is_closed": found.closed_at is not None}
    others = str(told(found)["autres noms"])
    lead = f"Reconnue aussi sous : {others}." if others else ""
    page = Page(found.name, "Enregistrer", back, lead=lead, trail=trail_of("Organisations", back))
    form = forms.OrganisationForm(posted(request), initial=initial)
    return line_page(request, form, page, do, ListName.ORGANISATION, pk)


@needs(LISTS)
@EDIT
def new_organisation(request: HttpRequest) -> HttpResponse:
    """One more."""
    back = reverse("desk:organisations")

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        kind, others = OrganisationKind(answers["kind"]), _lines_of(answers["aliases"])
        made = accounts.add_organisation(answers["name"], kind, aliases=others, by=actor(request))
        return f"« {made} » est dans la liste.", back

    page = Page("Ajouter une organisation", "Ajouter", back, icon="plus-lg", trail=trail_of("Organisations", back))
    return form_page(request, forms.NewOrganisationForm(posted(request)), page, do)


@for_everyone
@require_safe
def text_hints(request: HttpRequest) -> HttpResponse:
    """The families in use, for the pages where one writes: patterns and what is said. It tells of nobody."""
    known = [{"pattern": hint.pattern, "suggestion": hint.suggestion} for hint in accounts.hints()]
    return JsonResponse({"hints": known}, headers={"Cache-Control": KEPT})


@needs(LISTS)
@require_safe
def hints(request: HttpRequest) -> HttpResponse:
    """The families of words."""
    lines = [
        Line(
            each.label,
            reverse("desk:hint", args=[each.code]),
            [("Mots", str(len(each.words.splitlines()))), ("Conseil", each.suggestion)],
            "" if each.is_active else "pas en usage",
        )
        for each in TextHint.objects.all()
    ]
    return list_page(request, "Conseils de rédaction", ["Famille", "Mots", "Conseil"], lines)


@needs(LISTS)
@EDIT
def hint(request: HttpRequest, code: str) -> HttpResponse:
    """One family."""
    found = get_object_or_404(TextHint, pk=code)
    back = reverse("desk:hints")

    def do(answers: dict[str, Any]) -> tuple[str, str]:
        accounts.edit_hint(code, by=actor(request), **answers)
        return SAVED, back

    initial = {"words": found.words, "suggestion": found.suggestion, "is_active": found.is_active}
    lead = "Le mot est signalé sous le texte, calmement. Rien n’empêche jamais d’enregistrer."
    page = Page(found.label, "Enregistrer", back, lead=lead, trail=trail_of("Conseils de rédaction", back))
    return line_page(request, forms.HintForm(posted(request), initial=initial), page, do, ListName.HINT, code)


def list_page(
    request: HttpRequest, heading: str, head: Sequence[str], lines: Sequence[Line], new: str = "", add: str = ""
) -> HttpResponse:
    """A list, with its columns and the way to add a line."""
    context = {
        "heading": heading,
        "head": head,
        "lines": lines,
        "new": reverse(new) if new else "",
        "add": add,
        "trail": [Entry("Réglages", reverse("desk:lists"))],
    }
    return render(request, "desk/lists/list.html", context)


def line_page(
    request: HttpRequest, form: Any, page: Page, do: Any, list_name: ListName, line: UUID | str
) -> HttpResponse:
    changes = [_change(each) for each in accounts.history_of(list_name, line)]
    return form_page(request, form, page, do, template=LINE, more={"changes": changes})


def _change(change: ListChange) -> tuple[ListChange, list[tuple[str, str, str]]]:
    """A change, and each of its fields before and after, in words."""
    after: dict[str, Any] = change.after
    return change, [(field, _said(change.before.get(field)), _said(value)) for field, value in after.items()]


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    return "rien" if value in (None, "") else str(value)


def _lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def trail_of(label: str, url: str) -> list[Entry]:
    """The way back to the list, and to the lists."""
    return [Entry("Réglages", reverse("desk:lists")), Entry(label, url)]


def actor(request: HttpRequest) -> User:
    """Who keeps the lists."""
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    return request.user
