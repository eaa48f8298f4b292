"""What letters say: short sentences, the decision first, nothing of health or justice, no stray acronym."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cases.dossiers.models import LetterKind
from cases.dossiers.operations.letters import Asked, Decided, Decision, Facts, Person, compose, why_of
from cases.dossiers.operations.letters.words import EASY, WHYS
from cases.dossiers.operations.notice import TEXTS
from cases.dossiers.operations.reference import MOTIVES

K = LetterKind
ROOT = Path(__file__).resolve().parents[2]
NOTICE, NOTICE_EASY = (
    (TEXTS / f"{code}.txt").read_text("utf-8").splitlines()[1:] for code in ("information", "information.easy")
)
WRITTEN = [kind for kind in LetterKind if kind != K.COURRIEL]
DAY, REVIEW = date(2026, 11, 30), date(2027, 3, 1)
REVIEWED = "1ᵉʳ\u00a0mars\u00a02027"
FACTS = Facts(
    reference="LDA-2026-AB23",
    person=Person("Berthe", "Orsel", "F"),
    today=DAY,
    sender="SIAO de la Savoie",
    phone="04 79 00 00 00",
    referent="Colombe Martinet",
    prescripteur="CCAS de Valcombe",
    legal=("Vos droits et vos recours", ["Vous pouvez écrire au président."]),
    information=("Ce que nous notons", NOTICE),
)
ASKED = Asked(why="Une dette de loyer doit d’abord être réglée.", pieces=("pièce d’identité", "avis d’imposition 2025"))
RESERVE = "Une attestation que votre plan de remboursement est à jour, avant le 18 décembre."
ON_CONDITION = Decision(Decided.ADMITTED, DAY, by_commission=True, reserve=RESERVE)
MOST_WORDS = 20
UNSAID = re.compile(
    r"incarc|prison|détention|justice|santé|hôpital|hospital|maladie|regret|refusé(?!e)|usager|bénéficiaire|SDF|"
    r"autres (?:ménages|demandes|personnes)|prioritaire|!|%",
    re.IGNORECASE,
)
# « dites-le nous », « donnez-les leur », « dites-moi le. »: two pronouns after an imperative take two hyphens
UNTIED = re.compile(
    r"-(?:le|la|les) (?:nous|moi|lui|leur)\b|-(?:nous|moi|lui|leur) (?:le|la|les)(?=\s*[.,;:?!]|$)", re.IGNORECASE
)


def letter(kind: LetterKind, what: Decided | None, **facts: Any) -> dict[str, Any]:
    decision = Decision(what, DAY, REVIEW if what is Decided.PUT_OFF else None) if what else None
    easy = {"information": ("Ce que le SIAO écrit", NOTICE_EASY)} if kind in EASY else {}
    return compose(kind, replace(FACTS, **{"decision": decision, **easy, **facts}), ASKED)


def variants(kind: LetterKind, what: Decided | None) -> Iterator[dict[str, Any]]:
    """The letter, without a referent, and on a condition when it says yes."""
    yield letter(kind, what)
    yield letter(kind, what, referent="")
    if what is Decided.ADMITTED:
        facts = replace(FACTS, decision=ON_CONDITION)
        yield compose(kind, facts, replace(ASKED, reserve=RESERVE))
        yield compose(kind, replace(facts, referent=""), Asked(reserve=RESERVE))


def lines(data: dict[str, Any]) -> Iterator[str]:
    for part in data["parts"]:
        yield from part["paragraphs"]


def sentences(data: dict[str, Any]) -> list[str]:
    return [each for line in lines(data) for each in re.split(r"(?<=[.?])\s+", line)]


EVERY = [
    *((kind, what) for kind in (K.DECISION, K.DECISION_FALC, K.PRESCRIPTEUR) for what in Decided),
    *((kind, Decided.PIECES) for kind in (K.PIECES, K.PIECES_FALC)),
    *((kind, None) for kind in (K.INFORMATION, K.INFORMATION_FALC)),
]


def test_every_kind_is_tried() -> None:
    assert {kind for kind, _ in EVERY} == set(WRITTEN)


@pytest.mark.parametrize(("kind", "what"), EVERY)
def test_sentences_are_short_and_say_nothing_they_should_not(kind: LetterKind, what: Decided | None) -> None:
    for data in variants(kind, what):
        for sentence in sentences(data):
            assert len(re.findall(r"[\w’'-]+", sentence)) <= MOST_WORDS, sentence
            if kind not in (K.INFORMATION, K.INFORMATION_FALC):
                assert UNSAID.search(sentence) is None, sentence
        acronyms = {word for line in lines(data) for word in re.findall(r"\b[A-Z]{2,}\b", line)} - {"LDA", "AB"}
        assert acronyms <= {"SIAO"}
        assert data["sender"][0] == "Service intégré de l’accueil et de l’orientation", "the acronym is explained"


@pytest.mark.parametrize(
    ("words", "is_untied"),
    [
        ("Si elle change, dites-le nous : nous la regardons.", True),
        ("Donnez-les leur.", True),
        ("Dites-moi le.", True),
        ("Dites-le-nous.", False),
        ("Dites-nous les pièces qui manquent.", False),
        ("Appelez-le vous-même.", False),
    ],
)
def test_pronouns_after_an_imperative_are_tied(words: str, is_untied: bool) -> None:
    assert (UNTIED.search(words) is not None) == is_untied


@pytest.mark.parametrize(("kind", "what"), EVERY)
def test_letters_tie_them(kind: LetterKind, what: Decided | None) -> None:
    assert not [data for data in variants(kind, what) if UNTIED.search(str(data))]


def test_everything_that_is_read_ties_them() -> None:
    """Templates, settings, texts: wherever French is written."""
    apps = ("accounts", "audit", "cases", "commission", "core", "desk", "exchange", "reporting")
    written = [
        path for app in apps for path in (ROOT / app).rglob("*") if path.suffix in {".html", ".py", ".txt", ".typ"}
    ]
    assert len(written) > 100
    untied = {str(path.relative_to(ROOT)) for path in written if UNTIED.search(path.read_text("utf-8"))}
    assert untied == set()


def test_a_date_is_named_only_when_one_is_told() -> None:
    told = " ".join(lines(letter(K.PRESCRIPTEUR, Decided.PUT_OFF)))
    assert "Si la situation change avant cette date, dites-le-nous." in told
    unknown = replace(FACTS, decision=Decision(Decided.PUT_OFF, DAY))
    assert "cette date" not in " ".join(lines(compose(K.PRESCRIPTEUR, unknown, ASKED)))


@pytest.mark.parametrize(("kind", "what"), [each for each in EVERY if each[0] in EASY])
def test_easy_to_read_one_idea_on_each_line(kind: LetterKind, what: Decided | None) -> None:
    for line in (line for data in variants(kind, what) for line in lines(data)):
        assert len(re.findall(r"[.?](?:\s|$)", line)) == 1, line
        assert (
            re.search(r"\b(?:il|elle|ils|elles|ce dernier|celui-ci|lequel)\b(?! manque)", line, re.IGNORECASE) is None
        ), line


@pytest.mark.parametrize("kind", [K.DECISION, K.DECISION_FALC])
@pytest.mark.parametrize(
    ("what", "said"),
    [
        (Decided.PUT_OFF, "en attente"),
        (Decided.NOT_RETAINED, "ne retient pas"),
        (Decided.ADMITTED, "La commission"),
        (Decided.PIECES, "Il"),
    ],
)
def test_the_decision_is_in_the_first_sentence_then_why_then_what_follows(
    kind: LetterKind, what: Decided, said: str
) -> None:
    data = letter(kind, what)
    assert data["greeting"] == "Bonjour Madame Orsel,"
    assert said in sentences(data)[0]
    headings = [part["heading"] for part in data["parts"]]
    assert headings[:2] == [None, "Pourquoi"]
    assert [part["paragraphs"] for part in data["parts"] if part["heading"] == "Pourquoi"] == [[ASKED.why]]
    assert "Qui appeler" in headings
    assert headings[-1] == "Vos informations"
    assert "04 79 00 00 00" in " ".join(lines(data))
    assert data["small"] == [
        {"heading": "Vos droits et vos recours", "paragraphs": ["Vous pouvez écrire au président."], "items": []}
    ]


def test_a_review_date_is_told_with_its_year_and_an_unknown_one_is_promised() -> None:
    told = list(lines(letter(K.DECISION, Decided.PUT_OFF)))
    assert f"Nous regarderons de nouveau votre demande le {REVIEWED}." in told
    unknown = compose(K.DECISION, replace(FACTS, decision=Decision(Decided.PUT_OFF, None)), ASKED)
    assert "Nous vous dirons quand nous regarderons de nouveau votre demande." in list(lines(unknown))
    assert next(lines(unknown)) == "Le SIAO met votre demande de logement en attente."


def test_the_commission_decides_in_its_own_name() -> None:
    decision = Decision(Decided.PUT_OFF, DAY, REVIEW, by_commission=True)
    assert next(lines(compose(K.DECISION, replace(FACTS, decision=decision), ASKED))).startswith("La commission met")


@pytest.mark.parametrize(("kind", "yes"), [(K.DECISION, "soutient votre demande"), (K.DECISION_FALC, "dit oui")])
def test_a_yes_on_a_condition_is_no_plain_yes(kind: LetterKind, yes: str) -> None:
    facts = replace(FACTS, decision=ON_CONDITION)
    data = compose(kind, facts, Asked(reserve=RESERVE))
    first = next(lines(data))
    assert yes in first
    assert "à une condition" in first
    assert "à une condition" in data["subject"]
    assert (data["parts"][1]["heading"], data["parts"][1]["paragraphs"]) == ("Ce que la commission demande", [RESERVE])
    plain = replace(FACTS, decision=Decision(Decided.ADMITTED, DAY, by_commission=True))
    assert "condition" not in str(compose(kind, plain, ASKED)["parts"])


@pytest.mark.parametrize("decision", [ON_CONDITION, Decision(Decided.ADMITTED, DAY, by_commission=True)])
@pytest.mark.parametrize(
    ("kind", "gives", "decides"),
    [
        (K.DECISION, "La commission n’attribue pas de logement", "le bailleur du logement décide"),
        (K.DECISION_FALC, "La commission ne donne pas de logement.", "Le propriétaire du logement décide"),
    ],
)
def test_a_yes_of_the_commission_attributes_nothing(
    kind: LetterKind, gives: str, decides: str, decision: Decision
) -> None:
    """Only the landlord's own commission attributes a dwelling: nobody reads that she has one."""
    told = " ".join(lines(compose(kind, replace(FACTS, decision=decision), Asked(reserve=decision.reserve or ""))))
    assert gives in told
    assert decides in told
    assert "décide pour les logements" not in told


