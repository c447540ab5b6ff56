"""Evaluations drawn from pools, and how many of their intervals hold the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_of.pools import Pool, file_of, setting_of, trials_in
from nerode.metrics.compression import CompressionTrial
from nerode.metrics.reconstruction.algorithm import Rules
from nerode.metrics.reconstruction.reconstruction import ReconstructionTrial
from nerode.metrics.reconstruction.score import estimates_of
from nerode.metrics.reconstruction.walks import JudgedSequences
from nerode.metrics.registry import METRICS
from nerode.metrics.walk.summary import ByLength
from nerode.schema.trial import Trial, entries_of
from nerode.sequences.batch import SequenceBatch
from nerode.stats.bounds import NORMAL
from nerode.stats.estimate import Estimate
from nerode.worlds.streets.street_map import StreetMap

Found = tuple[str, Estimate, float | None]
"""Name of a row, an estimate of a simulated evaluation, and the truth: None for the mean of all."""
Evaluate = Callable[[NDArray[np.int64]], Iterable[Found]]
"""Makes an evaluation of the trials of these numbers."""

_SCORES = {"precision": "agree", "disagreement": "disagreement", "first_symbol": "first_symbol"}
"""Scores of compression, and in which field of a trial they stand."""
FEW = 5
"""Where fewer trials than this differ from the rest, hardly any interval can be of ideal width."""


@dataclass
class Row:
    """One estimate in many simulated evaluations."""

    values: list[float] = field(default_factory=list)
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    truths: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def add(self, found: Estimate, truth: float | None) -> None:
        if found.value is None or found.low is None or found.high is None:
            return
        self.values.append(found.value)
        self.lows.append(found.low)
        self.highs.append(found.high)
        self.truths.append(np.nan if truth is None else truth)
        self.sizes.append(found.n)

    def cell(self, trials: int) -> Cell:
        values, lows, highs = map(np.array, (self.values, self.lows, self.highs))
        truths = np.array(self.truths)
        truths[np.isnan(truths)] = values.mean()
        inside = (lows <= truths + 1e-12) & (truths - 1e-12 <= highs)
        ideal = 2 * NORMAL * float(np.sqrt(((values - truths) ** 2).mean()))
        width = float((highs - lows).mean())
        middle = float(truths.mean())
        fewer = min(trials, float(np.mean(self.sizes))) * min(abs(middle), 1 - abs(middle))
        return Cell(
            middle, float(inside.mean()), width / ideal if ideal else np.inf, fewer, values.size
        )


@dataclass(frozen=True)
class Cell:
    """What many simulated evaluations of one size say of an estimate.

    `differ` is the number of trials that differ from the rest: of n trials with a mean m,
    n · min(m, 1 - m). `repeats` are the evaluations in which the score was defined.
    """

    truth: float
    coverage: float
    width: float
    differ: float
    repeats: int

    def __str__(self) -> str:
        return f"{self.coverage:.3f}{'*' if self.differ < FEW else ''}, {self.width:.2f}"


Table = dict[str, Cell]


def tallied(evaluations: Iterable[Iterable[Found]], trials: int) -> Table:
    rows: dict[str, Row] = {}
    for evaluation in evaluations:
        for name, found, truth in evaluation:
            rows.setdefault(name, Row()).add(found, truth)
    return {name: row.cell(trials) for name, row in rows.items() if row.values}


def drawn(evaluate: Evaluate, size: int, trials: int, repeats: int) -> Table:
    """The table of evaluations of so many trials out of `size`, drawn with replacement."""
    rng = np.random.default_rng([trials, repeats])
    numbers = rng.integers(0, size, (repeats, trials))
    return tallied(map(evaluate, numbers), trials)


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Estimate]]:
    """All estimates below a node, with their paths."""
    if isinstance(node, Estimate):
        yield path, node
    elif isinstance(node, Mapping):
        for name, child in node.items():
            yield from leaves(child, f"{path} {name}".strip())


def pooled(folder: Path, pool: Pool, metric: str, trials: int) -> tuple[Evaluate, int]:
    """How evaluations of a metric are made of a pool's trials, and how many trials it has."""
    records = trials_in(file_of(folder, pool, metric, trials), metric)
    if metric == "reconstruction":
        return _mapped(pool, records), len(records)
    setting, summarise = setting_of(pool), METRICS[metric].summarise

    def result(numbers: Iterable[int]) -> dict[str, Any]:
        found = summarise(setting, (records[number] for number in numbers))
        curves = found.curves() if pool.curve and hasattr(found, "curves") else {}
        return {"estimates": found.estimates(), "curves": curves, "all": found}

    whole = result(range(len(records)))
    truths = dict(leaves(whole["estimates"]))
    of_length = (
        _truth_by_length(records, pool.acceptance.main)
        if hasattr(whole["all"], "lengths")
        else None
    )

    def evaluate(numbers: NDArray[np.int64]) -> Iterator[Found]:
        one = result(numbers.tolist())
        for name, found in leaves(one["estimates"]):
            if name in truths:
                yield f"{metric} {name}", found, truths[name].value
        for name, over in one["curves"].items():
            for found, truth in zip(over, whole["curves"][name], strict=True):
                yield f"{metric} {name}, at any threshold", found, truth.value
        if of_length is not None:
            for name, found, span in _by_length(one["all"].lengths):
                yield f"{metric} {name}, by length", found, of_length(name, span)

    return evaluate, len(records)


def _by_length(found: ByLength) -> Iterator[tuple[str, Estimate, tuple[int, int]]]:
    for name, over in found.curve.items():
        for estimate, span in zip(over, found.spans, strict=True):
            yield name, estimate, span


def _truth_by_length(trials: list[Trial], main: int) -> Callable[[str, tuple[int, int]], float]:
    """The mean of a score over all of the pool's trials whose lengths lie in a span."""
    ran = [trial for trial in trials if isinstance(trial, CompressionTrial)]
    lengths = np.array([max(len(text.split()) for text in trial.histories) for trial in ran])
    columns = {
        name: np.array([float(entries_of(trial)[field][main]) for trial in ran])
        for name, field in _SCORES.items()
    }

    def truth(name: str, span: tuple[int, int]) -> float:
        inside = (span[0] <= lengths) & (lengths <= span[1])
        return float(columns[name][inside].mean())

    return truth


def _mapped(pool: Pool, trials: list[Trial]) -> Evaluate:
    """Reconstructions of some of a pool's sequences, valid ones first."""
    world = setting_of(pool).world
    assert isinstance(world, StreetMap)
    world = world.with_unused_symbols()
    sequences = [world.encode(t.sequence) for t in trials if isinstance(t, ReconstructionTrial)]
    written = JudgedSequences.of(world, [SequenceBatch.of(sequences)], Rules())

    def made(numbers: NDArray[np.int64]) -> dict[str, Estimate]:
        return dict(leaves(estimates_of(written.draw_map("valid-first", numbers=numbers))))

    truths = made(np.arange(len(written.batch)))

    def evaluate(numbers: NDArray[np.int64]) -> Iterator[Found]:
        for name, found in made(numbers).items():
            yield f"reconstruction {name}", found, truths[name].value

    return evaluate
