"""The trials of a chat model, and how they are drawn under protocol `exact`.

How they are drawn under protocol `paper` is told in nerode/chat/published.py.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerode.chat.histories import paraphrased_histories
from nerode.chat.narration.narration import Narration, Riddle
from nerode.sequences.histories import HistoryPair, HistorySource, uniform_histories
from nerode.worlds.boundaries import String, boundaries
from nerode.worlds.world import AnyWorld

BOUNDARY_DEPTH = 2
"""Length at which the world's boundary strings are cut (protocol `exact`); see `_boundaries`."""
STRINGS = 5
"""Boundary strings asked about per direction; of more, so many are drawn uniformly."""


@dataclass(frozen=True, slots=True)
class CapabilityCase:
    """A riddle, and the state that its history reaches."""

    state: Any
    riddle: Riddle


@dataclass(frozen=True, slots=True)
class CompressionCase:
    """Two histories of one state, and continuations of one symbol.

    All different under protocol `exact`; under `paper` one may be there twice. It counts twice
    then, and is asked about once.
    """

    state: Any
    histories: tuple[String, String]
    continuations: tuple[String, ...]


@dataclass(frozen=True, slots=True)
class DistinctionCase:
    """Histories of two different states, and strings of the world's boundary by direction.

    `strings[0]` are legal after the first history and not after the second, `strings[1]` the other
    way round; there are none of these under protocol `paper`.
    """

    states: tuple[Any, Any]
    histories: tuple[String, String]
    strings: tuple[tuple[String, ...], tuple[String, ...]]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A trial that cannot be run, and why."""

    reason: str


ChatCase = CapabilityCase | CompressionCase | DistinctionCase | Skipped
DrawCase = Callable[[np.random.Generator], ChatCase]
"""Draws a trial of one metric. Raises NoTrial where there is none."""


def exact_draws(world: AnyWorld, narration: Narration, continuations: int) -> dict[str, DrawCase]:
    """How the trials of each metric are drawn under protocol `exact`."""
    paraphrases, histories = paraphrased_histories(world), uniform_histories(world)
    return {
        "capability": lambda rng: riddle_trial(world, narration.riddle(rng)),
        "compression": lambda rng: _compression(world, paraphrases, continuations, rng),
        "distinction": lambda rng: _distinction(world, histories, rng),
    }


def riddle_trial(world: AnyWorld, riddle: Riddle) -> CapabilityCase:
    """The trial that asks a riddle."""
    return CapabilityCase(world.run(riddle.history), riddle)


def _compression(
    world: AnyWorld, histories: HistorySource, count: int, rng: np.random.Generator
) -> ChatCase:
    pair = histories.same_state(rng)
    symbols = _continuations(world, pair.states[0], count, rng)
    return CompressionCase(pair.states[0], pair.histories, tuple((each,) for each in symbols))


def _continuations(
    world: AnyWorld, state: Hashable, count: int, rng: np.random.Generator
) -> list[int]:
    """Different symbols, each drawn with probability 1/2 from the legal ones, else from all.

    From all, too, where no legal one is left. As many as there are where that is less than asked.
    """
    left = list(range(len(world.alphabet)))
    legal = list(world.legal(state))
    symbols: list[int] = []
    while left and len(symbols) < count:
        source = legal if rng.random() < 1 / 2 and legal else left
        symbol = source[int(rng.integers(len(source)))]
        symbols.append(symbol)
        left.remove(symbol)
        if symbol in legal:
            legal.remove(symbol)
    return symbols


def _distinction(world: AnyWorld, histories: HistorySource, rng: np.random.Generator) -> ChatCase:
    pair = histories.different_states(rng)
    first, second = _boundaries(world, pair, rng)
    return DistinctionCase(pair.states, pair.histories, (first, second))


def _boundaries(
    world: AnyWorld, pair: HistoryPair, rng: np.random.Generator
) -> tuple[tuple[String, ...], tuple[String, ...]]:
    """Strings of the world's boundary in both directions, at most STRINGS in each.

    One way for all models: `boundaries`.
    """
    both = boundaries(world, *pair.states, BOUNDARY_DEPTH)
    one, other = (tuple(found.strings_or_sample(STRINGS, rng)) for found in both)
    return one, other
