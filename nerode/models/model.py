"""Protocols of models: batches of histories in, next-symbol distributions out.

Two small protocols (docs/architecture.md, "Interfaces").
A metric sees nothing else, so it never asks
what kind of model it has; the true world is itself a model (the oracle).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Probabilities = NDArray[np.float32]


class Contexts(Protocol):
    """A batch of histories that a model has read. Immutable."""

    @property
    def probabilities(self) -> Probabilities:
        """Next-symbol distribution of every row: (rows, symbols), float32, each sum <= 1.

        A sum below 1 is mass on tokens that are no symbols of the world's alphabet.
        """
        ...

    def extend(self, rows: Rows, symbols: Rows) -> Contexts:
        """Fork, drop and advance in one call.

        Row i of the result is the old row `rows[i]` followed by `symbols[i]`; both are
        one-dimensional, of one length, and an old row may come up any number of times.
        """
        ...


@runtime_checkable
class Model(Protocol):
    """Anything that gives a next-symbol distribution after a history."""

    @property
    def name(self) -> str:
        """How evaluations and reports call it."""
        ...

    @property
    def alphabet(self) -> tuple[str, ...]:
        """The symbols its distributions speak about, in order: those of its world."""
        ...

    @property
    def context_length(self) -> int | None:
        """Most symbols of one history that it can read; None when there is no limit."""
        ...

    def read(self, histories: Sequence[Sequence[int]]) -> Contexts:
        """One row per history. Lengths may differ; the empty history is allowed."""
        ...


def symbols_left(model: Model, histories: Iterable[Sequence[int]]) -> float:
    """How many symbols may follow the longest of these histories.

    Of the last one its probability is enough: it need not be read.

    Parameters
    ----------
    model
        Its `context_length` counts.
    histories
        At least one.

    Returns
    -------
    float
        Infinite where there is no limit.
    """
    limit = model.context_length
    return float("inf") if limit is None else limit - max(map(len, histories)) + 1


@runtime_checkable
class NeedsHistory(Protocol):
    """A model that may not be able to read the empty history."""

    @property
    def least_history(self) -> int:
        """Symbols of the shortest history that it can read: 0 or 1."""
        ...


@runtime_checkable
class LacksSymbols(Protocol):
    """A model that cannot read or write some symbols of its world."""

    @property
    def absent(self) -> tuple[int, ...]:
        """Those symbols: they have probability 0, and no history with one can be read."""
        ...


def absent_symbols(model: Model) -> tuple[int, ...]:
    """Symbols that a model cannot read or write; none where it does not say."""
    return model.absent if isinstance(model, LacksSymbols) else ()


def least_history(model: Model) -> int:
    """Symbols of the shortest history that a model can read; 0 where it does not say."""
    return model.least_history if isinstance(model, NeedsHistory) else 0
