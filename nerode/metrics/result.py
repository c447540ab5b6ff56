"""What `summarise` of a metric gives: its scores, and what more some metrics have.

Only `Result` is demanded. An evaluation asks for the rest by these protocols, so that a metric that
has a curve or contradictions needs to say no more than that it has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from nerode.metrics.setting import Record
from nerode.stats.estimate import Estimate

if TYPE_CHECKING:
    from nerode.metrics.distinction import Strings
    from nerode.metrics.summary.lengths import ByLength


class Result(Protocol):
    """What a metric makes of its trials."""

    def estimates(self) -> Mapping[str, Any]:
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
    def witnesses(self) -> Sequence[Record]:
        """Contradictions, the shortest first; docs/formats.md has their entries."""
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
    def strings(self) -> Strings:
        """The counts."""
        ...


@runtime_checkable
class HasParts(Protocol):
    """A result that has entries of its own in a record, beside its scores."""

    def parts(self) -> Mapping[str, Any]:
        """Entries by name, as they stand in evaluation.json."""
        ...


@dataclass(frozen=True)
class Scores:
    """A plain result: estimates by name and, where there are any, curves over ε by name."""

    values: Mapping[str, Any]
    over_epsilon: Mapping[str, Sequence[Estimate]] = field(default_factory=dict)

    def estimates(self) -> Mapping[str, Any]:
        """Estimates by name."""
        return self.values

    def curves(self) -> Mapping[str, Sequence[Estimate]]:
        """Estimates by name, one for each threshold."""
        return self.over_epsilon
