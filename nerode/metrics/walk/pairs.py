"""Input and output of the paired walk: a pair of histories, and what was found for it.

In: two histories, and either random numbers for M sampled continuations in one or both directions
or the order to enumerate all of them, and scripts (strings to score after both histories).
Out: shares of rejected continuations, the distinct boundary strings met, scores of the scripts.
Boundary strings stay nodes of the trie (`RejectedString`) until somebody asks for their symbols:
a pair may have thousands, of which one is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nerode.arrays import Floats

Symbols = tuple[int, ...]
Script = tuple[int, Symbols]


@dataclass(frozen=True)
class Pair:
    """Two histories, and which continuations of them to compare.

    Attributes
    ----------
    histories
        Symbols of the first and the second history.
    uniforms
        Random numbers in [0, 1), (directions, continuations, depths): one for each symbol that is
        sampled. Direction 0 samples after the first history, 1 after the second. None: every
        accepted continuation of at most `depths` symbols is followed, in both directions.
    depths
        Longest continuation in symbols where all are followed.
    scripts
        Strings to score after both histories, each with a direction: is it accepted after that
        history and rejected after the other?
    """

    histories: tuple[Symbols, Symbols]
    uniforms: Floats | None = None
    depths: int = 0
    scripts: tuple[Script, ...] = ()

    @property
    def longest(self) -> int:
        """Symbols of its longest continuations."""
        return self.depths if self.uniforms is None else self.uniforms.shape[2]


def side_by_side(pairs: Sequence[Pair]) -> Floats:
    """Random numbers of all pairs in one array: (pairs, directions, continuations, depths).

    Pairs with fewer are padded with zeros, which no walker uses.
    """
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

    Every symbol but the last is accepted after both; only the last one is rejected.

    Attributes
    ----------
    direction
        Which history accepts it: 0 the first, 1 the second.
    symbols
        The string.
    at
        At which thresholds it was found: (thresholds,).
    probability
        Smallest probability of its symbols, after the first and after the second history.
    """

    direction: int
    symbols: Symbols
    at: NDArray[np.bool_]
    probability: tuple[float, float]


class RejectedString(Protocol):
    """A boundary string that the walk came to; its symbols are made on demand."""

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


class CutContinuation(Protocol):
    """A continuation that the model's context was too short for."""

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

    Attributes
    ----------
    rejected
        Share of continuations with a rejection: (directions, thresholds).
    found
        The distinct boundary strings that continuations came to, in no order.
    scripts
        Smallest probability of each script's symbols after the first and the second history:
        (scripts, 2). A script that both reject at the smallest threshold is not read on: then the
        two numbers are upper bounds.
    alike
        Whether the two histories accept the same next symbols: (thresholds,). Exact.
    cut
        Continuations at ε that the model's context ended too early, nothing having been rejected
        so far, in no order.
    compared
        Number of continuations whose symbol at each depth was compared, at ε, both directions
        together: (longest,). An enumerated continuation counts as its probability.
    refused
        Number of these that were rejected there, in the same shape: at most one symbol each.
    complete
        False where enumeration gave up (more than MOST_WALKERS continuations).
    """

    rejected: Floats
    found: Sequence[RejectedString]
    scripts: Floats
    alike: NDArray[np.bool_]
    cut: Sequence[CutContinuation]
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
