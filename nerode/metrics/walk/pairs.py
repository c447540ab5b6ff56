"""What the paired walk is asked of a pair of histories, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Symbols = tuple[int, ...]
Script = tuple[int, Symbols]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """What one pair of histories is asked.

    `uniforms` holds one random number per direction, continuation and depth, shape
    (directions, continuations, depths); direction 0 draws after the first history, direction 1
    after the second. Where it is None every accepted continuation of at most `depths`
    symbols is followed instead, in both directions. `scripts` are strings to read after
    both histories, whatever the model draws, each with the direction in which it is asked for:
    is it accepted after that history and rejected after the other?
    """

    histories: tuple[Symbols, Symbols]
    uniforms: Floats | None = None
    depths: int = 0
    scripts: tuple[Script, ...] = ()

    @property
    def longest(self) -> int:
        """Symbols that its continuations are to have."""
        return self.depths if self.uniforms is None else self.uniforms.shape[2]


def side_by_side(pairs: Sequence[Pair]) -> Floats:
    """Random numbers of all pairs: (pairs, directions, continuations, depths)."""
    given = [pair.uniforms for pair in pairs]
    shapes = [(2, 1, 1) if numbers is None else numbers.shape for numbers in given]
    room = np.zeros((len(pairs), *(max(sizes) for sizes in zip(*shapes, strict=True))))
    for place, numbers in zip(room, given, strict=True):
        if numbers is not None:
            place[tuple(map(slice, numbers.shape))] = numbers
    return room


@dataclass(frozen=True)
class BoundaryString:
    """A string that the model accepts after one history and rejects after the other.

    `direction` tells which history accepts it (0: the first), `at` at which thresholds it was
    found, shape (thresholds,); `probability` is the smallest one on the way, after the
    first and after the second history.
    """

    direction: int
    symbols: Symbols
    at: NDArray[np.bool_]
    probability: tuple[float, float]


class Found(Protocol):
    """A boundary string that the walk came to, written out only where somebody asks."""

    @property
    def depth(self) -> int:
        """Symbols in it."""
        ...

    @property
    def at(self) -> NDArray[np.bool_]:
        """At which thresholds it was found: (thresholds,)."""
        ...

    def written(self) -> BoundaryString:
        """The string itself."""
        ...


class Ended(Protocol):
    """A continuation that the model's context ended."""

    @property
    def direction(self) -> int:
        """After which history it was drawn (0: the first)."""
        ...

    @property
    def share(self) -> float:
        """Its share of all continuations in that direction."""
        ...

    def symbols(self) -> Symbols:
        """The continuation as far as it came."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What the walk found for one pair.

    rejected: share of continuations with a rejection, shape (directions, thresholds).
    found: the distinct boundary strings that continuations came to, in no order.
    scripts: for each script the smallest probability on the way, after the first and the
    second history, shape (scripts, 2). A script that both reject at the smallest threshold
    is not read on: then the two numbers are bounds.
    alike: whether the two histories allow the same next symbols, shape (thresholds,); exact.
    cut: the continuations, at ε, that the model's context ended before they were as long as wanted,
    nothing having been rejected so far, in no order.
    compared: of how many continuations the symbol at each place was looked at, at ε, in both
    directions together, shape (longest,); a continuation that is followed among all counts as its
    probability.
    refused: of how many it was rejected, in the same shape. At most one symbol of each is.
    complete: False where `enumerated` mode gave up (more than MOST_WALKERS continuations).
    """

    rejected: Floats
    found: Sequence[Found]
    scripts: Floats
    alike: NDArray[np.bool_]
    cut: Sequence[Ended]
    compared: Floats
    refused: Floats
    complete: bool = True

    @cached_property
    def boundary(self) -> tuple[BoundaryString, ...]:
        """The boundary strings, shortest first, then by their symbols and direction."""
        return tuple(sorted((text.written() for text in self.found), key=_order))

    def shortest(self, threshold: int) -> BoundaryString | None:
        """The first of `boundary` that was found at a threshold; None where there is none."""
        here = [text for text in self.found if text.at[threshold]]
        depth = min((text.depth for text in here), default=0)
        return min((t.written() for t in here if t.depth == depth), key=_order, default=None)


def _order(text: BoundaryString) -> tuple[int, Symbols, int]:
    return len(text.symbols), text.symbols, text.direction
