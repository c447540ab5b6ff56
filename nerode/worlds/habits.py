"""Habits: the distribution of the next symbol under a policy that sequences are drawn by.

A policy draws; here is what it draws from, exactly. A habit follows a history symbol by symbol and
keeps in a `Memory` what the next symbol depends on: where the history has come to, and what the
policy has in mind beyond that (how many turns a random walk has made, which reweightings of the
streets a noisy way may follow). Sequences of both sides of the split: what was held out is as
likely as the rest. A world that knows such of its policies has them by `OwnHabits`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerode.errors import IllegalSymbol
from nerode.worlds.world import LONGEST_PLAY, AnyWorld

Memory = Hashable
HabitRow = NDArray[np.float64]


class Habit(ABC):
    """What somebody does who knows the true state and has one policy."""

    @abstractmethod
    def begin(self) -> Memory:
        """Before the first symbol."""

    @abstractmethod
    def after(self, memory: Any, symbol: int) -> Memory | None:
        """After one more symbol, the policy's own or not; None after an illegal one."""

    @abstractmethod
    def expects(self, memory: Any) -> HabitRow:
        """Probability of every symbol that may come next; zeros where the policy has stopped."""

    def along(self, symbols: NDArray[np.int64]) -> NDArray[np.float32]:
        """What it expects at every place of a sequence: (symbols, alphabet).

        Row i is before symbol i. Raises IllegalSymbol where a symbol before the last is illegal.
        """
        rows = []
        memory: Memory | None = self.begin()
        for place, symbol in enumerate(symbols.tolist()):
            if memory is None:
                raise IllegalSymbol(
                    f"expected a legal sequence, got an illegal symbol at place {place - 1}"
                )
            rows.append(self.expects(memory))
            memory = self.after(memory, symbol)
        return np.asarray(rows, dtype=np.float32)


@dataclass(frozen=True)
class RandomPlay(Habit):
    """Each legal symbol with equal chance, for at most 100 symbols."""

    world: AnyWorld

    def begin(self) -> Memory:
        """The start, no symbol played."""
        return self.world.start, 0

    def after(self, memory: tuple[Any, int], symbol: int) -> Memory | None:
        """The state, and how many symbols it took."""
        state, played = memory
        try:
            return self.world.step(state, symbol), played + 1
        except IllegalSymbol:
            return None

    def expects(self, memory: tuple[Any, int]) -> HabitRow:
        """Even over what is legal."""
        state, played = memory
        row = np.zeros(len(self.world.alphabet))
        legal = self.world.legal(state) if played < LONGEST_PLAY else ()
        if legal:
            row[list(legal)] = 1 / len(legal)
        return row
