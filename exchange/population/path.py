"""A path told forward, act after act; what comes after today has not happened."""

from __future__ import annotations

from datetime import date, timedelta

from exchange.population.days import Days
from exchange.population.lives import ENROLLED, PRESENTED, Act, Step, Told


class Path:
    """The steps of one household so far. `on` is the day of the last act; each act moves it on by some days.

    Nothing is added once an act falls after today: `is_over` says so, and the path stays where it was.
    """

    __slots__ = ("aim", "days", "is_over", "on", "steps", "stop", "today")

    def __init__(
        self, opened_on: date, days: Days, today: date, *, stop: Act | None = None, aim: date | None = None
    ) -> None:
        self.on, self.days, self.today, self.stop = opened_on, days, today, stop
        self.aim = aim  # the séance to wait for, when it is not the next one
        self.steps: list[Step] = []
        self.is_over = False

    def add(
        self,
        act: Act,
        after: int = 0,
        *,
        code: str = "",
        organisation: str = "",
        note: str = "",
        told: Told | None = None,
        until: date | None = None,
        since: date | None = None,
        private: bool = False,
    ) -> bool:
        """One more act, so many days after the last one; False when the path is over."""
        on = self.on + timedelta(days=after)
        if self.is_over or on > self.today:
            self.is_over = True
            return False
        self.on = on
        self.steps.append(Step(act, on, code, organisation, note, until, told, private, since))
        self.is_over = act is self.stop
        return not self.is_over

    def beside(self, act: Act, on: date, *, code: str) -> None:
        """Something dated on its own, which does not move the path on."""
        if self.steps and on <= self.today:
            self.steps.append(Step(act, on, code))

    def before_commission(self, decision: str, *, until: int = 0, organisation: str = "", note: str = "") -> bool:
        """To the next séance: decided there when it is held, presented when it sits, enrolled when it is planned.

        `note` is a motive's code or a reserve; `until` counts the days to the review. False when nothing is decided.
        """
        if self.is_over:
            return False
        held_on, self.aim = self.aim or self.days.next_after(self.on), None
        if held_on in self.days.planned:
            self.is_over = True
            if held_on == self.days.planned[0]:
                self.steps.append(Step(Act.SEANCE, held_on, ENROLLED))
            return False
        if held_on == self.days.sitting:
            self.is_over = True
            self.steps.append(Step(Act.SEANCE, held_on, PRESENTED))
            return False
        review_on = held_on + timedelta(days=until) if until else None
        self.on = held_on
        self.steps.append(Step(Act.SEANCE, held_on, decision, organisation, note, review_on))
        self.is_over = self.stop is Act.SEANCE
        return not self.is_over

    def told(self) -> tuple[Step, ...]:
        """The steps, by date."""
        return tuple(sorted(self.steps, key=lambda step: step.on))
