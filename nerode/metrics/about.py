"""What a record says of a metric that is not built in (nerode/schema/metric.py has its types).

No code is named there: whoever reads a record runs nothing of the metric's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from msgspec import structs

from nerode.metrics.metric import Description, Score, ScorePath
from nerode.schema.metric import MetricAbout, ScoreAbout


def about_of(metric: Description, estimates: Mapping[str, Any]) -> MetricAbout:
    """What the record says of a metric with these estimates."""
    scores = {"/".join(names): metric.score(names) for names in score_names(estimates)}
    return MetricAbout(
        title=metric.title,
        about=metric.about,
        reads_histories=metric.reads_histories,
        terms=dict(metric.terms),
        scores={name: _about(score) for name, score in scores.items()},
    )


def _about(score: Score) -> ScoreAbout:
    depends = None if score.depends_on is None else sorted(score.depends_on)
    return ScoreAbout(**asdict(score) | {"depends_on": depends})


def score_names(estimates: Mapping[str, Any]) -> Iterator[ScorePath]:
    """The names of all estimates, those that stand deeper too."""
    for name, part in estimates.items():
        if "value" in part and "n" in part:
            yield (name,)
        else:
            yield from ((name, *rest) for rest in score_names(part))


def description_of(name: str, about: MetricAbout) -> Description:
    """The metric as a record describes it.

    Raises InvalidParameter where no metric can be called so, where a best value is not 1, 0 or
    null, and where a score depends on what is no setting.
    """
    scores = {path: Score(**structs.asdict(score)) for path, score in about.scores.items()}
    return Description(
        name=name,
        title=about.title,
        about=about.about,
        scores=scores,
        terms=about.terms,
        reads_histories=about.reads_histories,
    )
