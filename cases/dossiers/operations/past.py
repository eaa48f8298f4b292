"""Facts of the past, stated by an import: the same constraints and journal as the acts, without their guards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts import grants
from accounts.grants import require
from accounts.models import Organisation, User
from audit import journal
from cases.dossiers.models import (
    Dossier,
    Evaluation,
    EventKind,
    Household,
    HousingRequest,
    Participant,
    Person,
    PersonRole,
    ResidentialSituation,
    Source,
    State,
)
from cases.dossiers.operations.answers.versions import take_over
from cases.dossiers.operations.facts import NewFact, correct_fact, state_facts
from cases.dossiers.operations.indexing import ask_to_look, index_new_person, index_person
from core import outbox
from core.errors import OperationRefused
from core.gathering import insert
from core.locking import lock
from core.workflow import path
from vault import keys
from vault.models import KeyClass

IMPORT = "dossiers.import_register"
NOT_BY_IMPORT = frozenset({State.CLOS.value})  # closing and reopening ask for a motive: a person does them
IDENTITY = ("last_name", "first_name", "sex", "birth_date")
LINES_OF = {"resources": "resources", "resource": "resources", "rent_debt": "debts"}  # a total told anew has no lines
EVALUATED = ("household_type", "children", "resource", "resources", "rent_debt", "ethos", "evaluated_on")


@dataclass(frozen=True, slots=True)
class PastSituation:
    """One situation as a register tells it. Amounts are euros per month; codes are those of `choices.py`.

    The ids of the household and of the titulaire are chosen here, so that the keys of many can be made at once.
    """

    reference: str
    last_name: str
    state: State
    state_on: date | None
    first_name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    household_type: str | None = None
    children: int | None = None
    prescripteur: Organisation | None = None
    oriented_on: date | None = None
    ethos: str | None = None
    resource: str | None = None
    resources: Decimal | None = None
    rent_debt: Decimal | None = None
    unique_number: str | None = None
    evaluated_on: date | None = None
    motive: str | None = None
    motive_text: str | None = None
    presented_on: date | None = None
    decided_on: date | None = None
    landlord: Organisation | None = None
    household_id: UUID = field(default_factory=uuid4)
    person_id: UUID = field(default_factory=uuid4)

    @property
    def evaluation(self) -> dict[str, object]:
        """The evaluation's fields, as its row stores them."""
        told = {name: getattr(self, name) for name in EVALUATED}
        return {**told, "children": None if self.children is None else str(self.children)}


def prepare_keys(situations: Iterable[tuple[UUID, UUID]]) -> None:
    """Make the keys of many (household, titulaire) pairs in one go, before their rows."""
    pairs = list(situations)
    keys.ensure(
        [(household, KeyClass.SOCIAL) for household, _ in pairs]
        + [(person, klass) for _, person in pairs for klass in (KeyClass.IDENTITY, KeyClass.SOCIAL)]
    )


@transaction.atomic
def record_past_situation(
    facts: PastSituation, *, team: Organisation, referent: User | None, by: User | None
) -> Dossier:
    """Create the dossier in the state that its facts imply, open it to `team`, and state its dated facts.

    Raises `IntegrityError` when the reference exists, `NotAllowed` without the right to import.
    """
    require(by, IMPORT)
    now = timezone.now()
    insert(Household(id=facts.household_id, created_at=now))
    dossier = Dossier(
        reference=facts.reference,
        household_id=facts.household_id,
        state=facts.state,
        state_on=facts.state_on,
        source=Source.IMPORT,
        referent=referent,
        prescripteur=facts.prescripteur,
        oriented_on=facts.oriented_on,
        decided_on=facts.decided_on,
        positioned_landlord=facts.landlord,
        created_at=now,
    )
    dossier.save(force_insert=True)
    grants.grant(dossier, to=team.team, reason="import", by=by)
    person = _record_titulaire(dossier, facts)
    _record_evaluation(dossier, facts, by=by)
    if facts.ethos is not None:
        residence = ResidentialSituation(
            subject_id=person.pk,
            dossier=dossier,
            person=person,
            ethos=facts.ethos,
            seen_on=facts.evaluated_on,
            source=Source.IMPORT,
            recorded_at=now,
        )
        insert(residence)
    state_facts(dossier, _dated_facts(facts), by=by, source=Source.IMPORT)
    journal.record("dossier.recorded", target=dossier.pk, dossier=dossier.pk, by=by, state=facts.state.value)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    ask_to_look(dossier.pk)
    return dossier


