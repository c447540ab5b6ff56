"""How many statements the strings of a chat run have, and what that makes of its recall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nerode.report.rows import interval, number, with_interval
from nerode.report.verdict import percent
from nerode.schema.chat import ChatRecord, OfLength
from nerode.schema.record import Record

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
    count: str
    recall: str
    interval: str
    trials: str


def is_published(record: Record) -> bool:
    """Whether a chat model was asked what it was asked in the published experiment."""
    return isinstance(record, ChatRecord) and record.protocol == PAPER


def statements(record: ChatRecord) -> tuple[Statements, ...]:
    """A row for every number of statements; nothing where all strings have the same number.

    Nor of older records, which do not say it.
    """
    strings = _strings(record)
    if len(strings) < 2:  # noqa: PLR2004 - one is no table
        return ()
    return tuple(_row(length, each) for length, each in strings.items())


def _strings(record: ChatRecord) -> Mapping[str, OfLength]:
    return record.statements or {}


def _row(length: str, each: OfLength) -> Statements:
    return Statements(
        name=length,
        count=f"{each.count:,} ({percent(each.share)})",
        recall=number(each.recall.value),
        interval=interval(each.recall),
        trials=f"{each.recall.n:,}",
    )


def statements_sentence(record: ChatRecord) -> tuple[str, ...]:
    """The same in a sentence, for a terminal."""
    strings = _strings(record)
    if not strings or is_published(record):
        return ()
    parts = [
        f"{percent(each.share)} have {_words(length)} (recall {with_interval(each.recall)})"
        for length, each in strings.items()
    ]
    where = f" {published}" if (published := where_published(record)) else ""
    return (f"Of the strings that distinction asks about {', '.join(parts)}.{where}",)


def where_published(record: ChatRecord) -> str:
    """What asks as the published experiment did; nothing in worlds that it has not."""
    seating = record.world.partition(":")[0] == "seating"
    return _PUBLISHED if seating and not is_published(record) else ""


def protocol_sentence(record: ChatRecord) -> tuple[str, ...]:
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
