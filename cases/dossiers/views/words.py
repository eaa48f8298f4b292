"""What is said of a household, in words, and how much of it to whom.

The SIAO, which instructs, reads everything. Others who may open the dossier read where the household lives by ETHOS
category (« sortie d’institution », never which one), no motive, no free text, and nothing that tells of health or
justice: neither does the name of who oriented the household (a hospital, a probation service).
"""

from __future__ import annotations

from cases.dossiers.models import ETHOS, Evaluation, FactCode, HouseholdType, Outcome, Resource

HOUSEHOLDS = {
    HouseholdType.HOMME_ISOLE_SANS_ENFANT: "homme seul",
    HouseholdType.FEMME_ISOLE_SANS_ENFANT: "femme seule",
}
DELICATE = frozenset({Outcome.HOSPITALISATION_LONGUE, Outcome.INCARCERATION, FactCode.HOSPITALISATION})
HOMELESS, WITHOUT_HOME = 2, 7  # last categories of « sans abri » and of « sans logement »


def household_words(evaluation: Evaluation | None) -> str:
    """« homme seul », « femme avec 2 enfants », nothing when it is not known."""
    return "" if evaluation is None else composition_words(evaluation.household_type, evaluation.children)


def composition_words(household_type: str | None, children: str | None) -> str:
    """The same, of a type of household and a number of children."""
    if household_type not in HouseholdType.values:
        return ""
    kind = HouseholdType(household_type)
    label = HOUSEHOLDS.get(kind, str(kind.label))
    told = children or ""
    count = int(told) if told.isdecimal() else 0
    if count and label.endswith("enfants"):
        return label.replace("enfants", f"{count} enfant{'s' if count > 1 else ''}")
    return label


def resource_words(evaluation: Evaluation | None) -> str:
    """« RSA », « activité », nothing when it is not known."""
    code = evaluation.resource if evaluation is not None else None
    return str(Resource(code).label) if code is not None and code in Resource.values else ""


def ethos_code(ethos: str) -> str:
    """« 1.1 » of « 1.1 espace public »; nothing when the code is not written."""
    code = ethos.partition(" ")[0]
    return code if code[:1].isdigit() else ""


def ethos_category(ethos: str) -> int:
    """The category, 1 to 13, of « 1.1 espace public »; 0 when it is not known."""
    number = ethos_code(ethos).partition(".")[0]
    return int(number) if number.isdecimal() and int(number) in ETHOS else 0


def ethos_words(ethos: str, *, in_full: bool) -> str:
    """Where one lives: as it was written, or by its category alone."""
    if in_full:
        code = ethos_code(ethos)
        return ethos.removeprefix(code).strip() or ethos
    return ETHOS.get(ethos_category(ethos), "situation connue du SIAO")


def ethos_kind(ethos: str) -> str:
    """Colour of a lane: the concept that the category belongs to."""
    category = ethos_category(ethos)
    if category == 0:
        return "inconnu"
    return "rue" if category <= HOMELESS else "sans" if category <= WITHOUT_HOME else "precaire"


def outcome_words(code: str | None, *, in_full: bool) -> str:
    """What became of the situation; « issue inscrite » for what is not everyone’s to read."""
    if code not in Outcome.values or (code in DELICATE and not in_full):
        return "issue inscrite"
    return str(Outcome(code).label)


def fact_words(code: str | None, *, in_full: bool) -> str:
    """An event beside the outcomes, with the same discretion."""
    if code not in FactCode.values or (code in DELICATE and not in_full):
        return "évènement inscrit"
    return str(FactCode(code).label)


def capitalised(words: str) -> str:
    """The first letter in capital, the others as they are."""
    return words[:1].upper() + words[1:]
