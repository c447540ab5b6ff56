"""Trials of compression and distinction: draw pairs of histories, walk them in batches, note."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np
from msgspec import UNSET, Meta, UnsetType

from nerode.errors import NoTrial
from nerode.metrics.history_kinds import NEAR_END, UNIFORM
from nerode.metrics.memory import spans_within
from nerode.metrics.metric import Contribution
from nerode.metrics.parallel import Batch, batches, measured
from nerode.metrics.setting import Setting
from nerode.metrics.walk.pairs import Outcome, Pair, Script, Symbols
from nerode.metrics.walk.walk import walk
from nerode.models.model import Model, symbols_left
from nerode.schema.drawing import Contradiction
from nerode.schema.part import Count, Part
from nerode.schema.trial import AnyTrial, SkippedTrial, Trial, entry_of
from nerode.sequences.histories import HistoryPair
from nerode.stats.estimate import Estimate
from nerode.worlds.world import State, World

PUBLISHED_CUT = 50
PUBLISHED_LENGTH = 128
READ_SHARE = 0.25
"""Histories take at most this share of a batch's memory: what comes after them takes more."""
TOO_MANY = "too many accepted continuations to follow them all"

Detail = TypeVar("Detail")
PairTrialT = TypeVar("PairTrialT", bound="PairTrial")


class Witness(Part, frozen=True, kw_only=True):
    """A continuation on which model and world, or the two histories, differ."""

    kind: str
    """`compression`, `invented` (a boundary string of the model alone) or `missed`."""
    continuation: str
    """What follows both histories."""
    world: tuple[bool, bool]
    """Whether it is legal after the first and after the second history."""
    model: tuple[float, float]
    """The smallest probability of a symbol on the way, after the first and the second history."""


class PairTrial(Trial, frozen=True, kw_only=True):
    """A trial about two histories."""

    state: str | UnsetType = UNSET
    """The (first) state that they reach, where trials about one state are not independent."""
    sources: (
        Annotated[tuple[Count, Count], Meta(description="two numbers of sequences")] | UnsetType
    ) = UNSET
    """The sequences that they are prefixes of, where these are numbered."""
    histories: Annotated[tuple[str, str], Meta(description="two histories")]

    @property
    def contradictions(self) -> Sequence[Witness]:
        """What it found that its metric shows."""
        return ()


@dataclass(frozen=True)
class PairedResult:
    """Estimates over the thresholds of the acceptance, by name; `main` is the place of ε.

    `witnesses` are the shortest contradictions that the trials found, the shortest first; `cut` is
    the share of continuations that the model's context ended before they were `length` symbols.
    """

    curve: Mapping[str, tuple[Estimate, ...]]
    main: int
    witnesses: tuple[Contradiction, ...]
    cut: float

    def at_epsilon(self) -> dict[str, Estimate]:
        """Estimates at the threshold ε, by name."""
        return {name: over[self.main] for name, over in self.curve.items()}

    def curves(self) -> dict[str, list[Estimate]]:
        """Estimates over the thresholds, by name."""
        return {name: list(over) for name, over in self.curve.items()}


def parts_at(fields: Mapping[str, str]) -> Callable[[AnyTrial, int], Iterator[Contribution]]:
    """The parts of trials that hold, for each score, one value a threshold, in these fields."""

    def parts(trial: AnyTrial, threshold: int) -> Iterator[Contribution]:
        for score, field in fields.items():
            values = entry_of(trial, field)
            # Trials of earlier versions lack some.
            value = values[threshold] if isinstance(values, list) else None
            yield ((score,), 0.0, 0.0) if value is None else ((score,), float(value), 1.0)

    return parts


