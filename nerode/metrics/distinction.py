"""Distinction: histories that reach different states must not allow the same continuations.

docs/paper.md, section 1. For two histories that reach different states q1 and q2, with the
boundary MNB of the world (exact) and of the model (from the paired walk):

    recall     share of the world's boundary strings that the model accepts after the
               first history and rejects after the second
    precision  share of the model's boundary strings that are legal in q1 and not in q2
    unexpected share of the world's boundary strings that the model rejects after the first history
    confused   share of the world's boundary strings that the model accepts after both
    end_recall recall among those of the world's boundary strings that contain END

Recall, unexpected and confused add up to 1: a difference is missed for the one reason or the other.
A model that knows the state and has habits (it goes the shortest way) does not expect much that is
legal: its recall is far below 1, and its share of confused strings is 0.

Where END may come depends on the state more than anything else does (a trip may stop at its
destination only), and few boundary strings have it: in `recall` it hardly counts, so that a model
that stops anywhere, or never, would not be seen. `end_recall` is over the trials whose boundary has
such strings, and "strings" of the record tells how many those are.

Under `exact` both directions of a pair count, a ratio without a denominator is undefined,
END and dead ends belong to the boundary, and where nothing shorter than `depth` tells the
states apart the boundary is taken at the shortest length that does. Under `paper` only the
first direction counts, an empty boundary scores 1, and boundary strings with END or before
a dead end are left out, as published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import UNSET, Meta, UnsetType

from nerode.arrays import Floats
from nerode.metrics.metric import Metric, Score
from nerode.metrics.setting import Setting, check_length, check_symbols
from nerode.metrics.walk.pairs import Outcome, Pair
from nerode.metrics.walk.summary import PairSummary
from nerode.metrics.walk.trials import (
    PairedResult,
    PairTrial,
    Witness,
    check_room,
    continuations,
    cut_of,
    paired_trials,
    parts_at,
    sources_of,
    state_of,
)
from nerode.models.model import Model
from nerode.schema.part import Count
from nerode.schema.record import BoundaryStrings
from nerode.schema.trial import Proportion, SkippedTrial, ThresholdShares
from nerode.sequences.histories import HistoryPair
from nerode.stats.estimate import Estimate
from nerode.worlds.boundaries import boundaries, boundary
from nerode.worlds.world import State, World

MOST_STRINGS = 200
"""Boundary strings of the world read per direction; more are sampled uniformly."""

_NAME = "distinction"
_SCORES = ("precision", "recall", "unexpected", "confused", "end_recall")


class DistinctionTrial(PairTrial, frozen=True, kw_only=True):
    """A pair of histories that reach two states. Lists have a value for each threshold."""

    per_threshold = _SCORES

    precision: ThresholdShares
    """Share of the model's boundary strings that are the world's; null where it has none."""
    recall: ThresholdShares
    """Share of the world's boundary strings that are the model's."""
    unexpected: ThresholdShares | UnsetType = UNSET
    """Share of them that the model rejects after the first history; older trials lack it."""
    confused: ThresholdShares | UnsetType = UNSET
    """Share of them that the model accepts after both; older trials lack it."""
    end_recall: ThresholdShares | UnsetType = UNSET
    """Recall among those with END, where there are any."""
    strings: Annotated[tuple[Count, Count], Meta(description="two whole numbers")] | UnsetType = (
        UNSET
    )
    """How many boundary strings of the world were read, and how many of them contain END."""
    cut: Proportion | UnsetType = UNSET
    """Share of continuations that the context ended, at ε, where there are any."""
    witnesses: list[Witness] | UnsetType = UNSET
    """A string that the model invents, one that it misses."""

    @property
    def contradictions(self) -> Sequence[Witness]:
        """Those that were found."""
        return () if self.witnesses is UNSET else self.witnesses


@dataclass(frozen=True)
class DistinctionResult(PairedResult):
    """Estimates at the threshold ε, and the curve over all thresholds of the acceptance.

    `strings` counts the world's boundary strings that were read; the curve has `end_recall` where
    some of them contain END.
    """

    strings: BoundaryStrings

    def estimates(self) -> dict[str, Estimate]:
        """Estimates at ε, by name."""
        return self.at_epsilon()

    @property
    def precision(self) -> Estimate:
        """Share of the model's boundary strings that are the world's."""
        return self.curve["precision"][self.main]

    @property
    def recall(self) -> Estimate:
        """Share of the world's boundary strings that are the model's."""
        return self.curve["recall"][self.main]

    @property
    def unexpected(self) -> Estimate:
        """Share of the world's boundary strings that the model rejects where they are legal."""
        return self.curve["unexpected"][self.main]

    @property
    def confused(self) -> Estimate:
        """Share of the world's boundary strings that the model accepts after both histories."""
        return self.curve["confused"][self.main]


