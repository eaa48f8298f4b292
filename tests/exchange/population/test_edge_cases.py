"""Every edge case of domaine § 7, with the household of the population or the test that shows it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cases.dossiers.models import State
from cases.dossiers.models.questions import QUESTIONS
from cases.dossiers.operations import household
from exchange.population.draw import EARLIEST, Setting
from exchange.population.edge_cases import BY_ACTS, CASES, LATER, case_life
from exchange.population.lives import Act, Life
from exchange.population.words import answers_of
from tests.architecture.test_threats import names_in

SETTING = Setting.of(1, EARLIEST, date(2026, 11, 22))
HOUSEHOLD, SPLIT = "tests/dossiers/test_household.py", "tests/dossiers/test_household_split.py"
# In the order and the words of the page: what shows each, a case of the population, a test, or its place in `LATER`.
TOLD: dict[str, list[str]] = {
    "shared custody G vs D": [
        "tests/dossiers/test_composition.py::test_shared_custody_and_right_of_visit_count_differently"
    ],
    "child to be born": [f"{HOUSEHOLD}::TestBirths::test_a_child_to_be_born_is_born_under_the_same_identifier"],
    "birth name ≠ use name": [f"{HOUSEHOLD}::TestEntering::test_a_birth_name_that_is_not_the_use_name"],
    "two surnames inverted": ["deux noms", "les deux mêmes noms, inversés"],
    "hyphens": ["trait d’union"],
    "apostrophe, particle": ["apostrophe et particule", "apostrophe dans un nom court", "particule séparée"],
    "Arabic transliterations": ["une translittération", "la même, autrement", "la même, encore autrement"],
    "Cyrillic transliteration": ["cyrillique translittéré"],
    "mononym": ["un seul nom, pas de prénom"],
    "twins with same birth date": ["jumeaux, même date de naissance"],
    "birth date known by year only": [
        "année de naissance seule : 1er janvier",
        f"{HOUSEHOLD}::TestEntering::test_a_birth_known_by_its_year",
    ],
    "no identity paper": ["sans pièce d’identité"],
    "récépissé": ["récépissé : droit au séjour en cours"],
    "asylum refused": ["asile refusé : droit au séjour"],
    "UE citizen": ["citoyen de l’Union européenne, domicilié en deux lieux dans l’année"],
    "no fixed address, two in one year": ["citoyen de l’Union européenne, domicilié en deux lieux dans l’année"],
    "phone shared, no e-mail, illiterate, interpreter": ["téléphone partagé, pas de courriel, ne lit pas, interprète"],
    "dog of category, two cats": [
        "chien de catégorie, deux chats",
        f"{HOUSEHOLD}::TestAnimals::test_a_dog_of_category_and_two_cats",
    ],
    "PMR + floor": ["mobilité réduite et étage, hors de l’agglomération"],
    "curatelle renforcée": ["curatelle renforcée : le mandataire signe aussi"],
    "violence victim with address secrecy": [
        "menacée de violences",
        "adresse tenue secrète : dossier protégé",
    ],
    "couple split during the path": [
        f"{SPLIT}::TestParting::test_who_leaves_has_a_dossier_that_follows_the_other",
        f"{SPLIT}::TestUniting::test_one_dossier_goes_on_and_the_other_is_closed",
    ],
    "head dies, partner keeps lease": [f"{HOUSEHOLD}::TestLeaving::test_the_head_dies_and_the_partner_keeps_the_lease"],
    "re-entry after prison": ["retour après la prison, même épisode"],
    "same person evaluated two years": ["évalué deux années de suite"],
    "identified in December, presented in January": ["repéré en décembre, présenté en janvier"],
    "evaluated twice in a year": ["évalué deux fois dans l’année"],
    "presented in two séances": ["deux séances : ajourné puis validé"],
    "landlord refuses at CALEOL": ["refusé en CALEOL après validation"],
    "25th birthday in the middle of a pécule month": ["25 ans au milieu d’un mois de pécule"],
    "RSA obtained retroactively": ["RSA obtenu rétroactivement"],
    "RIB of a third party": ["RIB d’un tiers"],
    "leap day": ["né un 29 février"],
    "hospitalised at signature": ["hospitalisé à la signature"],
    "household outside the agglomération": ["mobilité réduite et étage, hors de l’agglomération"],
}
OURS = {"décidé à la dernière séance : l’avis part"}  # not of § 7: the demonstration has a mail to read


def cases() -> dict[str, Life]:
    return {case.shows: case_life(SETTING, number) for number, case in enumerate(CASES, 1)}


def answers(shows: str) -> list[dict[str, str]]:
    """What each evaluation of a case says."""
    return [answers_of(step.told) for step in cases()[shows].steps if step.act is Act.WRITE and step.told]


@pytest.mark.parametrize("told", TOLD)
def test_each_edge_case_is_shown(told: str) -> None:
    drawn = set(cases())
    for shown in TOLD[told]:
        path, *names = shown.split("::")
        if names:
            assert tuple(names) in names_in(path), shown
        else:
            assert shown in drawn | set(LATER), shown


def test_what_is_left_is_the_pecule_and_nothing_is_told_twice() -> None:
    """Who brings the pécule takes its cases out of `LATER`: then this test asks for what shows them."""
    told = {shown for every in TOLD.values() for shown in every}
    assert set(LATER) <= told
    assert all("pécule" in step for step in LATER.values())
    assert {case.shows for case in CASES} - OURS <= told
    assert not (set(LATER) | set(BY_ACTS)) & set(cases())
    assert len(set(LATER) & set(BY_ACTS)) == 0
    assert all(hasattr(household, act) for act in BY_ACTS.values())


@pytest.mark.parametrize(
    ("shows", "expected"),
    [
        ("curatelle renforcée : le mandataire signe aussi", {"protection": "CURATELLE_RENFORCEE"}),
        (
            "téléphone partagé, pas de courriel, ne lit pas, interprète",
            {"contact": "TELEPHONE_PARTAGE,SANS_COURRIEL", "reading": "NE_LIT_PAS", "interpreter": "OUI"},
        ),
        ("chien de catégorie, deux chats", {"animals": "CHATS,CHIEN_CATEGORIE"}),
        (
            "mobilité réduite et étage, hors de l’agglomération",
            {"floor": "REZ_DE_CHAUSSEE", "access": "SANS_MARCHE,FAUTEUIL", "commune_now": "Albertville"},
        ),
    ],
)
def test_what_an_evaluation_says_of_it(shows: str, expected: dict[str, Any]) -> None:
    (said,) = answers(shows)
    assert expected.items() <= said.items()


def test_two_domiciliations_within_a_year() -> None:
    shows = "citoyen de l’Union européenne, domicilié en deux lieux dans l’année"
    assert [said["domiciliation"] for said in answers(shows)] == ["CCAS", "ASSOCIATION"]
    assert {said["residence_right"] for said in answers(shows)} == {"UE"}
    written = [step.on for step in cases()[shows].steps if step.act is Act.WRITE]
    assert (written[-1] - written[0]).days < 365
    assert cases()[shows].state is State.EVALUE


def test_they_are_answers_that_a_page_could_send() -> None:
    for case in CASES:
        for key, value in case.answers:
            question = QUESTIONS[key]
            codes = set(value.split(",")) if question.choices else set()
            assert codes <= set(question.choices), (case.shows, key)
