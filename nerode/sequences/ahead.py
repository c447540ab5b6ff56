"""Making the next thing while the present one is used."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")


def ahead(items: Iterator[_Item]) -> Generator[_Item, None, None]:
    """The same items in order, each made by a thread while the one before is used.

    What making an item raises is raised where the item would have come. At most one item
    waits, and the thread ends when the generator is closed.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(_next, items)
        while ready := coming.result():
            coming = thread.submit(_next, items)
            yield ready[0]


def _next(items: Iterator[_Item]) -> tuple[_Item] | None:
    """The next item, in a tuple that is true whatever it is; None after the last."""
    for item in items:
        return (item,)
    return None
