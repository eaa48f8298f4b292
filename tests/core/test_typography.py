"""Spaces, dates, amounts: the signs are written as escapes, since they cannot be told apart by eye."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import typography as t

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Compris ?", "Compris\u202f?"),
        ("Vite ! Encore ; puis rien", "Vite\u202f! Encore\u202f; puis rien"),
        ("Référente : le SIAO", "Référente\u00a0: le SIAO"),
        ("« un mot »", "«\u00a0un mot\u00a0»"),
        ("«un mot»", "«\u00a0un mot\u00a0»"),
        ("« Pourquoi ? »", "«\u00a0Pourquoi\u202f?\u00a0»"),
        ("l'avis d'imposition", "l’avis d’imposition"),
        ("à 14 h 30", "à 14\u00a0h\u00a030"),
        ("séance n° 9", "séance n°\u00a09"),
        ("dans 12 mois, 40 %, 860 €", "dans 12\u00a0mois, 40\u00a0%, 860\u00a0€"),
        ("1 204 000 lignes, 1 412,60 €", "1\u00a0204\u00a0000 lignes, 1\u00a0412,60\u00a0€"),
        ("le 3 décembre, le 1er mars", "le 3\u00a0décembre, le 1ᵉʳ\u00a0mars"),
    ],
)
def test_french_signs(typed: str, printed: str) -> None:
    assert t.typeset(typed) == printed


@pytest.mark.parametrize(
    "text",
    ["https://seuil.example/?a=1;b", "14:30", "12 moisissures", "fin", "Rue 5 h", "'a' 'b'", "11er", "04 79 00 00 00"],
)
def test_what_has_no_space_gets_none(text: str) -> None:
    assert t.typeset(text).replace("\u00a0", " ") == text


@given(st.text(alphabet="ab «»;:!?'€%0123 \u00a0\u202fhn°er", max_size=40))
def test_setting_twice_changes_nothing_more(text: str) -> None:
    once = t.typeset(text)
    assert t.typeset(once) == once


def test_html_keeps_tags_fields_and_code() -> None:
    html = "<a data-x=\"a ?\" href='/x?y=1'>Ici ?</a> &amp; l&#x27;eau <textarea>Dit ? l'an</textarea><code>a ?</code>"
    expected = html.replace(">Ici ?", ">Ici\u202f?").replace("l&#x27;eau", "l’eau")
    assert t.typeset_html(html) == expected


def test_html_sets_what_is_read_or_heard_in_attributes_and_drawings() -> None:
    html = '<td data-label="Prêt ?" value="Prêt ?"><svg><title>Reste : 5 ans</title><path d="M0 0 1"/></svg></td>'
    expected = (
        '<td data-label="Prêt\u202f?" value="Prêt ?">'
        '<svg><title>Reste\u00a0: 5\u00a0ans</title><path d="M0 0 1"/></svg></td>'
    )
    assert t.typeset_html(html) == expected


def test_guillemets_around_a_tag() -> None:
    assert t.typeset_html("« <b>oui</b> »") == "«\u00a0<b>oui</b>\u00a0»"


def test_dates() -> None:
    assert t.long_date(date(2026, 12, 3), today=TODAY) == "jeudi 3\u00a0décembre"
    assert t.long_date(date(2027, 1, 1), today=TODAY) == "vendredi 1ᵉʳ\u00a0janvier\u00a02027"
    assert t.day_and_month(date(2025, 8, 1), today=TODAY) == "1ᵉʳ\u00a0août\u00a02025"


def test_a_moment_belongs_to_its_day_in_the_local_time() -> None:
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert t.as_local_date(late) == date(2026, 7, 1)
    assert t.hour(late) == "0\u00a0h\u00a030"
    assert t.hour(datetime(2026, 6, 30, 12, 0, tzinfo=UTC)) == "14\u00a0h"


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (0, None, "0"),
        (999, None, "999"),
        (1234567, None, "1\u00a0234\u00a0567"),
        (Decimal("-66382"), None, "\u221266\u00a0382"),
        (Decimal("41.50"), None, "41,50"),
        (Decimal("2.5"), 0, "3"),
        (Decimal("-2.5"), 0, "\u22123"),
        (Decimal("1041.005"), 2, "1\u00a0041,01"),
        (Decimal("-0.001"), 2, "0,00"),
    ],
)
def test_numbers(value: int | Decimal, decimals: int | None, printed: str) -> None:
    assert t.number(value, decimals) == printed


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        t.number(0.1)  # type: ignore[arg-type]


def test_euros_and_gaps() -> None:
    assert t.euros(Decimal("1412.6")) == "1\u00a0412,60\u00a0€"
    assert t.euros(67200, 0) == "67\u00a0200\u00a0€"
    assert t.euros(Decimal("0.00")) == "0\u00a0€"
    assert [t.gap(1), t.gap(-2), t.gap(0), t.gap(Decimal("1.5"), 2)] == ["+1", "\u22122", "aucun", "+1,50"]


def test_agreement_begins_at_two() -> None:
    assert [t.agree(n, "ménage") for n in (0, 1, 2)] == ["ménage", "ménage", "ménages"]
    assert t.agree(Decimal("1.5"), "an") == "an"
    assert t.agree(3, "cheval,chevaux") == "chevaux"


def test_small_numbers_in_letters() -> None:
    assert [t.in_words(1), t.in_words(1, feminine=True), t.in_words(16), t.in_words(17)] == ["un", "une", "seize", "17"]


@pytest.mark.parametrize(
    "said",
    [
        "d’Alban Fenouil",
        "d’Élodie Orsel",
        "d’Œdipe",
        "d’Hortense Orsel",
        "d’Hélène",
        "d’Henri-Pierre Orsel",
        "d’Hervé",
        "d’Yves Orsel",
        "d’Yvonne",
        "de Hakim",
        "de Hawa Diallo",
        "de Hans Orsel",
        "de Yannick Le Goff",
        "de Yasmine",
        "de Youssouf",
        "de Berthe",
        "de  ",
    ],
)
def test_a_name_after_de(said: str) -> None:
    assert t.of_whom(said.removeprefix("d’").removeprefix("de ")) == said
