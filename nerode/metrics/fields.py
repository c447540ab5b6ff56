"""What the records of a metric hold, so that one that was damaged on disk can be told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_PAIR = 2
_SHOWN = 60


@dataclass(frozen=True)
class Field:
    """One entry of a record: what it is in words, and whether a value is one.

    `fits` is given the value, the whole record and the number of thresholds at which the trial
    was scored.
    """

    told: str
    fits: Callable[[Any, Mapping[str, Any], int], bool]
    needed: bool = True

    def optional(self) -> Field:
        """The same entry, in records that need not have it."""
        return replace(self, needed=False)


def damage(fields: Mapping[str, Field], record: Mapping[str, Any], thresholds: int) -> str | None:
    """What is wrong with a record, in words; None where it holds what it should."""
    expected = {"skipped": TEXT} if "skipped" in record else fields
    for name, field in expected.items():
        if name not in record:
            if field.needed:
                return f"expected its {name} ({field.told}), got none"
        elif not field.fits(record[name], record, thresholds):
            told = repr(record[name])
            short = told if len(told) <= _SHOWN else f"{told[:_SHOWN]}..."
            return f"expected its {name} ({field.told}), got {short}"
    return None


def flags(names: Sequence[str]) -> Field:
    """A yes or no under each of these names."""

    def fits(value: Any, *_: Any) -> bool:
        return isinstance(value, dict) and all(isinstance(value.get(n), bool) for n in names)

    return Field(f"yes or no for {', '.join(names)}", fits)


def counts(kinds: Sequence[str], names: Sequence[str], many: int) -> Field:
    """So many whole numbers under each of these names, for each of the kinds."""

    def fits(value: Any, *_: Any) -> bool:
        return (
            isinstance(value, dict)
            and all(isinstance(value.get(kind), dict) for kind in kinds)
            and all(_are_counts(value[kind].get(name), many) for kind in kinds for name in names)
        )

    told = f"{many} whole numbers for each of {', '.join(names)} under {' and '.join(kinds)}"
    return Field(told, fits)


def _are_counts(value: Any, many: int) -> bool:
    return isinstance(value, list) and len(value) == many and all(map(_is_count, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any, *_: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_symbols(value: Any, *_: Any) -> bool:
    return value is None or (_is_count(value) and value > 0)


def _is_share(value: Any) -> bool:
    return value is None or isinstance(value, bool) or (_is_number(value) and 0 <= value <= 1)


def _are_shares(value: Any, _: Mapping[str, Any], thresholds: int) -> bool:
    return isinstance(value, list) and len(value) == thresholds and all(map(_is_share, value))


def _are_texts(value: Any, *_: Any) -> bool:
    return _is_pair(value) and all(isinstance(text, str) for text in value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == _PAIR


def _is_witness(value: Any, *_: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in ("kind", "continuation"))
        and _is_pair(value.get("world"))
        and all(isinstance(legal, bool) for legal in value["world"])
        and _is_pair(value.get("model"))
        and all(map(_is_number, value["model"]))
    )


def _are_witnesses(value: Any, *_: Any) -> bool:
    return isinstance(value, list) and all(map(_is_witness, value))


def _is_text(value: Any, *_: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any, *_: Any) -> bool:
    return isinstance(value, bool)


def _is_cost(value: Any, trip: Mapping[str, Any], _: int) -> bool:
    return _is_number(value) or (value is None and trip.get("valid") is False)


def _is_legal(value: Any, positions: Mapping[str, Any], _: int) -> bool:
    return (
        _is_count(value)
        and _is_count(positions.get("positions"))
        and (value <= positions["positions"])
    )


def _are_right(value: Any, record: Mapping[str, Any], _: int) -> bool:
    told = record.get("told")
    return (
        isinstance(value, list)
        and _is_count(told)
        and all(_is_count(each) and each <= told for each in value)
    )


def _are_sizes(value: Any, record: Mapping[str, Any], _: int) -> bool:
    right = record.get("right")
    return (
        isinstance(value, list)
        and isinstance(right, list)
        and len(value) == len(right)
        and all(map(_is_size, value))
    )


def _is_size(value: Any, *_: Any) -> bool:
    return _is_number(value) and value >= 0


def _are_refits(value: Any, record: Mapping[str, Any], _: int) -> bool:
    right = record.get("right")
    if not isinstance(value, dict) or not isinstance(right, list):
        return False
    counts, bits = value.get("right"), value.get("bits")
    return (
        isinstance(counts, list)
        and isinstance(bits, list)
        and len(counts) == len(bits) == len(right)
        and all(isinstance(each, list) for each in (*counts, *bits))
        and len({len(each) for each in (*counts, *bits)}) <= 1
        and all(_are_right(each, record, 0) for each in counts)
        and all(_is_size(each) for some in bits for each in some)
    )


def _is_reference(value: Any, record: Mapping[str, Any], thresholds: int) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("right"), list):
        return False
    part = {"told": record.get("told"), **value}
    return (
        len(value["right"]) == 1
        and _are_right(value["right"], part, thresholds)
        and _are_sizes(value.get("bits"), part, thresholds)
        and _are_refits(value.get("refits"), part, thresholds)
    )


def _is_board(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in ("sequence", "true", "seen"))
        and all(_is_count(value.get(name)) for name in ("position", "layer"))
        and len(value["true"]) == len(value["seen"])
    )


def _are_boards(value: Any, *_: Any) -> bool:
    return isinstance(value, list) and all(map(_is_board, value))


TEXT = Field("text", _is_text)
FLAG = Field("yes or no", _is_flag)
COUNT = Field("a whole number from 0 on", _is_count)
SYMBOLS = Field("a whole number from 1 on, or null", _is_symbols)
LEGAL = Field("a whole number, at most the positions", _is_legal)
COST = Field("a number where the trip is valid", _is_cost)
SHARE = Field("a share", lambda value, *_: value is not None and _is_share(value))
SHARES = Field("a share or null for each threshold", _are_shares)
TWO_COUNTS = Field(
    "two whole numbers", lambda value, *_: _is_pair(value) and all(map(_is_count, value))
)
SOURCES = TWO_COUNTS
HISTORIES = Field("two histories", _are_texts)
WITNESS = Field("a contradiction", _is_witness)
WITNESSES = Field("contradictions", _are_witnesses)
RIGHT = Field("whole numbers, each at most what was told", _are_right)
SIZE = Field("a number from 0 on", _is_size)
BITS = Field("a number from 0 on for each layer", _are_sizes)
REFITTED = Field("right and bits of each refit for each layer", _are_refits)
REFERENCE = Field("right, bits and refits of one probe", _is_reference)
BOARDS = Field("boards, the true one and the one seen", _are_boards)
