"""What the environment says, read in one place and before Django: which instance, where, as whom.

The variables are those of `commands.md`; anything impossible raises `Refused` with a French sentence.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8000
BROKERS = ("filesystem", "redis", "rediss", "amqp", "amqps")


class Refused(Exception):
    """The process cannot start like this; `str()` is a French sentence saying what to do."""


class Environment(StrEnum):
    """Kind of instance, from `SEUIL_ENV`."""

    DEV = "dev"
    TEST = "test"
    DEMO = "demo"
    PRODUCTION = "production"


class Role(StrEnum):
    """PostgreSQL role of the process, from `SEUIL_DB_ROLE`: the role named `seuil_<value>`."""

    OWNER = "owner"
    WEB = "web"
    WORKER = "worker"
    REPORTING = "reporting"
    TREASURY = "treasury"


def environment() -> Environment:
    """Kind of instance; `dev` when nothing is said. Raises `Refused` on an unknown word."""
    word = os.environ.get("SEUIL_ENV") or Environment.DEV
    try:
        return Environment(word)
    except ValueError:
        known = ", ".join(Environment)
        raise Refused(f"SEUIL_ENV vaut « {word} » : les valeurs possibles sont {known}.") from None


def database_role() -> Role:
    """Role of the connections of this process: said, else owner in tests and web elsewhere."""
    word = os.environ.get("SEUIL_DB_ROLE") or (Role.OWNER if environment() is Environment.TEST else Role.WEB)
    try:
        return Role(word)
    except ValueError:
        known = ", ".join(Role)
        raise Refused(f"SEUIL_DB_ROLE vaut « {word} » : les valeurs possibles sont {known}.") from None


def data_dir() -> Path:
    """Folder of the instance (database, keys, secrets): `SEUIL_DATA`, else `.local/` in the project."""
    return Path(os.environ.get("SEUIL_DATA") or BASE_DIR / ".local").expanduser().resolve()


def kek_dir() -> Path:
    """Folder of the master keys: `SEUIL_KEK_DIR`; outside production, `kek/` of the instance's folder.

    Raises `Refused` in production when it is not said: keys do not live beside the data that they close.
    """
    said = os.environ.get("SEUIL_KEK_DIR")
    if not said and environment() is Environment.PRODUCTION:
        raise Refused("SEUIL_KEK_DIR manque : donnez le dossier qui contient les clés maîtresses.")
    return Path(said).expanduser().resolve() if said else data_dir() / "kek"


def documents_dir() -> Path:
    """Folder of the sealed documents: `SEUIL_DOCUMENTS`, else `documents/` of the instance's folder."""
    said = os.environ.get("SEUIL_DOCUMENTS")
    return Path(said).expanduser().resolve() if said else data_dir() / "documents"


def clamd_url() -> str:
    """Address of the antivirus: `SEUIL_CLAMD_URL`, `unix:///path` or `tcp://machine:port`; nothing when there is none.

    Raises `Refused` on anything else.
    """
    said = os.environ.get("SEUIL_CLAMD_URL", "")
    parts = urlsplit(said)
    try:
        fits = (parts.scheme == "unix" and parts.path) or (parts.scheme == "tcp" and parts.hostname and parts.port)
    except ValueError:
        fits = None
    if said and not fits:
        raise Refused(f"SEUIL_CLAMD_URL vaut « {said} » : il faut unix:///chemin ou tcp://machine:3310.")
    return said


def port() -> int:
    """TCP port of the web server: `SEUIL_PORT`, else 8000. Raises `Refused` when it is not a port."""
    word = os.environ.get("SEUIL_PORT") or str(DEFAULT_PORT)
    if not word.isascii() or not word.isdigit() or not 0 < int(word) < 65536:
        raise Refused(f"SEUIL_PORT vaut « {word} » : il faut un nombre entre 1 et 65535.")
    return int(word)


def broker_url() -> str:
    """Address of the broker: `CELERY_BROKER_URL`; outside production, files in the instance's folder.

    Raises `Refused` in production when it is missing or says files, and everywhere on another kind of broker.
    """
    said = os.environ.get("CELERY_BROKER_URL", "")
    if environment() is Environment.PRODUCTION and (not said or said.startswith("filesystem:")):
        raise Refused(
            "CELERY_BROKER_URL manque, ou désigne des fichiers : en production les tâches passent par Redis ou "
            "RabbitMQ (redis://machine:6379/0, amqp://compte@machine:5672//)."
        )
    if said and said.partition("://")[0] not in BROKERS:
        raise Refused(f"CELERY_BROKER_URL commence mal : il faut {', '.join(f'{kind}://' for kind in BROKERS)}.")
    return said or "filesystem://localhost"


def queue_name(own: str) -> str:
    """Queue of this instance's tasks: `SEUIL_QUEUE`, else one for the installation in production.

    Elsewhere several instances may share a broker: each adds the letters that are its `own`.
    """
    return os.environ.get("SEUIL_QUEUE") or ("seuil" if environment() is Environment.PRODUCTION else f"seuil-{own}")


def make_data_dir() -> Path:
    """The instance's folder, created when absent; others may cross it (the database's user) but not list it."""
    folder = data_dir()
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
    return folder


def secret_key() -> str:
    """Django's signing key: `SEUIL_SECRET_KEY`; outside production, made once in the instance's folder.

    Raises `Refused` in production when it is missing or shorter than 50 characters.
    """
    said = os.environ.get("SEUIL_SECRET_KEY", "")
    if environment() is Environment.PRODUCTION:
        if len(said) < 50:
            raise Refused("SEUIL_SECRET_KEY manque ou compte moins de 50 caractères : donnez une clé aléatoire.")
        return said
    return said or _kept_secret(make_data_dir() / "secret_key")


def _kept_secret(path: Path) -> str:
    """Content of the file, written first (mode 0600) when absent; two processes at once end with the same."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="ascii")
