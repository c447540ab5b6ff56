from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nerode.errors import InvalidParameter, WorldError
from nerode.worlds.automata.finite import write_out
from nerode.worlds.automata.table import Table, minimise, table
from nerode.worlds.check.check import WorldReport, check_world
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.world import World

TURNS = {
    "start": {"left": "west", "right": "east"},
    "west": {"right": "start", "end": "over"},
    "east": {"left": "start"},
    "over": {},
}


class Counter(World[int]):
    """A healthy world of one dial, whose parts the tests replace one by one."""

    name = "counter"
    alphabet = ("end", "up", "down")
    start = 0
    top: int = 3

    def legal(self, state: int) -> tuple[int, ...]:
        if state < 0:
            return ()
        return tuple(s for s, ok in enumerate((state == 0, state < self.top, state > 0)) if ok)

    def step(self, state: int, symbol: int) -> int:
        if symbol not in self.legal(state):
            raise self.illegal(state, symbol)
        return (-1, state + 1, state - 1)[symbol]


def test_a_healthy_world_passes_and_is_reported() -> None:
    # 5 states, each with 3 symbols and the two just outside the alphabet.
    report = check_world(Counter())
    assert report == WorldReport(
        "counter", states=5, symbols=25, pairs=10, undecided=0, depth=12, whole=True
    )
    assert report.doubts == ()
    assert str(report) == (
        "counter: no promise broken in 5 states, 25 symbols tried, 10 pairs of states all told "
        "apart."
    )


def test_a_table_passes() -> None:
    assert check_world(table(TURNS)).states == 4


@pytest.mark.slow
@given(st.data())
def test_every_split_state_is_caught(
    automata: st.SearchStrategy[Table], data: st.DataObject
) -> None:
    world = minimise(data.draw(automata))
    check_world(world, states=20)
    split = data.draw(st.sampled_from(world.states))
    rules = {
        state: {world.alphabet[symbol]: world.step(state, symbol) for symbol in world.legal(state)}
        for state in world.states
    }
    rules["twin"] = dict(rules[split])
    into = [(state, name) for state in world.states for name in rules[state]]
    into = [(state, name) for state, name in into if rules[state][name] == split]
    assume(into)
    state, name = data.draw(st.sampled_from(into))
    rules[state][name] = "twin"
    twins = table(rules, start=world.start, alphabet=world.alphabet)
    assume({split, "twin"} <= set(write_out(twins).states))
    with pytest.raises(WorldError, match=r"'twin' \(reached by .* which no continuation tells"):
        check_world(twins, states=20)


def test_a_split_state_is_named_with_both_ways_to_it() -> None:
    rules = {**TURNS, "start": {"left": "west", "right": "other"}, "other": {"left": "start"}}
    rules["west"] = {"right": "start", "left": "east", "end": "over"}
    with pytest.raises(WorldError) as caught:
        check_world(table(rules))
    assert str(caught.value) == (
        "expected different states of table to have different futures, got state 'other' "
        "(reached by 'right') and state 'east' (reached by 'left left'), "
        "which no continuation tells apart"
    )


class SplitBoard(World[tuple[int, ...]]):
    """A tall board whose states remember, to no effect, how the first piece was played."""

    name = "split board"

    def __init__(self) -> None:
        self.board = ConnectFour(3)
        self.alphabet = self.board.alphabet
        self.start = (*self.board.start, 0)

    def legal(self, state: tuple[int, ...]) -> tuple[int, ...]:
        return self.board.legal(state[:-1])

    def step(self, state: tuple[int, ...], symbol: int) -> tuple[int, ...]:
        mark = state[-1] or 1 + (symbol > 3)
        return (*self.board.step(state[:-1], symbol), mark)


@pytest.mark.slow
def test_a_split_is_caught_in_a_world_too_large_to_write_out() -> None:
    with pytest.raises(WorldError, match="which no continuation tells apart"):
        check_world(SplitBoard(), states=400, depth=21)


def impure_legal() -> World[int]:
    asked = count()

    class Impure(Counter):
        def legal(self, state: int) -> tuple[int, ...]:
            symbols = super().legal(state)
            return symbols[1:] if next(asked) % 7 == 6 else symbols

        def step(self, state: int, symbol: int) -> int:
            return Counter().step(state, symbol)

    return Impure()


def once_impure_legal() -> World[int]:
    """Answers the second question about the start otherwise than all others."""
    asked = count(1)

    class Impure(Counter):
        def legal(self, state: int) -> tuple[int, ...]:
            return (1,) if state == 0 and next(asked) == 2 else super().legal(state)

        def step(self, state: int, symbol: int) -> int:
            return Counter().step(state, symbol)

    return Impure()


