"""How much memory a batch takes, and how much it may take.

A batch may take a fixed number of bytes, whatever the machine, so that what is computed together,
and with it the last digits, does not depend on the machine. How many batches are worked on at the
same time (nerode/metrics/parallel.py) does: all of them keep to a part of the machine's memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, runtime_checkable

from nerode.models.model import Contexts, Model

PART_OF_MEMORY = 4
"""All batches together take at most one part in so many of the memory that there is."""
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux tells how much a container may have."""


@runtime_checkable
class Remembers(Protocol):
    """A model whose contexts take memory that matters."""

    @property
    def symbol_bytes(self) -> int:
        """Bytes that it keeps of each symbol read."""
        ...

    @property
    def batch_bytes(self) -> int:
        """Bytes that one batch may take."""
        ...


@runtime_checkable
class TakesMemory(Protocol):
    """Contexts that know their size."""

    @property
    def nbytes(self) -> int:
        """Bytes that they keep, shared ones counted once."""
        ...


def takes(contexts: Contexts) -> int:
    """Bytes that contexts keep; 0 where they do not tell."""
    return contexts.nbytes if isinstance(contexts, TakesMemory) else 0


def within(model: Model) -> float:
    """Bytes that a batch of the model may take; infinite where it does not tell."""
    return model.batch_bytes if isinstance(model, Remembers) else float("inf")


def of_symbol(model: Model) -> int:
    """Bytes that the model keeps of each symbol read; 0 where it does not tell."""
    return model.symbol_bytes if isinstance(model, Remembers) else 0


def at_once(model: object) -> float:
    """How many batches of the model there is memory for at the same time; at least 1."""
    if not isinstance(model, Remembers):
        return float("inf")
    return max(1, memory() // PART_OF_MEMORY // model.batch_bytes)


def memory() -> int:
    """Bytes of memory that this process may use: the machine's, or its container's."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no container, or one without a limit
        found = min(found, int(CGROUP_LIMIT.read_text(encoding="ascii")))
    return found


def spans_within(
    model: Model, lengths: Sequence[int], share: float = 1.0
) -> Iterator[tuple[int, int]]:
    """Histories of these lengths in spans, in order, that the model may hold at one time.

    They take at most a `share` of what a batch may. Gives where each span begins and ends. One
    history alone is a span, however long it is.
    """
    most = within(model) * share
    each = of_symbol(model)
    begin = taken = 0
    for end, length in enumerate(lengths):
        if end > begin and taken + each * length > most:
            yield begin, end
            begin, taken = end, 0
        taken += each * length
    if begin < len(lengths):
        yield begin, len(lengths)
