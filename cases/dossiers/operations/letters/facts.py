"""What a letter is made of: the decision that it tells, to whom, and what its author writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cases.dossiers.models import Sex


class Decided(StrEnum):
    """What a letter tells."""

    PUT_OFF = "PUT_OFF"
    NOT_RETAINED = "NOT_RETAINED"
    ADMITTED = "ADMITTED"
    PIECES = "PIECES"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision to tell: by the SIAO or by the commission, on a day, until another.

    `reserve` is what the commission asks for when it admits on a condition, in its own words; `None`: it asks nothing.
    """

    what: Decided
    on: date | None
    review_on: date | None = None
    by_commission: bool = False
    reserve: str | None = None

    @property
    def who(self) -> str:
        return "La commission" if self.by_commission else "Le SIAO"

    @property
    def is_conditional(self) -> bool:
        """A yes that asks for something first: telling it as a plain one would mislead."""
        return self.reserve is not None


@dataclass(frozen=True, slots=True)
class Person:
    """To whom one writes."""

    first_name: str | None
    last_name: str
    sex: str | None

    @property
    def greeting(self) -> str:
        title = {Sex.F: "Madame", Sex.M: "Monsieur"}.get(Sex(self.sex)) if self.sex in Sex.values else None
        if title and self.last_name:
            return f"Bonjour {title} {self.last_name},"
        return f"Bonjour {self.full_name}," if self.full_name else "Bonjour,"

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a letter is made of, besides what its author writes."""

    reference: str
    person: Person
    today: date
    sender: str
    phone: str
    referent: str = ""
    prescripteur: str = ""
    decision: Decision | None = None
    legal: tuple[str, Sequence[str]] | None = None
    information: tuple[str, Sequence[str]] | None = None
    place: str = "Chambéry"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the author of a letter writes: where it goes, who has a copy, why, on which condition, which pieces.

    A copy goes to a curator or a guardian.
    """

    address: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    why: str = ""
    reserve: str = ""
    pieces: tuple[str, ...] = ()
