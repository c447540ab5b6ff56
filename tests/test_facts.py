"""A text tells its facts only if it has all of them, in order, and no other number."""

from __future__ import annotations

import pytest

from tests.facts import numbers, tells

TEXT = "It arrives on 96 % of 1,500 trips (95.5 to 97 %), a on more than b."


def test_numbers_are_read_as_they_are_printed() -> None:
    assert numbers(TEXT) == ["96", "1,500", "95.5", "97"]


def test_words_between_are_free() -> None:
    tells(TEXT, "96 %", "1,500 trips", "95.5 to 97 %", "a on more than b")


@pytest.mark.parametrize(
    "facts",
    [
        ("96 %", "1,500", "95.5 to 97 %", "b on more than a"),
        ("1,500", "96 %", "95.5 to 97 %"),
        ("96 %", "1,500"),
        ("96 %", "1,500", "95.5 to 98 %"),
        (),
    ],
)
def test_what_is_missing_out_of_order_or_too_much_is_seen(facts: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError):
        tells(TEXT, *facts)
