"""A fiche in words: what members read on the page, on paper and in the table that they take away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cases.dossiers.models import Adhesion
from cases.dossiers.models.questions.lists import ACCESS, ANIMALS, DALO, FLOOR, NEEDS, PLANS, TYPOLOGY
from cases.dossiers.views.words import capitalised, composition_words
from commission.models import AgeBand, Fiche, Housing, Income
from core.typography import NBSP, UNKNOWN, agree, as_local_date, day_and_month, euros

LEFT_OUT = (
    "Ne sont pas montrés : le nom, la date de naissance, le prescripteur, le numéro unique, la nature exacte d’une "
    "allocation, l’institution quittée, la santé, la justice, l’origine, les notes."
)
WILL = {Adhesion.OUI: "le ménage y adhère", Adhesion.NON: "le ménage n’y adhère pas"}


@dataclass(frozen=True, slots=True)
class Words:
    """One fiche as it is said."""

    fiche: Fiche
    age: str
    composition: str
    housing: str
    income: str
    resources: str
    debt: str
    will: str
    passage: str
    communes: str
    dwelling: str
    animals: str
    priority: str
    support: str
    papers: str


def words_of(fiche: Fiche) -> Words:
    """Opens the fiche."""
    return Words(
        fiche,
        age=str(AgeBand(fiche.age_band).label) if fiche.age_band in AgeBand.values else UNKNOWN,
        composition=capitalised(composition_words(fiche.household_type, fiche.children)) or UNKNOWN,
        housing=capitalised(str(Housing(fiche.housing).label)) if fiche.housing in Housing.values else UNKNOWN,
        income=capitalised(str(Income(fiche.income).label)) if fiche.income in Income.values else UNKNOWN,
        resources=_monthly(fiche.resources),
        debt=_debt(fiche.rent_debt, fiche.debt_plan),
        will=WILL[Adhesion(fiche.adhesion)] if fiche.adhesion in Adhesion.values else UNKNOWN,
        passage="premier passage" if fiche.passage == 1 else f"{fiche.passage}ᵉ passage",
        communes=fiche.communes or UNKNOWN,
        dwelling=_dwelling(fiche),
        animals=_labels(fiche.animals, ANIMALS),
        priority=_labels(fiche.priority, DALO),
        support=_labels(fiche.support, NEEDS),
        papers=_papers(fiche.papers),
    )


def _monthly(amount: Decimal | None) -> str:
    if amount is None:
        return UNKNOWN
    return f"environ {euros(amount, 0)} par mois" if amount else euros(amount)


def _debt(amount: Decimal | None, plan: str | None) -> str:
    if amount is None:
        return UNKNOWN
    if not amount:
        return "aucune"
    return f"{euros(amount)}, {PLANS[plan].lower()}" if plan in PLANS else euros(amount)


def _labels(codes: str | None, words: Mapping[str, str]) -> str:
    """« Un chat, un chien » ; the first begins with a capital."""
    told = [words[code] for code in (codes or "").split(",") if code in words]
    if not told:
        return UNKNOWN
    return ", ".join([told[0], *(f"{each[:1].lower()}{each[1:]}" for each in told[1:])])


def _dwelling(fiche: Fiche) -> str:
    """« T2 ou T3, rez-de-chaussée, accès sans marche »."""
    sizes = " ou ".join(TYPOLOGY[code] for code in (fiche.sizes or "").split(",") if code in TYPOLOGY)
    told = [sizes] if sizes else []
    if fiche.floor in FLOOR and fiche.floor != "INDIFFERENT":
        told.append(FLOOR[fiche.floor].lower())
    told += [ACCESS[code].lower() for code in (fiche.access or "").split(",") if code in ACCESS and code != "AUCUN"]
    return ", ".join(told) or UNKNOWN


def _papers(awaited: str | None) -> str:
    if awaited is None:
        return UNKNOWN
    count = int(awaited)
    return f"{count}{NBSP}{agree(count, 'pièce attendue,pièces attendues')}" if count else "Complètes"


def on_paper(
    words: Words, *, head: tuple[str, str, str], reader: str, until: datetime, is_draft: bool
) -> dict[str, Any]:
    """The same sheet as `sheet.typ` reads it; `head`: what stands above the title, the title, what stands below."""
    eyebrow, title, text = head
    found = words.fiche
    foot = f"Exemplaire de {reader}. Sans nom, sans santé, sans justice. Accès jusqu’au {_day(as_local_date(until))}."
    request = f"demande valable jusqu’au {_day(found.request_until)}" if found.request_until else UNKNOWN
    return {
        "title": title,
        "eyebrow": eyebrow,
        "text": text,
        "foot": f"{foot} Ne pas photographier, ne pas transmettre.",
        "mark": reader,
        "band": "Projet : cette fiche n’est pas encore partagée." if is_draft else None,
        "sections": [
            _section("Le ménage", ("Composition", words.composition), ("Âge", words.age)),
            _section(
                "La demande",
                ("Logement social", request),
                ("Priorité", words.priority),
                ("Pièces", words.papers),
                ("Projet", words.will),
            ),
            _section(
                "Ce que le ménage cherche",
                ("Communes", words.communes),
                ("Logement", words.dwelling),
                ("Animaux", words.animals),
                ("Accompagnement", words.support),
            ),
            _section("Logement aujourd’hui", ("Situation", words.housing)),
            _section(
                "Ressources et dettes",
                ("Nature", words.income),
                ("Total", words.resources),
                ("Dette de loyer", words.debt),
            ),
        ],
    }


def _section(heading: str, *rows: tuple[str, str]) -> dict[str, Any]:
    return {"heading": heading, "rows": [list(row) for row in rows]}


def _day(day: date) -> str:
    return day_and_month(day, today=date.min)  # on paper, always with its year
