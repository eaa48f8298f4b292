"""How names sound: spellings that meet, and those that must not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sounds import bare, bones, heard, sounds
from core.spellings import (
    asked_forms,
    first_names_nearness,
    forms,
    nearness,
    neighbours,
    surnames_nearness,
    written_sounds,
)

ONE_SOUND = [
    "Laurent Lorant Laurant Lorent",
    "Mohamed Mohammed",
    "Yassine Yacine Yasin Yassin",
    "Ouassim Wassim Wasim",
    "Christophe Kristof Cristophe",
    "Alexandre Alexandr Aleksandr",
    "Durand Durant Duran",
    "Philippe Filippe Philipe",
    "Quatrevaux Katrevo Quatreveaux",
    "Djamel Jamel",
    "Khadija Khadidja Kadija",
    "Kowalczewski Kovaltchevski Kowalchewsky",
    "Radomirović Radomirovitch Radomirovic",
    "Şahin Chahine Shahin",
    "Güneş Gunesh Gounech",
    "Çınarlıoğlu Tchinarlioglou",
    "João Joao",
    "Conceição Conceicao",
    "Teixeirinha Techerinha",
    "Benoît Benoit Benoi",
    "Zohra Zora",
    "Serhiy Serhii",
]
ONE_SKELETON = ["Mohamed Muhammad Mouhamed Mohamad Mehmet", "Benmekhlouf Benmakhlouf Benmaklouf", "Djamel Djamal Jemal"]
APART = [("Martin", "Morel"), ("Benali", "Bensaïd"), ("Petrović", "Popović"), ("Silva", "Costa"), ("Yılmaz", "Yıldız")]


@pytest.mark.parametrize("spellings", ONE_SOUND)
def test_spellings_of_one_sound_meet(spellings: str) -> None:
    first, *others = spellings.split()
    for other in others:
        assert sounds(first) & sounds(other), (first, other, sounds(first), sounds(other))


@pytest.mark.parametrize("spellings", ONE_SKELETON)
def test_transcriptions_have_the_same_consonants(spellings: str) -> None:
    assert len({bones(sound) for word in spellings.split() for sound in sounds(word)}) == 1


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_names_do_not(one: str, other: str) -> None:
    assert not sounds(one) & sounds(other)
    assert nearness(forms(one)[0], forms(other)[0]) < 0.8


@given(st.text(max_size=40))
def test_any_text_has_keys_of_plain_letters(text: str) -> None:
    assert bare(text).isascii()
    for key in sounds(text):
        assert key
        assert key.isascii()
        assert heard(bare(text)) in sounds(text) | {""}
    assert all(form.letters.isascii() and form.letters.islower() for form in forms(text))
    assert written_sounds(text) == {key for form in forms(text) for key in form.heard}


@pytest.mark.parametrize(
    ("name", "known", "typed"),
    [
        ("D’Ambrosio", {"ambrosio", "dambrosio"}, "Ambrosio"),
        ("D'Ambrosio", {"ambrosio", "dambrosio"}, "dambrosio"),
        ("N’Diaye", {"diaye", "ndiaye"}, "Ndiaye"),
        ("Ben Ali", {"ali", "benali"}, "Benali"),
        ("De La Verneille", {"verneille", "delaverneille"}, "Delaverneille"),
        ("Dos Santos", {"santos", "dossantos"}, "Santos"),
        ("El Ghazrani", {"ghazrani", "elghazrani"}, "Elghazrani"),
        ("Perce-Brume", {"perce", "brume", "percebrume"}, "Perce Brume"),
        ("Le", {"le"}, "le"),
        ("Benali", {"benali"}, "Ben Ali"),
    ],
)
def test_forms_meet_what_is_typed(name: str, known: set[str], typed: str) -> None:
    assert {form.letters for form in forms(name)} == known
    assert {form.letters for form in asked_forms(typed)} & known


@given(st.from_regex(r"[a-z]{3,12}", fullmatch=True), st.integers(0, 11), st.sampled_from("aeorsz"), st.integers(0, 3))
def test_one_slip_leaves_a_neighbour_in_common(word: str, place: int, letter: str, slip: int) -> None:
    at = place % len(word)
    typed = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ][slip]
    assert neighbours(word) & neighbours(typed) or len(typed) < 3


def test_names_as_wholes() -> None:
    assert first_names_nearness("Jean-Marc", "Jean Marc") == 1
    assert first_names_nearness("Jean", "Jean-Marc") == 0.9
    assert first_names_nearness("Jean-Pierre", "Jean-Marc") < 0.8
    assert first_names_nearness("Mohamed", "Muhammad") == 0.8
    assert first_names_nearness("Anne", "Yves") < 0.8
    assert surnames_nearness(["Ferreirinha Bonneval"], ["Bonneval Ferreirinha"]) == 1
    assert surnames_nearness(["Saint-Alvernes"], ["Saint-Romain"]) < 0.8
    assert surnames_nearness([], ["Morel"]) == 0