_Strings = tuple[tuple[int, ...], ...]
_Shares = list[bool | float | None]
"""One for each threshold."""


@dataclass(frozen=True)
class _Case:
    """A pair and the world's boundary strings, by direction."""

    drawn: HistoryPair
    strings: tuple[_Strings, ...]
    pair: Pair


def measure(
    setting: Setting, model: Model, trials: Iterable[int]
) -> Iterator[DistinctionTrial | SkippedTrial]:
    """One trial per number, or why it could not be run."""

    def draw(number: int) -> tuple[Pair, _Case]:
        case = _case(setting, model, number)
        return case.pair, case

    def note(number: int, case: _Case, outcome: Outcome) -> DistinctionTrial:
        return _trial(setting, number, case, outcome)

    return paired_trials(setting, model, trials, DistinctionTrial, draw, note)


def _case(setting: Setting, model: Model, number: int) -> _Case:
    rng = setting.generator(_NAME, number)
    drawn = setting.histories.different_states(rng)
    first, second = drawn.states
    if setting.protocol == "paper":
        strings: tuple[_Strings, ...] = (published_boundary(setting, first, second, rng),)
    else:
        both = boundaries(setting.world, first, second, setting.depth)
        strings = tuple(tuple(found.strings_or_sample(MOST_STRINGS, rng)) for found in both)
    scripts = tuple((side, text) for side, texts in enumerate(strings) for text in texts)
    longest = max((len(text) for _, text in scripts), default=0)
    read = max(map(len, drawn.histories)) + max(0, longest - 1)  # the last one need not be read
    check_length(model, read, "history and boundary string")
    check_symbols(model, drawn.histories, "history")
    check_room(setting, model, drawn)
    return _Case(drawn, strings, continuations(setting, drawn.histories, rng, scripts))


def published_boundary(
    setting: Setting, first: State, second: State, rng: np.random.Generator
) -> _Strings:
    """The world's boundary as the published code lists it (docs/paper.md, section 4, defect 1).

    Strings with END are left out, and so is every string that cannot be played on from q1,
    without END, to the full depth.
    """
    world: World[State] = setting.world
    depth = setting.depth

    def goes_on(state: State, symbols: int) -> bool:
        if symbols == 0:
            return True
        turns = (a for a in world.legal(state) if a != world.end)
        return any(goes_on(world.step(state, a), symbols - 1) for a in turns)

    strings = boundary(world, first, second, depth).strings_or_sample(MOST_STRINGS, rng)
    return tuple(
        text
        for text in strings
        if world.end not in text and goes_on(world.run(text, first), depth - len(text))
    )


def _trial(setting: Setting, number: int, case: _Case, outcome: Outcome) -> DistinctionTrial:
    precision, invented = _precision(setting, case, outcome)
    shares, missed = _recall(setting, case, outcome)
    texts = [text for strings in case.strings for text in strings]
    first, second = map(setting.world.decode, case.drawn.histories)
    return DistinctionTrial(
        trial=number,
        state=state_of(setting, case.drawn),
        sources=sources_of(setting, case.drawn),
        histories=(first, second),
        precision=precision,
        recall=shares["recall"],
        unexpected=shares["unexpected"],
        confused=shares["confused"],
        end_recall=shares.get("end_recall", UNSET),
        strings=(len(texts), sum(setting.world.end in text for text in texts)),
        cut=cut_of(setting, case.drawn, outcome),
        witnesses=[*invented[:1], *missed[:1]] or UNSET,
    )


def _precision(setting: Setting, case: _Case, outcome: Outcome) -> tuple[_Shares, list[Witness]]:
    """Share of the model's boundary strings that the world shares, per threshold."""
    thresholds = setting.acceptance.thresholds
    directions = 1 if setting.protocol == "paper" else 2
    right = np.zeros((directions, len(thresholds)))
    found = np.zeros((directions, len(thresholds)))
    witnesses: list[Witness] = []
    for text in outcome.boundary:
        legal = [setting.world.accepts(text.symbols, state) for state in case.drawn.states]
        correct = legal[text.direction] and not legal[1 - text.direction]
        found[text.direction] += text.at
        right[text.direction] += text.at & correct
        if not correct and text.at[setting.acceptance.main]:
            witnesses.append(
                Witness(
                    kind="invented",
                    continuation=setting.world.decode(text.symbols),
                    world=(legal[0], legal[1]),
                    model=text.probability,
                )
            )
    empty = 1.0 if setting.protocol == "paper" else None
    return _mean_of_ratios(right, found, empty), witnesses


