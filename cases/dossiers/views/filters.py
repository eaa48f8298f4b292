"""The filters of the list: coded values only, those that the reader’s own dossiers have.

They are read with the counts of the page, in one pass: row security is asked of each dossier once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Count, Min, Q
from django.db.models.functions import Least

from accounts.models import Organisation, User
from cases.dossiers.models import DossierEvent, DossierQuerySet, EventKind, State

YEARS = {EventKind.EVALUATION.value: "Évalué en", EventKind.PRESENTATION.value: "Présenté en"}
OLDEST = 1990  # before it, a year in an address is a mistake


@dataclass(frozen=True, slots=True)
class Choices:
    """One filter: its name in the address and on the page, what it says when nothing is chosen, its codes in words."""

    name: str
    label: str
    nothing: str
    labels: dict[str, str] = field(default_factory=dict)
    before: str = ""  # words of its chip, before the choice

    def said(self, code: str) -> str:
        """The choice as its chip says it."""
        return f"{self.before}{self.labels[code]}"


@dataclass(frozen=True, slots=True)
class Share:
    """The dossiers of one referent that one prescriber sent: their first date, how many each condition keeps."""

    referent: UUID | None
    prescripteur: UUID | None
    since: date | None
    counts: dict[str, int]

    def answers(self, filters: Mapping[str, str]) -> bool:
        """Whether a choice of referent or prescriber keeps them."""
        mine = {"referent": str(self.referent), "prescripteur": str(self.prescripteur)}
        return all(mine.get(name, code) == code for name, code in filters.items())


def shares_of(visible: DossierQuerySet, conditions: Mapping[str, Q]) -> list[Share]:
    """These dossiers, by referent and prescriber, counted under each condition; one pass, one query."""
    pairs = visible.order_by().values_list("referent", "prescripteur")
    counted = pairs.annotate(
        since=Min(Least("oriented_on", "state_on")),
        **{f"count_{name}": Count("pk", filter=kept or None) for name, kept in conditions.items()},
    )
    return [
        Share(referent, sender, since, dict(zip(conditions, counts, strict=True)))
        for referent, sender, since, *counts in counted
    ]


def choices_of(shares: Collection[Share], *, asked_year: str, in_full: bool, today: date) -> dict[str, Choices]:
    """Every filter with its choices, by its name in the address; by prescriber for who reads everything."""
    since = min((share.since for share in shares if share.since), default=today)
    people = User.objects.filter(pk__in={share.referent for share in shares if share.referent})
    named = {str(each.pk): f"{each.first_name} {each.last_name}" for each in people.order_by("last_name", "first_name")}
    found = [
        Choices("etat", "État", "Tous les états", {state.value: str(state.label) for state in State}),
        Choices("referent", "Référent", "Tous", named, "Référent : "),
        Choices("annee", "Année", "Toutes", _years(since, asked_year, today)),
    ]
    if in_full:
        senders = Organisation.objects.filter(pk__in={share.prescripteur for share in shares if share.prescripteur})
        named = {str(pk): name for pk, name in senders.order_by("sort_key").values_list("pk", "name")}
        found.insert(2, Choices("prescripteur", "Prescripteur", "Tous", named, "Prescripteur : "))
    return {each.name: each for each in found}


def is_coded(name: str, code: str, today: date) -> bool:
    """Whether a code of the address means a state, or a year."""
    if name == "etat":
        return code in State
    kind, _, year = code.partition("-")
    return kind in YEARS and len(year) == 4 and year.isdecimal() and OLDEST <= int(year) <= today.year


def condition_of(name: str, code: str) -> Q:
    """The dossiers that a choice keeps; `code` is one of `choices_of`."""
    if name == "annee":
        kind, _, year = code.partition("-")
        told = DossierEvent.objects.standing().filter(kind=kind, on__year=int(year))
        return Q(pk__in=told.values("dossier"))
    return Q(**{"state" if name == "etat" else name: code})


def _years(since: date, asked: str, today: date) -> dict[str, str]:
    """The years in which something may have happened, the last ones first, and the one that is asked for.

    An evaluation may come the year before the first date that a dossier holds.
    """
    oldest = min(since.year - 1, int(asked.partition("-")[2] or today.year))
    return {
        f"{kind}-{year}": f"{label} {year}"
        for kind, label in YEARS.items()
        for year in range(today.year, oldest - 1, -1)
    }
