"""What letters say: facts in, words out, for the templates of `core/typst/`. Pure functions, no database.

Rules (design charter § 9, domaine § 5): greeting by name, the decision in the first sentence, why, what comes next and
when, what one may ask, whom to call, one's rights on data. Sentences under twenty words, no comparison with others, no
health, no justice, no acronym that is not explained. Easy to read: one idea on each line, no pronoun without its noun.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from accounts.operations import BlockKind, blocks_of
from cases.dossiers.models import LetterKind
from cases.dossiers.operations.letters.facts import Asked, Decided, Decision, Facts
from core.typography import day_and_month

EASY = frozenset({LetterKind.DECISION_FALC, LetterKind.PIECES_FALC, LetterKind.INFORMATION_FALC})
TO_THE_HOUSEHOLD = frozenset(LetterKind) - {LetterKind.PRESCRIPTEUR, LetterKind.COURRIEL}
DRAFT = "Projet : ce courrier n’est pas encore établi. Ne le remettez pas."
SIAO_IN_FULL = "Service intégré de l’accueil et de l’orientation"
CONDITION = "Ce que la commission demande"
# the commission supports a household; the commission of a landlord alone attributes a dwelling (domaine § 0)
WHO_DECIDES = "La commission n’attribue pas de logement : le bailleur du logement décide ensuite."
MEETING = (
    "La commission est une réunion.",
    "La commission aide à chercher un logement.",
    "La commission ne donne pas de logement.",
    "Le propriétaire du logement décide ensuite.",
)
ALWAYS = date.min  # a date on paper always says its year

Part = dict[str, Any]
# Why, for who reads it about herself: nothing of health or justice, whatever the motive that was counted
WHYS: dict[str, str] = {
    "AJOURNE_DETTE_LOCATIVE": "Une dette de loyer doit d’abord être réglée, ou payée petit à petit avec un plan.",
    "AJOURNE_JUSTIFICATIFS_ABSENTS": "Il manque des documents pour présenter votre demande.",
    "AJOURNE_RELOGE_AUTRE_DISPOSITIF": "Vous avez trouvé une autre solution de logement pour le moment.",
    "NON_ADHESION": "Vous nous avez dit que ce projet ne vous convient pas.",
    "LIEN_INSUFFISANT": "Nous n’avons pas réussi à vous joindre pour compléter votre demande.",
    "PERDU_DE_VUE": "Nous n’avons pas réussi à vous joindre.",
    "DEPART_DEPARTEMENT": "Vous n’habitez plus en Savoie.",
    "RELOGE_PARC_PUBLIC": "Vous avez trouvé un logement social.",
    "RELOGE_AUTRE_DISPOSITIF": "Vous avez trouvé une autre solution de logement.",
    "RETRAIT_DEMANDE": "Vous nous avez demandé d’arrêter.",
    "DROIT_AU_SEJOUR": "Une démarche administrative doit d’abord aboutir.",
}
ALOUD = "Votre référent vous l’explique de vive voix."
SAID_ALOUD = frozenset({"INCARCERATION", "HOSPITALISATION"})  # what a letter does not say
NO_LETTER = frozenset({"DECES"})  # nobody to write to


def why_of(motive: str | None) -> str:
    """The reason to offer for a motive, in words for the person; empty when the author must find them."""
    if motive in SAID_ALOUD:
        return ALOUD
    return WHYS.get(motive or "", "")


def compose(kind: LetterKind, facts: Facts, asked: Asked) -> dict[str, Any]:
    """The letter, as `letter.typ` reads it; without the band of a draft."""
    subject, parts = LETTERS[kind](facts, asked)
    name = facts.person.full_name
    to_household = kind in TO_THE_HOUSEHOLD
    recipient = [name if to_household else facts.prescripteur, *asked.address] if asked.address else []
    signature = [facts.referent, facts.sender] if facts.referent else [facts.sender]
    return {
        "title": subject,
        "foot": f"{facts.sender}, dossier {facts.reference}",
        "sender_name": facts.sender,
        "sender": [SIAO_IN_FULL, f"Téléphone : {facts.phone}"],
        "place_date": f"{facts.place}, le {said(facts.today)}",
        "reference": f"Dossier {facts.reference}",
        "recipient": recipient,
        "subject": subject,
        "greeting": facts.person.greeting if to_household else "Bonjour,",
        "parts": parts,
        "closing": "Cordialement,",
        "signature": signature,
        "copies": list(asked.copies),
        "small": [part(facts.legal[0], facts.legal[1])] if facts.legal else [],
        "band": None,
        "easy": kind in EASY,
    }


def said(day: date) -> str:
    """« 3 mars 2027 »."""
    return day_and_month(day, today=ALWAYS)


def part(heading: str | None, paragraphs: Sequence[str], items: Sequence[str] = ()) -> Part:
    return {"heading": heading, "paragraphs": [each for each in paragraphs if each], "items": list(items)}


def parts_of(text: str) -> list[Part]:
    """A long text, in the marks of `blocks_of`: a part for each heading, and for each paragraph that follows a list."""
    parts: list[Part] = []
    for block in blocks_of(text):
        if block.kind is BlockKind.HEADING:
            parts.append(part(block.text, []))
            continue
        is_item = block.kind is BlockKind.ITEM
        if not parts or (parts[-1]["items"] and not is_item):
            parts.append(part(None, []))
        parts[-1]["items" if is_item else "paragraphs"].append(block.text)
    return parts


# -- to the household --------------------------------------------------------------------------------------------------


def _decision(facts: Facts, asked: Asked) -> tuple[str, list[Part]]:
    decision = _told(facts)
    subject, first, following = PLAIN[decision.what](facts, decision)
    why = [part("Pourquoi", [asked.why])] if asked.why else []
    reserve = [part(CONDITION, [asked.reserve])] if asked.reserve else []
    pieces = [part("Ce qu’il nous manque", [], asked.pieces)] if asked.pieces else []
    parts = [part(None, first), *reserve, *why, *pieces, part("La suite", following), *_rights(facts, decision.what)]
    return subject, parts


def _plain_put_off(facts: Facts, decision: Decision) -> tuple[str, list[str], list[str]]:
    since = f", depuis le {said(decision.on)}" if decision.on else ""
    first = [f"{decision.who} met votre demande de logement en attente{since}.", "Votre demande n’est pas refusée."]
    following = [
        f"Nous regarderons de nouveau votre demande le {said(decision.review_on)}."
        if decision.review_on
        else "Nous vous dirons quand nous regarderons de nouveau votre demande.",
        "Si votre situation change avant, dites-le-nous : nous pouvons la regarder plus tôt.",
    ]
    return "Votre demande de logement est mise en attente", first, following


def _plain_not_retained(facts: Facts, decision: Decision) -> tuple[str, list[str], list[str]]:
    when = f", par une décision du {said(decision.on)}" if decision.on else ""
    following = [
        "Votre demande de logement social continue : cette décision ne la supprime pas.",
        "Si votre situation change, dites-le-nous : nous pouvons reprendre votre demande.",
    ]
    first = [f"{decision.who} ne retient pas votre demande d’accompagnement vers un logement{when}."]
    return "Votre demande n’est pas retenue", first, following


def _plain_admitted(facts: Facts, decision: Decision) -> tuple[str, list[str], list[str]]:
    when = f" du {said(decision.on)}" if decision.on else ""
    if decision.is_conditional:
        following = [
            "Quand c’est fait, dites-le-nous.",
            "C’est difficile ? Dites-le-nous aussi : nous vous aidons.",
            f"{facts.referent or 'Votre référent'} vous dit où en est votre demande.",
            WHO_DECIDES,
        ]
        first = [f"La commission{when} soutient votre demande de logement, à une condition."]
        return "La commission soutient votre demande, à une condition", first, following
    following = [
        "Nous cherchons maintenant un logement avec vous.",
        f"{facts.referent or 'Votre référent'} vous dit où en est la recherche.",
        WHO_DECIDES,
    ]
    first = [f"La commission{when} soutient votre demande de logement."]
    return "La commission soutient votre demande", first, following


def _plain_pieces(facts: Facts, decision: Decision) -> tuple[str, list[str], list[str]]:
    following = [
        "Apportez ces pièces, envoyez-les, ou donnez-les à la personne qui vous accompagne.",
        "Une photo suffit, si tout le texte se lit.",
        "Une pièce est difficile à obtenir ? Dites-le-nous : nous vous aidons.",
        "Dès que tout est là, nous reprenons votre demande.",
    ]
    return "Des pièces manquent à votre demande", ["Il nous manque des pièces pour continuer votre demande."], following


PLAIN: Mapping[Decided, Callable[[Facts, Decision], tuple[str, list[str], list[str]]]] = {
    Decided.PUT_OFF: _plain_put_off,
    Decided.NOT_RETAINED: _plain_not_retained,
    Decided.ADMITTED: _plain_admitted,
    Decided.PIECES: _plain_pieces,
}


def _rights(facts: Facts, what: Decided | None) -> list[Part]:
    ask = ["Vous pouvez demander un rendez-vous pour donner votre avis.", "Venez avec la personne de votre choix."]
    if what in (Decided.PUT_OFF, Decided.NOT_RETAINED):
        ask.append("Vous pouvez demander que cette décision soit revue.")
    call = [f"Appelez le {facts.phone}. {_answers(facts)} vous répond."]
    data = [
        "Vos informations servent à votre demande et à votre accompagnement.",
        "Elles servent aussi à des chiffres, où personne ne peut être reconnu.",
        "Vous pouvez les lire, les faire corriger, ou demander qu’elles soient effacées.",
        "Demandez-le au même numéro, ou au délégué à la protection des données.",
    ]
    return [part("Ce que vous pouvez demander", ask), part("Qui appeler", call), part("Vos informations", data)]


def _answers(facts: Facts) -> str:
    return f"{facts.referent} ou un collègue" if facts.referent else "Une personne du SIAO"


def _pieces(facts: Facts, asked: Asked) -> tuple[str, list[Part]]:
    subject, first, following = _plain_pieces(facts, Decision(Decided.PIECES, None))
    missing = part("Les pièces", [], asked.pieces)
    return subject, [part(None, first), missing, part("La suite", following), *_rights(facts, Decided.PIECES)]


# -- easy to read ------------------------------------------------------------------------------------------------------


def _easy_decision(facts: Facts, asked: Asked) -> tuple[str, list[Part]]:
    decision = _told(facts)
    subject, first, following = EASILY[decision.what](facts, decision)
    why = [part("Pourquoi", [asked.why])] if asked.why else []
    reserve = [part(CONDITION, [asked.reserve])] if asked.reserve else []
    pieces = [part("Les papiers qui manquent", [], asked.pieces)] if asked.pieces else []
    after = [part("Et après", following), *_easy_rights(facts, decision.what)]
    return subject, [part(None, first), *reserve, *why, *pieces, *after]


def _easy_put_off(facts: Facts, decision: Decision) -> tuple[str, list[str], list[str]]:
    first = [f"{decision.who} met votre demande en attente.", "Votre demande n’est pas refusée."]
    following = [
        f"Le SIAO regarde de nouveau votre demande le {said(decision.review_on)}."
        if decision.review_on
        else "Le SIAO vous donnera une date.",
        "Votre situation peut changer avant.",
        "Dans ce cas, appelez le SIAO.",
    ]
    return "Votre demande est en attente", first, following


def _easy_not_retained(facts: Facts, decision: Decision) -> tuple[str, list[str], list[str]]:
    first = [f"{decision.who} ne retient pas votre demande.", "Le SIAO ne cherche pas de logement pour vous."]
    following = [
        "Votre demande de logement social continue.",
        "Votre situation peut changer.",
        "Dans ce cas, appelez le SIAO.",
        "Le SIAO peut reprendre votre demande.",
    ]
    return "Votre demande n’est pas retenue", first, following


def _easy_admitted(facts: Facts, decision: Decision) -> tuple[str, list[str], list[str]]:
    if decision.is_conditional:
        first = [
            "La commission dit oui à votre demande, à une condition.",
            "Une condition est une chose à faire.",
            *MEETING,
        ]
        following = [
            "Faites ce que la commission demande.",
            "Quand c’est fait, appelez le SIAO.",
            "C’est difficile ?",
            "Appelez le SIAO : le SIAO vous aide.",
        ]
        return "La commission dit oui, à une condition", first, following
    first = ["La commission dit oui à votre demande.", *MEETING]
    following = ["Le SIAO cherche un logement avec vous.", "Cela peut prendre du temps."]
    return "La commission dit oui", first, following


def _easy_pieces(facts: Facts, decision: Decision) -> tuple[str, list[str], list[str]]:
    following = [
        "Apportez les papiers au SIAO.",
        "Vous pouvez aussi envoyer une photo.",
        "Un papier est difficile à avoir ?",
        "Appelez le SIAO : le SIAO vous aide.",
    ]
    return "Il manque des papiers", ["Il manque des papiers pour votre demande."], following


EASILY: Mapping[Decided, Callable[[Facts, Decision], tuple[str, list[str], list[str]]]] = {
    Decided.PUT_OFF: _easy_put_off,
    Decided.NOT_RETAINED: _easy_not_retained,
    Decided.ADMITTED: _easy_admitted,
    Decided.PIECES: _easy_pieces,
}


def _easy_rights(facts: Facts, what: Decided | None) -> list[Part]:
    ask = ["Vous pouvez demander un rendez-vous.", "Vous pouvez venir avec une personne."]
    if what in (Decided.PUT_OFF, Decided.NOT_RETAINED):
        ask += ["Vous n’êtes pas d’accord ?", "Vous pouvez demander une nouvelle réponse."]
    call = [
        "Le SIAO est le service qui aide les personnes sans logement.",
        f"Le téléphone du SIAO est le {facts.phone}.",
    ]
    data = [
        "Le SIAO garde des informations sur vous.",
        "Les informations servent à votre demande.",
        "Les informations servent aussi à faire des chiffres.",
        "Personne ne peut être reconnu dans les chiffres.",
        "Vous pouvez lire les informations.",
        "Vous pouvez demander de corriger ou d’effacer les informations.",
    ]
    return [part("Vos droits", ask), part("Qui appeler", call), part("Vos informations", data)]


def _easy_missing(facts: Facts, asked: Asked) -> tuple[str, list[Part]]:
    subject, first, following = _easy_pieces(facts, Decision(Decided.PIECES, None))
    missing = part("Les papiers", [], asked.pieces)
    return subject, [part(None, first), missing, part("Et après", following), *_easy_rights(facts, Decided.PIECES)]


# -- to who prescribes, and before anything is written -----------------------------------------------------------------


def _prescripteur(facts: Facts, asked: Asked) -> tuple[str, list[Part]]:
    """By the reference alone, without the motive or the condition: they are the household's to tell."""
    decision = _told(facts)
    condition = ", à une condition" if decision.is_conditional else ""
    told = {
        Decided.PUT_OFF: f"{decision.who} met en attente la situation {facts.reference}, que vous avez orientée.",
        Decided.NOT_RETAINED: f"{decision.who} ne retient pas la situation {facts.reference}, que vous avez orientée.",
        Decided.ADMITTED: f"La commission soutient la situation {facts.reference}, que vous avez orientée{condition}.",
        Decided.PIECES: f"Il manque des pièces à la situation {facts.reference}, que vous avez orientée.",
    }[decision.what]
    review = f"Elle sera regardée de nouveau le {said(decision.review_on)}." if decision.review_on else ""
    expected = {
        Decided.PUT_OFF: f"Si la situation change{' avant cette date' if decision.review_on else ''}, dites-le-nous.",
        Decided.NOT_RETAINED: "Si un fait nouveau survient, dites-le-nous : la demande peut être reprise.",
        Decided.ADMITTED: "La recherche d’un logement commence. Gardez le lien avec le ménage, et avec nous.",
        Decided.PIECES: "Aidez le ménage à les réunir, si vous le pouvez. Prévenez-nous d’une difficulté.",
    }[decision.what]
    if decision.is_conditional:
        expected = "Le ménage peut avoir besoin de vous pour la remplir. Gardez le lien avec lui, et avec nous."
    pieces = [part("Les pièces qui manquent", [], asked.pieces)] if asked.pieces else []
    parts = [
        part(None, [told, review, "Le SIAO prévient le ménage lui-même."]),
        *pieces,
        part("Ce que nous attendons de vous", [expected]),
        part("Qui appeler", [f"{_answers(facts)} vous répond au {facts.phone}."]),
    ]
    return f"Dossier {facts.reference} : où en est votre prescription", parts


def _information(facts: Facts, asked: Asked) -> tuple[str, list[Part]]:
    title, lines = facts.information or ("Vos informations", ())
    return title, parts_of("\n".join(lines))


LETTERS: Mapping[LetterKind, Callable[[Facts, Asked], tuple[str, list[Part]]]] = {
    LetterKind.DECISION: _decision,
    LetterKind.DECISION_FALC: _easy_decision,
    LetterKind.PRESCRIPTEUR: _prescripteur,
    LetterKind.PIECES: _pieces,
    LetterKind.PIECES_FALC: _easy_missing,
    LetterKind.INFORMATION: _information,
    LetterKind.INFORMATION_FALC: _information,
}


def _told(facts: Facts) -> Decision:
    if facts.decision is None:
        raise ValueError("a letter that tells a decision needs one")
    return facts.decision
