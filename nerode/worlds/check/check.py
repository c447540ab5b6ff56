"""The conformance test of worlds: the promises that metrics rely on."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Generic

import numpy as np

from nerode.errors import InvalidParameter, NoTrial, WorldError
from nerode.worlds.automata.finite import write_out
from nerode.worlds.boundaries import search_separation
from nerode.worlds.check.state import Visit
from nerode.worlds.world import (
    AnyWorld,
    HasGoal,
    SamplesHistories,
    SamplesStates,
    Separates,
    State,
    World,
)

FAN = 8
"""Symbols followed from one state in the breadth-first part of the exploration."""
LONGEST_CHECKED_PLAY = 48
"""Symbols of the longest random play."""
SMALL = 2_000
"""States of the largest world that is decided as a whole, rather than by pairs of states."""
CLAIMS = 200
"""Pairs whose separation is compared with what a small world says of it."""
FIRST_CAP = 32
"""Product states looked at for every pair of states."""
SECOND_CAP = 4_000
"""Product states looked at, once more, for some of the pairs left undecided ..."""
SECOND_PAIRS = 25
"""... and for how many of them."""
TRIPS = 20
"""Trips followed to their goal."""


@dataclass(frozen=True)
class WorldReport:
    """What `check_world` looked at in a world that broke no promise."""

    world: str
    """Its name."""
    states: int
    """States explored."""
    symbols: int
    """Symbols tried, legal and illegal, over all of these states."""
    pairs: int
    """Pairs of these states; any two must differ in their futures."""
    undecided: int
    """Pairs that no continuation within the depth and the effort spent told apart."""
    depth: int
    """Symbols of the longest continuation tried on a pair."""
    whole: bool
    """Whether all states of the world were compared, however many were explored."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What could not be decided, a sentence each; none where everything was."""
        doubts = []
        if not self.whole:
            doubts.append(
                f"Only the {_counted(self.states, 'state')} explored were looked at: of any others "
                "nothing is known. `states=` explores more."
            )
        if self.undecided:
            doubts.append(
                f"{self.undecided:,} of {self.pairs:,} pairs of states were told apart by none of "
                f"the continuations tried, of up to {self.depth} symbols: the states of such a "
                "pair may be one, written in two ways, and what is measured on it wrong. "
                "`depth=` tries longer ones."
            )
        if self.pairs == 0 and self.whole:
            doubts.append("There is one state only: distinction cannot be measured.")
        return tuple(doubts)

    def __str__(self) -> str:
        extent = "all told apart" if self.pairs and not self.undecided else "compared"
        done = (
            f"{self.world}: no promise broken in {_counted(self.states, 'state')}, "
            f"{_counted(self.symbols, 'symbol')} tried, {_counted(self.pairs, 'pair')} of states "
            f"{extent}."
        )
        return "\n".join((done, *self.doubts))


def check_world(
    world: AnyWorld, *, states: int = 200, depth: int = 12, seed: int = 0
) -> WorldReport:
    """Explore a world and raise WorldError at the first broken promise.

    Up to `states` states are found breadth-first, by `sample_state` and by random play.
    Checked are

    - the alphabet: every name a word, no two alike;
    - purity: asking twice, and replaying a history, give the same answer;
    - `legal`: ascending, in range, in agreement with `step` (every legal symbol leads to a
      state; of the others, 64 or all of them, each raises IllegalSymbol);
    - END: nothing is legal after it;
    - what the world offers: its histories reach their states, its separations are right,
      and the canonical way of a trip arrives in time and at the cost it states;
    - futures: any two of the states differ. Two that provably have the same futures are an
      error, and so is a world in which no two of the states found are told apart (nor
      said to differ by the world). Two that continuations of `depth` symbols, or some thousands
      of pairs of states, do not tell apart are counted as `undecided`.

    A world of at most 2,000 states is decided as a whole, none of its pairs left open. In a
    larger one the effort grows with the square of `states`. What was not decided the report says
    in words (`print` it, or see its `doubts`).
    """
    if states < 1 or depth < 1:
        message = f"expected at least 1 state and a depth of 1 or more, got {states} and {depth}"
        raise InvalidParameter(message)
    rng = np.random.default_rng(seed)
    _check_alphabet(world)
    exploration = _Exploration(world, states, rng)
    exploration.explore()
    visits = list(exploration.visits.values())
    for visit in visits:
        visit.check_replay()
    if isinstance(world, HasGoal):
        for _ in range(TRIPS):
            _check_trip(world, world, world.sample_trip(rng))
    pairs = len(visits) * (len(visits) - 1) // 2
    whole = _is_minimal(world)
    undecided = _check_futures(world, visits, depth, rng, whole=whole)
    return WorldReport(world.name, len(visits), exploration.symbols, pairs, undecided, depth, whole)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("s" if number != 1 else "")


