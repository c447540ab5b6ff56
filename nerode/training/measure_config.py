"""What is measured of a world model while it is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nerode.errors import InvalidParameter
from nerode.metrics.registry import GivenMetric, metrics_of
from nerode.series.best import ScoreName, StopRule
from nerode.series.config import SERIES_METRICS, SERIES_TRIALS
from nerode.series.series import Series
from nerode.worlds.world import AnyWorld

DEFAULT_SHARE = 0.05
"""Share of a training's time that goes into measurements."""


@dataclass(frozen=True)
class MeasureConfig:
    """Measure a network while it is trained: how often, what, and what follows from it.

    Attributes
    ----------
    share
        Measure as often as this share of the time that the training takes by itself allows.
    metrics, trials
        As `Series` takes them.
    stop
        Ends the training before its time.
    keep_best
        The network with the best value of this score so far is kept in `OUT/best`.
    baselines
        Whether baselines are measured beside the last step.

    Raises InvalidParameter for a share outside 0 to 1 and for a score that cannot be followed,
    UnknownName for one that is not measured.
    """

    share: float = DEFAULT_SHARE
    metrics: Sequence[GivenMetric] = SERIES_METRICS
    trials: int = SERIES_TRIALS
    stop: StopRule | None = None
    keep_best: ScoreName | None = None
    baselines: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InvalidParameter(f"expected --measure with a share from 0 to 1, got {self.share}")
        metrics = metrics_of(self.metrics)
        for score in (None if self.stop is None else self.stop.score, self.keep_best):
            if score is not None:
                score.sign_among(metrics)

    def series(
        self, world: AnyWorld, sequences: Path, out: Path, trained_on: dict[str, object]
    ) -> Series:
        """The series of a training, in `out/series`."""
        return Series(
            world,
            self.metrics,
            out=out / "series",
            name=out.name,
            trained_on=trained_on,
            baselines=[],  # measured at the end
            trials=self.trials,
            sequences=sequences,
        )
