"""Habits: the distribution of the next symbol under each policy that sequences are drawn by.

`stream` (nerode/sequences/policies.py) draws; here is what it draws from, exactly. A habit follows
a history symbol by symbol and keeps in a `Memory` what the next symbol depends on: where the
history has come to, and what the policy has in mind beyond that (how many turns a random walk has
made, which reweightings of the streets a noisy way may follow). Sequences of both sides of the
split: what was held out is as likely as the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerode.errors import IllegalSymbol, ModelMismatch
from nerode.sequences.play import LONGEST_PLAY
from nerode.sequences.policies import POLICIES
from nerode.worlds.othello.othello import Board, Othello
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import World

Memory = Hashable
HabitRow = NDArray[np.float64]


class Habit(ABC):
    """The next-symbol distribution of one policy at the true state."""

    @abstractmethod
    def begin(self) -> Memory:
        """Before the first symbol."""

    @abstractmethod
    def after(self, memory: Any, symbol: int) -> Memory | None:
        """After one more symbol, the policy's own or not; None after an illegal one."""

    @abstractmethod
    def expects(self, memory: Any) -> HabitRow:
        """Probability of every symbol that may come next; zeros where the policy has stopped."""


def habit_of(world: World[Any], policy: str, seed: int) -> Habit:
    """The next-symbol distribution under a policy by which sequences of this world are drawn.

    Parameters
    ----------
    world
        The world.
    policy
        Out of POLICIES.
    seed
        That of the sequences: the 50 reweightings of `noisy` follow from it.

    Raises
    ------
    ModelMismatch
        Where the policy is none of POLICIES or does not fit the world, and for `shortest` where no
        prompt gives the step at which a sequence stops to wander and makes for its goal.
    """
    if isinstance(world, StreetMap) and policy in ("shortest", "noisy", "random"):
        # Here, for it loads the compiled searches.
        from nerode.models.baselines.street_habits import street_habit  # noqa: PLC0415

        return street_habit(world, policy, seed)
    if isinstance(world, Othello) and policy == "strong":
        return Strong(world)
    if policy == "random":
        return RandomPlay(world)
    if policy in POLICIES:
        message = f"expected a policy whose next symbol is known in {world.name}, got {policy!r}"
    else:
        message = f"expected a policy out of {', '.join(POLICIES)}, got {policy!r}"
    raise ModelMismatch(message)


@dataclass(frozen=True)
class RandomPlay(Habit):
    """Each legal symbol with equal chance, for at most 100 symbols."""

    world: World[Any]

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


@dataclass(frozen=True)
class _Position:
    """A board as a player sees it: positions with equal futures may have other discs."""

    own: int
    other: int
    board: Board = field(compare=False)


@dataclass(frozen=True)
class Strong(Habit):
    """A player of Othello who looks ahead (nerode/sequences/othello/strong.py).

    A random legal move with a chance of NOISE, else one of the best.
    """

    world: Othello

    def begin(self) -> Memory:
        """The opening."""
        return self._position(self.world.start)

    def _position(self, board: Board) -> Memory:
        return _Position(board.own, board.other, board)

    def after(self, memory: _Position, symbol: int) -> Memory | None:
        """The position after a move."""
        try:
            return self._position(self.world.step(memory.board, symbol))
        except IllegalSymbol:
            return None

    def expects(self, memory: _Position) -> HabitRow:
        """Even over the best moves, and a little over all legal ones."""
        from nerode.sequences.othello.strong import NOISE, best_moves  # noqa: PLC0415 - compiles

        row = np.zeros(len(self.world.alphabet))
        legal = list(memory.board.legal)
        if not legal:
            return row
        squares = [int(self.world.squares[symbol]) for symbol in legal]
        last = self.world.size - 1
        corners = sum(1 << square for square in (0, last, 8 * last, 9 * last))
        bits = [memory.own, memory.other, sum(1 << square for square in squares)]
        own, other, moves = map(np.uint64, bits)
        best = int(best_moves(own, other, moves, self.world.playable, np.uint64(corners)))
        strong = [
            symbol for symbol, square in zip(legal, squares, strict=True) if best >> square & 1
        ]
        row[legal] = NOISE / len(legal)
        row[strong] += (1 - NOISE) / len(strong)
        return row
