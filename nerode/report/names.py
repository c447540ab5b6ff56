"""What runs are called on a page, and under which terms they were measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from nerode.report.kinds import kinds
from nerode.report.record.settings import settings_of
from nerode.schema.chat import ChatRecord
from nerode.schema.record import Record

OF_PROTOCOL = ("depth", "most_listed")
"""What the protocol of a chat run decides."""


def short(model: str) -> str:
    """A model's name without the folders it lies in."""
    return PurePath(model).name or model


def place(world: str) -> str:
    """A world's name without the folders that it lies in: `street-map:city` for all its path."""
    kind, colon, where = world.partition(":")
    return f"{kind}{colon}{short(where)}" if "/" in where else world


def titles(records: Sequence[Record]) -> list[str]:
    """Each run in a few words.

    Runs of one model in one world are told apart by the conditions in which they differ, and by
    their number where they do not.
    """
    protocols = len({record.protocol for record in records}) > 1
    names = [f"{short(record.model)} on {place(record.world)}" for record in records]
    called = []
    for name, record in zip(names, records, strict=True):
        alike = [dict(terms(r)) for n, r in zip(names, records, strict=True) if n == name]
        differ = [
            f"{term} {value}"
            for term, value in terms(record)
            if any(other.get(term) != value for other in alike)
            and not (protocols and isinstance(record, ChatRecord) and term in OF_PROTOCOL)
        ]
        called.append(" · ".join([name, *differ]))
    return [
        f"{number} · {name}" if called.count(name) > 1 else name
        for number, name in enumerate(called, start=1)
    ]


def callings(records: Sequence[Record]) -> list[str]:
    """The shortest names that tell the runs apart, for use in a sentence or over a column."""
    models = [short(record.model) for record in records]
    worlds = {record.world for record in records}
    ends = [f" on {place(record.world)}" for record in records]
    long = titles(records)
    if len(worlds) == 1:
        long = [title.replace(end, "", 1) for title, end in zip(long, ends, strict=True)]
    return models if len(set(models)) == len(models) else long


def headings(records: Sequence[Record]) -> list[str]:
    """As `callings`, for the columns of a table: without the name of a model that all share."""
    names = callings(records)
    start = f"{short(records[0].model)} · "
    alike = all(name.startswith(start) for name in names)
    return [name.removeprefix(start) for name in names] if alike else names


def terms(record: Record) -> list[tuple[str, str]]:
    """How a run was measured, in its world."""
    settings = {"model": record.model, **settings_of(record)}
    settings["histories"] = " and ".join(kinds(record)) or None
    return [(name, str(value)) for name, value in settings.items() if value is not None]
