"""The embedded server, for real: each test has a server of its own."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from config import binaries, embedded
from config.embedded import EmbeddedServer
from config.environment import BASE_DIR, Refused

STAYS = """
    import sys
    from pathlib import Path
    from config.embedded import EmbeddedServer, stop_when_last
    server = EmbeddedServer(Path(sys.argv[1]), fast=True)
    print(server.start(), flush=True)
    stop_when_last(server)
    sys.stdin.read()
"""


def ask(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(host=str(server.socket_dir), user=embedded.SUPERUSER, dbname="postgres") as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def other_process(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until its standard input closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(STAYS), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=BASE_DIR,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip() in ("True", "False")
    return process


def server_pid(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def test_it_starts_once_and_only_its_user_may_enter(server: EmbeddedServer) -> None:
    assert server.start() is True
    assert server.start() is False
    assert EmbeddedServer(server.folder).start() is False
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW timezone") == "UTC"
    assert ask(server, "SELECT pg_encoding_to_char(encoding) FROM pg_database LIMIT 1") == "UTF8"
    assert ask(server, "SELECT upper('é')") == "É"
    for path in (server.folder, server.data, server.socket_dir):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_the_last_one_out_stops_it(server: EmbeddedServer) -> None:
    server.start()
    other = other_process(server.folder)
    assert server.leave() is False
    assert server.is_ready()
    other.communicate()
    assert not server.is_ready()
    assert not (server.data / "postmaster.pid").exists()


def test_who_started_others_waits_for_them_to_be_gone(server: EmbeddedServer) -> None:
    server.start()
    with other_process(server.folder) as other:
        threading.Timer(0.5, other.kill).start()
        assert server.leave(patience=5) is True
    assert not server.is_ready()


def test_patience_has_an_end(server: EmbeddedServer) -> None:
    server.start()
    with other_process(server.folder) as other:
        assert server.leave(patience=0.2) is False
        assert server.is_ready()
        other.communicate("")
    assert not server.is_ready()


def test_a_process_killed_without_a_word_does_not_keep_it_alive(server: EmbeddedServer) -> None:
    killed = other_process(server.folder)
    killed.kill()
    killed.communicate()
    assert server.is_ready()
    assert server.start() is False
    assert server.leave() is True
    assert not server.is_ready()


def test_data_survive_a_server_killed(folder: Path) -> None:
    server = EmbeddedServer(folder)
    server.start()
    with psycopg.connect(host=str(server.socket_dir), user=embedded.SUPERUSER, dbname="postgres") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    os.kill(server_pid(server), signal.SIGKILL)
    assert server.start() is True
    assert ask(server, "SELECT n FROM kept") == 42
    assert server.leave() is True


def test_locks_left_by_a_reboot_are_forgotten(server: EmbeddedServer) -> None:
    server.start()
    lock = (server.data / "postmaster.pid").read_text()
    assert server.leave() is True
    (server.data / "postmaster.pid").write_text(lock.replace(lock.split()[0], str(os.getpid()), 1))
    (server.data / "postmaster.pid").chmod(0o644)
    assert server.start() is True


@pytest.mark.long
def test_a_half_made_cluster_is_made_again(server: EmbeddedServer) -> None:
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("18\n")
    if server.user:
        for path in (server.folder, server.data):
            os.chown(path, server.user.uid, server.user.gid)
    assert server.start() is True


@pytest.mark.long
def test_two_servers_live_side_by_side(server: EmbeddedServer, tmp_path: Path) -> None:
    second = EmbeddedServer(server.folder.parent / "second", fast=True)
    try:
        server.start()
        second.start()
        directory = "SHOW data_directory"
        assert {ask(server, directory), ask(second, directory)} == {str(server.data), str(second.data)}
    finally:
        second.leave()


@pytest.mark.long
def test_a_path_too_long_for_a_socket_gets_a_short_one(server: EmbeddedServer) -> None:
    deep = EmbeddedServer(server.folder.parent / ("d" * 100), fast=True)
    try:
        assert deep.start() is True
        assert len(str(deep.socket_dir)) < embedded.LONGEST_SOCKET_FOLDER
    finally:
        deep.leave()
        shutil.rmtree(deep.socket_dir)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another user")
def test_root_whose_folder_is_closed_uses_another_place(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    server = EmbeddedServer(tmp_path / "postgresql", fast=True)
    try:
        assert server.start() is True
        assert server.folder.parent == binaries.SHARED_COPIES / "seuil-data"
        assert EmbeddedServer(tmp_path / "postgresql").folder == server.folder
    finally:
        server.leave()
        shutil.rmtree(server.folder)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another user")
def test_root_whose_environment_is_closed_uses_a_copy_of_the_programs(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "reachable", lambda found: binaries.copied(found, server.folder.parent))
    assert server.start() is True
    assert server.programs.is_relative_to(server.folder.parent)
    assert ask(server, "SELECT 1") == 1


def test_the_place_of_someone_else_is_refused(server: EmbeddedServer) -> None:
    server.folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("needs root to give the folder away")
    os.chown(server.folder, 12345, 12345)
    with pytest.raises(Refused, match="appartient à un autre compte"):
        server.start()
    shutil.rmtree(server.folder)


@pytest.mark.parametrize("round_", range(20))
def test_its_folder_is_made_by_many_at_once(folder: Path, round_: int) -> None:
    """Nobody sees it between its making and its being given to the server's user."""
    start = threading.Barrier(8)

    def make(_: int) -> None:
        start.wait()
        EmbeddedServer(folder / str(round_), fast=True)._make_folders()

    with ThreadPoolExecutor(8) as executor:
        assert list(executor.map(make, range(8))) == [None] * 8


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another user")
def test_a_folder_that_a_killed_process_did_not_give_is_given(server: EmbeddedServer) -> None:
    server.folder.mkdir()
    server._make_folders()
    assert server.user is not None
    assert server.folder.stat().st_uid == server.user.uid


def test_data_of_a_version_that_is_gone_are_refused(server: EmbeddedServer) -> None:
    with pytest.raises(Refused, match="PostgreSQL 11"):
        binaries.find_binaries(11)


def test_no_programs_at_all_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_folders", lambda: iter([Path("/nowhere")]))
    with pytest.raises(Refused, match="make setup"):
        binaries.find_binaries()
