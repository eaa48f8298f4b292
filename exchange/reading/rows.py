"""What the reading of a register gives: situations, séances, bad cells, and what deserves a look."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SituationRow:
    """One row of the register: facts as they are stated, codes of codes.toml, None where nothing is said.

    Texts keep their case and accents. `suite` is never empty: nothing written is EN_ATTENTE. `sex` is None only for
    a couple or a minor. `first_name` is "" when the register says with a dash that the person has none.
    """

    file: str
    sheet: str
    row: int
    reference: str
    last_name: str
    first_name: str
    sex: str | None
    birth_date: dt.date
    household_type: str | None
    children: int | None
    prescripteur: str | None
    oriented_on: dt.date | None
    ethos: str | None
    resource: str | None
    resources: Decimal | None
    rent_debt: Decimal | None
    unique_number: str | None
    evaluated_on: dt.date | None
    suite: str
    motive: str | None
    motive_text: str | None
    seance_on: dt.date | None
    decision: str | None
    landlord: str | None
    lease_signed_on: dt.date | None
    lease_kind: str | None
    parc: str | None
    measure: str | None
    outcome: str | None
    outcome_motive: str | None
    outcome_on: dt.date | None
    event: str | None
    event_on: dt.date | None


@dataclass(frozen=True, slots=True)
class SeanceRow:
    """One séance of the commission, with the organisations that were present."""

    file: str
    sheet: str
    row: int
    held_on: dt.date
    place: str
    organisations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that stops its row. `column` is the header as the file writes it.

    `expected` completes « attendu : … », or is a sentence of its own, with its full stop, when an operation refuses.
    """

    file: str
    sheet: str
    row: int
    column: str
    read: str
    expected: str

    @property
    def is_sentence(self) -> bool:
        """What is said is why it is refused, not what is expected."""
        return self.expected.endswith((".", "!", "?"))

    @property
    def sentence(self) -> str:
        """The same, to be read alone: a capital and one full stop."""
        return self.expected[:1].upper() + self.expected[1:] + ("" if self.is_sentence else ".")


@dataclass(frozen=True, slots=True)
class Remark:
    """A cell kept as it is, worth a look."""

    file: str
    sheet: str
    row: int
    column: str
    read: str
    message: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A column, or a whole sheet (`column` empty: hidden or of no known kind), that is not imported."""

    file: str
    sheet: str
    column: str


Item = SituationRow | SeanceRow | BadCell
