"""The obviously right, slow versions that the fast ones are compared with.

Nothing is batched, shared or cached: every probability comes from reading the whole history
again, continuations are drawn one by one and scored whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerode.models.model import Model

Symbols = tuple[int, ...]


@dataclass(frozen=True)
class HashContexts:
    model: HashModel
    histories: tuple[Symbols, ...]

    @property
    def probabilities(self) -> NDArray[np.float32]:
        return np.stack([self.model.distribution(history) for history in self.histories])

    def extend(self, rows: NDArray[np.int64], symbols: NDArray[np.int64]) -> HashContexts:
        pairs = zip(rows, symbols, strict=True)
        return HashContexts(
            self.model, tuple((*self.histories[row], int(symbol)) for row, symbol in pairs)
        )


@dataclass(frozen=True)
class HashModel:
    """An incoherent model: its distribution is a pure function of the whole history."""

    alphabet: tuple[str, ...]
    sharpness: float = 0.3
    seed: int = 0
    name: str = "hash"
    context_length: int | None = None

    def distribution(self, history: Symbols) -> NDArray[np.float32]:
        words = [self.seed, len(history), *history]
        rng = np.random.default_rng(np.random.SeedSequence(words))
        drawn = rng.dirichlet(np.full(len(self.alphabet), self.sharpness))
        return np.asarray(drawn, dtype=np.float32)

    def read(self, histories: Sequence[Sequence[int]]) -> HashContexts:
        return HashContexts(self, tuple(tuple(history) for history in histories))


def next_probabilities(model: Model, history: Symbols) -> NDArray[np.float32]:
    return np.asarray(model.read([history]).probabilities[0])


def accepted(model: Model, history: Symbols, epsilon: float) -> list[int]:
    cut = np.float32(epsilon)
    return [int(a) for a in np.flatnonzero(next_probabilities(model, history) > cut)]


def accepts(model: Model, history: Symbols, text: Symbols, epsilon: float) -> bool:
    """Whether every symbol of the continuation is accepted after the history."""
    for at, symbol in enumerate(text):
        if symbol not in accepted(model, history + text[:at], epsilon):
            return False
    return True


def first_rejection(
    model: Model, history: Symbols, text: Symbols, epsilon: float
) -> Symbols | None:
    """The continuation up to its first rejected symbol; None where all are accepted."""
    for at, symbol in enumerate(text):
        if symbol not in accepted(model, history + text[:at], epsilon):
            return text[: at + 1]
    return None


def draw(
    model: Model,
    history: Symbols,
    epsilon: float,
    end: int | None,
    length: int,
    random: np.random.Generator | NDArray[np.float64],
) -> Symbols:
    """One continuation from the ε-cut distribution, whole; `random` may be the very numbers."""
    text: Symbols = ()
    for depth in range(length):
        probabilities = next_probabilities(model, history + text).astype(np.float64)
        symbols = accepted(model, history + text, epsilon)
        if not symbols:
            return text
        symbols.sort(key=lambda a: (-probabilities[a], a))
        mass = np.cumsum(probabilities[symbols])
        number = random.random() if isinstance(random, np.random.Generator) else random[depth]
        rank = int((mass <= number * mass[-1]).sum())
        text = (*text, symbols[min(rank, len(symbols) - 1)])
        if text[-1] == end:
            return text
    return text


def all_accepted(
    model: Model, history: Symbols, epsilon: float, end: int | None, length: int
) -> list[tuple[Symbols, float]]:
    """Every accepted continuation that cannot go on, with its probability after the cut."""
    finished: list[tuple[Symbols, float]] = []
    open_: list[tuple[Symbols, float]] = [((), 1.0)]
    while open_:
        text, weight = open_.pop()
        symbols = accepted(model, history + text, epsilon)
        if not symbols or len(text) == length or (text and text[-1] == end):
            finished.append((text, weight))
            continue
        mass = next_probabilities(model, history + text).astype(np.float64)
        total = mass[symbols].sum()
        open_ += [((*text, a), weight * float(mass[a] / total)) for a in symbols]
    return finished


def compression_of(
    model: Model,
    histories: tuple[Symbols, Symbols],
    texts: Sequence[Sequence[Symbols]],
    epsilon: float,
) -> tuple[bool, float]:
    """All-or-nothing agreement and share of rejections; texts by direction."""
    rejections: list[float] = []
    for direction, drawn in enumerate(texts):
        other = histories[1 - direction]
        rejected = [first_rejection(model, other, text, epsilon) is not None for text in drawn]
        rejections.append(float(np.mean(rejected)))
    return not any(rejections), float(np.mean(rejections))


def boundary_strings(
    model: Model,
    histories: tuple[Symbols, Symbols],
    texts: Sequence[Sequence[Symbols]],
    epsilon: float,
) -> set[tuple[int, Symbols]]:
    """The model's distinct boundary strings among the drawn texts, with their direction."""
    found = set()
    for direction, drawn in enumerate(texts):
        for text in drawn:
            cut = first_rejection(model, histories[1 - direction], text, epsilon)
            if cut is not None:
                found.add((direction, cut))
    return found


def any_world_accepts(world: Any, state: Any, text: Symbols) -> bool:
    """The world's language, symbol by symbol."""
    for symbol in text:
        if symbol not in world.legal(state):
            return False
        state = world.step(state, symbol)
    return True
