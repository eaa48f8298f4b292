"""Households by the live operations: every state, every edge case, once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from cases.dossiers.models import Dossier, State
from exchange.population import EARLIEST, load_population
from exchange.population.draw import Setting
from exchange.population.load import life_of

pytestmark = pytest.mark.django_db
HOUSEHOLDS = 80


def test_every_household_ends_where_its_life_says() -> None:
    loaded = load_population(HOUSEHOLDS, 7)
    assert loaded.households == loaded.dossiers == Dossier.objects.count() == HOUSEHOLDS
    setting = Setting.of(7, EARLIEST, timezone.localdate())
    drawn = {setting.reference(number): life_of(setting, number).state for number in range(1, HOUSEHOLDS + 1)}
    assert dict(Dossier.objects.values_list("reference", "state")) == drawn
    assert set(drawn.values()) == set(State)
