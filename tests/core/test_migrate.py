"""Each database is migrated with what it holds."""

from __future__ import annotations

from typing import Any

import pytest

from core.management.commands.migrate import parts

ALL: dict[str, Any] = {"app_label": None, "fake": False}


def test_the_keystore_walks_its_own_app_then_notes_the_rest() -> None:
    assert parts("keystore", ALL) == [{"app_label": "vault", "run_syncdb": False}, {"fake": True}]
    assert parts("default", ALL) == [{}]


@pytest.mark.parametrize("asked", [{"app_label": "audit"}, {"fake": True}])
def test_what_somebody_asks_for_is_left_as_it_is(asked: dict[str, Any]) -> None:
    assert parts("keystore", ALL | asked) == [{}]
