"""Versions of an evaluation: the one being written, and how it takes over what the former one said."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import Answer, Dossier, Evaluation, Source, State
from cases.dossiers.models.lines import LineBase
from cases.dossiers.operations.answers.held import LINES, last_version
from core.errors import OperationRefused

# until the presentation; from EVALUE on, a change is the next version
WRITABLE = frozenset({State.EN_EVALUATION, State.A_COMPLETER, State.EVALUE, State.PRET})
NOT_NOW = "L’évaluation s’écrit de son début à la présentation : commencez-la, ou reprenez-la."
COLUMNS = (
    *("evaluated_on", "household_type", "children", "resource", "resources", "rent_debt", "ethos", "adhesion"),
    "flash_done_at",
)


def require_writable(dossier: Dossier) -> None:
    """Raise `OperationRefused` outside the time of evaluation."""
    if dossier.state not in WRITABLE:
        raise OperationRefused(NOT_NOW)


def open_version(dossier: Dossier, *, by: User | None) -> Evaluation:
    """The version being written; when the last one is frozen, the next one, which says the same to begin with."""
    last = last_version(dossier)
    if last is not None and last.frozen_at is None:
        return last
    version = Evaluation(
        subject_id=dossier.household_id,
        dossier=dossier,
        version=last.version + 1 if last else 1,
        source=Source.ACT,
        recorded_at=timezone.now(),
        recorded_by=by,
        **({name: getattr(last, name) for name in COLUMNS} if last else {}),
    )
    version.save(force_insert=True)
    if last is not None:
        take_over(last, version)
    return version


def take_over(former: Evaluation, version: Evaluation, *, but: Collection[str] = ()) -> None:
    """Copy the answers and the lines of the former version, each under a seal of its own; `but` are questions left out.

    Health and justice are not copied: who makes a version may not read them (`held.held_apart`).
    """
    models: list[tuple[type[Answer] | type[LineBase], bool]] = [(Answer, True)]
    models += [(model, key not in but) for key, model in LINES.items()]
    for model, kept in models:
        rows: list[Any] = list(model._default_manager.filter(evaluation=former)) if kept else []
        copies = [_copy(row, version) for row in rows if getattr(row, "key", "") not in but]
        model._default_manager.bulk_create(copies)


def _copy(row: Any, version: Evaluation) -> Any:
    values = {
        field.attname: getattr(row, field.attname)
        for field in type(row)._meta.concrete_fields
        if field.attname not in ("id", "evaluation_id")
    }
    return type(row)(id=uuid4(), evaluation=version, **values)
