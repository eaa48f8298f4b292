"""The rules of the figures F01–F11 (domaine § 1.6): counts come from facts, means from sealed snapshots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import QuerySet

from cases.dossiers.models import HouseholdType, Motive, Outcome
from cases.housing.models import LeaseKind, Parc
from commission.models import VALIDATED, Examen, Snapshot
from reporting.models import Fact, FactKind
from reporting.operations.facts import DECLINED, PENDING, PRESENTED

Value = dict[str, Any] | int | float | None
HOUSEHOLDS = {
    HouseholdType.HOMME_ISOLE_SANS_ENFANT: "hommes isolés",
    HouseholdType.FEMME_ISOLE_SANS_ENFANT: "femmes isolées",
    HouseholdType.FEMME_ISOLE_AVEC_ENFANT: "femmes avec enfants",
    HouseholdType.HOMME_ISOLE_AVEC_ENFANT: "hommes avec enfants",
    HouseholdType.COUPLE_SANS_ENFANT: "couples sans enfant",
    HouseholdType.COUPLE_AVEC_ENFANT: "couples avec enfants",
    HouseholdType.MINEUR: "mineurs",
}
ALWAYS_SHOWN = ("hommes isolés", "femmes isolées", "femmes avec enfants")
OUTCOMES = {
    Outcome.REORIENTATION_PENSION_FAMILLE: "reorientation_pension_de_famille",
    Outcome.DEDITE_RETOUR_115: "dedite_retour_115",
    Outcome.MAINTIEN_SANS_DETTE: "maintien_sans_dette",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its label, its rule in words, how it is counted, and which year's facts it reads.

    `reads` are the kinds of facts that make it exist for a year, `keys` the order of its parts.
    """

    id: str
    label: str
    rule: str
    compute: Callable[[str], Value]
    reads: frozenset[str] = frozenset({FactKind.SEANCE, FactKind.ETUDIE})
    keys: tuple[str, ...] = ()
    cohort_of: Callable[[int], int] = lambda year: year


def facts(period: str, kind: FactKind) -> QuerySet[Fact]:
    """The facts of one kind that a year counts."""
    return Fact.objects.filter(period=period, kind=kind)


def seances(period: str) -> Value:
    return facts(period, FactKind.SEANCE).count()


def studied(period: str) -> Value:
    """F02: presented, not presented (with a motive), and their sum; the rest is waiting."""
    by_code = _by_code(period, FactKind.ETUDIE)
    return _without_zero(
        {
            "presentees": by_code[PRESENTED],
            "non_presentees": by_code[DECLINED],
            "etudiees": by_code.total(),
            "en_attente": by_code[PENDING],
        },
        "en_attente",
    )


def validated(period: str) -> Value:
    return facts(period, FactKind.DECIDE).filter(code__in=VALIDATED).count()


def own_leases(period: str) -> Value:
    own = facts(period, FactKind.BAIL).filter(code=LeaseKind.NOM_PROPRE, detail=Parc.PUBLIC)
    return own.count()


def evaluated(period: str) -> Value:
    """F05: evaluated = presented + not retained, with motives as the register words them before « : »."""
    by_code = _by_code(period, FactKind.ETUDIE)
    families = {motive.code: motive.family for motive in Motive.objects.all()}
    motives: Counter[str] = Counter()
    for code in facts(period, FactKind.ETUDIE).filter(code=DECLINED).values_list("detail", flat=True):
        motives[families.get(code, "motif non renseigné")] += 1
    return _without_zero(
        {
            "evaluees": by_code.total(),
            "presentees": by_code[PRESENTED],
            "non_retenues": by_code[DECLINED],
            "en_attente": by_code[PENDING],
            "motifs": dict(sorted(motives.items(), key=lambda item: (-item[1], item[0]))),
        },
        "en_attente",
    )


def seances_with_cases(period: str) -> Value:
    by_code = _by_code(period, FactKind.SEANCE)
    return {"commissions": by_code.total(), "avec_situation_lda": by_code["AVEC"]}


def households(period: str) -> Value:
    by_code = _by_code(period, FactKind.PRESENTE)
    told = {label: by_code[code] for code, label in HOUSEHOLDS.items()}
    told["composition inconnue"] = by_code.total() - sum(told.values())
    return {label: count for label, count in told.items() if count or label in ALWAYS_SHOWN}


def ages(period: str) -> Value:
    known = [int(snapshot.age) for snapshot in first_snapshots(period) if snapshot.age is not None]
    if not known:
        return {"age_moyen": None, "age_min": None, "age_max": None}
    mean = _half_up(Decimal(sum(known)) / len(known), "0.1")
    return {"age_moyen": float(mean), "age_min": min(known), "age_max": max(known)}


