"""What the components of core/templates/core/components/ are given: words, links and icons, no domain object.

Each template names its parameters at its head; those that take a list take the shapes below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Method = Literal["get", "post"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the side bar, of the tab bar or of tabs. `count` is what waits behind it, None when not counted."""

    label: str
    url: str
    icon: str = ""
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Banner:
    """What every page about something must say at its top: `level` as in note.html."""

    level: str
    title: str
    text: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in, as the top bar and the foot of the side bar say it."""

    name: str
    role: str
    organisation: str
    sign_out_url: str
    page_url: str = ""

    @property
    def initials(self) -> str:
        """First letters of the first and last words of the name."""
        words = self.name.split()
        return "".join(word[0] for word in (words if len(words) < 2 else [words[0], words[-1]])).upper()


@dataclass(frozen=True, slots=True)
class Condition:
    """Something an act waits for, or already has. `text` is a noun phrase when missing, a sentence when met.

    `action` and `url` are the one link that mends it.
    """

    text: str
    detail: str = ""
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """An act that the page offers. Its button appears when nothing is missing.

    `get` leads to a page (a form, a confirmation), `post` acts at once. `needs_motive` ends its label with « … ».
    `elsewhere` is the sentence that says where it is done, when not from here.
    """

    label: str
    url: str
    icon: str
    method: Method = "get"
    missing: Sequence[Condition] = ()
    met: Sequence[Condition] = ()
    needs_motive: bool = False
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of a path. `when` is its date; `expected` when that date is still a hope."""

    label: str
    status: Literal["done", "now", "todo"]
    when: date | None = None
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of a timeline. `at` is None when the date is not known.

    `kind` is the CSS suffix of `.m-…` (colour of the dot), empty for a neutral one. `hints` are the words of the text
    that have another place, each with what to write instead.
    """

    at: date | datetime | None
    text: str
    who: str
    icon: str
    kind: str = ""
    url: str = ""
    hints: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A line of the to-do list: who or what, when, why in one sentence, one button."""

    subject: str
    url: str
    when: str
    why: str
    icon: str
    action: str
    action_url: str
    late: bool = False
    pressing: bool = False  # its words and its icon say so too


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Tasks under one title: « En retard », « Cette semaine », « Avant le 10 décembre ».

    `url`, where there is one, is the list of them all: the title leads there, and a phone shows the first one alone.
    """

    title: str
    tasks: Sequence[Task]
    url: str = ""


@dataclass(frozen=True, slots=True)
class FormStep:
    """A step of a long form: how many of its questions have an answer. An empty step is no error."""

    label: str
    url: str
    answered: int
    asked: int
    current: bool = False

    @property
    def arc(self) -> str:
        """Dashes of the ring (radius 8): the share answered, then the rest."""
        share = self.answered / self.asked if self.asked else 0
        return f"{50.3 * share:.1f} 50.3"


@dataclass(frozen=True, slots=True)
class TwoTexts:
    """What two people wrote in the same place: the other's text (`title` says who and when), and one's own.

    `name` is the field: the buttons send `garder` with `<name>:other`, `<name>:mine`, and `<name>:both` where that
    means something.
    """

    name: str
    label: str
    title: str
    other: Sequence[str]
    own_title: str
    mine: Sequence[str]
    both: bool = False


@dataclass(frozen=True, slots=True)
class DocumentSlot:
    """A place for a document: `missing` (to be joined), `present`, or `closed` to the reader, who knows it exists.

    `badge` is its state in a word, `kind` the CSS suffix of its `.m-…`, `badge_icon` its icon; `icon` the one of what
    is there.
    """

    title: str
    status: Literal["missing", "present", "closed"]
    text: str
    action: str = ""
    url: str = ""
    badge: str = ""
    kind: str = ""
    badge_icon: str = ""
    icon: str = "file-earmark-pdf"


@dataclass(frozen=True, slots=True)
class Voice:
    """One institution in a vote. Without `word`, its voice is still awaited and `url` is where it is written.

    `reason` is why it takes no part.
    """

    institution: str
    person: str
    word: str = ""
    kind: str = ""
    icon: str = ""
    reason: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its word, written by the caller (« 12 », « 1 412,60 € »)."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Gate:
    """A signature on the way: who, when, and which person it may not be."""

    label: str
    status: Literal["done", "now", "todo"]
    icon: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A month of the board: the amount already written and its word; `kind` is the suffix of `.p-…`.

    Without a word, the month is outside the right.
    """

    word: str = ""
    amount: str = ""
    kind: str = "hors"


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A person's year, and its sum already written."""

    label: str
    cells: Sequence[Cell]
    total: str


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A situation of an agenda: pseudonym, what one may know of it, where its examination stands."""

    label: str
    url: str
    detail: str
    state: str
    kind: str
    icon: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """A choice as large as a thumb; `hint` is its second line."""

    value: str
    label: str
    icon: str = ""
    hint: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a list: its name in the address, its words, what it says when not used, its codes in words."""

    name: str
    label: str
    nothing: str
    labels: Mapping[str, str]
