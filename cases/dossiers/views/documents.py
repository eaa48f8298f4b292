"""The « Documents » tab, a piece on its page, what it holds, verifying and removing it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from csp.constants import SELF
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers import operations
from cases.dossiers.forms import RemovalForm
from cases.dossiers.models import Document, Dossier, Media, PieceKind, PieceRequest, State
from cases.dossiers.operations import MissingPiece, missing_pieces, open_requests
from cases.dossiers.operations.acts import INSTRUCT, VIEW
from cases.dossiers.operations.documents import JOIN, READS, extension_of, may_check, may_remove
from cases.dossiers.views.frame import actor, dossier_context, sees_documents, visible_dossier
from cases.dossiers.views.piece_words import asked_words, held_words, named, slot_of
from core.components import DocumentSlot, Entry
from core.forms import Page, form_page, posted
from core.http import needs, post_only, refusals_to_messages
from core.streaming import streamed
from vault import keys
from vault.models import KeyClass

TYPES = {Media.PDF: "application/pdf", Media.JPEG: "image/jpeg", Media.PNG: "image/png"}
# A browser draws a PDF by a reader of its own, that a sandbox forbids: the type, which nothing sniffs, holds instead
SHOWN = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
PREVIEWS = {"frame-src": [SELF]}  # of the page of a piece, for django-csp
KEPT_APART = f"{SHOWN}; sandbox"
ASKED_IN = frozenset(
    {State.REPERE, State.PRESCRIT, State.EN_EVALUATION, State.A_COMPLETER, State.EVALUE, State.AJOURNE, State.PRET}
)


@needs(VIEW)
@require_safe
def documents_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is waited for, what is there, what was there."""
    found = dossier_of_pieces(request, pk)
    user = actor(request)
    context = dossier_context(request, found, "documents")
    rows = list(Document.objects.filter(dossier=found).select_related("person", "added_by").order_by("-added_at"))
    kinds = PieceKind.objects.in_bulk()
    keys.warm([row.subject_id for row in rows], [KeyClass.SOCIAL, KeyClass.IDENTITY])
    standing = set(Document.objects.standing().filter(dossier=found).values_list("pk", flat=True))
    may_ask = user.has_perm(INSTRUCT) and found.state != State.CLOS
    context |= {
        "waited": list(_waited(found, user, context["today"], kinds)),
        "requests": _withdrawable(found, kinds, user) if may_ask else [],
        "held": [slot_of(row, kinds[row.kind], user) for row in rows if row.pk in standing],
        "past": [
            (named(kinds[row.kind], row.person, user), held_words(row), row) for row in rows if row.pk not in standing
        ],
        "may_join": user.has_perm(JOIN) and found.state != State.CLOS,
        "may_ask": may_ask,
    }
    return render(request, "dossiers/documents.html", context)


@needs(VIEW)
@require_safe
def document(request: HttpRequest, pk: UUID, document: UUID) -> HttpResponse:
    """One piece: what is known of it, what it shows for who may read it, what may be done with it."""
    found, row = _piece(request, pk, document)
    user = actor(request)
    kind = PieceKind.objects.get(pk=row.kind)
    may_read = user.has_perm(READS[KeyClass(row.klass)])
    stands = row.removed_at is None
    may_write = found.state != State.CLOS
    context = dossier_context(request, found, "documents")
    context |= {
        "document": row,
        "title": named(kind, row.person, user),
        "slot": slot_of(row, kind, user),
        "shown": stands and row.is_kept and may_read,
        "is_image": row.media in (Media.JPEG, Media.PNG),
        "closed": stands and not may_read,
        "versions": _versions(row),
        "may_check": stands and row.checked_at is None and may_check(user, row.klass),
        "may_replace": stands and may_write and user.has_perm(JOIN),
        "may_remove": stands and may_remove(user, row),
        "trail": [*context["above"], Entry(found.reference, found.get_absolute_url())],
    }
    page = render(request, "dossiers/document.html", context)
    page._csp_update = PREVIEWS  # type: ignore[attr-defined]
    return page


@needs(VIEW)
@require_safe
def content(request: HttpRequest, pk: UUID, document: UUID) -> StreamingHttpResponse:
    """What a piece holds, for its page."""
    return _serve(request, pk, document, attached=False)


@needs(VIEW)
@require_safe
def download(request: HttpRequest, pk: UUID, document: UUID) -> StreamingHttpResponse:
    """What a piece holds, as a file."""
    return _serve(request, pk, document, attached=True)


@needs(VIEW)
@post_only
@refusals_to_messages
def check(request: HttpRequest, pk: UUID, document: UUID) -> HttpResponse:
    """It was read: it is the right one."""
    found, row = _piece(request, pk, document)
    operations.check_document(row.pk, by=actor(request))
    messages.success(request, "La pièce est vérifiée.")
    return redirect("dossiers:documents", found.pk)


