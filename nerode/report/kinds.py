"""The kinds of histories that a record's metrics read, and the record as each kind alone has it.

A record whose metrics were measured on two kinds of histories holds `compression` and
`compression_on_policy` (nerode/metrics/history_kinds.py). What is told of one kind is told of
`alone(record, kind)`, where the metrics have their plain names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from nerode.metrics.history_kinds import (
    ON_POLICY,
    is_on_policy,
    kind_of,
    on_policy_name,
    plain_name,
)
from nerode.report.described import KNOWN, Described, described, reads_histories
from nerode.report.record.record import Record

_BY_METRIC = ("metrics", "skipped", "curves", "lengths", "depths", "witnesses", "cut", "strings")
"""Parts of a record that have an entry a metric."""
_OF_ON_POLICY = ("met_in",)
"""Parameters of on-policy histories alone."""


def kinds(record: Record) -> tuple[str, ...]:
    """Kinds of histories that the record's metrics read, that of its "histories" first.

    The empty text stands for the kind of a record that does not say it. A record without any metric
    that reads histories has the kind that it says, all the same.
    """
    said = str(record.get("histories") or "")
    about = described(record)
    read = [kind_of(name, said) for name in record["metrics"] if reads_histories(name, about)]
    return tuple(dict.fromkeys(sorted(read, key=lambda kind: kind != said))) or (said,)


def alone(record: Record, kind: str) -> Record:
    """The record as an evaluation on one kind of histories alone would have it."""
    said = str(record.get("histories") or "")
    if not any(map(is_on_policy, record["metrics"])):
        return record

    about = described(record)

    def name(metric: str) -> str | None:
        if not reads_histories(metric, about):
            return metric
        return plain_name(metric) if kind_of(metric, said) == kind else None

    left_out = () if kind == ON_POLICY else _OF_ON_POLICY
    parameters = {key: v for key, v in record["parameters"].items() if key not in left_out}
    return _renamed(record, name) | {"histories": kind, "parameters": parameters}


def alike_named(records: Sequence[Record]) -> list[Record]:
    """The records with on-policy scores under one name, so that like is compared with like.

    A run on on-policy histories alone has them as `compression`. Where another run has them beside
    uniform ones, as `compression_on_policy`, that is their name in all.
    """
    if not any(is_on_policy(name) for record in records for name in record["metrics"]):
        return list(records)
    about = described(*records)
    return [
        _renamed(record, partial(moved, about=about))
        if record.get("histories") == ON_POLICY
        else record
        for record in records
    ]


def moved(metric: str, about: Described = KNOWN) -> str:
    """The name that a metric has where on-policy histories are read beside others."""
    if is_on_policy(metric) or not reads_histories(metric, about):
        return metric
    return on_policy_name(metric)


def _renamed(record: Record, name: Callable[[str], str | None]) -> Record:
    """The record with its metrics under other names; those without a name are left out."""

    def of(entries: Mapping[str, Any]) -> dict[str, Any]:
        named = ((name(metric), entry) for metric, entry in entries.items())
        return {new: entry for new, entry in named if new is not None}

    found = {key: of(record[key]) for key in _BY_METRIC if record.get(key)}
    baselines = {each: of(scores) for each, scores in record["baselines"].items()}
    return record | found | {"baselines": baselines}
