"""What the members of a séance were told may have changed: the worker of the commission looks (ADR 0017)."""

from __future__ import annotations

from cases.dossiers.models import Dossier, State
from core import outbox

FOLLOW = "fiche.follow"


def tell_members(dossier: Dossier) -> None:
    """In the transaction of what changed. Of a dossier that is ready, and so perhaps on an agenda: from the opening on,
    what members read no longer changes. A fiche that would say the same is not told again.
    """
    if dossier.state == State.PRET:
        outbox.enqueue(FOLLOW, dossier=str(dossier.pk))
