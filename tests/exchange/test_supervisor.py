"""Children that live and end together, with real processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from config.environment import BASE_DIR
from exchange import supervisor
from exchange.management.commands.demo import table
from exchange.supervisor import ChildStopped, Launcher, family, port_answers, port_is_free

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
HARD_OF_HEARING = """
import signal, sys, time
asked = []
signal.signal(15, lambda *_: asked.append(1) if not asked else sys.exit(0))
time.sleep(0.2)
open(sys.argv[1], "w").close()
while True:
    time.sleep(0.05)
"""
DEAF = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); print(); time.sleep(60)"]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def is_deaf(pid: int) -> bool:
    """SIGTERM is among the signals that this process ignores (proc(5), `SigIgn`)."""
    ignored = re.search(r"^SigIgn:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert ignored
    return bool(int(ignored[1], 16) >> (signal.SIGTERM - 1) & 1)


def wait_until(condition: object, seconds: float = 15) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


def test_leaving_stops_everyone_even_on_an_exception() -> None:
    pids: list[int] = []

    def work() -> None:
        with family() as children:
            children.start("one", SLEEPS)
            children.start("two", SLEEPS)
            pids.extend(child.pid for child in children._children.values())
            sys.exit(0)

    with pytest.raises(SystemExit):
        work()
    assert len(pids) == 2
    assert not any(alive(pid) for pid in pids)


def test_the_deaf_are_killed_after_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "GRACE", 0.3)
    with family() as children:
        children.start("deaf", DEAF)
        pid = children._children["deaf"].pid
        assert wait_until(partial(is_deaf, pid))
    assert not alive(pid)


def test_who_did_not_hear_is_asked_again(tmp_path: Path) -> None:
    listens = tmp_path / "listens"
    begun = 0.0
    with family() as children:
        children.start("one", [sys.executable, "-c", HARD_OF_HEARING, str(listens)])
        child = children._children["one"]
        assert wait_until(listens.exists)
        begun = time.monotonic()
    assert child.returncode == 0
    assert time.monotonic() - begun < supervisor.GRACE / 2


def test_a_signal_does_not_cut_the_end_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal's, then that of `make`, come while children are being stopped."""
    monkeypatch.setattr(supervisor, "GRACE", 0.6)
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with family() as children:
            children.start("deaf", DEAF)
            pid = children._children["deaf"].pid
            assert wait_until(partial(is_deaf, pid))
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert not alive(pid)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_exit_that_was_swallowed_is_asked_for_again() -> None:
    """Raised in the callback of a weak reference, an exit is only printed: the next signal must be heard."""
    program = """
        import os, time, weakref
        import manage
        class Thing: pass
        manage.leave_on_signals("demo")
        thing = Thing()
        watched = weakref.ref(thing, lambda _: (os.kill(os.getpid(), 15), time.sleep(0.1)))
        del thing
        print("still here", flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=BASE_DIR
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "still here\n"
        time.sleep(0.6)
        process.terminate()
        assert process.wait(5) == 0


def test_those_that_a_killed_leader_leaves_behind_go_too() -> None:
    program = "import subprocess, sys, time; print(subprocess.Popen(sys.argv[1:]).pid, flush=True); time.sleep(60)"
    with family() as children:
        children.start("leader", [sys.executable, "-c", program, *SLEEPS])
        leader = children._children["leader"]
        left = Path(f"/proc/{leader.pid}/task/{leader.pid}/children")
        assert wait_until(lambda: left.read_text().split())
        (child,) = map(int, left.read_text().split())
        leader.kill()
        leader.wait()
        assert alive(child)
    assert wait_until(lambda: not alive(child))


def test_a_child_that_ends_is_named() -> None:
    with family() as children:
        children.start("short", [sys.executable, "-c", "raise SystemExit(3)"])
        with pytest.raises(ChildStopped) as stopped:
            wait_until(lambda: children.check())
    assert (stopped.value.name, stopped.value.status) == ("short", 3)


def test_running_to_the_end() -> None:
    with family() as children:
        children.run("fine", [sys.executable, "-c", "import os; assert os.environ['SAID'] == 'yes'"], SAID="yes")
        with pytest.raises(ChildStopped):
            children.run("bad", [sys.executable, "-c", "raise SystemExit(1)"])


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells of a parent's death on Linux only")
def test_nobody_outlives_a_supervisor_that_is_killed() -> None:
    program = f"""
        import sys, time
        from exchange.supervisor import family
        with family() as children:
            children.start("child", {SLEEPS!r})
            print(children._children["child"].pid, flush=True)
            time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=BASE_DIR) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not alive(child))


def test_ports() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
        assert port_answers("127.0.0.1", port)
    assert port_is_free("127.0.0.1", port)
    assert not port_answers("127.0.0.1", port)


def test_a_launcher_is_our_parent_or_is_not_listened_to() -> None:
    assert not Launcher(None).wants_end()
    assert not Launcher(os.getpid()).wants_end()
    assert not Launcher(os.getppid()).wants_end()


def test_a_table_is_aligned() -> None:
    rows = [{"who": "Ève", "what": "lit"}, {"who": "Anselme", "what": "écrit"}]
    assert table(rows, {"who": "Qui", "what": "Fait"}) == ["Qui      Fait", "Ève      lit", "Anselme  écrit"]
