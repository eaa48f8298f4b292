"""Writing answers, each on its own: what is wrong or contested never holds back the others, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import TEXT_OF, AnswerDraft, Dossier, Evaluation
from cases.dossiers.models.questions import FLASH, JUSTICE, QUESTIONS, SANTE, Kind, Place, Question, StepOf, step_of
from cases.dossiers.operations.answers.held import Held, held_apart, held_of, last_version, titulaire_id, titulaires
from cases.dossiers.operations.answers.places import put, put_apart
from cases.dossiers.operations.answers.raw import lines_of, mark_of, raw_lines, require_sound
from cases.dossiers.operations.answers.versions import open_version, require_writable
from cases.dossiers.operations.telling import tell_members
from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from vault.models import KeyClass

NO_LONGER = "Cette réponse a encore changé pendant que vous choisissiez : comparez de nouveau les deux textes."
FROZEN_APART = (
    "Cette version de l’évaluation est figée. Le référent du SIAO peut en ouvrir une autre : écrivez-y alors."
)
EVENTS = {SANTE.klass: "health.written", JUSTICE.klass: "justice.written"}


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody answers: a raw value, or why it is empty. `seen` is the token of what she had before her.

    Without `seen` (the system, a population) what is there is written over. `shared`, of health: the person agrees
    that the social worker reads it.
    """

    value: str = ""
    reason: str = ""
    seen: str | None = None
    shared: bool = False

    @property
    def mark(self) -> str:
        return mark_of(self.value, self.reason)


class Outcome(StrEnum):
    """What became of an answer."""

    WRITTEN = "written"
    SAME = "same"  # nothing to write: it is what is there, or what the person had before her
    CONTESTED = "contested"  # somebody else wrote meanwhile: hers is kept aside


class Keep(StrEnum):
    """Which of two texts stays."""

    MINE = "mine"
    OTHER = "other"
    BOTH = "both"


BOTH_OF = frozenset({Kind.TEXT, Kind.LONG, Kind.SEVERAL, Kind.COMMUNES, Kind.LINES})


@dataclass(slots=True)
class Written:
    """What became of each answer, by key, and when."""

    at: datetime
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def keys(self, outcome: Outcome) -> list[str]:
        return sorted(key for key, each in self.outcomes.items() if each is outcome)


@transaction.atomic
def write_answers(dossier_id: UUID, told: Mapping[str, Told], *, by: User | None) -> Written:
    """Write these answers, by the keys of their questions, into the version being written.

    An answer that somebody else changed since `seen` is not written over: what `by` wrote is kept in a draft of hers.
    Raises `OperationRefused` outside the time of evaluation and for what no page could have sent; `NotAllowed`.
    """
    dossier = lock(Dossier.objects, dossier_id)
    questions = [QUESTIONS[key] for key in told]
    for step in {step_of(question).code: step_of(question) for question in questions}.values():
        require(by, step.writes, dossier)
    require_writable(dossier)
    for key, answer in told.items():
        require_sound(QUESTIONS[key], answer.value, answer.reason)
    done = Written(timezone.now())
    for klass in KeyClass:
        group = [question for question in questions if question.klass == klass]
        if klass == KeyClass.SOCIAL:
            _write_social(dossier, group, told, done, by)
        elif group:
            _write_apart(dossier, step_of(group[0]), told, done, by)
    return done


@transaction.atomic
def settle(dossier_id: UUID, key: str, keep: Keep, *, seen: str, by: User) -> Written:
    """Say which of the two texts of a contested answer stays; hers is no longer kept aside.

    `seen` is the token of the other one, as the page showed it. Raises `OperationRefused` when it changed again.
    """
    dossier = lock(Dossier.objects, dossier_id)
    question = QUESTIONS[key]
    require(by, step_of(question).writes, dossier)
    draft = _drafts(dossier, by).filter(key=key).first()
    if draft is None:
        return Written(timezone.now(), {key: Outcome.SAME})
    if keep is Keep.OTHER:
        draft.delete()
        return Written(timezone.now(), {key: Outcome.SAME})
    current = _current(dossier, question)
    if seen != current.token:
        raise OperationRefused(NO_LONGER)
    mine = told_of(draft)
    value = mine.value if keep is Keep.MINE else both(question, current.value, mine.value)
    reason = mine.reason if keep is Keep.MINE and not value else ""
    draft.delete()
    return write_answers(dossier_id, {key: Told(value, reason, current.token)}, by=by)


def drafts_of(dossier: Dossier, user: User, questions: Iterable[Question]) -> dict[str, Told]:
    """What `user` wrote that is not settled yet, by question."""
    wanted = [question.key for question in questions]
    found = _drafts(dossier, user).filter(key__in=wanted)
    return {draft.key: told_of(draft) for draft in found}


def _drafts(dossier: Dossier, owner: User) -> QuerySet[AnswerDraft]:
    """Of the household and of its titulaire: one of who was titulaire before her is not offered for her."""
    of = Q(subject_id=dossier.household_id) | Q(subject_id__in=titulaires(dossier))
    return AnswerDraft.objects.filter(of, owner=owner, dossier=dossier)


