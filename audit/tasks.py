"""What runs alone: telling the journal of what a task could not open."""

from __future__ import annotations

from audit import boundary
from core import outbox
from vault.errors import VaultError


@outbox.witness
def broken_seals(error: Exception) -> None:
    """A broken seal met by a task is journaled as one met by a page."""
    if isinstance(error, VaultError):
        boundary.tell(error, by=None)
