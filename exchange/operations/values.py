"""What the words of SI-SIAO mean here: told by a person, told again otherwise, left alone. Nothing is guessed.

Its lists of values are not public and change with its versions: they are data, in the database, with their history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import Organisation, User
from audit import journal
from cases.dossiers.models import ETHOS, HouseholdType, State
from core.errors import OperationRefused
from exchange.models import CodedColumn, ValueMapping
from exchange.operations.mappings import IMPORT, locked_organisation, organisation_of
from exchange.reading.words import fold

Word = tuple[CodedColumn, str]
"""A column and a word of it, folded: case, accents and punctuation do not count."""
MOST = 400  # words known at once: all are opened to read an extraction
LEFT_ALONE = ""
CODES: Mapping[CodedColumn, Mapping[str, str]] = {
    CodedColumn.STATUS: {code: str(label) for code, label in State.choices},
    CodedColumn.ETHOS: {f"{number} {words}": f"{number}. {words}" for number, words in ETHOS.items()},
    CodedColumn.HOUSEHOLD: {code: f"{label[:1].upper()}{label[1:]}" for code, label in HouseholdType.choices},
}
TOO_MANY = f"Votre organisation a déjà dit le sens de {MOST} valeurs. Vérifiez que ces colonnes sont les bonnes."
NOT_LISTED = "Prenez une valeur de la liste."


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a word, once: the code is empty when it is left alone."""

    column: CodedColumn
    word: str
    code: str
    told_at: datetime
    told_by: User

    @property
    def words(self) -> str:
        """The value of Seuil, in words."""
        return CODES[self.column].get(self.code, "laissée de côté") if self.code else "laissée de côté"


@dataclass(frozen=True, slots=True)
class Value:
    """A word as it stands, and what was said of it before, the last first."""

    now: Told
    former: tuple[Told, ...]


def word_key(column: CodedColumn, word: str) -> Word:
    """A word as it is compared, in its column."""
    return column, fold(word) or word.strip()


def values_of(by: User) -> dict[Word, Value]:
    """What the organisation of a person said of the words of SI-SIAO."""
    organisation = organisation_of(by)
    return dict(_standing(organisation)) if organisation else {}


@transaction.atomic
def tell_values(told: Mapping[tuple[CodedColumn, str], str], *, by: User) -> int:
    """Say what these words (by column and word as written) mean; how many are new or said otherwise.

    An empty code leaves a word alone. Raises `OperationRefused` for a code that is not of the list, and for too many.
    """
    require(by, IMPORT)
    organisation = locked_organisation(by)
    known = dict(_standing(organisation))
    fresh = {
        (column, word): code
        for (column, word), code in told.items()
        if (former := known.get(word_key(column, word))) is None or former.now.code != code
    }
    if any(code and code not in CODES[column] for (column, _), code in fresh.items()):
        raise OperationRefused(NOT_LISTED)
    if len(known.keys() | {word_key(*each) for each in fresh}) > MOST:
        raise OperationRefused(TOO_MANY)
    for (column, word), code in fresh.items():
        made = ValueMapping(
            subject_id=organisation.pk,
            organisation=organisation,
            column=column,
            word=word,
            code=code,
            told_at=timezone.now(),
            told_by=by,
        )
        made.save(force_insert=True)
        journal.record("si_siao.value_told", target=made.pk, by=by, column=column.value, is_left=not code)
    return len(fresh)


def untold(words: Collection[tuple[CodedColumn, str]], known: Mapping[Word, Value]) -> list[tuple[CodedColumn, str]]:
    """Of these words as written, those of which nothing was said, each once, in the order of columns and letters."""
    found = {key: (column, word) for column, word in words if (key := word_key(column, word)) not in known}
    return sorted(found.values(), key=lambda each: (list(CodedColumn).index(each[0]), fold(each[1])))


def _standing(organisation: Organisation) -> Iterator[tuple[Word, Value]]:
    found: dict[Word, list[Told]] = {}
    rows = ValueMapping.objects.filter(organisation=organisation).select_related("told_by").order_by("-told_at", "-pk")
    for row in rows:
        column = CodedColumn(row.column)
        said = Told(column, row.word, row.code, row.told_at, row.told_by)
        found.setdefault(word_key(column, row.word), []).append(said)
    for key, (now, *former) in found.items():
        yield key, Value(now, tuple(former))
