"""What a question is made of: its shape, where its answer is kept, who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import models

from vault.models import KeyClass


class Kind(StrEnum):
    """The shape of an answer. Beside it, how it is written when kept as text (its raw form)."""

    CHOICE = "choice"  # a code of the list
    SEVERAL = "several"  # codes of the list, parted by commas
    TEXT = "text"
    LONG = "long"  # free text
    AMOUNT = "amount"  # euros, « 212.50 »
    NUMBER = "number"  # « 3 »
    DATE = "date"  # « 2026-03-02 »
    YES_NO = "yes_no"  # OUI, NON, INCONNU
    COMMUNES = "communes"  # codes of the Insee, parted by commas
    LINES = "lines"  # a small table, in JSON; « [] » says that there is none


class EmptyReason(models.TextChoices):
    """Why an answer stays empty."""

    REFUSED = "REFUSED", "La personne ne souhaite pas répondre"
    UNKNOWN = "UNKNOWN", "La personne ne sait pas"
    LATER = "LATER", "Pas encore demandé : le moment ne s’y prêtait pas"
    NOT_APPLICABLE = "NOT_APPLICABLE", "Sans objet"


SETTLES = frozenset({EmptyReason.REFUSED, EmptyReason.UNKNOWN, EmptyReason.NOT_APPLICABLE})
"""The reasons after which one asks no more; « later » is still to be asked."""


class Place(StrEnum):
    """Where an answer lives."""

    ANSWER = "answer"  # a row of its own
    EVALUATION = "evaluation"  # a column of the evaluation, which figures, fiches and imports read
    REQUEST = "request"  # a column of the housing request: of the person, whatever the version
    LINES = "lines"  # rows: resources, charges, debts


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `why` is what is answered to « Pourquoi cette question »; `column` names the column it fills.

    `counts`: a ring shows whether it is answered. `asked` : an evaluation is not completed without an answer or a
    reason. `flash`: it belongs to the first evaluation, due in 72 hours.
    """

    key: str
    label: str
    why: str
    kind: Kind
    choices: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    klass: KeyClass = KeyClass.SOCIAL
    place: Place = Place.ANSWER
    column: str = ""
    counts: bool = True
    asked: str = ""  # what is missing when it is empty, a noun phrase
    known: str = ""  # what is met, a sentence
    flash: bool = False
    past: bool = False  # a date to come is refused
    may_be_empty_with_reason: bool = True

    @property
    def names_a_column(self) -> str:
        return self.column or self.key


@dataclass(frozen=True, slots=True)
class StepOf:
    """A step of the evaluation: its address, its title, its questions; `reads` and `writes` are permissions."""

    code: str
    title: str
    questions: tuple[Question, ...]
    reads: str = "dossiers.instruct_dossier"
    writes: str = "dossiers.instruct_dossier"
    intro: str = ""

    @property
    def klass(self) -> KeyClass:
        return self.questions[0].klass
