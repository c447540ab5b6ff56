"""How much memory a batch takes, and how much it may take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from nerode.models.model import Contexts, Model


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


def spans_within(model: Model, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Histories of these lengths in spans, in order, that the model may hold at one time.

    Gives where each span begins and ends. One history alone is a span, however long it is.
    """
    most = within(model)
    of_symbol = model.symbol_bytes if isinstance(model, Remembers) else 0
    begin = taken = 0
    for end, length in enumerate(lengths):
        if end > begin and taken + of_symbol * length > most:
            yield begin, end
            begin, taken = end, 0
        taken += of_symbol * length
    if begin < len(lengths):
        yield begin, len(lengths)
