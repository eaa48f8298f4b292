"""Comparing names as people do: without case, accents, punctuation or doubled spaces."""

from __future__ import annotations

import re
import unicodedata


def fold(text: str) -> str:
    """`text` in lower case, without accents or punctuation, words parted by one space.

    Used to sort and recognise communes and organisations (the embedded server has no ICU collation).
    Never stored for a person: a folded name is the name in clear.
    """
    compatible = unicodedata.normalize("NFKC", text)  # « № » is « No », before case is forgotten
    decomposed = unicodedata.normalize("NFKD", compatible.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters.replace("œ", "oe").replace("æ", "ae")))
