"""What the pages of an evaluation show: rings, clocks, two texts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import Dossier
from cases.dossiers.models.questions import JUSTICE, NINE, SANTE, Question, StepOf
from cases.dossiers.operations.answers import BOTH_OF, Held, Told
from cases.dossiers.operations.clocks import Clock, Clocks
from cases.dossiers.views.evaluation.words import held_words, said
from core.components import FormStep, TwoTexts
from core.typography import DAYS, agree, day_and_month, hour

ADDRESS = {SANTE.code: "dossiers:evaluation_health", JUSTICE.code: "dossiers:evaluation_justice"}


@dataclass(frozen=True, slots=True)
class Progress:
    """How many questions are answered, of those that rings count."""

    answered: int
    asked: int

    @property
    def words(self) -> str:
        return f"{self.answered} {agree(self.answered, 'réponse')} sur {self.asked}"

    @property
    def share(self) -> str:
        return f"{round(100 * self.answered / self.asked) if self.asked else 0}%"


@dataclass(frozen=True, slots=True)
class ClockWords:
    """A clock in words: what, how far, and whether it is late."""

    title: str
    words: str
    level: str  # "ok" done in time, "warn" late, "" it runs


def address_of(dossier: Dossier, step: StepOf) -> str:
    """Where a step is written."""
    if step.code in ADDRESS:
        return reverse(ADDRESS[step.code], args=[dossier.pk])
    return reverse("dossiers:evaluation_step", args=[dossier.pk, step.code])


def progress_of(held: Mapping[str, Held]) -> Progress:
    """Over the nine steps."""
    counted = [question for step in NINE for question in step.questions if question.counts]
    return Progress(sum(held[question.key].is_settled for question in counted), len(counted))


def rings(dossier: Dossier, held: Mapping[str, Held], user: User, current: StepOf | None) -> list[FormStep]:
    """The steps that `user` may open: nine for who instructs; health and justice for their readers, without count."""
    shown = [step for step in NINE if user.has_perm(step.reads)]
    found = [
        FormStep(
            step.title,
            address_of(dossier, step),
            sum(held[question.key].is_settled for question in step.questions if question.counts),
            sum(question.counts for question in step.questions),
            current=step is current,
        )
        for step in shown
    ]
    apart = [step for step in (JUSTICE, SANTE) if user.has_perm(step.reads)]
    return found + [FormStep(step.title, address_of(dossier, step), 0, 0, current=step is current) for step in apart]


def clock_words(clocks: Clocks | None, now: datetime) -> list[ClockWords]:
    """« Évaluation flash : faite en 46 heures », « à faire avant jeudi 14 h »."""
    if clocks is None:
        return []
    return [_clock("Évaluation flash", clocks.flash, now), _clock("Évaluation complète", clocks.whole, now)]


def two_texts(question: Question, label: str, mine: Told, held: Held, communes: Mapping[str, str]) -> TwoTexts:
    """The two answers of a question that two people wrote at once."""
    who = str(held.written_by) if held.written_by else "Seuil"
    when = f", {moment(held.written_at)}" if held.written_at else ""
    return TwoTexts(
        question.key,
        label,
        f"{who}{when}",
        held_words(held, communes=communes),
        "Votre texte",
        said(question, mine.value, mine.reason, communes=communes),
        question.kind in BOTH_OF and bool(mine.value) and bool(held.value),
    )


def moment(at: datetime) -> str:
    """« à 10 h 42 », with its day when it is not today."""
    local = timezone.localtime(at)
    today = timezone.localdate()
    day = "" if local.date() == today else f"le {day_and_month(local.date(), today=today)} "
    return f"{day}à {hour(local)}"


def _clock(title: str, clock: Clock, now: datetime) -> ClockWords:
    took = clock.took
    if took is not None:
        late = clock.is_late(now)
        return ClockWords(title, f"faite en {lasted(took)}{', hors délai' if late else ''}", "warn" if late else "ok")
    due = timezone.localtime(clock.due_at)
    if clock.is_late(now):
        return ClockWords(title, f"attendue depuis {_when(due, now)}", "warn")
    return ClockWords(title, f"à faire avant {_when(due, now)}", "")


def _when(due: datetime, now: datetime) -> str:
    """« jeudi 14 h » when it is near, « 3 février » else."""
    if abs(due - now) < timedelta(days=6):
        return f"{DAYS[due.weekday()]} {hour(due.replace(minute=0))}"
    return f"le {day_and_month(due.date(), today=timezone.localdate())}"


def lasted(took: timedelta) -> str:
    """« 46 heures », « 12 jours »."""
    hours = max(1, round(took.total_seconds() / 3600))
    return f"{hours} {agree(hours, 'heure')}" if hours <= 96 else f"{took.days} {agree(took.days, 'jour')}"


def neighbours(steps: Sequence[StepOf], step: StepOf) -> tuple[StepOf | None, StepOf | None]:
    """The step before and the step after, in the order of the nine."""
    if step not in steps:
        return None, None
    rank = steps.index(step)
    return (steps[rank - 1] if rank else None), (steps[rank + 1] if rank + 1 < len(steps) else None)