@pytest.mark.parametrize(
    ("notice", "owner"), [(NOTICE, "bailleur du logement"), (NOTICE_EASY, "propriétaire du logement")]
)
def test_both_notices_tell_of_figures_of_erasure_and_of_who_attributes(notice: list[str], owner: str) -> None:
    told = " ".join(notice)
    assert "ersonne ne peut être reconnu" in told
    assert f"{owner} décide" in told
    assert "au plus tard deux ans après" in told
    assert "pas encore" in told, "nothing erases by itself: it is a rule, and who to ask is told"
    assert "informations sont effacées" not in told


@pytest.mark.parametrize("kind", [K.DECISION, K.DECISION_FALC, K.PIECES, K.PIECES_FALC])
def test_letters_say_what_informations_serve(kind: LetterKind) -> None:
    told = " ".join(lines(letter(kind, Decided.PIECES)))
    assert "personne ne peut être reconnu" in told.lower()
    assert "rien d’autre" not in told


def test_who_prescribed_knows_of_a_condition_and_not_which() -> None:
    told = compose(K.PRESCRIPTEUR, replace(FACTS, decision=ON_CONDITION), Asked(reserve=RESERVE))
    assert "à une condition" in next(lines(told))
    assert RESERVE not in str(told)


def test_the_prescripteur_reads_neither_name_nor_motive() -> None:
    for what in Decided:
        told = str(letter(K.PRESCRIPTEUR, what))
        assert "LDA-2026-AB23" in told
        assert "Orsel" not in told
        assert ASKED.why not in told
    told = " ".join(lines(letter(K.PRESCRIPTEUR, Decided.PUT_OFF)))
    assert REVIEWED in told
    assert "avis d’imposition 2025" in str(letter(K.PRESCRIPTEUR, Decided.PIECES))


