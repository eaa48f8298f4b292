"""The embedded PostgreSQL server of demonstration, development and tests; never of production.

A server belongs to one data folder. It listens on a socket that only its user can open, and on no network address.
Every process that needs it calls `start()`, which is safe to call from many at once; each then holds a shared lock on
the file `users`, and the last one to leave stops the server. A process killed without a word loses its lock with its
life; the server it leaves behind serves the next one.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.binaries import SHARED_COPIES, Binaries, Unprivileged, can_cross, find_binaries, reachable
from config.environment import Refused

SUPERUSER = "seuil"
PORT = 5432
LONGEST_SOCKET_FOLDER = 85  # a socket's path holds 107 bytes, the file's name included
CONFIGURATION = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "logging_collector": "off",
    "max_parallel_workers_per_gather": "0",  # small machines, small shared memory
    "log_min_error_statement": "panic",  # a refused statement is not written to the log with its values
    "log_statement": "none",
}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # data that may be lost


class EmbeddedServer:
    """One server over one folder. `fast` trades safety after a power cut for speed (tests)."""

    def __init__(self, folder: Path, *, fast: bool = False) -> None:
        self.user = Unprivileged.find()
        self.folder = _where_user_can_go(folder) if self.user else folder
        self.fast = fast
        self.data = self.folder / "data"
        self.socket_dir = _short_enough(self.folder / "socket")
        self._users: int | None = None

    # -- starting and stopping

    def start(self) -> bool:
        """Make sure the server answers and count ourselves among its users; True when this call started it.

        Raises `Refused` with the end of the server's log when it does not start.
        """
        self._make_folders()
        with self._mutex():
            self._count_ourselves_in()
            if self.is_ready():
                return False
            binaries = self._binaries()
            if not (self.data / "PG_VERSION").exists() or not (self.folder / "made").exists():
                self._make_cluster(binaries)
            self._forget_dead_server()
            self._launch(binaries)
            return True

    def leave(self, *, patience: float = 0.0) -> bool:
        """Stop counting among the users; True when we were the last one and stopped the server.

        `patience`: seconds during which the others may still go, for who ended them and knows that they are dying.
        """
        deadline = time.monotonic() + patience
        while self._users is not None:
            with self._mutex():
                alone = self._is_alone(self._users)
                if alone:
                    self._stop()
                if alone or time.monotonic() >= deadline:
                    os.close(self._users)
                    self._users = None
                    return alone
            time.sleep(0.05)  # without the mutex: those who leave need it
        return False

    def is_ready(self) -> bool:
        """Whether the server accepts connections now."""
        with socket.socket(socket.AF_UNIX) as knock:
            try:
                knock.connect(str(self.socket_dir / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        code, _ = self._run(
            self._binaries(), "pg_isready", "-q", "-h", self.socket_dir, "-p", PORT, "-U", SUPERUSER, "-d", "postgres"
        )
        return code == 0

    @property
    def programs(self) -> Path:
        """Folder of the client programs (`psql`, `pg_dump`) that go with this server."""
        return self._binaries().folder

    # -- inside

    @staticmethod
    def _is_alone(users: int) -> bool:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _count_ourselves_in(self) -> None:
        if self._users is None:
            self._users = os.open(self.folder / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._users, fcntl.LOCK_SH)

    @contextlib.contextmanager
    def _mutex(self) -> Iterator[None]:
        """One process at a time starts or stops this server."""
        with (self.folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_folders(self) -> None:
        owner = self.user.uid if self.user else os.geteuid()
        for folder in (self.folder, self.socket_dir):
            if not folder.parent.exists():
                folder.parent.mkdir(parents=True, exist_ok=True)
                folder.parent.chmod(0o711)
            if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == owner:
                folder.chmod(0o700)
                continue
            with _alone_in(folder.parent):
                with contextlib.suppress(FileExistsError):
                    folder.mkdir(mode=0o700)
                found = folder.lstat()
                is_folder = stat.S_ISDIR(found.st_mode)
                if self.user and is_folder and found.st_uid == os.geteuid() and not any(folder.iterdir()):
                    # just made, or left so by a process that was killed here
                    os.chown(folder, self.user.uid, self.user.gid, follow_symlinks=False)
                    found = folder.lstat()
                if not is_folder or found.st_uid != owner:
                    raise Refused(f"Le dossier {folder} appartient à un autre compte : choisissez un autre SEUIL_DATA.")
                folder.chmod(0o700)

    def _binaries(self) -> Binaries:
        if not hasattr(self, "_found"):
            version = self.data / "PG_VERSION"
            found = find_binaries(int(version.read_text()) if (self.folder / "made").exists() else None)
            self._found = reachable(found) if self.user else found
        return self._found

    def _run(self, binaries: Binaries, program: str, *arguments: object) -> tuple[int, str]:
        """Exit code and output of a PostgreSQL program. A pipe would hang: the server inherits it."""
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        who: dict[str, Any] = {}
        if self.user:
            who = {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(binaries.folder / program), *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                cwd="/", env=environment, check=False, **who,
            )  # fmt: skip
            output.seek(0)
            return done.returncode, output.read().decode(errors="replace")

    def _make_cluster(self, binaries: Binaries) -> None:
        """A new cluster, in place of what a half-made one may have left."""
        shutil.rmtree(self.data, ignore_errors=True)
        locale = ["--locale=C.UTF-8"]
        if binaries.major >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        code, output = self._run(
            binaries, "initdb", "-D", self.data, "-U", SUPERUSER, "-E", "UTF8", "--auth=trust", "--no-sync", *locale
        )
        if code:
            raise Refused(f"La base de données n’a pas pu être créée dans {self.data} :\n{output.strip()}")
        (self.folder / "made").touch()

    def _forget_dead_server(self) -> None:
        """Remove the lock files of a server that was killed, once it is sure that it is dead."""
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + 10
        while (pid := _pid_in(lock)) and _is_living_server(pid) and time.monotonic() < deadline:
            time.sleep(0.1)  # it is dying, or starting under another process
        if pid and _is_living_server(pid):
            raise Refused(f"PostgreSQL (processus {pid}) occupe déjà {self.data} sans répondre : arrêtez-le.")
        lock.unlink(missing_ok=True)
        (self.socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _launch(self, binaries: Binaries) -> None:
        settings = {**CONFIGURATION, **(FAST if self.fast else {}), "unix_socket_directories": str(self.socket_dir)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = self.folder / "server.log"
        if log.exists() and log.stat().st_size > 1_000_000:
            log.unlink()
        for attempt in range(6):
            code, output = self._run(
                binaries, "pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "-o", options, "start"
            )
            if code == 0:
                return
            time.sleep(0.3 * attempt)  # the children of a killed server may need a moment to let go
        end = log.read_text(errors="replace")[-1500:] if log.exists() else ""
        raise Refused(f"La base de données ne démarre pas.\n{output.strip()}\n{end.strip()}")

    def _stop(self) -> None:
        if _pid_in(self.data / "postmaster.pid") is not None:
            self._run(self._binaries(), "pg_ctl", "-D", self.data, "-m", "fast", "-w", "-t", "5", "stop")


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time makes folders here: another would see them before they are given to their user."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def stop_when_last(server: EmbeddedServer) -> None:
    """At the normal end of this very process (not of one forked from it), leave the server."""
    me = os.getpid()

    def leave() -> None:
        if os.getpid() == me:
            server.leave()

    atexit.register(leave)


def _where_user_can_go(folder: Path) -> Path:
    """The folder, or one that stands for it when the unprivileged user cannot go through its parents."""
    parent = next(path for path in folder.parents if path.exists())
    if can_cross(parent):
        return folder
    return SHARED_COPIES / "seuil-data" / hashlib.sha256(str(folder).encode()).hexdigest()[:16]


def _short_enough(folder: Path) -> Path:
    """The folder of the socket, or a short one that stands for it."""
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    name = hashlib.sha256(f"{os.geteuid()} {folder}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"seuil-{name}"


def _pid_in(lock: Path) -> int | None:
    try:
        return int(lock.read_text().split(maxsplit=1)[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _is_living_server(pid: int) -> bool:
    """Whether this process is PostgreSQL and not a zombie waiting to be reaped."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            before, _, after = status.read_text().rpartition(") ")
        except (FileNotFoundError, ProcessLookupError):
            return False
        name, state = before.partition(" (")[2], after
    else:
        asked = subprocess.run(["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
        state, _, name = asked.stdout.strip().partition(" ")
        name = Path(name.strip()).name
    return name.startswith("postgres") and not state.startswith("Z")
