"""The scores of a series as rows and as flat names."""

from __future__ import annotations

from typing import Any

from nerode.runs import RESULT, read_json
from nerode.schema.decoding import decoded
from nerode.schema.record import Record
from nerode.series.folder import SeriesFolder


def flat_scores(record: Record) -> dict[str, float]:
    """Values by `metric/score`; those that are undefined are left out."""
    return {
        "/".join((metric, *names)): each.value
        for metric, scores in record.metrics.items()
        for names, each in scores.items_at()
        if each.value is not None
    }


def scores_table(folder: SeriesFolder) -> list[dict[str, Any]]:
    """One row a score: step, model (empty for the one that is trained), metric, score, estimate."""
    rows: list[dict[str, Any]] = []
    for number, step in folder.steps().items():
        if not folder.is_measured(number):
            continue
        record = decoded(read_json(folder.run_of(number) / RESULT), Record)
        models = {"": record.metrics, **record.baselines}
        rows += [
            {
                "step": number,
                "baseline": model,
                "metric": metric,
                "score": "/".join(names),
                "value": each.value,
                "low": each.low,
                "high": each.high,
                "n": each.n,
                "skipped": each.skipped,
                "seconds": step.seconds,
            }
            for model, metrics in models.items()
            for metric, scores in metrics.items()
            for names, each in scores.items_at()
        ]
    return rows
