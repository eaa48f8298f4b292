"""What can go wrong with a key or a sealed value. Each says so in French, with codes and never a value.

The vault stands below the journal: it raises, and whoever owns the request or the task records.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from core.errors import Stopped


class VaultError(Stopped):
    """A value cannot be sealed or opened. `str()` is a French sentence for people; `codes` go to the journal."""

    @property
    def codes(self) -> dict[str, str]:
        """What the journal may keep of this error: names and UUIDs, no value."""
        return {}


class KekMissing(VaultError):
    """The master key is absent, unreadable, too open to others, or of the wrong length."""


class KeyMissing(VaultError):
    """The subject has no key of this class (any more): what it sealed can no longer be read by anybody."""

    def __init__(self, subject: UUID, klass: str) -> None:
        super().__init__("Ces données ont été effacées : leur clé n’existe plus.")
        self.subject, self.klass = subject, klass

    @property
    def codes(self) -> dict[str, str]:
        return {"subject": str(self.subject), "klass": self.klass}


class Tampered(VaultError):
    """Sealed bytes were changed, or moved to another row, field or subject, outside the product."""

    def __init__(self, label: str, *, row: UUID, subject: UUID | None) -> None:
        super().__init__(
            f"Une donnée chiffrée a été modifiée ou déplacée : elle ne peut pas être lue ({label}, ligne {row})."
        )
        self.label, self.row, self.subject = label, row, subject

    @property
    def codes(self) -> dict[str, str]:
        return {"label": self.label, "row": str(self.row), "subject": str(self.subject or "")}


class PeriodClosed(VaultError):
    """The key of this period was destroyed: its ids can be neither found again nor made."""

    def __init__(self, period: str) -> None:
        super().__init__(f"La période « {period} » est close : sa clé a été détruite.")
        self.period = period

    @property
    def codes(self) -> dict[str, str]:
        return {"period": self.period}


class IndexClosed(VaultError):
    """Every root of the blind indexes was destroyed: nothing can be looked for before a new epoch begins."""

    def __init__(self) -> None:
        super().__init__("La recherche n’a plus de clé : commencez une nouvelle époque (manage.py index --new-key).")


_met: ContextVar[list[Tampered] | None] = ContextVar("vault_met", default=None)


@contextmanager
def noticing() -> Iterator[list[Tampered]]:
    """Collect the broken seals that attributes meet inside, caught or not: `{% if %}` takes any error for false."""
    met: list[Tampered] = []
    token = _met.set(met)
    try:
        yield met
    finally:
        _met.reset(token)


def notice(error: Tampered) -> None:
    """Tell whoever collects, if anybody does."""
    met = _met.get()
    if met is not None:
        met.append(error)
