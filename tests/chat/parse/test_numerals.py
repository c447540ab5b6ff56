"""Numbers of places in digits and in words."""
# ruff: noqa: RUF001 - Russian letters are meant

from __future__ import annotations

import pytest

from nerode.chat.parse.numerals import names_a_place, number_of, numbers_in, without_total


@pytest.mark.parametrize(
    ("word", "number"),
    [
        *(("3", 3), ("3rd", 3), ("3-е", 3), ("3-го", 3), ("no3", 3), ("seat3", 3), ("third", 3)),
        *(("третьем", 3), ("третьим", 3), ("три", 3), ("четвертой", 4), ("шестью", 6), ("12", 12)),
        *(("3.5", -1), ("-3", -1), ("3ish", -1), ("3x", -1), ("03", -1), ("x3", -1), ("3%", -1)),
        *(("threefold", None), ("вторник", None), ("", None)),
    ],
)
def test_numbers(word: str, number: int | None) -> None:
    assert number_of(word) == number


@pytest.mark.parametrize(
    ("clause", "numbers"),
    [
        ("seat 4 of 5", {4}),
        ("4 out of the 5 seats", {4}),
        ("the fourth of five", {4}),
        ("место 4 из 5", {4}),
        ("of 5", set()),
        ("four of five", {-1}),
        ("4 of 6", {-1}),
        ("one of them", {-1}),
        ("3 seats", {-1}),
        ("2 or 3", {2, 3}),
        ("the second one", {2}),
        ("no one", set()),
        ("the middle one", set()),
        ("seat one", {1}),
    ],
)
def test_numbers_of_a_clause(clause: str, numbers: set[int]) -> None:
    assert numbers_in(clause.split(), 5) == numbers


@pytest.mark.parametrize(
    ("clause", "names"),
    [
        *(("seat 3", True), ("Anna sits in seat 3", True), ("the third sklib", True)),
        *(("на 3 склибе", True), ("третьего склиба", True), ("seat 4 of 5", True), ("3", True)),
        *(("3 options", False), ("seat 3 is free", False), ("3 3", False), ("third from", True)),
    ],
)
def test_names_of_places(clause: str, names: bool) -> None:
    assert names_a_place(without_total(clause.split(), 5)) is names
