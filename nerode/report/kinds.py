"""The kinds of histories that a record's metrics read, and the record as each kind alone has it.

A record whose metrics were measured on two kinds of histories holds `compression` and
`compression_on_policy` (nerode/metrics/history_kinds.py). What is told of one kind is told of
`alone(record, kind)`, where the metrics have their plain names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from msgspec import UNSET, UnsetType, structs

from nerode.metrics.history_kinds import (
    ON_POLICY,
    is_on_policy,
    kind_of,
    on_policy_name,
    plain_name,
)
from nerode.report.descriptions import KNOWN, Descriptions, descriptions, reads_histories
from nerode.schema.record import Record
from nerode.schema.scores import Curves

_Entry = TypeVar("_Entry")


def kinds(record: Record) -> tuple[str, ...]:
    """Kinds of histories that the record's metrics read, that of its "histories" first.

    The empty text stands for the kind of a record that does not say it. A record without any metric
    that reads histories has the kind that it says, all the same.
    """
    said = record.histories or ""
    about = descriptions(record)
    read = [kind_of(name, said) for name in record.metrics if reads_histories(name, about)]
    return tuple(dict.fromkeys(sorted(read, key=lambda kind: kind != said))) or (said,)


def alone(record: Record, kind: str) -> Record:
    """The record as an evaluation on one kind of histories alone would have it."""
    said = record.histories or ""
    if not any(map(is_on_policy, record.metrics)):
        return record

    about = descriptions(record)

    def name(metric: str) -> str | None:
        if not reads_histories(metric, about):
            return metric
        return plain_name(metric) if kind_of(metric, said) == kind else None

    parameters = record.parameters
    if kind != ON_POLICY:
        parameters = structs.replace(parameters, met_in=UNSET)
    return structs.replace(_renamed(record, name), histories=kind, parameters=parameters)


def alike_named(records: Sequence[Record]) -> list[Record]:
    """The records with on-policy scores under one name, so that like is compared with like.

    A run on on-policy histories alone has them as `compression`. Where another run has them beside
    uniform ones, as `compression_on_policy`, that is their name in all.
    """
    if not any(is_on_policy(name) for record in records for name in record.metrics):
        return list(records)
    about = descriptions(*records)
    return [
        _renamed(record, partial(moved, about=about)) if record.histories == ON_POLICY else record
        for record in records
    ]


def moved(metric: str, about: Descriptions = KNOWN) -> str:
    """The name that a metric has where on-policy histories are read beside others."""
    if is_on_policy(metric) or not reads_histories(metric, about):
        return metric
    return on_policy_name(metric)


def _renamed(record: Record, name: Callable[[str], str | None]) -> Record:
    """The record with its metrics under other names; those without a name are left out."""

    def of(entries: Mapping[str, _Entry] | UnsetType) -> dict[str, _Entry] | UnsetType:
        return UNSET if entries is UNSET else _with_names(entries, name)

    curves = record.curves
    if curves is not UNSET:
        curves = Curves({"epsilon": curves.epsilon, **_with_names(curves.scores, name)})
    return structs.replace(
        record,
        metrics=_with_names(record.metrics, name),
        baselines={model: _with_names(each, name) for model, each in record.baselines.items()},
        skipped=of(record.skipped),
        curves=curves,
        lengths=of(record.lengths),
        depths=of(record.depths),
        witnesses=of(record.witnesses),
        cut=of(record.cut),
        strings=of(record.strings),
    )


def _with_names(
    entries: Mapping[str, _Entry], name: Callable[[str], str | None]
) -> dict[str, _Entry]:
    renamed = ((name(metric), entry) for metric, entry in entries.items())
    return {new: entry for new, entry in renamed if new is not None}
