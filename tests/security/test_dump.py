"""Who steals the database learns nobody's name: a dump of `default` by its owner, searched in every disguise."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from config.binaries import find_binaries
from tests.exchange.registers import HEADERS, demo_files, demo_rows, row, table, written
from tests.scratch import Instance, scratch
from tests.security.canaries import ODD, found_in, secrets


def dump(instance: Instance) -> bytes:
    """`pg_dump` as the owner of the tables, schema and data."""
    login = {key: str(value) for key, value in instance.login.items() if key in ("host", "port", "user", "password")}
    address = " ".join(f"{key}='{value}'" for key, value in {**login, "dbname": instance.name}.items())
    program = find_binaries().folder / "pg_dump"
    if not program.is_file():
        pytest.skip("pg_dump is not among the programs of PostgreSQL found here")
    command = [str(program), "--role=seuil_owner", "--dbname", address]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.long
def test_a_dump_and_what_the_processes_said_name_nobody(django_db_setup: None, tmp_path: Path) -> None:
    good, wrong = tmp_path / "bon", tmp_path / "mauvais"
    good.mkdir()
    wrong.mkdir()
    written(good, [("registre.csv", table(HEADERS, [*demo_rows(), *ODD])), demo_files()[1]])
    unread = row("ESSAI-903", nom="Vandersteghen", date_naissance="31/11/1961", prenom="Tryphon")
    names = written(wrong, [("registre.csv", table(HEADERS, [ODD[0], unread]))])
    known = secrets() | {"Vandersteghen", "Tryphon", "31/11/1961"}
    with scratch() as instance:
        done = instance.run("shell", "-c", f"from tests.security.story import tell; tell({str(good)!r})")
        assert done.returncode == 0, done.stderr
        assert found_in((done.stdout + done.stderr).encode(), known) == []
        refused = instance.run("import_register", *names, "--json")
        assert refused.returncode == 1
        assert "31/11/1961" in refused.stdout, "what was read is told to the one who asks"
        assert found_in(refused.stderr.encode(), known) == []
        taken = dump(instance)
    for holds in (
        "dossiers_person",
        "dossiers_evaluation",
        "commission_snapshot",
        "dossiers_namesearch",
        "dossiers_documentcontent",
        "dossiers_answer",
        "exchange_pendingfile",
        "exchange_columnmapping",
        "exchange_valuemapping",
        "exchange_recognised",
        "exchange_keptdifference",
    ):
        assert f"COPY public.{holds} ".encode() in taken, "the dump does hold the tables"
    assert b"LDA-2022-001" in taken
    assert found_in(taken, known) == []


@pytest.mark.parametrize(
    "leak",
    [
        b"nom : Marmottin",
        b"MARMOTTIN",
        "ó súilleabháin öztürkoğlu".encode(),
        b"o suilleabhain ozturkoglu",
        "Quenouillère".encode("utf-16-le"),
        "Quenouillère".encode("utf-16-be"),
        "Quenouillère".encode().hex().upper().encode(),
        *(base64.b64encode(b"x" * shift + b"Marmottin, Bruno") for shift in range(3)),
        quote("Émilie").encode(),
        b'{"prenom": "\\u00c9milie"}',
        b"1970-02-17",
        b"17/02/1970",
        b"0730321000037xtest",
    ],
)
def test_the_search_would_find_a_leak(leak: bytes) -> None:
    assert found_in(b"COPY public.x (y) FROM stdin;\n1\t" + leak + b"\tz\n", secrets())
