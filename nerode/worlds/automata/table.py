"""Worlds as tables: a finite automaton told by a dict, made minimal, compared with others."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import numpy as np

from nerode.errors import NoTrial, WorldError
from nerode.worlds.automata.finite import ILLEGAL, Automaton, WordSampler, write_out
from nerode.worlds.policies import Numbered, Policy
from nerode.worlds.world import AnyWorld, State, World

if TYPE_CHECKING:
    from nerode.worlds.automata.words import WholeWords
    from nerode.worlds.habits import Habit

WHOLE_WORDS = "words"
"""The policy that draws whole words."""

MOST_SHARES = 10_000_000
"""Bound on states x lengths of a table's histories, so that long tables stay in memory."""

MOST_PAIRS_COMPARED = 1_000_000
"""How many pairs of states `difference` looks at before it gives up."""


@final
class Table(World[str]):
    """A finite automaton whose states are names. Built by `table`.

    Offers `sample_state` and `sample_history` (both exact). Histories are as long as
    twice the way to the farthest state, and at least 8 symbols. Where sequences end, policy
    `words` draws whole ones.
    """

    def __init__(
        self,
        rules: Mapping[str, Mapping[int, str]],
        alphabet: tuple[str, ...],
        start: str,
        name: str,
    ) -> None:
        self.name = name
        self.alphabet = alphabet
        self.start = start
        self._rules = {state: dict(sorted(moves.items())) for state, moves in rules.items()}
        self._legal = {state: tuple(moves) for state, moves in self._rules.items()}

    @property
    def states(self) -> tuple[str, ...]:
        """All states, in the order of the literal; some may be out of reach."""
        return tuple(self._rules)

    @property
    def rules(self) -> Mapping[str, Mapping[int, str]]:
        """State to {symbol: next state}."""
        return self._rules

    def legal(self, state: str) -> tuple[int, ...]:
        """Symbols that may follow in this state, ascending."""
        return self._legal[state]

    def step(self, state: str, symbol: int) -> str:
        """State after one more symbol."""
        following = self._rules[state].get(symbol)
        if following is None:
            raise self.illegal(state, symbol)
        return following

    @cached_property
    def _automaton(self) -> Automaton[str]:
        return write_out(self)

    # Whole words, where the world has such

    @property
    def policies(self) -> Mapping[str, Policy]:
        """`words`: a word of the language with its END, of any length up to 50 symbols.

        No policy where nothing ends, or where something may follow END.
        """
        return {} if self._whole_words is None else {WHOLE_WORDS: Numbered(self._whole_words.draw)}

    def habit(self, policy: str, seed: int) -> Habit | None:  # noqa: ARG002 - no seed matters
        """That of policy `words`."""
        return self._whole_words if policy == WHOLE_WORDS else None

    @cached_property
    def _whole_words(self) -> WholeWords | None:
        if self.end is None:
            return None
        from nerode.worlds.automata.words import WholeWords  # noqa: PLC0415 - loads numba

        return WholeWords.of(self._automaton, self.end)

    @cached_property
    def _words(self) -> WordSampler[str]:
        automaton = self._automaton
        fitting = MOST_SHARES // len(automaton.states)
        return WordSampler(automaton, max(8, min(2 * automaton.depth, fitting)))

    @cached_property
    def _trial_states(self) -> tuple[str, ...]:
        words = self._words
        return tuple(s for s in self._automaton.states if self._legal[s] and words.lengths(s))

    def sample_state(self, rng: np.random.Generator) -> str:
        """A state that has a history and a legal symbol, drawn uniformly.

        Raises NoTrial where there is none.
        """
        if not self._trial_states:
            message = f"no state of {self.name} has both a history and a legal symbol"
            raise NoTrial(message)
        return self._trial_states[rng.integers(len(self._trial_states))]

    def history_lengths(self, state: str) -> tuple[int, ...]:
        """Lengths, from 1 symbol on, of the histories that reach `state`."""
        return self._words.lengths(state)

    def sample_history(self, state: str, length: int, rng: np.random.Generator) -> tuple[int, ...]:
        """A history of `length` symbols that reaches `state`, all equally probable.

        Raises NoTrial where there is none.
        """
        return self._words.sample(state, length, rng)


