"""What may stand at a place of a record: each check raises DamageError where it does not."""

from __future__ import annotations

import math
from typing import Any

from nerode.errors import InvalidParameter
from nerode.stats.estimate import Estimate


class DamageError(Exception):
    """A place in a record that does not hold what it should."""

    def __init__(self, at: str, expected: str, came: object) -> None:
        told = repr(came)
        short = told if len(told) <= 60 else f"{told[:60]}..."  # noqa: PLR2004 - one line
        super().__init__(f"{at}: expected {expected}, got {short}")


def flag(node: object, at: str) -> None:
    """True or false."""
    if not isinstance(node, bool):
        raise DamageError(at, "true or false", node)


def text(node: object, at: str) -> None:
    """Text."""
    if not isinstance(node, str):
        raise DamageError(at, "text", node)


def number(node: object, at: str, *, least: float = -math.inf) -> float:
    """A finite number, from `least` on; the number itself."""
    if isinstance(node, bool) or not isinstance(node, int | float):
        raise DamageError(at, "a number", node)
    if not math.isfinite(node) or node < least:
        raise DamageError(at, "a finite number" + (" from 0 on" if least == 0 else ""), node)
    return node


def object_at(node: object, at: str) -> dict[str, Any]:
    """An object; the object itself."""
    if not isinstance(node, dict):
        raise DamageError(at, "an object", node)
    return node


def list_at(node: object, at: str, *, length: int | None = None) -> list[Any]:
    """A list, of `length` entries where that is given; the list itself."""
    if not isinstance(node, list) or length not in (None, len(node)):
        raise DamageError(at, "a list" if length is None else f"a list of {length}", node)
    return node


def count_at(node: object, at: str, *, least: int = 0) -> int:
    """A whole number from `least` on; the number itself."""
    if not isinstance(node, int) or isinstance(node, bool) or node < least:
        raise DamageError(at, f"a whole number from {least} on", node)
    return node


def node_at(node: object, at: str, nodes: int) -> None:
    """The number of one of so many nodes."""
    if not isinstance(node, int) or isinstance(node, bool) or not 0 <= node < nodes:
        raise DamageError(at, f"one of the drawing's {nodes} nodes", node)


def estimate_at(node: object, at: str) -> None:
    """An estimate, as `Estimate.as_dict` writes it."""
    estimate = object_at(node, at)
    for key in ("value", "low", "high"):
        if estimate.get(key) is not None:
            number(estimate[key], f"{at}.{key}")
    for key in ("n", "skipped"):
        if not isinstance(estimate.get(key), int) or estimate[key] < 0:
            raise DamageError(f"{at}.{key}", "a number of trials", estimate.get(key))
    try:
        Estimate.of({"value": None, "low": None, "high": None, **estimate})
    except InvalidParameter as error:
        raise DamageError(at, "an estimate", str(error)) from None
