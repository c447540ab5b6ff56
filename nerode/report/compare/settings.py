"""In which settings runs differ, beside their model: what is compared is then more than models."""

from __future__ import annotations

from collections.abc import Sequence

from nerode.report.kinds import kinds
from nerode.report.names import OF_PROTOCOL
from nerode.report.record.settings import SettingValues, settings_of
from nerode.report.rows import and_
from nerode.schema.chat import ChatRecord
from nerode.schema.record import Record

_APART = ("trials", "seed")
"""Settings of which none changes what a score means."""

_LONGEST = 12
"""Letters of a value that stands in a sentence."""


def settings(records: Sequence[Record]) -> dict[str, tuple[object, ...]]:
    """Settings in which any two runs differ, by name: every run's value, None where it has none.

    The model is none of them; neither are the sequences of a reconstruction, which stand for it.
    """
    each = [_of(record) for record in records]
    names = dict.fromkeys(name for found in each for name in found)
    values = {name: tuple(found.get(name) for found in each) for name in names}
    return {
        name: found
        for name, found in values.items()
        if any(value != found[0] for value in found[1:])
    }


def _of(record: Record) -> SettingValues:
    values = settings_of(record) | {"histories": " and ".join(kinds(record)) or None}
    if values.get("sequences") == record.model:
        del values["sequences"]
    return values


def unlike(records: Sequence[Record]) -> list[str]:
    """Settings in which runs differ and which change what is measured: `epsilon 0.01 and 0.1`.

    A setting that only some kinds of models have (the dtype of a network) is none of these, nor is
    the seed, for what it decides by chance is in the intervals. Where a run was measured on two
    kinds of histories each kind is compared with its like.
    """
    differ = settings(records)
    decided = (
        OF_PROTOCOL
        if "protocol" in differ and all(isinstance(record, ChatRecord) for record in records)
        else ()
    )
    both = any(len(kinds(record)) > 1 for record in records)
    apart = (*_APART, *decided, *(("histories",) if both else ()))
    found = {
        name: list(dict.fromkeys(str(value) for value in values if value is not None))
        for name, values in differ.items()
        if name not in apart
    }
    return [_written(name, values) for name, values in found.items() if len(values) > 1]


def _written(name: str, values: Sequence[str]) -> str:
    short = all(len(value) <= _LONGEST for value in values)
    words = name.replace("_", " ")
    return f"{words} {and_(values)}" if short else words
