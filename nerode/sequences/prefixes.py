"""All different prefixes of many sequences, grouped by the state that they reach."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import AnyWorld

MOST_PREFIXES = 2_000_000
"""Sequences are taken in order until they have so many prefixes together."""


@dataclass(frozen=True, eq=False)
class PrefixIndex:
    """Prefixes that are not shorter than the prompt and that something may follow.

    Prefix p is the first `lengths[p]` symbols of sequence `rows[p]`; no two prefixes are
    alike. Group g (one state; one state and length, where grouped `by_length`) has the
    prefixes `starts[g]` to `starts[g + 1]`.
    """

    sequences: SequenceBatch
    rows: NDArray[np.int32]
    lengths: NDArray[np.int32]
    starts: NDArray[np.int64]
    several: NDArray[np.int64]
    """Groups of at least two prefixes."""

    @staticmethod
    def of(world: AnyWorld, sequences: SequenceBatch, *, by_length: bool) -> PrefixIndex:
        """Play every sequence once. Raises IllegalSymbol where one is not legal."""
        sequences = sequences.take(np.arange(_fitting(sequences)))
        rows: list[int] = []
        lengths: list[int] = []
        groups: list[int] = []
        numbers: dict[Hashable, int] = {}
        shortest = max(1, world.prompt_length)
        before = np.empty(0, dtype=np.int32)
        states = [world.start]  # after each prefix of the sequence before
        # In lexical order a sequence's new prefixes are those longer than what it has in
        # common with the one before it.
        for row in _lexical(sequences):
            sequence = sequences[row]
            common = _common(before, sequence)
            del states[common + 1 :]
            for length, symbol in enumerate(sequence[common:].tolist(), start=common + 1):
                state = world.step(states[-1], symbol)
                states.append(state)
                if length >= shortest and world.legal(state):
                    key = (state, length) if by_length else state
                    rows.append(row)
                    lengths.append(length)
                    groups.append(numbers.setdefault(key, len(numbers)))
            before = sequence
        order = np.argsort(groups, kind="stable")
        sizes = np.bincount(groups, minlength=len(numbers))
        return PrefixIndex(
            sequences,
            np.array(rows, dtype=np.int32)[order],
            np.array(lengths, dtype=np.int32)[order],
            np.concatenate([[0], np.cumsum(sizes)]),
            np.flatnonzero(sizes >= 2),  # noqa: PLR2004 (several)
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.starts) - 1

    def members(self, group: int) -> range:
        """Numbers of the prefixes of one group."""
        return range(int(self.starts[group]), int(self.starts[group + 1]))

    def length(self, group: int) -> int:
        """Number of symbols of the group's first prefix."""
        return int(self.lengths[self.starts[group]])

    def prefix(self, number: int) -> tuple[int, ...]:
        """The symbols of one prefix."""
        symbols: list[int] = self.sequences[int(self.rows[number])].tolist()
        return tuple(symbols[: self.lengths[number]])


def _fitting(sequences: SequenceBatch) -> int:
    """How many sequences, from the first on, have at most MOST_PREFIXES together."""
    return int(np.searchsorted(sequences.offsets, MOST_PREFIXES, side="right")) - 1


def _lexical(sequences: SequenceBatch) -> list[int]:
    keys = [sequence.astype(">i4").tobytes() for sequence in sequences]
    return sorted(range(len(sequences)), key=keys.__getitem__)


def _common(first: NDArray[np.int32], second: NDArray[np.int32]) -> int:
    """Number of symbols that both have in common at the beginning."""
    shorter = min(len(first), len(second))
    different = np.flatnonzero(first[:shorter] != second[:shorter])
    return int(different[0]) if len(different) else shorter
