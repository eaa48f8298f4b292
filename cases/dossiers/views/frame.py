"""What every page of a dossier shares: who may see it, its header, its path, its tabs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Concat
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.reading import opened
from cases.dossiers.models import (
    Document,
    Dossier,
    DossierEvent,
    DossierUserGrant,
    Evaluation,
    EventKind,
    GrantReason,
    Participant,
    PersonRole,
    State,
)
from cases.dossiers.models.questions import READ_HEALTH, READ_JUSTICE
from cases.dossiers.operations.acts import IDENTITY, INSTRUCT, RESOURCES
from cases.dossiers.operations.documents import JOIN, READS
from cases.dossiers.operations.protection import PROTECT
from cases.dossiers.views.persons import age_words, children_words
from cases.dossiers.views.timeline import dwellings, where_words
from cases.dossiers.views.words import capitalised, household_words
from core.components import Banner, Entry, Step
from core.typography import hour
from vault import keys
from vault.asking import Keys, Question, ask
from vault.models import KeyClass

FOLLOW = "dossiers.follow_prescription"
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
}
HOUSED = STAGES.index("Logé")


def actor(request: HttpRequest) -> User:
    """Who asks: behind `needs`, always somebody who signed in."""
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    return request.user


def sees_status_alone(user: Any) -> bool:
    """Who prescribes, and has no other role that opens dossiers: she follows where hers are, and reads nothing else."""
    return bool(user.has_perm(FOLLOW) and not user.has_perm(IDENTITY))


def visible_dossier(
    request: HttpRequest,
    pk: UUID,
    *,
    also: Mapping[str, Any] | None = None,
    beside: Sequence[str] = (),
    status_alone: bool = False,
) -> Dossier:
    """The dossier if a live grant shows it to the reader, else 404; its opening goes to the journal.

    `also` annotates it, `beside` names what else is read with it. A page that who sees the status alone may
    open says so (`status_alone`).
    """
    if sees_status_alone(request.user) and not status_alone:
        raise Http404
    beside = ("referent", "prescripteur", "positioned_landlord", *beside)
    found = Dossier.objects.visible_to(actor(request))
    dossier: Dossier = get_object_or_404(
        found.select_related(*beside).annotate(**_urgency(), **_documents(), **also or {}), pk=pk
    )
    request.banners = banners_of(dossier, actor(request))  # type: ignore[attr-defined]
    opened("dossier.opened", target=dossier.pk, dossier=dossier.pk)
    return dossier


def _urgency() -> dict[str, Any]:
    """Who has opened the dossier in an emergency, and until when: read with it, in its own query."""
    live = DossierUserGrant.objects.filter(content_object=OuterRef("pk"), reason=GrantReason.URGENCY)
    last = live.order_by("-valid_until")
    name = Concat("user__first_name", Value(" "), "user__last_name")
    return {
        "urgent_until": Subquery(last.values("valid_until")[:1]),
        "urgent_to": Subquery(last.values("user_id")[:1]),
        "urgent_name": Subquery(last.values_list(name)[:1]),
    }


def _documents() -> dict[str, Any]:
    """How many pieces of the dossier the reader may know of: row security counts."""
    standing = Document.objects.standing().filter(dossier=OuterRef("pk")).order_by().values("dossier")
    return {"documents_count": Coalesce(Subquery(standing.annotate(told=Count("pk")).values("told")), 0)}


def sees_documents(user: User) -> bool:
    """May the reader know of pieces: those of a class that she reads, or those that her team joined?"""
    return user.has_perm(JOIN) or any(user.has_perm(permission) for permission in READS.values())


def banners_of(dossier: Any, user: User) -> list[Banner]:
    """What each page of the dossier says at its top: opened in an emergency, protected."""
    banners = []
    if dossier.urgent_until is not None:
        until = hour(dossier.urgent_until)
        told = f"Vous voyez ce dossier jusqu’à {until}. Le délégué à la protection des données et le SIAO le savent."
        if dossier.urgent_to != user.pk:
            told = f"{dossier.urgent_name} a ouvert ce dossier en urgence, jusqu’à {until}."
        banners.append(Banner("stop", "Ouvert en urgence", told, "exclamation-triangle"))
    if dossier.is_protected:
        told = "Seules les personnes nommées le voient. Il n’est ni dans les listes ni dans les comptes des autres."
        banners.append(Banner("warn", "Dossier protégé", told, "lock"))
    return banners


def dossier_context(request: HttpRequest, dossier: Dossier, tab: str) -> dict[str, Any]:
    """The header, the path and the tabs of a dossier's page."""
    today = timezone.localdate()
    may_name = request.user.has_perm(IDENTITY)
    members = members_of(dossier)
    member = next((each for each in members if each.role == PersonRole.TITULAIRE), None)
    evaluation = Evaluation.objects.filter(dossier=dossier).order_by("-version").first()
    standing = DossierEvent.objects.standing().filter(dossier=dossier).select_related("recorded_by").with_author_body()
    events = list(standing.order_by(F("on").asc(nulls_first=True), "recorded_at"))
    person = member.person if member and may_name else None
    subjects = [dossier.household_id, *(each.person_id for each in members)]
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
        "members": members,
        "summary": summary_of(members if may_name else [], evaluation, dossier, where, today=today),
        "steps": steps_of(dossier, events),
        "tabs": tabs_of(dossier, tab, actor(request)),
        "above": [Entry("Dossiers", reverse("dossiers:list"))],
        "may_resources": request.user.has_perm(RESOURCES),
        "in_full": in_full,
    }


