"""The policy oracle: true state, next symbols of a policy. Ceiling for a model trained on it.

The oracle holds every legal symbol possible. Somebody who knows the true state but always takes the
shortest way does not: most of what tells two states apart lies off that way, and is not expected.
Who has learned the sequences perfectly scores as this one does; what a model falls short of it is
the map, not the habit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nerode.engine.cores import OnAllCores
from nerode.models.baselines.habits import Habit, Memory, habit_of
from nerode.models.hf.padding import padded
from nerode.models.model import Probabilities, Rows
from nerode.sequences.split import BY_CLASS
from nerode.worlds.world import AnyWorld

POLICY_ORACLE = "policy-oracle"
SPLIT_HELD_OUT = 0.1


@dataclass(frozen=True, eq=False)
class PolicyContexts:
    """Contexts of a habit: what it keeps of each history.

    `memories` are the distinct ones of the batch (None after an illegal symbol), `rows[i]` is
    where row i's stands among them.
    """

    habit: Habit
    symbols: int
    memories: tuple[Memory | None, ...]
    rows: Rows

    @cached_property
    def probabilities(self) -> Probabilities:
        """The policy's distribution; zeros after an illegal symbol, and where it has stopped."""
        spread = np.zeros((len(self.memories), self.symbols), dtype=np.float32)
        for at in np.unique(self.rows).tolist():
            memory = self.memories[at]
            if memory is not None:
                spread[at] = self.habit.expects(memory)
        return spread[self.rows]

    def extend(self, rows: Rows, symbols: Rows) -> PolicyContexts:
        """Fork, drop and advance; each (memory, symbol) is followed once."""
        moves, moved = np.unique(self.rows[rows] * self.symbols + symbols, return_inverse=True)
        known: dict[Memory | None, int] = {}
        reached = np.empty(len(moves), dtype=np.int64)
        for number, move in enumerate(moves.tolist()):
            memory = self.memories[move // self.symbols]
            after = None if memory is None else self.habit.after(memory, move % self.symbols)
            reached[number] = known.setdefault(after, len(known))
        return PolicyContexts(self.habit, self.symbols, tuple(known), reached[moved])


@dataclass(frozen=True)
class PolicyOracle(OnAllCores):
    """Knows the true state and follows a policy: its next symbol is drawn as the policy draws it.

    `shortest` puts everything on the next turn of the shortest way, wherever it is led; `noisy` on
    those of the reweighted ways that the walk so far leaves; `random` on any street, as far as a
    walk of some length may still end at the destination (nerode/models/baselines/habits.py).
    `seed` is that of the sequences (`noisy` depends on it). Raises ModelMismatch where the policy
    does not fit the world.
    """

    world: AnyWorld
    policy: str
    seed: int = 0
    name: str = POLICY_ORACLE
    context_length: int | None = None

    def __post_init__(self) -> None:
        self.habit  # noqa: B018 - raises where there is none

    @cached_property
    def habit(self) -> Habit:
        """What comes next, by the policy."""
        return habit_of(self.world, self.policy, self.seed)

    @property
    def fingerprint(self) -> str:
        """What tells it from one of another policy, or of sequences of another seed."""
        return f"{self.policy}, seed {self.seed}"

    @property
    def trained_on(self) -> dict[str, Any]:
        """As if it had learned from sequences of its policy: it is measured on such ones."""
        return {
            "world": self.world.name,
            "policy": self.policy,
            "sequences_seed": self.seed,
            "held_out": SPLIT_HELD_OUT,
            "split_rule": BY_CLASS,
        }

    @property
    def alphabet(self) -> tuple[str, ...]:
        """Symbols of the world."""
        return self.world.alphabet

    def read(self, histories: Sequence[Sequence[int]]) -> PolicyContexts:
        """One row per history; a history may contain illegal symbols."""
        symbols, lengths = padded(histories, len(self.alphabet))
        width = len(self.alphabet)
        memories: tuple[Memory | None, ...] = (self.habit.begin(),)
        rows = np.zeros(len(lengths), dtype=np.int64)
        for column in range(symbols.shape[1]):
            reading = np.flatnonzero(lengths > column)
            contexts = PolicyContexts(self.habit, width, memories, rows)
            read = contexts.extend(reading, symbols[reading, column])
            rows = rows.copy()
            rows[reading] = len(memories) + read.rows
            used, rows = np.unique(rows, return_inverse=True)
            every = memories + read.memories
            memories = tuple(every[at] for at in used.tolist())
        return PolicyContexts(self.habit, width, memories, rows)