def impure_step() -> World[int]:
    asked = count()

    class Impure(Counter):
        top = 50

        def step(self, state: int, symbol: int) -> int:
            following = super().step(state, symbol)
            return following if next(asked) % 2 else following + 1

    return Impure()


def changing_world() -> World[int]:
    """Answers alike when asked twice in a row, and otherwise later on."""

    class Changing(Counter):
        asked = 0

        def step(self, state: int, symbol: int) -> int:
            following = super().step(state, symbol)
            self.asked += state == 0
            return 2 if following == 1 and self.asked > 20 else following

    return Changing()


def changed(**parts: Any) -> Callable[[], World[int]]:
    """The counter with some of its parts replaced."""
    changed_counter: Callable[[], World[int]] = type("Changed", (Counter,), parts)
    return changed_counter


def stepping(state: int, symbol: int, outcome: Callable[[], int]) -> Callable[[], World[int]]:
    """The counter whose `step` has another outcome in one case."""

    def step(self: Counter, here: int, read: int) -> int:
        return outcome() if (here, read) == (state, symbol) else Counter.step(self, here, read)

    return changed(step=step)


def legal_in(state: int, symbols: Any) -> Callable[[], World[int]]:
    """The counter whose `legal` gives other symbols in one state."""

    def legal(self: Counter, here: int) -> Any:
        return symbols if here == state else Counter.legal(self, here)

    return changed(legal=legal, step=lambda _, here, read: Counter().step(here, read))


def key_error() -> int:
    raise KeyError("lost")


def index_error_below_zero(_: Counter, state: int, symbol: int) -> int:
    if symbol < 0:
        return Counter().step(state, Counter().legal(state)[0])
    return Counter().step(state, symbol)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (changed(alphabet=("end", "up", "up")), "every symbol of counter once, got 'up' twice"),
        (changed(alphabet=("end", "up", "go down")), "without white space, got 'go down'"),
        (changed(alphabet=("end", "up", "")), "without white space, got ''"),
        (impure_legal, "same legal symbols when asked again"),
        (once_impure_legal, r"same legal symbols when asked again, \(0, 1\) .* got \(1,\)"),
        (impure_step, "same state after end when asked again"),
        (changing_world, "same state when asked again"),
        (changed(start=[0]), "hashable state in .* got TypeError"),
        (legal_in(2, (1, 0)), r"ascending legal symbols from 0 to 2 in state 2 .* got \(1, 0\)"),
        (legal_in(2, (1, 1)), "ascending legal symbols"),
        (legal_in(2, (2, 3)), "ascending legal symbols"),
        (legal_in(2, (-1, 2)), "ascending legal symbols"),
        (legal_in(2, [1, 2]), r"a tuple of int as legal symbols .* got \[1, 2\]"),
        (legal_in(2, (np.int64(1), 2)), "a tuple of int as legal symbols"),
        (legal_in(2, (0, 1, 2)), "a step by the legal symbol end .* got IllegalSymbol"),
        (legal_in(2, (1,)), "IllegalSymbol from down, which is not legal, .* got the state 1"),
        (legal_in(-1, (1,)), "nothing legal after end in state 0"),
        (stepping(2, 1, key_error), "a step by the legal symbol up .* got KeyError: 'lost'"),
        (stepping(3, 1, key_error), "IllegalSymbol from up, which is not legal, .* got KeyError"),
        (stepping(3, 3, int), "IllegalSymbol from #3, which is not legal,"),
        (changed(step=index_error_below_zero), "IllegalSymbol from #-1, which is not legal,"),
    ],
)
def test_a_broken_promise_is_caught(broken: Callable[[], World[int]], message: str) -> None:
    with pytest.raises(WorldError, match=message):
        check_world(broken())


class LongCounter(Counter):
    """A long dial that keeps silent about one legal symbol, far from the start."""

    top = 1_000

    def legal(self, state: int) -> tuple[int, ...]:
        return (2,) if state == 200 else super().legal(state)

    def step(self, state: int, symbol: int) -> int:
        return state + 1 if (state, symbol) == (200, 1) else super().step(state, symbol)


def test_a_lying_legal_far_from_the_start_is_caught() -> None:
    with pytest.raises(WorldError, match=r"IllegalSymbol from up, .* got the state 201"):
        check_world(LongCounter(), states=500)