def names_of(dossiers: Collection[Dossier], user: User) -> dict[UUID, str]:
    """How a list names each dossier: the titulaire for who may see identities, else the reference."""
    return ask(naming(dossiers, user))


def naming(dossiers: Collection[Dossier], user: User) -> Question[dict[UUID, str]]:
    """The same, asked together with something else; one round and one for keys."""
    names = {dossier.pk: dossier.reference for dossier in dossiers}
    if user.has_perm(IDENTITY) and names:
        titulaires = Participant.objects.filter(dossier__in=names, role=PersonRole.TITULAIRE).select_related("person")
        yield [titulaires]
        yield Keys.of([member.person_id for member in titulaires], KeyClass.IDENTITY)
        names |= {member.dossier_id: member.person.listed_name for member in titulaires}
    return names


def members_of(dossier: Dossier) -> list[Participant]:
    """Each stay in the household, the titulaire's first, then by age as the list of places has them.

    `elsewhere` says whether the person takes part in another situation that the reader sees.
    """
    others = Participant.objects.filter(person=OuterRef("person")).exclude(dossier=dossier)
    stays = Participant.objects.filter(dossier=dossier).select_related("person").annotate(elsewhere=Exists(others))
    ranks = {role: rank for rank, role in enumerate(PersonRole.values)}
    return sorted(stays, key=lambda each: (each.left_on is not None, ranks[each.role], each.person.created_at))


def summary_of(
    members: Sequence[Participant], evaluation: Evaluation | None, dossier: Dossier, where: str, *, today: date
) -> str:
    """What stands under the name: age, household, where one lives, who follows."""
    told: list[str] = []
    head = next((each.person for each in members if each.role == PersonRole.TITULAIRE), None)
    if head is not None and (age := age_words(head, today)):
        told.append(age)
    children = [each.person for each in members if each.role == PersonRole.ENFANT and each.left_on is None]
    if children:
        told.append(children_words(children, today))
    elif words := household_words(evaluation):
        told.append(words)
    first = capitalised(", ".join(told))
    who = f"Référent : {dossier.referent}." if dossier.referent else "Personne ne suit ce dossier."
    return " ".join(part for part in (f"{first}." if first else "", where, who) if part)


def steps_of(dossier: Dossier, events: Sequence[DossierEvent]) -> list[Step]:
    """The seven stages; a situation put off, not retained or closed stands where it had come to."""
    homes = [(HOUSED, home.start) for home in dwellings(events, timezone.localdate())]
    reached = [(stage, event.on) for event in events if (stage := _stage_of(event)) is not None] + homes
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
    """The stage that a fact tells of; coming back among the validated is not another commission.

    A lease tells it when its household entered: `dwellings` knows the dated ones, a register gives some without a date.
    """
    if event.kind == EventKind.LEASE:
        return HOUSED if event.on is None else None
    if event.kind == EventKind.STATE:
        detail = event.detail or ""
        return STAGE_OF.get(State(detail)) if detail in State.values and detail != State.VALIDE else None
    return STAGE_OF_FACT.get(EventKind(event.kind))


def tabs_of(dossier: Dossier, current: str, user: User) -> list[Entry]:
    """The parts of a dossier; each app serves its own, by the name of its address.

    Who instructs finds justice among the steps of the evaluation; the others, what their role reads, as a part.
    """
    in_full, _shares = user.has_perm(INSTRUCT), user.has_perm(PROTECT)
    apart = [
        *([("Santé", "dossiers:evaluation_health", "health")] if user.has_perm(READ_HEALTH) else []),
        *([("Justice", "dossiers:evaluation_justice", "justice")] if user.has_perm(READ_JUSTICE) else []),
    ]
    parts = (
        ("Parcours", "dossiers:detail", "path"),
        *([("Évaluation", "dossiers:evaluation", "evaluation")] if in_full else apart),
        *([("Documents", "dossiers:documents", "documents")] if sees_documents(user) else []),
        ("Commission", "commission:dossier", "commission"),
        ("Logement", "housing:dossier", "housing"),
        ("Accompagnement", "support:dossier", "support"),
        ("Journal", "dossiers:journal", "journal"),
        *([("Accès", "dossiers:access", "access")] if user.has_perm(PROTECT) else []),
    )
    counts = {"documents": getattr(dossier, "documents_count", 0) or None}
    return [
        Entry(label, reverse(name, args=[dossier.pk]), current=key == current, count=counts.get(key))
        for label, name, key in parts
    ]
