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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerode.metrics.fields import HISTORIES, SHARE, SHARES, SOURCES, TEXT, TWO_COUNTS, WITNESSES
from nerode.metrics.metric import Metric, Score
from nerode.metrics.setting import (
    Record,
    Setting,
    check_length,
    check_symbols,
    cluster_of,
)
from nerode.metrics.summary.clusters import gathered
from nerode.metrics.summary.cut_short import CutShort
from nerode.metrics.walk.pairs import Outcome, Pair
from nerode.metrics.walk.trials import (
    PairedResult,
    check_room,
    continuations,
    cut_of,
    paired_trials,
    parts_at,
)
from nerode.models.model import Model
from nerode.sequences.histories import HistoryPair
from nerode.stats.estimate import Estimate
from nerode.worlds.boundary import boundaries, boundary

NAME = "distinction"
SCORES = ("precision", "recall", "unexpected", "confused", "end_recall")
MOST_STRINGS = 200
"""Boundary strings of the world read per direction; more are sampled uniformly."""


@dataclass(frozen=True)
class Strings:
    """How many boundary strings of the world trials read, and in how many trials.

    `end` of them contain END; those stand in `end_trials` trials.
    """

    all: int = 0
    trials: int = 0
    end: int = 0
    end_trials: int = 0


@dataclass(frozen=True)
class DistinctionResult(PairedResult):
    """Estimates at the threshold ε, and the curve over all thresholds of the acceptance.

    `strings` counts the world's boundary strings that were read; the curve has `end_recall` where
    some of them contain END.
    """

    strings: Strings

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


@dataclass(frozen=True)
class _Trial:
    """A drawn pair and the world's boundary strings, by direction."""

    drawn: HistoryPair
    strings: tuple[tuple[tuple[int, ...], ...], ...]
    pair: Pair


def measure(setting: Setting, model: Model, trials: Iterable[int]) -> Iterator[Record]:
    """One record per trial, with these entries beside "trial" and "histories":

    "precision", "recall", "unexpected", "confused": one value per threshold, None where undefined;
    "end_recall": the same, where a boundary string of the world contains END; "strings": how many
    boundary strings of the world were read, and how many of them contain END; "cut": as in
    compression; "witnesses": a string that the model invents, one that it misses.
    """

    def draw(number: int) -> tuple[Pair, _Trial]:
        trial = _trial(setting, model, number)
        return trial.pair, trial

    def record(number: int, trial: _Trial, outcome: Outcome) -> Record:
        return _record(setting, number, trial, outcome)

    return paired_trials(setting, model, trials, draw, record)


def _trial(setting: Setting, model: Model, trial: int) -> _Trial:
    rng = setting.generator(NAME, trial)
    drawn = setting.histories.different_states(rng)
    first, second = drawn.states
    if setting.protocol == "paper":
        strings: tuple[tuple[tuple[int, ...], ...], ...] = (
            published_boundary(setting, first, second, rng),
        )
    else:
        both = boundaries(setting.world, first, second, setting.depth)
        strings = tuple(tuple(found.strings_or_sample(MOST_STRINGS, rng)) for found in both)
    scripts = tuple((side, text) for side, texts in enumerate(strings) for text in texts)
    longest = max((len(text) for _, text in scripts), default=0)
    read = max(map(len, drawn.histories)) + max(0, longest - 1)  # the last one need not be read
    check_length(model, read, "history and boundary string")
    check_symbols(model, drawn.histories, "history")
    check_room(setting, model, drawn)
    return _Trial(drawn, strings, continuations(setting, drawn.histories, rng, scripts))


def published_boundary(
    setting: Setting, first: Any, second: Any, rng: np.random.Generator
) -> tuple[tuple[int, ...], ...]:
    """The world's boundary as the published code lists it (docs/paper.md, section 4, defect 1).

    Strings with END are left out, and so is every string that cannot be played on from q1,
    without END, to the full depth.
    """
    world, depth = setting.world, setting.depth

    def goes_on(state: Any, symbols: int) -> bool:
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


