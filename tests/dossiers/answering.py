"""Answers for tests: rows of every kind beside an evaluation, and the form of a step as a browser sends it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import (
    Answer,
    AnswerDraft,
    ChargeLine,
    DebtLine,
    Dossier,
    Evaluation,
    HealthAnswer,
    HousingRequest,
    JusticeAnswer,
    Participant,
    ResourceLine,
    State,
)
from cases.dossiers.models.questions import NINE, STEPS
from cases.dossiers.operations.answers import held_of, last_version
from cases.dossiers.operations.evaluating import ANSWERS as WHOLE
from tests.factories import make_dossier

BEING_EVALUATED: dict[str, Any] = {"state": State.EN_EVALUATION, "state_on": date(2023, 1, 2)}


def under_evaluation(**facts: Any) -> Dossier:
    """A dossier that the SIAO is evaluating."""
    return make_dossier(**BEING_EVALUATED | facts)


def fill(dossier: Dossier, owner: User, *, shared: bool = True) -> Evaluation:
    """A version that is not frozen, with a row of every kind beside it and something in every sealed column."""
    last = Evaluation.objects.filter(dossier=dossier).order_by("-version")[0]
    evaluation = last
    if last.frozen_at is not None:
        evaluation = Evaluation(
            subject_id=dossier.household_id,
            dossier=dossier,
            version=last.version + 1,
            source=last.source,
            recorded_at=timezone.now(),
        )
        evaluation.save(force_insert=True)
    person = Participant.objects.get(dossier=dossier, role="TITULAIRE").person_id
    of = {"evaluation": evaluation, "dossier": dossier}
    signed = {"revision": 1, "written_at": timezone.now(), "written_by": owner}
    house = {"subject_id": dossier.household_id, **of}
    Answer(**house, **signed, key="language", value="arabe dialectal").save(force_insert=True)
    Answer(**house, **signed, key="commune_now", empty_reason="REFUSED").save(force_insert=True)
    health: dict[str, Any] = {"subject_id": person, **of, **signed}
    since = timezone.localdate() if shared else None
    HealthAnswer(**health, key="health_notes", value="Un suivi à la Combe.", shared_on=since).save(force_insert=True)
    HealthAnswer(**health, key="health_needs", empty_reason="UNKNOWN").save(force_insert=True)
    JusticeAnswer(**health, key="place_constraint", value="Pas à Valcombe.").save(force_insert=True)
    JusticeAnswer(**health, key="release_on", empty_reason="UNKNOWN").save(force_insert=True)
    ResourceLine(**house, rank=1, nature="RSA", amount=Decimal("607.75"), until=None).save(force_insert=True)
    ChargeLine(**house, rank=1, nature="ENERGIE", amount=Decimal("41.20")).save(force_insert=True)
    DebtLine(
        **house,
        rank=1,
        nature="LOYER",
        amount=Decimal("350.10"),
        creditor="Régie des Lauzes",
        plan="SIGNE",
        monthly=Decimal("20.00"),
    ).save(force_insert=True)
    for key, subject, text in (
        ("mots_menage", dossier.household_id, "text"),
        ("health_notes", person, "health_text"),
        ("place_constraint", person, "justice_text"),
    ):
        AnswerDraft(
            id=uuid4(),
            subject_id=subject,
            owner=owner,
            dossier=dossier,
            key=key,
            written_at=timezone.now(),
            **{text: '{"value":"Le sien.","reason":""}'},
        ).save(force_insert=True)
    return evaluation


def sent(dossier: Dossier, step: str, **answers: Any) -> dict[str, Any]:
    """What a browser sends of a step: what the page shows, but for `answers`."""
    held = held_of(dossier, last_version(dossier), STEPS[step].questions) if STEPS[step] in NINE else {}
    data: dict[str, Any] = {}
    for key, each in held.items():
        data[f"{key}-vu"] = each.token
        data[f"{key}-raison"] = each.reason
        if each.question.kind == "lines":
            data[f"{key}-lignes"] = "0"
        else:
            several = each.question.kind in ("several", "communes")
            data[key] = [code for code in each.value.split(",") if code] if several else each.value
    return data | answers


def answers_of(dossier: Dossier) -> dict[str, Any]:
    """What is known, under the names of `NewEvaluation`; nothing of what is not."""
    evaluation = Evaluation.objects.filter(dossier=dossier).order_by("-version").first()
    request = HousingRequest.objects.of_titulaires().filter(dossier=dossier).first()
    told: dict[str, Any] = {}
    if evaluation is not None:
        told = {name: getattr(evaluation, name) for name in (*WHOLE, "children")}
    if request is not None:
        told |= {
            "unique_number": request.number,
            "missing_reason": request.missing_reason,
            "renewed_on": request.renewed_on,
        }
    return told
