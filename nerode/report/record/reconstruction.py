"""The part of a record that holds a reconstruction, checked before it is shown.

What it holds is told in nerode/metrics/reconstruction/record.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerode.report.record.checks import (
    DamageError,
    count_at,
    estimate_at,
    flag,
    list_at,
    node_at,
    number,
    object_at,
    text,
)

_AT = "reconstruction"
_COUNTS = (
    "sequences",
    "valid",
    "illegal_step",
    "wrong_destination",
    "malformed",
    "symbols",
    "new",
    "true",
    "unused",
    "given_up",
    "impossible",
    "longer",
    "off_bearing",
    "crossing",
)
_NUMBERS = ("valid", "new", "new_per_1000", "impossible", "given_up", "precision", "recall")
_GROWING = ("new", "given_up")
_COLUMNS = ("from", "to", "label", "kind", "first", "uses", "metres", "crossings", "why")
_KINDS = ("true", "new", "unused")


def check_reconstruction(node: object, drawing: object) -> None:
    """Raise DamageError where a reconstruction on this drawing is not what it should be."""
    found = object_at(node, _AT)
    plan = object_at(drawing, "drawing")
    nodes = len(plan["nodes"])
    list_at(plan.get("names"), "drawing.names", length=nodes)
    parameters = object_at(found.get("parameters"), f"{_AT}.parameters")
    if "order" in parameters:
        text(parameters["order"], f"{_AT}.parameters.order")
    counts = object_at(found.get("counts"), f"{_AT}.counts")
    for name in _COUNTS:
        count_at(counts.get(name), f"{_AT}.counts.{name}")
    _score(object_at(found.get("score"), f"{_AT}.score"))
    for place, control in enumerate(list_at(found.get("noise"), f"{_AT}.noise")):
        _noise(object_at(control, f"{_AT}.noise.{place}"), f"{_AT}.noise.{place}")
    if "orders" in found:
        _spreads(object_at(found["orders"], f"{_AT}.orders"), f"{_AT}.orders")
    for place, step in enumerate(list_at(found.get("growth", []), f"{_AT}.growth")):
        _step(object_at(step, f"{_AT}.growth.{place}"), f"{_AT}.growth.{place}")
    _streets(object_at(found.get("streets"), f"{_AT}.streets"), nodes, counts["sequences"])
    for metres in list_at(found.get("longest"), f"{_AT}.longest"):
        number(metres, f"{_AT}.longest", least=0)
    for sequence in list_at(found.get("gave_up"), f"{_AT}.gave_up"):
        _sequence(sequence, f"{_AT}.gave_up", counts["sequences"])


def _score(score: Mapping[str, Any]) -> None:
    for name in ("new_per_1000", "given_up"):
        estimate_at(score.get(name), f"{_AT}.score.{name}")
    for name in ("precision", "recall"):
        if score.get(name) is not None:
            number(score[name], f"{_AT}.score.{name}", least=0)


def _noise(control: Mapping[str, Any], at: str) -> None:
    number(control.get("share"), f"{at}.share", least=0)
    flag(control.get("matched"), f"{at}.matched")
    _spreads(control, at)


def _spreads(node: Mapping[str, Any], at: str) -> None:
    """Several maps: how many they are, and the range of each number."""
    count_at(node.get("draws"), f"{at}.draws", least=1)
    for name in _NUMBERS:
        _spread(node.get(name), f"{at}.{name}")


def _step(step: Mapping[str, Any], at: str) -> None:
    """What a part of the sequences needs."""
    count_at(step.get("sequences"), f"{at}.sequences")
    for name in _GROWING:
        _spread(step.get(name), f"{at}.{name}")
        if "noise" in step:
            noise = object_at(step["noise"], f"{at}.noise")
            _spread(noise.get(name), f"{at}.noise.{name}")


def _spread(node: object, at: str) -> None:
    """A mean and its range, all of them None where it is undefined."""
    spread = object_at(node, at)
    bounds = [spread.get(bound) for bound in ("mean", "low", "high")]
    if bounds != [None] * 3:
        for bound in bounds:
            number(bound, at, least=0)


def _streets(streets: Mapping[str, Any], nodes: int, sequences: int) -> None:
    """Checks the columns, which are long: places in them are not told."""
    length = len(list_at(streets.get("from"), f"{_AT}.streets.from"))
    columns = {
        name: list_at(streets.get(name), f"{_AT}.streets.{name}", length=length)
        for name in _COLUMNS
    }
    for name, column in columns.items():
        at = f"{_AT}.streets.{name}"
        for entry in column:
            if name in ("from", "to"):
                node_at(entry, at, nodes)
            elif name in ("label", "why"):
                text(entry, at)
            elif name == "kind":
                if entry not in _KINDS:
                    raise DamageError(at, f"one of {', '.join(_KINDS)}", entry)
            elif name == "first":
                if entry != -1:
                    _sequence(entry, at, sequences)
            elif name == "metres":
                number(entry, at, least=0)
            else:
                count_at(entry, at)


def _sequence(node: object, at: str, sequences: int) -> None:
    if not isinstance(node, int) or isinstance(node, bool) or not 0 <= node < sequences:
        raise DamageError(at, f"the number of one of {sequences} sequences", node)
