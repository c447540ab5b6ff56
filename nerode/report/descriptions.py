"""What is known of the metrics in records: those built in, and any other as records describe it.

A metric of somebody else's is shown by what the record says of it (nerode/metrics/about.py); its
code is neither needed nor loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

from nerode.chat.metrics import ANSWERS, CAPABILITY
from nerode.metrics.about import description_of
from nerode.metrics.history_kinds import plain_name
from nerode.metrics.metric import Description, Score, ScorePath, as_percent
from nerode.metrics.registry import BUILT_IN
from nerode.schema.record import Record

Descriptions = Mapping[str, Description]
"""Metrics by name, without their variants on on-policy histories, in the order of tables."""

KNOWN: Descriptions = {each.name: each for each in (CAPABILITY, *BUILT_IN, ANSWERS)}
"""Metrics that are built in, those of chat models too."""


def descriptions(*records: Record) -> Descriptions:
    """Every metric that is built in or that a record describes; of two descriptions the first."""
    known = dict(KNOWN)
    for record in records:
        for name, about in (record.metrics_about or {}).items():
            if name not in known:
                known[name] = description_of(name, about)
    return known


def description(metric: str, about: Descriptions = KNOWN) -> Description:
    """What is known of a metric, whichever histories it read; of one that is not, its name."""
    name = plain_name(metric)
    if name in about:
        return about[name]
    return _Unknown(name=name, title=name.replace("_", " "), about="", scores={})


def score_at(path: ScorePath, about: Descriptions = KNOWN) -> Score:
    """What is known of the score at a path of a record's metrics."""
    return description(path[0], about).score(path[1:])


def reads_histories(metric: str, about: Descriptions = KNOWN) -> bool:
    """Whether trials of a metric of this name are pairs of histories."""
    return description(metric, about).reads_histories


class _Unknown(Description):
    """A metric that nobody describes: further keys are probabilities, as in most records."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_label", lambda key: f" {as_percent(key)}")
