"""Estimates by metric and score, and lists of them: over thresholds, over history lengths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nerode.schema.part import Count, OpenPart, Threshold
from nerode.stats.estimate import Estimate

_ESTIMATE = {"$ref": "#/$defs/Estimate"}
_POINTS = {"type": "array", "items": _ESTIMATE}
_COUNTS = {"type": "array", "items": {"type": "integer", "minimum": 0}}


def _is_group(node: object) -> bool:
    return isinstance(node, dict) and "value" not in node


class ScoreGroup(OpenPart):
    """Estimates by name, or groups of them: `survival` of detours, by kind and by number."""

    @classmethod
    def type_of(cls, name: str, node: object) -> Any:  # noqa: ARG003 - by what it holds alone
        """A group where an object has no `value`, else an estimate."""
        return dict[str, Estimate] if _is_group(node) else Estimate

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Estimates, or objects of estimates."""
        either = [_ESTIMATE, {"type": "object", "additionalProperties": _ESTIMATE}]
        return {"type": "object", "additionalProperties": {"anyOf": either}}


class Scores(OpenPart):
    """The scores of one metric: estimates by name, or groups of them, two levels at most.

    The names depend on the metric: docs/formats.md lists them.
    """

    @classmethod
    def type_of(cls, name: str, node: object) -> Any:  # noqa: ARG003 - by what it holds alone
        """A group where an object has no `value`, else an estimate."""
        return ScoreGroup if _is_group(node) else Estimate

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Estimates, or groups of them."""
        either = [_ESTIMATE, ScoreGroup.json_schema()]
        return {"title": "Scores", "type": "object", "additionalProperties": {"anyOf": either}}

    def find(self, names: Sequence[str]) -> Estimate | None:
        """The estimate at these names; None where there is none."""
        return next((each for path, each in self.items_at(names) if not path), None)

    def estimate(self, *names: str) -> Estimate:
        """One estimate: `estimate("random", "0.01")`. Raises KeyError where there is none."""
        estimate = self.find(names)
        if estimate is None:
            raise KeyError(*names)
        return estimate

    def group(self, *names: str) -> dict[str, Estimate]:
        """Estimates by their last name; none where these names lead to no group."""
        return {path[0]: each for path, each in self.items_at(names) if len(path) == 1}

    def items_at(self, names: Sequence[str] = ()) -> Iterator[tuple[tuple[str, ...], Estimate]]:
        """Every estimate at or below these names, with the names that lead to it from there."""
        node: object = self
        for name in names:
            node = node.get(name) if isinstance(node, Mapping) else None
        yield from _estimates(node)


def _estimates(node: object) -> Iterator[tuple[tuple[str, ...], Estimate]]:
    if isinstance(node, Estimate):
        yield (), node
    elif isinstance(node, Mapping):
        for name, part in node.items():
            yield from (((name, *names), each) for names, each in _estimates(part))


class Curves(OpenPart):
    """Scores over the threshold ε: `epsilon`, and by metric and score one estimate a threshold."""

    @classmethod
    def type_of(cls, name: str, node: object) -> Any:  # noqa: ARG003 - by its name alone
        """Thresholds, or the curves of one metric by score."""
        return list[Threshold] if name == "epsilon" else dict[str, list[Estimate]]

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Thresholds, and objects of lists of estimates."""
        return {
            "title": "Curves",
            "type": "object",
            "properties": {
                "epsilon": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}}
            },
            "additionalProperties": {"type": "object", "additionalProperties": _POINTS},
        }

    @property
    def epsilon(self) -> list[float]:
        """The thresholds, ascending; none where no curve was measured."""
        return list(self.get("epsilon", []))

    @property
    def scores(self) -> dict[str, dict[str, list[Estimate]]]:
        """By metric and score: one estimate a threshold."""
        return {name: curve for name, curve in self.items() if name != "epsilon"}


class Lengths(OpenPart):
    """Scores over bins of history lengths: `from` and `to` in symbols, and estimates by score."""

    required = ("from", "to")

    @classmethod
    def type_of(cls, name: str, node: object) -> Any:  # noqa: ARG003 - by its name alone
        """Lengths, or the estimates of one score."""
        return list[Count] if name in cls.required else list[Estimate]

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Two lists of lengths, and lists of estimates."""
        return {
            "title": "Lengths",
            "type": "object",
            "properties": {"from": _COUNTS, "to": _COUNTS},
            "required": list(cls.required),
            "additionalProperties": _POINTS,
        }

    @property
    def shortest(self) -> list[int]:
        """The shortest history of each bin, in symbols."""
        return list(self["from"])

    @property
    def longest(self) -> list[int]:
        """The longest history of each bin, in symbols."""
        return list(self["to"])

    @property
    def scores(self) -> dict[str, list[Estimate]]:
        """By score: one estimate a bin."""
        return {name: points for name, points in self.items() if name not in self.required}