def paired_trials(
    setting: Setting,
    model: Model,
    trials: Iterable[int],
    kind: type[PairTrialT],
    draw: Callable[[int], tuple[Pair, Detail]],
    note: Callable[[int, Detail, Outcome], PairTrialT],
) -> Iterator[PairTrialT | SkippedTrial]:
    """One trial of type `kind` per number.

    `draw` samples its pair, `note` puts down the outcome of the walk.
    """

    def work(batch: Batch) -> Iterator[PairTrialT | SkippedTrial]:
        prepared: dict[int, tuple[Pair, Detail]] = {}
        for trial in batch:
            try:
                prepared[trial] = draw(trial)
            except NoTrial as reason:
                yield SkippedTrial(trial=trial, skipped=str(reason))
        pairs = [pair for pair, _ in prepared.values()]
        outcomes = _outcomes(setting, model, pairs)
        for (trial, (_, what)), outcome in zip(prepared.items(), outcomes, strict=True):
            if outcome.complete:
                yield note(trial, what, outcome)
            else:
                yield SkippedTrial(trial=trial, skipped=TOO_MANY)

    return measured(model, work, batches(setting, trials, model), kind)


def _outcomes(setting: Setting, model: Model, pairs: Sequence[Pair]) -> Iterator[Outcome]:
    """Walk the pairs of one batch: together, or in parts where reading takes too much memory."""
    keep = PUBLISHED_CUT if setting.protocol == "paper" else None
    lengths = [sum(map(len, pair.histories)) for pair in pairs]
    for begin, end in spans_within(model, lengths, READ_SHARE):
        part = pairs[begin:end]
        yield from walk(model, part, setting.acceptance, end=setting.world.end, keep=keep)


def state_of(setting: Setting, drawn: HistoryPair) -> str | UnsetType:
    """What tells that trials about one state are not independent.

    Uniform and near-end histories are drawn afresh for every trial. Others come from a fixed set of
    sequences: trials about one state share some, and so may any others (`sources_of`).
    """
    return UNSET if setting.histories.name in (UNIFORM, NEAR_END) else repr(drawn.states[0])


def sources_of(setting: Setting, drawn: HistoryPair) -> tuple[int, int] | UnsetType:
    """The sequences that the histories of a trial are prefixes of."""
    fresh = setting.histories.name in (UNIFORM, NEAR_END)
    return UNSET if fresh or drawn.sources is None else drawn.sources


def check_room(setting: Setting, model: Model, histories: HistoryPair) -> None:
    """Raise NoTrial where the model's context ends before much can be looked at.

    That is, where fewer than `depth` symbols may follow a history, although the world goes on: what
    is beyond would count as agreement. At the end of a game there is nothing beyond.
    """
    left = symbols_left(model, histories.histories)
    least = min(setting.depth, setting.length)
    if left < least and any(_goes_on(setting.world, q, int(left) + 1) for q in histories.states):
        message = f"history after which the model has room for fewer than {least} symbols"
        raise NoTrial(message)


def _goes_on(world: World[State], state: State, symbols: int) -> bool:
    """Whether so many symbols may follow a state, none of them END."""
    if symbols == 0:
        return True
    return any(
        symbol != world.end and _goes_on(world, world.step(state, symbol), symbols - 1)
        for symbol in world.legal(state)
    )


def cut_of(setting: Setting, histories: HistoryPair, outcome: Outcome) -> float | UnsetType:
    """The share of continuations that the context ended where the world goes on, at ε.

    UNSET where there are none. Continuations that have left the world's rules, or a game that is
    over, are none of these: of what a model writes then nothing is missed.
    """
    directions = len(outcome.rejected)
    share = sum(
        each.share / directions
        for each in outcome.cut
        if _might_go_on(setting.world, histories.states[each.direction], each.symbols())
    )
    return share or UNSET


def _might_go_on(world: World[State], state: State, text: Symbols) -> bool:
    """Whether a text is legal, and something may follow it."""
    return world.accepts(text, state) and bool(world.legal(world.run(text, state)))


def continuations(
    setting: Setting,
    histories: tuple[tuple[int, ...], tuple[int, ...]],
    rng: np.random.Generator,
    scripts: tuple[Script, ...] = (),
) -> Pair:
    """The input of the walk for a pair: with random numbers for its continuations."""
    if setting.samples == 0:
        return Pair(histories, None, setting.depth, scripts)
    if setting.protocol == "paper":
        length = max(1, PUBLISHED_LENGTH - max(map(len, histories)))
        return Pair(histories, rng.random((1, setting.samples, length)), 0, scripts)
    return Pair(histories, rng.random((2, setting.samples, setting.length)), 0, scripts)
