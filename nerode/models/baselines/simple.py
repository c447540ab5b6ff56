"""Models whose scores are known: the oracle, uniform guessing, and a noisy oracle.

They are shown beside every evaluated model (docs/concepts.md, "The metrics")
and hold the metrics to
their known answers: the oracle scores 1 everywhere, uniform has no boundary of its own,
and the noisy oracle's score follows from its noise.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nerode.engine.cores import OnAllCores
from nerode.errors import IllegalSymbol, InvalidParameter
from nerode.models.hf.padding import padded
from nerode.models.model import Probabilities, Rows
from nerode.rng import mix, share
from nerode.sequences.split import key_of
from nerode.worlds.world import AnyWorld, HasGoal

Hashes = NDArray[np.uint64]

_NOISE = 0x4015E  # keeps the hash apart from other uses of the same seed


@dataclass(frozen=True, eq=False)
class OracleContexts:
    """Contexts of the oracle: the state that each history has reached.

    `states` are the distinct states of the batch (None after an illegal symbol) and
    `rows[i]` is where row i's state stands among them, so each is asked only once.
    """

    world: AnyWorld
    states: tuple[Hashable | None, ...]
    rows: Rows

    @cached_property
    def legal(self) -> NDArray[np.bool_]:
        """Which symbols may follow each distinct state: (states, symbols)."""
        legal = np.zeros((len(self.states), len(self.world.alphabet)), dtype=np.bool_)
        for row, state in enumerate(self.states):
            if state is not None:
                legal[row, list(self.world.legal(state))] = True
        return legal

    @cached_property
    def spread(self) -> Probabilities:
        """The oracle's distribution after each distinct state: (states, symbols)."""
        count = self.legal.sum(axis=1, keepdims=True, dtype=np.float32)
        spread: Probabilities = self.legal / np.maximum(count, np.float32(1))
        if isinstance(self.world, HasGoal):
            for row, state in enumerate(self.states):
                symbol = None if state is None else self.world.toward_goal(state)
                if symbol is not None:
                    spread[row] *= np.float32(0.5)
                    spread[row, symbol] += np.float32(0.5)
        return spread

    @cached_property
    def probabilities(self) -> Probabilities:
        """Even over the legal symbols; half of it on the next step to a goal; else zeros."""
        return self.spread[self.rows]

    def extend(self, rows: Rows, symbols: Rows) -> OracleContexts:
        """Fork, drop and advance; each (state, symbol) is played once."""
        width = len(self.world.alphabet)
        moves, moved = np.unique(self.rows[rows] * width + symbols, return_inverse=True)
        known: dict[Hashable | None, int] = {}
        reached = np.empty(len(moves), dtype=np.int64)
        for number, move in enumerate(moves.tolist()):
            state = _played(self.world, self.states[move // width], move % width)
            reached[number] = known.setdefault(state, len(known))
        return OracleContexts(self.world, tuple(known), reached[moved])


def _played(world: AnyWorld, state: Hashable | None, symbol: int) -> Hashable | None:
    if state is None:
        return None
    try:
        stepped: Hashable = world.step(state, symbol)
    except IllegalSymbol:
        return None
    return stepped


@dataclass(frozen=True)
class Oracle(OnAllCores):
    """The true world as a model.

    The probability is spread evenly over the legal symbols. Where the world has a goal,
    half of it lies on the next step of the canonical way instead, so that greedy
    generation arrives, by a shortest way. After an illegal symbol every row is zero.
    """

    world: AnyWorld
    name: str = "oracle"
    context_length: int | None = None

    @property
    def alphabet(self) -> tuple[str, ...]:
        """Symbols of the world."""
        return self.world.alphabet

    def read(self, histories: Sequence[Sequence[int]]) -> OracleContexts:
        """One row per history; a history may contain illegal symbols."""
        symbols, lengths = padded(histories, len(self.alphabet))
        contexts = OracleContexts(
            self.world, (self.world.start,), np.zeros(len(lengths), dtype=np.int64)
        )
        # Longest first, so that the rows still being read are a prefix at every column.
        order = np.argsort(-lengths, kind="stable")
        done: list[tuple[Rows, OracleContexts]] = []
        for column in range(symbols.shape[1]):
            reading = int(np.count_nonzero(lengths > column))
            done.append((order[reading : len(contexts.rows)], contexts))
            rows = np.arange(reading)
            contexts = contexts.extend(rows, symbols[order[:reading], column])
        done.append((order[: len(contexts.rows)], contexts))
        return _joined(self.world, len(lengths), done)


def _joined(
    world: AnyWorld, count: int, parts: list[tuple[Rows, OracleContexts]]
) -> OracleContexts:
    """One batch of the last rows of every part, put where each part says they belong."""
    known: dict[Hashable | None, int] = {}
    rows = np.empty(count, dtype=np.int64)
    for places, part in parts:
        last = part.rows[len(part.rows) - len(places) :]
        used, back = np.unique(last, return_inverse=True)
        numbers = [known.setdefault(part.states[row], len(known)) for row in used.tolist()]
        rows[places] = np.array(numbers, dtype=np.int64)[back]
    return OracleContexts(world, tuple(known), rows)


@dataclass(frozen=True, eq=False)
class UniformContexts:
    """Contexts of uniform guessing: nothing to remember but how many there are."""

    count: int
    symbols: int

    @cached_property
    def probabilities(self) -> Probabilities:
        """The same for every symbol, whatever was read."""
        return np.full((self.count, self.symbols), 1 / self.symbols, dtype=np.float32)

    def extend(self, rows: Rows, symbols: Rows) -> UniformContexts:  # noqa: ARG002
        """Same again, for as many rows as asked."""
        return UniformContexts(len(rows), self.symbols)


@dataclass(frozen=True)
class Uniform(OnAllCores):
    """Every symbol is as likely as any other, always: the model that has learned nothing."""

    alphabet: tuple[str, ...]
    name: str = "uniform"
    context_length: int | None = None

    def read(self, histories: Sequence[Sequence[int]]) -> UniformContexts:
        """One row per history."""
        return UniformContexts(len(histories), len(self.alphabet))


@dataclass(frozen=True, eq=False)
class NoisyOracleContexts:
    """Contexts of the noisy oracle: the oracle's, and a hash of all that was read."""

    oracle: OracleContexts
    hashes: Hashes
    noise: float

    @cached_property
    def probabilities(self) -> Probabilities:
        """The oracle's distribution; in a confused context all on one illegal symbol."""
        confused = share(self.hashes) < self.noise
        probabilities = self.oracle.probabilities.copy()
        rows = self.oracle.rows[confused]
        legal = self.oracle.legal[rows]
        states = self.oracle.states
        alive = np.array([state is not None for state in states], dtype=np.bool_)[rows]
        wrong = np.zeros_like(probabilities[confused])
        somewhere = np.flatnonzero(alive & ~legal.all(axis=1))
        wrong[somewhere, np.argmin(legal[somewhere], axis=1)] = 1
        probabilities[confused] = wrong
        return probabilities

    def extend(self, rows: Rows, symbols: Rows) -> NoisyOracleContexts:
        """Fork, drop and advance; whether a new context is confused is drawn afresh."""
        oracle = self.oracle.extend(rows, symbols)
        return NoisyOracleContexts(oracle, _followed(self.hashes[rows], symbols), self.noise)


@dataclass(frozen=True)
class NoisyOracle(OnAllCores):
    """An oracle that is confused in a share `noise` of all contexts, for ever the same ones.

    A context is the whole history; it is confused, independently of every other, when the
    history's hash with `seed` falls below `noise`. A confused context puts probability 1
    on the lowest-numbered illegal symbol (nowhere, where every symbol is legal). After an
    illegal symbol every row is zero. Raises InvalidParameter where `noise` is no share.
    """

    world: AnyWorld
    noise: float
    seed: int = 0
    context_length: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.noise <= 1:
            message = f"expected a noise of the noisy oracle from 0 to 1, got {self.noise}"
            raise InvalidParameter(message)

    @property
    def name(self) -> str:
        """`noisy-oracle:` and the noise."""
        return f"noisy-oracle:{self.noise:g}"

    @property
    def fingerprint(self) -> str:
        """What tells its noise from that of another seed."""
        return f"seed {self.seed}"

    @property
    def alphabet(self) -> tuple[str, ...]:
        """Symbols of the world."""
        return self.world.alphabet

    def read(self, histories: Sequence[Sequence[int]]) -> NoisyOracleContexts:
        """One row per history; a history may contain illegal symbols."""
        symbols, lengths = padded(histories, len(self.alphabet))
        hashes = np.full(len(lengths), key_of(self.seed, _NOISE))
        for column in range(symbols.shape[1]):
            reading = lengths > column
            hashes[reading] = _followed(hashes[reading], symbols[reading, column])
        return NoisyOracleContexts(Oracle(self.world).read(histories), hashes, self.noise)


def _followed(hashes: Hashes, symbols: Rows) -> Hashes:
    """Hash of each history with one symbol more."""
    return mix(hashes ^ symbols.astype(np.uint64))
