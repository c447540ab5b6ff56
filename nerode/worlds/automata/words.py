"""Whole words of a finite world with END: how they are drawn, and what comes next in them.

Random play is a poor way to draw from a language: where many symbols are legal END hardly ever
comes, where few are it comes at once. Policy `words` draws a length, each as likely as any other,
and then a word of that length, all equally likely.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nerode.rng import STEP, mix, share
from nerode.worlds.automata.finite import ILLEGAL, Automaton
from nerode.worlds.batch import SequenceBatch
from nerode.worlds.habits import Habit, HabitRow, Memory

LONGEST_WORD = 50
"""Most symbols of a word, END included."""


class WholeWords(Habit):
    """Policy `words`, and what it expects next, exactly.

    A word ends in `ended`, behind END, and has 2 to 50 symbols (END alone is drawn only where
    there is no other). `ways[m, q]` is the number of ways to go from state q to the end in m
    symbols, divided by the greatest such number for m, whose logarithm is `scale[m]`: numbers of
    words grow too fast to be kept themselves.
    """

    @staticmethod
    def of(automaton: Automaton[str], end: int) -> WholeWords | None:
        """The policy of a world whose END is this symbol.

        None where something follows END, or where no word is short enough.
        """
        reached = np.unique(automaton.successors[:, end])
        ended = reached[reached != ILLEGAL]
        if len(ended) != 1 or np.any(automaton.successors[ended[0]] != ILLEGAL):
            return None
        policy = WholeWords(automaton, int(ended[0]))
        return policy if len(policy.lengths) else None

    def __init__(self, automaton: Automaton[str], ended: int) -> None:
        successors = automaton.successors
        count = len(automaton.states)
        self.successors = successors
        self.ways = np.zeros((LONGEST_WORD + 1, count + 1))  # the last column: after illegal ones
        self.scale = np.zeros(LONGEST_WORD + 1)
        self.ways[0, ended] = 1.0
        for length in range(1, LONGEST_WORD + 1):
            ways = self.ways[length - 1, successors].sum(axis=1)  # ILLEGAL takes the last column
            most = ways.max()
            if most == 0.0:
                break
            self.ways[length, :count] = ways / most
            self.scale[length] = self.scale[length - 1] + np.log(most)
        lengths = np.flatnonzero(self.ways[:, 0])
        self.lengths = lengths[1:] if len(lengths) > 1 and lengths[0] == 1 else lengths

    def draw(self, key: np.uint64, numbers: NDArray[np.int64]) -> SequenceBatch:
        """The words of these numbers: each depends on key and number alone."""
        streams = mix(numbers.astype(np.uint64) * STEP + key)
        lengths = self.lengths[(_unit(streams, 0) * len(self.lengths)).astype(np.int64)]
        symbols = np.zeros((len(numbers), int(lengths.max(initial=0))), dtype=np.int32)
        states = np.zeros(len(numbers), dtype=np.int64)
        for place in range(symbols.shape[1]):
            going = np.flatnonzero(lengths > place)
            following = self.successors[states[going]]
            left = lengths[going] - place - 1
            sums = self.ways[left[:, None], following].cumsum(axis=1)
            total = sums[:, -1]
            drawn = np.minimum(_unit(streams[going], place + 1) * total, np.nextafter(total, 0))
            chosen = (sums <= drawn[:, None]).sum(axis=1)
            symbols[going, place] = chosen
            states[going] = following[np.arange(len(going)), chosen]
        inside = np.arange(symbols.shape[1]) < lengths[:, None]
        return SequenceBatch.cut(symbols[inside], lengths)

    def begin(self) -> Memory:
        """The start, no symbol read."""
        return 0, 0

    def after(self, memory: tuple[int, int], symbol: int) -> Memory | None:
        """The state, and how many symbols led to it."""
        state, read = memory
        following = int(self.successors[state, symbol])
        return None if following == ILLEGAL else (following, read + 1)

    def expects(self, memory: tuple[int, int]) -> HabitRow:
        """Share of each symbol among the words that begin so, weighted as they are drawn.

        A word of L symbols has probability 1 / (lengths x words of L symbols).
        """
        state, read = memory
        lengths = self.lengths[self.lengths > read]
        left = lengths - read - 1
        weights = np.exp(self.scale[left] - self.scale[lengths]) / self.ways[lengths, 0]
        row = weights @ self.ways[left[:, None], self.successors[state]]
        total = row.sum()
        return np.asarray(row / total if total else row)


def _unit(streams: NDArray[np.uint64], place: int) -> NDArray[np.float64]:
    """A number from 0 to 1 of each stream, one for each place."""
    with np.errstate(over="ignore"):
        return share(mix(streams + np.uint64(place) * STEP))
