"""One interface for work that is done on this machine or on many.

A trial depends on weights, world, metric, seed and its number alone, so that it does not matter who
measures it, nor whether that is done twice. Work is a function from an item to bytes; an engine
applies it to many items at once and gives the results as they are done.

Two engines: `ForkedProcesses` (nerode/engine/processes.py), whose workers have all that the
function has, and `RayEngine` (nerode/engine/ray_engine.py), whose workers may be on other machines.
There the function is a `Recipe`: plain data, which each worker opens for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from nerode.errors import WorkerUnfit
from nerode.schema.part import Part

ItemT = TypeVar("ItemT")


class Engine(Protocol):
    """Applies work to items, many at once."""

    def map(
        self, work: Callable[[ItemT], bytes], items: Sequence[ItemT]
    ) -> Iterator[tuple[int, bytes]]:
        """The place of each item and its result, as they are done; each place once.

        An error of nerode's own that the work raises is raised here. Whoever stops reading stops
        the work.

        Raises WorkerLost where a worker ended that nothing can replace.
        """
        ...


class Recipe(Part, frozen=True, kw_only=True):
    """Work as plain data, so that it can be sent: which things to open, by their names.

    Items are plain data too: text, numbers, tuples of them (they arrive as lists).
    """

    def open(self) -> Callable[[Any], bytes]:
        """Open what the work needs; the function that is given does an item.

        A worker calls this once for all its items.
        """
        raise NotImplementedError

    def __call__(self, item: Any) -> bytes:
        """Do one item, with everything opened for it alone."""
        return self.open()(item)


def check_same(what: str, here: str | None, there: str | None) -> None:
    """Raise WorkerUnfit where a worker has something else than the machine that asks.

    `here` and `there` are fingerprints, of which the first twelve digits are shown.
    """
    if here != there:
        raise WorkerUnfit(f"expected the {what} {str(there)[:12]}, got {str(here)[:12]}")
