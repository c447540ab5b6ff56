"""The n-gram: what followed the same few symbols in the sequences it was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nerode.engine.cores import OnAllCores
from nerode.errors import InvalidParameter
from nerode.models.hf.padding import padded
from nerode.models.model import Probabilities, Rows
from nerode.sequences.batch import SequenceBatch

NOTHING = -1
"""Stands before the beginning of a sequence, where no symbol and no mark is."""


@dataclass(frozen=True, eq=False)
class ContextCounts:
    """How often each symbol followed each context of one length.

    A context of k symbols is a context of k - 1 symbols (its suffix) with one symbol more
    in front. `keys` (ascending) are `suffix * (symbols + 1) + symbol in front`, where the
    suffix is the number of that shorter context; a context's number is its place in
    `keys`. The symbols that followed context c, and how often, are
    `symbols[starts[c]:starts[c + 1]]` and `counts` at the same places.
    """

    keys: NDArray[np.int64]
    starts: NDArray[np.int64]
    symbols: NDArray[np.int64]
    counts: NDArray[np.int64]

    def find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of the context with each key, -1 where there is none."""
        places = np.searchsorted(self.keys, keys)
        places = np.minimum(places, len(self.keys) - 1)
        return np.where(self.keys[places] == keys, places, -1)


@dataclass(frozen=True, eq=False)
class Ngram(OnAllCores):
    """Next-symbol frequencies after the last `order - 1` symbols.

    The beginning of a sequence counts as one symbol. A context that was never seen backs
    off to its longest suffix that was; the empty context always was. Fitted by `fit`.
    """

    alphabet: tuple[str, ...]
    order: int
    counts: tuple[ContextCounts, ...]
    context_length: int | None = None

    @property
    def name(self) -> str:
        """`ngram:` and the order."""
        return f"ngram:{self.order}"

    @classmethod
    def fit(cls, alphabet: tuple[str, ...], sequences: SequenceBatch, order: int) -> Ngram:
        """Count all contexts of up to `order - 1` symbols.

        Raises InvalidParameter for an order below 1, for no sequences at all, and for a
        symbol that the alphabet lacks.
        """
        if order < 1:
            message = f"expected an order of the n-gram of at least 1, got {order}"
            raise InvalidParameter(message)
        symbols = sequences.symbols.astype(np.int64)
        if not len(symbols):
            message = f"expected sequences to fit ngram:{order} on, got none"
            raise InvalidParameter(message)
        if symbols.min() < 0 or symbols.max() >= len(alphabet):
            raise InvalidParameter(
                f"expected sequences of symbols from 0 to {len(alphabet) - 1}, "
                f"got {symbols.min()} to {symbols.max()}"
            )
        return cls(alphabet, order, tuple(_count(symbols, sequences.offsets, order, len(alphabet))))

    def read(self, histories: Sequence[Sequence[int]]) -> NgramContexts:
        """One row per history: what it ends with."""
        symbols, lengths = padded(histories, len(self.alphabet))
        ends = np.full((len(lengths), self.order - 1), NOTHING, dtype=np.int64)
        for back in range(self.order - 1):
            place = lengths - 1 - back
            inside = place >= 0
            ends[inside, back] = symbols[inside, place[inside]]
            ends[place == -1, back] = len(self.alphabet)
        return NgramContexts(self, ends)


@dataclass(frozen=True, eq=False)
class NgramContexts:
    """Contexts of an n-gram: the last symbols of each history, (rows, order - 1).

    Column 0 is the last symbol. The beginning is written as the number of symbols;
    `NOTHING` stands before it.
    """

    model: Ngram
    ends: Rows

    @cached_property
    def probabilities(self) -> Probabilities:
        """Frequencies after the longest end of each history that was seen."""
        ends, rows = np.unique(self.ends, axis=0, return_inverse=True)
        return _frequencies(self.model, ends)[rows.reshape(-1)]

    def extend(self, rows: Rows, symbols: Rows) -> NgramContexts:
        """Fork, drop and advance."""
        ends = np.column_stack((symbols.astype(np.int64), self.ends[rows]))
        return NgramContexts(self.model, ends[:, : self.model.order - 1])


def _count(
    symbols: NDArray[np.int64], offsets: NDArray[np.int64], order: int, size: int
) -> list[ContextCounts]:
    """Counts of every context length from 0 to `order - 1`."""
    lengths = np.diff(offsets)
    place = np.arange(len(symbols)) - np.repeat(offsets[:-1], lengths)
    context = np.zeros(len(symbols), dtype=np.int64)
    predicted = np.arange(len(symbols))
    counts = [_tally(np.zeros(1, dtype=np.int64), context, symbols, size)]
    for back in range(order - 1):
        # A context may reach back as far as the beginning, one place before symbol 0.
        reaches = place[predicted] - 1 - back >= -1
        predicted, context = predicted[reaches], context[reaches]
        if not len(predicted):
            break
        front = symbols[np.maximum(predicted - 1 - back, 0)]
        front[place[predicted] - 1 - back == -1] = size
        keys, context = np.unique(context * (size + 1) + front, return_inverse=True)
        counts.append(_tally(keys, context, symbols[predicted], size))
    return counts


def _tally(
    keys: NDArray[np.int64], context: NDArray[np.int64], symbols: NDArray[np.int64], size: int
) -> ContextCounts:
    pairs, counts = np.unique(context * size + symbols, return_counts=True)
    starts = np.searchsorted(pairs, np.arange(len(keys) + 1) * size)
    return ContextCounts(keys, starts, pairs % size, counts)


def _frequencies(model: Ngram, ends: Rows) -> Probabilities:
    """Next-symbol frequencies after distinct ends of histories: (ends, symbols)."""
    size = len(model.alphabet)
    found = np.zeros(len(ends), dtype=np.int64)
    length = np.zeros(len(ends), dtype=np.int64)
    for back, counts in enumerate(model.counts[1:]):
        going = np.flatnonzero((length == back) & (ends[:, back] != NOTHING))
        context = counts.find(found[going] * (size + 1) + ends[going, back])
        seen = context >= 0
        found[going[seen]] = context[seen]
        length[going[seen]] += 1
    frequencies = np.zeros((len(ends), size), dtype=np.float32)
    for number, counts in enumerate(model.counts):
        rows = np.flatnonzero(length == number)
        starts = counts.starts[found[rows]]
        widths = counts.starts[found[rows] + 1] - starts
        inside = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
        places = np.repeat(starts, widths) + inside
        owners = np.repeat(rows, widths)
        frequencies[owners, counts.symbols[places]] = counts.counts[places]
    total = frequencies.sum(axis=1, keepdims=True, dtype=np.float64)
    shares: Probabilities = (frequencies / total).astype(np.float32)
    return shares