def _record(setting: Setting, number: int, trial: _Trial, outcome: Outcome) -> Record:
    precision, invented = _precision(setting, trial, outcome)
    found, missed = _recall(setting, trial, outcome)
    texts = [text for strings in trial.strings for text in strings]
    record: Record = {
        "trial": number,
        **cluster_of(setting, trial.drawn),
        "histories": [setting.world.decode(history) for history in trial.drawn.histories],
        "precision": precision,
        **found,
        "strings": [len(texts), sum(setting.world.end in text for text in texts)],
        **cut_of(setting, trial.drawn, outcome),
    }
    if invented or missed:
        record["witnesses"] = [*invented[:1], *missed[:1]]
    return record


def _precision(
    setting: Setting, trial: _Trial, outcome: Outcome
) -> tuple[list[float | None], list[Record]]:
    """Share of the model's boundary strings that the world shares, per threshold."""
    thresholds = setting.acceptance.thresholds
    directions = 1 if setting.protocol == "paper" else 2
    right = np.zeros((directions, len(thresholds)))
    found = np.zeros((directions, len(thresholds)))
    witnesses: list[Record] = []
    for text in outcome.boundary:
        legal = [setting.world.accepts(text.symbols, state) for state in trial.drawn.states]
        correct = legal[text.direction] and not legal[1 - text.direction]
        found[text.direction] += text.at
        right[text.direction] += text.at & correct
        if not correct and text.at[setting.acceptance.main]:
            witnesses.append(
                {
                    "kind": "invented",
                    "continuation": setting.world.decode(text.symbols),
                    "world": legal,
                    "model": list(text.probability),
                }
            )
    empty = 1.0 if setting.protocol == "paper" else None
    return _mean_of_ratios(right, found, empty), witnesses


def _recall(
    setting: Setting, trial: _Trial, outcome: Outcome
) -> tuple[dict[str, list[float | None]], list[Record]]:
    """What becomes of the world's boundary strings: shares by name and threshold; those missed."""
    thresholds = setting.acceptance.thresholds
    right = np.zeros((len(trial.strings), len(thresholds)))
    found, rejected = np.zeros_like(right), np.zeros_like(right)
    end_right, end_found = np.zeros_like(right), np.zeros_like(right)
    witnesses: list[Record] = []
    begin = 0
    for direction, strings in enumerate(trial.strings):
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
            {
                "kind": "missed",
                "continuation": setting.world.decode(strings[number]),
                "world": [direction == 0, direction == 1],
                "model": smallest[number].tolist(),
            }
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


def _mean_of_ratios(right: Any, found: Any, empty: float | None) -> list[float | None]:
    """Per threshold the mean over the directions in which the ratio is defined."""
    result: list[float | None] = []
    for rights, all_ in zip(right.T.tolist(), found.T.tolist(), strict=True):
        ratios = [part / whole for part, whole in zip(rights, all_, strict=True) if whole > 0]
        result.append(sum(ratios) / len(ratios) if ratios else empty)
    return result


def summarise(setting: Setting, records: Iterable[Record]) -> DistinctionResult:
    """Estimates over all records."""
    cut, count = CutShort(), _Count()
    seen = count.seen(cut.seen(records))
    curve, witnesses = gathered(setting, seen, {name: name for name in SCORES})
    if not any(estimate.n for estimate in curve["end_recall"]):
        del curve["end_recall"]
    return DistinctionResult(
        curve, setting.acceptance.main, witnesses, cut.share, Strings(*count.counts)
    )


class _Count:
    """Counts boundary strings while records pass by: the numbers of `Strings`, in its order."""

    def __init__(self) -> None:
        self.counts = [0, 0, 0, 0]

    def seen(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            every, end = record.get("strings", (0, 0))  # trials of earlier versions have none
            for at, more in enumerate((every, every > 0, end, end > 0)):
                self.counts[at] += more
            yield record


FIELDS = {
    "state": TEXT.optional(),
    "sources": SOURCES.optional(),
    "histories": HISTORIES,
    "precision": SHARES,
    "recall": SHARES,
    "unexpected": SHARES.optional(),  # trials of earlier versions have none
    "confused": SHARES.optional(),
    "end_recall": SHARES.optional(),
    "strings": TWO_COUNTS.optional(),
    "cut": SHARE.optional(),
    "witnesses": WITNESSES.optional(),
}
_WORLDS_STRINGS = ("protocol", "epsilon", "depth")
"""Settings that scores over the world's boundary strings depend on: depth is their length."""
DISTINCTION = Metric(
    name=NAME,
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
    fields=FIELDS,
    parts=parts_at({name: name for name in SCORES}),
    question="histories",
    measure=measure,
    summarise=summarise,
)
