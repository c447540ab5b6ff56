"""Many sequences in two arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nerode.errors import InvalidParameter


@dataclass(frozen=True, eq=False)
class SequenceBatch:
    """Sequence i is `symbols[offsets[i]:offsets[i + 1]]`. Treat the arrays as constant.

    Raises InvalidParameter where the offsets do not cut the symbols into sequences.
    """

    symbols: NDArray[np.int32]
    """All symbols, one sequence after the other: (total,)."""
    offsets: NDArray[np.int64]
    """Where each sequence begins, and where the last one ends: (sequences + 1,)."""

    def __post_init__(self) -> None:
        symbols, offsets = self.symbols, self.offsets
        if symbols.dtype != np.int32 or offsets.dtype != np.int64 or symbols.ndim != 1:
            raise InvalidParameter(
                f"expected int32 symbols and int64 offsets, got {symbols.dtype} of shape "
                f"{symbols.shape} and {offsets.dtype}"
            )
        cuts = offsets.ndim == 1 and len(offsets) and offsets[0] == 0
        if not (cuts and offsets[-1] == len(symbols) and np.all(np.diff(offsets) >= 0)):
            raise InvalidParameter(
                f"expected offsets that ascend from 0 to the {len(symbols)} symbols"
            )

    @staticmethod
    def of(sequences: Iterable[ArrayLike]) -> SequenceBatch:
        """Batch of these sequences of symbols."""
        rows = [np.asarray(sequence, dtype=np.int32) for sequence in sequences]
        return SequenceBatch.cut(
            np.concatenate(rows) if rows else np.empty(0, dtype=np.int32),
            np.array([len(row) for row in rows], dtype=np.int64),
        )

    @staticmethod
    def cut(symbols: NDArray[np.int32], lengths: NDArray[np.integer]) -> SequenceBatch:
        """Batch of sequences of these lengths that lie one after the other in `symbols`."""
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return SequenceBatch(symbols, offsets)

    @staticmethod
    def concat(batches: Sequence[SequenceBatch]) -> SequenceBatch:
        """One batch of the sequences of all batches, in order."""
        if not batches:
            return SequenceBatch.of([])
        if len(batches) == 1:
            return batches[0]
        return SequenceBatch.cut(
            np.concatenate([batch.symbols for batch in batches]),
            np.concatenate([batch.lengths for batch in batches]),
        )

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of symbols of each sequence: (sequences,)."""
        return np.diff(self.offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[np.int32]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"expected an index below {len(self)}, got {index}")
        index %= len(self)
        return self.symbols[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        for index in range(len(self)):
            yield self[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SequenceBatch):
            return NotImplemented
        return np.array_equal(self.offsets, other.offsets) and np.array_equal(
            self.symbols, other.symbols
        )

    __hash__ = None  # type: ignore[assignment]

    def take(self, indices: ArrayLike) -> SequenceBatch:
        """Batch of the sequences at these indices (or where this mask is true)."""
        chosen = np.asarray(indices)
        lengths = self.lengths
        if chosen.dtype == np.bool_:
            return SequenceBatch.cut(self.symbols[np.repeat(chosen, lengths)], lengths[chosen])
        rows = chosen.astype(np.int64)
        lengths = lengths[rows]
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        inside = np.arange(total) - np.repeat(ends - lengths, lengths)
        return SequenceBatch.cut(
            self.symbols[np.repeat(self.offsets[rows], lengths) + inside], lengths
        )

    def part(self, first: int, last: int) -> SequenceBatch:
        """The sequences from number `first` to before `last`, without a copy of their symbols."""
        offsets = self.offsets[first : last + 1]
        return SequenceBatch(self.symbols[offsets[0] : offsets[-1]], offsets - offsets[0])
