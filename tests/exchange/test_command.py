"""`manage.py import_register` as scripts run it: what it prints, how it ends, killed, or run twice at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from cases.dossiers.models import Dossier
from core.errors import OperationRefused
from tests.exchange.registers import LEASE, PRESENTED, account, demo_files, files, row, written
from tests.scratch import Instance, scratch

NOTHING: dict[str, Any] = {"created": 0, "changed": 0, "unchanged": 0}


@pytest.fixture
def instance(db: None) -> Iterator[Instance]:
    with scratch() as made:
        yield made


@pytest.mark.django_db
class TestWhatItPrints:
    def told(self, capsys: pytest.CaptureFixture[str], *arguments: str, **options: Any) -> Any:
        call_command("import_register", *arguments, "--json", **options)
        return json.loads(capsys.readouterr().out)

    def test_an_import(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        names = written(tmp_path, files([row("A", base=PRESENTED), row("B")], ["2023-03-30", "2023-05-11"]))
        expected: dict[str, Any] = {
            "rows": 2,
            "created": 2,
            "changed": 0,
            "unchanged": 0,
            "rejected": [],
            "seances": {"created": 2, "changed": 0, "unchanged": 0},
        }
        seen = self.told(capsys, *names, "--dry-run")
        assert seen == expected
        assert list(seen) == list(expected)
        assert not Dossier.objects.exists()
        assert self.told(capsys, *names) == expected
        again = {"created": 0, "unchanged": 2}
        assert self.told(capsys, *names) == expected | again | {"seances": {**NOTHING, "unchanged": 2}}

    def test_bad_cells(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        names = written(tmp_path, files([row("A"), row("B", ressources_mensuelles="mille"), row("C")]))
        told = self.told(capsys, *names)
        assert {key: told[key] for key in ("rows", "created", "changed", "unchanged")} == {"rows": 3, **NOTHING}
        (cell,) = told["rejected"]
        assert list(cell) == ["file", "sheet", "row", "column", "read", "expected"]
        assert {**cell, "expected": ""} == {
            "file": "registre.csv",
            "sheet": "",
            "row": 3,
            "column": "ressources_mensuelles",
            "read": "mille",
            "expected": "",
        }
        assert cell["expected"].startswith("un montant en euros")
        kept = self.told(capsys, *names, "--keep-going")
        assert (kept["rows"], kept["created"], len(kept["rejected"])) == (3, 2, 1)

    def test_in_french_with_agreements_and_one_full_stop(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def said(*rows: dict[str, str]) -> tuple[str, str]:
            call_command("import_register", *written(tmp_path, files(rows)))
            told = capsys.readouterr()
            return told.out, told.err

        out, err = said(row("A", base=PRESENTED, **LEASE))
        assert "1 ligne : 1 créée, 0 modifiée, 0 inchangée, 0 cellule refusée. Séances : 1 créée, 0 complétée." in out
        assert "1 ligne lue." in err
        two = row("A", base=PRESENTED, **LEASE) | {"decision": "validée sous réserve"}
        out, _ = said(two, row("B", sexe="?"))
        assert "2 lignes : 0 créée, 0 modifiée, 0 inchangée, 2 cellules refusées." in out
        refused, unread = [line for line in out.splitlines() if line.startswith("  registre.csv")]
        assert refused.startswith(
            "  registre.csv, ligne 2, « decision » : lu « validée sous réserve ». La commission a"
        )
        assert refused.endswith("import.")
        assert unread.startswith("  registre.csv, ligne 3, « sexe » : lu « ? », attendu ")
        assert ".." not in out
        assert "Rechargez" not in out + err

    def test_the_author(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        siao = account("siao")
        names = written(tmp_path, files([row("A")]))
        self.told(capsys, *names, by=siao.email.upper())
        assert Dossier.objects.get().referent == siao
        for stranger in ("personne@exemple.invalid", account("bailleur").email):
            with pytest.raises(OperationRefused):
                call_command("import_register", *names, by=stranger)

    def test_a_file_that_is_not_there_or_no_register(self, tmp_path: Path) -> None:
        with pytest.raises(OperationRefused, match="« absent\\.csv »"):
            call_command("import_register", str(tmp_path / "absent.csv"))
        (other,) = written(tmp_path, [("autre.csv", b"Fruit;Prix\r\npomme;2\r\n")])
        with pytest.raises(OperationRefused, match="« autre\\.csv »"):
            call_command("import_register", other)


@pytest.mark.long
def test_exit_statuses_and_streams(instance: Instance, tmp_path: Path) -> None:
    good, bad = tmp_path / "bon", tmp_path / "mauvais"
    good.mkdir()
    bad.mkdir()
    names = written(good, files([row("A", base=PRESENTED)]))
    wrong = written(bad, files([row("B", date_naissance="hier")]))
    done = instance.run("import_register", *names, "--json")
    assert (done.returncode, json.loads(done.stdout)["created"]) == (0, 1)
    refused = instance.run("import_register", *wrong, "--json")
    assert (refused.returncode, len(json.loads(refused.stdout)["rejected"])) == (1, 1)
    assert "date_naissance" in refused.stderr
    assert "hier" not in refused.stderr, "what was read is told to who asks for it, not to the logs"
    absent = instance.run("import_register", str(tmp_path / "absent.csv"), "--json")
    assert (absent.returncode, absent.stdout) == (1, "")
    assert absent.stderr.strip().endswith("Vérifiez son chemin.")
    misused = instance.run("import_register", "--json")
    assert (misused.returncode, misused.stdout) == (2, "")
    assert "Traceback" not in done.stderr + refused.stderr + absent.stderr + misused.stderr
    assert instance.count("dossiers_dossier") == 1
    assert instance.count("reporting_fact") > 0, "the command counts what it imported"


@pytest.mark.long
def test_killed_in_the_middle_it_leaves_nothing_and_can_be_done_again(instance: Instance, tmp_path: Path) -> None:
    names = written(tmp_path, files(row(f"TUE-{number:04}", base=PRESENTED) for number in range(1500)))
    with instance.start("import_register", *names, "--json", stdout=subprocess.DEVNULL) as running:
        assert running.stderr is not None
        far_enough = any("lignes lues" in line for line in running.stderr)
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
    assert far_enough
    deadline = time.monotonic() + 10
    while instance.count("dossiers_dossier") and time.monotonic() < deadline:
        time.sleep(0.1)
    for table in ("dossiers_dossier", "dossiers_person", "commission_seance", "core_outboxmessage", "reporting_fact"):
        assert instance.count(table) == 0, table
    assert instance.rows("SELECT 1 FROM audit_entry WHERE event LIKE 'dossier.%'") == []
    again = tmp_path / "encore"
    again.mkdir()
    few = written(again, files(row(f"TUE-{number:04}", base=PRESENTED) for number in range(20)))
    assert instance.json("import_register", *few)["created"] == 20


@pytest.mark.long
def test_twice_at_once_makes_each_situation_once(instance: Instance, tmp_path: Path) -> None:
    names = written(tmp_path, demo_files())
    running = [instance.start("import_register", *names, "--json") for _ in range(2)]
    ended = [(process.communicate(timeout=120), process.returncode) for process in running]
    told = [json.loads(out) for (out, _), status in ended if status == 0]
    assert [status for _, status in ended] == [0, 0], [error for (_, error), _ in ended]
    assert sorted(each["created"] for each in told) == [0, 38]
    assert sorted(each["unchanged"] for each in told) == [0, 38]
    assert instance.count("dossiers_dossier") == 38
    assert instance.count("commission_seance") == 18
    computed = {(each["id"], each["period"]): each for each in instance.json("published_figures")}
    assert computed["F05", "2023"]["gap"]["evaluees"] == 0
