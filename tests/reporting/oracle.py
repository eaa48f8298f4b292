"""Another register each time, and its figures counted by hand from its rows: nothing here knows how Seuil counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from random import Random
from typing import Any

Expected = dict[tuple[str, str], Any]
HEADERS: dict[str, tuple[str, ...]] = {
    "reference": ("Réf.", "N° dossier", "Identifiant"),
    "nom": ("NOM", "Nom de famille", "Nom du ménage"),
    "prenom": ("Prénom", "Prénoms"),
    "sexe": ("Sexe", "H/F", "Genre"),
    "naissance": ("Né(e) le", "DDN", "Date de naissance"),
    "composition": ("Composition familiale", "Type de ménage"),
    "enfants": ("Nb enfants", "Enfants à charge"),
    "prescripteur": ("Prescripteur", "Orienté par", "Structure orienteuse"),
    "ressources": ("Ressources (€/mois)", "Revenu mensuel", "Montant des ressources"),
    "evaluation": ("Évaluation", "Évalué le", "Date d'évaluation"),
    "suite": ("Suite", "Suite de l'évaluation"),
    "motif": ("Motif", "Motif de refus"),
    "commission": ("Commission du", "Passage en commission"),
    "decision": ("Décision", "Avis de la commission"),
    "bail_le": ("Bail signé le", "Date du bail"),
    "bail": ("Type de bail", "Nature du bail"),
    "parc": ("Parc", "Public/privé"),
    "suivi": ("Suivi", "Devenir"),
    "suivi_le": ("Date suivi", "Date de l'issue"),
    "evenement": ("Évènement", "Fait marquant"),
    "evenement_le": ("Date évènement", "Survenu le"),
}
HOUSEHOLDS = {  # as a cell says it: how it is counted, sex, children
    "Homme isolé": ("hommes isolés", "H", "0"),
    "Femme seule": ("femmes isolées", "F", "0"),
    "Mère avec enfants": ("femmes avec enfants", "F", "2"),
    "Père isolé": ("hommes avec enfants", "M", "1"),
    "Couple": ("couples sans enfant", "F", "0"),
    "Couple avec enfants": ("couples avec enfants", "M", "3"),
    "Mineur isolé": ("mineurs", "M", "0"),
}
ALWAYS = ("hommes isolés", "femmes isolées", "femmes avec enfants")
MOTIVES = {  # suite, cell: label before « : »
    ("non présentée", "refus du ménage"): "non adhésion",
    ("non présentée", ""): "motif non renseigné",
    ("non retenue", "a quitté la Savoie"): "a quitté le département",
    ("non retenue", "détention"): "incarcération",
    ("refusée", "relogé par un bailleur social"): "relogement dans le parc public",
    ("non retenue", "décédé"): "décès",
    ("non retenue", "ajournée : impayés de loyer"): "ajournée",
    ("ajournée", "pièces manquantes"): "ajournée",
    ("ajournée", "attend la réponse d'un garant"): "ajournée",
}
DECISIONS = ("validée", "avis favorable", "sous réserve", "ajournée", "avis défavorable", "retirée", "")
VALIDATED = ("validée", "avis favorable", "sous réserve")
OUTCOMES = {
    "maintien sans dette de loyer": "maintien_sans_dette",
    "maintien avec dette": "maintien_avec_dette",
    "pension de famille": "reorientation_pension_de_famille",
    "dédite, retour 115": "dedite_retour_115",
    "expulsion": "expulsion",
}
BODIES = ("Foyer des Érables", "Mission de l'Aigue", "Halte Saint-Avre", "Point Rencontre du Bief", "CCAS d'Aigrefond")
NAMES = ("Quetschelier", "Vaudagne", "Brézouard", "Tamié", "Fontcouverte", "Aiguebrun", "Peyremale")
FIRST_NAMES = ("Barnabé", "Clotilde", "Ferréol", "Ghislaine", "Isidore", "Léocadie")
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


@dataclass(frozen=True)
class Situation:
    """One situation, as one version of the register tells it."""

    reference: str
    name: str
    first_name: str
    born: date
    household: str
    body: str
    income: Fraction | None
    evaluated: date
    suite: str = "en attente"
    motive: str = ""
    seance: date | None = None
    decision: str = ""
    lease: tuple[date, str, str] | None = None
    outcome: tuple[date | None, str] | None = None
    work: date | None = None

    @property
    def presented(self) -> bool:
        return self.suite == "présentée" and self.decision != "retirée"


@dataclass
class Known:
    """What remains of a situation told by several versions."""

    last: Situation
    passages: dict[date, str] = field(default_factory=dict)
    first: Situation | None = None  # as it was at its first séance, corrections included
    outcomes: list[tuple[date | None, str]] = field(default_factory=list)
    declined: tuple[str, str] | None = (
        None  # once said, it stays: reexamined or withdrawn, it was declined all the same
    )

    def hear(self, told: Situation) -> None:
        self.last = told
        if (told.suite, told.motive) in MOTIVES:
            self.declined = (told.suite, told.motive)
        if told.presented and told.seance:
            if told.seance in self.passages or not self.passages:
                self.first = told
            self.passages[told.seance] = told.decision
        if told.outcome and told.outcome not in self.outcomes:
            self.outcomes.append(told.outcome)

    @property
    def year(self) -> int:
        return (min(self.passages) if self.passages else self.last.evaluated).year


def invent(random: Random, years: range, size: int) -> list[Situation]:
    """A first version of a register."""
    return [_situation(random, number, years) for number in range(size)]


def _situation(random: Random, number: int, years: range) -> Situation:
    evaluated = _day(random, years)
    told = Situation(
        reference=f"Q{number:03}/{evaluated.year}",
        name=random.choice(NAMES),
        first_name=random.choice(FIRST_NAMES),
        born=date(random.randint(1945, 1999), random.randint(1, 12), random.randint(1, 28)),
        household=random.choice(list(HOUSEHOLDS)),
        body=random.choice(BODIES),
        income=random.choice([None, Fraction(random.randint(0, 240000), 100), Fraction(53482, 100)]),
        evaluated=evaluated,
    )
    kind = random.random()
    if kind < 0.2:
        return told
    if kind < 0.45:
        suite, motive = random.choice(list(MOTIVES))
        return replace(told, suite=suite, motive=motive)
    return _present(random, told, evaluated + timedelta(days=random.randint(7, 60)))


def _present(random: Random, told: Situation, day: date) -> Situation:
    day = day.replace(day=1 + 14 * random.randint(0, 1))  # several situations on a day
    day = max(day, told.evaluated)
    decision = random.choice(DECISIONS)
    shown = replace(told, suite="présentée", motive="", seance=day, decision=decision)
    return _house(random, shown) if decision in VALIDATED else shown


def _house(random: Random, told: Situation) -> Situation:
    assert told.seance
    signed = told.seance + timedelta(days=random.randint(20, 300))
    lease = (signed, random.choice(["bail direct", "sous-location"]), random.choice(["public", "privé"]))
    told = replace(told, lease=lease if random.random() < 0.7 else None)
    if told.lease and random.random() < 0.6:
        when = random.choice([None, signed + timedelta(days=random.randint(10, 500))])
        told = replace(told, outcome=(when, random.choice(list(OUTCOMES))))
    return replace(told, work=signed if random.random() < 0.3 else None)


def go_on(random: Random, told: Situation, body: str) -> Situation:
    """The same situation in a later version: nothing new, a correction, or the next step."""
    kind = random.random()
    if kind < 0.3:
        return replace(told, body=body)
    if kind < 0.5:
        return replace(told, income=Fraction(random.randint(0, 240000), 100))
    if told.suite != "présentée" or told.decision in ("ajournée", "avis défavorable", "retirée"):
        return _present(random, told, (told.seance or told.evaluated) + timedelta(days=random.randint(40, 400)))
    if told.decision == "":
        return replace(told, decision=random.choice([*VALIDATED, "ajournée", "avis défavorable"]))
    if told.lease is None:
        return replace(_house(random, told), work=told.work)
    if told.outcome and told.outcome[0] and told.outcome[1].startswith("maintien"):
        return replace(told, outcome=(told.outcome[0] + timedelta(days=200), random.choice(list(OUTCOMES))))
    return told


def cells(random: Random, told: Situation) -> dict[str, str]:
    """The row, in one of the ways in which people write."""
    _, sex, children = HOUSEHOLDS[told.household]
    signed, kind, parc = told.lease or (None, "", "")
    followed_on, outcome = told.outcome or (None, "")
    return {
        "reference": told.reference,
        "nom": random.choice([told.name, told.name.upper(), f" {told.name}"]),
        "prenom": told.first_name,
        "sexe": sex,
        "naissance": _written(random, told.born),
        "composition": told.household,
        "enfants": children,
        "prescripteur": random.choice([told.body, told.body.upper(), told.body.replace(" ", "  ")]),
        "ressources": _amount(random, told.income),
        "evaluation": _written(random, told.evaluated),
        "suite": told.suite,
        "motif": told.motive,
        "commission": _written(random, told.seance),
        "decision": told.decision,
        "bail_le": _written(random, signed),
        "bail": kind,
        "parc": parc,
        "suivi": outcome,
        "suivi_le": _written(random, followed_on),
        "evenement": "reprise d'emploi" if told.work else "",
        "evenement_le": _written(random, told.work),
    }


def _written(random: Random, day: date | None) -> str:
    if day is None:
        return ""
    return random.choice([day.isoformat(), f"{day:%d/%m/%Y}", f"{day.day} {MONTHS[day.month - 1]} {day.year}"])


def _amount(random: Random, euros: Fraction | None) -> str:
    if euros is None:
        return random.choice(["", "-"])
    whole, cents = divmod(int(euros * 100), 100)
    spaced = f"{whole:,}".replace(",", random.choice([" ", " ", ""]))
    return random.choice([f"{spaced},{cents:02} €", f"{whole}.{cents:02}", f"{spaced},{cents:02}"])


def _day(random: Random, years: range) -> date:
    return date(random.choice(years), random.randint(1, 12), random.randint(1, 28))


def count(known: Iterable[Known], seances: set[date], *, today: date) -> Expected:
    """Every figure of every year that these situations and séances give."""
    every = list(known)
    passages = {day for each in every for day in each.passages}
    held = seances | passages
    expected: Expected = {}
    for year in sorted({day.year for day in held} | {each.year for each in every}):
        days = {day for day in held if day.year == year}
        studied = [each for each in every if each.year == year]
        expected |= {(name, str(year)): value for name, value in _of_year(studied, days, passages).items()}
        cohort = [each for each in studied if each.passages]
        if cohort and year + 1 <= today.year:
            expected["F11", str(year + 1)] = _outcomes(cohort, date(year + 1, 12, 31))
    return expected


def _of_year(studied: list[Known], held: set[date], passages: set[date]) -> dict[str, Any]:
    cohort = [each for each in studied if each.passages]
    declined = [each for each in studied if not each.passages and each.declined]
    waiting = len(studied) - len(cohort) - len(declined)
    also = {"en_attente": waiting} if waiting else {}
    firsts = [each.first for each in cohort if each.first]
    ages = [_age(min(each.passages), each.first.born) for each in cohort if each.first]
    incomes = [first.income for first in firsts if first.income is not None]
    households = Counter(HOUSEHOLDS[first.household][0] for first in firsts)
    leases = [each.last.lease for each in cohort if each.last.lease]
    return {
        "F01": len(held),
        "F02": {
            "presentees": len(cohort),
            "non_presentees": len(declined),
            "etudiees": len(studied),
            **also,
        },
        "F03": sum(_last_decision(each) in VALIDATED for each in cohort),
        "F04": sum(lease[1:] == ("bail direct", "public") for lease in leases),
        "F05": {
            "evaluees": len(studied),
            "presentees": len(cohort),
            "non_retenues": len(declined),
            "motifs": dict(Counter(MOTIVES[each.declined] for each in declined if each.declined)),
            **also,
        },
        "F06": {"commissions": len(held), "avec_situation_lda": len(held & passages)},
        "F07": dict.fromkeys(ALWAYS, 0) | dict(households),
        "F08": {
            "age_moyen": _half_up(Fraction(sum(ages), len(ages)), 10) if ages else None,
            "age_min": min(ages, default=None),
            "age_max": max(ages, default=None),
        },
        "F09": int(_half_up(sum(incomes, Fraction()) / len(incomes), 1)) if incomes else None,
        "F10": len({each.last.body for each in cohort}),
    }


def _last_decision(known: Known) -> str:
    told = [decision for _, decision in sorted(known.passages.items()) if decision]
    return told[-1] if told else ""


def _outcomes(cohort: list[Known], limit: date) -> dict[str, int]:
    told = dict.fromkeys(("reorientation_pension_de_famille", "dedite_retour_115", "maintien_sans_dette"), 0)
    told["retour_emploi"] = sum(1 for each in cohort if each.last.work and each.last.work <= limit)
    for each in cohort:
        known = sorted((day or date.min, code) for day, code in each.outcomes if day is None or day <= limit)
        if known:
            code = OUTCOMES[known[-1][1]]
            told[code] = told.get(code, 0) + 1
    return told


def _age(day: date, born: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _half_up(value: Fraction, scale: int) -> float:
    return floor(value * scale + Fraction(1, 2)) / scale
