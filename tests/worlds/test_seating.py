from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, permutations, product
from math import comb, factorial, sqrt

import numpy as np
import pytest

from nerode.errors import IllegalSymbol, InvalidParameter, NoTrial
from nerode.worlds.automata.finite import write_out
from nerode.worlds.boundaries import boundary
from nerode.worlds.check.check import check_world
from nerode.worlds.seating import Arrangements, Seating
from nerode.worlds.world import HasGoal, SamplesHistories, SamplesStates

Told = frozenset[str]
"""Arrangements by hand: each the people from left to right."""


def everyone(seats: int) -> Told:
    return frozenset("".join(people) for people in permutations("ABCDEF"[:seats]))


def true_of(said: str, row: str) -> bool:
    """Whether a statement, as it is written, holds in a row of people."""
    if "@" in said:
        person, seat = said.split("@")
        return row[int(seat) - 1] == person
    pair, distance = said.split("=")
    left, right = pair.split("-")
    return row.index(left) - row.index(right) in {int(distance), -int(distance)}


def tell(said: str, rows: Told) -> Told:
    return frozenset(row for row in rows if true_of(said, row))


def by_hand(state: Arrangements) -> Told:
    return frozenset("".join("ABCDEF"[person] for person in people) for people in state)


def fits(drawn: Counter[tuple[int, ...]], expected: dict[tuple[int, ...], float]) -> bool:
    """Whether frequencies are those expected, by Pearson's chi-square within four deviations."""
    if not set(drawn) <= set(expected):
        return False
    squares = sum((drawn[one] - share) ** 2 / share for one, share in expected.items())
    freedom = len(expected) - 1
    return abs(squares - freedom) < 4 * sqrt(2 * freedom)


def test_rules() -> None:
    world = Seating(3)
    assert world.name == "seating:seats=3"
    assert world.decode(range(15)) == (
        "A@1 A@2 A@3 B@1 B@2 B@3 C@1 C@2 C@3 A-B=1 A-B=2 A-C=1 A-C=2 B-C=1 B-C=2"
    )
    assert world.end is None
    assert by_hand(world.start) == {"ABC", "ACB", "BAC", "BCA", "CAB", "CBA"}
    ends = world.run(world.encode("A-B=2"))
    assert by_hand(ends) == {"ACB", "BCA"}
    assert world.decode(world.legal(ends)) == "A@1 A@3 B@1 B@3 C@2 A-B=2 A-C=1 B-C=1"
    assert world.decode(world.implied(ends)) == "C@2 A-B=2 A-C=1 B-C=1"
    assert world.decode(world.telling(ends)) == "A@1 A@3 B@1 B@3"
    assert world.run(world.encode("C@2")) == ends
    assert world.run(world.encode("C@2 A-B=2 C@2"), ends) == ends
    assert by_hand(world.run(world.encode("A@3"), ends)) == {"BCA"}


def test_illegal_statements_are_named() -> None:
    world = Seating(3)
    with pytest.raises(IllegalSymbol) as caught:
        world.run(world.encode("A@1 B-C=2"))
    assert str(caught.value) == (
        "expected one of (A@1 B@2 B@3 C@2 C@3 A-B=1 A-B=2 A-C=1 A-C=2 B-C=1) "
        "in state {ABC ACB} of seating:seats=3, got B-C=2"
    )
    for symbol in (-1, 15):
        with pytest.raises(IllegalSymbol, match=f"got #{symbol}"):
            world.step(world.start, symbol)


@pytest.mark.parametrize("seats", [2, 7])
def test_seats_outside_the_range_are_refused(seats: int) -> None:
    with pytest.raises(InvalidParameter, match=f"seats from 3 to 6 in seating, got {seats}"):
        Seating(seats)


@pytest.mark.parametrize("seats", [3, 4, 5, 6])
def test_statements_leave_as_many_arrangements_as_there_are(seats: int) -> None:
    world = Seating(seats)
    assert len(world.alphabet) == seats**2 + comb(seats, 2) * (seats - 1)
    assert len(world.start) == factorial(seats)
    assert world.legal(world.start) == tuple(range(len(world.alphabet)))
    for symbol, said in enumerate(world.statements):
        left = len(world.step(world.start, symbol))
        if said.other is None:
            assert left == factorial(seats - 1)
        else:  # two ways round, at so many places
            assert left == 2 * (seats - said.number) * factorial(seats - 2)


@pytest.mark.parametrize(("seats", "count"), [(3, 19), (4, 221)])
def test_states_and_legal_statements_are_those_by_hand(seats: int, count: int) -> None:
    world = Seating(seats)
    automaton = write_out(world)
    found = {by_hand(state): state for state in automaton.states}
    todo, seen = [everyone(seats)], {everyone(seats)}
    while todo:
        rows = todo.pop()
        legal = [said for said in world.alphabet if tell(said, rows)]
        assert [world.alphabet[symbol] for symbol in world.legal(found[rows])] == legal
        for said in legal:
            following = tell(said, rows)
            assert by_hand(world.step(found[rows], world.index[said])) == following
            if following not in seen:
                seen.add(following)
                todo.append(following)
    assert set(found) == seen
    assert len(seen) == len(automaton.states) == count
    assert len({repr(state) for state in automaton.states}) == count


