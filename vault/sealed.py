"""A sealed value in memory: its bytes, and its plaintext once somebody asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models

from vault.keystore import KeyClass

NOT_OPENED: Any = object()

Binding = tuple[UUID, UUID]
"""(subject, row) that a value is sealed for."""


class Sealed:
    """What an encrypted field keeps in the instance, and what `values()` gives. Shows nothing, pickles bytes only.

    `binding` is None for a value read with its row, which then knows it.
    """

    __slots__ = ("binding", "blob", "plain")

    def __init__(self, blob: bytes | None = None, plain: Any = NOT_OPENED, binding: Binding | None = None) -> None:
        self.blob = blob
        self.plain = plain
        self.binding = binding

    def __repr__(self) -> str:
        return "‹chiffré›"

    __str__ = __repr__

    def __reduce__(self) -> tuple[Any, ...]:
        if self.blob is None:
            raise TypeError("a value not yet saved cannot be pickled")
        return _unpickled, (self.blob, self.binding)

    def __copy__(self) -> Sealed:
        return Sealed(self.blob, self.plain, self.binding)

    def __deepcopy__(self, memo: dict[int, Any]) -> Sealed:
        return self.__copy__()


class Sealing:
    """What rows need to know of an encrypted field, whatever it seals."""

    attname: str
    klass: KeyClass

    def seals_anew(self, row: models.Model) -> bool:
        """Whether saving the row now would seal this field's value (it is new, or the row became another one)."""
        raise NotImplementedError

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The value to write, sealed for its row."""
        raise NotImplementedError


def _unpickled(blob: bytes, binding: Binding | None) -> Sealed:
    return Sealed(blob, binding=binding)