class Offering(Counter):
    """The counter with everything a world may offer, rightly."""

    def sample_state(self, rng: np.random.Generator) -> int:
        return int(rng.integers(1, 4))

    def history_lengths(self, state: int) -> tuple[int, ...]:
        return (state, state + 2)

    def sample_history(self, state: int, length: int, _: np.random.Generator) -> tuple[int, ...]:
        return (1, 2) * ((length - state) // 2) + (1,) * state

    def separation(self, state1: int, state2: int) -> int | None:
        if state1 == state2:
            return None
        low, high = sorted((state1, state2))
        return 1 if low <= 0 else min(low + 1, 4 - high)

    def sample_trip(self, rng: np.random.Generator) -> tuple[int, ...]:
        return (1,) * int(rng.integers(1, 4))

    def toward_goal(self, state: int) -> int | None:
        return 2 if state > 0 else (0 if state == 0 else None)

    def steps_to_goal(self, state: int) -> int | None:
        return state + 1

    def cost_to_goal(self, state: int) -> int | None:
        return 5 * state + 1

    def cost(self, _: int, symbol: int) -> int:
        return 5 if symbol else 1

    def steps_allowed(self, prompt: tuple[int, ...]) -> int:
        return len(prompt) + 1


def test_a_world_that_offers_everything_passes() -> None:
    assert check_world(Offering()).undecided == 0


@pytest.mark.parametrize(
    ("part", "lie", "message"),
    [
        ("sample_history", lambda *_: (1,), "a history of [2-5] symbols in state"),
        ("sample_history", lambda *a: (1,) * a[2], "got IllegalSymbol|the same state"),
        ("separation", lambda *_: 1, "a separation of 2 from state .* got 1"),
        ("separation", lambda *_: None, "a separation of . from state .* got None"),
        ("toward_goal", lambda _, s: 1 if s == 2 else Offering().toward_goal(s), "after steps_to"),
        ("toward_goal", lambda _, s: 0 if s > 0 else None, "a legal way to the goal .* Illegal"),
        ("toward_goal", lambda *_: None, "a goal after steps_to_goal symbols"),
        ("steps_to_goal", lambda *_: None, "a trip of 1 to . symbols .* got None"),
        ("steps_to_goal", lambda _, s: s, "a goal after steps_to_goal symbols"),
        ("cost_to_goal", lambda _, s: 5 * s, "sum of the costs .* got -1 too much"),
        ("steps_allowed", lambda *_: 2, "a trip of 1 to 2 symbols .* got [34] at a cost of"),
    ],
)
def test_a_false_offer_is_caught(part: str, lie: Callable[..., Any], message: str) -> None:
    with pytest.raises(WorldError, match=message):
        check_world(type("Lying", (Offering,), {part: lie})())


class Tally(Counter):
    """A count that grows for ever and changes nothing, up to a number where it may end."""

    last: int | None = None

    def legal(self, state: int) -> tuple[int, ...]:
        if state < 0:
            return ()
        return (0, 1) if state == self.last else (1,)


def test_a_world_without_a_difference_is_refused() -> None:
    # Every state is new and there is no end of them: no pair can be decided for certain.
    with pytest.raises(WorldError) as caught:
        check_world(Tally(), states=30)
    assert str(caught.value) == (
        "expected some states of counter to have different futures, got 30 of which no "
        "continuation tried, of up to 12 symbols, tells any two apart; where they differ later, "
        "try a greater depth"
    )


def test_what_could_not_be_decided_is_said_in_words() -> None:
    report = check_world(type("Late", (Tally,), {"last": 14})(), states=40, depth=5)
    assert 0 < report.undecided < report.pairs == 780
    more, pairs = report.doubts
    assert more == (
        "Only the 40 states explored were looked at: of any others nothing is known. "
        "`states=` explores more."
    )
    assert pairs.startswith(
        f"{report.undecided} of 780 pairs of states were told apart by none of the continuations "
        "tried, of up to 5 symbols: the states of such a pair may be one"
    )
    assert str(report).splitlines()[1:] == [more, pairs]


def test_a_world_of_one_state_says_what_cannot_be_measured_in_it() -> None:
    report = check_world(table({"start": {"on": "start"}}))
    assert report.doubts == ("There is one state only: distinction cannot be measured.",)
    assert "1 state, " in str(report)


@pytest.mark.slow
def test_pairs_that_are_too_far_apart_are_counted() -> None:
    report = check_world(ConnectFour(1000), states=20, depth=3)
    # The empty board and the first ones from it are alike for some 990 symbols.
    assert 0 < report.undecided <= report.pairs == 190


@pytest.mark.slow
def test_the_seed_decides_what_is_explored() -> None:
    first, again, other = (check_world(ConnectFour(4), states=60, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("parameters", [{"states": 0}, {"depth": 0}])
def test_parameters_must_be_positive(parameters: dict[str, int]) -> None:
    with pytest.raises(InvalidParameter, match="at least 1 state and a depth of 1"):
        check_world(Counter(), **parameters)