def table(
    rules: Mapping[str, Mapping[str, str]],
    *,
    start: str = "start",
    name: str = "table",
    alphabet: Sequence[str] | None = None,
) -> Table:
    """A world from a dict: state -> {symbol: next state}; a symbol left out is illegal.

    >>> door = table({"open": {"shut": "shut"}, "shut": {"open": "open"}}, start="open")
    >>> door.decode(door.legal("open"))
    'shut'

    The alphabet is in the order in which the dict first names the symbols, unless it is
    given. States are kept as they are, so two of them may have equal futures (which a
    world must not have: `check_world` finds it, `minimise` mends it).

    Raises WorldError where the start or a next state has no row of its own, and where a
    name is empty, holds white space or comes up twice in the alphabet.
    """
    symbols = tuple(dict.fromkeys(symbol for moves in rules.values() for symbol in moves))
    alphabet = symbols if alphabet is None else tuple(alphabet)
    _check_alphabet(alphabet, symbols, name)
    if start not in rules:
        message = f"expected a row for the start state {start!r} of {name}, got {sorted(rules)}"
        raise WorldError(message)
    number = {symbol: place for place, symbol in enumerate(alphabet)}
    for state, moves in rules.items():
        for symbol, following in moves.items():
            if following not in rules:
                message = (
                    f"expected a row for the state {following!r} of {name}, "
                    f"got none (state {state!r}, symbol {symbol!r} leads there)"
                )
                raise WorldError(message)
    numbered = {
        state: {number[symbol]: following for symbol, following in moves.items()}
        for state, moves in rules.items()
    }
    return Table(numbered, alphabet, start, name)


def _check_alphabet(alphabet: tuple[str, ...], used: tuple[str, ...], name: str) -> None:
    """Raise WorldError unless the alphabet holds every symbol used, each once, in one word."""
    for symbol in alphabet:
        if symbol.split() != [symbol]:
            message = f"expected symbols of {name} without white space, got {symbol!r}"
            raise WorldError(message)
    if len(set(alphabet)) != len(alphabet):
        message = f"expected every symbol of {name} once in the alphabet, got {alphabet}"
        raise WorldError(message)
    if missing := [symbol for symbol in used if symbol not in set(alphabet)]:
        message = f"expected the symbols of {name} in the alphabet {alphabet}, got {missing[0]!r}"
        raise WorldError(message)


def minimise(world: AnyWorld) -> Table:
    """The table with the fewest states that has the same language as `world`.

    Each state of the table is a class of states with equal futures, and goes by the text
    of the one nearest to the start. Raises WorldError for a world of more than 50,000
    states.
    """
    automaton = write_out(world)
    classes = automaton.classes.tolist()
    nearest = sorted(np.unique(classes, return_index=True)[1].tolist())
    texts = [str(automaton.states[number]) for number in nearest]
    if len(set(texts)) != len(texts):
        texts = [f"q{place}" for place in range(len(texts))]
    named = {classes[number]: text for number, text in zip(nearest, texts, strict=True)}
    rules = {
        text: {
            symbol: named[classes[following]]
            for symbol, following in enumerate(automaton.successors[number].tolist())
            if following != ILLEGAL
        }
        for number, text in zip(nearest, texts, strict=True)
    }
    return Table(rules, world.alphabet, named[classes[0]], world.name)


def difference(
    world1: World[State], world2: AnyWorld, *, most_pairs: int = MOST_PAIRS_COMPARED
) -> str | None:
    """Shortest text that exactly one of two worlds accepts; None where there is none.

    Breadth-first over pairs of states. Symbols are the same where their names are; one
    that the other world lacks is illegal there. Among texts of one length it is the first
    in the order of `world1`'s alphabet, then `world2`'s. Raises NoTrial where `most_pairs`
    pairs of states decide nothing.
    """
    start = (world1.start, world2.start)
    reached: dict[tuple[State, Any], tuple[str, ...]] = {start: ()}
    queue = deque([start])
    while queue:
        state1, state2 = pair = queue.popleft()
        names1 = {world1.alphabet[symbol]: symbol for symbol in world1.legal(state1)}
        names2 = {world2.alphabet[symbol]: symbol for symbol in world2.legal(state2)}
        for name in [*names1, *names2]:
            text = (*reached[pair], name)
            if name not in names1 or name not in names2:
                return " ".join(text)
            following = world1.step(state1, names1[name]), world2.step(state2, names2[name])
            if following not in reached:
                if len(reached) == most_pairs:
                    message = (
                        f"{most_pairs} pairs of states do not tell whether {world1.name} "
                        f"and {world2.name} differ"
                    )
                    raise NoTrial(message)
                reached[following] = text
                queue.append(following)
    return None


def equivalent(world1: AnyWorld, world2: AnyWorld) -> bool:
    """Whether two worlds have the same language; `difference` shows a text that parts them."""
    return difference(world1, world2) is None
