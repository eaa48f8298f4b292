"""Passwords that are too easy to guess, here as elsewhere. Named by AUTH_PASSWORD_VALIDATORS.

zxcvbn knows the world's habits, not the territory's: it finds « Chambery2024!Savoie » excellent. So the words that
anybody here would think of count for nothing: what is left without them must be hard to guess by itself.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from accounts.models import OrganisationAlias, User
from core.names import fold

ENOUGH = 3  # of 4: ten thousand million guesses
LONGEST = 72  # what zxcvbn reads
SHORTEST = 4  # letters of a word that counts: shorter ones are inside every other word
LEET = str.maketrans("014357@$€!", "oiaestasei")
YEAR = r"(?:19|20)\d\d"
SENTENCE = (
    "Ce mot de passe se devine : il repose sur {what}. Prenez plutôt quatre ou cinq mots sans rapport entre eux, ou "
    "laissez votre gestionnaire de mots de passe en inventer un."
)


class HardToGuess:
    """Score 3 of zxcvbn, with and without the words of the place and of the person."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises `ValidationError` with a sentence that helps."""
        words = known_words(user if isinstance(user, User) else None)
        if _score(password, words) < ENOUGH:
            raise ValidationError(
                SENTENCE.format(what="des mots, des suites ou des dates trop courants"), code="guessed"
            )
        if _score(without(password, words), words) < ENOUGH:
            raise ValidationError(
                SENTENCE.format(what="des mots que tout le monde connaît ici, ou sur votre nom"), code="guessed_here"
            )

    def get_help_text(self) -> str:
        return "Quatre ou cinq mots sans rapport entre eux font un bon mot de passe."


def known_words(user: User | None = None) -> set[str]:
    """Folded words of the place, of the organisations' names, of the person."""
    said = " ".join(OrganisationAlias.objects.values_list("key", flat=True))
    if user is not None:
        said += f" {user.first_name} {user.last_name} {user.email.replace('.', ' ')}"
    found = {word for word in re.split(r"[^a-z0-9]+", fold(said)) if len(word) >= SHORTEST}
    return found | _of_the_place()


def without(password: str, words: set[str]) -> str:
    """What is left once these words and years are taken away, whatever their accents and figures for letters."""
    plain = "".join(_plain(sign) for sign in password)
    kept = [True] * len(plain)
    for text in (plain, plain.translate(LEET)):
        for pattern in (YEAR, *map(re.escape, words)):
            for found in re.finditer(pattern, text):
                kept[slice(*found.span())] = [False] * len(found.group())
    return "".join(sign for sign, stays in zip(password, kept, strict=True) if stays)


def _score(password: str, words: set[str]) -> int:
    return int(zxcvbn(password[:LONGEST], user_inputs=sorted(words))["score"]) if password else 0


def _plain(sign: str) -> str:
    """One letter for one sign: without its accent, in lower case."""
    return fold(sign)[:1] or sign.lower()[:1] or sign


@cache
def _of_the_place() -> frozenset[str]:
    text = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in re.split(r"[^a-z0-9]+", fold(line)) if len(word) >= SHORTEST)
