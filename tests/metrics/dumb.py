"""The obviously right, slow versions that the fast ones are compared with.

Nothing is batched, shared or cached: every probability comes from reading the whole history
again, continuations are drawn one by one and scored whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nerode.models.model import Model

Symbols = tuple[int, ...]


class Distributed(Protocol):
    """A model told by its distribution after one history."""

    @property
    def context_length(self) -> int | None: ...

    def distribution(self, history: Symbols) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class HashContexts:
    model: Distributed
    histories: tuple[Symbols, ...]

    def __post_init__(self) -> None:
        limit = self.model.context_length
        assert limit is None or max(map(len, self.histories), default=0) <= limit, "read too far"

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


@dataclass(frozen=True)
class Wanderer:
    """Always legal and without a plan, but it stops where it may: it arrives by long ways."""

    world: Any
    seed: int = 0
    name: str = "wanderer"
    context_length: int | None = None

    @property
    def alphabet(self) -> tuple[str, ...]:
        return tuple(self.world.alphabet)

    def distribution(self, history: Symbols) -> NDArray[np.float32]:
        legal = list(self.world.legal(self.world.run(history)))
        drawn = np.random.default_rng([self.seed, len(history), *history]).random(len(legal))
        mass = np.zeros(len(self.alphabet), dtype=np.float32)
        mass[legal] = drawn / max(drawn.sum(), 1e-9)
        if self.world.end in legal:
            mass[legal] /= 4
            mass[self.world.end] = 0.75
        return mass

    def read(self, histories: Sequence[Sequence[int]]) -> HashContexts:
        return HashContexts(self, tuple(tuple(history) for history in histories))


@dataclass(frozen=True)
class Silent:
    """No symbol has any probability, ever."""

    alphabet: tuple[str, ...]
    name: str = "silent"
    context_length: int | None = None

    def distribution(self, history: Symbols) -> NDArray[np.float32]:  # noqa: ARG002
        return np.zeros(len(self.alphabet), dtype=np.float32)

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
    keep: int | None = None,
) -> Symbols:
    """One continuation from the ε-cut distribution, whole; `random` may be the very numbers.

    With `keep` only that many most probable symbols are drawn from, made to sum to 1 before
    the cut at ε, which leaves the most probable one at least.
    """
    text: Symbols = ()
    for depth in range(length):
        single: NDArray[np.float32] = next_probabilities(model, history + text)
        if keep is not None and keep < len(single):
            single = np.where(single >= np.sort(single)[-keep], single, np.float32(0))
        if keep is not None and single.any():
            single = single / single.sum()
        probabilities = single.astype(np.float64)
        symbols = [int(a) for a in np.flatnonzero(single > np.float32(epsilon))]
        if not symbols and keep is not None and single.any():
            symbols = [int(single.argmax())]  # the published sampler always keeps one
        if not symbols:
            return text
        symbols.sort(key=lambda a: (-probabilities[a], a))
        mass = np.cumsum(probabilities[symbols])
        number = random.random() if isinstance(random, np.random.Generator) else random[depth]
        whole, cut = probabilities.sum(), mass[-1]
        target = number * whole
        if target >= cut:  # it points at a rejected symbol: point again, among the accepted
            target = (target - cut) / (whole - cut) * cut if whole > cut else 0.0
        rank = int((mass <= target).sum())
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


def world_boundary(world: Any, first: Any, second: Any, depth: int) -> list[Symbols]:
    """Every string of at most `depth` symbols that is legal up to its last symbol in both
    states, and with it in the first only."""
    found: list[Symbols] = []
    waiting: list[tuple[Symbols, Any, Any]] = [((), first, second)]
    while waiting:
        text, here, there = waiting.pop()
        for symbol in world.legal(here):
            if symbol not in world.legal(there):
                found.append((*text, symbol))
            elif len(text) + 1 < depth:
                after = world.step(here, symbol), world.step(there, symbol)
                waiting.append(((*text, symbol), *after))
    return found


Struck = tuple[str, float, NDArray[np.float64]]
"""A detour: its kind, how probable it is, and the random numbers of every step."""


def trip(
    world: Any, model: Model, prompt: Symbols, detour: Struck | None = None
) -> tuple[Symbols, bool]:
    """All symbols of a trip, and whether it arrives."""
    played = prompt
    left = int(world.steps_allowed(prompt))
    if model.context_length is not None:
        left = min(left, model.context_length + 1 - len(prompt))
    step = 0
    while left > 0 and any_world_accepts(world, world.start, played):
        legal = world.legal(world.run(played))
        if played[-1] == world.end if world.end is not None else not legal:
            break
        mass = next_probabilities(model, played)
        symbol = int(np.argmax(mass)) if mass.any() else -1
        if detour is not None and detour[2][step, 0] < detour[1] and world.end not in legal:
            symbol = replaced(world, played, symbol, left, (detour[0], mass, detour[2][step, 1]))
        if symbol < 0:
            break
        played = (*played, symbol)
        step, left = step + 1, left - 1
    if not any_world_accepts(world, world.start, played):
        return played, False
    over = played[-1] == world.end if world.end is not None else not world.legal(world.run(played))
    return played, over


def replaced(
    world: Any,
    played: Symbols,
    symbol: int,
    left: int,
    by: tuple[str, NDArray[np.float32], float],
) -> int:
    """What a detour plays in place of `symbol`, with `left` symbols to go, this one included."""
    kind, mass, number = by
    state = world.run(played)
    ways = {other: world.steps_to_goal(world.step(state, other)) for other in world.legal(state)}
    others: list[int] = [
        a for a, way in ways.items() if a != symbol and way is not None and way < left
    ]
    if not others:
        return symbol
    if kind == "adversarial":
        return min(others, key=lambda other: (mass[other], other))
    return others[int(number * len(others))]
