"""The best step of a series by one score, and when to stop waiting for a better one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nerode.errors import InvalidParameter, UnknownName
from nerode.metrics.metric import AnyMetric
from nerode.series.series import Series
from nerode.suggestions import did_you_mean

_FORM = re.compile(r"([a-z0-9_]+)[./](.+)")


@dataclass(frozen=True)
class ScoreName:
    """A score by its metric and its names within it.

    >>> ScoreName.parse("compression.precision")
    ScoreName(metric='compression', names=('precision',))
    """

    metric: str
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> ScoreName:
        """`METRIC.SCORE`; names within a score are joined by a slash (`detours.random/0.1`).

        Raises InvalidParameter for another form.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise InvalidParameter(
                f"expected a score as METRIC.SCORE (compression.precision), got {text!r}"
            )
        return cls(found[1], tuple(found[2].split("/")))

    def __str__(self) -> str:
        return f"{self.metric}.{'/'.join(self.names)}"

    def sign_among(self, metrics: Sequence[AnyMetric]) -> int:
        """1 where larger values are better, -1 where smaller ones are.

        Raises UnknownName for a metric that is not measured, InvalidParameter for a score of which
        no value is the best.
        """
        known = {metric.name: metric for metric in metrics}
        if self.metric not in known:
            raise UnknownName(
                f"expected a score of a metric that is measured ({', '.join(known)}), got "
                f"{self}{did_you_mean(self.metric, known)}"
            )
        metric = known[self.metric]
        best = metric.score(self.names).best
        if best is None:
            scores = [name for name, each in metric.scores.items() if each.best is not None]
            listed = ", ".join(f"{self.metric}.{name}" for name in scores)
            near = did_you_mean("/".join(self.names), scores)
            raise InvalidParameter(
                f"expected a score with a best value ({listed}), got {self}{near}"
            )
        return 1 if best == 1 else -1


@dataclass(frozen=True)
class StopRule:
    """Stop when a score has not become better for so many measurements.

    Better than at the best step so far, by the paired difference, whose interval leaves 0 out: a
    rise that may be chance is none. Slow progress counts, for the best step stays until then.
    """

    score: ScoreName
    patience: int

    @classmethod
    def parse(cls, text: str) -> StopRule:
        """`METRIC.SCORE:PATIENCE`. Raises InvalidParameter for another form."""
        score, colon, patience = text.rpartition(":")
        if not colon or not patience.isdecimal() or int(patience) < 1:
            raise InvalidParameter(
                "expected METRIC.SCORE:PATIENCE with a patience of 1 or more measurements "
                f"(compression.precision:5), got {text!r}"
            )
        return cls(ScoreName.parse(score), int(patience))

    def __str__(self) -> str:
        return f"{self.score}:{self.patience}"


@dataclass
class Patience:
    """A stop rule that follows a series, step by step."""

    rule: StopRule
    series: Series
    best: int | None = None
    waited: int = 0
    _seen: int = field(default=-1, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether to stop, after all steps that the series has."""
        for step in self.series.steps:
            if step > self._seen:
                self._see(step)
        return self.waited >= self.rule.patience

    def _see(self, step: int) -> None:
        self._seen = step
        if self.best is None:
            self.best = step
            return
        score = self.rule.score
        found = self.series.difference(self.best, step, score.metric, *score.names)
        if found.certain and (found.value or 0.0) * score.sign_among(self.series.metrics) > 0:
            self.best, self.waited = step, 0
        else:
            self.waited += 1


@dataclass
class BestStep:
    """The step with the best value of a score, as it follows a series; the first of several."""

    score: ScoreName
    series: Series
    _best: tuple[float, int] | None = field(default=None, repr=False)
    _seen: int = field(default=-1, repr=False)

    @property
    def step(self) -> int | None:
        """The best of all steps that the series has; None where none has a value.

        Each record is read once. Raises UnknownName for a score that the series does not have.
        """
        sign = self.score.sign_among(self.series.metrics)
        for step in self.series.steps:
            if step <= self._seen:
                continue
            self._seen = step
            value = self.series.estimate(step, self.score.metric, *self.score.names).value
            if value is not None and (self._best is None or sign * value > self._best[0]):
                self._best = (sign * value, step)
        return None if self._best is None else self._best[1]


def best_step(series: Series, score: ScoreName) -> int | None:
    """The step with the best value of a score, the first of several; None where none has any.

    Raises UnknownName for a score that the series does not have.
    """
    return BestStep(score, series).step