def test_boundaries_are_those_by_hand() -> None:
    """Strings of up to three statements that first part two states, by trying all of them."""
    world = Seating(3)
    rng = np.random.default_rng(0)
    states = write_out(world).states
    strings = [said for length in (1, 2, 3) for said in product(world.alphabet, repeat=length)]
    for _ in range(4):
        one, two = (states[place] for place in rng.choice(len(states), 2, replace=False))
        left, right = by_hand(one), by_hand(two)
        legal = {string for string in strings if run(string, left)}
        parting = {
            string
            for string in legal
            if not run(string, right)
            and all(run(string[:end], right) for end in range(len(string)))
        }
        found = boundary(world, one, two, 3)
        assert {tuple(world.decode(string).split()) for string in found.strings()} == parting
        assert found.total == len(parting)


def run(string: Iterable[str], rows: Told) -> Told:
    """The rows that are left; none where a statement was not legal."""
    for said in string:
        rows = tell(said, rows)
    return rows


def tellings(world: Seating, state: Arrangements, length: int) -> list[tuple[int, ...]]:
    """Sequences of different statements that leave exactly this state, by trying all."""
    rows = by_hand(state)
    true = [said for said in world.alphabet if all(true_of(said, row) for row in rows)]
    return [
        tuple(world.index[said] for said in telling)
        for telling in permutations(true, length)
        if run(telling, everyone(world.seats)) == rows
    ]


def test_lengths_are_those_of_tellings() -> None:
    world = Seating(3)
    for state in write_out(world).states:
        rows = by_hand(state)
        true = [said for said in world.alphabet if all(true_of(said, row) for row in rows)]
        lengths = [
            length
            for length in range(len(true) + 1)
            if any(run(some, everyone(3)) == rows for some in combinations(true, length))
        ]
        assert list(world.history_lengths(state)) == lengths
    assert list(world.history_lengths(world.start)) == [0]


@pytest.mark.parametrize(
    ("seats", "history", "length", "count"),
    [(3, "A@1", 2, 2), (3, "C@2", 3, 24), (3, "A@1 B@2", 3, 96), (4, "A@1 B@2", 3, 24)],
)
def test_histories_are_uniform_tellings_of_their_length(
    seats: int, history: str, length: int, count: int
) -> None:
    world = Seating(seats)
    state = world.run(world.encode(history))
    expected = tellings(world, state, length)
    assert len(expected) == count
    rng = np.random.default_rng(0)
    drawn = Counter(world.sample_history(state, length, rng) for _ in range(40 * count))
    assert fits(drawn, dict.fromkeys(expected, 40.0))


def test_what_has_no_telling_is_no_trial() -> None:
    world = Seating(4)
    rng = np.random.default_rng(0)
    state = world.run(world.encode("A@1"))
    assert list(world.history_lengths(state)) == [1]
    assert world.sample_history(state, 1, rng) == world.encode("A@1")
    assert world.sample_history(world.start, 0, rng) == ()
    for length in (0, 2):
        with pytest.raises(NoTrial, match=f"no telling of {length} statements reaches"):
            world.sample_history(state, length, rng)
    apart = Arrangements(4, 0b11 | 1 << 23)  # ABCD, ABDC and DCBA: no statements leave these
    assert list(world.history_lengths(apart)) == []
    with pytest.raises(NoTrial, match=r"reaches \{ABCD ABDC DCBA\} of seating:seats=4"):
        world.sample_history(apart, 3, rng)


def test_states_are_drawn_after_one_or_two_statements_that_tell_something() -> None:
    world = Seating(3)
    expected: Counter[tuple[int, ...]] = Counter()
    for first in world.alphabet:
        rows = tell(first, everyone(3))
        expected[key(rows)] += 2_000 / 2 / 15  # type: ignore[assignment]
        further = [tell(said, rows) for said in world.alphabet]
        shrunk = [left for left in further if left and left != rows]
        for left in shrunk:
            expected[key(left)] += 2_000 / 2 / 15 / len(shrunk)  # type: ignore[assignment]
    rng = np.random.default_rng(0)
    drawn = Counter(key(by_hand(world.sample_state(rng))) for _ in range(2_000))
    assert fits(drawn, dict(expected))


def key(rows: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted(int(row, 16) for row in rows))


@pytest.mark.parametrize("seats", [3, 4, 5, 6])
def test_offered_histories_reach_their_states(seats: int) -> None:
    world = Seating(seats)
    rng = np.random.default_rng(seats)
    for _ in range(40):
        state = world.sample_state(rng)
        lengths: Sequence[int] = world.history_lengths(state)
        assert 1 <= lengths[0] <= 2
        history = world.sample_history(state, lengths[int(rng.integers(len(lengths)))], rng)
        assert world.run(history) == state
        assert len(set(history)) == len(history)


def test_sets_are_shown_short() -> None:
    assert repr(Arrangements(3, 0b101)) == "{ABC BAC}"
    whole = repr(Seating(6).start)
    assert whole.startswith("{ABCDEF ABCDFE ABCEDF ABCEFD ABCFDE ABCFED and 714 more: ")
    assert len(whole) < 80


def test_offers() -> None:
    world = Seating()
    assert isinstance(world, SamplesStates)
    assert isinstance(world, SamplesHistories)
    assert not isinstance(world, HasGoal)


@pytest.mark.slow
@pytest.mark.parametrize(
    "seats",
    [3, 4, pytest.param(5, marks=pytest.mark.slow), pytest.param(6, marks=pytest.mark.slow)],
)
def test_passes_check(seats: int) -> None:
    report = check_world(Seating(seats), states=150)
    assert report.undecided == 0
    assert report.states == min(150, 19 if seats == 3 else 150)
