"""The forms under which a name is known, and how near two names are: plain functions on words, nothing stored.

A form is a word of a name, in bare letters, without the particles that come and go (« D’Ambrosio »: ambrosio), or all
its words joined (dambrosio). Who types « Ben Ali », « Benali » or « Ali » meets the same forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import jellyfish

from core.names import PARTICLES, fold
from core.sounds import bare, bones, sounds

SHORTEST = 2  # letters of a form
BEGINNING = 4  # letters that begin a word
# nearness, from 0 to 1: one slip or the same sound; as far as sounds go; the least that is called near
NEAR, HEARD, DISTANT = 0.9, 0.88, 0.75
TRANSCRIBED = 0.8  # the same consonants


class Form(NamedTuple):
    """A word in bare letters, and how it sounds as it was written, signs included."""

    letters: str
    heard: frozenset[str]


def words_of(text: str) -> list[str]:
    """Its words in bare letters, in order, particles included."""
    return [word.letters for word in _words(text)]


@lru_cache(maxsize=20_000)
def forms(name: str) -> tuple[Form, ...]:
    """The forms of a name that is known: its words without particles, and its words joined when there are several."""
    words = _words(name)
    joined = [_joined(words)] if len(words) > 1 else []
    return _told([*kept(words), *joined])


def asked_forms(text: str) -> tuple[Form, ...]:
    """The forms that somebody may mean by what she typed: words without particles, neighbours joined."""
    words = _words(text)
    pairs = [_joined(words[at : at + 2]) for at in range(len(words) - 1)]
    triples = [_joined(words[at : at + 3]) for at in range(len(words) - 2) if words[at].letters in PARTICLES]
    return _told([*kept(words), *pairs, *triples])


def readings(text: str) -> list[list[Form]]:
    """The ways to read what somebody typed as words: without particles, all joined, or two neighbours joined."""
    words = _words(text)
    read = [kept(words)]
    if len(words) > 1:
        read.append([_joined(words)])
    for at in range(len(words) - 1):  # « Ben Ali Samira », « Bois Frais Thierry »
        apart = [word for word in (*words[:at], *words[at + 2 :]) if word.letters not in PARTICLES]
        read.append([_joined(words[at : at + 2]), *apart])
    return [each for each in read if each]


def kept(words: list[Form]) -> list[Form]:
    """The words but for particles; all of them when there is nothing else (« Le » is a name)."""
    return [word for word in words if word.letters not in PARTICLES] or words


def neighbours(form: str) -> set[str]:
    """The form itself and what is left of it without one of its letters.

    Two words parted by one slip (a letter left out, added, changed, two exchanged) have one of these in common
    (W. Garbe, Symmetric delete, 2012).
    """
    return {form} | {form[:at] + form[at + 1 :] for at in range(len(form)) if len(form) > SHORTEST}


@lru_cache(maxsize=100_000)
def nearness(one: Form, other: Form) -> float:
    """How near two forms are, from 0 to 1: the same letters, the same sound or one slip, else edits against length."""
    if one.letters == other.letters:
        return 1.0
    if one.heard & other.heard:
        return NEAR
    spelled = _nearness(one.letters, other.letters)
    return max(spelled, *(HEARD * _nearness(a, b) for a in one.heard for b in other.heard), 0.0)


def _nearness(one: str, other: str) -> float:
    longest = max(len(one), len(other))
    edits = jellyfish.damerau_levenshtein_distance(one, other)
    return NEAR if edits == 1 and longest > 3 else 1 - edits / longest


def written_sounds(name: str) -> frozenset[str]:
    """The phonetic keys of every form of a name, its signs read where they are (« Şahin »: sahin, chahin)."""
    return frozenset(key for form in forms(name) for key in form.heard)


@lru_cache(maxsize=20_000)
def _words(text: str) -> list[Form]:
    parts = fold(text).split()
    signed = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text))
    written = signed if len(signed) == len(parts) else parts
    return [Form(letters, sounds(word)) for word in written if (letters := bare(word))]


def _joined(words: list[Form]) -> Form:
    """Words as one: its sounds are those of the letters together, and of each way of writing them."""
    letters = "".join(word.letters for word in words)
    return Form(letters, sounds(letters) | _joined_sounds(words))


def _joined_sounds(words: list[Form]) -> frozenset[str]:
    """When a word has another sound by its signs: the sounds side by side, the most telling ones."""
    if all(len(word.heard) == 1 for word in words):
        return frozenset()
    return frozenset({"".join(max(word.heard - sounds(word.letters) or word.heard) for word in words if word.heard)})


def _told(found: Iterable[Form]) -> tuple[Form, ...]:
    return tuple(dict.fromkeys(form for form in found if len(form.letters) >= SHORTEST))


# words that many family names share: alone, they bring nobody nearer
SHARED = frozenset({"saint", "sainte", "abou", "ait", "ould", "abd", "hadj", "san", "santa", "sidi", "oglu"})


def surnames_nearness(one: Iterable[str], other: Iterable[str]) -> float:
    """How near family names are: their nearest forms, since one of two joined names is often left out."""
    mine, theirs = _telling(one), _telling(other)
    return max((nearness(a, b) for a in mine for b in theirs), default=0.0)


def first_names_nearness(one: str, other: str) -> float:
    """How near first names are as wholes; « Jean » is near « Jean-Marc », which « Jean-Pierre » is not.

    The same consonants bring transcriptions near: « Mohamed », « Muhammad ».
    """
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs:
        return 0.0
    whole = nearness(_joined(mine), _joined(theirs))
    if _skeletons(mine) & _skeletons(theirs):
        whole = max(whole, TRANSCRIBED)
    shorter, longer = sorted((words_of(one), words_of(other)), key=len)
    return max(whole, NEAR) if longer[: len(shorter)] == shorter else whole


def _skeletons(words: list[Form]) -> set[str]:
    """The consonants of a whole name, when there are enough of them to tell it."""
    return {found for sound in _joined(words).heard if len(found := bones(sound)) >= SHORTEST}


def _telling(names: Iterable[str]) -> list[Form]:
    found = [form for name in names for form in forms(name)]
    return [form for form in found if form.letters not in SHARED and len(form.letters) > SHORTEST] or found