@transaction.atomic
def correct_past_situation(
    dossier_id: UUID, facts: PastSituation, *, changed: Collection[str], by: User | None
) -> Dossier:
    """Bring the named fields to what the register now says; a frozen value becomes a new version."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, IMPORT, dossier)
    changed = set(changed)
    if changed & set(IDENTITY):
        _correct_identity(dossier, facts, changed)
    if "unique_number" in changed:
        _correct_number(dossier, facts)
    if changed & {*IDENTITY, "unique_number"}:
        index_person(_titulaire_id(dossier))
        ask_to_look(dossier.pk)
    if changed & {"prescripteur", "oriented_on"}:
        dossier.prescripteur = facts.prescripteur or dossier.prescripteur
        dossier.oriented_on = facts.oriented_on or dossier.oriented_on
        dossier.save(update_fields=["prescripteur", "oriented_on"])
    if "landlord" in changed:
        dossier.positioned_landlord = facts.landlord
        dossier.save(update_fields=["positioned_landlord"])
    if changed & set(EVALUATED):
        _new_version(dossier, facts, changed, by=by)
    for fact in _dated_facts(facts):
        if changed & FOLLOWS[fact.kind]:
            correct_fact(dossier, fact, by=by, source=Source.IMPORT)
    journal.record("dossier.corrected", target=dossier.pk, dossier=dossier.pk, by=by, fields=sorted(changed))
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return dossier


def can_walk(dossier: Dossier, target: State) -> bool:
    """Whether declared moves lead to `target` from the present state, without closing nor reopening."""
    return path(Dossier, dossier.state, target.value, avoiding=NOT_BY_IMPORT) is not None


@transaction.atomic
def walk_to(dossier_id: UUID, target: State, *, since: Mapping[State, date | None], by: User | None) -> Dossier:
    """Walk the declared moves to the state that new facts imply, guards not asked; `since` dates each state.

    Raises `OperationRefused`, naming both states, when no walk leads there.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, IMPORT, dossier)
    steps = path(Dossier, dossier.state, target.value, avoiding=NOT_BY_IMPORT)
    if steps is None:
        now_in, wanted = State(dossier.state).label, target.label
        raise OperationRefused(
            f"Le dossier est « {now_in} » dans Seuil ; la ligne le dit « {wanted} », et aucun passage n’y mène. "
            "Corrigez la ligne, ou faites l’acte dans le dossier."
        )
    for step in steps:
        getattr(dossier, step.name)(on=since.get(State(step.target)))
        dossier.save(update_fields=["state", "state_on", "review_on", "decided_on", "oriented_on"])
        journal.record(f"dossier.{step.name}", target=dossier.pk, dossier=dossier.pk, by=by, state=str(dossier.state))
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return dossier


FOLLOWS = {
    EventKind.ORIENTATION: {"oriented_on"},
    EventKind.EVALUATION: {"evaluated_on"},
    EventKind.INSTRUCTION: {"motive", "motive_text"},
}


def _dated_facts(facts: PastSituation) -> list[NewFact]:
    """The facts that this app keeps; the commission, housing and support state their own."""
    told = []
    if facts.oriented_on is not None or facts.prescripteur is not None:
        told.append(NewFact(EventKind.ORIENTATION, facts.oriented_on))
    if facts.evaluated_on is not None:
        told.append(NewFact(EventKind.EVALUATION, facts.evaluated_on))
    if facts.motive is not None:
        told.append(NewFact(EventKind.INSTRUCTION, facts.evaluated_on, motive=facts.motive, note=facts.motive_text))
    return told


def _record_titulaire(dossier: Dossier, facts: PastSituation) -> Person:
    now = timezone.now()
    person = Person(id=facts.person_id, subject_id=facts.person_id, created_at=now)
    for name in IDENTITY:
        setattr(person, name, getattr(facts, name))
    insert(person)
    insert(Participant(dossier=dossier, person=person, role=PersonRole.TITULAIRE))
    number = facts.unique_number
    insert(HousingRequest(subject_id=person.pk, dossier=dossier, person=person, number=number, recorded_at=now))
    index_new_person(person, [number])
    return person


def _record_evaluation(dossier: Dossier, facts: PastSituation, *, by: User | None) -> None:
    now = timezone.now()
    evaluation = Evaluation(
        subject_id=dossier.household_id,
        dossier=dossier,
        version=1,
        frozen_at=now if facts.presented_on else None,
        source=Source.IMPORT,
        recorded_at=now,
        recorded_by=by,
        **facts.evaluation,
    )
    insert(evaluation)


def _correct_identity(dossier: Dossier, facts: PastSituation, changed: set[str]) -> None:
    person = Person.objects.get(participations__dossier=dossier, participations__role=PersonRole.TITULAIRE)
    named = [name for name in IDENTITY if name in changed]
    for name in named:
        setattr(person, name, getattr(facts, name))
    person.save(update_fields=named)


def _titulaire_id(dossier: Dossier) -> UUID:
    return Participant.objects.get(dossier=dossier, role=PersonRole.TITULAIRE).person_id


def _correct_number(dossier: Dossier, facts: PastSituation) -> None:
    request = HousingRequest.objects.of_titulaires().get(dossier=dossier)
    request.number = facts.unique_number
    request.save(update_fields=["number"])


def _new_version(dossier: Dossier, facts: PastSituation, changed: set[str], *, by: User | None) -> None:
    last = Evaluation.objects.filter(dossier=dossier).order_by("-version")[0]
    told = facts.evaluation
    values = {name: told[name] if name in changed else getattr(last, name) for name in EVALUATED}
    now = timezone.now()
    version = Evaluation(
        subject_id=dossier.household_id,
        dossier=dossier,
        version=last.version + 1,
        adhesion=last.adhesion,
        flash_done_at=last.flash_done_at,
        source=Source.IMPORT,
        recorded_at=now,
        recorded_by=by,
        **values,
    )
    version.save(force_insert=True)
    take_over(last, version, but=[key for name, key in LINES_OF.items() if name in changed])
    if last.frozen_at or facts.presented_on:
        version.frozen_at = now
        version.save(update_fields=["frozen_at"])
