"""Names compared as people compare them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.names import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("CCAS de Valcombe", "ccas de valcombe"),
        ("  Saint-Jean   de\tMaurienne ", "saint jean de maurienne"),
        ("L’Abri d'Ugine", "l abri d ugine"),
        ("Œuvres laïques", "oeuvres laiques"),
        ("Ægir & Cie", "aegir cie"),
        ("ÉTAT", "etat"),
        ("E\u0301tat", "etat"),
        ("Straße", "strasse"),
        ("№ 73", "no 73"),
        ("ﬁn_de_mois", "fin de mois"),
        ("Ἀθῆναι", "αθηναι"),
        ("", ""),
        (" – ", ""),
    ],
)
def test_folds(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text("abcdefghijklmnopqrstuvwxyzàâäæçéèêëîïôœöùûüÿ’ -"))
def test_case_and_composition_do_not_count(text: str) -> None:
    assert fold(text) == fold(text.upper()) == fold(text.title()) == fold(unicodedata.normalize("NFD", text))


@given(st.lists(st.sampled_from(["abri", "été", "N'Guye", "œuvre", "73"])))
def test_what_stands_between_words_does_not_count(words: list[str]) -> None:
    assert fold("  ".join(words)) == fold(" - ".join(words)) == fold("\u00a0".join(words))
