"""JSON Schema of every file, for programs in other languages: `nerode schema`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from nerode.chat.scored_trials import CHAT_TRIALS
from nerode.errors import UnknownName
from nerode.metrics.registry import BUILT_IN
from nerode.schema.automaton import AutomatonFile
from nerode.schema.chat import Answer, ChatRecord, FailedQuestion
from nerode.schema.model import Clock, ModelRecord
from nerode.schema.part import OpenPart
from nerode.schema.record import Record
from nerode.schema.run import ChatTerms, EvaluateTerms, ReconstructTerms
from nerode.schema.sequences import Manifest
from nerode.schema.series import MeasuredStep, SeriesTerms
from nerode.schema.shard import ShardTerms
from nerode.schema.sweep import SweepTerms
from nerode.schema.trial import TrialLine

DIALECT = "https://json-schema.org/draft/2020-12/schema"

FILES: Mapping[str, Mapping[str, Any]] = {
    "record": {"evaluation.json": Record},
    "sequences": {"manifest.json": Manifest},
    "chat": {
        "evaluation.json": ChatRecord,
        "answers.jsonl": Answer,
        "failures.jsonl": FailedQuestion,
    },
    "run": {
        "run.json of evaluate": EvaluateTerms,
        "run.json of reconstruct": ReconstructTerms,
        "run.json of chat": ChatTerms,
        "shard.json": ShardTerms,
    },
    "sweep": {"sweep.json": SweepTerms},
    "series": {"series.json": SeriesTerms, "steps.jsonl": MeasuredStep},
    "automaton": {"automaton:FILE": AutomatonFile},
    "model": {"nerode.json": ModelRecord, "clock.json": Clock},
    "trials": {
        "every line": TrialLine,
        **{metric.name: metric.trial for metric in BUILT_IN if metric.trial is not None},
        **{f"chat {name}": kind for name, kind in CHAT_TRIALS.items()},
    },
}
"""Types of files (of .jsonl files: of a line) by topic and name of the file.

Of `trials`, the lines of trials.jsonl: what every one holds and, by metric, what more those hold
that were not skipped.
"""


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of one type."""
    return {"$schema": DIALECT, **msgspec.json.schema(kind, schema_hook=_open)}


def schemas(topic: str | None = None) -> dict[str, Any]:
    """JSON Schemas by file of one topic, or by topic and file of all.

    Raises UnknownName for another topic.
    """
    if topic is None:
        return {each: schemas(each) for each in FILES}
    if topic not in FILES:
        message = f"expected one of {', '.join(FILES)}, got {topic!r}"
        raise UnknownName(message)
    return {name: schema_of(kind) for name, kind in FILES[topic].items()}


def _open(kind: type) -> dict[str, Any]:
    if not issubclass(kind, OpenPart):
        raise NotImplementedError(kind)
    return kind.json_schema()
