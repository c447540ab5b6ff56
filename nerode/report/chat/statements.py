"""How many statements the strings of a chat run have, and what that makes of its recall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nerode.report.record.by_keys import RecordByKeys as Record
from nerode.report.record.by_keys import is_chat
from nerode.report.rows import interval, number
from nerode.report.rows import with_interval as told
from nerode.report.verdict import percent
from nerode.stats.estimate import Estimate

PAPER = "paper"
SINGLE = "single statements"
"""What protocol `paper` asks about."""

_WORDS = {"1": "one statement", "2": "two statements"}
_PUBLISHED = "Published scores are of single statements: --protocol paper."


@dataclass(frozen=True)
class Statements:
    """The strings of so many statements: how many of all there are, and their recall.

    `trials` is the number of pairs of situations that have such strings.
    """

    name: str
    asked: str
    recall: str
    interval: str
    trials: str


def is_published(record: Record) -> bool:
    """Whether a chat model was asked what it was asked in the published experiment."""
    return is_chat(record) and record.get("protocol") == PAPER


def statements(record: Record) -> tuple[Statements, ...]:
    """A row for every number of statements; nothing where all strings have the same number.

    Nor of older records, which do not tell.
    """
    strings = record.get("statements", {})
    if len(strings) < 2:  # noqa: PLR2004 - one is no table
        return ()
    return tuple(_row(length, each) for length, each in strings.items())


def _row(length: str, each: Mapping[str, Any]) -> Statements:
    recall = Estimate.of(each["recall"])
    return Statements(
        name=length,
        asked=f"{each['asked']:,} ({percent(each['share'])})",
        recall=number(recall.value),
        interval=interval(recall),
        trials=f"{recall.n:,}",
    )


def statements_told(record: Record) -> tuple[str, ...]:
    """The same in a sentence, for a terminal."""
    strings = record.get("statements", {})
    if not strings or is_published(record):
        return ()
    parts = [
        f"{percent(each['share'])} have {_words(length)} (recall "
        f"{told(Estimate.of(each['recall']))})"
        for length, each in strings.items()
    ]
    where = f" {published}" if (published := where_published(record)) else ""
    return (f"Of the strings that distinction asks about {', '.join(parts)}.{where}",)


def where_published(record: Record) -> str:
    """What asks as the published experiment did; nothing in worlds that it has not."""
    seating = record["world"].partition(":")[0] == "seating"
    return _PUBLISHED if seating and not is_published(record) else ""


def protocol_told(record: Record) -> tuple[str, ...]:
    """What protocol `paper` asks, in a sentence; nothing of another."""
    if not is_published(record):
        return ()
    return (
        (
            "Protocol paper asks about single statements, as published: such as may follow the "
            "first telling and not the second. docs/validity.md has what still differs."
        ),
    )


def _words(length: str) -> str:
    return _WORDS.get(length, f"{length} statements")
