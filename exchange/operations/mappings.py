"""What was told of the columns of registers: remembered, told again otherwise, forgotten. The last word holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import Membership, Organisation, User
from accounts.roles import ROLES
from audit import journal
from core.errors import OperationRefused
from core.locking import lock
from exchange.models import ColumnMapping
from exchange.reading.columns import MEANT, Correspondence, Kind

IMPORT = "dossiers.import_register"
IMPORTERS = [code for code, role in ROLES.items() if IMPORT in role.permissions]
MOST = 50  # live at once: each is compared with every sheet
LONGEST_NAME = 80
NO_NAME = "Donnez un nom à cette correspondance, par exemple « Tableau du 115 »."
TOO_MANY = f"Votre organisation a déjà {MOST} correspondances. Oubliez-en une qui ne sert plus."
FORGOTTEN = "Cette correspondance a changé ou a été oubliée. Rechargez la page."


@dataclass(frozen=True, slots=True)
class Mapping:
    """One correspondence as it stands: what was told last of these headers, by whom, and how many times before."""

    pk: UUID
    name: str
    correspondence: Correspondence
    told_at: datetime
    told_by: User
    is_withdrawn: bool
    former: int


def mappings_of(by: User) -> list[Mapping]:
    """What the organisation of a person holds true of columns, the last told first; the withdrawn ones at the end."""
    organisation = organisation_of(by)
    return sorted(_standing(organisation), key=lambda each: each.is_withdrawn) if organisation else []


def told_by(by: User, kind: Kind = MEANT) -> list[Correspondence]:
    """What is known of columns of this kind of sheet when this person imports, the last told first."""
    known = (each.correspondence for each in mappings_of(by) if not each.is_withdrawn)
    return [each for each in known if each.kind == kind]


@transaction.atomic
def remember(told: Correspondence, name: str, *, by: User) -> ColumnMapping:
    """Recognise these headers from now on, for the whole organisation of `by`; what was told of them before is history.

    `told` comes from `Unknown.told`, which refuses what misses a column. Raises `OperationRefused` without a name, with
    too many of them, or for a person of no organisation that imports.
    """
    require(by, IMPORT)
    organisation = locked_organisation(by)
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise OperationRefused(NO_NAME)
    live = [each for each in _standing(organisation) if not each.is_withdrawn]
    if len(live) >= MOST and all(_key(each.correspondence) != _key(told) for each in live):
        raise OperationRefused(TOO_MANY)
    made = _write(organisation, told, name, by=by)
    journal.record("mapping.remembered", target=made.pk, by=by, columns=len(told.columns))
    return made


@transaction.atomic
def forget(mapping_id: UUID, *, by: User) -> ColumnMapping:
    """Recognise these headers no more. Raises `OperationRefused` when another has said otherwise since."""
    require(by, IMPORT)
    organisation = locked_organisation(by)
    standing = next((each for each in _standing(organisation) if each.pk == mapping_id), None)
    if standing is None or standing.is_withdrawn:
        raise OperationRefused(FORGOTTEN)
    made = _write(organisation, standing.correspondence, standing.name, by=by, is_withdrawn=True)
    journal.record("mapping.forgotten", target=made.pk, by=by)
    return made


def _write(
    organisation: Organisation, told: Correspondence, name: str, *, by: User, is_withdrawn: bool = False
) -> ColumnMapping:
    meanings = {key: told.columns.get(key) for key in sorted(told.headers)}
    made = ColumnMapping(
        subject_id=organisation.pk,
        organisation=organisation,
        name=name,
        headers=json.dumps(meanings, ensure_ascii=False),
        kind=told.kind,
        is_withdrawn=is_withdrawn,
        told_at=timezone.now(),
        told_by=by,
    )
    made.save(force_insert=True)
    return made


def _standing(organisation: Organisation) -> Iterator[Mapping]:
    """The last row of each set of headers and kind of sheet, the last told first."""
    found: dict[tuple[str, frozenset[str]], list[tuple[ColumnMapping, Correspondence]]] = {}
    rows = ColumnMapping.objects.filter(organisation=organisation).select_related("told_by").order_by("-told_at")
    for row in rows:
        meanings = json.loads(row.headers)
        columns = {key: name for key, name in meanings.items() if name}
        told = Correspondence(frozenset(meanings), columns, cast(Kind, row.kind))
        found.setdefault(_key(told), []).append((row, told))
    for (row, told), *former in found.values():
        yield Mapping(row.pk, row.name, told, row.told_at, row.told_by, row.is_withdrawn, len(former))


def _key(told: Correspondence) -> tuple[str, frozenset[str]]:
    return told.kind, told.headers


def locked_organisation(by: User) -> Organisation:
    """The organisation for which she imports, locked: two persons who tell at once are told one after the other."""
    organisation = organisation_of(by)
    if organisation is None:
        raise OperationRefused("Aucune de vos organisations n’importe de registre.")
    return lock(Organisation.objects, organisation.pk)


def organisation_of(by: User) -> Organisation | None:
    """The organisation for which a person imports: the one of the role that lets her."""
    held = Membership.objects.live().filter(user=by, role__in=IMPORTERS)
    first = held.select_related("organisation").order_by("valid_from", "pk").first()
    return first.organisation if first else None
