"""With whom a household agrees to be known: all those of a purpose, some of them, none any more (domaine § 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.dossiers.models import Agreement, Purpose

Given = tuple[UUID | None, datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Audience:
    """The partners of one purpose who may know. Where nobody asked the household yet, all of them: a register tells
    no agreement, and what is refused is what was taken back."""

    everyone: bool = True
    partners: frozenset[UUID] = frozenset()  # who have an agreement of their own
    without: frozenset[UUID] = frozenset()  # from whom it was taken back, since it was given to all

    @property
    def is_open(self) -> bool:
        """All of them, without exception."""
        return self.everyone and not self.without

    @property
    def is_empty(self) -> bool:
        """Taken back, and given again to nobody."""
        return not self.everyone and not self.partners

    def lets(self, partner: UUID) -> bool:
        """Whether this organisation may know."""
        return partner in self.partners or (self.everyone and partner not in self.without)


def audiences(dossiers: Collection[UUID], purpose: Purpose) -> dict[UUID, Audience]:
    """The audience of each of these dossiers, in one query."""
    given: dict[UUID, list[Given]] = defaultdict(list)
    rows = Agreement.objects.filter(dossier__in=dossiers, purpose=purpose)
    for dossier, partner, since, until in rows.values_list("dossier", "partner", "recorded_at", "withdrawn_at"):
        given[dossier].append((partner, since, until))
    return {dossier: _audience(given[dossier]) if dossier in given else Audience() for dossier in dossiers}


def _audience(given: Collection[Given]) -> Audience:
    to_all = next((since for partner, since, until in given if partner is None and until is None), None)
    partners = frozenset(partner for partner, _, until in given if partner is not None and until is None)
    without = frozenset(
        partner
        for partner, _, until in given
        if partner is not None and partner not in partners and until is not None and to_all is not None
        if until >= to_all
    )
    return Audience(to_all is not None, partners, without)
