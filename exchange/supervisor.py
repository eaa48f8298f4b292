"""Keeps a few processes alive together, and ends them together.

Each child has its own session: the terminal's Ctrl-C reaches the supervisor alone, which then asks the leaders to stop.
On Linux a child also receives TERM when the supervisor is killed, so that nothing outlives it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

GRACE = 6.0  # seconds that children have to stop
AGAIN = 1.0  # seconds after which who has not stopped is asked again: a signal may be lost in a callback
KILLED = 2.0  # seconds that the system has to bury those that were killed
ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
POLL = 0.2
SOON = 0.03
_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class ChildStopped(Exception):
    """A child ended by itself; `name` says which, `status` how."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(name, status)
        self.name = name
        self.status = status


class Family:
    """Child processes that live and end together."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, arguments: list[str], **variables: str) -> None:
        """Start a child with our environment and these variables; what it prints goes to our standard error."""
        self._children[name] = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
            preexec_fn=_die_with_parent,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        )

    def run(self, name: str, arguments: list[str], **variables: str) -> None:
        """Run a child to its end. Raises `ChildStopped` when it does not end well."""
        self.start(name, arguments, **variables)
        status = self._children[name].wait()
        del self._children[name]
        if status:
            raise ChildStopped(name, status)

    def check(self) -> None:
        """Raises `ChildStopped` when a child has ended."""
        for name, child in self._children.items():
            if (status := child.poll()) is not None:
                raise ChildStopped(name, status)

    def stop(self) -> None:
        """Ask the leaders to stop, every second; after the grace, kill what is left of their sessions.

        A leader that was killed may leave children behind: its session is looked at too. A signal that comes meanwhile
        does not cut this short.
        """
        with _deaf():
            children = list(self._children.values())
            begun, asked = time.monotonic(), 0
            while (living := _living(children)) and (gone := time.monotonic() - begun) < GRACE:
                if gone >= asked * AGAIN:
                    asked += 1
                    for child in living:
                        child.terminate()
                time.sleep(SOON)
            for child in children:
                _kill_session(child.pid)
                child.wait()
            until = time.monotonic() + KILLED
            while any(_kill_session(child.pid) for child in children) and time.monotonic() < until:
                time.sleep(SOON)
            self._children.clear()


@contextlib.contextmanager
def family() -> Iterator[Family]:
    """A family that is stopped whatever happens."""
    children = Family()
    try:
        yield children
    finally:
        children.stop()


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Without the signals that ask for the end, which is under way; in another thread they do not come."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in ENDS}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _living(children: list[subprocess.Popen[bytes]]) -> list[subprocess.Popen[bytes]]:
    return [child for child in children if child.poll() is None]


def _kill_session(leader: int) -> bool:
    """Kill what is left of the group of a child; whether there was anything."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def port_answers(host: str, port: int) -> bool:
    """Whether a server accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


class Launcher:
    """The `make` that started us, when its process number was handed down.

    `make` hands TERM down to its recipe, but keeps INT and HUP for itself and waits. On Linux that is visible: it has
    put the handling of the signal back to its default, so its bit is no longer among the caught ones.
    """

    def __init__(self, pid: int | None) -> None:
        self._pid = pid if pid == os.getppid() else None
        self._caught_at_start = self._caught()

    def watch(self) -> None:
        """From now on, send ourselves TERM when the launcher wants the end, and again until it has come."""
        if self._pid is not None:
            threading.Thread(target=self._watch, name="launcher", daemon=True).start()

    def _watch(self) -> None:
        while not self.wants_end():
            time.sleep(POLL)
        while True:  # until we are gone
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(AGAIN)

    def wants_end(self) -> bool:
        """Whether the launcher is gone, or was interrupted and waits for us."""
        if self._pid is None:
            return False
        return os.getppid() != self._pid or bool(self._caught_at_start - self._caught())

    def _caught(self) -> set[signal.Signals]:
        """Those of INT and HUP that the launcher handles; none where the system does not tell."""
        try:
            lines = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return set()
        mask = int(next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0"), 16)
        return {number for number in (signal.SIGINT, signal.SIGHUP) if mask >> (number - 1) & 1}


def _die_with_parent() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
