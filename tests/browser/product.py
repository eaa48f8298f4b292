"""The product itself, as `make demo` serves it: started once for all the processes of a series, then stopped.

Every process of the series holds `users` shared; who started the product waits to hold it alone, then stops it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.environment import BASE_DIR

STARTING, STOPPING = 240.0, 20.0  # seconds


@contextmanager
def shared_product(folder: Path) -> Iterator[str]:
    """Its address. `folder` is common to the processes of the series."""
    address = folder / "address"
    with (folder / "turn").open("w") as turn, (folder / "users").open("w") as users:
        fcntl.flock(turn, fcntl.LOCK_EX)
        demo = None if address.exists() else Demo(folder)
        try:
            if demo:
                address.write_text(demo.start(), encoding="ascii")
            fcntl.flock(users, fcntl.LOCK_SH)
            fcntl.flock(turn, fcntl.LOCK_UN)
            yield address.read_text(encoding="ascii")
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if demo:
                fcntl.flock(turn, fcntl.LOCK_EX)  # who comes from now on starts another
                fcntl.flock(users, fcntl.LOCK_EX)
                address.unlink(missing_ok=True)
                demo.stop()


class Demo:
    """A demonstration with an empty folder of its own, whose lines go to `product.log` of the series.

    `saying` is what its environment says besides.
    """

    def __init__(self, folder: Path, **saying: str) -> None:
        self._saying = saying
        self._log = (folder / "product.log").open("w+", encoding="utf-8")
        self._made = tempfile.TemporaryDirectory(prefix="seuil-e2e-", ignore_cleanup_errors=True)
        Path(self._made.name).chmod(0o711)  # the database's user crosses it
        self._data = Path(self._made.name) / "instance"

    def start(self) -> str:
        """Start it, wait until it is ready. Fails with what was printed."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        unsaid = ("SEUIL_", "DATABASE_URL", "KEYSTORE_URL", "DJANGO_", "PYTEST_", "CELERY_")
        heard = {name: value for name, value in os.environ.items() if not name.startswith(unsaid)}
        said = {"SEUIL_ENV": "demo", "SEUIL_DATA": str(self._data), "SEUIL_PORT": str(port)}
        self._process = subprocess.Popen(
            [sys.executable, str(BASE_DIR / "manage.py"), "demo"],
            env={
                **heard,
                **said,
                **self._saying,
                "SEUIL_LAUNCHER": str(os.getpid()),
            },  # so that it ends when we are killed
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        deadline = time.monotonic() + STARTING
        while f"Seuil est prêt : http://127.0.0.1:{port}" not in self._said():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the demonstration did not start:\n{self._said()}")
            time.sleep(0.1)
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """Ask it to end; kill it when it does not."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
        self._made.cleanup()

    def _said(self) -> str:
        return Path(self._log.name).read_text(encoding="utf-8")
