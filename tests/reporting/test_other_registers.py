"""Other years, headers, orders of columns, people, decisions: the figures are those that one counts by hand."""

from __future__ import annotations

from random import Random

import pytest
from django.utils import timezone

from exchange.operations import import_register
from reporting import operations
from reporting.models import FigureResult
from tests.exchange.registers import SEANCE_HEADERS, Files, opened, table
from tests.reporting import oracle
from tests.reporting.oracle import Known, Situation

pytestmark = pytest.mark.django_db


def as_files(random: Random, told: list[Situation], seances: list[str]) -> Files:
    """The register under headers and in an order of this day, with a title and a footer."""
    lines = [oracle.cells(random, each) for each in told]
    names = list(oracle.HEADERS)
    random.shuffle(names)
    random.shuffle(lines)
    headers = {name: random.choice(oracle.HEADERS[name]) for name in names}
    renamed = [{headers[name]: line[name] for name in names} for line in lines]
    title = ";".join(["Situations suivies, document de travail", *[""] * (len(names) - 1)])
    footer = ";".join(["Total", str(len(told)), *[""] * (len(names) - 2)])
    body = table([headers[name] for name in names], renamed).decode()
    register = f"{title}\r\n{body}{footer}\r\n".encode()
    days = [dict(zip(SEANCE_HEADERS, (day, "Halle d'Aigrefond", "SIAO, DDETSPP"), strict=True)) for day in seances]
    return [("suivi.csv", register), ("réunions.csv", table(SEANCE_HEADERS, days))]


def check(seed: int, *, size: int) -> None:
    random = Random(seed)  # noqa: S311
    years = range(2015 + seed % 8, 2017 + seed % 8)
    first = oracle.invent(random, years, size)
    extra = sorted({oracle._day(random, years) for _ in range(4)})
    known = {told.reference: Known(told) for told in first}
    held = set(extra)
    versions = [first, [oracle.go_on(random, told, random.choice(oracle.BODIES)) for told in first]]
    for version in versions:
        report = import_register(opened(as_files(random, version, [day.isoformat() for day in extra])), by=None)
        assert report.rejected == []
        for told in version:
            known[told.reference].hear(told)
            held |= {told.seance} if told.seance else set()
        operations.catch_up()
        expected = oracle.count(known.values(), held, today=timezone.localdate())
        computed = {(each.figure, each.period): each.value for each in FigureResult.objects.all()}
        assert computed == expected
        before = dict(computed)
        assert operations.catch_up() == 0
        assert {(each.figure, each.period): each.value for each in FigureResult.objects.all()} == before


@pytest.mark.parametrize("seed", range(3))
def test_the_figures_of_another_register(seed: int) -> None:
    check(seed, size=30)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 115))
def test_the_figures_of_many_other_registers(seed: int) -> None:
    check(seed, size=60)
