"""What an act asks for, in words: shown beside its button, and checked when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from cases.dossiers.models import Adhesion, Dossier, Evaluation, Hold, HoldCode, HousingRequest

REQUEST_LASTS = timedelta(days=365)  # a social-housing request is valid one year (CCH R.441-2-7)


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that an act needs: a noun phrase when missing, a plain sentence when met."""

    is_met: bool
    missing: str
    met: str

    @property
    def text(self) -> str:
        return self.met if self.is_met else self.missing


@dataclass(frozen=True, slots=True)
class Known:
    """What the conditions look at, read once."""

    dossier: Dossier
    evaluation: Evaluation | None
    request: HousingRequest | None
    holds: tuple[HoldCode, ...]

    def holds_a(self, code: HoldCode) -> bool:
        return code in self.holds


def known(dossier: Dossier, *, evaluation: Evaluation | None = None, holds: Iterable[str] | None = None) -> Known:
    """Read what the conditions of a dossier need; the current evaluation and the open holds may be given."""
    if holds is None:
        standing = Hold.objects.filter(dossier=dossier, released_at=None)
        holds = standing.order_by("code", "placed_at").values_list("code", flat=True)
    return Known(
        dossier,
        evaluation or Evaluation.objects.filter(dossier=dossier).order_by("-version").first(),
        HousingRequest.objects.filter(dossier=dossier).order_by("recorded_at").first(),
        tuple(HoldCode(code) for code in holds),
    )


def conditions_of(act: str, about: Known, *, today: date) -> list[Condition]:
    """The conditions of the act named `act`, missing ones first."""
    rule = RULES.get(act)
    found = rule(about, today) if rule else []
    return sorted(found, key=lambda condition: condition.is_met)


def _prescription(about: Known, today: date) -> list[Condition]:
    named = about.dossier.prescripteur_id is not None
    return [Condition(named, "L’organisme qui oriente le ménage.", "L’organisme qui oriente est connu.")]


def _start(about: Known, today: date) -> list[Condition]:
    named = about.dossier.referent_id is not None
    return [Condition(named, "Un référent pour ce dossier.", "Le dossier a un référent.")]


def _evaluated(about: Known, today: date) -> list[Condition]:
    e = about.evaluation
    return [
        Condition(e is not None and e.evaluated_on is not None, "La date de l’évaluation.", "L’évaluation est datée."),
        Condition(
            e is not None and e.household_type is not None, "La composition du ménage.", "La composition est connue."
        ),
        Condition(e is not None and e.resources is not None, "Les ressources du mois.", "Les ressources sont connues."),
        Condition(
            e is not None and e.rent_debt is not None,
            "La dette de loyer, même à zéro.",
            "La dette de loyer est connue.",
        ),
        _number(about),
    ]


def _number(about: Known) -> Condition:
    r = about.request
    known_or_explained = r is not None and (r.number is not None or r.missing_reason is not None)
    return Condition(
        known_or_explained,
        "Le numéro unique, ou la raison de son absence.",
        "Le numéro unique est renseigné." if r and r.number else "L’absence de numéro unique est expliquée.",
    )


def _ready(about: Known, today: date) -> list[Condition]:
    e, r = about.evaluation, about.request
    renewed = r.renewed_on if r else None
    valid = renewed is not None and renewed + REQUEST_LASTS > today
    expired = "Une demande de logement social encore valable : la sienne a plus d’un an."
    unknown = "La date de la demande de logement social, ou de son renouvellement."
    return [
        Condition(e is not None and e.adhesion == Adhesion.OUI, "L’adhésion du ménage au projet.", "Le ménage adhère."),
        _number(about),
        Condition(valid, expired if renewed else unknown, "La demande de logement social est valable."),
    ]


def _house(about: Known, today: date) -> list[Condition]:
    return [Condition(about.holds_a(HoldCode.LEASE), "Un bail signé, avec sa date d’entrée.", "Le bail est signé.")]


def _hand_over(about: Known, today: date) -> list[Condition]:
    has = about.holds_a(HoldCode.MEASURE)
    return [Condition(has, "Un accompagnement en place, pour passer le relais.", "Un accompagnement est en place.")]


def _close(about: Known, today: date) -> list[Condition]:
    if not about.holds:
        return [Condition(True, "", "Rien n’est en cours : ni bail, ni accompagnement, ni pécule.")]
    return [Condition(False, f"La fin de ce qui retient le dossier : {code.label}.", "") for code in about.holds]


RULES: dict[str, Callable[[Known, date], list[Condition]]] = {
    "prescribe": _prescription,
    "start_evaluation": _start,
    "complete_evaluation": _evaluated,
    "declare_ready": _ready,
    "house": _house,
    "hand_over": _hand_over,
    "close": _close,
}
