"""Policies: how a world draws sequences of its own.

A world with policies of its own has `policies`, a mapping from names to one of three (see
`OwnPolicies` in nerode/worlds/world.py):

- a function that plays one sequence from random numbers. This is enough, and the way to begin.
- `Numbered`, for compiled loops: many sequences at a time, each from a key and its number.
- `Streamed`, for policies that see to everything, the split included: street maps.

nerode/sequences/policies.py draws from all three, and adds those that need no more than rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nerode.errors import NerodeError
from nerode.worlds.batch import SequenceBatch

Play: TypeAlias = Callable[[np.random.Generator], Sequence[int]]
"""Plays one whole sequence. Sequences on the wrong side of the split are played anew."""


@dataclass(frozen=True)
class Numbered:
    """A policy under which a sequence depends on a key and its number alone.

    `draw(key, numbers)` gives the sequences of these numbers (an array), in order. Those on the
    wrong side of the split are drawn anew, under another key.
    """

    draw: Callable[[np.uint64, NDArray[np.int64]], SequenceBatch]


class Hashed(Protocol):
    """The split as compiled loops take it: what a hash begins with, and what is held out."""

    @property
    def key(self) -> np.uint64:
        """Hash of nothing: where the hash of a prompt starts."""
        ...

    @property
    def limit(self) -> np.uint64:
        """Sequences whose hash is below this are held out."""
        ...


class Request(Protocol):
    """What a `Streamed` policy is asked for (`Draw` in nerode/sequences/policies.py)."""

    @property
    def count(self) -> int:
        """How many sequences."""
        ...

    @property
    def seed(self) -> int:
        """The seed of the request."""
        ...

    @property
    def side(self) -> str | None:
        """`train`, `held_out`, or None for both."""
        ...

    @property
    def fewer(self) -> bool:
        """Whether fewer are enough where the world has no more."""
        ...

    @property
    def split(self) -> Hashed:
        """The split whose side is meant."""
        ...

    def key(self, *numbers: int) -> np.uint64:
        """64 bits that depend on seed, policy and these numbers."""
        ...

    def too_few(self, found: str) -> NerodeError:
        """The error to raise where the world has too few sequences; `found` says what it has."""
        ...


@dataclass(frozen=True)
class Streamed:
    """A policy that answers a whole request.

    `draw(request, block)` gives exactly `request.count` sequences, all on the side that is asked
    for, in batches of at most `block`.
    """

    draw: Callable[[Request, int], Iterator[SequenceBatch]]


Policy: TypeAlias = Play | Numbered | Streamed
"""One way in which a world draws sequences."""
