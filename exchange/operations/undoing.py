"""Undoing an import as a whole, while nothing was built on it. PostgreSQL decides and deletes (ADR 0031)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.grants import require
from accounts.models import Membership, Organisation, User
from audit import journal
from cases.dossiers.models import Household, Person, Source
from commission.models import Seance
from core import jobs, outbox
from core.errors import NotAllowed, OperationRefused
from core.gathering import gathering
from core.models import Job, OutboxMessage
from core.typography import agree, number
from exchange.models import Import
from exchange.operations.mappings import IMPORTERS, organisation_of
from reporting.operations import GONE
from vault import keys

IMPORT = "dossiers.import_register"
FORGET = "import.subjects_gone"
JOB_UNDO = "register.undo"
NAMED = 10  # references that a refusal names
AT_ONCE = 50  # dossiers whose subjects one message names
UNDONE = "Cet import est déjà défait."
ELSEWHERE = "Cet import est celui d’une autre organisation."
ONE_BY_ONE = "Rien ne peut donc être défait en bloc : corrigez ou fermez ces dossiers un par un, chacun dans sa page."


@dataclass(frozen=True, slots=True)
class Written:
    """What an import wrote. `households` are those of the dossiers that it created; `touched` counts the dossiers that
    existed already, and were written in."""

    households: Collection[UUID]
    touched: int
    seances_changed: int


def remember_import(written: Written, *, team: Organisation, since: datetime, by: User | None) -> Import | None:
    """Keep what was created since `since`, in the import's own transaction, so that it may be undone; None for an
    import that wrote nothing."""
    seances = list(Seance.objects.filter(source=Source.IMPORT, created_at__gte=since).values_list("pk", flat=True))
    if not (written.households or written.touched or seances or written.seances_changed):
        return None
    bodies = Organisation.objects.filter(is_to_verify=True, created_at__gte=since)
    told = Import(
        organisation=(organisation_of(by) if by else None) or team,
        by=by,
        at=timezone.now(),
        created=len(written.households),
        changed=written.touched,
        seances=len(seances),
        seances_changed=written.seances_changed,
        bodies=list(bodies.values_list("pk", flat=True)),
    )
    told.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT seuil_remember_import(%s, %s, %s)", [told.pk, list(written.households), seances])
    return told


def imports_of(by: User) -> QuerySet[Import]:
    """The imports that a person may look at and undo: those of the organisations for which she imports."""
    held = Membership.objects.live().filter(user=by, role__in=IMPORTERS)
    found = Import.objects.filter(organisation__in=held.values("organisation"))
    return found.select_related("by", "undone_by").recent()


def why_not_undo(told: Import) -> str:
    """Why an import cannot be undone now, and what to do instead. Empty when it can."""
    if told.undone_at is not None:
        return UNDONE
    if told.changed or told.seances_changed:
        return _changed(told)
    built = _built_on(told.pk)
    return _built(built) if built else ""


@transaction.atomic
def undo_import(import_id: UUID, *, by: User) -> Import:
    """Every row that the import created disappears, or nothing does; the journal keeps that it was, and is undone.

    Figures are counted again, and the keys of the persons and households destroyed, by the worker. Raises `NotAllowed`
    when `by` does not import for that organisation, `OperationRefused` (see `why_not_undo`) when it cannot be undone.
    """
    require(by, IMPORT)
    told = imports_of(by).filter(pk=import_id).first()
    if told is None:
        raise NotAllowed(ELSEWHERE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, gone, subjects, passages, leases, facts FROM seuil_undo_import(%s)", [told.pk])
        rows = cursor.fetchall()
    if not rows:
        raise OperationRefused(why_not_undo(imports_of(by).get(pk=told.pk)) or UNDONE)
    dossiers = [row for row in rows if row[0] == "dossier"]
    with gathering(OutboxMessage):
        for what, gone, *_ in rows:
            if what == "seance":
                outbox.enqueue("seance.changed", seance=str(gone))
        for _, gone, _, passages, leases, facts in dossiers:
            outbox.enqueue(GONE, dossier=str(gone), passages=_said(passages), leases=_said(leases), facts=_said(facts))
        rest = iter(dossiers)
        while group := list(islice(rest, AT_ONCE)):
            outbox.enqueue(FORGET, subjects=_said(subject for row in group for subject in row[2]))
    journal.record("register.undone", target=told.pk, by=by, dossiers=len(dossiers), seances=told.seances)
    return imports_of(by).get(pk=told.pk)


@transaction.atomic
def undo_in_background(told: Import, *, by: User, back: str) -> Job:
    """Ask for the undoing of a long import; the job under way when it was asked already.

    `back` is the address where one looks at the import again when nothing was undone.
    """
    require(by, IMPORT)
    job = jobs.start(
        JOB_UNDO,
        by=by,
        total=max(told.created, 1),
        target=told.pk,
        url=back,
        action="Revoir cet import",
        asked=str(told.pk),
    )
    journal.record("register.undo_queued", target=told.pk, by=by, dossiers=told.created)
    return job


def forget_subjects(subjects: Collection[UUID]) -> int:
    """Destroy the keys of persons and households that are gone, for good: no backup of the data is read with them.

    The keys of who is there stay, whatever was asked. Returns how many keys were destroyed.
    """
    there = {*Person.objects.filter(pk__in=subjects).values_list("pk", flat=True)}
    there |= {*Household.objects.filter(pk__in=subjects).values_list("pk", flat=True)}
    return keys.destroy(set(subjects) - there)


def _built_on(import_id: UUID) -> list[tuple[str, str | None]]:
    """What was built on an import since: dossiers, séances, closed years, each with its name for who sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, named FROM seuil_built_on(%s)", [import_id])
        return list(cursor.fetchall())


def _changed(told: Import) -> str:
    parts = []
    if told.changed:
        parts.append(f"{number(told.changed)} {agree(told.changed, 'dossier,dossiers')}")
    if told.seances_changed:
        parts.append(f"{number(told.seances_changed)} {agree(told.seances_changed, 'séance,séances')}")
    several = told.changed + told.seances_changed > 1
    existed = "qui existaient déjà" if several else "qui existait déjà"
    return (
        f"Cet import a aussi modifié {' et '.join(parts)} {existed} : Seuil ne garde pas tout ce qui y était écrit "
        "avant, et ne peut donc pas le remettre. Corrigez dans chaque dossier, ou importez un registre corrigé."
    )


def _built(built: list[tuple[str, str | None]]) -> str:
    sentences = []
    named = [name for what, name in built if what == "dossier"]
    if named:
        shown = [name for name in named if name is not None][:NAMED]
        others = len(named) - len(shown)
        if others and shown:
            shown.append(f"{number(others)} {agree(others, 'autre,autres')}")
        listed = f" : {_listed(shown)}" if shown else ""
        dossiers = f"{number(len(named))} {agree(len(named), 'dossier,dossiers')}"
        sentences.append(f"On a travaillé depuis dans {dossiers} de cet import{listed}.")
    if days := [str(name) for what, name in built if what == "seance"]:
        word = agree(len(days), "La séance du,Les séances du")
        sentences.append(f"{word} {_listed(days)} {agree(len(days), 'a,ont')} servi depuis.")
    if years := [str(name) for what, name in built if what == "year"]:
        sentences.append(f"Les chiffres de {_listed(years)} ont été arrêtés depuis.")
    return " ".join([*sentences, ONE_BY_ONE])


def _listed(words: Sequence[str]) -> str:
    return " et ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _said(ids: Iterable[UUID]) -> str:
    return ",".join(map(str, ids))