def _check_alphabet(world: AnyWorld) -> None:
    for name in world.alphabet:
        if name.split() != [name]:
            message = f"expected symbols of {world.name} without white space, got {name!r}"
            raise WorldError(message)
        if world.alphabet.count(name) > 1:
            message = f"expected every symbol of {world.name} once, got {name!r} twice"
            raise WorldError(message)


class _Exploration(Generic[State]):
    """States found so far, each checked when it is found, before it is played from."""

    def __init__(self, world: World[State], most: int, rng: np.random.Generator) -> None:
        self.world = world
        self.most = most
        self.rng = rng
        self.visits: dict[State, Visit[State]] = {}
        self.symbols = 0

    def explore(self) -> None:
        """Find states: half of them breadth-first, a quarter drawn, the rest by random play."""
        self.visit(self.world.start, ())
        self.search(self.most // 2)
        if isinstance(self.world, SamplesStates):
            with suppress(NoTrial):  # a world may have no state that suits a trial
                for _ in range(self.most // 4):
                    self.draw(self.world.sample_state(self.rng))
        for _ in range(self.most):
            self.play(int(self.rng.integers(1, LONGEST_CHECKED_PLAY + 1)))

    def visit(self, state: State, history: tuple[int, ...] | None) -> bool:
        """Check a state and keep it; whether it is new and there is room for it."""
        visit = Visit(self.world, state, history)
        with visit.expecting("a hashable state"):
            if state in self.visits or len(self.visits) >= self.most:
                return False
        self.symbols += visit.check(self.rng)
        self.visits[state] = visit
        return True

    def search(self, most: int) -> None:
        """Breadth-first from the start, along a few symbols of every state."""
        queue: deque[tuple[State, tuple[int, ...]]] = deque([(self.world.start, ())])
        while queue and len(self.visits) < most:
            state, history = queue.popleft()
            symbols = np.array(self.world.legal(state), dtype=int)
            for symbol in self.rng.permutation(symbols)[:FAN].tolist():
                following, longer = self.world.step(state, symbol), (*history, symbol)
                if self.visit(following, longer):
                    queue.append((following, longer))

    def play(self, length: int) -> None:
        """Uniformly random play of at most `length` symbols from the start."""
        state, history = self.world.start, tuple[int, ...]()
        for _ in range(length):
            symbols = self.world.legal(state)
            if not symbols or len(self.visits) >= self.most:
                return
            symbol = symbols[int(self.rng.integers(len(symbols)))]
            state, history = self.world.step(state, symbol), (*history, symbol)
            self.visit(state, history)

    def draw(self, state: State) -> None:
        """Visit a state that the world drew, by a history that it offers, where it does."""
        history = None
        if isinstance(self.world, SamplesHistories):
            history = self.draw_history(state, self.world)
        if not self.visit(state, history):
            Visit(self.world, state, history).check_replay()

    def draw_history(self, state: State, source: SamplesHistories[State]) -> tuple[int, ...] | None:
        """A history of a random length that the world offers; None where it has none."""
        lengths = source.history_lengths(state)
        if not len(lengths):
            return None
        length = lengths[int(self.rng.integers(len(lengths)))]
        try:
            history = source.sample_history(state, length, self.rng)
        except NoTrial:
            return None
        if len(history) != length:
            came = f"one of {len(history)}"
            raise Visit(self.world, state, None).broken(f"a history of {length} symbols", came)
        return history


def _check_trip(world: World[State], goal: HasGoal[State], prompt: tuple[int, ...]) -> None:
    """Follow the canonical way from a prompt and compare it with what the world says of it."""
    visit = Visit(world, world.run(prompt), prompt)
    steps, cost = goal.steps_to_goal(visit.state), goal.cost_to_goal(visit.state)
    allowed = goal.steps_allowed(prompt)
    if steps is None or cost is None or not 1 <= steps <= allowed:
        raise visit.broken(f"a trip of 1 to {allowed} symbols", f"{steps} at a cost of {cost}")
    state = visit.state
    with visit.expecting("a legal way to the goal"):
        for _ in range(steps):
            symbol = goal.toward_goal(state)
            if symbol is None:
                break
            cost -= goal.cost(state, symbol)
            state = world.step(state, symbol)
            steps -= 1
    if steps or goal.toward_goal(state) is not None:
        raise visit.broken("a goal after steps_to_goal symbols", f"state {state!r}")
    if cost:
        raise visit.broken("cost_to_goal to be the sum of the costs", f"{cost} too much")


def _check_futures(
    world: AnyWorld,
    visits: list[Visit[Any]],
    depth: int,
    rng: np.random.Generator,
    *,
    whole: bool,
) -> int:
    """Check that states differ in their futures; how many pairs remain undecided.

    Of a world that was decided as a `whole` only claims are left to check. In a larger one all
    pairs of the states found are compared for a short while, and some of those undecided for
    longer.
    """
    pairs = list(combinations(visits, 2))
    if whole:
        if isinstance(world, Separates):
            for place in rng.permutation(len(pairs))[:CLAIMS].tolist():
                _differ(*pairs[place], depth=depth, cap=SECOND_CAP)
        return 0
    undecided = [pair for pair in pairs if not _differ(*pair, depth=depth, cap=FIRST_CAP)]
    again = rng.permutation(len(undecided))[:SECOND_PAIRS].tolist()
    decided = [_differ(*undecided[place], depth=depth, cap=SECOND_CAP) for place in again]
    left = len(undecided) - sum(decided)
    if pairs and left == len(pairs) and not _says_that_any_differ(world, pairs):
        raise WorldError(
            f"expected some states of {world.name} to have different futures, got {len(visits):,} "
            f"of which no continuation tried, of up to {depth} symbols, tells any two apart; "
            "where they differ later, try a greater depth"
        )
    return left


def _says_that_any_differ(world: AnyWorld, pairs: list[tuple[Visit[Any], Visit[Any]]]) -> bool:
    """Whether the world itself knows of states that differ, if only far on."""
    return isinstance(world, Separates) and any(
        world.separation(first.state, second.state) is not None for first, second in pairs
    )


def _is_minimal(world: AnyWorld) -> bool:
    """Whether the world is small and all of its states differ. Raises WorldError if they do not."""
    with Visit(world, world.start, ()).expecting("to reach every other state"):
        try:
            automaton = write_out(world, most_states=SMALL)
        except WorldError:
            return False
    _, firsts, members = np.unique(automaton.classes, return_index=True, return_inverse=True)
    twins = np.flatnonzero(firsts[members] != np.arange(len(members))).tolist()
    if twins:
        first, second = (
            Visit(world, automaton.states[number], automaton.way_to(number))
            for number in (int(firsts[members[twins[0]]]), twins[0])
        )
        raise _same_futures(first, second)
    return True


def _same_futures(visit1: Visit[Any], visit2: Visit[Any]) -> WorldError:
    """The error to raise where two different states have the same futures."""
    return WorldError(
        f"expected different states of {visit1.world.name} to have different futures, "
        f"got {visit1.place} and {visit2.place}, which no continuation tells apart"
    )


def _differ(visit1: Visit[State], visit2: Visit[State], *, depth: int, cap: int) -> bool:
    """Whether two states are seen to differ. Raises WorldError where they provably do not."""
    world = visit1.world
    try:
        found = search_separation(world, visit1.state, visit2.state, cap=cap, depth=depth)
    except NoTrial:
        return False
    if found is None:
        raise _same_futures(visit1, visit2)
    if isinstance(world, Separates):
        claimed = world.separation(visit1.state, visit2.state)
        if claimed != found:
            raise visit1.broken(f"a separation of {found} from {visit2.place}", claimed)
    return True
