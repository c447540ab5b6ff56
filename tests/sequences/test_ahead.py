from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from nerode.sequences.ahead import ahead

PATIENCE = 20  # seconds that a test waits for what should happen at once


def test_the_items_come_in_order_whatever_they_are() -> None:
    assert list(ahead(iter([3, 0, None, False, 3]))) == [3, 0, None, False, 3]
    assert list(ahead(iter(()))) == []


def test_the_next_item_is_made_while_one_is_used_and_no_more() -> None:
    made = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    coming = ahead(items())
    assert next(coming) == 0
    assert made[1].wait(PATIENCE)
    assert not made[2].wait(0.05)
    assert list(coming) == [1, 2, 3]


def test_what_goes_wrong_is_raised_in_its_turn() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("no more")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(OSError, match="no more"):
        next(coming)


def test_no_thread_is_left_where_the_items_are_not_all_wanted() -> None:
    before = threading.active_count()
    coming = ahead(iter(range(5)))
    assert next(coming) == 0
    assert threading.active_count() == before + 1
    coming.close()
    assert threading.active_count() == before
