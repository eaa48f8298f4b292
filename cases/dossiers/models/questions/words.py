"""What every step ends with: the household's own words."""

from __future__ import annotations

from cases.dossiers.models.questions.kinds import Kind, Question

HINT = "Ses mots, des faits. Pas de diagnostic : la personne et l’équipe peuvent lire cette note."


def own_words(step: str) -> Question:
    """The household's own words, at the end of a step."""
    return Question(
        f"mots_{step}",
        "Ce que {name} en dit",
        "La personne est la première à savoir ce qui lui convient. Ses mots restent les siens.",
        Kind.LONG,
        hint=HINT,
        counts=False,
    )