def told_of(draft: AnswerDraft) -> Told:
    """What a draft says."""
    said = json.loads(getattr(draft, TEXT_OF[QUESTIONS[draft.key].klass]))
    return Told(said["value"], said["reason"])


def both(question: Question, other: str, mine: str) -> str:
    """The two answers together, the other's first, where that means something."""
    if question.kind in (Kind.SEVERAL, Kind.COMMUNES):
        return ",".join(dict.fromkeys([*filter(None, other.split(",")), *filter(None, mine.split(","))]))
    if question.kind is Kind.LINES:
        return raw_lines([*lines_of(other), *(line for line in lines_of(mine) if line not in lines_of(other))])
    return ("\n\n" if question.kind is Kind.LONG else " · ").join(part for part in (other, mine) if part)


def _current(dossier: Dossier, question: Question) -> Held:
    if question.klass == KeyClass.SOCIAL:
        return held_of(dossier, last_version(dossier), [question])[question.key]
    return held_apart(dossier, step_of(question), None)[question.key]


def _write_social(
    dossier: Dossier, questions: list[Question], told: Mapping[str, Told], done: Written, by: User | None
) -> None:
    if not questions:
        return
    current = held_of(dossier, last_version(dossier), questions)
    for question in questions:
        done.outcomes[question.key] = _judge(dossier, current[question.key], told[question.key], done.at, by)
    fresh = [question for question in questions if done.outcomes[question.key] is Outcome.WRITTEN]
    if not fresh:
        return
    evaluation = open_version(dossier, by=by)
    for question in fresh:
        put(evaluation, current[question.key], told[question.key].value, told[question.key].reason, by=by, at=done.at)
    _note_flash(dossier, evaluation, done.at)
    evaluation.save()
    keys = [question.key for question in fresh]
    journal.record(
        "evaluation.written",
        target=evaluation.pk,
        dossier=dossier.pk,
        by=by,
        version=evaluation.version,
        questions=sorted(keys),
    )
    if any(question.place is not Place.ANSWER for question in fresh):
        outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    tell_members(dossier)  # the fiche repeats answers too: wishes, needs


def _write_apart(dossier: Dossier, step: StepOf, told: Mapping[str, Told], done: Written, by: User | None) -> None:
    """Health and justice: told to their own readers alone, in the journal too."""
    current = held_apart(dossier, step, None)
    fresh = []
    for question in step.questions:
        if question.key not in told:
            continue
        held, answer = current[question.key], told[question.key]
        outcome = _judge(dossier, held, answer, done.at, by)
        if outcome is Outcome.SAME and answer.shared != (held.shared_on is not None) and held.revision:
            outcome = Outcome.WRITTEN
        done.outcomes[question.key] = outcome
        fresh += [question] if outcome is Outcome.WRITTEN else []
    if not fresh:
        return
    last = last_version(dossier)
    if step is SANTE and last is not None and last.frozen_at is not None:
        raise OperationRefused(FROZEN_APART)
    evaluation = open_version(dossier, by=by)
    person = titulaire_id(dossier)
    for question in fresh:
        put_apart(evaluation, person, current[question.key], told[question.key], by=by, at=done.at)
    journal.record(
        EVENTS[step.klass],
        target=evaluation.pk,
        dossier=dossier.pk,
        by=by,
        questions=sorted(question.key for question in fresh),
    )


def _judge(dossier: Dossier, held: Held, answer: Told, at: datetime, by: User | None) -> Outcome:
    """Whether the answer is written; one that is contested is kept aside, for its writer alone."""
    if (answer.value, answer.reason) == (held.value, held.reason):
        return Outcome.SAME
    if answer.seen is None or answer.seen == held.token:
        return Outcome.WRITTEN
    if answer.seen.rpartition("-")[2] == answer.mark:
        return Outcome.SAME  # left as it was on the page
    if by is None:
        raise OperationRefused(NO_LONGER)
    _keep_aside(dossier, held.question, answer, at, by)
    return Outcome.CONTESTED


def _keep_aside(dossier: Dossier, question: Question, answer: Told, at: datetime, by: User) -> None:
    subject = dossier.household_id if question.klass == KeyClass.SOCIAL else titulaire_id(dossier)
    draft = _drafts(dossier, by).filter(key=question.key).first()
    draft = draft or AnswerDraft(subject_id=subject, owner=by, dossier=dossier, key=question.key)
    said = json.dumps({"value": answer.value, "reason": answer.reason}, ensure_ascii=False)
    setattr(draft, TEXT_OF[question.klass], said)
    draft.written_at = at
    draft.save()


def _note_flash(dossier: Dossier, evaluation: Evaluation, at: datetime) -> None:
    """The first evaluation is done when the last of its questions is answered."""
    if evaluation.flash_done_at is None:
        # what was just set stands on the instance; the rest is read
        held = held_of(dossier, evaluation, FLASH.questions)
        if all(each.is_settled for each in held.values()):
            evaluation.flash_done_at = at
