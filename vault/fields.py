"""Encrypted model fields: text, date, decimal.

A sealed value is `0xE1 | 0x01 | key version (2) | nonce (12) | ciphertext | tag (16)`, authenticated together with
header, subject, the field's frozen label and the row's UUID: moved anywhere else, it does not open. In memory it stays
sealed until the attribute is read; it is sealed on saving, never changed by SQL, and not searchable.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django import forms
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import Col
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute
from django.db.models.sql.compiler import SQLUpdateCompiler

from vault import keys
from vault.errors import Tampered, notice
from vault.keys import Peers
from vault.keystore import KeyClass
from vault.rows import Vaulted, binding_of, current_binding
from vault.sealed import NOT_OPENED, Binding, Sealed, Sealing

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    Field = models.Field
else:

    class Field(models.Field):
        """Django's field, which typing wants to be generic."""

        def __class_getitem__(cls, types):
            return cls


_ST = TypeVar("_ST", contravariant=True)
_GT = TypeVar("_GT", covariant=True)

SHORTEST = 32  # header 4, nonce 12, tag 16
_LENGTH = struct.Struct(">I")


class Door(DeferredAttribute):
    """The attribute: opens on reading, and keeps the same sealed bytes when the same value is set again."""

    field: EncryptedField[Any, Any]

    def __init__(self, field: EncryptedField[Any, Any]) -> None:
        super().__init__(field)
        self.name = field.attname

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        state = instance.__dict__
        value = state.get(self.name, NOT_OPENED)
        if value is NOT_OPENED:
            value = super().__get__(instance, cls)  # loads a deferred field
        if type(value) is not Sealed:
            return value
        plain = value.plain
        if plain is NOT_OPENED:
            binding = value.binding or state.get("_vault_binding") or current_binding(instance)
            if "_vault_moving" in state:
                value.binding = binding
                return value
            try:
                plain = self.field.open(value.blob, binding[0], binding[1], state.get("_vault_peers"))  # type: ignore[arg-type]
            except Tampered as broken:
                notice(broken)
                raise
            value.plain = plain
        return plain

    def __set__(self, instance: models.Model, value: Any) -> None:
        state = instance.__dict__
        if isinstance(value, Sealed):
            if "_vault_binding" in state and "_vault_moving" not in state:
                raise TypeError(f"{self.field.label}: bytes sealed for one row cannot be set in another")
        elif hasattr(value, "resolve_expression"):
            raise TypeError(f"{self.field.label}: it is encrypted, SQL cannot compute it")
        elif value is not None:
            if isinstance(state.get(self.name), Sealed):
                before = self.__get__(instance)
                if before == value and type(before) is type(value):
                    return
            value = Sealed(plain=value)
        state[self.name] = value


class SealedColumn(Col):
    """The column in SQL: it can be selected and tested for NULL, nothing else."""

    target: EncryptedField[Any, Any]

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        if compiler.select is not None or isinstance(compiler, SQLUpdateCompiler):
            raise FieldError(f"{self.target.label} is encrypted: SQL can neither compare, sort, group nor copy it")
        return super().as_sql(compiler, connection)


class IsAbsent(IsNull):
    """`isnull`, the only look-up."""

    def process_lhs(self, compiler: Any, connection: BaseDatabaseWrapper, lhs: Any = None) -> Any:
        side = lhs or self.lhs
        return Col.as_sql(side, compiler, connection) if isinstance(side, SealedColumn) else compiler.compile(side)


