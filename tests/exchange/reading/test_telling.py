"""Sheets whose columns are told: the row of headers, damaged files, long ones, headers that say nothing."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from core.errors import OperationRefused
from exchange.reading.columns import Correspondence, Unrecognised
from exchange.reading.register import open_register
from exchange.reading.telling import Unknown, unknown_sheets
from tests.exchange.reading.builders import TODAY, csv_bytes, xlsx_bytes

HEADERS = ["Fiche", "Qui", "Petit nom", "Lui/elle", "Jour J", "Vu au bureau", "Et puis"]
ROW = ["T-1", "Quetschelier", "Barnabé", "H", "15/04/1980", "01/03/2023", "en attente"]
MEANINGS = dict(enumerate(["reference", "last_name", "first_name", "sex", "birth_date", "evaluated_on", "suite"]))
BOOK = xlsx_bytes({"Rue": [HEADERS, ROW]})


def sheets(data: bytes, *told: Correspondence) -> list[Unknown]:
    return unknown_sheets([("tableau.csv", io.BytesIO(data))], told)


class TestHeaders:
    def test_under_a_title_the_first_row_with_enough_words(self) -> None:
        (found,) = sheets(csv_bytes([["Suivi de la rue"], ["", "", "1", "2", "3", "4"], HEADERS, ROW]))
        assert (found.row, found.headers) == (3, tuple(HEADERS))
        assert found.guess == {}

    def test_the_row_with_the_most_known_headers(self) -> None:
        (found,) = sheets(
            csv_bytes(
                [
                    ["un", "deux", "trois", "quatre", "cinq", "six", "sept"],
                    ["Réf.", "Nom", "Qui", "Lui", "Jour", "Vu", "Puis"],
                    ROW,
                ]
            )
        )
        assert found.row == 2
        assert found.guess == {0: "reference", 1: "last_name"}

    def test_what_was_told_of_other_headers_is_guessed(self) -> None:
        (first,) = sheets(csv_bytes([HEADERS, ROW]))
        told = first.told(MEANINGS)
        (found,) = sheets(csv_bytes([[*HEADERS, "Encore"], [*ROW, "x"]]), told)
        assert found.guess == MEANINGS
        assert found.reason

    def test_numbers_and_few_words_are_no_headers(self) -> None:
        assert sheets(csv_bytes([["1", "2", "3", "4", "5", "6", "7"], ["a", "b", "c", "d", "e", "f"]])) == []

    def test_a_list_of_seances_is_not_to_be_told(self) -> None:
        headers = ["Date", "Lieu", "Présents", "Ordre", "Notes", "Heure", "Salle bis"]
        assert sheets(csv_bytes([headers, ["12/03/2024", "Salle", "SIAO", "", "", "", ""]])) == []

    def test_a_meaning_that_is_no_more_is_not_read(self) -> None:
        (found,) = sheets(csv_bytes([HEADERS, ROW]))
        told = found.told(MEANINGS)
        old = Correspondence(told.headers, {**told.columns, "fiche": "disparue"})
        with pytest.raises(Unrecognised, match="il manque « Réf"):
            open_register([("tableau.csv", io.BytesIO(csv_bytes([HEADERS, ROW])))], today=TODAY, told=[old])


class TestHostile:
    def test_every_truncation_and_many_flips_are_refused_or_shown(self) -> None:
        answers = 0
        for size in range(0, len(BOOK), 197):
            answers += _shown_or_refused(BOOK[:size])
        for at in range(0, len(BOOK), 83):
            damaged = bytearray(BOOK)
            damaged[at] ^= 0x5A
            answers += _shown_or_refused(bytes(damaged))
        assert answers == -(-len(BOOK) // 197) + -(-len(BOOK) // 83)

    def test_memory_does_not_follow_the_rows(self) -> None:
        few, many = _peak(1_000), _peak(20_000)
        assert many - few < 3 * 19_000 * len(csv_bytes([ROW])), "a few copies of the file, not its cells"


def _shown_or_refused(data: bytes) -> int:
    try:
        for found in unknown_sheets([("abîmé.xlsx", io.BytesIO(data))]):
            found.columns()
    except OperationRefused as refusal:
        assert "abîmé.xlsx" in str(refusal)  # noqa: PT017
    return 1


def _peak(rows: int) -> int:
    data = csv_bytes([HEADERS, *[ROW] * rows])
    tracemalloc.start()
    try:
        for found in sheets(data):
            found.columns()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
