"""The questions of an evaluation, as data: nine steps for who instructs, health and justice for their own readers."""

from __future__ import annotations

from cases.dossiers.models.questions.apart import (
    JUSTICE,
    READ_HEALTH,
    READ_JUSTICE,
    SANTE,
    WRITE_HEALTH,
    WRITE_JUSTICE,
)
from cases.dossiers.models.questions.kinds import SETTLES, EmptyReason, Kind, Place, Question, StepOf
from cases.dossiers.models.questions.money import DETTES, RESSOURCES
from cases.dossiers.models.questions.project import ADHESION, BESOINS, HISTOIRE, SOUHAITS
from cases.dossiers.models.questions.situation import ADMINISTRATIF, LOGEMENT, MENAGE

NINE = (MENAGE, ADMINISTRATIF, LOGEMENT, RESSOURCES, DETTES, HISTOIRE, SOUHAITS, BESOINS, ADHESION)

STEPS: dict[str, StepOf] = {step.code: step for step in (*NINE, SANTE, JUSTICE)}
QUESTIONS: dict[str, Question] = {question.key: question for step in STEPS.values() for question in step.questions}
SOCIAL: tuple[Question, ...] = tuple(question for step in NINE for question in step.questions)
"""What who instructs asks and reads: neither health nor justice."""
FLASH = StepOf(
    "flash",
    "Évaluation flash",
    tuple(question for question in SOCIAL if question.flash),
    intro="Ce qu’il faut savoir dans les 72 heures. Ces réponses sont aussi celles de l’évaluation complète.",
)
ASKED = tuple(question for question in SOCIAL if question.asked)
COUNTED = tuple(question for question in SOCIAL if question.counts)


def step_of(question: Question) -> StepOf:
    """The step where a question is asked."""
    return next(step for step in STEPS.values() if question in step.questions)


__all__ = [
    "ASKED",
    "COUNTED",
    "FLASH",
    "JUSTICE",
    "NINE",
    "QUESTIONS",
    "READ_HEALTH",
    "READ_JUSTICE",
    "SANTE",
    "SETTLES",
    "SOCIAL",
    "STEPS",
    "WRITE_HEALTH",
    "WRITE_JUSTICE",
    "EmptyReason",
    "Kind",
    "Place",
    "Question",
    "StepOf",
    "step_of",
]
