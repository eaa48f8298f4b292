"""Words that several forms share."""

from __future__ import annotations

from collections.abc import Sequence

from cases.dossiers.models import ETHOS

UNKNOWN = "Non renseigné"
ETHOS_CHOICES = [(f"{number} {text}", f"{number}. {text}") for number, text in ETHOS.items()]


def listed(choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The choices, each label beginning with a capital."""
    return [(code, f"{label[:1].upper()}{label[1:]}") for code, label in choices]
