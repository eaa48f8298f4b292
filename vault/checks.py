"""What `manage.py check` says of the master keys."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from vault import kek
from vault.errors import KekMissing


def kek_is_usable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """One error when the master keys cannot be used; none where the first one is still to be made."""
    try:
        kek.verify()
    except KekMissing as missing:
        return [Error(str(missing), id="vault.E001")]
    return []
