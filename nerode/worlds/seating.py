"""Seating puzzles (docs/paper.md, section 2): people on a row of seats, told by true statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations, islice, permutations
from typing import final

import numpy as np

from nerode.errors import InvalidParameter, NoTrial
from nerode.worlds.world import World

FEWEST_SEATS, MOST_SEATS = 3, 6
ARRANGEMENTS_SHOWN = 6
"""Arrangements that are written out in messages."""


@dataclass(frozen=True, slots=True, repr=False)
class Arrangements:
    """A set of arrangements of `seats` people: those that are still possible.

    Bit i of `bits` stands for the i-th permutation of the people in lexicographic order, whose
    element j (from 0) is who sits in seat j + 1.
    """

    seats: int
    bits: int

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        """The arrangements, in lexicographic order: who sits in each seat."""
        for number, people in enumerate(permutations(range(self.seats))):
            if self.bits >> number & 1:
                yield people

    def __repr__(self) -> str:
        """The first of them, each as the people from left to right; a digest where there are more.

        So that it is short, and names one set and no other.
        """
        shown = " ".join(
            "".join(map(_letter, people)) for people in islice(self, ARRANGEMENTS_SHOWN)
        )
        if len(self) > ARRANGEMENTS_SHOWN:
            whole = blake2b(f"{self.bits:x}".encode(), digest_size=6).hexdigest()
            shown += f" and {len(self) - ARRANGEMENTS_SHOWN} more: {whole}"
        return f"{{{shown}}}"


def _letter(person: int) -> str:
    return chr(ord("A") + person)


@dataclass(frozen=True)
class Statement:
    """What a symbol says: `person` sits in seat `number`, or `number` seats from `other`."""

    person: int
    other: int | None
    number: int

    def __str__(self) -> str:
        if self.other is None:
            return f"{_letter(self.person)}@{self.number}"
        return f"{_letter(self.person)}-{_letter(self.other)}={self.number}"

    def holds(self, people: Sequence[int]) -> bool:
        """Whether it is true where `people` sit from left to right."""
        seat = people.index(self.person) + 1
        if self.other is None:
            return seat == self.number
        return abs(seat - people.index(self.other) - 1) == self.number


@final
class Seating(World[Arrangements]):
    """Who sits where, as far as it was told: n people, n seats in a row, numbered from 1.

    A symbol is a statement about the people A, B, ...: `A@2`, A sits in seat 2, or `A-B=1`,
    A and B sit 1 seat away from each other, neighbours that is. It is legal where it is true
    in an arrangement that is still possible, and leaves those in which it is true. The state
    is their set. There is no END, and no goal: what was said may be said again.

    Two different sets have different futures. Of an arrangement that is in one of them only,
    say everybody's seat: that is legal from the set that holds it, and from no other, for in
    no other arrangement does everybody sit there.

    Raises InvalidParameter for a number of seats outside 3 to 6.
    """

    def __init__(self, seats: int = 3) -> None:
        if not FEWEST_SEATS <= seats <= MOST_SEATS:
            message = f"expected seats from {FEWEST_SEATS} to {MOST_SEATS} in seating, got {seats}"
            raise InvalidParameter(message)
        self.seats = seats
        self.name = f"seating:seats={seats}"
        self.statements = tuple(_statements(seats))
        """What each symbol says."""
        self.alphabet = tuple(str(statement) for statement in self.statements)
        everyone = tuple(permutations(range(seats)))
        self.start = Arrangements(seats, (1 << len(everyone)) - 1)
        self._true_in = tuple(
            sum(1 << number for number, people in enumerate(everyone) if statement.holds(people))
            for statement in self.statements
        )

    def legal(self, state: Arrangements) -> tuple[int, ...]:
        """Statements that are true in some arrangement that is still possible."""
        bits = state.bits
        return tuple([symbol for symbol, true_in in enumerate(self._true_in) if bits & true_in])

    def step(self, state: Arrangements, symbol: int) -> Arrangements:
        """The arrangements in which the statement is true as well."""
        bits = state.bits & self._true_in[symbol] if 0 <= symbol < len(self.alphabet) else 0
        if not bits:
            raise self.illegal(state, symbol)
        return Arrangements(self.seats, bits)

    def telling(self, state: Arrangements) -> tuple[int, ...]:
        """Statements that are legal and tell something new, ascending: they shrink the state."""
        bits = state.bits
        return tuple(
            [symbol for symbol, true_in in enumerate(self._true_in) if 0 != bits & true_in != bits]
        )

    def implied(self, state: Arrangements) -> tuple[int, ...]:
        """Statements that are true in every arrangement of the state, ascending."""
        bits = state.bits
        return tuple(
            [symbol for symbol, true_in in enumerate(self._true_in) if not bits & ~true_in]
        )

    def sample_state(self, rng: np.random.Generator) -> Arrangements:
        """The state after one or two statements, with equal chance (docs/paper.md, section 2).

        The first is drawn uniformly from all, the second from those that tell something new.
        Some of the states have one history only (in seating:seats=5 that after `A@1`): no
        trial that needs two histories of a state can use them.
        """
        state = self.start
        for _ in range(int(rng.integers(1, 3))):
            symbols = self.telling(state)
            state = self.step(state, symbols[int(rng.integers(len(symbols)))])
        return state

    def history_lengths(self, state: Arrangements) -> Sequence[int]:
        """Lengths of the tellings of `state`, see `sample_history`; none where it is not reached.

        From the fewest statements that leave exactly this state to all that it implies.
        """
        implied = self.implied(state)
        reached, length = {self.start.bits}, 0
        while state.bits not in reached:
            further = {bits & self._true_in[symbol] for bits in reached for symbol in implied}
            if further == reached:
                return ()
            reached, length = further, length + 1
        return range(length, len(implied) + 1)

    def sample_history(
        self, state: Arrangements, length: int, rng: np.random.Generator
    ) -> tuple[int, ...]:
        """A telling of `state` in `length` statements, all equally probable.

        A telling is a sequence of different statements that leave exactly this state; each is
        true in every arrangement of it, then, and some may tell nothing new. Sequences of
        statements that are implied are drawn until one leaves no other arrangement. Raises
        NoTrial where there is none of this length.
        """
        if length not in self.history_lengths(state):
            message = f"no telling of {length} statements reaches {state!r} of {self.name}"
            raise NoTrial(message)
        implied = np.array(self.implied(state), dtype=int)
        while True:
            history: list[int] = rng.permutation(implied)[:length].tolist()
            bits = self.start.bits
            for symbol in history:
                bits &= self._true_in[symbol]
            if bits == state.bits:
                return tuple(history)


def _statements(seats: int) -> Iterator[Statement]:
    """Everybody in every seat, then every pair at every distance."""
    for person in range(seats):
        for seat in range(1, seats + 1):
            yield Statement(person, None, seat)
    for person, other in combinations(range(seats), 2):
        for distance in range(1, seats):
            yield Statement(person, other, distance)
