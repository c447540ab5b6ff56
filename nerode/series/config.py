"""What every step of a series is asked, with defaults that are cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from nerode.errors import InvalidParameter
from nerode.metrics.history_kinds import UNIFORM
from nerode.metrics.metric import AnyMetric
from nerode.schema.series import SeriesTerms
from nerode.worlds.fingerprint import plan_of
from nerode.worlds.world import AnyWorld

SERIES_METRICS = ("next_symbol", "compression", "distinction")
SERIES_TRIALS = 200
SERIES_SAMPLES = 10
"""Continuations in each direction."""
CONTINUATION_LENGTH = 20
"""Most symbols of one continuation. Records say it, and how many continuations ended there."""


class SeriesFields(TypedDict, total=False):
    """The fields of `SeriesConfig`, as keyword arguments."""

    trials: int
    samples: int
    epsilon: float
    depth: int
    length: int
    protocol: str
    histories: str
    sequences: Path | str | None
    seed: int


@dataclass(frozen=True)
class SeriesConfig:
    """What every step of a series is asked, as `evaluate` takes it.

    Cheap by default, since most of the time goes into reading continuations: 10 of at most 20
    symbols instead of the 30 of 100 that `evaluate` follows, and no curve over ε. Compression's
    precision is a bound that falls with both, so that steps of a series are compared with each
    other and not with an evaluation; its disagreement depends on the length alone.

    Raises InvalidParameter where there is no trial.
    """

    trials: int = SERIES_TRIALS
    samples: int = SERIES_SAMPLES
    epsilon: float = 0.01
    depth: int = 5
    length: int = CONTINUATION_LENGTH
    protocol: str = "exact"
    histories: str = UNIFORM
    sequences: Path | str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise InvalidParameter(f"expected trials of at least 1, got {self.trials}")

    def terms(self, world: AnyWorld, metrics: Sequence[AnyMetric]) -> SeriesTerms:
        """What must be equal for a series to go on."""
        return SeriesTerms(
            world=world.name,
            plan=plan_of(world),
            metrics=[metric.name for metric in metrics],
            trials=self.trials,
            samples=self.samples,
            epsilon=self.epsilon,
            depth=self.depth,
            length=self.length,
            protocol=self.protocol,
            histories=self.histories,
            sequences=None if self.sequences is None else str(self.sequences),
            seed=self.seed,
        )
