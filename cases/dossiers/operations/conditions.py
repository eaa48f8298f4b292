"""What an act asks for, in words: shown beside its button, and checked when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from cases.dossiers.models import (
    Adhesion,
    Agreement,
    Dossier,
    Evaluation,
    Hold,
    HoldCode,
    HousingRequest,
    Likeness,
    Prescription,
    Purpose,
    State,
)
from cases.dossiers.models.questions import ASKED
from cases.dossiers.models.requests import term_of
from cases.dossiers.operations.answers.held import settled_keys
from cases.dossiers.operations.missing import Lack, MissingPiece, missing_pieces

FIRST = {
    HoldCode.COMMISSION: "Ce dossier est à l’ordre du jour d’une séance : retirez-le d’abord, onglet « Commission ». "
    "S’il est déjà présenté, la séance prend sa décision, ou le retire."
}
"""Others wait for this dossier on a given day: a reason to close does not tell them, an act there does."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that an act needs: a noun phrase when missing, a plain sentence when met."""

    is_met: bool
    missing: str
    met: str
    first: str = ""  # what to do first, when no reason passes over it
    piece: MissingPiece | None = None  # the piece that is missing, which one may ask for
    of_people: bool = False  # only a person can meet it: what the system does passes over it

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
    prescription: Prescription | None = None  # of a dossier that is not prescribed yet
    pieces: tuple[MissingPiece, ...] = ()  # missing to be ready, when that was asked
    agreements: Sequence[date | None] | None = None

    def ends_of_agreements(self) -> Sequence[date | None]:
        """When each agreement to be shown to landlords was taken back, None for one in force; asked when not given."""
        if self.agreements is not None:
            return self.agreements
        asked = Agreement.objects.filter(dossier=self.dossier, purpose=Purpose.LANDLORDS)
        return list(asked.values_list("withdrawn_on", flat=True))

    likenesses: int = 0  # persons to whom hers resemble, without an answer

    def holds_a(self, code: HoldCode) -> bool:
        return code in self.holds


def known(
    dossier: Dossier,
    *,
    evaluation: Evaluation | None = None,
    holds: Iterable[str] | None = None,
    pieces_on: date | None = None,
    pieces: Sequence[MissingPiece] = (),
    agreements: Sequence[date | None] | None = None,
) -> Known:
    """Read what the conditions need; the current evaluation, the open holds, the ends of agreements may be given.

    With `pieces_on`, also the pieces that lack on that day to be ready; or they are given, as `pieces`.
    """
    if holds is None:
        standing = Hold.objects.filter(dossier=dossier, released_at=None)
        holds = standing.order_by("code", "placed_at").values_list("code", flat=True)
    evaluation = evaluation or Evaluation.objects.filter(dossier=dossier).order_by("-version").first()
    lacking = list(pieces)
    if pieces_on is not None:
        lacking = missing_pieces(dossier, today=pieces_on, evaluation=evaluation)
    return Known(
        dossier,
        evaluation,
        HousingRequest.objects.of_titulaires().filter(dossier=dossier).first(),
        tuple(HoldCode(code) for code in holds),
        getattr(dossier, "prescription", None) if dossier.state == State.REPERE else None,
        tuple(lacking),
        agreements,
        Likeness.objects.open().of_dossier(dossier).count() if dossier.state == State.PRESCRIT else 0,
    )


def conditions_of(act: str, about: Known, *, today: date) -> list[Condition]:
    """The conditions of the act named `act`, missing ones first."""
    rule = RULES.get(act)
    found = rule(about, today) if rule else []
    return sorted(found, key=lambda condition: condition.is_met)


def _prescription(about: Known, today: date) -> list[Condition]:
    named, entry = about.dossier.prescripteur_id is not None, about.prescription
    agreed = "La personne est d’accord." if entry and entry.agreed_on else "L’absence d’accord est expliquée."
    return [
        Condition(named, "L’organisme qui oriente le ménage.", "L’organisme qui oriente est connu."),
        Condition(
            entry is not None and entry.is_informed,
            "L’information de la personne, et comment elle l’a reçue.",
            "La personne est informée de ce qui est écrit.",
        ),
        Condition(
            entry is not None and entry.is_answered,
            "L’accord de la personne, ou la raison pour laquelle il manque.",
            agreed,
        ),
    ]


def _start(about: Known, today: date) -> list[Condition]:
    named = about.dossier.referent_id is not None
    alone = about.likenesses == 0
    return [
        Condition(named, "Un référent pour ce dossier.", "Le dossier a un référent."),
        Condition(
            alone,
            "Une réponse : est-ce la même personne que dans un autre dossier ?",
            "Les doublons possibles ont été regardés.",
            of_people=True,
        ),
    ]


