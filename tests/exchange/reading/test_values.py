"""Dates, amounts, counts and texts in the forms that people write."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.reading import amounts, cells, dates
from exchange.reading.values import BadValue, RawCell, shown, shown_name
from tests.exchange.reading.builders import TODAY

MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
BIRTHS = st.dates(min_value=dt.date(1912, 1, 1), max_value=dt.date(2010, 12, 31))
FACTS = st.dates(min_value=dt.date(1990, 1, 1), max_value=TODAY)


def birth(cell: RawCell) -> dt.date:
    return dates.birth_date(cell, today=TODAY)


def fact(cell: RawCell) -> dt.date:
    return dates.fact_date(cell, today=TODAY)


@pytest.mark.parametrize(
    "cell",
    [
        dt.date(1970, 2, 17),
        dt.datetime(1970, 2, 17),  # noqa: DTZ001
        "17/02/1970",
        "17-02-1970",
        "17.02.1970",
        "17/2/1970",
        "17/02/70",
        " 17 / 02 / 1970 ",
        "1970-02-17",
        "1970-02-17T00:00:00",
        "1970-02-17 00:00:00",
        "17 février 1970",
        "17 févr. 1970",
        "17 FÉVRIER 1970",
        "17 fevrier 70",
        "mardi 17 février 1970",
        "17\u00a0février\u00a01970",
        25616.0,
        25616,
    ],
)
def test_birth_dates(cell: RawCell) -> None:
    assert birth(cell) == dt.date(1970, 2, 17)


def test_first_of_the_month() -> None:
    assert fact("1er mars 2022") == fact("1 mars 22") == fact("01/03/22") == fact(44621.0) == dt.date(2022, 3, 1)


@pytest.mark.parametrize("cell", ["17/02/01", "17/02/2001"])
def test_young_holder(cell: str) -> None:
    assert birth(cell) == dt.date(2001, 2, 17)


@pytest.mark.parametrize(
    "cell",
    [
        "30/02/2022",
        "31/04/2022",
        "29/02/2023",
        "17/13/2022",
        "2022",
        2022,
        2022.0,
        "12/2022",
        "mars 2022",
        "hier",
        "?",
        "NC",
        "17/02/2022?",
        "17/02/022",
        True,
        0.5,
        float("nan"),
        float("inf"),
        1e12,
        "01/01/1989",
        "01/01/2029",
        "17 foo 2022",
        dt.time(12, 0),
        "١٧/٠٢/٢٠٢٢",
    ],
)
def test_dates_refused(cell: RawCell) -> None:
    with pytest.raises(BadValue):
        fact(cell)


@pytest.mark.parametrize("cell", ["16/06/2026", "31/12/1899", "17/02/20", dt.date(2027, 1, 1), 59.0])
def test_births_refused(cell: RawCell) -> None:
    with pytest.raises(BadValue):
        birth(cell)


@given(BIRTHS)
def test_written_births_come_back(born: dt.date) -> None:
    month = MONTHS[born.month - 1]
    written: list[RawCell] = [
        born.strftime("%d/%m/%Y"),
        born.strftime("%d-%m-%Y"),
        born.strftime("%d.%m.%Y"),
        born.isoformat(),
        f"{born.day} {month} {born.year}",
        f"{born.day} {month.upper()} {born.year}",
        float((born - dt.date(1899, 12, 30)).days),
    ]
    assert {birth(form) for form in written} == {born}


@given(FACTS)
def test_written_facts_come_back(day: dt.date) -> None:
    assert fact(day.strftime("%d/%m/%Y")) == fact(float((day - dt.date(1899, 12, 30)).days)) == day
    if day.year >= 2000:
        assert fact(day.strftime("%d/%m/%y")) == day


@pytest.mark.parametrize(
    ("cell", "euros"),
    [
        (497.5, "497.50"),
        (0.0, "0.00"),
        (903.5999999999999, "903.60"),
        (0.125, "0.13"),
        (12, "12.00"),
        ("497,50", "497.50"),
        ("497.5", "497.50"),
        ("1 180,50 €", "1180.50"),
        ("1\u202f180,50\u00a0€", "1180.50"),
        ("1180.50 EUR", "1180.50"),
        ("1.180,50", "1180.50"),
        ("1,180.50", "1180.50"),
        ("1180", "1180.00"),
        ("1 180", "1180.00"),
        ("200 euros", "200.00"),
        ("€ 200", "200.00"),
        ("534,82 €/mois", "534.82"),
        ("534,82 € par mois", "534.82"),
        ("1 180 € net", "1180.00"),
        ("1 180 € nets / mois", "1180.00"),
        ("1 180 € brut", None),
        ("néant", "0.00"),
        ("1.234.567,00", None),
        ("100 000,00", "100000.00"),
    ],
)
def test_amounts(cell: RawCell, euros: str | None) -> None:
    if euros is None:
        with pytest.raises(BadValue):
            amounts.amount(cell)
    else:
        assert amounts.amount(cell) == Decimal(euros)
        assert amounts.amount(cell).as_tuple().exponent == -2


@pytest.mark.parametrize(
    "cell",
    [
        "1,180",
        "1.180",
        "1 18,50",
        "534,821",
        "-12",
        "-12,00 €",
        -1.0,
        "(12,00)",
        "NC",
        "?",
        "environ 500",
        "500 ou 600",
        "100 000,01",
        100_000.01,
        1e300,
        float("nan"),
        float("-inf"),
        True,
        dt.date(2022, 5, 1),
        "12 kg",
        "1e3",
        "0x10",
        "1_000",
        "٥٠٠",
        "12,",
        ",50",
        "9" * 400,
    ],
)
def test_amounts_refused(cell: RawCell) -> None:
    with pytest.raises(BadValue):
        amounts.amount(cell)


@given(st.decimals(min_value=0, max_value=100_000, places=2))
def test_written_amounts_come_back(value: Decimal) -> None:
    euros = value.quantize(Decimal("0.01"))
    english = f"{euros:,.2f}"
    french = english.replace(",", "\u202f").replace(".", ",")
    pointed = english.replace(",", "#").replace(".", ",").replace("#", ".")
    for form in (french, f"{french} €", english, pointed, f"{euros}", f"{euros} EUR", float(euros)):
        assert amounts.amount(form) == euros


def test_counts() -> None:
    assert [amounts.count(cell) for cell in ("2", 2.0, 0, "3 enfants", "aucun")] == [2, 2, 0, 3, 0]
    for cell in ("deux ou trois", 1.5, -1, "-1", 99, True, float("nan"), dt.date(2020, 1, 1)):
        with pytest.raises(BadValue):
            amounts.count(cell)


def test_texts() -> None:
    assert cells.name("  Ch\u200bevre\u0301\u00a0 feuil ") == "Chevré feuil"
    assert cells.reference(12.0) == "12"
    assert cells.reference_key("lda 2024-001") == cells.reference_key("LDA–2024/001")
    assert cells.organisations("SIAO, DDETSPP ;\nSIAO, Logis  du Granier,") == ("SIAO", "DDETSPP", "Logis du Granier")
    assert cells.unique_number("073 0124 000001 xtest") == "0730124000001XTEST"
    for cell in ("a\0b", "x" * 201, "a\x07"):
        with pytest.raises(BadValue):
            cells.text(cell)
    for odd in (12.0, "42", "?", True, dt.date(2020, 1, 1)):
        with pytest.raises(BadValue):
            cells.name(odd)


def test_what_is_shown_is_safe() -> None:
    assert shown("a\u202eb\0\n<b>") == "ab\ufffd <b>"
    assert len(shown("x" * 5_000)) == 80
    assert shown_name("../../etc/pass\u202ewd\n.xlsx") == "passwd .xlsx"
    assert shown_name("C:\\Users\\x\\registre.csv") == "registre.csv"
    assert shown_name("..//") == "fichier sans nom"
