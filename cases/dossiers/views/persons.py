"""Persons in words: how old, born when, in which place; and how one who may not name them calls each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cases.dossiers.models import Participant, Person, PersonRole, Precision
from cases.dossiers.views.words import capitalised
from core.typography import MONTHS, day_and_month, in_words


def age_words(person: Person, today: date) -> str:
    """« 34 ans », « environ 42 ans » when only the year of birth is known, « 5 mois »; nothing when it is not known."""
    age, born = person.age_on(today), person.birth_date
    if age is None or born is None:
        return ""
    if person.is_born_in_a_year:
        about = today.year - born.year
        return f"environ {about} an{'s' if about > 1 else ''}"
    if age == 0:
        months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
        return f"{months} mois" if months > 0 else "moins d’un mois"
    return f"{age} an{'s' if age > 1 else ''}"


def born_words(person: Person, today: date) -> str:
    """« 4 mai 1984 », « 1984 » when only the year is known, nothing when neither is."""
    if person.birth_date is None:
        return ""
    return str(person.birth_date.year) if person.is_born_in_a_year else day_and_month(person.birth_date, today=today)


def children_words(children: Sequence[Person], today: date) -> str:
    """« deux enfants : Mariam, 9 ans, et Ibrahim, 5 ans », the eldest first."""
    by_age = sorted(children, key=lambda child: child.birth_date or date.max)
    told = [", ".join(filter(None, (child.first_name or child.name, age_words(child, today)))) for child in by_age]
    count = f"{in_words(len(told))} enfant{'s' if len(told) > 1 else ''}"
    return f"{count} : {told[0] if len(told) == 1 else ', '.join(told[:-1]) + ', et ' + told[-1]}"


def callings(members: Sequence[Participant], *, may_name: bool) -> dict[object, str]:
    """How each stay is called on a lane or in a sentence: a first name, or « Titulaire », « Enfant 2 »."""
    called: dict[object, str] = {}
    rank: dict[str, int] = {}
    many = {role: sum(each.role == role for each in members) for role in PersonRole.values}
    for member in members:
        rank[member.role] = rank.get(member.role, 0) + 1
        place = capitalised(str(PersonRole(member.role).label))
        place = f"{place} {rank[member.role]}" if many[member.role] > 1 else place
        named = (member.person.first_name or member.person.name) if may_name else ""
        called[member.pk] = named or place
    return called


def about_when(day: date | None, precision: str, *, today: date) -> str:
    """« 4 mai 2024 », « mai 2024 », « 2024 », « date non connue »."""
    if day is None:
        return "date non connue"
    if precision == Precision.YEAR:
        return str(day.year)
    if precision == Precision.MONTH:
        return f"{MONTHS[day.month - 1]} {day.year}"
    return day_and_month(day, today=today)
