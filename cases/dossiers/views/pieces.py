"""Joining pieces, asking for several at once, noting those that were seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from cases.dossiers import operations
from cases.dossiers.forms import AskForm, JoinForm, SeenForm
from cases.dossiers.forms.documents import Place, code_of
from cases.dossiers.models import Document, Dossier, Participant, PieceKind, PieceRequest, Whose
from cases.dossiers.operations import open_requests
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.documents import JOIN, READS, may_check
from cases.dossiers.operations.missing import HOLDERS
from cases.dossiers.views.documents import dossier_of_pieces, lacking
from cases.dossiers.views.frame import actor
from cases.dossiers.views.piece_words import named
from core.components import Entry
from core.errors import OperationRefused
from core.forms import Page, form_page, posted
from core.http import needs, post_only, refusals_to_messages
from core.typography import agree, in_words
from vault.models import KeyClass

FORM = require_http_methods(["GET", "HEAD", "POST"])
TO_ANSWER = timedelta(days=14)


@needs(JOIN)
@FORM
def join(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The files, one for each piece that is expected, or for the one that the address names."""
    found = dossier_of_pieces(request, pk)
    user = actor(request)
    places, kinds = _expected(request, found, user)
    form = JoinForm(
        posted(request),
        request.FILES if request.method == "POST" else None,
        places=places,
        kinds=kinds,
        people=_people(found, user),
        checks=lambda klass: may_check(user, klass),
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.add_documents(found.pk, form.pieces, by=user)
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{_counted(len(made), 'pièce jointe,pièces jointes')}.")
            return redirect("dossiers:documents", found.pk)
    context = {"form": form, "dossier": found, "back": _back(found), "trail": _trail(found)}
    return render(request, "dossiers/join.html", context, status=422 if form.errors else 200)


@needs(INSTRUCT)
@FORM
def ask_pieces(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Several pieces in one act, with who is asked and for when."""
    found = dossier_of_pieces(request, pk)
    user, today = actor(request), timezone.localdate()
    waiting = open_requests(found)
    missing = [each for each in lacking(found, user, today) if each.key not in waiting]
    chosen = [code_of(Place("", each.kind, each.key[1])) for each in missing]
    form = AskForm(
        posted(request),
        places=_places(found, user, but=(KeyClass.HEALTH,)),
        chosen=chosen,
        initial={"due_on": today + TO_ANSWER},
    )

    def do(told: dict[str, Any]) -> tuple[str, str]:
        made = operations.ask_pieces(
            found.pk,
            form.asked(),
            whom=told["whom"],
            due_on=told["due_on"],
            remind_on=told["remind_on"],
            by=user,
            on=today,
        )
        return f"{_counted(len(made), 'pièce demandée,pièces demandées')}.", _back(found)

    page = Page(
        heading="Demander des pièces",
        action="Enregistrer la demande",
        icon="puzzle",
        back=_back(found),
        lead="Celles qui manquent sont déjà cochées.",
        text="La demande se ferme d’elle-même quand la pièce arrive. Un dossier en évaluation devient « À compléter ».",
        trail=_trail(found),
    )
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@FORM
def see_pieces(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Pieces that were seen and handed back: nothing of them is kept."""
    found = dossier_of_pieces(request, pk)
    user = actor(request)
    form = SeenForm(posted(request), places=_places(found, user, but=(KeyClass.HEALTH, KeyClass.BANK)))

    def do(told: dict[str, Any]) -> tuple[str, str]:
        made = operations.see_pieces(found.pk, form.seen(), by=user, on=told["on"])
        return f"{_counted(len(made), 'pièce notée vue,pièces notées vues')}, sans copie.", _back(found)

    page = Page(
        heading="Noter des pièces vues, sans les garder",
        action="Noter ces pièces comme vues",
        icon="eye",
        back=_back(found),
        lead="Voir suffit souvent : ce que l’on ne garde pas ne peut pas se perdre.",
        text="Vous avez eu ces pièces sous les yeux, elles sont bonnes, et la personne les a reprises. Elles comptent "
        "comme reçues et vérifiées, à votre nom.",
        trail=_trail(found),
    )
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@post_only
@refusals_to_messages
def withdraw_request(request: HttpRequest, pk: UUID, asked: UUID) -> HttpResponse:
    """A piece is no longer waited for."""
    found = dossier_of_pieces(request, pk)
    row = get_object_or_404(PieceRequest, dossier=found, pk=asked)
    operations.withdraw_request(row.pk, by=actor(request))
    messages.success(request, "La demande est retirée.")
    return redirect("dossiers:documents", found.pk)


def _expected(request: HttpRequest, dossier: Dossier, user: User) -> tuple[list[Place], list[PieceKind]]:
    """The pieces of the page: one when the address names it, else all that are waited for, and any other kind."""
    if former := request.GET.get("remplace"):
        return [_replacement(dossier, user, former)], []
    every = [*_places(dossier, user), *_asked(dossier, user)]
    if code := request.GET.get("piece"):
        wanted = f"{code}|{request.GET.get('de', '')}"
        found = next((place for place in every if code_of(place) == wanted), None)
        if found is None:
            raise Http404
        return [found], []
    awaited = {*open_requests(dossier), *(each.key for each in lacking(dossier, user, timezone.localdate()))}
    places = {code_of(place): place for place in every if (place.kind.code, place.person) in awaited}
    return list(places.values()), list(PieceKind.objects.filter(is_active=True))


def _replacement(dossier: Dossier, user: User, former: str) -> Place:
    try:
        wanted = UUID(former)
    except ValueError:
        raise Http404 from None
    rows = Document.objects.filter(dossier=dossier, removed_at=None).select_related("person")
    row = get_object_or_404(rows, pk=wanted)
    kind = PieceKind.objects.get(pk=row.kind)
    return Place(f"{named(kind, row.person, user)}, nouvelle version", kind, row.person_id, row.pk)


def _places(dossier: Dossier, user: User, *, but: Sequence[str] = ()) -> list[Place]:
    """Every piece that this household may have: each kind that is offered, of each person that it is about."""
    people = list(Participant.objects.filter(dossier=dossier).select_related("person").order_by("pk"))
    found = []
    for kind in PieceKind.objects.filter(is_active=True).exclude(klass__in=but):
        if kind.whose == Whose.HOUSEHOLD:
            found.append(Place(named(kind, None, user), kind))
        for role in HOLDERS.get(Whose(kind.whose), ()):
            held = [each.person for each in people if each.role == role]
            found += [Place(named(kind, person, user), kind, person.pk) for person in held]
    return found


def _asked(dossier: Dossier, user: User) -> list[Place]:
    """What was asked for and is no longer offered, or of somebody else."""
    kinds = PieceKind.objects.in_bulk()
    rows = PieceRequest.objects.filter(dossier=dossier, closed_at=None).select_related("person")
    return [Place(named(kinds[row.kind], row.person, user), kinds[row.kind], row.person_id) for row in rows]


def _people(dossier: Dossier, user: User) -> list[tuple[str, str]]:
    """The members of the household, by name for who may read it, else by their place."""
    members = Participant.objects.filter(dossier=dossier).select_related("person").order_by("pk")
    may_name = user.has_perm(READS[KeyClass.IDENTITY])
    return [
        (str(each.person_id), each.person.name if may_name else str(each.get_role_display()).capitalize())
        for each in members
    ]


def _counted(count: int, words: str) -> str:
    return f"{in_words(count, feminine=True).capitalize()} {agree(count, words)}"


def _back(dossier: Dossier) -> str:
    return reverse("dossiers:documents", args=[dossier.pk])


def _trail(dossier: Dossier) -> list[Entry]:
    return [Entry("Dossiers", reverse("dossiers:list")), Entry(dossier.reference, _back(dossier))]
