"""What a fiche tells: the evaluation, narrowed to what members may know (domaine § 5). Nothing is invented."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from uuid import UUID

from django.db.models import Count

from cases.dossiers.models import (
    Answer,
    Commune,
    DebtLine,
    Document,
    Dossier,
    Evaluation,
    HousingRequest,
    Participant,
    PersonRole,
    PieceKind,
    PieceStep,
    Resource,
)
from cases.dossiers.models.questions.lists import COMMUNE_ANY
from cases.dossiers.models.requests import term_of
from cases.dossiers.operations import missing_pieces
from commission.models import AgeBand, Examen, Fiche, Housing, Income
from commission.operations.past import age_on
from vault import keys
from vault.models import KeyClass

OfDossier = TypeVar("OfDossier", Participant, Document)
TEN = Decimal(10)
# answers that a fiche repeats, by the key of their question
WISHES = {
    "wished_communes": "communes",
    "wished_size": "sizes",
    "floor": "floor",
    "access": "access",
    "animals": "animals",
    "dalo": "priority",
    "needs": "support",
}
COMMUNES = "wished_communes"
UNTOLD = frozenset({"SOINS"})  # a need that tells of health
RENT = "LOYER"  # the nature of a debt of rent
BANDS = ((18, AgeBand.MINOR), (25, AgeBand.FROM_18), (35, AgeBand.FROM_25), (45, AgeBand.FROM_35))
OLDER = ((55, AgeBand.FROM_45), (65, AgeBand.FROM_55))
INCOMES: dict[str, Income] = {
    Resource.ACTIVITE: Income.ACTIVITE,
    Resource.RSA: Income.ALLOCATION,
    Resource.AAH: Income.ALLOCATION,
    Resource.ARE: Income.ALLOCATION,
    Resource.ASS: Income.ALLOCATION,
    Resource.CEJ: Income.ALLOCATION,
    Resource.ASPA: Income.PENSION,
    Resource.RETRAITE: Income.PENSION,
    Resource.INVALIDITE: Income.PENSION,
    Resource.MIXTE: Income.PLUSIEURS,
    Resource.AUTRE: Income.AUTRE,
    Resource.SANS_RESSOURCE: Income.SANS,
}
HOUSINGS = {
    1: Housing.RUE,
    2: Housing.URGENCE,
    3: Housing.HEBERGEMENT,
    4: Housing.HEBERGEMENT,  # a shelter for women tells of violence
    5: Housing.HEBERGEMENT,  # accommodation for foreigners tells of an origin
    6: Housing.INSTITUTION,
    7: Housing.ACCOMPAGNE,
    8: Housing.TIERS,
    9: Housing.EXPULSION,
    10: Housing.PRECAIRE,  # a threat of violence
    11: Housing.PROVISOIRE,
    12: Housing.INDIGNE,
    13: Housing.SURPEUPLE,
}


@dataclass(frozen=True, slots=True)
class Told:
    """The contents of a version of a fiche, under the names of its columns; `None` is not known."""

    reference: str
    passage: int = 1
    evaluated_on: date | None = None
    request_until: date | None = None
    age_band: str | None = None
    household_type: str | None = None
    children: str | None = None
    income: str | None = None
    resources: Decimal | None = None
    rent_debt: Decimal | None = None
    housing: str | None = None
    adhesion: str | None = None
    communes: str | None = None
    sizes: str | None = None
    floor: str | None = None
    access: str | None = None
    animals: str | None = None
    priority: str | None = None
    debt_plan: str | None = None
    support: str | None = None
    papers: str | None = None


COLUMNS = tuple(field.name for field in fields(Told))


def age_band(born: date | None, day: date) -> str | None:
    """The band of the titulaire's age on the day of the séance."""
    if born is None:
        return None
    age = age_on(born, day)
    return next((band.value for limit, band in (*BANDS, *OLDER) if age < limit), AgeBand.FROM_65.value)


def income(resource: str | None) -> str | None:
    """Activity, allowance, pension or nothing: never which allowance."""
    return INCOMES[resource].value if resource in INCOMES else None


def resources(amount: Decimal | None) -> Decimal | None:
    """Euros of a month, to the nearest ten: some allowances are known by their exact amount."""
    return None if amount is None else (amount / TEN).quantize(Decimal(1), rounding=ROUND_HALF_UP) * TEN


def housing(ethos: str | None) -> str | None:
    """The category of « 6.2 sortie d’institution médicale », never which one; `None` when it is not known."""
    number = (ethos or "").partition(" ")[0].partition(".")[0]
    found = HOUSINGS.get(int(number)) if number.isdecimal() else None
    return found.value if found else None


def request_until(renewed_on: date | None) -> date | None:
    """Until when the housing request is valid."""
    term = term_of(renewed_on)
    return None if term is None else term.valid_until


