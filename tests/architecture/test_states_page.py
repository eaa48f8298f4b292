"""`docs/etats.md` tells the life cycles that the code declares."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from core.errors import OperationRefused
from core.workflow import moves
from desk.management.commands.states_page import PAGE, stateful_models


def test_the_page_is_up_to_date() -> None:
    call_command("states_page", check=True, stdout=StringIO())


def test_it_tells_every_machine_and_every_move(settings: Settings) -> None:
    text = (Path(settings.BASE_DIR) / PAGE).read_text(encoding="utf-8")
    models = list(stateful_models())
    assert {model._meta.label for model in models} == {
        "core.Job",
        "dossiers.Dossier",
        "housing.Lease",
        "support.Measure",
        "commission.Seance",
        "commission.Examen",
    }
    for model in models:
        section = text.split(f"(`{model._meta.label}`)", 1)[1].split("\n## ", 1)[0]
        for move in moves(model):
            assert f"    {move.source} --> {move.target} : {move.label}" in section
            assert f"| {move.label} | `{move.name}` |" in section


def test_a_page_out_of_date_is_refused_then_written(tmp_path: Path, settings: Settings) -> None:
    settings.BASE_DIR = tmp_path
    with pytest.raises(OperationRefused, match="states_page"):
        call_command("states_page", check=True, stdout=StringIO())
    assert not (tmp_path / PAGE).exists()
    out = StringIO()
    call_command("states_page", json=True, stdout=out)
    assert json.loads(out.getvalue())["written"] is True
    call_command("states_page", check=True, stdout=StringIO())
    page = tmp_path / PAGE
    page.write_text(page.read_text(encoding="utf-8").replace("Clore", "Fermer"), encoding="utf-8")
    with pytest.raises(OperationRefused):
        call_command("states_page", check=True, stdout=StringIO())
