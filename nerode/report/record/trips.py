"""The part of a record that holds trips, checked before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerode.report.record.checks import DamageError, flag, list_at, node_at, number, object_at, text


def check_route(route: Mapping[str, Any], at: str, nodes: int) -> None:
    """Checks one trip, driven plainly and with a detour, and the shortest way, where it is told."""
    for place in list_at(route.get("shortest", []), f"{at}.shortest"):
        node_at(place, f"{at}.shortest", nodes)
    for key in ("plain", "detour"):
        trip = object_at(route.get(key), f"{at}.{key}")
        steps = check_steps(trip, f"{at}.{key}")
        path = list_at(trip.get("path"), f"{at}.{key}.path")
        for place in path:
            node_at(place, f"{at}.{key}.path", nodes)
        if len(path) - len(steps) not in (0, 1) or not path:
            expected = f"an origin and a place for each of {len(steps)} steps (none for the last)"
            raise DamageError(f"{at}.{key}.path", expected, path)


def check_steps(trip: Mapping[str, Any], at: str) -> list[Any]:
    """Checks what all trips tell; their steps."""
    for symbol in list_at(trip.get("sequence"), f"{at}.sequence"):
        text(symbol, f"{at}.sequence")
    steps = list_at(trip.get("steps"), f"{at}.steps")
    flag(trip.get("arrived"), f"{at}.arrived")
    left = trip.get("left")
    if left is not None and (isinstance(left, bool) or not steps or left != len(steps) - 1):
        raise DamageError(f"{at}.left", "the last step or null", left)
    for count, step in enumerate(steps):
        _step(object_at(step, f"{at}.steps.{count}"), f"{at}.steps.{count}")
    return steps


def check_expected(node: object, at: str) -> None:
    """Checks pairs of a symbol and its probability."""
    for pair in list_at(node, at):
        symbol, probability = list_at(pair, at, length=2)
        text(symbol, at)
        number(probability, at, least=0)


def _step(step: Mapping[str, Any], at: str) -> None:
    for key in ("symbol", "wanted"):
        text(step.get(key), f"{at}.{key}")
    flag(step.get("detour"), f"{at}.detour")
    for symbol in list_at(step.get("legal"), f"{at}.legal"):
        text(symbol, f"{at}.legal")
    check_expected(step.get("top"), f"{at}.top")
