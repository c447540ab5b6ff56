"""What a chat model is asked: the trials of a run and the questions that they need.

A trial is drawn from (seed, metric, trial) alone, so that a run with more trials begins with the
same ones. It holds symbols and states only; prompts are written when they are asked for. Many
trials may need one question: within a run it is one, and is asked once.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerode.chat.narration import Narration, Riddle
from nerode.chat.retold import retold_histories
from nerode.errors import InvalidParameter, NoTrial, UnknownName
from nerode.sequences.histories import HistoryPair, HistorySource, uniform_histories
from nerode.worlds.boundary import String, boundary, separation
from nerode.worlds.world import World

METRICS = ("capability", "compression", "distinction")
CHOICE = "choice"
"""Kind of a question that is answered by yes or no."""
PLACE = "place"
"""Kind of a question that is answered by a number from 1 on."""
YES, NO = "yes", "no"

DEPTH = 2
"""Length at which the world's boundary strings are cut; see `_boundaries` where there are none."""
STRINGS = 5
"""Boundary strings asked about per direction; of more, so many are drawn uniformly."""
MOST_LISTED = 20
"""Symbols of a world that are few enough to ask about all of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt with the answer that the world gives.

    Attributes
    ----------
    kind
        CHOICE or PLACE.
    truth
        "yes" or "no", or a number such as "3".
    key
        SHA-256 of kind and prompt in hexadecimal digits: equal questions have equal keys.
    """

    prompt: str
    kind: str
    truth: str
    key: str

    @classmethod
    def of(cls, prompt: str, kind: str, truth: str) -> Question:
        """The question with its key."""
        return cls(prompt, kind, truth, hashlib.sha256(f"{kind}\n{prompt}".encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class CapabilityTrial:
    """A riddle, and the state that its history reaches."""

    state: Any
    riddle: Riddle


@dataclass(frozen=True, slots=True)
class CompressionTrial:
    """Two histories of one state, and continuations of one symbol, all different."""

    state: Any
    histories: tuple[String, String]
    continuations: tuple[String, ...]


@dataclass(frozen=True, slots=True)
class DistinctionTrial:
    """Histories of two different states, and strings of the world's boundary by direction.

    `strings[0]` are legal after the first history and not after the second, `strings[1]` the other
    way round.
    """

    states: tuple[Any, Any]
    histories: tuple[String, String]
    strings: tuple[tuple[String, ...], tuple[String, ...]]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A trial that cannot be run, and why."""

    reason: str


Trial = CapabilityTrial | CompressionTrial | DistinctionTrial | Skipped


Asked = tuple[int, String]
"""What a question asks: after which of the trial's histories (0 or 1) may which string follow?"""
RIDDLE: Asked = (0, ())
"""The one question of a trial of capability."""


@dataclass(frozen=True)
class Plan:
    """The trials of a run by metric.

    Attributes
    ----------
    listed
        All continuations of one symbol where the world has few enough to ask about each, which is
        what precision of distinction needs; else none.
    continuations
        How many continuations a trial of compression asked for (it has fewer where the alphabet
        has).
    """

    world: World[Any]
    narration: Narration
    trials: Mapping[str, Sequence[Trial]]
    listed: tuple[String, ...]
    continuations: int
    most_listed: int
    seed: int

    def questions(self, metrics: Sequence[str] | None = None) -> Iterator[Question]:
        """Every different question once, in a fixed order (metrics=None: of all metrics).

        One at a time: what stays in memory is 32 bytes of each question's key.
        """
        asked: set[bytes] = set()
        for metric in self.trials if metrics is None else metrics:
            for trial in self.trials[metric]:
                for question in self.asked(trial).values():
                    mark = bytes.fromhex(question.key)
                    if mark not in asked:
                        asked.add(mark)
                        yield question

    def asked(self, trial: Trial) -> dict[Asked, Question]:
        """The questions of one trial, by what they ask."""
        if isinstance(trial, CapabilityTrial):
            return {RIDDLE: self._riddle(trial.riddle)}
        if isinstance(trial, CompressionTrial):
            states, strings = (trial.state, trial.state), trial.continuations
        elif isinstance(trial, DistinctionTrial):
            states, strings = trial.states, (*trial.strings[0], *trial.strings[1], *self.listed)
        else:
            return {}
        sides = tuple(enumerate(zip(states, trial.histories, strict=True)))
        return {
            (side, string): self._may_follow(state, history, string)
            for string in dict.fromkeys(strings)
            for side, (state, history) in sides
        }

    def _riddle(self, riddle: Riddle) -> Question:
        return Question.of(self.narration.ask_riddle(riddle), PLACE, str(riddle.answer))

    def _may_follow(self, state: Any, history: String, string: String) -> Question:
        truth = YES if _is_legal(self.world, state, string) else NO
        return Question.of(self.narration.ask_continuation(history, string), CHOICE, truth)


def _is_legal(world: World[Any], state: Any, string: String) -> bool:
    """`world.accepts`, which writes the message of an error for every no."""
    for symbol in string[:-1]:
        if symbol not in world.legal(state):
            return False
        state = world.step(state, symbol)
    return string[-1] in world.legal(state)


def make_plan(
    world: World[Any],
    narration: Narration,
    metrics: Sequence[str] | None = None,
    *,
    trials: int,
    continuations: int = 5,
    seed: int = 0,
    most_listed: int = MOST_LISTED,
) -> Plan:
    """Draw the trials of a run (docs/paper.md, section 2, seating puzzles).

    Parameters
    ----------
    metrics
        Names out of METRICS; None for all.
    trials
        Trials per metric. One that cannot be run is there as `Skipped`.
    continuations
        Different continuations asked about per trial of compression.
    most_listed
        Precision of distinction is measured in worlds of at most so many symbols.

    Raises
    ------
    UnknownName, InvalidParameter
        For a metric or a number that does not exist.
    """
    chosen = _chosen(metrics)
    least = {"trials": (trials, 1), "continuations": (continuations, 1)}
    least |= {"seed": (seed, 0), "most_listed": (most_listed, 0)}
    for name, (value, minimum) in least.items():
        if value < minimum:
            message = f"expected {name} of at least {minimum}, got {value}"
            raise InvalidParameter(message)
    retold, histories = retold_histories(world), uniform_histories(world)
    draw: dict[str, Callable[[np.random.Generator], Trial]] = {
        "capability": lambda rng: _capability(world, narration, rng),
        "compression": lambda rng: _compression(world, retold, continuations, rng),
        "distinction": lambda rng: _distinction(world, histories, rng),
    }
    drawn = {
        name: tuple(_drawn(draw[name], _generator(seed, name, trial)) for trial in range(trials))
        for name in chosen
    }
    few = len(world.alphabet) <= most_listed
    listed = tuple((symbol,) for symbol in range(len(world.alphabet))) if few else ()
    return Plan(world, narration, drawn, listed, continuations, most_listed, seed)


def _chosen(metrics: Sequence[str] | None) -> list[str]:
    asked = METRICS if metrics is None else metrics
    for name in asked:
        if name not in METRICS:
            message = f"expected metrics out of {', '.join(METRICS)}, got {name!r}"
            raise UnknownName(message)
    if not asked:
        message = f"expected one or more metrics out of {', '.join(METRICS)}, got none"
        raise InvalidParameter(message)
    return [name for name in METRICS if name in asked]


def _generator(seed: int, metric: str, trial: int) -> np.random.Generator:
    """Random numbers of one trial, as `Setting.generator` gives them to other models'."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(metric.encode()), trial]))


def _drawn(draw: Callable[[np.random.Generator], Trial], rng: np.random.Generator) -> Trial:
    try:
        return draw(rng)
    except NoTrial as error:
        return Skipped(str(error))


def _capability(world: World[Any], narration: Narration, rng: np.random.Generator) -> Trial:
    riddle = narration.riddle(rng)
    return CapabilityTrial(world.run(riddle.history), riddle)


def _compression(
    world: World[Any], histories: HistorySource, count: int, rng: np.random.Generator
) -> Trial:
    pair = histories.same_state(rng)
    symbols = _continuations(world, pair.states[0], count, rng)
    return CompressionTrial(pair.states[0], pair.histories, tuple((each,) for each in symbols))


def _continuations(
    world: World[Any], state: Any, count: int, rng: np.random.Generator
) -> list[int]:
    """Different symbols, each drawn with probability 1/2 from the legal ones, else from all.

    From all, too, where no legal one is left. As many as there are where that is less than asked.
    """
    left = list(range(len(world.alphabet)))
    legal = list(world.legal(state))
    drawn: list[int] = []
    while left and len(drawn) < count:
        source = legal if rng.random() < 1 / 2 and legal else left
        symbol = source[int(rng.integers(len(source)))]
        drawn.append(symbol)
        left.remove(symbol)
        if symbol in legal:
            legal.remove(symbol)
    return drawn


def _distinction(world: World[Any], histories: HistorySource, rng: np.random.Generator) -> Trial:
    pair = histories.different_states(rng)
    first, second = _boundaries(world, pair, rng)
    return DistinctionTrial(pair.states, pair.histories, (first, second))


def _boundaries(
    world: World[Any], pair: HistoryPair, rng: np.random.Generator
) -> tuple[tuple[String, ...], tuple[String, ...]]:
    """Strings of the world's boundary in both directions, at most STRINGS in each.

    Where no string of at most DEPTH symbols tells the states apart, the boundary is taken at the
    shortest length at which one does, as for other models (nerode/metrics/distinction.py).
    """
    ways = (pair.states, pair.states[::-1])
    both = [boundary(world, *states, DEPTH) for states in ways]
    if not any(found.total for found in both):
        deeper = separation(world, *pair.states)
        if deeper is None:
            first, second = pair.states
            message = f"expected different states to differ, {first!r} and {second!r} do not"
            raise NoTrial(message)
        both = [boundary(world, *states, deeper) for states in ways]
    one, other = (tuple(found.strings_or_sample(STRINGS, rng)) for found in both)
    return one, other
