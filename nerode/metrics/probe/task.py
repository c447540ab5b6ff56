"""What a probe is to tell: the classes of a state's features, or the control's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nerode.rng import mix
from nerode.worlds.world import AnyWorld, Featured, first_labelled

Labels = NDArray[np.int64]
"""Class of every feature at every position: (positions, features)."""

_ONE = np.uint64(1)


@dataclass(frozen=True, eq=False)
class Control:
    """A control task (Hewitt and Liang, EMNLP 2019): the same classes, shuffled for each symbol.

    Which class stands for which is drawn once and for all for every symbol that may be read last
    and every feature. Who knows the state and that symbol knows the answer; but only a probe that
    learns single cases by heart finds it. (A class drawn for each symbol, whatever the state, would
    be no control here: among so few symbols any probe tells them apart.)
    """

    features: int
    classes: int
    seed: int
    _shuffles: dict[int, NDArray[np.int32]] = field(default_factory=dict, init=False)

    def labels(self, true: Labels, symbols: NDArray[np.int64]) -> Labels:
        """Control classes where these symbols were read last: (positions, features)."""
        found = np.empty_like(true)
        places = np.arange(self.features)
        for symbol in np.unique(symbols).tolist():
            rows = np.flatnonzero(symbols == symbol)
            found[rows] = self._shuffle(symbol)[places, true[rows]]
        return found

    def _shuffle(self, symbol: int) -> NDArray[np.int32]:
        """Class that stands for each class: (features, classes)."""
        if symbol not in self._shuffles:
            rng = np.random.default_rng(np.random.SeedSequence([self.seed, symbol]))
            each = np.arange(self.classes, dtype=np.int32)
            self._shuffles[symbol] = rng.permuted(np.tile(each, (self.features, 1)), axis=1)
        return self._shuffles[symbol]


@dataclass(frozen=True, eq=False)
class Task:
    """At which positions of a world's sequences a probe looks, and what it is to tell there.

    A position is a number of symbols that have been read. Position by position, all arrays are in
    the order of the sequences.
    """

    world: AnyWorld
    limit: int | None = None
    """Most symbols that the model reads; what comes later is not looked at."""
    half: int | None = None
    """0 or 1: only that half of the positions, which are drawn one by one. None: all of them."""
    control: Control | None = None
    directions: tuple[NDArray[np.float32], ...] = ()
    """What stands for each symbol, each number of symbols and each class: (of these, width) each.
    Empty where the probe is given hidden states alone."""

    @property
    def featured(self) -> Featured:
        """The world, as one whose states have features."""
        assert isinstance(self.world, Featured)  # noqa: S101 - `probe` has checked; for the type
        return self.world

    def with_control(self, seed: int) -> Task:
        """The same, and the control task, which follows from the seed."""
        sizes = len(self.featured.features), len(self.featured.classes)
        return replace(self, control=Control(*sizes, seed))

    def with_references(self, width: int, longest: int) -> Task:
        """The same, and what the probe is given instead of hidden states of this width.

        `longest` is the number of symbols of the longest training sequence.
        """
        many = len(self.featured.features) * len(self.featured.classes)
        sizes = (len(self.world.alphabet), longest + 1, many)
        rng = np.random.default_rng(0)
        drawn = (rng.normal(size=(size, width)).astype(np.float32) for size in sizes)
        return replace(self, directions=tuple(drawn))

    def references(
        self, sequences: Sequence[Sequence[int]], true: Labels
    ) -> NDArray[np.float32] | None:
        """What the same probe is given instead of hidden states: (2, positions, width) or None.

        First what is known without any memory: the last symbol and the number of symbols read. Then
        the true class of every feature. Each of these is a random direction, and directions add up:
        one-hot codes seen through a random linear map, for a model has no more numbers either.
        Sequences longer than any in training count as long as the longest.
        """
        if not self.directions:
            return None
        symbols, counts, classes = self.directions
        last, read = [], []
        for sequence in sequences:
            at = self.positions(sequence)
            last.append(np.asarray(sequence, dtype=np.int64)[at - 1])
            read.append(np.minimum(at, len(counts) - 1))
        no_memory = symbols[np.concatenate(last)] + counts[np.concatenate(read)]
        true_state = np.zeros_like(no_memory)
        for feature, column in enumerate(true.T):
            true_state += classes[feature * len(self.featured.classes) + column]
        return np.stack((no_memory, true_state))

    def cut(self, sequence: Iterable[int]) -> list[int]:
        """As much of a sequence as is looked at: its last symbol is never read."""
        symbols = [int(symbol) for symbol in sequence]
        return symbols if self.limit is None else symbols[: self.limit + 1]

    def positions(self, symbols: Sequence[int]) -> NDArray[np.int64]:
        """Where a probe looks in a sequence that was cut: (positions,), ascending."""
        there = np.arange(first_labelled(self.world.prompt_length), len(symbols))
        if self.half is None:
            return there
        key = np.zeros(1, dtype=np.uint64)
        for symbol in symbols:
            key = mix(key ^ np.uint64(symbol + 1))
        chosen: NDArray[np.int64] = there[mix(key ^ there.astype(np.uint64)) & _ONE == self.half]
        return chosen

    def labels(self, sequences: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        """The true classes, and the control's if there is one: (tasks, positions, features)."""
        first = first_labelled(self.world.prompt_length)
        true, last = [], []
        for symbols in sequences:
            at = self.positions(symbols)
            true.append(self.featured.labels(symbols)[at - first])
            last.append(np.asarray(symbols, dtype=np.int64)[at - 1])
        classes = np.concatenate(true)
        if self.control is None:
            return classes[None]
        return np.stack((classes, self.control.labels(classes, np.concatenate(last))))

    def rows(self, sequences: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        """Where the positions lie among all symbols that are read of the sequences."""
        read = np.array([len(symbols) - 1 for symbols in sequences])
        begin = np.cumsum(read) - read
        each = zip(sequences, begin, strict=True)
        return np.concatenate([at + self.positions(symbols) - 1 for symbols, at in each])

    def portions(
        self, sequences: Iterable[Sequence[int]], positions: int
    ) -> Iterator[list[Sequence[int]]]:
        """Sequences together that have about so many positions; those without any are left out."""
        together: list[Sequence[int]] = []
        count = 0
        for symbols in sequences:
            if more := len(self.positions(symbols)):
                together.append(symbols)
                count += more
            if count >= positions:
                yield together
                together, count = [], 0
        if together:
            yield together
