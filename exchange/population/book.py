"""The rows that a dossier leaves, sealed and on their sheets: columns here, acts in `scribe`."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from accounts.operations import siao
from audit.models import Entry
from cases.dossiers.models import (
    Adhesion,
    Answer,
    Channel,
    Document,
    Dossier,
    DossierEvent,
    DossierGroupGrant,
    DossierUserGrant,
    Evaluation,
    EventKind,
    FactCode,
    Hold,
    Household,
    HousingRequest,
    Participant,
    Person,
    PersonIndex,
    PieceKind,
    Prescription,
    ResidentialSituation,
    Source,
)
from cases.dossiers.operations import NewEntry
from cases.dossiers.operations.indexing import Known, tokens_of
from cases.housing.models import Lease
from cases.support.models import Measure
from commission.models import Examen, ExamenGroupGrant, Fiche, Snapshot
from commission.operations import age_on
from commission.operations.told import commune_names
from core.models import OutboxMessage
from exchange.population.drafts import Clock, Draft
from exchange.population.keeping import keep_lease, keep_measure, keep_request
from exchange.population.lives import Member
from exchange.population.sheets import Sheet, fields_of
from exchange.population.words import WISHED, answers_of
from vault.blind import blinder

ACT = Source.ACT.value
EMPTY = ("", "", "", None, None)  # a period to the day, that nobody corrected


class Book:
    """One sheet for each table; `copy()` sends them all."""

    def __init__(self, permission: int, view_examen: int) -> None:
        self.permission, self.view_examen, self.clock = permission, view_examen, Clock()
        self.siao, self.communes = siao().pk, commune_names(WISHED)
        self.households = Sheet(Household, "id", "created_at")
        # before the dossiers, which repeat them (`open_to`): after, each dossier would be written twice
        self.grants = Sheet(
            DossierGroupGrant,
            *("id", "permission_id", "group_id", "dossier_id", "valid_from", "valid_until", "reason", "granted_by_id"),
        )
        self.dossiers = Sheet(
            Dossier,
            *("id", "reference", "household_id", "predecessor_id", "state", "state_on", "source", "referent_id"),
            *("prescripteur_id", "oriented_on", "review_on", "evaluation_began_at", "decided_on"),
            *(
                "positioned_landlord_id",
                "current_landlord_id",
                "rent_debt_creditor_id",
                "closed_on",
                "is_protected",
                "created_at",
            ),
            *("open_to", "first_team"),
        )
        self.people = Sheet(
            Person,
            *("id", "subject_id", "last_name", "first_name", "birth_date", "known_as", "met_on", "sex", "created_at"),
            *("birth_name", "use_name", "civility", "birth_precision"),
        )
        self.participants = Sheet(Participant, "id", "dossier_id", "person_id", "role", "joined_on", "left_on")
        self.persons_grants = Sheet(
            DossierUserGrant,
            *("id", "permission_id", "user_id", "dossier_id", "organisation_id", "valid_from", "valid_until"),
            *("reason", "granted_by_id"),
        )
        self.prints, self.blinder = Sheet(PersonIndex, "person_id", "token", "epoch"), blinder()
        self.requests = Sheet(
            HousingRequest,
            *("id", "subject_id", "dossier_id", "person_id", "number", "missing_reason", "renewed_on", "recorded_at"),
        )
        # before their evaluations, beside which nothing is written once they are frozen
        self.answers = Sheet(
            Answer,
            *("id", "subject_id", "evaluation_id", "dossier_id", "key", "value", "empty_reason", "revision"),
            *("written_by_id", "written_at"),
        )
        self.evaluations = Sheet(
            Evaluation,
            *("id", "subject_id", "dossier_id", "version", "evaluated_on", "frozen_at", "household_type", "children"),
            *("resource", "resources", "rent_debt", "ethos", "adhesion", "flash_done_at", "source", "recorded_at"),
            "recorded_by_id",
        )
        self.residences = Sheet(
            ResidentialSituation,
            *("id", "subject_id", "dossier_id", "person_id", "ethos", "started_on", "ended_on", "seen_on", "source"),
            *("recorded_at", "started_precision", "ended_precision", "told_by", "replaces_id", "withdrawn_at"),
        )
        self.events = Sheet(
            DossierEvent,
            *("id", "subject_id", "dossier_id", "kind", "on", "detail", "motive", "note", "source", "recorded_at"),
            *("recorded_by_id", "corrects_id"),
        )
        self.prescriptions = Sheet(
            Prescription,
            *("id", "subject_id", "dossier_id", "channel", "organisation_id", "met_on", "met_at", "commune_id"),
            *("place", "people", "needs", "urgency", "si_siao_number", "informed", "agreed_on", "no_agreement"),
            *("no_agreement_note", "recorded_at", "recorded_by_id", "acknowledged_at"),
        )
        self.documents = Sheet(
            Document,
            *("id", "subject_id", "dossier_id", "person_id", "kind", "klass", "is_kept", "media", "size", "file"),
            *("received_on", "valid_until", "version", "replaces_id", "added_at", "added_by_id", "added_for_id"),
            *("checked_at", "checked_by_id", "removed_at", "removed_by_id", "removal"),
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
            *("source", "created_at", "shown_version"),
        )
        self.fiches = Sheet(
            Fiche,
            *("id", "subject_id", "examen_id", "dossier_id", "seance_id", "version", "reference", "passage"),
            *("evaluated_on", "request_until", "age_band", "household_type", "children", "income", "resources"),
            *("rent_debt", "housing", "adhesion", "communes", "sizes", "floor", "access", "animals", "priority"),
            *("debt_plan", "support", "papers", "told_at"),
        )
        self.examen_grants = Sheet(
            ExamenGroupGrant,
            *("id", "permission_id", "group_id", "examen_id", "valid_from", "valid_until", "reason", "granted_by_id"),
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

    def entry(self, draft: Draft, event: str, target: str = "", codes: str = "{}", actor: UUID | None = None) -> None:
        """An entry of the journal with its leaf (`audit.journal.canonical`, written at once)."""
        pk, at, dossier = str(uuid4()), self.clock.tick(), draft.id_text
        target, said = target or dossier, "null" if actor is None else f'"{actor}"'
        leaf = (
            f'{{"actor":{said},"codes":{codes},"dossier":"{dossier}","event":"{event}","id":"{pk}",'
            f'"kind":"ACT","recorded_at":"{at}","target":"{target}"}}'
        )
        digest = hashlib.sha256(b"\x00" + leaf.encode()).digest()
        self.entries.add(pk, at, "ACT", event, target, dossier, actor, codes, digest)

    def message(self, draft: Draft, task: str) -> None:
        """Something that the worker does for the dossier."""
        payload, at = f'{{"dossier": "{draft.id_text}"}}', draft.created
        self.messages.add(uuid4(), task, payload, at, at, 0, "", None, "")

    def person(self, draft: Draft, pk: UUID, member: Member) -> None:
        """A person, and her place in the household."""
        self.people.add(
            pk,
            pk,
            _LAST.seal(member.last_name, pk, pk),
            None if member.first_name is None else _FIRST.seal(member.first_name, pk, pk),
            _BORN.seal(member.birth_date, pk, pk),
            None,
            None,
            _SEX.seal(member.sex.value, pk, pk),
            self.clock.tick(),
            *(None, None, None, None),
        )
        self.participants.add(uuid4(), draft.id, pk, member.role.value, None, None)
        self.print_person(pk, Known((member.last_name,), member.first_name, member.birth_date))

    def prescription(self, draft: Draft, entry: NewEntry, on: date, body: UUID) -> None:
        """How the household came in, and the meeting when it was met."""
        pk, subject, answer = uuid4(), draft.household, entry.answer
        self.prescriptions.add(
            *(pk, subject, draft.id, entry.channel.value, body, on, None, None, None, None),
            None if entry.needs is None else _NEEDS.seal(entry.needs, subject, pk),
            *(str(entry.urgency), None, str(answer.informed), answer.agreed_on, None, None),
            *(self.clock.tick(), None, None),
        )
        if entry.channel == Channel.MARAUDE:
            self.event(draft, EventKind.FACT.value, on, detail=FactCode.RENCONTRE.value)

    def print_person(self, pk: UUID, known: Known) -> None:
        """By what she is found."""
        for each in sorted(tokens_of(known, self.blinder)):
            self.prints.add(pk, each, self.blinder.epoch)

    def grant(self, draft: Draft, team: int, since: str, until: str | None, reason: str) -> None:
        """A team sees the dossier."""
        self.grants.add(uuid4(), self.permission, team, draft.id, since, until, reason, None)

    def grant_to(self, draft: Draft, person: UUID, reason: str, by: UUID) -> None:
        """A person sees the dossier, by the hand of another."""
        at = self.clock.tick()
        self.persons_grants.add(uuid4(), self.permission, person, draft.id, self.siao, at, None, reason, by)

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
            None,
            ACT,
            draft.written,
            None,
        )
        for key, value in answers_of(told).items():
            row, (before, revision) = uuid4(), draft.answered.get(key, ("", 0))
            draft.answered[key] = value, revision + (value != before)
            sealed = _ANSWER.seal(value, subject, row)
            self.answers.add(row, subject, pk, draft.id, key, sealed, None, draft.answered[key][1], None, draft.written)

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
        told_at = self.clock.tick()
        self.residences.add(pk, person, draft.id, person, sealed, since, until, seen_on, ACT, told_at, *EMPTY)
        return pk

    def seen(self, draft: Draft, kind: PieceKind, person: UUID | None, on: date) -> None:
        """A piece that was seen, and handed back."""
        pk, subject, at = uuid4(), person or draft.household, self.clock.tick()
        sealed = _PIECE.seal(kind.code, subject, pk)
        self.documents.add(
            *(pk, subject, draft.id, person, sealed, kind.klass, "f", "", None, "", on, None, 1, None, at, None, None),
            *(at, None, None, None, None),
        )

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
        keep_request(self, draft)
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
            draft.began,
            draft.decided_on,
            draft.landlord,
            None,
            None,
            draft.closed_on,
            "t" if draft.is_protected else "f",
            draft.created,
            *("{}", None),  # PostgreSQL writes them from the grants
        )
        for lease in draft.leases:
            keep_lease(self, draft, lease)
        for measure in draft.measures:
            keep_measure(self, draft, measure)
        self.message(draft, "dossier.changed")
        self.message(draft, "likeness.look")


_LAST, _FIRST, _BORN, _SEX = fields_of(Person, "last_name", "first_name", "birth_date", "sex")
(_NEEDS,) = fields_of(Prescription, "needs")
_DETAIL, _MOTIVE, _NOTE = fields_of(DossierEvent, "detail", "motive", "note")
_TYPE, _CHILDREN, _RESOURCE = fields_of(Evaluation, "household_type", "children", "resource")
_RESOURCES, _DEBT, _ETHOS, _ADHESION = fields_of(Evaluation, "resources", "rent_debt", "ethos", "adhesion")
(_PIECE,) = fields_of(Document, "kind")
(_ANSWER,) = fields_of(Answer, "value")
(_LIVED,) = fields_of(ResidentialSituation, "ethos")
_S_AGE, _S_TYPE, _S_RESOURCE = fields_of(Snapshot, "age", "household_type", "resource")
_S_RESOURCES, _S_ETHOS = fields_of(Snapshot, "resources", "ethos")
