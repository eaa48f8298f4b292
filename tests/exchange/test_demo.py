"""`make demo`, as a person starts and stops it: real processes, a real port, a folder of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment import BASE_DIR

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (BASE_DIR / ".venv").exists(), reason="make demo uses .venv (make setup)"),
]
FIRST_START, LATER_START, STOP = 60.0, 15.0, 10.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Demo:
    """A demonstration started by `make`, in a session of its own, as a shell or a supervisor starts it."""

    def __init__(self, folder: Path, *, deaf_to_int: bool = False) -> None:
        self.port = free_port()
        self.folder = folder
        unsaid = ("SEUIL_", "DATABASE_URL", "KEYSTORE_URL", "CELERY_", "DJANGO_", "PYTEST_", "MAKE")
        heard = {name: value for name, value in os.environ.items() if not name.startswith(unsaid)}
        self.started = time.monotonic()
        ignore_int = ["sh", "-c", "trap '' INT; exec make demo"]
        hear_int = ["env", "--default-signal=INT", "make", "demo"]  # even where the tests were started by a deaf shell
        self.make = subprocess.Popen(
            ignore_int if deaf_to_int else hear_int,
            env={**heard, "SEUIL_DATA": str(folder), "SEUIL_PORT": str(self.port)},
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.make.stdout is not None
        self.lines.extend(line.rstrip("\n") for line in iter(self.make.stdout.readline, ""))

    def __enter__(self) -> Demo:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.make.wait(30)
        self._reader.join(10)
        assert self.make.stdout is not None
        self.make.stdout.close()

    def _until(self, sentence: str, seconds: float) -> float:
        """Seconds from the start to this line; fails with what was printed when it does not come."""
        while not any(line.startswith(sentence) for line in list(self.lines)):
            gone = time.monotonic() - self.started
            assert gone < seconds, f"« {sentence} » not said in {seconds} s:\n" + "\n".join(self.lines)
            assert self.make.poll() is None, "\n".join(self.lines)
            time.sleep(0.05)
        return time.monotonic() - self.started

    def until_ready(self, seconds: float = FIRST_START) -> float:
        return self._until(f"Seuil est prêt : http://127.0.0.1:{self.port}", seconds)

    def until_loading(self) -> None:
        self._until("Chargement", FIRST_START)

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse().status
        connection.close()
        return answer

    def processes(self) -> list[int]:
        """Every living process that works for this demonstration, the database's included."""
        sign = f"SEUIL_DATA={self.folder}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                ours = sign in (entry / "environ").read_bytes().split(b"\0")
                ours = ours or str(self.folder).encode() in (entry / "cmdline").read_bytes()
                dead = (entry / "stat").read_text().rpartition(") ")[2][0] == "Z"
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if ours and not dead:
                found.append(int(entry.name))
        return found

    def doing(self, command: str) -> list[int]:
        """Those whose command line holds this word."""
        words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in self.processes()}
        return [pid for pid, said in words.items() if command.encode() in said]

    def stop(self, number: signal.Signals, *, everyone: bool = False) -> None:
        """Send the signal to `make`, or to its whole group as a terminal does; nothing may be left after the delay."""
        start = time.monotonic()
        if everyone:
            os.killpg(self.make.pid, number)
        else:
            os.kill(self.make.pid, number)
        self.make.wait(STOP)
        assert time.monotonic() - start < STOP
        assert self.processes() == []
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", self.port))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder whose database is made once for the whole file."""
    with tempfile.TemporaryDirectory(prefix="seuil-demo-") as made:
        Path(made).chmod(0o711)
        yield Path(made) / "instance"


def test_a_first_start_then_a_second_that_finds_its_data(folder: Path) -> None:
    with Demo(folder) as demo:
        demo.until_ready()
        assert demo.status("/connexion/") == 200
        assert demo.status("/") == 302
        accounts = [line for line in demo.lines if "@seuil.example" in line]
        assert len(accounts) >= 10
        assert len({line.index("La porte") for line in accounts}) == 1
        demo.stop(signal.SIGTERM)
    with Demo(folder) as demo:
        assert demo.until_ready() < LATER_START
        demo.stop(signal.SIGINT)


