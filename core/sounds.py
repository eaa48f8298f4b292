"""How a name sounds to a French ear, so that its spellings meet: the phonetic keys of names seen in France.

Two keys for a word. `sounds()` keeps vowels: « Laurent », « Lorant » and « Lauran » are one. `bones()` keeps consonants
alone: « Mohamed », « Muhammad » and « Mouhamad » are one. A word written with the letters of another language has two
sounds, that of its signs and that of the bare letters that people type instead (« Şahin »: chahin, sahin).

Sources of the rules, ours in their choice: the letters and sounds of French as taught (graphies of o, é, an, in, k, s,
final mute letters), as the Soundex and Phonex of F. Brouard (1999) and FONEM (BALSAC, Chicoutimi) do for surnames; the
usual transcriptions into French of Arabic (ou/w, kh/k, dj/j, ch/sh), Turkish (ş, ç, c, ğ, ı), Portuguese (ão, lh, nh,
ç) and Slavic letters (č, š, ž, w, cz, sz, -ski/-sky), as Daitch and Mokotoff (1985) do for Slavic ones.
Measured against Metaphone, Soundex, NYSIIS and the match rating codex of jellyfish: `bench/search.py`, ADR 0023.
"""

from __future__ import annotations

import re
from functools import lru_cache

from core.names import fold

# letters that Unicode does not decompose into a letter and a sign
PLAIN = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ŧ": "t", "ð": "d", "þ": "t"})
TURKISH, SLAVIC = frozenset("ışğ"), frozenset("čćšžđśźżńłěřů")
# letters with a sign, as a French ear writes them; `c` and `j` alone, in the languages that read them otherwise
SIGNS = {
    "ş": "ch",
    "ğ": "g",
    "č": "tch",
    "ć": "tch",
    "š": "ch",
    "ž": "j",
    "đ": "dj",
    "ś": "ch",
    "ź": "j",
    "ż": "j",
    "ř": "j",
    "ñ": "gn",
    "ń": "gn",
    "ã": "an",
    "õ": "on",
    "ö": "eu",
    "ü": "u",
    "ı": "i",
    "ě": "ie",
    "ů": "ou",
    "ł": "l",
}
IN_TURKISH = {"ç": "tch", "c": "dj"}
IN_SLAVIC = {"j": "i", "c": "ts"}

# (what is written, what is heard). Capitals are sounds already found, which no later rule reads again: C is « ch », J
# is « j », G is « g » before any vowel, K is « k »; `h` parts two vowels until the end
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), heard)
    for pattern, heard in (
        (r"(.)\1+", r"\1"),
        (r"(?<=s)[ck](?:y|yi|ij|iy|ii|j)$", "Ki"),
        (r"(?:iy|yi|ij|yj)$", "i"),
        (r"ch(?=[rl])", "K"),
        (r"chtch|shtch|shch|szcz|tsch|tch|tsh|cz|sch|sh|sz|ch", "C"),
        (r"dzh|dj|dg(?=[eiy])|gj|zh", "J"),
        (r"ph", "f"),
        (r"[ck]h|ck|cq|qu(?=[aeioy])|q", "K"),
        (r"gu(?=[eiy])|gh", "G"),
        (r"gn|nh|n[iy](?=[aeou])", "n"),
        (r"(?<=[trl])h|h(?=[^aeiouy])|^h|h$", ""),
        (r"(?<=ei)x", "C"),
        (r"x$", ""),
        (r"x", "Ks"),
        (r"g(?=[eiy])", "J"),
        (r"sc(?=[eiy])|c(?=[eiy])|ts(?=.)|z", "s"),
        (r"c(?=ao$)", "s"),
        (r"(?<=.vi)c$", "C"),
        (r"c", "K"),
        (r"ou(?=[aeiy])|w|oo(?=[aeiy])", "v"),
        (r"y", "i"),
        (r"e?au", "o"),
        (r"oeu|oe|eu", "e"),
        (r"ou|oo|ue", "u"),
        (r"(?:ai|ei|i)[mn](?![aeiou])", "in"),
        (r"[ae][mn](?![aeiou])|ao$", "an"),
        (r"o[mn](?![aeiou])", "on"),
        (r"[ae]i(?!n)", "e"),
        (r"(?<=.{2})e[rtzds]$", "e"),
        (r"(?<=.{2})e$", ""),
        (r"(?<=.{2})[tdsp]$", ""),
        (r"v$", "f"),
        (r"h", ""),
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=20_000)
def sounds(word: str) -> frozenset[str]:
    """The phonetic keys of one word as written (« Kalinčević »): one, or two when its signs tell more than its letters.

    Empty for a word without letters.
    """
    written = word.casefold()
    keys = {heard(bare(written))}
    if SIGNS.keys() & set(written) or "ç" in written:
        keys.add(heard(bare(_spelled(written))))
    return frozenset(keys - {""})


def bare(text: str) -> str:
    """The folded letters of one word, in the 26 of the alphabet where they can be; spaces and digits are left out."""
    return re.sub(r"[^a-z]", "", fold(text).translate(PLAIN))


@lru_cache(maxsize=20_000)
def heard(letters: str) -> str:
    """The phonetic key of bare letters, in lower case but for the sounds that have no letter of their own."""
    for pattern, sound in _RULES:
        letters = pattern.sub(sound, letters)
    return letters.replace("K", "k").replace("G", "g").replace("J", "j")


@lru_cache(maxsize=20_000)
def bones(sound: str) -> str:
    """The consonants of a phonetic key, those that are mistaken for each other made one; its first vowel is `a`."""
    first = "a" if sound[:1] in _VOWELS else ""
    return first + re.sub(f"[{_VOWELS}]", "", sound).translate(_MERGED)


_VOWELS = "aeiou"
_MERGED = str.maketrans({"d": "t", "b": "p", "g": "k", "v": "f", "j": "C"})


def _spelled(written: str) -> str:
    """The word as a French ear would write it, by the letters of its language."""
    signs = dict(SIGNS)
    if TURKISH & set(written):
        signs |= IN_TURKISH
    elif SLAVIC & set(written):
        signs |= IN_SLAVIC
    return "".join(signs.get(letter, letter) for letter in written.replace("ão", "an"))
