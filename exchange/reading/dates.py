"""Dates as people write them in France, in cells that may be true dates, numbers of days or texts."""

import datetime as dt
import re
from collections.abc import Callable

from exchange.reading.values import BadValue, RawCell, tidy
from exchange.reading.words import fold

EXPECTED = "une date comme 05/11/1962"
EXPECTED_YEAR = "une date avec l’année sur quatre chiffres, comme 05/11/1962"
BIRTH_FROM = dt.date(1900, 1, 1)
FACT_FROM = dt.date(1990, 1, 1)
FACT_AHEAD = dt.timedelta(days=2 * 365 + 1)
SERIAL_ORIGIN = dt.date(1899, 12, 30)
SERIAL_AFTER_LEAP_BUG = 61
YEARS_ALONE = range(1900, 2101)
"""A bare number in this range is a year written alone, not a number of days since 1900."""
AGES = range(15, 101)
"""With a year on two digits, the century that gives a holder of this age."""

MONTHS = {
    month: number
    for number, names in enumerate(
        (
            "janvier janv jan", "fevrier fevr fev", "mars mar", "avril avr", "mai", "juin",
            "juillet juil jul", "aout aou", "septembre sept sep", "octobre oct", "novembre nov", "decembre dec",
        ),
        start=1,
    )
    for month in names.split()
}  # fmt: skip
DAYS_OF_WEEK = r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s+)?"
HOUR = r"(?:\s(?:a\s)?\d{1,2}\s?h(?:\s?\d{2})?)?"
ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?", re.ASCII)
NUMERIC = re.compile(
    r"(\d{1,2})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{4}|\d{2})(?:\s\d{1,2}:\d{2}(?::\d{2})?)?" + HOUR, re.ASCII
)
WRITTEN = re.compile(r"(?:le\s)?" + DAYS_OF_WEEK + r"(\d{1,2})(?:\s?er)?\s([a-z]+)\s(\d{4}|\d{2})" + HOUR, re.ASCII)

Century = Callable[[int, int, int], dt.date]


def birth_date(cell: RawCell, *, today: dt.date) -> dt.date:
    """A day of birth, from 1900 to today. Raises BadValue."""

    def century(year: int, month: int, day: int) -> dt.date:
        candidates = [_day(base + year, month, day) for base in (1900, 2000)]
        plausible = [born for born in candidates if _age(born, today) in AGES]
        if len(plausible) != 1:
            raise BadValue(EXPECTED_YEAR)
        return plausible[0]

    born = _date(cell, century)
    if not BIRTH_FROM <= born <= today:
        raise BadValue("une date de naissance entre 1900 et aujourd’hui")
    return born


def fact_date(cell: RawCell, *, today: dt.date) -> dt.date:
    """A day that may be to come (a séance is announced), from 1990 to two years ahead. Raises BadValue."""
    happened = _date(cell, lambda year, month, day: _day(2000 + year, month, day))
    if not FACT_FROM <= happened <= today + FACT_AHEAD:
        raise BadValue(f"une date entre 1990 et {today.year + 2}")
    return happened


def past_date(cell: RawCell, *, today: dt.date) -> dt.date:
    """The day of a fact that took place, from 1990 to today. Raises BadValue."""
    happened = fact_date(cell, today=today)
    if happened > today:
        raise BadValue("une date passée, ou celle d’aujourd’hui")
    return happened


def _date(cell: RawCell, century: Century) -> dt.date:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _serial(float(cell))
    if isinstance(cell, str):
        return _written(tidy(cell), century)
    raise BadValue(EXPECTED)


def _serial(number: float) -> dt.date:
    """Days since 1900 as spreadsheets count them; before March 1900 they count one day too many."""
    if not SERIAL_AFTER_LEAP_BUG <= number < 80_000 or int(number) in YEARS_ALONE:
        raise BadValue(EXPECTED)
    return SERIAL_ORIGIN + dt.timedelta(days=int(number))


def _written(text: str, century: Century) -> dt.date:
    if found := ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
        return _day(year, month, day)
    if found := NUMERIC.fullmatch(text):
        return _with_year(found[3], int(found[2]), int(found[1]), century)
    if (found := WRITTEN.fullmatch(fold(text))) and found[2] in MONTHS:
        return _with_year(found[3], MONTHS[found[2]], int(found[1]), century)
    raise BadValue(EXPECTED)


def _with_year(year: str, month: int, day: int, century: Century) -> dt.date:
    return _day(int(year), month, day) if len(year) == 4 else century(int(year), month, day)


def _day(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError as impossible:
        raise BadValue("une date qui existe au calendrier, comme 05/11/1962") from impossible


def _age(born: dt.date, today: dt.date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