def test_two_live_side_by_side(folder: Path) -> None:
    with Demo(folder) as first, Demo(folder.parent / "other") as second:
        first.until_ready(2 * FIRST_START)  # both start at once, on the same machine
        second.until_ready(2 * FIRST_START)
        assert first.status("/connexion/") == second.status("/connexion/") == 200
        second.stop(signal.SIGTERM, everyone=True)
        assert first.status("/connexion/") == 200
        first.stop(signal.SIGHUP)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_background_where_the_shell_ignores_int(folder: Path, number: signal.Signals) -> None:
    with Demo(folder, deaf_to_int=True) as demo:
        demo.until_ready()
        demo.stop(number, everyone=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_it_loads(folder: Path, number: signal.Signals) -> None:
    with Demo(folder) as demo:
        demo.until_loading()
        demo.stop(number)


@pytest.mark.parametrize("after", [0.5, 1.0, 1.5, 2.0])
def test_soon_after_it_is_ready(folder: Path, after: float) -> None:
    """Workers are still importing what they need: a signal then may be lost, and is sent again."""
    with Demo(folder) as demo:
        demo.until_ready()
        time.sleep(after)
        demo.stop(signal.SIGINT)


def test_after_everything_was_killed_it_starts_again(folder: Path) -> None:
    with Demo(folder) as demo:
        demo.until_ready()
        for pid in demo.processes():
            os.kill(pid, signal.SIGKILL)
        demo.make.wait(STOP)
    with Demo(folder) as demo:
        demo.until_ready()
        assert demo.status("/connexion/") == 200
        demo.stop(signal.SIGTERM)


@pytest.mark.parametrize(
    ("command", "named"),
    [("uvicorn", "Le serveur web"), ("worker", "L’exécution des tâches"), ("beat", "L’horloge des tâches")],
)
def test_a_child_that_dies_ends_everything_and_is_named(folder: Path, command: str, named: str) -> None:
    """Killed without a word: the worker's own children, which it did not stop, go too."""
    with Demo(folder) as demo:
        demo.until_ready()
        (leader, *_) = sorted(demo.doing(command), key=lambda pid: os.getsid(pid) != pid)
        os.kill(leader, signal.SIGKILL)
        assert demo.make.wait(STOP) != 0
        demo._reader.join(5)
        assert any(line.startswith(named) for line in demo.lines)
        assert demo.processes() == []


def test_work_that_was_left_is_done_by_the_worker(folder: Path) -> None:
    """The queue's files come and go: beat asks, the worker reads."""
    with Demo(folder) as demo:
        demo.until_ready()
        queue, seen = folder / "broker" / "queue", set[str]()
        limit = time.monotonic() + 30
        while len(seen) < 3 and time.monotonic() < limit:
            seen |= {path.name for path in queue.glob("*.msg")}
            time.sleep(0.005)
        assert len(seen) >= 3
        assert len(demo.doing("worker")) == 3  # it leads two
        assert len(demo.doing("beat")) == 1
        assert len(list(queue.glob("*.msg"))) <= 1
        demo.stop(signal.SIGTERM)
        assert not [line for line in demo.lines if "error" in line.lower() or "Traceback" in line]


def test_a_taken_port_is_said_in_one_sentence(folder: Path) -> None:
    with Demo(folder) as demo:
        demo.until_ready()
        heard = {**os.environ, "SEUIL_ENV": "demo", "SEUIL_DATA": str(folder), "SEUIL_PORT": str(demo.port)}
        command = [str(BASE_DIR / ".venv/bin/python"), "manage.py", "demo"]
        second = subprocess.run(command, env=heard, cwd=BASE_DIR, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert second.stderr.strip().startswith(f"Le port {demo.port} est déjà pris")
        assert len(second.stderr.strip().splitlines()) == 1
        demo.stop(signal.SIGTERM)
