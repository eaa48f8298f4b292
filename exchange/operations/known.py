"""What Seuil already knows of a batch of situations, told in the register's own columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Func, IntegerField, Value
from django.db.models.functions import Length, Lower

from accounts.models import OrganisationAlias
from cases.dossiers.models import (
    OF_THE_LEASE_ALONE,
    Dossier,
    DossierEvent,
    Evaluation,
    EventKind,
    HousingRequest,
    Participant,
    Person,
    PersonRole,
    Source,
)
from cases.housing.models import Lease
from cases.support.models import Measure
from commission.models import DECISIONS, Examen, ExamenState
from exchange.reading.cells import reference_key

PRESENTED, DECLINED, PENDING = "PRESENTEE", "NON_RETENUE", "EN_ATTENTE"
REFERENCE_KEY = Lower(
    Func(F("reference"), Value("[^0-9A-Za-z]+"), Value(""), Value("g"), function="regexp_replace"),
    output_field=CharField(),
)
"""What `reference_key` gives for a reference in plain ASCII; others are compared in Python."""
BEYOND_ASCII = Length("reference") - Func(F("reference"), function="octet_length", output_field=IntegerField())


@dataclass(slots=True)
class Known:
    """One dossier and what hangs on it, read for a comparison."""

    dossier: Dossier
    person: Person | None = None
    request: HousingRequest | None = None
    evaluation: Evaluation | None = None
    examens: list[Examen] = field(default_factory=list)
    leases: list[Lease] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    events: dict[str, list[DossierEvent]] = field(default_factory=dict)
    aliases: dict[UUID, set[str]] = field(default_factory=dict)

    def told(self, kind: EventKind) -> DossierEvent | None:
        """The last standing event of a kind, by its date, an unknown one first.

        What an import told comes before what was done here since: a register that says it again says nothing new.
        """
        found = self.events.get(kind, [])
        stated = [event for event in found if event.source == Source.IMPORT] or found
        return stated[-1] if stated else None

    def last_import(self, kind: EventKind) -> DossierEvent | None:
        """What an import told last of a kind, and nothing corrects."""
        found = [event for event in self.events.get(kind, []) if event.source == Source.IMPORT]
        return max(found, key=lambda event: event.recorded_at, default=None)

    def fact(self, code: str | None) -> DossierEvent | None:
        """The standing fact of this code, else the last one stated."""
        found = self.events.get(EventKind.FACT, [])
        alike = [event for event in found if event.detail == code]
        return alike[-1] if alike else max(found, key=lambda event: event.recorded_at, default=None)

    def names_of(self, column: str) -> set[str]:
        """The folded names that the organisation of a column answers to."""
        landlord = self.lease.landlord_id if self.lease and self.lease.landlord_id else None
        of_column = {
            "prescripteur": self.dossier.prescripteur_id,
            "landlord": landlord or self.dossier.positioned_landlord_id,
        }
        named = of_column.get(column)
        return self.aliases.get(named, set()) if named else set()

    @property
    def lease(self) -> Lease | None:
        return self.leases[-1] if self.leases else None

    def passage_of(self, held_on: date | None) -> Examen | None:
        """The last passage before the séance of that day."""
        alike = [examen for examen in self.examens if examen.seance.held_on == held_on]
        return alike[-1] if alike else None

    @property
    def examen(self) -> Examen | None:
        """The last passage by its date, without those that the register has replaced by another since."""
        told = [examen for examen in self.examens if not self._is_replaced(examen)]
        return told[-1] if told else None

    def _is_replaced(self, examen: Examen) -> bool:
        imported = [each for each in self.examens if each.source == Source.IMPORT]
        is_withdrawn = examen in imported and examen.state == ExamenState.RETIREE
        return is_withdrawn and any(each.created_at > examen.created_at for each in imported)


def read_known(references: Collection[str]) -> dict[str, Known]:
    """The dossiers that bear these references, by `reference_key`, and what hangs on them: a dozen queries a batch."""
    aliases: dict[UUID, set[str]] = {}
    found = {dossier.pk: Known(dossier, aliases=aliases) for dossier in _dossiers(references)}
    if not found:
        return {}
    ids: Collection[UUID] = found.keys()
    heads = Participant.objects.filter(dossier__in=ids, role=PersonRole.TITULAIRE)
    of_dossier = dict(heads.values_list("dossier_id", "person_id"))
    people = Person.objects.in_bulk(of_dossier.values())
    for dossier_id, person_id in of_dossier.items():
        found[dossier_id].person = people[person_id]
    for request in HousingRequest.objects.of_titulaires().filter(dossier__in=ids):
        found[request.dossier_id].request = request
    for evaluation in Evaluation.objects.filter(dossier__in=ids).current():
        found[evaluation.dossier_id].evaluation = evaluation
    for examen in Examen.objects.filter(dossier__in=ids).select_related("seance").order_by("seance__held_on"):
        found[examen.dossier_id].examens.append(examen)
    for lease in Lease.objects.filter(dossier__in=ids).select_related("landlord").order_by("created_at"):
        found[lease.dossier_id].leases.append(lease)
    for measure in Measure.objects.filter(dossier__in=ids).order_by("created_at"):
        found[measure.dossier_id].measures.append(measure)
    _read_events(found)
    _read_aliases(found.values(), aliases)
    return {reference_key(known.dossier.reference): known for known in found.values()}


def _read_events(found: dict[UUID, Known]) -> None:
    for event in DossierEvent.objects.standing().filter(dossier__in=found).order_by("recorded_at"):
        if event.kind == EventKind.OUTCOME and event.detail in OF_THE_LEASE_ALONE:
            continue  # the register's column is of the situation
        found[event.dossier_id].events.setdefault(event.kind, []).append(event)
    for known in found.values():
        for events in known.events.values():
            events.sort(key=lambda event: (event.on is not None, event.on))


def _dossiers(references: Collection[str]) -> list[Dossier]:
    """Those written as here; when some are left, a scan for those that differ by case, accents or punctuation."""
    wanted = {reference_key(reference) for reference in references}
    dossiers = Dossier.objects.select_related("prescripteur", "positioned_landlord")
    found = list(dossiers.filter(reference__in=references))
    left = wanted - {reference_key(dossier.reference) for dossier in found}
    if left:
        found += dossiers.annotate(key=REFERENCE_KEY).filter(key__in=left)
        beyond = Dossier.objects.annotate(beyond=BEYOND_ASCII).exclude(beyond=0).values_list("pk", "reference")
        accented = [pk for pk, reference in beyond if reference_key(reference) in left]
        found += dossiers.filter(pk__in=accented) if accented else []
    return found


def _read_aliases(every: Collection[Known], aliases: dict[UUID, set[str]]) -> None:
    named = {known.dossier.prescripteur_id for known in every} | {
        known.dossier.positioned_landlord_id for known in every
    }
    named |= {lease.landlord_id for known in every for lease in known.leases}
    for key, organisation in OrganisationAlias.objects.filter(organisation__in=named - {None}).values_list():
        aliases.setdefault(organisation, set()).add(key)


def as_columns(known: Known, *, event: str | None = None) -> dict[str, Any]:
    """The situation in the register's columns; of several facts, the one of code `event` if there is one."""
    person, evaluation, lease, examen = known.person, known.evaluation, known.lease, known.examen
    instruction, outcome = known.told(EventKind.INSTRUCTION), known.told(EventKind.OUTCOME)
    fact = known.fact(event)
    landlord = (lease and lease.landlord) or known.dossier.positioned_landlord
    decided = examen is not None and examen.state in (*DECISIONS, ExamenState.RETIREE)
    told: dict[str, Any] = {
        "prescripteur": known.dossier.prescripteur and known.dossier.prescripteur.name,
        "oriented_on": known.dossier.oriented_on,
        "unique_number": known.request and known.request.number,
        "suite": _suite(known),
        "motive": instruction and instruction.motive,
        "motive_text": instruction and instruction.note,
        "seance_on": examen.seance.held_on if examen is not None else None,
        "decision": examen.state if examen is not None and decided else None,
        "landlord": landlord and landlord.name,
        "lease_signed_on": lease and lease.signed_on,
        "lease_kind": lease and lease.kind,
        "parc": (lease and lease.parc) or None,
        "measure": known.measures[-1].kind if known.measures else None,
        "outcome": outcome and outcome.detail,
        "outcome_motive": outcome and outcome.motive,
        "outcome_on": outcome and outcome.on,
        "event": fact and fact.detail,
        "event_on": fact and fact.on,
    }
    for name in ("last_name", "first_name", "sex", "birth_date"):
        told[name] = person and getattr(person, name)
    for name in ("household_type", "ethos", "resource", "resources", "rent_debt", "evaluated_on"):
        told[name] = evaluation and getattr(evaluation, name)
    told["children"] = int(evaluation.children) if evaluation and evaluation.children is not None else None
    return told


def _suite(known: Known) -> str:
    if known.examens:
        return PRESENTED
    return DECLINED if known.told(EventKind.INSTRUCTION) else PENDING
