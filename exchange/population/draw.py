"""Drawing households’ lives: the same seed and days give the same lives, whatever their number (domaine § 7).

Each household has a generator of its own, so that the 40th is the same person among 60 or 100 000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from math import log
from random import Random
from typing import TypeVar

from cases.dossiers.models import HouseholdType, MissingNumber, Outcome, PersonRole, Sex
from exchange.population import words
from exchange.population.days import Days, commission_days
from exchange.population.lives import Act, Life, Member, Step, Told
from exchange.population.means import draw_resources
from exchange.population.path import Path

K = TypeVar("K")
YEAR = 365.25
EARLIEST = date(2024, 1, 1)
MISSING, EXPIRED, EXPIRING = 0.10, 0.08, 0.10
MISSING_WHERE_FREE = 0.128  # those led to a stage have a number
LOSS_A_DAY = (-log(0.85) / 365, -log(0.75 / 0.85) / 365)  # first year, then: 85 % after 12 months, 75 % after 24
WITHIN_A_YEAR, SEEN_AFTER, LOOKED_AFTER = 365, 380, 730
RENEWED_WITHIN = 365

# One household in fifty is stopped at each of these stages, so that even a short list shows them all.
STOPS: dict[int, Act] = {
    33: Act.OPEN,
    35: Act.START,
    36: Act.ASK,
    37: Act.COMPLETE,
    38: Act.ADJOURN,
    39: Act.DECLINE,
    40: Act.READY,
    41: Act.SEANCE,
    42: Act.SEARCH,
    43: Act.ENTER,
}
FOUND_BY_SIAO, SITS_NOW, CYCLE = 34, 44, 50


@dataclass(frozen=True, slots=True)
class Setting:
    """What every life of a population shares."""

    seed: int
    since: date
    today: date
    days: Days

    @classmethod
    def of(cls, seed: int, since: date, today: date) -> Setting:
        """The setting of a population that begins on `since`."""
        return cls(seed, since, today, commission_days(since, today))

    def reference(self, number: int) -> str:
        """The « Réf. » of a household: no real one looks like it."""
        return f"POP-{self.seed}-{number:05d}"

    def generator(self, number: int) -> Random:
        return Random(f"{self.seed}/{number}")  # noqa: S311  a population, not a secret


def draw(setting: Setting, numbers: Iterator[int] | range) -> Iterator[Life]:
    """The lives of these households, edge cases left to `edge_cases`."""
    return (draw_life(setting, number) for number in numbers)


def draw_life(setting: Setting, number: int) -> Life:
    """One household and what happened to it until today."""
    rng = setting.generator(number)
    kind = _one(rng, words.HOUSEHOLDS)
    age = _age(rng)
    place = number % CYCLE
    opened_on = _opened_on(rng, setting, place)
    members = draw_members(rng, kind, opened_on, age)
    told = _told(rng, kind, age, len(members), opened_on)
    aim = setting.days.sitting if place == SITS_NOW else None
    path = Path(opened_on, setting.days, setting.today, stop=STOPS.get(place), aim=aim)
    _walk(rng, path, told, place)
    steps = with_number(rng, setting, path.told(), number)
    return Life(number, setting.reference(number), members, steps)


# -- persons ---------------------------------------------------------------------------------------------------------


def draw_members(rng: Random, kind: HouseholdType, opened_on: date, age: float) -> tuple[Member, ...]:
    """The titulaire, `age` years old on `opened_on`, and who lives with them."""
    origin = rng.choices(words.ORIGINS, words.ORIGIN_SHARES)[0]
    last = rng.choice(origin.last)
    alone_or_couple = kind in (HouseholdType.COUPLE_SANS_ENFANT, HouseholdType.COUPLE_AVEC_ENFANT)
    is_woman = kind in (HouseholdType.FEMME_ISOLE_SANS_ENFANT, HouseholdType.FEMME_ISOLE_AVEC_ENFANT)
    is_woman = is_woman or (alone_or_couple and rng.random() < 0.4)
    born = opened_on - timedelta(days=int(age * YEAR) + 1)
    members = [_member(rng, origin, last, is_woman, born, PersonRole.TITULAIRE)]
    if alone_or_couple:
        other = rng.choices(words.ORIGINS, words.ORIGIN_SHARES)[0]
        near = born + timedelta(days=rng.randint(-1500, 1500))
        youngest = opened_on - timedelta(days=18 * 366)
        members.append(
            _member(rng, other, rng.choice(other.last), not is_woman, min(near, youngest), PersonRole.CONJOINT)
        )
    if kind in (HouseholdType.FEMME_ISOLE_AVEC_ENFANT, HouseholdType.COUPLE_AVEC_ENFANT):
        oldest = min(17.0, max(1.0, age - 17))
        for _ in range(rng.choices((1, 2, 3, 4), (45, 33, 16, 6))[0]):
            child_born = opened_on - timedelta(days=int(rng.uniform(0.2, oldest) * YEAR))
            members.append(_member(rng, origin, last, rng.random() < 0.5, child_born, PersonRole.ENFANT))
    return tuple(members)


def _member(rng: Random, origin: words.Origin, last: str, is_woman: bool, born: date, role: PersonRole) -> Member:
    return Member(last, rng.choice(origin.women if is_woman else origin.men), Sex.F if is_woman else Sex.M, born, role)


def _age(rng: Random) -> float:
    if rng.random() < 0.12:
        return rng.uniform(18, 25)
    while (age := rng.triangular(18, 80, 45)) < 25:
        pass
    return age


def _opened_on(rng: Random, setting: Setting, place: int) -> date:
    """Any day since the beginning; a household stopped at a stage reached it lately."""
    span = (setting.today - setting.since).days
    opened_on = setting.since + timedelta(days=int(rng.random() * (span + 1)))
    held = setting.days.held
    lately: date | None = None
    if place in (33, FOUND_BY_SIAO):
        lately = setting.today - timedelta(days=rng.randint(0, 9))
    elif place in (41, 42) and held:
        lately = held[-1] - timedelta(days=rng.randint(45, 70))
    elif place == 43 and len(held) > 3:
        lately = held[-4] - timedelta(days=rng.randint(45, 70))
    elif place == SITS_NOW:
        lately = setting.days.sitting - timedelta(days=rng.randint(45, 60))
    elif place in STOPS:
        lately = setting.today - timedelta(days=rng.randint(50, 80))
    return opened_on if lately is None else max(lately, setting.since)


# -- the evaluation --------------------------------------------------------------------------------------------------


def _told(rng: Random, kind: HouseholdType, age: float, people: int, opened_on: date) -> Told:
    children = people - (2 if kind in (HouseholdType.COUPLE_SANS_ENFANT, HouseholdType.COUPLE_AVEC_ENFANT) else 1)
    resource, resources = draw_resources(rng, age, children, opened_on)
    debt = Decimal(0)
    if rng.random() < 0.25:
        debt = Decimal(min(int(rng.lognormvariate(log(2341), 0.85) * 100), 3_000_000)).scaleb(-2)
    return Told(
        household_type=kind,
        children=children,
        resource=resource,
        resources=resources,
        rent_debt=debt,
        ethos=_one(rng, words.ETHOS),
        wants=True,
        unique_number=None,
        missing_reason=None,
        renewed_on=None,
    )


def unique_number(first_asked_on: date, number: int) -> str:
    """A number of the usual form that no service gave: « XTEST »."""
    return f"073{first_asked_on:%m%y}{number % 1_000_000:06d}XTEST"


def with_number(rng: Random, setting: Setting, steps: tuple[Step, ...], number: int) -> tuple[Step, ...]:
    """The evaluations, with the unique number as it stands today: expired, about to expire, or valid.

    Those that say why there is none stay as they are.
    """
    written = [step.on for step in steps if step.told is not None and step.told.missing_reason is None]
    if not written:
        return steps
    asked = [min(step.on, setting.today) for step in steps if step.act in (Act.READY, Act.SEANCE)]
    renewed_on = _renewed_on(rng, setting.today, max(asked, default=None))
    asked_on = min(renewed_on, written[0]) - timedelta(days=rng.randint(0, 900))
    given = unique_number(asked_on, number)
    return tuple(
        step
        if step.told is None
        else replace(step, told=replace(step.told, renewed_on=renewed_on, unique_number=given))
        for step in steps
    )


def _renewed_on(rng: Random, today: date, asked_on: date | None) -> date:
    """When the housing request was renewed for the last time; still valid on the last day when an act asked for it:
    to be ready, then to be on an agenda."""
    share, drawn = 1 - MISSING, rng.random()
    latest_expired = today - timedelta(days=RENEWED_WITHIN)
    earliest = (asked_on or today - timedelta(days=500)) - timedelta(days=RENEWED_WITHIN - 1)
    if drawn < EXPIRED / share and earliest < latest_expired:
        return earliest + timedelta(days=rng.randint(0, (latest_expired - earliest).days))
    if drawn < (EXPIRED + EXPIRING) / share:
        wanted = latest_expired + timedelta(days=rng.randint(1, 59))
    else:
        wanted = today - timedelta(days=rng.randint(0, RENEWED_WITHIN - 60))
    return max(wanted, earliest)


# -- the path --------------------------------------------------------------------------------------------------------


def _walk(rng: Random, path: Path, told: Told, place: int) -> None:
    prescripteur = rng.choices(words.PRESCRIPTEURS, words.PRESCRIPTEUR_WEIGHTS)[0]
    path.add(Act.OPEN, organisation="" if place == FOUND_BY_SIAO else prescripteur)
    if place == FOUND_BY_SIAO:
        return
    is_led = place in STOPS or place == SITS_NOW
    has_no_number = rng.random() < MISSING_WHERE_FREE and not is_led
    path.add(Act.REFERENT, rng.randint(0, 3), code=rng.choice(words.REFERENTS))
    path.add(Act.START, rng.randint(0, 4))
    if place == 36 or (rng.random() < 0.2 and not is_led):
        path.add(Act.ASK, rng.randint(3, 15), note="Avis d’imposition et attestation de droits à fournir.")
        path.add(Act.RESUME, rng.randint(5, 40))
    path.add(Act.WRITE, rng.randint(4, 20), told=replace(told, missing_reason=_why(rng) if has_no_number else None))
    if rng.random() < 0.4:
        _lived_before(rng, path)
    path.add(Act.COMPLETE, rng.randint(0, 5))
    if path.is_over:
        return
    sorted_out = rng.random()
    if place == 39 or (not is_led and sorted_out < (0.5 if has_no_number else 0.13)):
        _decline(rng, path)
    elif place == 38 or has_no_number or (not is_led and sorted_out < 0.25):
        _adjourn(rng, path, told, comes_back=not has_no_number)
    else:
        path.add(Act.READY, rng.randint(0, 9))
        _to_commission(rng, path, told, may_adjourn=True)


def _why(rng: Random) -> str:
    weights = {MissingNumber.DEMANDE_A_FAIRE: 60, MissingNumber.SANS_PAPIERS: 20, MissingNumber.SEJOUR: 20}
    return str(_one(rng, weights).value)


def _lived_before(rng: Random, path: Path) -> None:
    until = path.on - timedelta(days=rng.randint(30, 400))
    since = until - timedelta(days=rng.randint(60, 1500))
    path.add(Act.RESIDENCE, code=_one(rng, words.ETHOS), since=since, until=until)


def _decline(rng: Random, path: Path) -> None:
    motive = _one(rng, words.MOTIVES_DECLINED)
    path.add(Act.DECLINE, rng.randint(0, 20), code=motive)
    if rng.random() < 0.45:
        outcome = words.OUTCOME_OF_MOTIVE.get(motive, Outcome.PERDU_DE_VUE)
        path.add(Act.CLOSE, rng.randint(60, 200), code=outcome)


def _adjourn(rng: Random, path: Path, told: Told, *, comes_back: bool) -> None:
    motive = _one(rng, words.MOTIVES_ADJOURNED) if comes_back else "AJOURNE_JUSTIFICATIFS_ABSENTS"
    review_on = path.on + timedelta(days=rng.randint(45, 120))
    path.add(Act.ADJOURN, rng.randint(0, 10), code=motive, until=review_on)
    if path.is_over:
        return
    if comes_back and rng.random() < 0.6:
        _comes_back(rng, path, told)
        _to_commission(rng, path, told, may_adjourn=False)
    elif rng.random() < 0.4:
        path.add(Act.DECLINE, rng.randint(60, 150), code="PERDU_DE_VUE")


def _comes_back(rng: Random, path: Path, told: Told) -> None:
    path.add(Act.REEXAMINE, rng.randint(40, 110), note="Les pièces sont là, la dette est réglée ou échelonnée.")
    path.add(Act.WRITE, rng.randint(1, 10), told=told)
    path.add(Act.COMPLETE)
    path.add(Act.READY, rng.randint(0, 5))


def _to_commission(rng: Random, path: Path, told: Told, *, may_adjourn: bool) -> None:
    landlord = rng.choices(words.PUBLIC_LANDLORDS, (45, 35, 20))[0]
    drawn = rng.random() if may_adjourn and path.stop is not Act.SEANCE else 1.0
    decided_from = path.on
    if drawn < 0.06:
        motive = _one(rng, words.MOTIVES_ADJOURNED)
        if path.before_commission("AJOURNEE_SEANCE", until=rng.randint(30, 70), note=motive):
            _comes_back(rng, path, told)
            _to_commission(rng, path, told, may_adjourn=False)
    elif drawn < 0.09:
        path.before_commission("NON_VALIDEE", note="NON_ADHESION")
    elif drawn < 0.16:
        reserve = "Sous réserve d’une attestation d’assurance et du plan d’apurement."
        if path.before_commission("VALIDEE_SOUS_RESERVE", organisation=landlord, note=reserve):
            _house(rng, path, landlord, decided_from)
    elif path.before_commission("VALIDEE", organisation=landlord if rng.random() < 0.7 else ""):
        _house(rng, path, landlord, decided_from)


def _house(rng: Random, path: Path, landlord: str, evaluated_on: date) -> None:
    """Search, lease, entry, relay: the lease comes about 120 days after the evaluation, half of them sooner."""
    path.add(Act.SEARCH, rng.randint(0, 12))
    fate = rng.random()
    if fate < 0.06 and path.stop is None:
        path.add(Act.CLOSE, rng.randint(60, 200), code=_one(rng, words.GIVEN_UP))
        return
    if 0.06 <= fate < 0.14 and path.stop is None:
        path.add(Act.STOP_SEARCH, rng.randint(10, 40), note="Le bailleur a refusé la candidature en CALEOL.")
        path.add(Act.SEARCH, rng.randint(1, 10))
    if path.is_over:
        return
    kind = _one(rng, words.LEASES)
    lessor = {"PENSION_FAMILLE": words.BOARDING_HOUSE, "NOM_PROPRE": landlord}.get(kind, words.AGENCY)
    wait = int(rng.lognormvariate(log(105), 0.45)) - (path.on - evaluated_on).days
    if path.stop is Act.ENTER:
        wait = rng.randint(4, 25)
    measure = _one(rng, words.MEASURES)
    is_followed = rng.random() < 0.93 or path.stop is not None
    path.add(Act.SIGN, max(wait, 4), code=kind, organisation=lessor, private=kind != "NOM_PROPRE")
    if is_followed:
        path.add(Act.MEASURE, code=measure, organisation=words.OPERATORS.get(measure, ""))
    path.add(Act.ENTER, rng.randint(0, 15))
    if path.is_over:
        return
    _live_there(rng, path, is_followed=is_followed)


def _live_there(rng: Random, path: Path, *, is_followed: bool) -> None:
    entered_on, lost_after = path.on, _days_kept(rng)
    if rng.random() < 0.18:
        path.beside(Act.FACT, entered_on + timedelta(days=rng.randint(20, 500)), code=_one(rng, words.FACTS))
    relay = rng.randint(10, 45)
    if is_followed and relay < lost_after:
        path.add(Act.HAND_OVER, relay)
    if lost_after > SEEN_AFTER and rng.random() < 0.6:
        path.add(Act.KEEP, SEEN_AFTER - (path.on - entered_on).days, code=_kept(rng))
    looked_after = LOOKED_AFTER + rng.randint(0, 120)
    gone = (path.on - entered_on).days
    if lost_after > looked_after and rng.random() < 0.5:
        _keeps_the_home(rng, path, looked_after - gone, is_followed=is_followed)
    else:
        _loses_the_home(rng, path, lost_after - gone, is_followed=is_followed)


def _keeps_the_home(rng: Random, path: Path, after: int, *, is_followed: bool) -> None:
    """The support ends, the lease goes on, the dossier closes."""
    if is_followed:
        path.add(Act.END_MEASURE, after)
    note = "Le ménage est chez lui : l’accompagnement prend fin, le bail continue."
    path.add(Act.CLOSE, 7 if is_followed else after, code=_kept(rng), note=note)


def _loses_the_home(rng: Random, path: Path, after: int, *, is_followed: bool) -> None:
    outcome = _one(rng, words.LOSSES)
    if not path.add(Act.END_LEASE, max(after, 1), code=outcome):
        return
    if rng.random() < 0.25 and outcome is not Outcome.DECES:
        path.add(Act.REHOUSE, rng.randint(1, 20), note="Le bail a pris fin, le ménage veut un autre logement.")
        return
    if is_followed:
        path.add(Act.END_MEASURE, rng.randint(0, 20))
    path.add(Act.CLOSE, rng.randint(0, 20), code=outcome)


def _kept(rng: Random) -> Outcome:
    return Outcome.MAINTIEN_SANS_DETTE if rng.random() < 0.85 else Outcome.MAINTIEN_AVEC_DETTE


def _days_kept(rng: Random) -> int:
    """Days before the home is lost: an exponential by pieces."""
    left = rng.expovariate(1)
    first_year = LOSS_A_DAY[0] * WITHIN_A_YEAR
    if left < first_year:
        return max(2, int(left / LOSS_A_DAY[0]))
    return int(WITHIN_A_YEAR + (left - first_year) / LOSS_A_DAY[1])


def _one(rng: Random, weights: Mapping[K, float]) -> K:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]
