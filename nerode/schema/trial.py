"""One trial as it stands in trials.jsonl: what all trials have in common.

Each metric says in its own file what more its trials hold, as a subclass of `Trial`. A trial that
could not be run is a `SkippedTrial`, whatever the metric.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nerode.schema.decoding import DamageError, check_finite, decoded, not_json
from nerode.schema.part import Part

MOST_TRIALS = 2**32
"""Numbers of trials are smaller than this."""

TrialNumber = Annotated[int, Meta(ge=0, lt=MOST_TRIALS, description="a trial's number")]
Proportion = Annotated[float, Meta(ge=0, le=1, description="a share from 0 to 1")]
ThresholdShares = Annotated[
    list[bool | Proportion | None], Meta(description="a share or null for each threshold")
]
"""Values of one score at every threshold ε; null where it is undefined."""

PlainTrial = dict[str, Any]
"""A trial of a metric that names no type of its trials: "trial", and "skipped" with the reason
where it could not be run; otherwise whatever the metric needs."""


class Trial(Part, frozen=True, kw_only=True):
    """One trial of a metric."""

    per_threshold: ClassVar[tuple[str, ...]] = ()
    """Fields that hold one value for each threshold ε, where they are there."""

    trial: TrialNumber
    """From 0 on; with seed and metric it decides all random numbers."""

    def check(self, thresholds: int) -> None:
        """Raise DamageError where fields do not go together.

        `thresholds` is the number of thresholds at which the trial was scored. Subclasses that
        compare further fields call this one first.
        """
        for name in self.per_threshold:
            values = getattr(self, name)
            if values is not UNSET and len(values) != thresholds:
                raise DamageError(
                    name, f"a share or null for each of {thresholds} thresholds", values
                )


class SkippedTrial(Trial, frozen=True, kw_only=True):
    """A trial that could not be run."""

    skipped: str
    """Why."""


class TrialLine(Part, frozen=True, kw_only=True):
    """What a line of trials.jsonl holds beside the fields of the metric's own trials."""

    model: str
    metric: str
    trial: TrialNumber
    skipped: str | UnsetType = UNSET
    """Why the trial gave nothing; then no field of the metric is there."""


AnyTrial = Trial | PlainTrial
TrialT = TypeVar("TrialT", bound=Trial)


def number_of(trial: AnyTrial) -> int:
    """The number of a trial."""
    return trial.trial if isinstance(trial, Trial) else int(trial["trial"])


def is_skipped(trial: AnyTrial) -> bool:
    """Whether a trial could not be run."""
    return isinstance(trial, SkippedTrial) or (isinstance(trial, dict) and "skipped" in trial)


def entry_of(trial: AnyTrial, name: str) -> object:
    """What a trial holds under a name; UNSET where it holds nothing."""
    return trial.get(name, UNSET) if isinstance(trial, dict) else getattr(trial, name, UNSET)


def entries_of(trial: AnyTrial) -> PlainTrial:
    """A trial as JSON has it."""
    return trial if isinstance(trial, dict) else dict(msgspec.to_builtins(trial))


def decode_trial(line: bytes, kind: type[TrialT]) -> TrialT | SkippedTrial:
    """The trial in a line of JSON. Raises DamageError where there is none of this type."""
    try:
        if msgspec.json.decode(line, type=_Skipped).skipped is not UNSET:
            return msgspec.json.decode(line, type=SkippedTrial)
        return msgspec.json.decode(line, type=kind)
    except ValueError:
        node = _plain(line)
        check_finite(node)
        if isinstance(node, dict) and "skipped" in node:
            return decoded(node, SkippedTrial)
        return decoded(node, kind)


def decode_line(line: bytes) -> TrialLine:
    """Whose trial a line of JSON is. Raises DamageError where it is nobody's."""
    try:
        return msgspec.json.decode(line, type=TrialLine)
    except (ValueError, RecursionError):
        return decoded(_plain(line), TrialLine)


def plain_trial(line: bytes) -> PlainTrial:
    """The trial in a line of JSON, without the names of model and metric."""
    return {k: v for k, v in json.loads(line).items() if k not in ("model", "metric")}


class _Skipped(msgspec.Struct):
    skipped: object = UNSET


def _plain(line: bytes) -> object:
    try:
        return json.loads(line, parse_constant=not_json)
    except (ValueError, RecursionError) as error:
        raise DamageError("", "JSON", str(error)) from None
