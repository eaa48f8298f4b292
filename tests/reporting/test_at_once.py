"""Two processes that count at the same time count as one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from exchange.operations import import_register
from reporting import operations
from reporting.models import Fact, FigureResult
from tests.exchange.registers import demo_files, demo_rows, files, opened


def everything() -> tuple[set[Any], dict[tuple[str, str], Any]]:
    told = {(fact.id, fact.period, fact.kind, fact.code, fact.detail) for fact in Fact.objects.all()}
    return told, {(each.figure, each.period): each.value for each in FigureResult.objects.all()}


@pytest.mark.django_db(transaction=True)
def test_counting_twice_at_once_while_a_register_comes_in() -> None:
    """Half of the register is there; two threads count while a third one brings the other half."""
    lines = demo_rows()
    assert import_register(opened([demo_files()[1], *files(lines[::2])]), by=None).rejected == []
    together = Barrier(3)

    def at_once(work: Any) -> Any:
        try:
            together.wait(timeout=30)
            return work()
        finally:
            connections.close_all()

    def bring() -> Any:
        return import_register(opened(files(lines[1::2])), by=None).rejected

    with ThreadPoolExecutor(3) as threads:
        done = [threads.submit(at_once, work) for work in (operations.catch_up, operations.catch_up, bring)]
        assert done[2].result(timeout=120) == []
        assert all(each.result(timeout=120) >= 0 for each in done[:2])
    operations.catch_up()
    counted = everything()
    FigureResult.objects.all().delete()
    Fact.objects.all().delete()
    from cases.dossiers.models import Dossier
    from commission.models import Seance

    operations.refresh_seances(Seance.objects.values_list("pk", flat=True))
    operations.refresh_dossiers(Dossier.objects.values_list("pk", flat=True))
    assert everything() == counted, "one alone gives the same"
