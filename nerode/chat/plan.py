"""The trials of a chat run, and the questions that they need.

A trial is drawn from (seed, metric, trial) alone, so that a run with more trials begins with the
same ones. It holds symbols and states only; prompts are written when they are asked for. Many
trials may need one question: within a run it is one, and is asked once.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nerode.chat.narration.narration import Narration, Riddle
from nerode.chat.published import is_published, published_draws
from nerode.chat.trials import (
    BOUNDARY_DEPTH,
    STRINGS,
    CapabilityCase,
    ChatCase,
    CompressionCase,
    DistinctionCase,
    Skipped,
    exact_draws,
)
from nerode.errors import InvalidParameter, NoTrial, UnknownName
from nerode.metrics.setting import PROTOCOLS
from nerode.worlds.boundaries import String
from nerode.worlds.world import AnyWorld

__all__ = [
    "BOUNDARY_DEPTH",
    "CHAT_METRIC_NAMES",
    "CHOICE",
    "MOST_LISTED",
    "NO",
    "PAPER_PROTOCOL",
    "PLACE",
    "RIDDLE",
    "STRINGS",
    "YES",
    "CapabilityCase",
    "ChatCase",
    "CompressionCase",
    "DistinctionCase",
    "Query",
    "Question",
    "Skipped",
    "TrialPlan",
    "make_plan",
]

CHAT_METRIC_NAMES = ("capability", "compression", "distinction")
PAPER_PROTOCOL = "paper"
"""The protocol under which single statements are asked about, as published."""
CHOICE = "choice"
"""Kind of a question that is answered by yes or no."""
PLACE = "place"
"""Kind of a question that is answered by a number from 1 on."""
YES, NO = "yes", "no"

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


Query = tuple[int, String]
"""What a question asks: after which of the trial's histories (0 or 1) may which string follow?"""
RIDDLE: Query = (0, ())
"""The one question of a trial of capability."""


@dataclass(frozen=True)
class TrialPlan:
    """The trials of a run by metric.

    Attributes
    ----------
    listed
        All continuations of one symbol where the world has few enough to ask about each, which is
        what precision of distinction needs; else none.
    continuations
        How many continuations a trial of compression asked for (it has fewer where the alphabet
        has).
    protocol
        `exact` or `paper`; the latter is told in nerode/chat/published.py.
    """

    world: AnyWorld
    narration: Narration
    trials: Mapping[str, Sequence[ChatCase]]
    listed: tuple[String, ...]
    continuations: int
    most_listed: int
    seed: int
    protocol: str = "exact"

    @property
    def depth(self) -> int:
        """Length of the world's boundary strings, in symbols; see `_boundaries`."""
        return 1 if self.protocol == PAPER_PROTOCOL else BOUNDARY_DEPTH

    def questions(self, metrics: Sequence[str] | None = None) -> Iterator[Question]:
        """Every different question once, in a fixed order (metrics=None: of all metrics).

        One at a time: what stays in memory is 32 bytes of each question's key.
        """
        seen: set[bytes] = set()
        for metric in self.trials if metrics is None else metrics:
            for trial in self.trials[metric]:
                for question in self.questions_of(trial).values():
                    mark = bytes.fromhex(question.key)
                    if mark not in seen:
                        seen.add(mark)
                        yield question

    def questions_of(self, trial: ChatCase) -> dict[Query, Question]:
        """The questions of one trial, by what they ask."""
        if isinstance(trial, CapabilityCase):
            return {RIDDLE: self._riddle(trial.riddle)}
        if isinstance(trial, CompressionCase):
            states, strings = (trial.state, trial.state), trial.continuations
        elif isinstance(trial, DistinctionCase):
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

    def _may_follow(self, state: Hashable, history: String, string: String) -> Question:
        truth = YES if _is_legal(self.world, state, string) else NO
        return Question.of(self.narration.ask_continuation(history, string), CHOICE, truth)


def _is_legal(world: AnyWorld, state: Hashable, string: String) -> bool:
    """`world.accepts`, which writes the message of an error for every no."""
    for symbol in string[:-1]:
        if symbol not in world.legal(state):
            return False
        state = world.step(state, symbol)
    return string[-1] in world.legal(state)


def make_plan(
    world: AnyWorld,
    narration: Narration,
    metrics: Sequence[str] | None = None,
    *,
    trials: int,
    continuations: int = 5,
    seed: int = 0,
    most_listed: int | None = None,
    protocol: str = "exact",
) -> TrialPlan:
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
        Precision of distinction is measured in worlds of at most so many symbols (None: of
        MOST_LISTED); never under protocol `paper`.
    protocol
        `exact`, or `paper`: seating puzzles as in the published experiment, which asks about single
        statements.

    Raises
    ------
    UnknownName, InvalidParameter
        For a metric, protocol or number that does not exist, or protocol `paper` with another world
        or a number of symbols to list.
    """
    chosen = _chosen(metrics)
    most_listed = _most_listed(world, protocol, most_listed)
    least = {"trials": (trials, 1), "continuations": (continuations, 1)}
    least |= {"seed": (seed, 0), "most_listed": (most_listed, 0)}
    for name, (value, minimum) in least.items():
        if value < minimum:
            message = f"expected {name} of at least {minimum}, got {value}"
            raise InvalidParameter(message)
    if protocol == PAPER_PROTOCOL and is_published(world):
        draw = published_draws(world, continuations)
    else:
        draw = exact_draws(world, narration, continuations)
    trials_by_metric = {
        name: tuple(
            _draw_or_skip(draw[name], _generator(seed, name, trial)) for trial in range(trials)
        )
        for name in chosen
    }
    few = len(world.alphabet) <= most_listed
    listed = tuple((symbol,) for symbol in range(len(world.alphabet))) if few else ()
    return TrialPlan(
        world, narration, trials_by_metric, listed, continuations, most_listed, seed, protocol
    )


def _most_listed(world: AnyWorld, protocol: str, requested: int | None) -> int:
    """Most symbols of a world about all of which questions are asked, checked with the protocol."""
    if protocol not in PROTOCOLS:
        message = f"expected protocol out of {', '.join(PROTOCOLS)}, got {protocol!r}"
        raise UnknownName(message)
    if protocol != PAPER_PROTOCOL:
        return MOST_LISTED if requested is None else requested
    if not is_published(world):
        message = (
            f"expected protocol exact for {world.name}, got paper: the published experiment asks "
            "about seating puzzles alone"
        )
        raise InvalidParameter(message)
    if requested:
        message = (
            "expected no list of statements under protocol paper, which measures no precision of "
            f"distinction, got {requested}"
        )
        raise InvalidParameter(message)
    return 0


def _chosen(metrics: Sequence[str] | None) -> list[str]:
    chosen = CHAT_METRIC_NAMES if metrics is None else metrics
    for name in chosen:
        if name not in CHAT_METRIC_NAMES:
            message = f"expected metrics out of {', '.join(CHAT_METRIC_NAMES)}, got {name!r}"
            raise UnknownName(message)
    if not chosen:
        message = f"expected one or more metrics out of {', '.join(CHAT_METRIC_NAMES)}, got none"
        raise InvalidParameter(message)
    return [name for name in CHAT_METRIC_NAMES if name in chosen]


def _generator(seed: int, metric: str, trial: int) -> np.random.Generator:
    """Random numbers of one trial, as `Setting.generator` gives them to other models'."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(metric.encode()), trial]))


def _draw_or_skip(
    draw: Callable[[np.random.Generator], ChatCase], rng: np.random.Generator
) -> ChatCase:
    try:
        return draw(rng)
    except NoTrial as error:
        return Skipped(str(error))