@pytest.mark.parametrize(
    ("sex", "greeting"),
    [
        ("F", "Bonjour Madame Orsel,"),
        ("M", "Bonjour Monsieur Orsel,"),
        ("X", "Bonjour Berthe Orsel,"),
        (None, "Bonjour Berthe Orsel,"),
    ],
)
def test_one_is_greeted_by_name(sex: str | None, greeting: str) -> None:
    assert letter(K.DECISION, Decided.PUT_OFF, person=Person("Berthe", "Orsel", sex))["greeting"] == greeting


def test_to_whom_it_goes() -> None:
    facts = replace(FACTS, decision=Decision(Decided.PUT_OFF, DAY, REVIEW))
    assert compose(K.DECISION, facts, Asked())["recipient"] == []
    sent = Asked(address=("3 rue des Remparts", "73000 Chambéry"), copies=("Association tutélaire inventée",))
    assert compose(K.DECISION, facts, sent)["recipient"] == ["Berthe Orsel", "3 rue des Remparts", "73000 Chambéry"]
    assert compose(K.DECISION, facts, sent)["copies"] == ["Association tutélaire inventée"]
    assert compose(K.PRESCRIPTEUR, facts, sent)["recipient"][0] == "CCAS de Valcombe"


def test_reasons_offered_say_nothing_of_health_or_justice() -> None:
    codes = {code for code, *_ in MOTIVES}
    assert set(WHYS) <= codes
    for code in codes | {"INVENTE", None}:
        said = why_of(code)
        assert UNSAID.search(said) is None, code
    assert why_of("INCARCERATION") == why_of("HOSPITALISATION") != ""
    assert why_of("INVENTE") == why_of(None) == ""


def test_without_a_referent_somebody_answers() -> None:
    data = letter(K.DECISION, Decided.PUT_OFF, referent="")
    assert "Une personne du SIAO vous répond." in " ".join(lines(data))
    assert data["signature"] == ["SIAO de la Savoie"]
