"""The filters of the list: coded values only, those that the reader’s own dossiers have, read in one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Least

from cases.dossiers.models import Dossier, DossierEvent, DossierQuerySet, EventKind, State

YEARS = {EventKind.EVALUATION.value: "Évalué en", EventKind.PRESENTATION.value: "Présenté en"}


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


def choices_of(visible: DossierQuerySet, *, in_full: bool, today: date) -> dict[str, Choices]:
    """Every filter with its choices, by its name in the address; by prescriber for who reads everything."""
    found = [
        Choices("etat", "État", "Tous les états", {state.value: str(state.label) for state in State}),
        Choices("referent", "Référent", "Tous", before="Référent : "),
        Choices("prescripteur", "Prescripteur", "Tous", before="Prescripteur : "),
        Choices("annee", "Année", "Toutes"),
    ]
    by_name = {each.name: each for each in found}
    rows = list(_known(visible))
    for row in sorted(rows, key=lambda row: (row.referent__last_name or "", row.referent__first_name or "")):
        if row.referent is not None:
            by_name["referent"].labels[str(row.referent)] = f"{row.referent__first_name} {row.referent__last_name}"
    for row in sorted(rows, key=lambda row: row.prescripteur__sort_key or ""):
        if row.prescripteur is not None:
            by_name["prescripteur"].labels[str(row.prescripteur)] = row.prescripteur__name
    by_name["annee"].labels.update(_years(min((row.since for row in rows if row.since), default=today), today))
    if not in_full:
        del by_name["prescripteur"]
    return by_name


def condition_of(name: str, code: str) -> Q:
    """The dossiers that a choice keeps; `code` is one of `choices_of`."""
    if name == "annee":
        kind, _, year = code.partition("-")
        told = DossierEvent.objects.standing().filter(kind=kind, on__year=int(year))
        return Q(pk__in=told.values("dossier"))
    return Q(**{"state" if name == "etat" else name: code})


def _known(visible: DossierQuerySet) -> QuerySet[Dossier, Any]:
    """The pairs of referent and prescriber of these dossiers, each with its first date; one pass, one query."""
    pairs = visible.order_by().values("referent", "prescripteur").annotate(since=Min(Least("oriented_on", "state_on")))
    return pairs.values_list(
        *("referent", "referent__first_name", "referent__last_name"),
        *("prescripteur", "prescripteur__name", "prescripteur__sort_key", "since"),
        named=True,
    )


def _years(since: date, today: date) -> dict[str, str]:
    """The years in which something may have happened, the last ones first.

    An evaluation may come the year before the first date that a dossier holds.
    """
    years = range(today.year, since.year - 2, -1)
    return {f"{kind}-{year}": f"{label} {year}" for kind, label in YEARS.items() for year in years}