def resources(period: str) -> Value:
    known = [snapshot.resources for snapshot in first_snapshots(period) if snapshot.resources is not None]
    return int(_half_up(sum(known, Decimal()) / len(known), "1")) if known else None


def prescribers(period: str) -> Value:
    named = facts(period, FactKind.PRESENTE).exclude(origin=None)
    return named.values("origin").distinct().count()


def outcomes(period: str) -> Value:
    """F11: the last outcomes of the cohort, and returns to work counted apart (they are events, not outcomes)."""
    by_code = _by_code(period, FactKind.ISSUE)
    told = {key: by_code[code] for code, key in OUTCOMES.items()}
    told["retour_emploi"] = facts(period, FactKind.FAIT).filter(code="RETOUR_EMPLOI").count()
    others = {code.lower(): count for code, count in sorted(by_code.items()) if code not in OUTCOMES}
    return {**told, **others}


def first_snapshots(period: str) -> list[Snapshot]:
    """The sealed snapshot of each situation of a cohort, at its first séance, in its last version."""
    first = (
        Examen.objects.presented()
        .order_by("dossier_id", "seance__held_on", "created_at")
        .distinct("dossier_id")
        .values_list("pk", "seance__held_on__year")
    )
    of_year = [pk for pk, year in first if str(year) == period]
    return list(Snapshot.objects.filter(examen__in=of_year).last_versions())


def _by_code(period: str, kind: FactKind) -> Counter[str]:
    return Counter(facts(period, kind).values_list("code", flat=True))


def _without_zero(told: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in told.items() if value or key not in keys}


def _half_up(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)


def _year_before(year: int) -> int:
    return year - 1


REFERENCE = (
    "La date de référence d’une situation est celle de la séance si elle est présentée, sinon celle de l’évaluation."
)
DECLINED_ONCE = (
    "Une situation non retenue ou ajournée, et jamais présentée, compte parmi les non retenues même si elle est "
    "réexaminée depuis."
)
FIGURES: dict[str, Figure] = {
    figure.id: figure
    for figure in (
        Figure("F01", "Commissions tenues", "Séances tenues dans l’année, avec ou sans situation.", seances),
        Figure(
            "F02",
            "Situations étudiées",
            f"Situations dont la date de référence est dans l’année, présentées ou non. {REFERENCE} {DECLINED_ONCE}",
            studied,
            keys=("presentees", "non_presentees", "etudiees", "en_attente"),
        ),
        Figure(
            "F03",
            "Situations validées",
            "Situations présentées dans l’année dont la dernière décision est « validée », avec ou sans réserve.",
            validated,
        ),
        Figure(
            "F04",
            "Baux en nom propre dans le parc public",
            "Baux signés en nom propre dans le parc public par les situations présentées dans l’année, "
            "quelle que soit l’année de la signature ; un bail qui a pris fin avant l’entrée n’est pas compté.",
            own_leases,
        ),
        Figure(
            "F05",
            "Situations évaluées",
            f"Présentées, non retenues et leurs motifs (le libellé avant « : »). {REFERENCE} {DECLINED_ONCE}",
            evaluated,
            keys=("evaluees", "presentees", "non_retenues", "en_attente", "motifs"),
        ),
        Figure(
            "F06",
            "Commissions avec une situation Logement d’abord",
            "Séances tenues dans l’année ; parmi elles, celles où une situation au moins est présentée.",
            seances_with_cases,
            keys=("commissions", "avec_situation_lda"),
        ),
        Figure(
            "F07",
            "Composition des ménages présentés",
            "Composition au premier passage, telle que figée en séance.",
            households,
            keys=(*HOUSEHOLDS.values(), "composition inconnue"),
        ),
        Figure(
            "F08",
            "Âge des personnes présentées",
            "Âge du titulaire, en années révolues, le jour de la première présentation.",
            ages,
            keys=("age_moyen", "age_min", "age_max"),
        ),
        Figure(
            "F09",
            "Ressources moyennes",
            "Moyenne des ressources mensuelles du ménage, figées à la première présentation, en euros.",
            resources,
        ),
        Figure(
            "F10",
            "Prescripteurs différents",
            "Organismes prescripteurs distincts parmi les situations présentées dans l’année.",
            prescribers,
        ),
        Figure(
            "F11",
            "Devenir de la cohorte de l’année précédente",
            "Dernière issue connue au 31 décembre des situations présentées l’année précédente ; "
            "les retours à l’emploi sont comptés à part.",
            outcomes,
            reads=frozenset({FactKind.PRESENTE}),
            keys=(*OUTCOMES.values(), "maintien_avec_dette", "retour_emploi"),
            cohort_of=_year_before,
        ),
    )
}
