"""Invented households and their lives, from 2024 on: drawn once, loaded by the live operations or by COPY."""

from exchange.population.draw import EARLIEST
from exchange.population.load import Loaded, load_population

__all__ = ["EARLIEST", "Loaded", "load_population"]
