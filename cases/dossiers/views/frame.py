"""What every page of a dossier shares: who may see it, its header, its path, its tabs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.reading import opened
from cases.dossiers.models import (
    Dossier,
    DossierEvent,
    Evaluation,
    EventKind,
    Participant,
    Person,
    PersonRole,
    State,
)
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.views.timeline import where_words
from cases.dossiers.views.words import capitalised, household_words
from core.components import Entry, Step
from vault import keys
from vault.models import KeyClass

IDENTITY, RESOURCES = "dossiers.see_identity", "dossiers.see_resources"
STAGES = ("Prescrit", "Évalué", "Prêt à présenter", "Commission", "Recherche", "Logé", "Suivi")
STAGE_OF = {
    State.REPERE: -1,
    State.PRESCRIT: 0,
    State.EN_EVALUATION: 1,
    State.A_COMPLETER: 1,
    State.EVALUE: 1,
    State.PRET: 2,
    State.EN_COMMISSION: 3,
    State.VALIDE: 3,
    State.EN_RECHERCHE: 4,
    State.LOGE: 5,
    State.EN_SUIVI: 6,
}
BEING_EVALUATED = (State.EN_EVALUATION, State.A_COMPLETER)
STAGE_OF_FACT = {
    EventKind.ORIENTATION: 0,
    EventKind.EVALUATION: 1,
    EventKind.PRESENTATION: 3,
    EventKind.DECISION: 3,
    EventKind.LEASE: 5,
}


def actor(request: HttpRequest) -> User:
    """Who asks: behind `needs`, always somebody who signed in."""
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    return request.user


def visible_dossier(request: HttpRequest, pk: UUID, *, also: Mapping[str, Any] | None = None) -> Dossier:
    """The dossier if a live grant shows it to the reader, else 404; its opening goes to the journal.

    `also` annotates it.
    """
    found = Dossier.objects.visible_to(actor(request)).select_related("referent", "prescripteur", "positioned_landlord")
    dossier: Dossier = get_object_or_404(found.annotate(**also or {}), pk=pk)
    opened("dossier.opened", target=dossier.pk, dossier=dossier.pk)
    return dossier


def dossier_context(request: HttpRequest, dossier: Dossier, tab: str) -> dict[str, Any]:
    """The header, the path and the tabs of a dossier's page."""
    today = timezone.localdate()
    may_name = request.user.has_perm(IDENTITY)
    member = Participant.objects.select_related("person").filter(dossier=dossier, role=PersonRole.TITULAIRE).first()
    evaluation = Evaluation.objects.filter(dossier=dossier).order_by("-version").first()
    standing = DossierEvent.objects.standing().filter(dossier=dossier).select_related("recorded_by").with_author_body()
    events = list(standing.order_by(F("on").asc(nulls_first=True), "recorded_at"))
    person = member.person if member and may_name else None
    subjects = [dossier.household_id, *([member.person_id] if member else [])]
    keys.warm(subjects, [KeyClass.IDENTITY, KeyClass.SOCIAL] if may_name else [KeyClass.SOCIAL])
    in_full = request.user.has_perm(INSTRUCT)
    where = where_words(dossier, evaluation.ethos if evaluation else None, events, today=today, in_full=in_full)
    return {
        "dossier": dossier,
        "today": today,
        "person": person,
        "evaluation": evaluation,
        "events": events,
        "name": person.name if person else dossier.reference,
        "summary": summary_of(person, evaluation, dossier, where, today=today),
        "steps": steps_of(dossier, events),
        "tabs": tabs_of(dossier, tab, in_full=in_full),
        "above": [Entry("Dossiers", reverse("dossiers:list"))],
        "may_resources": request.user.has_perm(RESOURCES),
        "in_full": in_full,
    }


def names_of(dossiers: Collection[Dossier], user: User) -> dict[UUID, str]:
    """How a list names each dossier: the titulaire for who may see identities, else the reference."""
    names = {dossier.pk: dossier.reference for dossier in dossiers}
    if user.has_perm(IDENTITY):
        titulaires = Participant.objects.filter(dossier__in=names, role=PersonRole.TITULAIRE)
        members = list(titulaires.select_related("person"))
        keys.warm([member.person_id for member in members], [KeyClass.IDENTITY])
        names |= {member.dossier_id: member.person.listed_name for member in members}
    return names


def summary_of(
    person: Person | None, evaluation: Evaluation | None, dossier: Dossier, where: str, *, today: date
) -> str:
    """What stands under the name: age, household, where one lives, who follows."""
    told: list[str] = []
    if person is not None and person.birth_date is not None:
        born = person.birth_date
        told.append(f"{today.year - born.year - ((today.month, today.day) < (born.month, born.day))} ans")
    if words := household_words(evaluation):
        told.append(words)
    first = capitalised(", ".join(told))
    who = f"Référent : {dossier.referent}." if dossier.referent else "Personne ne suit ce dossier."
    return " ".join(part for part in (f"{first}." if first else "", where, who) if part)


def steps_of(dossier: Dossier, events: Sequence[DossierEvent]) -> list[Step]:
    """The seven stages; a situation put off, not retained or closed stands where it had come to."""
    reached = [(stage, event.on) for event in events if (stage := _stage_of(event)) is not None]
    when = {stage: on for stage, on in reached if on is not None}
    here = STAGE_OF.get(State(dossier.state), max((stage for stage, _ in reached), default=0))
    if dossier.state in STAGE_OF and dossier.state_on is not None:
        when.setdefault(here, dossier.state_on)
    labels = (STAGES[0], "Évaluation", *STAGES[2:]) if dossier.state in BEING_EVALUATED else STAGES
    return [
        Step(
            label,
            "done" if rank < here else "now" if rank == here else "todo",
            when.get(rank) if rank <= here else None,
        )
        for rank, label in enumerate(labels)
    ]


def _stage_of(event: DossierEvent) -> int | None:
    """The stage that a fact tells of; coming back among the validated is not another commission."""
    if event.kind == EventKind.STATE:
        detail = event.detail or ""
        return STAGE_OF.get(State(detail)) if detail in State.values and detail != State.VALIDE else None
    return STAGE_OF_FACT.get(EventKind(event.kind))


def tabs_of(dossier: Dossier, current: str, *, in_full: bool) -> list[Entry]:
    """The parts of a dossier; each app serves its own, by the name of its address."""
    parts = (
        ("Parcours", "dossiers:detail", "path"),
        *([("Évaluation", "dossiers:evaluation", "evaluation")] if in_full else []),
        ("Commission", "commission:dossier", "commission"),
        ("Logement", "housing:dossier", "housing"),
        ("Accompagnement", "support:dossier", "support"),
        ("Journal", "dossiers:journal", "journal"),
    )
    return [Entry(label, reverse(name, args=[dossier.pk]), current=key == current) for label, name, key in parts]
