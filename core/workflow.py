"""One declaration of a life cycle: the `@transition` methods of a model.

From it come the PostgreSQL trigger that refuses every other move, the buttons of the page,
the diagrams of `docs/etats.md`, and the walk of an import from one state to another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pgtrigger
from django.db import models
from django_fsm import FSMField, FSMModelMixin

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Move:
    """One declared passage: from `source` to `target`, made by the method `name`."""

    source: str
    target: str
    name: str
    custom: dict[str, Any]

    @property
    def label(self) -> str:
        return str(self.custom.get("label", self.name))


class StatefulModel(FSMModelMixin, models.Model):
    """A row with one machine, in its column `state`."""

    class Meta:
        abstract = True


def moves(model: type[models.Model]) -> list[Move]:
    """Every declared passage of `model`, with « any state » spelled out, sorted."""
    field = _state_field(model)
    states = [value for value, _ in field.flatchoices]
    found: list[Move] = []
    for each in field.get_all_transitions(model):
        if each.source == "*":
            sources = states
        elif each.source == "+":
            sources = [state for state in states if state != each.target]
        else:
            sources = [each.source]
        found += [Move(str(source), str(each.target), each.name, dict(each.custom)) for source in sources]
    return sorted(found, key=lambda move: (states.index(move.source), states.index(move.target), move.name))


def next_moves(row: models.Model) -> list[Move]:
    """The declared passages that leave the row's present state."""
    return [move for move in moves(type(row)) if move.source == row.state]  # type: ignore[attr-defined]


def path(model: type[models.Model], source: str, target: str, *, avoiding: frozenset[str]) -> list[Move] | None:
    """The shortest walk from `source` to `target` that enters or leaves no state of `avoiding`, both ends included.

    Returns `[]` when both are the same, `None` when there is no such walk.
    """
    if source == target:
        return []
    if source in avoiding or target in avoiding:
        return None
    steps = moves(model)
    queue: deque[tuple[str, list[Move]]] = deque([(source, [])])
    seen = {source}
    while queue:
        here, walked = queue.popleft()
        for move in steps:
            if move.source != here or move.target in seen:
                continue
            if move.target == target:
                return [*walked, move]
            if move.target not in avoiding:
                seen.add(move.target)
                queue.append((move.target, [*walked, move]))
    return None


class DeclaredMoves(pgtrigger.Trigger):
    """Refuses an UPDATE of `state` that no transition declares (an INSERT may state any fact of the past)."""

    when = pgtrigger.Before

    def __init__(self, *, name: str, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs
        super().__init__(
            name=name,
            operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
            condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
        )

    def get_func(self, model: Any) -> str:
        allowed = ", ".join(f"('{source}', '{target}')" for source, target in self.pairs)
        return f"""
            IF (OLD.state, NEW.state) NOT IN ({allowed}) THEN
                RAISE EXCEPTION 'Passage non prévu : de % à %.', OLD.state, NEW.state
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """


def guarded_by_database(model: type[M]) -> type[M]:
    """Class decorator: the declared moves become a trigger that `makemigrations` sees."""
    pairs = sorted({(move.source, move.target) for move in moves(model)})
    register: Callable[[type[M]], type[M]] = pgtrigger.register(DeclaredMoves(name="state_moves", pairs=pairs))
    return register(model)


def mermaid(model: type[models.Model]) -> str:
    """The machine of `model` as a Mermaid state diagram, with French labels."""
    field = _state_field(model)
    labels = dict(field.flatchoices)
    lines = ["stateDiagram-v2", f"    [*] --> {field.default}"]
    lines += [f"    {state} : {label}" for state, label in labels.items()]
    lines += [f"    {move.source} --> {move.target} : {move.label}" for move in moves(model)]
    return "\n".join(lines)


def _state_field(model: type[models.Model]) -> FSMField:
    field: FSMField = model._meta.get_field("state")  # type: ignore[assignment]
    return field
