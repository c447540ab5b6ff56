"""An evaluation in parts that anybody can measure: blocks of trials of one model and metric.

Blocks are the batches that a run on one machine measures together, so that the numbers of a trial
are the same whoever measured it, to the last digit of a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nerode import runs
from nerode.errors import InvalidParameter
from nerode.evaluation.plan import EvaluationPlan, Measurement
from nerode.metrics.parallel import Batch, batches


@dataclass(frozen=True)
class TrialBlock:
    """Trials of one model and metric, by their numbers."""

    key: runs.Key
    trials: Batch


def blocks_of(measurements: Iterable[Measurement]) -> Iterator[TrialBlock]:
    """All blocks, whatever was measured already, in an order that is always the same."""
    for each in measurements:
        numbers = range(each.setting.trials)
        whole = each.metric.fits_first
        for batch in [tuple(numbers)] if whole else batches(each.setting, numbers, each.open()):
            yield TrialBlock(each.key, batch)


def by_key(plan: EvaluationPlan) -> Mapping[runs.Key, Measurement]:
    """All that is measured, by names of model and metric."""
    return {each.key: each for each in plan.measurements()}


@dataclass(frozen=True)
class Shard:
    """One part of `of` parts, counted from 1."""

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            message = f"expected a shard from 1/{self.of} to {self.of}/{self.of}, got {self}"
            raise InvalidParameter(message)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard that is written as `2/8`. Raises InvalidParameter for anything else."""
        number, slash, of = text.partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and int(of)):
            raise InvalidParameter(f"expected a shard as 1/8, got {text!r}")
        return cls(int(number), int(of))

    def holds(self, place: int) -> bool:
        """Whether the block at a place, from 0, belongs to this shard: blocks are dealt in turn."""
        return place % self.of == self.number - 1
