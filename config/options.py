"""Small readers of environment variables."""

from __future__ import annotations

import os
from pathlib import Path

from config.environment import Refused


def flag(name: str, *, default: bool) -> bool:
    """The variable as yes or no: `1`, `0`, or the default when absent. Raises `Refused` on anything else."""
    word = os.environ.get(name, "")
    if word not in ("", "0", "1"):
        raise Refused(f"{name} vaut « {word} » : il faut 0 ou 1.")
    return default if word == "" else word == "1"


def words(name: str, *, default: list[str]) -> list[str]:
    """The variable as a list separated by commas, or the default when absent."""
    said = [word.strip() for word in os.environ.get(name, "").split(",")]
    return [word for word in said if word] or default


def secret(name: str) -> str:
    """The variable as a shared secret, or nothing when absent. Raises `Refused` when it could be guessed."""
    said = os.environ.get(name, "")
    if said and (len(said) < 32 or not said.isascii()):
        raise Refused(f"{name} compte moins de 32 caractères simples : donnez un secret aléatoire.")
    return said


def shared_folder(name: str) -> None:
    """Raises `Refused` when the variable names a folder in which this process cannot write; absent, nothing."""
    said = os.environ.get(name, "")
    if said and not (Path(said).is_dir() and os.access(said, os.W_OK | os.X_OK)):
        raise Refused(f"{name} désigne un dossier où ce processus ne peut pas écrire : créez-le, ou changez-en.")
