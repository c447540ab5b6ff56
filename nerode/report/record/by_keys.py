"""Records as JSON has them, for the reports on chat models, which read them by keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerode.metrics.metric import Keys
from nerode.report.rows import Row
from nerode.report.rows import estimate_at as typed_estimate_at
from nerode.report.rows import rows as typed_rows
from nerode.schema.chat import ChatRecord
from nerode.schema.decoding import decoded, encoded
from nerode.schema.record import Record
from nerode.schema.scores import Scores
from nerode.stats.estimate import Estimate

RecordByKeys = dict[str, Any]


def by_keys(record: Record) -> RecordByKeys:
    """The record of a chat model as JSON has it; of any other run, what it is called."""
    if isinstance(record, ChatRecord):
        return dict(encoded(record))
    return {"world": record.world, "model": record.model, "protocol": record.protocol}


def is_chat(record: RecordByKeys) -> bool:
    """Whether a chat model was asked."""
    return record.get("kind") == "chat"


def rows(metrics: Mapping[str, Any]) -> list[Row]:
    """As `nerode.report.rows.rows`."""
    return typed_rows(_scores(metrics))


def estimate_at(metrics: Mapping[str, Any], path: Keys) -> Estimate | None:
    """As `nerode.report.rows.estimate_at`."""
    return typed_estimate_at(_scores(metrics), path)


def _scores(metrics: Mapping[str, Any]) -> dict[str, Scores]:
    return decoded(encoded(metrics), dict[str, Scores])
