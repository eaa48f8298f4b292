"""`load_population` and the demonstration: what is printed, what is refused, what does not change."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.utils import timezone

from accounts.demo import DOMAIN
from cases.dossiers.models import Dossier
from core import outbox
from core.errors import OperationRefused
from core.models import OutboxMessage
from exchange.operations import demo
from exchange.population import EARLIEST, load_population
from exchange.population.edge_cases import CASES
from reporting.models import FigureResult

pytestmark = pytest.mark.django_db


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    call_command("load_population", *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_it_prints_what_was_created_and_counts_it(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, "--households", "6", "--seed", "9")
    assert set(told) == {"households", "persons", "dossiers", "seconds"}
    assert (told["households"], told["dossiers"]) == (6, 6) == (Dossier.objects.count(),) * 2
    assert told["persons"] >= 6
    assert told["seconds"] > 0
    assert not OutboxMessage.objects.filter(done_at=None, task__in=["dossier.changed", "seance.changed"]).exists()
    assert FigureResult.objects.filter(figure="F06", period="2025").exists()
    again = printed(capsys, "--households", "6", "--seed", "9")
    assert (again["households"], again["persons"], again["dossiers"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("households", "since", "said"),
    [
        (-1, EARLIEST, "entre 0 et"),
        (5, EARLIEST - timedelta(days=1), "chiffres publiés"),
        (5, timezone.localdate() + timedelta(days=1), "avenir"),
    ],
)
def test_what_makes_no_sense_is_refused(households: int, since: Any, said: str) -> None:
    with pytest.raises(OperationRefused, match=said):
        load_population(households, 1, since=since)
    assert not Dossier.objects.exists()


def test_never_in_production(settings: Any) -> None:
    settings.IN_PRODUCTION = True
    with pytest.raises(OperationRefused, match="production"):
        load_population(1, 1)


def test_a_population_begins_when_it_is_told_to() -> None:
    since = timezone.localdate() - timedelta(days=20)
    assert load_population(40, 2, since=since, by_copy=True).households == 40
    assert not Dossier.objects.filter(oriented_on__lt=since).exists()


def test_the_published_figures_of_the_register_do_not_move(
    settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.IN_DEMO = True
    monkeypatch.setattr(demo, "HOUSEHOLDS", 0)
    demo.load_demo()
    before = _figures(capsys)
    assert Dossier.objects.count() == _rows_of_the_register()
    monkeypatch.setattr(demo, "HOUSEHOLDS", 30)
    demo.load_demo()
    assert Dossier.objects.count() == _rows_of_the_register() + 30
    after = _figures(capsys)
    assert {period for _, period in before} == {"2022", "2023", "2024"}  # 2024: what became of those of 2023
    assert {place: after[place] for place in before} == before
    assert ("F06", "2025") in after


def test_the_demonstration_has_a_notice_to_read(
    settings: Any, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    """Sent by the worker, once it has begun: loading does not wait for it. A second start sends nothing more."""
    settings.IN_DEMO = True
    monkeypatch.setattr(demo, "HOUSEHOLDS", len(CASES))
    demo.load_demo()
    assert not mailoutbox
    outbox.run_all()
    assert {mail.to[0] for mail in mailoutbox} == {f"prescripteur@{DOMAIN}"}
    sent = len(mailoutbox)
    demo.load_demo()
    outbox.run_all()
    assert len(mailoutbox) == sent >= 1


def _figures(capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str], Any]:
    call_command("published_figures", "--json")
    return {(row["id"], row["period"]): row for row in json.loads(capsys.readouterr().out)}


def _rows_of_the_register() -> int:
    return len((Path(demo.DATA) / "registre.csv").read_text(encoding="utf-8").splitlines()) - 1
