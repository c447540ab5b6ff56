"""The one place where records of chat runs become their type (nerode/schema/chat.py).

Callers that still read records as dictionaries hand these over as they are; whatever else is in
this folder reads a `ChatRecord` by its attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from nerode.report.rows import Row, estimate_at, rows, told
from nerode.schema.chat import ChatRecord
from nerode.schema.decoding import decoded, encoded
from nerode.schema.record import Record
from nerode.schema.scores import Scores
from nerode.stats.estimate import Estimate

AnyRecord = Record | Mapping[str, Any]
"""A record as its type, or as a dictionary."""

_Result = TypeVar("_Result")


def chat_record(record: AnyRecord) -> ChatRecord | None:
    """The record of a chat run as its type; None where no chat model was asked."""
    if isinstance(record, Record):
        return record if isinstance(record, ChatRecord) else None
    return decoded(encoded(record), ChatRecord) if record.get("kind") == "chat" else None


def of_chat(function: Callable[[ChatRecord], _Result]) -> Callable[[AnyRecord], _Result]:
    """The same function of the record of a chat run in either form."""

    @wraps(function)
    def of_any(record: AnyRecord) -> _Result:
        typed = chat_record(record)
        assert typed is not None  # noqa: S101 - callers have asked whether it is one
        return function(typed)

    return of_any


def world_name(record: AnyRecord) -> str:
    """Name of a record's world, whatever model was asked."""
    return record.world if isinstance(record, Record) else str(record["world"])


def value_or(value: _Result | UnsetType, default: _Result) -> _Result:
    """A field that older records lack, or a default."""
    return default if value is UNSET else value


def score_of(metrics: Mapping[str, Scores], path: tuple[str, ...]) -> Estimate | None:
    """The estimate at a path; None where it was not measured."""
    return estimate_at(encoded(metrics), path)


def score_rows(metrics: Mapping[str, Scores]) -> list[Row]:
    """One row per estimate: see `rows`."""
    return rows(encoded(metrics))


def with_interval(estimate: Estimate) -> str:
    """The number with its interval."""
    return told(estimate)
