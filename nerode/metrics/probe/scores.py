"""The trials of a probe and their scores: by layer, and of what the layers are held against.

Also the paired difference of two probed models, over held-out sequences and fits.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from msgspec import UNSET, Meta, UnsetType
from msgspec import field as json_field

from nerode.arrays import Floats
from nerode.metrics.metric import Contribution, ScorePath
from nerode.metrics.outcomes import Outcomes
from nerode.metrics.probe.interval import (
    difference_over_fits,
    mean_over_sequences,
    over_fits,
    paired_bits,
)
from nerode.metrics.result import ExtraFields
from nerode.schema.decoding import DamageError
from nerode.schema.drawing import ProbedBoard
from nerode.schema.part import Count, NotNegative, Part
from nerode.schema.trial import SkippedTrial, Trial
from nerode.stats.estimate import (
    Answers,
    Difference,
    Estimate,
    estimate_of_counts,
    paired_difference,
)

REFERENCES = ("no_memory", "true_state")
"""What the same probe is given instead of hidden states (nerode/metrics/probe/task.py)."""
LAST = "last"
"""Name of the one layer that is probed under `paper`."""

_MOST = ("most_bits",)
"""No score: most bits that a feature can take."""
_Rights = Annotated[list[Count], Meta(description="whole numbers, one for each layer")]
_Bits = Annotated[list[NotNegative], Meta(description="a number from 0 on for each layer")]


class Refits(Part, frozen=True, kw_only=True):
    """What refits come to: a list for each layer, a number for each refit."""

    right: list[list[Count]]
    bits: list[list[NotNegative]]


class ReferenceScores(Part, frozen=True, kw_only=True):
    """What one probe comes to that is given something else than hidden states; lists of one."""

    right: _Rights
    """Features that it classifies rightly."""
    bits: _Bits
    """Bits of all features."""
    refits: Refits


class ProbeTrial(Trial, frozen=True, kw_only=True):
    """A held-out sequence; the probes were fitted on others."""

    positions: Count
    """Positions at which the probe looked."""
    features: Count = json_field(name="told")
    """Features at all positions."""
    right: _Rights
    """By layer: how many of these are classified rightly."""
    majority: Count
    """How many are of the most common class."""
    control: _Rights | UnsetType = UNSET
    """By layer: how many classes of the control task are classified rightly."""
    bits: _Bits | UnsetType = UNSET
    """By layer: bits of all features."""
    refits: Refits | UnsetType = UNSET
    no_memory: ReferenceScores | UnsetType = UNSET
    """Of a probe of the last symbol and the number of symbols."""
    true_state: ReferenceScores | UnsetType = UNSET
    """Of a probe of the features themselves."""
    frequencies: NotNegative | UnsetType = UNSET
    """Bits in a code that knows class frequencies."""
    most_bits: NotNegative | UnsetType = UNSET
    """Most bits that one feature can take."""
    boards: list[ProbedBoard] | UnsetType = UNSET
    """Boards as the probe sees them; of a few trials on a board."""

    def reference(self, name: str) -> ReferenceScores | UnsetType:
        """The scores of one of `REFERENCES`."""
        return self.no_memory if name == "no_memory" else self.true_state

    def check(self, thresholds: int) -> None:
        """As of `Trial`; no more features are right than there are, and lists go together."""
        super().check(thresholds)
        self._check_counts("right", self.right)
        if self.control is not UNSET:
            self._check_counts("control", self.control)
        self._check_sizes("", self.right, self.bits, self.refits)
        for name in REFERENCES:
            found = self.reference(name)
            if found is not UNSET:
                if len(found.right) != 1:
                    raise DamageError(f"{name}.right", "one whole number", found.right)
                self._check_counts(f"{name}.right", found.right)
                self._check_sizes(f"{name}.", found.right, found.bits, found.refits)
        for place, board in enumerate([] if self.boards is UNSET else self.boards):
            if len(board.true) != len(board.seen):
                squares = f"as many squares as the true board ({len(board.true)})"
                raise DamageError(f"boards.{place}.seen", squares, board.seen)

    def _check_counts(self, place: str, counts: Sequence[int]) -> None:
        for number, count in enumerate(counts):
            if count > self.features:
                most = f"at most {self.features} (the features)"
                raise DamageError(f"{place}.{number}", most, count)

    def _check_sizes(
        self,
        place: str,
        right: Sequence[int],
        bits: Sequence[float] | UnsetType,
        refits: Refits | UnsetType,
    ) -> None:
        """The numbers of layers and of refits."""
        if bits is not UNSET and len(bits) != len(right):
            raise DamageError(f"{place}bits", f"a number for each of {len(right)} layers", bits)
        if refits is UNSET:
            return
        lists: dict[str, Sequence[Sequence[float]]] = {
            f"{place}refits.right": refits.right,
            f"{place}refits.bits": refits.bits,
        }
        many = len(refits.right[0]) if refits.right else 0
        for where, layers in lists.items():
            if len(layers) != len(right) or {len(each) for each in layers} - {many}:
                expected = f"{many} numbers for each of {len(right)} layers"
                raise DamageError(where, expected, layers)
        for number, each in enumerate(refits.right):
            self._check_counts(f"{place}refits.right.{number}", each)


@dataclass(frozen=True)
class ProbeResult:
    """Shares of features that are classified rightly and bits per feature, by layer."""

    accuracy: dict[str, Estimate]
    control: dict[str, Estimate]
    selectivity: dict[str, Estimate]
    """Accuracy less control; its interval is that of paired sequences."""
    majority: Estimate
    """The same share for always the most common class."""
    bits: dict[str, Estimate] = field(default_factory=dict)
    frequencies: Estimate | None = None
    """Bits of a code that knows the classes' frequencies alone."""
    references: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    """Accuracy and bits by the name of what the probe was given instead of hidden states."""
    boards: tuple[ProbedBoard, ...] = ()

    def estimates(self) -> dict[str, Estimate | dict[str, Estimate]]:
        """Estimates by name and layer."""
        layers = {
            "accuracy": self.accuracy,
            "bits": self.bits,
            "control": self.control,
            "selectivity": self.selectivity,
        }
        found: dict[str, Estimate | dict[str, Estimate]] = {
            name: each for name, each in layers.items() if each
        }
        found["majority"] = self.majority
        if self.frequencies is not None:
            found["frequencies"] = self.frequencies
        return found | self.references

    def parts(self) -> ExtraFields:
        """Boards as the probe sees them, where there are any."""
        return {"probe_boards": list(self.boards)} if self.boards else {}