def _evaluated(about: Known, today: date) -> list[Condition]:
    """Dated, and each question that counts answered, or empty for a reason (domaine § 2.1)."""
    settled = settled_keys(about.evaluation, ASKED)
    first = sorted(ASKED, key=lambda question: question.key != "evaluated_on")
    asked = [Condition(each.key in settled, each.asked, each.known) for each in first]
    return [*asked, _number(about)]


def _number(about: Known) -> Condition:
    r = about.request
    known_or_explained = r is not None and (r.number is not None or r.missing_reason is not None)
    return Condition(
        known_or_explained,
        "Le numéro unique, ou la raison de son absence.",
        "Le numéro unique est renseigné." if r and r.number else "L’absence de numéro unique est expliquée.",
    )


def _no_home(about: Known, today: date) -> list[Condition]:
    """Another dwelling is looked for, or none any more, once the lease has ended (domaine § 2.1)."""
    ended = not about.holds_a(HoldCode.LEASE)
    return [Condition(ended, "Inscrire d’abord la fin du bail, onglet « Logement ».", "Aucun bail n’est en cours.")]


def _ready(about: Known, today: date) -> list[Condition]:
    e, r = about.evaluation, about.request
    term = term_of(r.renewed_on) if r else None
    valid = term is not None and term.is_valid(today)
    expired = "Une demande de logement social encore valable : la sienne a plus d’un an."
    unknown = "La date de la demande de logement social, ou de son renouvellement."
    return [
        Condition(e is not None and e.adhesion == Adhesion.OUI, "L’adhésion du ménage au projet.", "Le ménage adhère."),
        _number(about),
        Condition(valid, expired if term else unknown, "La demande de logement social est valable."),
        *_pieces(about),
        *_agreed(about),
    ]


def _pieces(about: Known) -> list[Condition]:
    """One for each piece that is missing, so that each has its link."""
    if not about.pieces:
        return [Condition(True, "", "Les pièces demandées sont là, vérifiées et valables.")]
    return [Condition(False, f"{_named(each)}.", "", piece=each) for each in about.pieces]


def _named(missing: MissingPiece) -> str:
    """« Avis d’imposition », « Pièce d’identité d’Hortense Orsel, à vérifier »."""
    label = missing.kind.label
    told = f"{label[:1].upper()}{label[1:]}"
    if missing.person is not None:
        told += f" {missing.person.whose}"
    return told + {Lack.EXPIRED: ", celle qui est là a expiré", Lack.UNCHECKED: ", à vérifier"}.get(missing.lack, "")


def _agreed(about: Known) -> list[Condition]:
    """An agreement that was taken back stops the way to the landlords; one that nobody asked for yet does not."""
    ends = about.ends_of_agreements()
    if not ends:
        return []
    missing = "L’accord du ménage pour être présenté aux bailleurs : il l’a retiré."
    return [Condition(None in ends, missing, "Le ménage est d’accord pour être présenté aux bailleurs.")]


def _house(about: Known, today: date) -> list[Condition]:
    return [Condition(about.holds_a(HoldCode.LEASE), "Un bail signé, avec sa date d’entrée.", "Le bail est signé.")]


def _hand_over(about: Known, today: date) -> list[Condition]:
    has = about.holds_a(HoldCode.MEASURE)
    return [Condition(has, "Un accompagnement en place, pour passer le relais.", "Un accompagnement est en place.")]


def _close(about: Known, today: date) -> list[Condition]:
    if not about.holds:
        return [Condition(True, "", "Rien n’est en cours : ni bail, ni accompagnement, ni pécule.")]
    return [_held_by(code) for code in about.holds]


def _held_by(code: HoldCode) -> Condition:
    if code in FIRST:
        return Condition(False, "Son retrait de l’ordre du jour, ou la décision de la séance.", "", FIRST[code])
    return Condition(False, f"La fin de ce qui retient le dossier : {code.label}.", "")


RULES: dict[str, Callable[[Known, date], list[Condition]]] = {
    "prescribe": _prescription,
    "start_evaluation": _start,
    "complete_evaluation": _evaluated,
    "declare_ready": _ready,
    "stop_search": _no_home,
    "rehouse": _no_home,
    "rehouse_from_follow_up": _no_home,
    "house": _house,
    "hand_over": _hand_over,
    "close": _close,
}
