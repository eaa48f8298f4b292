"""The pieces of a dossier in words: their names, where they stand, what the timeline tells of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, User
from cases.dossiers.models import Document, Dossier, Media, Person, PieceKind, PieceRequest
from cases.dossiers.operations.documents import READS
from cases.dossiers.views.words import capitalised
from core.components import DocumentSlot, Happening
from core.typography import NBSP, as_local_date, day_and_month
from vault.models import KeyClass

CLOSED = {
    KeyClass.HEALTH: "Lu par les professionnels de santé seuls. Vous savez que cette pièce existe, pas ce qu’elle dit.",
    KeyClass.BANK: "Gardé pour qui paie le pécule. Vous savez que cette pièce existe, pas ce qu’elle dit.",
}
ELSEWHERE = "Lu par le SIAO et par l’équipe qui accompagne. Vous savez que cette pièce est arrivée."
ICONS = {Media.PDF: "file-earmark-pdf", Media.JPEG: "file-earmark-text", Media.PNG: "file-earmark-text"}


def named(kind: PieceKind, person: Person | None, user: User) -> str:
    """« Pièce d’identité d’Hortense Orsel » for who may read her name."""
    told = capitalised(kind.label)
    if person is None or not user.has_perm(READS[KeyClass.IDENTITY]):
        return told
    return f"{told} {person.whose}"


def size_words(size: int) -> str:
    """« 214 ko », « 3,2 Mo »."""
    if size < 1000:
        return f"{size}{NBSP}octets"
    if size < 1_000_000:
        return f"{round(size / 1000)}{NBSP}ko"
    return f"{size / 1_000_000:.1f}{NBSP}Mo".replace(".", ",")


def held_words(row: Document) -> str:
    """« PDF, 214 ko, reçue le 9 novembre, valable jusqu’au 9 février »."""
    today = timezone.localdate()
    if row.removed_at is not None:
        gone = day_and_month(as_local_date(row.removed_at), today=today)
        who = f" par {row.removed_by}" if row.removed_by else ""
        return f"Retirée le {gone}{who} : {row.get_removal_display()}."
    told = [str(Media(row.media).label), size_words(row.size or 0)] if row.is_kept else []
    verb = "reçue" if row.is_kept else "vue"
    told.append(f"{verb} le {day_and_month(row.received_on, today=today)}")
    if row.valid_until is not None:
        past = row.valid_until < today
        told.append(
            f"{'expirée depuis le' if past else 'valable jusqu’au'} {day_and_month(row.valid_until, today=today)}"
        )
    if row.version > 1:
        told.append(f"version {row.version}")
    return capitalised(", ".join(told))


def slot_of(row: Document, kind: PieceKind, user: User) -> DocumentSlot:
    """A piece that is there, as its reader may know it."""
    title, url = named(kind, row.person, user), reverse("dossiers:document", args=[row.dossier_id, row.pk])
    if not user.has_perm(READS[KeyClass(row.klass)]):
        text = CLOSED.get(KeyClass(row.klass), ELSEWHERE)
        label = str(KeyClass(row.klass).label)
        return DocumentSlot(title, "closed", text, "Détails", url, label, "fin", "lock")
    badge, look, icon = _standing(row)
    return DocumentSlot(title, "present", held_words(row), "Voir", url, badge, look, icon, _icon(row))


def _icon(row: Document) -> str:
    return ICONS[Media(row.media)] if row.is_kept else "file-earmark-check"


def _standing(row: Document) -> tuple[str, str, str]:
    if row.removed_at is not None:
        return "Retirée", "fin", "x-lg"
    if row.valid_until is not None and row.valid_until < timezone.localdate():
        return "Expirée", "attente", "hourglass-split"
    if not row.is_kept:
        return "Vue, non conservée", "logement", "check-lg"
    return ("Vérifiée", "logement", "check-lg") if row.checked_at else ("À vérifier", "attente", "circle")


def asked_words(request: PieceRequest | None, today: date, *, needed: bool = False, expired: bool = False) -> str:
    """« Demandée le 12 novembre à la personne, attendue le 26 novembre. Nécessaire avant la commission. »"""
    told = []
    if expired:
        told.append("Celle qui est là a expiré.")
    if request is not None:
        asked = day_and_month(request.asked_on, today=today)
        whom = {"PERSON": "à la personne", "PRESCRIPTEUR": "au prescripteur", "CAF": "à la CAF"}.get(request.whom, "")
        whom = whom or {"IMPOTS": "aux impôts", "BAILLEUR": "au bailleur"}.get(request.whom, "à un autre organisme")
        due = day_and_month(request.due_on, today=today)
        told.append(
            f"Demandée le {asked} {whom}, {'en retard depuis le' if request.due_on < today else 'attendue le'} {due}."
        )
        if request.remind_on is not None and request.due_on >= today:
            told.append(f"À relancer le {day_and_month(request.remind_on, today=today)}.")
    if needed:
        told.append("Nécessaire avant la commission.")
    return " ".join(told)


@dataclass(frozen=True, slots=True)
class Papers:
    """The pieces of a dossier that the reader may know of, removed ones aside, and every kind there is; read once."""

    documents: list[Document]
    kinds: dict[str, PieceKind]


def papers_of(dossier: Dossier, *, kinds_anyway: bool = False) -> Papers:
    """Nothing is asked where the dossier's own query counted none, unless the kinds are wanted for themselves."""
    if not getattr(dossier, "documents_count", 1):
        return Papers([], PieceKind.objects.in_bulk() if kinds_anyway else {})
    held = Membership.objects.live().filter(user=OuterRef("added_by")).order_by("-valid_from")
    rows = Document.objects.filter(dossier=dossier, removed_at=None).select_related("person", "added_by")
    told = rows.annotate(body=Subquery(held.values("organisation__name")[:1]))
    return Papers(list(told), PieceKind.objects.in_bulk())


def pieces_told(papers: Papers, user: User) -> list[Happening]:
    """What the timeline tells of the pieces that the reader may know of."""
    return list(_told(papers.documents, papers.kinds, user))


def _told(rows: Iterable[Document], kinds: dict[str, PieceKind], user: User) -> Iterable[Happening]:
    for row in rows:
        done = "vue, non conservée" if not row.is_kept else "reçue et vérifiée" if row.checked_at else "reçue"
        author, body = str(row.added_by or "Seuil"), getattr(row, "body", None)
        who = f"{author}, {body}" if body else author
        url = reverse("dossiers:document", args=[row.dossier_id, row.pk])
        text = f"{named(kinds[row.kind], row.person, user)} : {done}."
        yield Happening(row.received_on, text, who, "file-earmark-check", "", url)
