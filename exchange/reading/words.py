"""Texts compared by their words: case, accents, punctuation, plural and feminine endings do not count."""

import re
import unicodedata
from functools import lru_cache

SMALL_WORDS = frozenset(["l", "le", "la", "les", "d", "de", "du", "des", "a", "au", "aux", "en", "un", "une", "et"])
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "º": " ", "ß": "ss"})
PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
NOT_WORD = re.compile(r"[^0-9a-z]+")


def fold(text: str) -> str:
    """Lower case without accents nor punctuation, one space between words: « Né(e) le » gives « ne e le »."""
    lowered = text.translate(LIGATURES).casefold().translate(LIGATURES)
    bare = "".join(char for char in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(char))
    return NOT_WORD.sub(" ", bare).strip()


def stem(word: str) -> str:
    """The word without plural mark, nor the « e » of « isolée, retenue »; never shorter than three letters."""
    if len(word) > 3 and word[-1] in "sx":
        word = word[:-1]
    if len(word) > 3 and word[-1] == "e" and word[-2] in "eiu":
        word = word[:-1]
    return word


def full_key(text: str) -> str:
    """All the words, stemmed."""
    return " ".join(stem(word) for word in fold(text).split())


@lru_cache(maxsize=1024)
def loose_key(text: str) -> str:
    """The words that carry meaning: articles and « de, à, en, et » are left out (unless nothing else is there)."""
    words = fold(text).split()
    telling = [stem(word) for word in words if word not in SMALL_WORDS]
    return " ".join(telling or [stem(word) for word in words])


def without_parentheses(text: str) -> str:
    """A header without its units and endings: « Ressources (€/mois) » gives « Ressources », « Né(e) » « Né »."""
    return PARENTHESES.sub("", text)