@needs(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: UUID, document: UUID) -> HttpResponse:
    """For good: the reason is asked."""
    found, row = _piece(request, pk, document)
    user = actor(request)
    if row.removed_at is not None or not may_remove(user, row):
        raise Http404
    back = reverse("dossiers:document", args=[found.pk, row.pk])

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.remove_document(row.pk, told["reason"], by=user)
        return "La pièce est retirée. Son contenu est détruit.", reverse("dossiers:documents", args=[found.pk])

    title = named(PieceKind.objects.get(pk=row.kind), row.person, user)
    page = Page(
        heading=f"Retirer : {title[:1].lower()}{title[1:]}",
        action="Retirer la pièce",
        icon="trash",
        back=back,
        text="Le fichier et sa clé sont détruits aussitôt : personne ne pourra plus les lire, ni les retrouver. Le "
        "journal garde qu’une pièce était là, qui l’a retirée et pourquoi.",
        trail=[
            Entry("Dossiers", reverse("dossiers:list")),
            Entry(found.reference, reverse("dossiers:documents", args=[found.pk])),
        ],
    )
    return form_page(request, RemovalForm(posted(request)), page, do)


def dossier_of_pieces(request: HttpRequest, pk: UUID) -> Dossier:
    """The dossier, for who may know of its pieces; else 404."""
    found = visible_dossier(request, pk)
    if not sees_documents(actor(request)):
        raise Http404
    return found


def lacking(dossier: Dossier, user: User, today: date) -> list[MissingPiece]:
    """What the next step asks for, for who reads enough to know that it is not there."""
    reads_all = user.has_perm(READS[KeyClass.IDENTITY]) and user.has_perm(READS[KeyClass.SOCIAL])
    return missing_pieces(dossier, today=today) if reads_all and dossier.state in ASKED_IN else []


def _piece(request: HttpRequest, pk: UUID, document: UUID) -> tuple[Dossier, Document]:
    found = dossier_of_pieces(request, pk)
    rows = Document.objects.filter(dossier=found).select_related("person", "added_by", "checked_by", "removed_by")
    return found, get_object_or_404(rows, pk=document)


def _versions(row: Document) -> list[Document]:
    """The others of its chain, the last one first; it stops at one that the reader may not know of."""
    known = list(Document.objects.filter(dossier=row.dossier_id, person=row.person_id))
    rows: dict[UUID | None, Document] = {each.pk: each for each in known}
    followers: dict[UUID | None, Document] = {each.replaces_id: each for each in known if each.removed_at is None}
    chain: list[Document] = []
    at = rows.get(row.replaces_id)
    while at is not None:
        chain.append(at)
        at = rows.get(at.replaces_id)
    at = followers.get(row.pk)
    while at is not None:
        chain.insert(0, at)
        at = followers.get(at.pk)
    return chain


def _serve(request: HttpRequest, pk: UUID, document: UUID, *, attached: bool) -> StreamingHttpResponse:
    """Read through first: a piece of which one byte was changed shows none. Never kept by a browser nor a cache."""
    found, row = _piece(request, pk, document)
    if row.removed_at is not None or not row.is_kept or not actor(request).has_perm(READS[KeyClass(row.klass)]):
        raise Http404
    piece = operations.open_document(row)
    piece.verify()
    opened("document.read", target=row.pk, dossier=found.pk, klass=row.klass, version=row.version, attached=attached)
    media = Media(row.media)
    answer = streamed(request, piece.blocks(), TYPES[media])
    how = "attachment" if attached else "inline"
    answer.headers["Content-Disposition"] = f'{how}; filename="piece-{row.pk.hex[:8]}.{extension_of(media)}"'
    answer.headers["Content-Length"] = str(row.size)
    answer.headers["Cache-Control"] = "no-store"
    is_drawn = media == Media.PDF and not attached
    answer.headers["Content-Security-Policy"] = SHOWN if is_drawn else KEPT_APART
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _waited(dossier: Dossier, user: User, today: date, kinds: dict[str, PieceKind]) -> Iterator[DocumentSlot]:
    """The slots of what is not there: what the next step asks for, then what else was asked."""
    requests = open_requests(dossier)
    may_join = user.has_perm(JOIN)
    for missing in lacking(dossier, user, today):
        request = requests.pop(missing.key, None)
        if missing.document is None or missing.lack is not operations.Lack.UNCHECKED:
            person = missing.person.pk if missing.person else None
            text = asked_words(request, today, needed=True, expired=missing.lack is operations.Lack.EXPIRED)
            yield _slot(dossier, named(missing.kind, missing.person, user), text, missing.kind, person, may_join)
    people = {each.person_id: each.person for each in _with_people(requests.values())}
    for (code, person_id), request in requests.items():
        title = named(kinds[code], people.get(person_id), user)
        yield _slot(dossier, title, asked_words(request, today), kinds[code], person_id, may_join)


def _withdrawable(dossier: Dossier, kinds: dict[str, PieceKind], user: User) -> list[tuple[str, PieceRequest]]:
    rows = PieceRequest.objects.filter(dossier=dossier, closed_at=None).select_related("person").order_by("due_on")
    return [(named(kinds[row.kind], row.person, user), row) for row in rows]


def _with_people(requests: Iterable[PieceRequest]) -> list[PieceRequest]:
    wanted = [each.pk for each in requests if each.person_id is not None]
    return list(PieceRequest.objects.filter(pk__in=wanted).select_related("person")) if wanted else []


def _slot(
    dossier: Dossier, title: str, text: str, kind: PieceKind, person: UUID | None, may_join: bool
) -> DocumentSlot:
    url = ""
    if may_join and dossier.state != State.CLOS:
        url = f"{reverse('dossiers:join', args=[dossier.pk])}?piece={kind.code}" + (f"&de={person}" if person else "")
    return DocumentSlot(title, "missing", text, "Joindre" if url else "", url)