class EncryptedField(Sealing, Field[_ST, _GT]):
    """Base of encrypted fields. `label` is part of the seal: it never changes, whatever becomes of model and field."""

    descriptor_class = Door
    empty_strings_allowed = False

    def __init__(self, *args: Any, label: str, klass: KeyClass | str, **options: Any) -> None:
        self.label, self.klass = label, KeyClass(klass)
        self._tail = b"|" + label.encode() + b"|"
        self._ring = keys.ring(self.klass)
        options["serialize"] = False  # dumpdata leaves it out
        super().__init__(*args, **options)

    # -- what a kind of field defines

    def _dump(self, value: Any) -> bytes:
        """Bytes of a plain value. Raises `TypeError` for another type than the field's."""
        raise NotImplementedError

    def _load(self, data: bytes) -> Any:
        """The plain value again."""
        raise NotImplementedError

    # -- seal and open

    def seal(self, value: Any, subject: UUID, row: UUID) -> bytes:
        """Sealed bytes of `value` for this row, under the subject's newest key, made if need be.

        Raises `TypeError` (never quoting the value) when the value is not of the field's type, `KekMissing`.
        """
        key = self._ring.get(subject.int)
        if key is None or key.until < monotonic():
            key = keys.for_sealing(subject, self.klass)
        nonce = keys.fresh_nonce()
        bound = key.prefix + self._tail + row.int.to_bytes(16, "big")
        return key.header + nonce + key.encrypt(nonce, self._dump(value), bound)

    def open(self, blob: bytes, subject: UUID, row: UUID, peers: Peers | None = None) -> Any:
        """The value sealed for this row. A missing key brings those of `peers` too.

        Raises `KeyMissing` when the subject's key was destroyed, `Tampered` when the bytes are not what was sealed
        here, `KekMissing`.
        """
        header = blob[:4]
        key = self._ring.get(subject.int)
        if key is None or key.header != header or key.until < monotonic():
            key = self._key_of(header, subject, row, peers)
        bound = key.prefix + self._tail + row.int.to_bytes(16, "big")
        try:
            return self._load(key.decrypt(blob[4:16], blob[16:], bound))
        except (InvalidTag, ValueError):
            raise Tampered(self.label, row=row, subject=subject) from None

    def _key_of(self, header: bytes, subject: UUID, row: UUID, peers: Peers | None) -> keys.OpenKey:
        try:
            return keys.for_opening(subject, self.klass, header, peers)
        except LookupError:
            raise Tampered(self.label, row=row, subject=subject) from None

    def seals_anew(self, row: models.Model) -> bool:
        value = row.__dict__.get(self.attname)
        return isinstance(value, Sealed) and (
            value.blob is None or (value.binding or binding_of(row)) != current_binding(row)
        )

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The sealed value of the row; sealed again when the row became another one (copied with a new UUID)."""
        value = model_instance.__dict__.get(self.attname)
        if not isinstance(value, Sealed):
            return value
        if self.seals_anew(model_instance):
            binding = current_binding(model_instance)
            value = self._sealed_for(binding, getattr(model_instance, self.attname))
            model_instance.__dict__[self.attname] = value
        elif "_vault_binding" not in model_instance.__dict__ and value.binding is None:
            getattr(model_instance, self.attname)  # bytes of unknown origin must open here before they are written
        return value

    def _sealed_for(self, binding: Binding, plain: Any) -> Sealed:
        return Sealed(self.seal(plain, *binding), plain, binding)

    # -- to and from the database

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "bytea"

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        column = connection.ops.quote_name(self.column)
        return f"octet_length({column}) >= {SHORTEST} AND get_byte({column}, 0) = 225"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> bytes | None:
        if value is None:
            return None
        if isinstance(value, Sealed) and value.blob is not None:
            return value.blob
        raise TypeError(f"{self.label} is encrypted: only save() and bulk_create() seal a value")

    # -- what ciphertext cannot do

    def get_lookup(self, lookup: str) -> Any:
        if lookup == "isnull":
            return IsAbsent
        raise FieldError(f"{self.label} is encrypted: isnull is the only look-up, not {lookup}")

    def get_transform(self, lookup: str) -> Any:
        raise FieldError(f"{self.label} is encrypted: it has no transform {lookup}")

    def get_col(self, alias: str, output_field: models.Field[Any, Any] | None = None) -> Col:
        return SealedColumn(alias, self, output_field)

    @property
    def cached_col(self) -> Col:
        return SealedColumn(self.model._meta.db_table, self)

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.label} is encrypted: it is not serialised")

    # -- declaration

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        options.pop("serialize", None)
        return name, path, args, {**options, "label": self.label, "klass": self.klass.value}

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        found = super().check(**kwargs)
        if not self.label.strip():
            found.append(Error("an encrypted field needs a label that never changes", obj=self, id="vault.E002"))
        if self._is_indexed():
            found.append(Error("an encrypted field can be neither indexed nor unique", obj=self, id="vault.E003"))
        if not issubclass(self.model, Vaulted):
            found.append(Error("the model of an encrypted field extends Vaulted", obj=self, id="vault.E004"))
        if self.db_default is not models.NOT_PROVIDED:
            found.append(Error("SQL cannot make the default of an encrypted field", obj=self, id="vault.E005"))
        return found

    def _is_indexed(self) -> bool:
        options = self.model._meta
        named = [name for group in options.unique_together for name in group]
        for index in [*options.indexes, *options.constraints]:
            named += [name.lstrip("-").split(LOOKUP_SEP)[0] for name in getattr(index, "fields", ())]
        return bool(self.db_index or self.unique or self.primary_key or self.name in named)  # type: ignore[attr-defined]


class EncryptedText(EncryptedField[_ST, _GT]):
    """Text. `pad_to` hides the length of short enumerations: sealed bytes grow by steps of `pad_to`, for ever."""

    if TYPE_CHECKING:
        _pyi_private_set_type: str
        _pyi_private_get_type: str
    empty_strings_allowed = True

    def __init__(self, *args: Any, pad_to: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.pad_to = pad_to
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def _dump(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeError(f"{self.label} holds text, not {type(value).__name__}")
        data = value.encode()
        if self.pad_to is None:
            return data
        data = _LENGTH.pack(len(data)) + data
        return data + bytes(-len(data) % self.pad_to)

    def _load(self, data: bytes) -> str:
        if self.pad_to is not None:
            if len(data) < _LENGTH.size:
                raise ValueError("no length")
            data = data[_LENGTH.size : _LENGTH.size + _LENGTH.unpack_from(data)[0]]
        return data.decode()

    def to_python(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else str(value)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        return name, path, args, options if self.pad_to is None else {**options, "pad_to": self.pad_to}

    def formfield(self, **options: Any) -> Any:  # type: ignore[override]
        given = {"form_class": forms.CharField, "max_length": self.max_length}
        if self.null and self.choices is None:
            given["empty_value"] = None
        return super().formfield(**{**given, **options})


class EncryptedDate(EncryptedField[_ST, _GT]):
    """A date."""

    if TYPE_CHECKING:
        _pyi_private_set_type: datetime.date
        _pyi_private_get_type: datetime.date

    def _dump(self, value: Any) -> bytes:
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            raise TypeError(f"{self.label} holds a date, not {type(value).__name__}")
        return value.isoformat().encode()

    def _load(self, data: bytes) -> datetime.date:
        return datetime.date.fromisoformat(data.decode())

    def to_python(self, value: Any) -> Any:
        return _AS_DATE.to_python(value)

    def formfield(self, **options: Any) -> Any:  # type: ignore[override]
        return super().formfield(**{"form_class": forms.DateField, **options})


class EncryptedDecimal(EncryptedField[_ST, _GT]):
    """An exact number, with the digits it was written with. Neither float, NaN nor infinity."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Decimal | int
        _pyi_private_get_type: Decimal

    def _dump(self, value: Any) -> bytes:
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise TypeError(f"{self.label} holds an exact number, not {type(value).__name__}")
        number = Decimal(value)
        if not number.is_finite():
            raise TypeError(f"{self.label} holds a finite number")
        return str(number).encode()

    def _load(self, data: bytes) -> Decimal:
        try:
            return Decimal(data.decode())
        except InvalidOperation:
            raise ValueError("not a number") from None

    def to_python(self, value: Any) -> Any:
        return _AS_DECIMAL.to_python(value)

    def formfield(self, **options: Any) -> Any:  # type: ignore[override]
        return super().formfield(**{"form_class": forms.DecimalField, **options})


_AS_DATE: models.DateField[Any, Any] = models.DateField()
_AS_DECIMAL: models.DecimalField[Any, Any] = models.DecimalField(max_digits=1000, decimal_places=None)
