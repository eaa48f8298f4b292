"""Comparing names as people do: without case, accents, punctuation or doubled spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# words that come and go in front of a name: « de la Croix » is found by « croix », « Ben Ali » by « ali »
PARTICLES = frozenset({
    "al", "ben", "bin", "d", "da", "de", "del", "den", "der", "des", "di", "do", "dos", "du", "el", "ibn", "l", "la",
    "le", "les", "n", "o", "van", "von", "y",
})  # fmt: skip


def fold(text: str) -> str:
    """`text` in lower case, without accents or punctuation, words parted by one space.

    Used to sort and recognise communes and organisations (the embedded server has no ICU collation).
    Never stored for a person: a folded name is the name in clear.
    """
    compatible = unicodedata.normalize("NFKC", text)  # « № » is « No », before case is forgotten
    decomposed = unicodedata.normalize("NFKD", compatible.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters.replace("œ", "oe").replace("æ", "ae")))


def sought(text: str) -> Callable[..., bool]:
    """Whether names answer to what somebody typed: `sought("le goff")("Le Goff", "Yannick")`.

    Each word typed begins a word of the names, in any order, particles aside; or the names begin so once their words
    are joined (« Benali », « Ben Ali »). Nothing answers to a text of less than two letters.
    """
    asked = fold(text)
    joined, words = asked.replace(" ", ""), _without_particles(asked)

    def answers(*names: str | None) -> bool:
        if len(joined) < 2:
            return False
        folded = [fold(name) for name in names if name]
        parts = [part for name in folded for part in name.split()]
        if all(any(part.startswith(word) for part in parts) for word in words):
            return True
        whole = [name.replace(" ", "") for name in (*folded, " ".join(folded), " ".join(reversed(folded)))]
        return any(name.startswith(joined) for name in whole)

    return answers


def _without_particles(folded: str) -> list[str]:
    """The words but for the particles; all of them when there is nothing else (« Le » is a name)."""
    words = folded.split()
    return [word for word in words if word not in PARTICLES] or words
