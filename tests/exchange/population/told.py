"""Every row of the product, told without ids nor clocks: what two ways of loading must agree on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.db import models

from accounts.models import Organisation, User
from audit.models import Entry
from cases.dossiers.models import (
    Answer,
    Document,
    Dossier,
    DossierEvent,
    DossierGroupGrant,
    DossierUserGrant,
    Evaluation,
    Hold,
    Household,
    HousingRequest,
    Participant,
    Person,
    ResidentialSituation,
)
from cases.housing.models import Lease
from cases.support.models import Measure
from commission.models import Convocation, Examen, ExamenGroupGrant, Fiche, Presence, Seance, Snapshot
from core.models import OutboxMessage

Rows = dict[str, dict[str, Any]]


def told_rows() -> Rows:
    """Each row by a name made from what it says; its columns opened, ids replaced by names, moments by « known »."""
    names: dict[Any, str] = {}
    for body in Organisation.objects.all():
        names[body.pk] = body.name
    names |= {user.pk: user.email for user in User.objects.all()}
    names |= {seance.pk: f"séance {seance.held_on}" for seance in Seance.objects.all()}
    dossiers = list(Dossier.objects.all())
    of = {dossier.pk: dossier.reference for dossier in dossiers}
    of_examen: dict[Any, UUID] = {examen.pk: examen.dossier_id for examen in Examen.objects.all()}
    names |= of | {dossier.household_id: f"ménage {dossier.reference}" for dossier in dossiers}
    for part in Participant.objects.select_related("person").order_by("pk"):
        names[part.person_id] = f"{of[part.dossier_id]} {part.person.listed_name} {part.person.birth_date}"
    found: Rows = {}
    for model, name in NATURAL.items():
        for row in _ordered(model):
            granted = getattr(row, "content_object_id", None)
            dossier_id = getattr(row, "dossier_id", None) or of_examen.get(granted, granted)
            said = f"{model.__name__} {of[dossier_id] if dossier_id else ''} {name(row, names)}"
            number = 1
            while f"{said} {number}" in found:
                number += 1
            names.setdefault(row.pk, f"{said} {number}")
            found[f"{said} {number}"] = {"row": row}
    return {said: _columns(entry["row"], names) for said, entry in found.items()}


def told_messages() -> set[tuple[str, str]]:
    """The tasks that the outbox asks for, each once, by what they name."""
    names = {str(dossier.pk): dossier.reference for dossier in Dossier.objects.all()}
    names |= {str(seance.pk): str(seance.held_on) for seance in Seance.objects.all()}
    names |= {
        str(examen.pk): f"{examen.dossier.reference} {examen.seance.held_on}"
        for examen in Examen.objects.select_related("dossier", "seance")
    }
    return {
        (message.task, names[value]) for message in OutboxMessage.objects.all() for value in message.payload.values()
    }


def _ordered(model: type[models.Model]) -> Any:
    stamp = next((name for name in STAMPS if name in {f.name for f in model._meta.fields}), "pk")
    return model._default_manager.order_by(stamp)


def _columns(row: models.Model, names: dict[Any, str]) -> dict[str, Any]:
    return {
        field.name: _plain(field, getattr(row, field.attname), names)
        for field in row._meta.concrete_fields
        if field.name not in ("id", "leaf")
    }


def _plain(field: Any, value: Any, names: dict[Any, str]) -> Any:
    if isinstance(value, datetime):
        return "known"
    if isinstance(value, UUID):
        return names[value]
    if field.is_relation and value is not None:
        model = field.related_model
        return str(model._default_manager.get(pk=value)) if model in (Group, Permission) else names[value]
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


STAMPS = ("recorded_at", "added_at", "written_at", "told_at", "taken_at", "placed_at", "created_at", "valid_from")
NATURAL: dict[type[models.Model], Callable[[Any, dict[Any, str]], str]] = {
    Seance: lambda row, names: _day(row.held_on),
    Presence: lambda row, names: f"{names[row.seance_id]} {names[row.organisation_id]}",
    Household: lambda row, names: names[row.pk],
    Dossier: lambda row, names: row.reference,
    Person: lambda row, names: names[row.pk],
    Participant: lambda row, names: names[row.person_id],
    HousingRequest: lambda row, names: "",
    Evaluation: lambda row, names: str(row.version),
    Answer: lambda row, names: f"{names[row.evaluation_id]} {row.key}",
    ResidentialSituation: lambda row, names: _day(row.seen_on or row.started_on),
    DossierEvent: lambda row, names: "",
    Document: lambda row, names: f"{row.kind} {names[row.subject_id]}",
    Lease: lambda row, names: _day(row.signed_on),
    Measure: lambda row, names: f"{row.kind} {_day(row.started_on)}",
    Examen: lambda row, names: names[row.seance_id],
    Hold: lambda row, names: names[row.holder_id],
    Snapshot: lambda row, names: names[row.examen_id],
    Convocation: lambda row, names: f"{names[row.seance_id]} {names[row.organisation_id]}",
    Fiche: lambda row, names: f"{names[row.examen_id]} {row.version}",
    ExamenGroupGrant: lambda row, names: f"{row.group.organisation.name} {row.reason}",
    DossierGroupGrant: lambda row, names: f"{row.group.organisation.name} {row.reason}",
    DossierUserGrant: lambda row, names: "",
    Entry: lambda row, names: "" if row.dossier_id else f"{row.event} {names.get(row.target_id)}",
}