def totals_of(trial: ProbeTrial) -> Iterator[tuple[ScorePath, float]]:
    """Each score that a trial has a part in, by name, and the part: a sum over its features.

    Those of refits have the number of the refit behind the name of their score.
    """
    yield ("majority",), trial.majority
    layers = [str(layer) for layer in range(len(trial.right))]
    for layer, count in zip(layers, () if trial.control is UNSET else trial.control, strict=False):
        yield ("control", layer), count
    yield from _of_source(trial, [("{}", layer) for layer in layers])
    for name in REFERENCES:
        found = trial.reference(name)
        if found is not UNSET:
            yield from _of_source(found, [(name, "{}")])
    if trial.frequencies is not UNSET:
        yield ("frequencies",), trial.frequencies


def _of_source(
    source: ProbeTrial | ReferenceScores, names: Sequence[ScorePath]
) -> Iterator[tuple[ScorePath, float]]:
    """Accuracy and bits of what probes are given, those of refits behind each."""
    none: list[list[float]] = [[] for _ in names]
    refits, bits = source.refits, [] if source.bits is UNSET else source.bits
    columns: list[tuple[str, Sequence[float], Sequence[Sequence[float]]]] = [
        ("accuracy", source.right, none if refits is UNSET else refits.right),
        ("bits", bits, none if refits is UNSET else refits.bits),
    ]
    for score, values, again in columns:
        for path, value, others in zip(names, values, again, strict=False):
            whole = tuple(part.format(score) for part in path)
            yield whole, value
            yield from (((*whole, f"refit {k}"), each) for k, each in enumerate(others))


def layer_name(key: str) -> str:
    """A layer as people write it: `0` are the embeddings."""
    return {"0": "embeddings", LAST: "last layer"}.get(key, f"layer {key}")


def is_bits(path: ScorePath) -> bool:
    """Whether a score of the probe is counted in bits; the others are shares."""
    return "bits" in path or path == ("frequencies",)