def told_of(dossiers: Collection[Dossier], held_on: date, *, besides: Collection[UUID] = ()) -> dict[UUID, Told]:
    """What a séance of that day would be told of each dossier, in as many queries for one as for fifty.

    `besides` are the examens of that séance: what was presented elsewhere makes the number of the passage.
    """
    ids = [dossier.pk for dossier in dossiers]
    people = _by_dossier(Participant.objects.select_related("person").filter(dossier__in=ids))
    members = [member for held in people.values() for member in held if member.role == PersonRole.TITULAIRE]
    born = {member.dossier_id: member.person for member in members}
    kinds = list(PieceKind.objects.filter(step=PieceStep.READY, is_active=True))
    documents = _by_dossier(Document.objects.filter(dossier__in=ids, removed_at=None))
    evaluations = {each.dossier_id: each for each in Evaluation.objects.current().filter(dossier__in=ids)}
    presented = Examen.objects.presented().filter(dossier__in=ids).exclude(pk__in=besides).order_by()
    before = dict(presented.values_list("dossier").annotate(count=Count("pk")))
    renewed: dict[UUID, date | None] = {}
    for request in HousingRequest.objects.of_titulaires().filter(dossier__in=ids):
        renewed.setdefault(request.dossier_id, request.renewed_on)
    keys.warm([person.pk for person in born.values()], [KeyClass.IDENTITY])
    pieces = [document.subject_id for held in documents.values() for document in held]
    keys.warm([*(dossier.household_id for dossier in dossiers), *pieces], [KeyClass.SOCIAL])
    wishes = _wishes([evaluation.pk for evaluation in evaluations.values()])
    return {
        dossier.pk: _told(
            dossier,
            evaluations.get(dossier.pk),
            wishes,
            passage=before.get(dossier.pk, 0) + 1,
            until=request_until(renewed.get(dossier.pk)),
            age=age_band(born[dossier.pk].birth_date, held_on) if dossier.pk in born else None,
            papers=str(
                len(
                    missing_pieces(
                        dossier,
                        today=held_on,
                        evaluation=evaluations.get(dossier.pk),
                        people=people.get(dossier.pk, []),
                        kinds=kinds,
                        documents=documents.get(dossier.pk, []),
                    )
                )
            ),
        )
        for dossier in dossiers
    }


def _by_dossier(rows: Iterable[OfDossier]) -> dict[UUID, list[OfDossier]]:
    found: dict[UUID, list[OfDossier]] = {}
    for row in rows:
        found.setdefault(row.dossier_id, []).append(row)
    return found


def _wishes(evaluations: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """What each evaluation says of wishes, priority, needs and the plan of its rent debt, by column of the fiche."""
    answers: dict[UUID, dict[str, str]] = {pk: {} for pk in evaluations}
    for row in Answer.objects.filter(evaluation__in=evaluations, key__in=WISHES):
        answers[row.evaluation_id][row.key] = row.value or ""
    names = commune_names(code for told in answers.values() for code in told.get(COMMUNES, "").split(","))
    found = {pk: wishes_in(told, names) for pk, told in answers.items()}
    for line in DebtLine.objects.filter(evaluation__in=evaluations).order_by("rank"):
        if line.nature == RENT and line.plan:
            found[line.evaluation_id]["debt_plan"] = line.plan
    return found


def commune_names(codes: Iterable[str]) -> dict[str, str]:
    """What one reads for each code of a wished commune."""
    asked = {code for code in codes if code}
    found = {each.code: each.name for each in Commune.objects.filter(code__in=asked)} if asked else {}
    return {**COMMUNE_ANY, **found}


def wishes_in(answers: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """The columns of a fiche that repeat answers: their codes, but for communes, told by their names."""
    found = {}
    for key, column in WISHES.items():
        codes = [code for code in answers.get(key, "").split(",") if code and code not in UNTOLD]
        if codes:
            found[column] = ", ".join(names.get(code, code) for code in codes) if key == COMMUNES else ",".join(codes)
    return found


def _told(
    dossier: Dossier,
    evaluation: Evaluation | None,
    wishes: dict[UUID, dict[str, str]],
    *,
    passage: int,
    until: date | None,
    age: str | None,
    papers: str,
) -> Told:
    if evaluation is None:
        return Told(dossier.reference, passage, request_until=until, age_band=age, papers=papers)
    return Told(
        reference=dossier.reference,
        passage=passage,
        evaluated_on=evaluation.evaluated_on,
        request_until=until,
        age_band=age,
        household_type=evaluation.household_type,
        children=evaluation.children,
        income=income(evaluation.resource),
        resources=resources(evaluation.resources),
        rent_debt=evaluation.rent_debt,
        housing=housing(evaluation.ethos),
        adhesion=evaluation.adhesion,
        papers=papers,
        **wishes.get(evaluation.pk, {}),
    )


def says_the_same(fiche: Fiche, told: Told) -> bool:
    """Whether this version already tells it."""
    return all(getattr(fiche, name) == getattr(told, name) for name in COLUMNS)
