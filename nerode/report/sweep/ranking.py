"""Whether the scores of a sweep agree on which of its models are better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nerode.report.rows import DASH, Row, estimate_at, number, p_text, signed
from nerode.report.sweep.arms import SweepScores, TrainedModel
from nerode.stats.agreement import Agreement, agreement
from nerode.stats.multiplicity import ALPHA

_LEAST_SCORES, _LEAST_MODELS = 2, 4
"""Two models are ranked alike or not, and chance alone decides much of it."""
_ALIKE, _APART = 0.7, 0.4
"""From which W on scores are said to agree, and below which to disagree."""


@dataclass(frozen=True)
class Ranking:
    """How far scores agree, over the models that have all of them.

    `rows` are the scores, `models` those that are ranked, in the order of their mean rank.
    """

    rows: tuple[Row, ...]
    models: tuple[TrainedModel, ...]
    agreement: Agreement

    @property
    def word(self) -> str:
        """How far they agree, as the rest of a sentence."""
        found = self.agreement
        if found.w is None or found.p is None:
            return "tell no two models apart"
        if found.p >= ALPHA:
            return "do not agree more than chance would have it"
        if found.w >= _ALIKE:
            return "agree"
        return "agree in part" if found.w >= _APART else "agree little"

    @property
    def summary(self) -> str:
        """That in a short sentence."""
        w = "" if self.agreement.w is None else f" (Kendall's W {number(self.agreement.w)})"
        return f"On which models are better the scores {self.word}{w}."

    @property
    def sentence(self) -> str:
        """That with what it is held against."""
        found = self.agreement
        if found.w is None or found.p is None:
            return self.summary
        return (
            f"On which models are better the scores {self.word}: Kendall's W {number(found.w)}, "
            f"where 1 is full agreement and {number(1 / found.scores)} is expected of chance "
            f"(p {p_text(found.p)}; {found.scores} scores, {found.models} models)."
        )

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        """The rank correlation of every two scores, as text, once each; a dash where undefined."""
        correlations = self.agreement.correlations
        return tuple(
            tuple(
                "" if at >= other else DASH if np.isnan(value) else signed(round(float(value), 9))
                for other, value in enumerate(line)
            )
            for at, line in enumerate(correlations)
        )


def ranking(sweep: SweepScores) -> Ranking | None:
    """How far the main scores of a sweep agree; None of fewer than two scores or four models."""
    rows = sweep.judged
    models = sweep.models
    if len(rows) < _LEAST_SCORES or len(models) < _LEAST_MODELS:
        return None
    values = np.array([[_value(model, row) for model in models] for row in rows], dtype=np.float64)
    # A score that most models lack would leave few models; a model that lacks one has no rank.
    kept = np.isfinite(values).mean(axis=1) > 0.5  # noqa: PLR2004
    values, rows = values[kept], [row for row, keep in zip(rows, kept, strict=True) if keep]
    ranked = np.isfinite(values).all(axis=0)
    values = values[:, ranked]
    models = [model for model, keep in zip(models, ranked, strict=True) if keep]
    if len(rows) < _LEAST_SCORES or len(models) < _LEAST_MODELS:
        return None
    found = agreement(values)
    places = (-values).argsort(axis=1).argsort(axis=1).mean(axis=0)
    order = np.argsort(places, kind="stable")
    return Ranking(tuple(rows), tuple(models[at] for at in order), found)


def _value(model: TrainedModel, row: Row) -> float:
    """A score, larger for better models; NaN where it is undefined."""
    estimate = estimate_at(model.record.metrics, row.path)
    if estimate is None or estimate.value is None:
        return float("nan")
    return estimate.value if row.score.best == 1 else -estimate.value
