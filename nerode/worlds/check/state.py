"""The rules that hold in every single state of a world; `check_world` visits many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic

import numpy as np

from nerode.errors import IllegalSymbol, WorldError
from nerode.worlds.world import State, World

ILLEGAL_TRIED = 64
"""Illegal symbols tried in a state; all of them where the alphabet has no more."""


@dataclass(frozen=True)
class Visit(Generic[State]):
    """One state of a world, and the history that reached it (None where none is known)."""

    world: World[State]
    state: State
    history: tuple[int, ...] | None

    @property
    def place(self) -> str:
        """The state and the way to it, for messages."""
        way = "drawn by sample_state"
        if self.history is not None:
            way = f"reached by {self.world.decode(self.history)!r}"
        return f"state {self.state!r} ({way})"

    def broken(self, expected: str, came: object) -> WorldError:
        """The error to raise where a promise is broken in this state."""
        return WorldError(f"expected {expected} in {self.place} of {self.world.name}, got {came}")

    @contextmanager
    def expecting(self, expected: str) -> Iterator[None]:
        """Turn whatever a world raises into a WorldError that says what was expected."""
        try:
            yield
        except WorldError:
            raise
        except Exception as error:
            raise self.broken(expected, f"{type(error).__name__}: {error}") from error

    def check(self, rng: np.random.Generator) -> int:
        """Check all rules; the number of symbols tried. `rng` picks illegal ones, if many."""
        with self.expecting("a hashable state"):
            hash(self.state)
        legal = self._check_legal()
        for symbol in legal:
            self._check_legal_step(symbol)
        others = np.setdiff1d(np.arange(len(self.world.alphabet)), np.array(legal, dtype=int))
        if len(others) > ILLEGAL_TRIED:
            others = rng.choice(others, ILLEGAL_TRIED, replace=False)
        tried = [-1, *others.tolist(), len(self.world.alphabet)]
        for symbol in tried:
            self._check_illegal_step(symbol)
        self._check_same("legal symbols", legal, self.world.legal(self.state))
        return len(legal) + len(tried)

    def check_replay(self) -> None:
        """Check that the history leads to this state still."""
        if self.history is not None:
            with self.expecting("a legal history"):
                self._check_same("state", self.state, self.world.run(self.history))

    def _check_same(self, what: str, first: object, second: object) -> None:
        if first != second or hash(first) != hash(second):
            raise self.broken(f"the same {what} when asked again, {first!r}", repr(second))

    def _check_legal(self) -> tuple[int, ...]:
        """Check that the legal symbols are ascending, in range and the same twice."""
        legal: Any
        with self.expecting("legal symbols"):
            legal, again = self.world.legal(self.state), self.world.legal(self.state)
        if not isinstance(legal, tuple) or any(type(symbol) is not int for symbol in legal):
            raise self.broken("a tuple of int as legal symbols", repr(legal))
        self._check_same("legal symbols", legal, again)
        top = len(self.world.alphabet) - 1
        ascending = all(low < high for low, high in pairwise(legal))
        if legal and not (ascending and legal[0] >= 0 and legal[-1] <= top):
            raise self.broken(f"ascending legal symbols from 0 to {top}", legal)
        return legal

    def _check_legal_step(self, symbol: int) -> None:
        """Check that a legal symbol leads to one state, and END to one where nothing is legal."""
        name = self.world.alphabet[symbol]
        with self.expecting(f"a step by the legal symbol {name}"):
            following = self.world.step(self.state, symbol)
            again = self.world.step(self.state, symbol)
            self._check_same(f"state after {name}", following, again)
            after = self.world.legal(following)
        if symbol == self.world.end and len(after):
            raise self.broken(f"nothing legal after {name}", self.world.decode(after))

    def _check_illegal_step(self, symbol: int) -> None:
        """Check that a symbol that is not legal raises IllegalSymbol, and nothing else."""
        inside = 0 <= symbol < len(self.world.alphabet)
        name = self.world.alphabet[symbol] if inside else f"#{symbol}"
        expected = f"IllegalSymbol from {name}, which is not legal,"
        with self.expecting(expected):
            try:
                following = self.world.step(self.state, symbol)
            except IllegalSymbol:
                return
        raise self.broken(expected, f"the state {following!r}")
