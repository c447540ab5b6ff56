"""What `summarise` of a metric gives: its scores, and what more some metrics have.

Only `Result` is needed. An evaluation looks for the rest by these protocols, so that a metric that
has a curve or contradictions needs to say no more than that it has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypedDict, runtime_checkable

from nerode.schema.drawing import Contradiction, ProbedBoard
from nerode.schema.reconstruction import Reconstruction
from nerode.schema.record import BoundaryStrings
from nerode.stats.estimate import Estimate

if TYPE_CHECKING:
    from nerode.metrics.walk.summary import ByLength

Estimates: TypeAlias = "Mapping[str, Estimate | Estimates]"
"""Estimates by name; a name may hold further names."""


class ExtraFields(TypedDict, total=False):
    """Fields of a record (nerode/schema/record.py) that one metric alone has."""

    probe_boards: list[ProbedBoard]
    reconstruction: Reconstruction


class Result(Protocol):
    """What a metric makes of its trials."""

    def estimates(self) -> Estimates:
        """Estimates by name, as in evaluation.json; a name may hold further names."""
        ...


@runtime_checkable
class HasCurves(Protocol):
    """A result with scores at every threshold ε."""

    def curves(self) -> Mapping[str, Sequence[Estimate]]:
        """Estimates by name, one for each threshold of `setting.acceptance.thresholds`."""
        ...


@runtime_checkable
class HasLengths(Protocol):
    """A result that tells how scores depend on the length of histories."""

    @property
    def lengths(self) -> ByLength:
        """Estimates over bins of lengths."""
        ...


@runtime_checkable
class HasWitnesses(Protocol):
    """A result with contradictions that trials came upon."""

    @property
    def witnesses(self) -> Sequence[Contradiction]:
        """Contradictions, the shortest first."""
        ...


@runtime_checkable
class CutsShort(Protocol):
    """A result that tells how many continuations ended with the model's context."""

    @property
    def cut(self) -> float:
        """Share of continuations."""
        ...


@runtime_checkable
class CountsStrings(Protocol):
    """A result that counts the world's boundary strings that were read."""

    @property
    def strings(self) -> BoundaryStrings:
        """The counts."""
        ...


@runtime_checkable
class HasParts(Protocol):
    """A result that has fields of its own in a record, next to its scores."""

    def parts(self) -> ExtraFields:
        """Those that it has."""
        ...


@dataclass(frozen=True)
class PlainResult:
    """A plain result: estimates by name and, where there are any, curves over ε by name."""

    values: Estimates
    over_epsilon: Mapping[str, Sequence[Estimate]] = field(default_factory=dict)

    def estimates(self) -> Estimates:
        """Estimates by name."""
        return self.values

    def curves(self) -> Mapping[str, Sequence[Estimate]]:
        """Estimates by name, one for each threshold."""
        return self.over_epsilon
