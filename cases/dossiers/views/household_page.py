"""« Le ménage »: who is of it, what they make together, where each was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import grants
from cases.dossiers.models import (
    Custody,
    Dossier,
    Evaluation,
    ExpectedBirth,
    HouseholdAnimals,
    HouseholdType,
    Leaving,
    MemberDetail,
    Participant,
    PersonRole,
    Relation,
    State,
)
from cases.dossiers.models.composition import RULE, Counted, Need, household_type, typology_needed
from cases.dossiers.operations.acts import IDENTITY, VIEW
from cases.dossiers.operations.household.splitting import is_too_young
from cases.dossiers.views.frame import actor, dossier_context, visible_dossier
from cases.dossiers.views.persons import age_words, born_words, callings
from cases.dossiers.views.words import capitalised, composition_words, household_words
from core.components import Entry
from core.http import needs
from core.typography import in_words
from vault import keys
from vault.models import KeyClass


@dataclass(frozen=True, slots=True)
class MemberCard:
    """A member as the page shows her; words are empty when they are not known, or not the reader’s."""

    stay: Participant
    name: str
    place: str
    age: str
    born: str
    birth_name: str
    relation: str
    custody: str
    leaving: str
    is_titulaire: bool
    may_part: bool
    may_lead: bool  # no child under sixteen becomes titulaire, nor has a dossier of her own


@dataclass(frozen=True, slots=True)
class Together:
    """What the members make together, and how the evaluation says it otherwise."""

    words: str
    difference: str
    need: Need


@needs(VIEW)
@require_safe
def household(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The members, those who left, births to come, animals; and what is possible."""
    dossier = visible_dossier(request, pk)
    context = dossier_context(request, dossier, "")
    may_name = context["person"] is not None
    details = {each.participant_id: each for each in MemberDetail.objects.filter(dossier=dossier)}
    births = list(ExpectedBirth.objects.filter(dossier=dossier, closed_at=None).order_by("recorded_at"))
    keys.warm([birth.pk for birth in births], [KeyClass.SOCIAL])
    members: list[Participant] = context["members"]
    cards = [
        _card(stay, name, details.get(stay.pk), context["today"], may_name, alone=len(members) == 1)
        for stay, name in _called(members, may_name=may_name)
    ]
    context |= {
        "cards": [card for card in cards if card.stay.left_on is None],
        "former": [card for card in cards if card.stay.left_on is not None],
        "births": births,
        "animals": animals_words(HouseholdAnimals.objects.filter(dossier=dossier).first()),
        "together": _together(cards, details, births, context["evaluation"], context["today"]) if may_name else None,
        "rule": RULE,
        "may_name": may_name,
        "may_change": context["in_full"] and dossier.state != State.CLOS,
        "above": [*context["above"], Entry(dossier.reference, dossier.get_absolute_url())],
    }
    return render(request, "dossiers/household.html", context)


@needs(IDENTITY)
@require_safe
def person(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """The households that a person was of, from when to when: those that the reader sees."""
    dossier = visible_dossier(request, pk)
    stay = get_object_or_404(Participant.objects.select_related("person"), pk=member, dossier=dossier)
    found = Participant.objects.filter(person=stay.person_id).select_related("dossier")
    stays = list(grants.visible(found, actor(request), of="dossier").order_by("dossier__created_at", "joined_on"))
    details = MemberDetail.objects.filter(participant__in=stays)
    leaving = {each.participant_id: each.leaving for each in details}
    context = dossier_context(request, dossier, "")
    context |= {
        "who": stay.person.name,
        "stays": [
            (each, place_of(each), _leaving_words(leaving.get(each.pk)), each.dossier_id == pk) for each in stays
        ],
        "trail": household_trail(dossier),
    }
    return render(request, "dossiers/person.html", context)


def household_trail(dossier: Dossier) -> list[Entry]:
    """From the list to the household."""
    return [
        Entry("Dossiers", reverse("dossiers:list")),
        Entry(dossier.reference, dossier.get_absolute_url()),
        Entry("Ménage", reverse("dossiers:household", args=[dossier.pk])),
    ]


def animals_words(row: HouseholdAnimals | None) -> str:
    """« deux chats, un chien de catégorie 2 »; nothing when it was not asked."""
    if row is None:
        return ""
    dogs, cats = int(row.dogs or 0), int(row.cats or 0)
    told = []
    if dogs:
        category = f" de catégorie {row.dog_category}" if row.dog_category else ""
        told.append(f"{in_words(dogs)} chien{'s' if dogs > 1 else ''}{category}")
    if cats:
        told.append(f"{in_words(cats)} chat{'s' if cats > 1 else ''}")
    if row.others:
        told.append(row.others)
    return ", ".join(told) or "aucun"


def place_of(stay: Participant) -> str:
    return str(PersonRole(stay.role).label)


def _called(members: Sequence[Participant], *, may_name: bool) -> list[tuple[Participant, str]]:
    names = callings(members, may_name=may_name)
    return [(stay, stay.person.name if may_name else names[stay.pk]) for stay in members]


def _card(
    stay: Participant, name: str, detail: MemberDetail | None, today: date, may_name: bool, *, alone: bool
) -> MemberCard:
    person, hidden = stay.person, not may_name
    born_as = person.birth_name if not hidden and person.birth_name != person.last_name else None
    return MemberCard(
        stay=stay,
        name=name,
        place=capitalised(place_of(stay)),
        age="" if hidden else age_words(person, stay.left_on or today),
        born="" if hidden else born_words(person, today),
        birth_name=born_as or "",
        relation="" if hidden else _label(Relation, detail.relation if detail else None),
        custody="" if hidden else _label(Custody, detail.custody if detail else None),
        leaving="" if hidden else _leaving_words(detail.leaving if detail else None),
        is_titulaire=stay.role == PersonRole.TITULAIRE,
        may_part=not alone,
        may_lead=not is_too_young(stay, today),
    )


def _together(
    cards: Sequence[MemberCard],
    details: Mapping[UUID, MemberDetail],
    births: Sequence[ExpectedBirth],
    evaluation: Evaluation | None,
    today: date,
) -> Together:
    here = [card.stay for card in cards if card.stay.left_on is None]
    counted = [
        Counted(
            stay.role,
            stay.person.sex,
            stay.person.age_on(today),
            details[stay.pk].custody if stay.pk in details else None,
        )
        for stay in here
    ]
    kind, children = household_type(counted)
    unborn = [Counted(PersonRole.ENFANT, age=0) for _ in births]
    words = composition_words(kind, str(children)) if kind is not None else ""
    return Together(words, _difference(kind, children, words, evaluation), typology_needed([*counted, *unborn]))


def _difference(kind: HouseholdType | None, children: int, words: str, evaluation: Evaluation | None) -> str:
    """What the evaluation says otherwise, as a sentence; nothing when both agree, or when one does not tell."""
    told = evaluation.household_type if evaluation is not None else None
    if kind is None or told is None or evaluation is None:
        return ""
    said = evaluation.children or ""
    counted = int(said) if said.isdecimal() else None
    if told == kind and (counted is None or counted == children):
        return ""
    return f"L’évaluation dit « {household_words(evaluation)} » ; les personnes inscrites ici font « {words} »."


def _label(choices: Any, code: str | None) -> str:
    return capitalised(str(choices(code).label)) if code in choices.values else ""


def _leaving_words(code: str | None) -> str:
    return str(Leaving(code).label) if code in Leaving.values else ""
