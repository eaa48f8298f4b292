"""One dossier being told: what its rows will say once all its steps are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from cases.dossiers.models import PieceKind, State
from exchange.population.lives import Life, Told


class Clock:
    """Moments of this load, each a microsecond after the one before, so that what happened keeps its order."""

    __slots__ = ("count", "second", "text")

    def __init__(self) -> None:
        self.second = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
        self.text, self.count = f"{self.second:%Y-%m-%dT%H:%M:%S}", 0

    def tick(self) -> str:
        """The next moment, in ISO form with microseconds."""
        self.count += 1
        if self.count == 1_000_000:
            self.second += timedelta(seconds=1)
            self.text, self.count = f"{self.second:%Y-%m-%dT%H:%M:%S}", 0
        return f"{self.text}.{self.count:06d}+00:00"


@dataclass(slots=True)
class Open:
    """A lease or a measure under way, and the hold and grants that it placed."""

    id: UUID
    code: str
    body: UUID | None
    team: int | None
    began_on: date
    created: str
    private: bool = False
    state: str = ""
    entered_on: date | None = None
    ended_on: date | None = None
    outcome: str | None = None
    held: str = ""
    released: str | None = None
    granted: str = ""
    revoked: str | None = None


@dataclass(slots=True)
class Draft:
    """One dossier being told."""

    life: Life
    household: UUID
    titulaire: UUID
    id: UUID = field(default_factory=uuid4)
    id_text: str = ""
    created: str = ""
    state: str = State.REPERE.value
    state_on: date | None = None
    referent: UUID | None = None
    prescripteur: UUID | None = None
    oriented_on: date | None = None
    review_on: date | None = None
    began: str | None = None
    decided_on: date | None = None
    landlord: UUID | None = None
    closed_on: date | None = None
    is_protected: bool = False
    told: Told | None = None
    version: int = 0
    evaluation: UUID | None = None
    evaluated_on: date | None = None
    written: str = ""
    answered: dict[str, tuple[str, int]] = field(default_factory=dict)
    frozen: str | None = None
    presented: int = 0
    members: list[tuple[UUID, str]] = field(default_factory=list)
    asked: list[tuple[PieceKind, UUID | None]] | None = None
    leases: list[Open] = field(default_factory=list)
    measures: list[Open] = field(default_factory=list)