class _Sums:
    """Streaming accumulators: some numbers of each trial."""

    def __init__(self, *, paper: bool) -> None:
        self.paper = paper
        self.sizes = array("q")
        self.totals: dict[ScorePath, array[float]] = {}
        self.boards: list[ProbedBoard] = []
        self.skipped = 0
        self.most = 0.0

    def see(self, trial: ProbeTrial | SkippedTrial) -> None:
        if isinstance(trial, SkippedTrial):
            self.skipped += 1
            return
        for path, value in totals_of(trial):
            # Trials of a run that an earlier version began lack some scores.
            column = self.totals.setdefault(path, array("d", [np.nan] * len(self.sizes)))
            column.append(value)
        self.sizes.append(trial.features)
        for column in self.totals.values():
            column.extend([np.nan] * (len(self.sizes) - len(column)))
        self.boards += () if trial.boards is UNSET else trial.boards
        self.most = max(self.most, 0.0 if trial.most_bits is UNSET else trial.most_bits)

    def answers(self, path: ScorePath) -> Answers:
        """Of the trials that have the score."""
        totals, sizes = np.array(self.totals[path]), np.array(self.sizes, dtype=float)
        there = ~np.isnan(totals)
        return Answers(totals[there], sizes[there])

    def refits(self, path: ScorePath) -> Floats:
        """The score of each refit."""
        found: list[float] = []
        while (refit := (*path, f"refit {len(found)}")) in self.totals:
            found.append(self.answers(refit).mean)
        return np.array(found)

    def estimate(self, path: ScorePath) -> Estimate:
        """A score with its interval over held-out sequences and fits."""
        if path not in self.totals:
            return Estimate(None, None, None, 0, self.skipped)
        answers = self.answers(path)
        lacking = self.skipped + len(self.sizes) - len(answers.sizes)
        n = int(answers.sizes.sum())
        if self.paper:
            return estimate_of_counts(answers.totals, answers.sizes, skipped=lacking)
        most = self.most if is_bits(path) else 1.0
        found = mean_over_sequences(answers, most, n=n, skipped=lacking)
        return over_fits(found, self.refits(path), most=most)

    def selectivity(self, layer: str) -> Estimate:
        """Accuracy less control, of the same sequences."""
        control, accuracy = (self.answers((name, layer)) for name in ("control", "accuracy"))
        n = int(accuracy.sizes.sum())
        found = paired_difference(control, accuracy, n)
        return Estimate(found.value, found.low, found.high, n, self.skipped)


def summarise_trials(trials: Iterable[ProbeTrial | SkippedTrial], *, paper: bool) -> ProbeResult:
    """Estimates over all features at all positions, clustered by sequence."""
    sums = _Sums(paper=paper)
    for trial in trials:
        sums.see(trial)
    layers = [path[1] for path in sums.totals if path[0] == "accuracy" and len(path) == 2]  # noqa: PLR2004

    def by_layer(score: str) -> dict[str, Estimate]:
        there = [layer for layer in layers if (score, layer) in sums.totals]
        return {LAST if paper else layer: sums.estimate((score, layer)) for layer in there}

    references = {
        name: {score: sums.estimate((name, score)) for score in ("accuracy", "bits")}
        for name in REFERENCES
        if (name, "bits") in sums.totals
    }
    control = [layer for layer in layers if ("control", layer) in sums.totals]
    return ProbeResult(
        by_layer("accuracy"),
        by_layer("control"),
        {layer: sums.selectivity(layer) for layer in control},
        sums.estimate(("majority",)),
        by_layer("bits"),
        sums.estimate(("frequencies",)) if ("frequencies",) in sums.totals else None,
        references,
        tuple(sums.boards),
    )


def contributions(trial: ProbeTrial, _threshold: int) -> Iterator[Contribution]:
    """A trial's parts in all scores, and in those of the refits."""
    accuracy: dict[ScorePath, float] = {}
    features = float(trial.features)
    for name, total in totals_of(trial):
        accuracy[name] = float(total)
        yield name, float(total), features
    for name, total in accuracy.items():
        if name[0] == "control":
            yield ("selectivity", name[1]), accuracy["accuracy", name[1]] - total, features
    if len(trial.right) == 1:  # under `paper` the one layer is called the last
        for name, total in accuracy.items():
            if name[1:2] == ("0",):
                yield (name[0], LAST, *name[2:]), total, features
    yield _MOST, 0.0 if trial.most_bits is UNSET else trial.most_bits, 1.0


def difference(first: Outcomes, second: Outcomes, name: ScorePath) -> Difference:
    """The score of `second` less that of `first`, over held-out sequences and fits.

    Refits of one number had the same weights of the same training sequences in both models, so
    that what both owe to the choice of training sequences cancels out.
    """
    trials = min(first.there.size, second.there.size)
    common = first.there[:trials] & second.there[:trials]

    def pair(name: ScorePath) -> tuple[Answers, Answers]:
        both = (first.parts(name), second.parts(name))
        one, two = (Answers(p.totals[:trials][common], p.sizes[:trials][common]) for p in both)
        return one, two

    one, two = pair(name)
    both = int(one.sizes[(one.sizes > 0) & (two.sizes > 0)].sum())
    highest = (float(each.parts(_MOST).totals.max(initial=0.0)) for each in (first, second))
    most = max(highest) if is_bits(name) else 1.0
    found = (
        paired_bits(one, two, most, both) if is_bits(name) else paired_difference(one, two, both)
    )
    refits: list[float] = []
    while (refit := (*name, f"refit {len(refits)}")) in first.names & second.names:
        one, two = pair(refit)
        if not one.sizes.any() or not two.sizes.any():
            break
        refits.append(two.mean - one.mean)
    return difference_over_fits(found, refits, most)
