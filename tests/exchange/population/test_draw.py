"""The drawing: proportions of domaine § 7, coherent paths, the same seed the same lives. No database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache
from statistics import median

import pytest

from accounts.demo import CAST
from cases.dossiers.models import HouseholdType, Resource, Sex, State
from commission.operations.seances import NEWS
from exchange.population import words
from exchange.population.days import commission_days
from exchange.population.draw import EARLIEST, Setting, draw, draw_life
from exchange.population.edge_cases import CASES, _just_decided, case_life
from exchange.population.lives import DECIDED, ENROLLED, PRESENTED, Act, Life
from exchange.population.load import life_of
from exchange.reading.cells import is_usual_number

TODAY = date(2026, 11, 22)
MANY = 12_000
SETTING = Setting.of(1, EARLIEST, TODAY)


@cache
def many() -> list[Life]:
    return list(draw(SETTING, range(1, MANY + 1)))


def share(which: Callable[[Life], bool], among: Iterable[Life] | None = None) -> float:
    found = [which(life) for life in (many() if among is None else among)]
    return sum(found) / len(found)


def evaluated() -> list[Life]:
    return [life for life in many() if life.evaluation is not None]


def age_of(life: Life) -> float:
    return (life.steps[0].on - life.titulaire.birth_date).days / 365.25


@pytest.mark.parametrize(("kind", "expected"), [(kind, weight / 100) for kind, weight in words.HOUSEHOLDS.items()])
def test_types_of_households(kind: HouseholdType, expected: float) -> None:
    found = share(lambda life: life.evaluation.household_type is kind, evaluated())  # type: ignore[union-attr]
    assert found == pytest.approx(expected, abs=0.012)


@pytest.mark.parametrize(
    ("natures", "expected"),
    [
        ({Resource.SANS_RESSOURCE}, 0.15),
        ({Resource.RSA}, 0.35),
        ({Resource.AAH}, 0.15),
        ({Resource.ACTIVITE}, 0.15),
        ({Resource.ARE}, 0.08),
        ({Resource.RETRAITE, Resource.ASPA}, 0.07),
        ({Resource.MIXTE}, 0.05),
    ],
)
def test_natures_of_resources(natures: set[Resource], expected: float) -> None:
    found = share(lambda life: life.evaluation.resource in natures, evaluated())  # type: ignore[union-attr]
    assert found == pytest.approx(expected, abs=0.015)


@pytest.mark.parametrize(
    ("categories", "expected"),
    [({1}, 0.30), ({2}, 0.25), ({3, 4, 5}, 0.15), ({6}, 0.10), ({8}, 0.12), ({9}, 0.05), ({11, 12, 13}, 0.03)],
)
def test_where_they_lived(categories: set[int], expected: float) -> None:
    found = share(lambda life: int(life.evaluation.ethos.partition(".")[0]) in categories, evaluated())  # type: ignore[union-attr]
    assert found == pytest.approx(expected, abs=0.015)


def test_ages() -> None:
    ages = [age_of(life) for life in many()]
    assert 18 <= min(ages) < max(ages) < 80.1
    assert sum(age < 25 for age in ages) / MANY == pytest.approx(0.12, abs=0.012)
    grown = [age for age in ages if age >= 25]
    assert sum(grown) / len(grown) == pytest.approx(48.6, abs=1)  # triangular 18–80, mode 45, from 25 on
    young = [life for life in evaluated() if age_of(life) < 25]
    assert share(lambda life: life.evaluation.resource is Resource.SANS_RESSOURCE, young) > 0.75  # type: ignore[union-attr]


def test_rent_debts() -> None:
    debts = [float(life.evaluation.rent_debt) for life in evaluated()]  # type: ignore[union-attr]
    owed = [debt for debt in debts if debt]
    assert len(owed) / len(debts) == pytest.approx(0.25, abs=0.015)
    assert median(owed) == pytest.approx(2341, rel=0.08)
    assert sum(owed) / len(owed) == pytest.approx(3361, rel=0.08)


def test_unique_numbers() -> None:
    told = [life.evaluation for life in evaluated()]
    numbered = [each for each in told if each and each.unique_number is not None]
    assert all(is_usual_number(each.unique_number or "") for each in numbered)
    assert all(f"{each.unique_number}".endswith("XTEST") for each in numbered)
    assert 1 - len(numbered) / len(told) == pytest.approx(0.10, abs=0.015)
    ends = [each.renewed_on + timedelta(days=365) for each in numbered if each.renewed_on]
    assert len(ends) == len(numbered)
    assert sum(end <= TODAY for end in ends) / len(told) == pytest.approx(0.08, abs=0.015)
    soon = TODAY + timedelta(days=60)
    assert sum(TODAY < end < soon for end in ends) / len(told) == pytest.approx(0.10, abs=0.015)
    assert all(each.missing_reason for each in told if each and each.unique_number is None)


def test_months_from_evaluation_to_lease() -> None:
    old = [life for life in many() if life.steps[0].on < TODAY - timedelta(days=500)]
    days = [
        (signed.on - written.on).days
        for life in old
        if (signed := life.first(Act.SIGN)) and (written := life.first(Act.WRITE))
    ]
    assert median(days) == pytest.approx(120, abs=10)


def test_homes_kept() -> None:
    """Kaplan–Meier from the entry to the first lease that ends: 85 % after 12 months, 75 % after 24."""
    followed = []
    for life in many():
        entered, lost = life.first(Act.ENTER), life.first(Act.END_LEASE)
        if entered is not None:
            followed.append((((lost.on if lost else TODAY) - entered.on).days, lost is not None))
    followed.sort()
    kept, at_risk, after = 1.0, len(followed), {}
    for days, is_lost in followed:
        if is_lost:
            kept *= 1 - 1 / at_risk
        at_risk -= 1
        after[days] = kept
    at = {limit: [value for days, value in after.items() if days <= limit][-1] for limit in (365, 730)}
    assert at[365] == pytest.approx(0.85, abs=0.02)
    assert at[730] == pytest.approx(0.75, abs=0.025)


def test_beginnings_are_spread_over_the_period() -> None:
    free = [life for life in many() if life.number % 50 < 33]
    years = Counter(life.steps[0].on.year for life in free)
    assert years[2024] / len(free) == pytest.approx(366 / 1057, abs=0.02)
    assert years[2025] / len(free) == pytest.approx(365 / 1057, abs=0.02)


@pytest.mark.parametrize("today", [TODAY, date(2026, 9, 3), date(2027, 2, 14)])
def test_some_live_in_each_state_even_in_a_short_list(today: date) -> None:
    setting = Setting.of(1, EARLIEST, today)
    assert {life_of(setting, number).state for number in range(1, 151)} == set(State)


def test_the_same_seed_gives_the_same_lives_whatever_their_number() -> None:
    assert [draw_life(SETTING, number) for number in (40, 41)] == many()[39:41]
    other = Setting.of(2, EARLIEST, TODAY)
    assert draw_life(other, 40).members != many()[39].members


@pytest.mark.parametrize("today", [date(2024, 1, 1), date(2024, 1, 4), date(2024, 3, 2), date(2026, 8, 15)])
def test_any_day_will_do(today: date) -> None:
    setting = Setting.of(4, EARLIEST, today)
    for number in range(1, 300):
        life = life_of(setting, number)
        assert life.steps[0].act is Act.OPEN
        check(life, setting)


def test_paths_are_coherent() -> None:
    for life in many():
        check(life, SETTING)
    for number in range(1, len(CASES) + 1):
        check(case_life(SETTING, number), SETTING)


def check(life: Life, setting: Setting) -> None:
    """Dates in order and not to come, but a planned séance; the guards of the product are met."""
    days = [step.on for step in life.steps]
    assert days == sorted(days)
    assert days[0] >= setting.since
    assert all(step.on <= setting.today or step.code == ENROLLED for step in life.steps)
    ready, told = False, None
    for step in life.steps:
        told = step.told or told
        if step.act is Act.READY:
            assert told is not None
            assert told.wants
            assert told.unique_number
            assert told.renewed_on
            assert told.renewed_on + timedelta(days=365) > step.on
            ready = True
        if step.act is Act.SEANCE:
            assert ready
            assert step.code in DECIDED
            assert (step.on in setting.days.planned) == (step.code == ENROLLED)
            assert (step.on == setting.days.sitting) == (step.code == PRESENTED)
            assert step.code != "AJOURNEE_SEANCE" or (step.until and step.until > step.on)
        if step.act is Act.ADJOURN:
            assert step.until
            assert step.until > step.on
    assert all(child.birth_date <= setting.today for child in life.members)


def test_ten_seances_a_year_on_fixed_days() -> None:
    days = commission_days(EARLIEST, TODAY)
    assert Counter(day.year for day in days.held)[2024] == Counter(day.year for day in days.held)[2025] == 10
    assert {day.weekday() for day in (*days.held, *days.planned)} == {3}
    assert days.sitting == date(2026, 11, 20)
    assert days.planned == (date(2026, 12, 17), date(2027, 1, 21))


def test_whatever_the_day_a_decision_is_recent_enough_for_its_notice_to_leave() -> None:
    """Of a household that an account of the cast oriented: the demonstration has a mail to read."""
    number = next(rank for rank, case in enumerate(CASES, 1) if case.goes is _just_decided)
    for day in range(366):
        setting = Setting.of(1, EARLIEST, date(2026, 3, 1) + timedelta(days=day))
        life = case_life(setting, number)
        check(life, setting)
        (presented,) = [step for step in life.steps if step.act is Act.SEANCE]
        assert (presented.on, presented.code) == (setting.days.held[-1], "VALIDEE")
        assert timedelta(days=0) < setting.today - presented.on <= NEWS
        assert presented.on.weekday() == 3
        assert life.steps[0].organisation in {member.organisation for member in CAST}
    summer = commission_days(EARLIEST, date(2026, 8, 15)).held
    assert summer[-2:] == (date(2026, 6, 18), date(2026, 8, 6))


def test_each_edge_case_shows_what_it_says() -> None:
    cases = {CASES[number - 1].shows: case_life(SETTING, number) for number in range(1, len(CASES) + 1)}
    assert len(cases) == len(CASES)
    assert cases["un seul nom, pas de prénom"].titulaire.first_name is None
    twins = cases["jumeaux, même date de naissance"].members[1:]
    assert twins[0].birth_date == twins[1].birth_date
    assert cases["né un 29 février"].titulaire.birth_date == date(2000, 2, 29)
    found, seen = (cases["repéré en décembre, présenté en janvier"].first(act) for act in (Act.OPEN, Act.SEANCE))
    assert found
    assert seen
    assert (found.on.month, seen.on.month, seen.on.year - found.on.year) == (12, 1, 1)
    twice = [step.code for step in cases["deux séances : ajourné puis validé"].steps if step.act is Act.SEANCE]
    assert twice == ["AJOURNEE_SEANCE", "VALIDEE"]
    again = [step.on.year for step in cases["évalué deux années de suite"].steps if step.act is Act.WRITE]
    assert again == [2025, 2026]
    thrice = {
        cases[name].titulaire.first_name for name in cases if "autrement" in name or name == "une translittération"
    }
    assert thrice == {"Mohamed", "Mohammed", "Muhammad"}
    no_papers = cases["sans pièce d’identité"].evaluation
    assert no_papers
    assert no_papers.missing_reason == "SANS_PAPIERS"
    assert cases["asile refusé : droit au séjour"].state is State.NON_RETENU
    signed, fact = (cases["hospitalisé à la signature"].first(act) for act in (Act.SIGN, Act.FACT))
    assert signed
    assert fact
    assert (signed.on - fact.on).days == 1
    assert any(step.act is Act.REOPEN for step in cases["retour après la prison, même épisode"].steps)
    assert {case.people[0][2] for case in CASES} == {Sex.F, Sex.M}
