"""The rows that a dossier leaves, sealed and on their sheets: columns here, acts in `scribe`."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import models

from audit.models import Entry
from cases.dossiers.models import (
    Adhesion,
    Dossier,
    DossierEvent,
    DossierGroupGrant,
    Evaluation,
    Hold,
    HoldCode,
    Household,
    HousingRequest,
    Participant,
    Person,
    ResidentialSituation,
    Source,
)
from cases.housing.models import Lease, Parc
from cases.support.models import Measure
from commission.models import Examen, Snapshot
from commission.operations import age_on
from core.models import OutboxMessage
from exchange.population.drafts import Clock, Draft, Open
from exchange.population.lives import Member
from exchange.population.sheets import Sheet
from vault.fields import EncryptedField

ACT = Source.ACT.value


class Book:
    """One sheet for each table; `copy()` sends them all."""

    def __init__(self, permission: int) -> None:
        self.permission, self.clock = permission, Clock()
        self.households = Sheet(Household, "id", "created_at")
        self.dossiers = Sheet(
            Dossier,
            *("id", "reference", "household_id", "predecessor_id", "state", "state_on", "source", "referent_id"),
            *("prescripteur_id", "oriented_on", "review_on", "decided_on", "positioned_landlord_id"),
            *("current_landlord_id", "rent_debt_creditor_id", "closed_on", "created_at"),
        )
        self.grants = Sheet(
            DossierGroupGrant,
            *("id", "permission_id", "group_id", "dossier_id", "valid_from", "valid_until", "reason", "granted_by_id"),
        )
        self.people = Sheet(Person, "id", "subject_id", "last_name", "first_name", "birth_date", "sex", "created_at")
        self.participants = Sheet(Participant, "id", "dossier_id", "person_id", "role")
        self.requests = Sheet(
            HousingRequest,
            *("id", "subject_id", "dossier_id", "person_id", "number", "missing_reason", "renewed_on", "recorded_at"),
        )
        self.evaluations = Sheet(
            Evaluation,
            *("id", "subject_id", "dossier_id", "version", "evaluated_on", "frozen_at", "household_type", "children"),
            *("resource", "resources", "rent_debt", "ethos", "adhesion", "source", "recorded_at", "recorded_by_id"),
        )
        self.residences = Sheet(
            ResidentialSituation,
            *("id", "subject_id", "dossier_id", "person_id", "ethos", "started_on", "ended_on", "seen_on", "source"),
            "recorded_at",
        )
        self.events = Sheet(
            DossierEvent,
            *("id", "subject_id", "dossier_id", "kind", "on", "detail", "motive", "note", "source", "recorded_at"),
            *("recorded_by_id", "corrects_id"),
        )
        self.holds = Sheet(Hold, "id", "dossier_id", "code", "holder_id", "placed_at", "released_at")
        self.leases = Sheet(
            Lease,
            *("id", "subject_id", "dossier_id", "kind", "parc", "landlord_id", "state", "signed_on", "entered_on"),
            *("ended_on", "outcome", "source", "created_at"),
        )
        self.measures = Sheet(
            Measure,
            *("id", "dossier_id", "kind", "operator_id", "state", "started_on", "ended_on", "source", "created_at"),
        )
        self.examens = Sheet(
            Examen,
            *("id", "dossier_id", "seance_id", "rank", "state", "decided_on", "positioned_landlord_id", "notified_at"),
            *("source", "created_at"),
        )
        self.snapshots = Sheet(
            Snapshot,
            *("id", "subject_id", "examen_id", "dossier_id", "version", "age", "household_type", "resource"),
            *("resources", "ethos", "taken_at"),
        )
        self.entries = Sheet(
            Entry, "id", "recorded_at", "kind", "event", "target_id", "dossier_id", "actor_id", "codes", "leaf"
        )
        self.messages = Sheet(
            OutboxMessage,
            "id",
            "task",
            "payload",
            "created_at",
            "due_at",
            "attempts",
            "last_error",
            "done_at",
            "request_id",
        )

    def copy(self) -> None:
        """Send every sheet, in the caller's transaction."""
        for sheet in vars(self).values():
            if isinstance(sheet, Sheet):
                sheet.copy()

    def event(
        self, draft: Draft, kind: str, on: date | None, *, detail: str | None = None, motive: str = "", note: str = ""
    ) -> None:
        """A dated fact, sealed for the household."""
        pk, subject = uuid4(), draft.household
        self.events.add(
            pk,
            subject,
            draft.id,
            kind,
            on,
            None if detail is None else _DETAIL.seal(detail, subject, pk),
            _MOTIVE.seal(motive, subject, pk) if motive else None,
            _NOTE.seal(note, subject, pk) if note else None,
            ACT,
            self.clock.tick(),
            None,
            None,
        )

    def entry(self, draft: Draft, event: str, target: str = "", codes: str = "{}") -> None:
        """An entry of the journal with its leaf (`audit.journal.canonical`, written at once)."""
        pk, at, dossier = str(uuid4()), self.clock.tick(), draft.id_text
        target = target or dossier
        leaf = (
            f'{{"actor":null,"codes":{codes},"dossier":"{dossier}","event":"{event}","id":"{pk}",'
            f'"kind":"ACT","recorded_at":"{at}","target":"{target}"}}'
        )
        digest = hashlib.sha256(b"\x00" + leaf.encode()).digest()
        self.entries.add(pk, at, "ACT", event, target, dossier, None, codes, digest)

    def person(self, draft: Draft, pk: UUID, member: Member) -> None:
        """A person, and her place in the household."""
        self.people.add(
            pk,
            pk,
            _LAST.seal(member.last_name, pk, pk),
            None if member.first_name is None else _FIRST.seal(member.first_name, pk, pk),
            _BORN.seal(member.birth_date, pk, pk),
            _SEX.seal(member.sex.value, pk, pk),
            self.clock.tick(),
        )
        self.participants.add(uuid4(), draft.id, pk, member.role.value)

    def grant(self, draft: Draft, team: int, since: str, until: str | None, reason: str) -> None:
        """A team sees the dossier."""
        self.grants.add(uuid4(), self.permission, team, draft.id, since, until, reason, None)

    def keep_evaluation(self, draft: Draft) -> None:
        """The version written so far, if any, as it stands."""
        told, pk, subject = draft.told, draft.evaluation, draft.household
        if told is None or pk is None:
            return
        self.evaluations.add(
            pk,
            subject,
            draft.id,
            draft.version,
            draft.evaluated_on,
            draft.frozen,
            _TYPE.seal(told.household_type.value, subject, pk),
            _CHILDREN.seal(str(told.children), subject, pk),
            _RESOURCE.seal(told.resource.value, subject, pk),
            _RESOURCES.seal(told.resources, subject, pk),
            _DEBT.seal(told.rent_debt, subject, pk),
            _ETHOS.seal(told.ethos, subject, pk),
            _ADHESION.seal((Adhesion.OUI if told.wants else Adhesion.NON).value, subject, pk),
            ACT,
            draft.written,
            None,
        )

    def residence(
        self,
        draft: Draft,
        ethos: str,
        *,
        since: date | None = None,
        until: date | None = None,
        seen_on: date | None = None,
    ) -> UUID:
        """Where the titulaire lived."""
        pk, person = uuid4(), draft.titulaire
        sealed = _LIVED.seal(ethos, person, pk)
        self.residences.add(pk, person, draft.id, person, sealed, since, until, seen_on, ACT, self.clock.tick())
        return pk

    def snapshot(self, draft: Draft, examen: UUID, held_on: date) -> None:
        """What the members were told."""
        told, pk, subject = draft.told, uuid4(), draft.household
        if told is None:
            raise ValueError("a household is evaluated before it is presented")
        self.snapshots.add(
            pk,
            subject,
            examen,
            draft.id,
            1,
            _S_AGE.seal(Decimal(age_on(draft.life.titulaire.birth_date, held_on)), subject, pk),
            _S_TYPE.seal(told.household_type.value, subject, pk),
            _S_RESOURCE.seal(told.resource.value, subject, pk),
            _S_RESOURCES.seal(told.resources, subject, pk),
            _S_ETHOS.seal(told.ethos, subject, pk),
            self.clock.tick(),
        )

    def finish(self, draft: Draft) -> None:
        """The rows that changed along the way, as they end."""
        self.keep_evaluation(draft)
        self._keep_request(draft)
        self.dossiers.add(
            draft.id,
            draft.life.reference,
            draft.household,
            None,
            draft.state,
            draft.state_on,
            ACT,
            draft.referent,
            draft.prescripteur,
            draft.oriented_on,
            draft.review_on,
            draft.decided_on,
            draft.landlord,
            None,
            None,
            draft.closed_on,
            draft.created,
        )
        for lease in draft.leases:
            self._keep_lease(draft, lease)
        for measure in draft.measures:
            self._keep_measure(draft, measure)
        payload, at = f'{{"dossier": "{draft.id_text}"}}', draft.created
        self.messages.add(uuid4(), "dossier.changed", payload, at, at, 0, "", None, "")

    def _keep_request(self, draft: Draft) -> None:
        told, pk, person = draft.told, uuid4(), draft.titulaire
        number, reason = (told.unique_number, told.missing_reason) if told else (None, None)
        self.requests.add(
            pk,
            person,
            draft.id,
            person,
            None if number is None else _NUMBER.seal(number, person, pk),
            None if reason is None else _REASON.seal(reason, person, pk),
            told.renewed_on if told else None,
            draft.created,
        )

    def _keep_lease(self, draft: Draft, lease: Open) -> None:
        subject = draft.household
        self.leases.add(
            lease.id,
            subject,
            draft.id,
            lease.code,
            (Parc.PRIVE if lease.private else Parc.PUBLIC).value,
            lease.body,
            lease.state,
            lease.began_on,
            lease.entered_on,
            lease.ended_on,
            None if lease.outcome is None else _OUTCOME.seal(lease.outcome, subject, lease.id),
            ACT,
            lease.created,
        )
        self.holds.add(uuid4(), draft.id, HoldCode.LEASE.value, lease.id, lease.held, lease.released)

    def _keep_measure(self, draft: Draft, m: Open) -> None:
        self.measures.add(m.id, draft.id, m.code, m.body, m.state, m.began_on, m.ended_on, ACT, m.created)
        self.holds.add(uuid4(), draft.id, HoldCode.MEASURE.value, m.id, m.held, m.released)
        if m.team is not None:
            self.grant(draft, m.team, m.granted, m.revoked, "measure")


def _fields(model: type[models.Model], *names: str) -> list[EncryptedField[Any, Any]]:
    found = [model._meta.get_field(name) for name in names]
    return [field for field in found if isinstance(field, EncryptedField)]


_LAST, _FIRST, _BORN, _SEX = _fields(Person, "last_name", "first_name", "birth_date", "sex")
_DETAIL, _MOTIVE, _NOTE = _fields(DossierEvent, "detail", "motive", "note")
_TYPE, _CHILDREN, _RESOURCE = _fields(Evaluation, "household_type", "children", "resource")
_RESOURCES, _DEBT, _ETHOS, _ADHESION = _fields(Evaluation, "resources", "rent_debt", "ethos", "adhesion")
_NUMBER, _REASON = _fields(HousingRequest, "number", "missing_reason")
(_LIVED,) = _fields(ResidentialSituation, "ethos")
(_OUTCOME,) = _fields(Lease, "outcome")
_S_AGE, _S_TYPE, _S_RESOURCE = _fields(Snapshot, "age", "household_type", "resource")
_S_RESOURCES, _S_ETHOS = _fields(Snapshot, "resources", "ethos")
