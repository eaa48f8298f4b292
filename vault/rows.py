"""Rows that hold encrypted fields: each bound to a subject (whose key seals it) and to its own UUID."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextvars import ContextVar
from itertools import islice
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

import pgtrigger
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldError
from django.db import models

from core.constraints import Refuses
from vault import keys
from vault.sealed import Binding, Sealing

ROWS_AT_ONCE = 800  # five classes of keys for each still fit in the memory of keys

_Row = TypeVar("_Row", bound=models.Model, covariant=True)
_reloading: ContextVar[Vaulted | None] = ContextVar("vault_reloading", default=None)


class VaultQuerySet(models.QuerySet[_Row]):
    """A queryset whose lists fetch their keys together, and which keeps away from what ciphertext cannot do."""

    def only(self, *fields: Any) -> Self:
        """Also loads `subject_id`, without which nothing opens."""
        return super().only(*fields, *self._subject_column())

    def defer(self, *fields: Any) -> Self:
        """Keeps `subject_id` loaded."""
        kept = set(self._subject_column())
        return super().defer(*(field for field in fields if field not in kept))

    def order_by(self, *fields: Any) -> Self:
        """Refuses (`FieldError`) to sort by an encrypted field: sort in Python, on opened rows."""
        self._refuse({name.lstrip("-+") for name in fields if isinstance(name, str)}, "order_by()")
        return super().order_by(*fields)

    def update(self, **values: Any) -> int:
        """Refuses (`FieldError`) encrypted fields, which only `save()` and `bulk_create()` seal."""
        self._refuse(values, "update()")
        return super().update(**values)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Refuses (`FieldError`) encrypted fields, which only `save()` and `bulk_create()` seal."""
        names = list(fields)
        self._refuse(names, "bulk_update()")
        return super().bulk_update(objs, names, batch_size=batch_size)

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Any]:
        """Seals by groups, so that the keys of a group are made or read in one go."""
        self._refuse(update_fields or (), "bulk_create(update_fields=…)")
        rows = list(objs)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            _seal_together(self.model, rows[start : start + ROWS_AT_ONCE])
        return super().bulk_create(
            rows,
            batch_size=batch_size,
            ignore_conflicts=ignore_conflicts,
            update_conflicts=update_conflicts,
            update_fields=update_fields,
            unique_fields=unique_fields,
        )

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Rows one by one; keys by groups."""
        rows = super().iterator(chunk_size=chunk_size)
        while group := list(islice(rows, chunk_size or ROWS_AT_ONCE)):
            _introduce(group)
            yield from group

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self._result_cache:
            _introduce(self._result_cache)

    def _subject_column(self) -> tuple[str, ...]:
        return ("subject_id",) if issubclass(self.model, Vaulted) else ()

    def _refuse(self, names: Collection[str], act: str) -> None:
        sealed = sorted(name for name in names if name in sealed_fields(self.model))
        if sealed:
            raise FieldError(f"{act} cannot work on the encrypted field « {sealed[0]} » of {self.model._meta.label}")


VaultManager = models.Manager.from_queryset(VaultQuerySet)


class Vaulted(models.Model):
    """Base of every model with encrypted fields.

    `subject_id` (person, household or third party) says whose key seals the row. It and `id` are part of the seal:
    PostgreSQL refuses to change them. A subclass with a `Meta` of its own extends `Vaulted.Meta`.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    subject_id = models.UUIDField(editable=False, verbose_name="personne, ménage ou tiers")

    objects = VaultManager()

    class Meta:
        abstract = True
        triggers = [
            Refuses(
                name="seal_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("id", "subject_id"),
                message="Une ligne chiffrée ne change ni d’identifiant ni de personne.",
            )
        ]

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        """Also: the trigger that freezes the seal was inherited."""
        found = super().check(**kwargs)
        names = {trigger.name for trigger in getattr(cls._meta, "triggers", ())}
        if not cls._meta.abstract and cls._meta.managed and "seal_is_frozen" not in names:
            found.append(
                Error("the Meta of a vaulted model extends Vaulted.Meta and its triggers", obj=cls, id="vault.E006")
            )
        return found

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Self:
        """The row, remembering what its values are sealed for."""
        row = super().from_db(db, field_names, values)
        state = row.__dict__
        if "subject_id" in state:
            state["_vault_binding"] = (state["subject_id"], state["id"])
        reloaded = _reloading.get()
        if reloaded is not None and type(reloaded) is cls and reloaded.pk == row.pk:
            state["_vault_moving"] = True
        return row

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        """Reload, carrying sealed values over without opening them; a deferred field comes with its subject."""
        wanted = None if fields is None else [*fields, "subject_id"]
        token = _reloading.set(self)
        self.__dict__["_vault_moving"] = True
        try:
            super().refresh_from_db(using=using, fields=wanted, from_queryset=from_queryset)
        finally:
            self.__dict__.pop("_vault_moving", None)
            _reloading.reset(token)
        if wanted is None:
            self.__dict__["_vault_binding"] = (self.subject_id, self.pk)


def binding_of(row: models.Model) -> Binding:
    """(subject, row) that the row's values, as read from the database, are sealed for."""
    bound: Binding | None = row.__dict__.get("_vault_binding")
    return bound or current_binding(row)


def current_binding(row: models.Model) -> Binding:
    """(subject, row) that the row's values must be sealed for when it is saved now.

    Raises `ValueError` when the row does not know its subject yet.
    """
    subject, pk = getattr(row, "subject_id", None), row.pk
    if not isinstance(subject, UUID) or not isinstance(pk, UUID):
        raise ValueError(f"{row._meta.label}: an encrypted field needs the UUIDs of its row and of its subject first")
    return subject, pk


def sealed_fields(model: type[models.Model]) -> dict[str, Sealing]:
    """Encrypted fields of the model, by name."""
    return {field.attname: field for field in model._meta.concrete_fields if isinstance(field, Sealing)}


def _seal_together(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Seal what these rows will write, with one look at the keystore for all."""
    fields = sealed_fields(model).values()
    keys.ensure((current_binding(row)[0], field.klass) for row in rows for field in fields if field.seals_anew(row))
    for row in rows:
        for field in fields:
            field.pre_save(row, True)


def _introduce(found: Sequence[Any]) -> None:
    """Tell each vaulted row of a list, and those it brought with `select_related`, about the subjects of the others."""
    for start in range(0, len(found), ROWS_AT_ONCE):
        peers, seen = keys.Peers(), set[int]()
        for row in found[start : start + ROWS_AT_ONCE]:
            if isinstance(row, models.Model):
                _join(row, peers, seen)


def _join(row: models.Model, peers: keys.Peers, seen: set[int]) -> None:
    if id(row) in seen or "_vault_peers" in row.__dict__:
        return
    seen.add(id(row))
    binding: Binding | None = row.__dict__.get("_vault_binding")
    if binding is not None:
        peers.subjects.add(binding[0])
        row.__dict__["_vault_peers"] = peers
        model = type(row)
        if model not in peers.models:
            peers.models.add(model)
            peers.classes.update(field.klass for field in sealed_fields(model).values())
    for related in row._state.fields_cache.values():
        if isinstance(related, models.Model):
            _join(related, peers, seen)