def _recall(
    setting: Setting, case: _Case, outcome: Outcome
) -> tuple[dict[str, _Shares], list[Witness]]:
    """What becomes of the world's boundary strings: shares by name and threshold; those missed."""
    thresholds = setting.acceptance.thresholds
    right = np.zeros((len(case.strings), len(thresholds)))
    found, rejected = np.zeros_like(right), np.zeros_like(right)
    end_right, end_found = np.zeros_like(right), np.zeros_like(right)
    witnesses: list[Witness] = []
    begin = 0
    for direction, strings in enumerate(case.strings):
        smallest = outcome.scripts[begin : begin + len(strings)]
        begin += len(strings)
        accepted = smallest[:, direction, None] > thresholds
        shared = accepted & (smallest[:, 1 - direction, None] <= thresholds)
        found[direction] = len(strings)
        right[direction] = shared.sum(axis=0)
        rejected[direction] = (~accepted).sum(axis=0)
        end = np.array([setting.world.end in text for text in strings], dtype=bool)
        end_right[direction], end_found[direction] = shared[end].sum(axis=0), end.sum()
        witnesses += [
            Witness(
                kind="missed",
                continuation=setting.world.decode(strings[number]),
                world=(direction == 0, direction == 1),
                model=(float(smallest[number, 0]), float(smallest[number, 1])),
            )
            for number in np.flatnonzero(~shared[:, setting.acceptance.main])[:1].tolist()
        ]
    perfect = (1.0, 0.0, 0.0) if setting.protocol == "paper" else (None, None, None)
    counts = {"recall": right, "unexpected": rejected, "confused": found - right - rejected}
    shares = {
        name: _mean_of_ratios(count, found, empty)
        for (name, count), empty in zip(counts.items(), perfect, strict=True)
    }
    if end_found.any():
        shares["end_recall"] = _mean_of_ratios(end_right, end_found, None)
    return shares, witnesses


def _mean_of_ratios(right: Floats, found: Floats, empty: float | None) -> _Shares:
    """Per threshold the mean over the directions in which the ratio is defined."""
    result: _Shares = []
    for rights, all_ in zip(right.T.tolist(), found.T.tolist(), strict=True):
        ratios = [part / whole for part, whole in zip(rights, all_, strict=True) if whole > 0]
        result.append(sum(ratios) / len(ratios) if ratios else empty)
    return result


def summarise(
    setting: Setting, trials: Iterable[DistinctionTrial | SkippedTrial]
) -> DistinctionResult:
    """Estimates over all trials."""
    acceptance = setting.acceptance
    fields = {name: name for name in _SCORES}
    pairs = PairSummary(fields, len(acceptance.thresholds), acceptance.main)
    all_ = with_any = end = with_end = 0
    for trial in pairs.run(trials):
        pairs.see_cut(trial.cut)
        # Trials of earlier versions do not say.
        every, some = (0, 0) if trial.strings is UNSET else trial.strings
        all_, with_any = all_ + every, with_any + (every > 0)
        end, with_end = end + some, with_end + (some > 0)
    curve = pairs.curve()
    if not any(estimate.n for estimate in curve["end_recall"]):
        del curve["end_recall"]
    strings = BoundaryStrings(all=all_, trials=with_any, end=end, end_trials=with_end)
    return DistinctionResult(curve, acceptance.main, pairs.witnesses, pairs.cut, strings)


_WORLDS_STRINGS = ("protocol", "epsilon", "depth")
"""Settings that scores over the world's boundary strings depend on: depth is their length."""
DISTINCTION = Metric(
    name=_NAME,
    title="Distinction",
    about=(
        "Two histories that reach different states differ in some continuations. Recall: how many "
        "of the true differences the model sees. Precision: how many of the model's differences "
        "are true. Recall of end: recall among the differences in where a sequence may stop, which "
        "are few of all."
    ),
    scores={
        "precision": Score(
            "precision",
            depends_on=("protocol", "epsilon", "samples", "length"),
            sentence=("is right about {} of the differences that it makes", "{}"),
        ),
        "recall": Score(
            "recall",
            depends_on=_WORLDS_STRINGS,
            sentence=("sees {} of the differences between states", "{}"),
        ),
        # How much a model does not expect is a matter of its habits: a perfect map of somebody who
        # goes the shortest ways leaves most of what is legal out.
        "unexpected": Score("unexpected", best=None, depends_on=_WORLDS_STRINGS, curve=False),
        "confused": Score("confused", best=0.0, depends_on=_WORLDS_STRINGS, curve=False),
        "end_recall": Score("recall of end", depends_on=_WORLDS_STRINGS, curve=False),
    },
    reads_histories=True,
    trial=DistinctionTrial,
    parts=parts_at({name: name for name in _SCORES}),
    question="histories",
    measure=measure,
    summarise=summarise,
)
