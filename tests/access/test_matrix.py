"""Role × address × method × relation: from the addresses themselves, so that a new one cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, reverse
from pytest_django import Settings

from accounts.backends import IN_CHARGE
from accounts.demo import CAST, Member
from accounts.roles import ROLES
from cases.dossiers.models.questions import NINE
from cases.dossiers.operations import ACTS
from tests.access.world import INSIDE, MEMBERS, TENDED, Relation, World, build
from tests.architecture.test_addresses import DEMO_ONLY, EVERY, VISITORS, permission_of, view_of
from tests.fixtures import Cast, prove

METHODS = ("get", "post", "head", "put", "patch", "delete", "options")
# What the arguments of an address name, by the beginning of its name; the longest beginning that fits decides.
NAMES: dict[str, dict[str, str]] = {
    "dossiers:": {"pk": "dossier", "document": "document", "asked": "piece request"},
    "housing:": {"pk": "dossier", "lease": "lease"},
    "support:": {"pk": "dossier", "measure": "measure"},
    "commission:": {"pk": "seance", "examen": "examen", "dossier": "dossier"},
    "commission:dossier": {"pk": "dossier"},
    "commission:enrol_dossier": {"pk": "dossier"},
    "commission:withdraw_dossier": {"pk": "dossier", "examen": "examen"},
    "exchange:": {"pk": "pending", "mapping": "mapping"},
    "exchange:undo": {"pk": "import"},
    "exchange:si_siao": {"pk": "extraction", "dossier": "dossier"},
    "commission:preview": {"pk": "dossier"},
    "commission:told": {"pk": "dossier", "examen": "examen"},
    "commission:extend": {"pk": "dossier", "examen": "examen"},
    "commission:fiche": {"pk": "seance", "examen": "fiche"},
    "commission:fiches_csv": {"pk": "seance"},
    "commission:preview_pdf": {"pk": "dossier"},
    "commission:told_pdf": {"pk": "dossier", "examen": "examen"},
    "commission:fiche_pdf": {"pk": "seance", "examen": "fiche"},
    "dossiers:put_off": {"pk": "dossier", "reminder": "reminder"},
    "dossiers:finish_reminder": {"pk": "dossier", "reminder": "reminder"},
    "dossiers:person": {"pk": "dossier", "member": "member"},
    "dossiers:add_member": {"pk": "dossier"},
    "dossiers:correct_member": {"pk": "dossier", "member": "member"},
    "dossiers:leave": {"pk": "dossier", "member": "member"},
    "dossiers:titulaire": {"pk": "dossier", "member": "member"},
    "dossiers:split": {"pk": "dossier", "member": "member"},
    "dossiers:born": {"pk": "dossier", "birth": "birth"},
    "dossiers:close_birth": {"pk": "dossier", "birth": "birth"},
    "dossiers:add_period": {"pk": "dossier", "member": "member"},
    "dossiers:correct_period": {"pk": "dossier", "period": "period"},
    "dossiers:end_period": {"pk": "dossier", "period": "period"},
    "dossiers:copy_period": {"pk": "dossier", "period": "period"},
    "dossiers:withdraw_period": {"pk": "dossier", "period": "period"},
    "dossiers:found": {"pk": "search"},
    "dossiers:likeness": {"pk": "likeness"},
    "dossiers:forget_view": {"view": "kept view"},
    "dossiers:likenesses": {},
    "dossiers:answer_likeness": {"pk": "likeness"},
    "dossiers:of_dossier": {"pk": "dossier"},
    "dossiers:unlink": {"pk": "dossier", "link": "link"},
    "dossiers:end_share": {"pk": "dossier", "grant": "grant"},
    "dossiers:letter": {"pk": "dossier", "letter": "letter"},
    "dossiers:letter_pdf": {"pk": "dossier", "letter": "letter"},
    "dossiers:evaluation_withdraw": {"pk": "dossier", "agreement": "agreement"},
    "urgency:": {"pk": "urgency"},
    "meeting:": {"pk": "dossier"},
    "desk:": {"pk": "job"},
    "desk:organisation": {"pk": "organisation"},
    "accounts:": {"pk": "membership", "organisation": "body"},
    "accounts:organisation": {"pk": "organisation"},
    "accounts:person": {"pk": "person"},
    "accounts:leave": {"pk": "person", "organisation": "body"},
    "accounts:renew": {"pk": "invitation"},
    "accounts:withdraw": {"pk": "invitation"},
    "accounts:end_session": {"pk": "job"},
    "accounts:come_back": {"pk": "person"},
}
# Arguments that are not identifiers: those that mean something, and one that does not.
CODES: dict[str, tuple[list[Any], Any]] = {
    "name": ([*sorted(ACTS), "1"], "rien"),
    "code": (["73065", "DECES", "IDENTITE", "invitation.sent", "diagnostics"], "rien"),
    "token": (["0" * 64], "rien"),
    "factor": ([7], 99_999),
    "uidb36": (["7"], "zz"),
    "key": (["x-y"], "x"),
    "kind": (["decision", "prescripteur", "information-falc"], "rien"),
    "step": ([step.code for step in NINE], "rien"),
    "row": ([0], 99_999),
}
OF_A_DOSSIER = {
    *("dossier", "lease", "measure", "examen", "grant", "letter", "document", "piece request"),
    *("member", "period", "birth", "agreement", "reminder", "likeness", "link"),
}
LEADS_BACK = {"dossiers:found": "/dossiers/"}  # a search that is no longer kept: to the list, with a sentence
PROVE = "/connexion/prouver/"  # what asks first for a proof of presence
OWN = {"accounts:end_session", "accounts:remove_factor"}  # one's own, or a sentence: tests/accounts/test_sessions.py
ENDS_THE_SESSION = {"accounts:sign_out", "accounts:password", "accounts:end_others"}  # of who asks: elsewhere


@dataclass(frozen=True)
class Case:
    """One request."""

    member: Member
    name: str
    method: str
    relation: Relation


def kinds_of(name: str, pattern: URLPattern) -> dict[str, str]:
    """What each argument of an address names. Fails for an address that nobody listed here."""
    table = NAMES.get(max((each for each in NAMES if name.startswith(each)), key=len, default=""), {})
    wanted = [argument for argument in pattern.pattern.converters if argument not in CODES]
    missing = [argument for argument in wanted if argument not in table]
    assert not missing, f"{name}: say in NAMES what {missing} names"
    return {argument: table[argument] for argument in wanted}


def every_case() -> Iterator[Case]:
    for member, name, method, relation in product(CAST, sorted(EVERY.keys() - ENDS_THE_SESSION), METHODS, Relation):
        if relation is Relation.OPEN or EVERY[name].pattern.converters:
            yield Case(member, name, method, relation)


def a_sample() -> list[Case]:
    """Each address with each method; accounts and relations turn, so that each other pair of choices is met too."""
    cases = []
    for (column, name), (row, method) in product(
        enumerate(sorted(EVERY.keys() - ENDS_THE_SESSION)), enumerate(METHODS)
    ):
        relations = list(Relation) if EVERY[name].pattern.converters else [Relation.OPEN]
        member = CAST[(column + row * 3) % len(CAST)]
        cases.append(Case(member, name, method, relations[(row + column // 2) % len(relations)]))
    return cases


def test_the_sample_meets_each_pair_of_choices() -> None:
    sample = a_sample()
    with_arguments = {name for name, pattern in EVERY.items() if pattern.pattern.converters} - ENDS_THE_SESSION
    pairs = {(case.name, case.method) for case in sample}
    assert pairs == set(product(EVERY.keys() - ENDS_THE_SESSION, METHODS))
    assert {(case.name, case.relation) for case in sample} >= set(product(with_arguments, Relation))
    assert {(case.member, case.method) for case in sample} == set(product(CAST, METHODS))
    assert {(case.member, case.relation) for case in sample} == set(product(CAST, Relation))
    assert {(case.method, case.relation) for case in sample} == set(product(METHODS, Relation))


@pytest.fixture
def world(cast: Cast, settings: Settings) -> World:
    settings.ACCOUNT_RATE_LIMITS = False  # so many requests: the limits are tried in tests/accounts/test_attempts.py
    return build(cast)


@pytest.mark.django_db
def test_a_sample_of_the_matrix(world: World) -> None:
    ask_all(world, a_sample())


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("member", CAST, ids=lambda member: member.account)
def test_the_whole_matrix(world: World, member: Member) -> None:
    ask_all(world, [case for case in every_case() if case.member == member])


# Pages that ask for more than their permission: who shares a fiche with members (the SIAO, who runs the séance), and
# who instructs, whatever the act.
STAFF = {"siao", "siao2", "animation"}
ASKS_FOR_MORE = {
    "commission:preview": STAFF,
    "commission:preview_pdf": STAFF,
    "commission:told": STAFF,
    "commission:told_pdf": STAFF,
    "commission:readings": STAFF,
    "dossiers:act": {"siao", "siao2"},
    "dossiers:readings": {"siao", "siao2", "dpo"},
    "dossiers:remove": {"siao", "siao2"},
}


def let_in(world: World, name: str, accounts: list[str]) -> set[str]:
    """Which of these accounts open the page of an address, by one of the codes that it knows."""
    kinds = kinds_of(name, EVERY[name])
    relation = _best(kinds)
    codes = CODES.keys() & EVERY[name].pattern.converters.keys()
    turns = max([len(CODES[each][0]) for each in codes], default=1)
    entered = set()
    for member in CAST:
        if member.account not in accounts:
            continue
        browser = Client(raise_request_exception=False)
        browser.force_login(world.cast[member.account])
        case = Case(member, name, "get", relation)
        if any(_send(world, case, browser, turn).status_code in {200, 302} for turn in range(turns)):
            entered.add(member.account)
    return entered


def expected(name: str) -> list[str]:
    """The accounts that have both the permission and the grant."""
    pattern = EVERY[name]
    return [member.account for member in CAST if _should_enter(member, name, pattern)]


# the letter of this world is a mail: tests/dossiers/test_letters_leaving.py opens papers
NOT_DRAWN = {"dossiers:letter_pdf"}
ENTERED = sorted(
    name
    for name in EVERY.keys() - VISITORS - OWN - ENDS_THE_SESSION - DEMO_ONLY - NOT_DRAWN
    if not name.startswith(("mfa_", "account_"))
)


@pytest.mark.django_db
def test_who_should_enter_does(world: World) -> None:
    """Permission × grant: refusing everybody would pass all the rest. One account for each address, in turn."""
    asked = {name: expected(name) for name in ENTERED}
    assert [name for name in ENTERED if not asked[name] and not view_of(EVERY[name], "demo_only")] == []
    chosen = {name: [who[turn % len(who)]] for turn, (name, who) in enumerate(asked.items()) if who}
    turned_away = {name: set(who) - let_in(world, name, who) for name, who in chosen.items()}
    assert {name: who for name, who in turned_away.items() if who} == {}


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("name", ENTERED)
def test_all_who_should_enter_do(world: World, name: str) -> None:
    assert let_in(world, name, expected(name)) == set(expected(name))


def _best(kinds: dict[str, str]) -> Relation:
    return Relation.CALLED if {"seance", "fiche"} & set(kinds.values()) else Relation.OPEN


def _should_enter(member: Member, name: str, pattern: URLPattern) -> bool:
    held, asks, kinds = held_by(member), permission_of(pattern), set(kinds_of(name, pattern).values())
    account = member.account
    if (
        (asks and asks not in held)
        or view_of(pattern, "demo_only")
        or account not in ASKS_FOR_MORE.get(name, {account})
    ):
        return False
    if "fiche" in kinds:
        return account in MEMBERS
    if not all(account in TENDED.get(kind, {account}) for kind in kinds):
        return False
    relation = Relation.CALLED if "seance" in kinds else Relation.OPEN
    return not OF_A_DOSSIER & kinds or account in INSIDE[relation]


def held_by(member: Member) -> frozenset[str]:
    """What an account of the cast may, by its role and by the charge of its people."""
    held = ROLES[member.role].permissions if member.role else frozenset[str]()
    return held | {IN_CHARGE} if member.in_charge else held


def ask_all(world: World, cases: list[Case]) -> None:
    browsers: dict[str, Client] = {}
    for case in cases:
        if case.member.account not in browsers:
            browsers[case.member.account] = Client(raise_request_exception=False)
            browsers[case.member.account].force_login(world.cast[case.member.account])
            prove(browsers[case.member.account], world.cast[case.member.account])
        ask(world, case, browsers[case.member.account])


def ask(world: World, case: Case, browser: Client) -> None:
    """Send it, undo what it did, and judge the answer."""
    judge(case, kinds_of(case.name, EVERY[case.name]), _send(world, case, browser), world)


def _send(world: World, case: Case, browser: Client, turn: int | None = None) -> HttpResponse:
    pattern = EVERY[case.name]
    kinds = kinds_of(case.name, pattern)
    named: dict[str, Any] = {argument: world.named(kind, case.relation) for argument, kind in kinds.items()}
    for argument in pattern.pattern.converters.keys() - kinds.keys():
        known, unknown = CODES[argument]
        shape = pattern.pattern.converters[argument].regex
        known = [each for each in known if re.fullmatch(shape, str(each))]
        turn = len(case.member.account) + len(case.name) if turn is None else turn
        named[argument] = unknown if case.relation is Relation.ABSENT else known[turn % len(known)]
    with transaction.atomic():
        answer: HttpResponse = getattr(browser, case.method)(reverse(case.name, kwargs=named))
        transaction.set_rollback(True)
    return answer


@cache
def absent(world: World) -> bytes:
    """What answers at an address that leads nowhere: the same for everybody."""
    browser = Client()
    browser.force_login(world.cast["etranger"])
    return browser.get("/nulle-part/").content


def judge(case: Case, kinds: dict[str, str], answer: HttpResponse, world: World) -> None:
    pattern, held = EVERY[case.name], held_by(case.member)
    assert answer.status_code < 500, case
    if case.name in VISITORS | OWN or case.name.startswith(("mfa_", "account_")):
        return  # one's own account: tests/accounts
    asks = permission_of(pattern)
    back = LEADS_BACK.get(case.name, "/")
    led_home = answer.status_code == 302 and case.method in {"get", "head"} and answer.headers["Location"] == back
    is_shut = (asks and asks not in held) or view_of(pattern, "demo_only") or case.name == "desk:components"
    account = case.member.account
    hides = OF_A_DOSSIER & set(kinds.values()) and account not in INSIDE.get(case.relation, set())
    if "fiche" in kinds.values():  # the one of OPEN and HIDDEN was shown years ago
        hides = case.relation is not Relation.CALLED or account not in MEMBERS
    if is_shut:
        assert answer.status_code in {404, 405}, case
    elif hides or (kinds and case.relation is Relation.ABSENT):
        assert answer.status_code in {404, 405} or led_home, case  # an act’s address answers a GET before it looks
    elif case.method in {"put", "patch", "delete"}:
        assert answer.status_code in {404, 405} or answer.headers.get("Location", "").startswith(PROVE), case
    if answer.status_code == 404 and case.method == "get":
        assert answer.content == absent(world), case
