"""Reading a run's record.

A record is what `evaluation.json` holds (its schema is told in `nerode/record.py`). Reports
read nothing else. Its shape is checked here, once, so that a damaged file ends in one line that
names the file and the place, and what comes after need not doubt it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.metrics.estimate import Estimate

SCHEMA = 1
FILE = "evaluation.json"

Record = dict[str, Any]


def read_record(folder: Path) -> Record:
    """The record of one run folder.

    Raises MissingFile where the folder has none, FormatError where it is no JSON, is of another
    schema, or lacks what a report needs; both name the file.
    """
    file = Path(folder) / FILE
    try:
        record = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
    except (FileNotFoundError, NotADirectoryError):
        message = f"expected a run folder with {FILE}, found no {file}"
        raise MissingFile(message) from None
    except (ValueError, RecursionError) as error:
        message = f"expected JSON in {file}, got: {error}"
        raise FormatError(message) from None
    return check_record(record, str(file))


def check_record(record: object, where: str) -> Record:
    """The record itself, if it is one of this schema; `where` is named in the FormatError."""
    if not isinstance(record, dict) or "schema" not in record:
        message = f"expected an evaluation (an object with a schema) in {where}, got something else"
        raise FormatError(message)
    if record["schema"] != SCHEMA:
        message = f"expected schema {SCHEMA} in {where}, got schema {record['schema']!r}"
        raise FormatError(message)
    try:
        _check(record)
    except _DamageError as damage:
        message = f"expected an evaluation of schema {SCHEMA} in {where}; {damage}"
        raise FormatError(message) from None
    return record


class _DamageError(Exception):
    """A place in a record that does not hold what it should."""

    def __init__(self, at: str, expected: str, came: object) -> None:
        told = repr(came)
        short = told if len(told) <= 60 else f"{told[:60]}..."  # noqa: PLR2004 - one line
        super().__init__(f"{at}: expected {expected}, got {short}")


def _no_number(name: str) -> None:
    message = f"{name}, which is no number in JSON"
    raise ValueError(message)


def _check(record: Record) -> None:
    for key in ("world", "model", "protocol"):
        _text(record.get(key), key)
    parameters = _object(record.get("parameters"), "parameters")
    if parameters.get("epsilon") is not None:
        _number(parameters["epsilon"], "parameters.epsilon", least=0)
    _metrics(record.get("metrics"), "metrics")
    for name, metrics in _object(record.get("baselines"), "baselines").items():
        _metrics(metrics, f"baselines.{name}")
    for metric, reasons in _object(record.get("skipped", {}), "skipped").items():
        _object(reasons, f"skipped.{metric}")
    for key in ("versions", "left_out"):
        _object(record.get(key, {}), key)
    _curves(_object(record.get("curves", {}), "curves"))
    for metric, found in _object(record.get("lengths", {}), "lengths").items():
        _lengths(_object(found, f"lengths.{metric}"), f"lengths.{metric}")
    nodes = _drawing(record.get("drawing"))
    for metric, witnesses in _object(record.get("witnesses", {}), "witnesses").items():
        for count, witness in enumerate(_list(witnesses, f"witnesses.{metric}")):
            _witness(witness, f"witnesses.{metric}.{count}", nodes)
    for count, route in enumerate(_list(record.get("routes", []), "routes")):
        _route(_object(route, f"routes.{count}"), f"routes.{count}", nodes)


def _metrics(node: object, at: str) -> None:
    """Groups of groups of estimates, any depth but the first."""
    for group, members in _object(node, at).items():
        for name, member in _object(members, f"{at}.{group}").items():
            place = f"{at}.{group}.{name}"
            if isinstance(member, dict) and "value" not in member:
                _metrics({name: member}, f"{at}.{group}")
            else:
                _estimate(member, place)


def _estimate(node: object, at: str) -> None:
    estimate = _object(node, at)
    for key in ("value", "low", "high"):
        if estimate.get(key) is not None:
            _number(estimate[key], f"{at}.{key}")
    for key in ("n", "skipped"):
        if not isinstance(estimate.get(key), int) or estimate[key] < 0:
            raise _DamageError(f"{at}.{key}", "a number of trials", estimate.get(key))
    try:
        Estimate.of({"value": None, "low": None, "high": None, **estimate})
    except InvalidParameter as error:
        raise _DamageError(at, "an estimate", str(error)) from None


def _curves(curves: Mapping[str, Any]) -> None:
    thresholds = _list(curves.get("epsilon", []), "curves.epsilon")
    for count, epsilon in enumerate(thresholds):
        if _number(epsilon, f"curves.epsilon.{count}", least=0) == 0:
            raise _DamageError(f"curves.epsilon.{count}", "a threshold above 0", epsilon)
    for group in curves.keys() - {"epsilon"}:
        for name, points in _object(curves[group], f"curves.{group}").items():
            at = f"curves.{group}.{name}"
            if len(_list(points, at)) != len(thresholds):
                raise _DamageError(at, f"{len(thresholds)} points, one per epsilon", len(points))
            for count, point in enumerate(points):
                _estimate(point, f"{at}.{count}")


def _lengths(found: Mapping[str, Any], at: str) -> None:
    """Scores over bins of history lengths: every list as long as that of the bins."""
    bins = len(_list(found.get("from"), f"{at}.from"))
    for name, points in found.items():
        for count, point in enumerate(_list(points, f"{at}.{name}", length=bins)):
            if name in ("from", "to"):
                _number(point, f"{at}.{name}.{count}", least=0)
            else:
                _estimate(point, f"{at}.{name}.{count}")
    if "to" not in found:
        raise _DamageError(f"{at}.to", f"a list of {bins}", None)


def _drawing(node: object) -> int:
    """Checks the street plan; how many nodes it has."""
    if node is None:
        return 0
    drawing = _object(node, "drawing")
    _text(drawing.get("kind"), "drawing.kind")
    _list(drawing.get("names", []), "drawing.names")
    nodes = _list(drawing.get("nodes"), "drawing.nodes")
    for count, place in enumerate(nodes):
        for degrees in _list(place, f"drawing.nodes.{count}", length=2):
            _number(degrees, f"drawing.nodes.{count}")
    for count, street in enumerate(_list(drawing.get("streets"), "drawing.streets")):
        at = f"drawing.streets.{count}"
        for node_ in _list(street, at, length=3)[:2]:
            _node(node_, at, len(nodes))
    return len(nodes)


def _witness(node: object, at: str, nodes: int) -> None:
    witness = _object(node, at)
    for key in ("kind", "history1", "history2", "continuation"):
        _text(witness.get(key), f"{at}.{key}")
    _list(witness.get("world"), f"{at}.world", length=2)
    for probability in _list(witness.get("model"), f"{at}.model", length=2):
        _number(probability, f"{at}.model", least=0)
    for key in ("path1", "path2", "path"):
        for place in _list(witness.get(key, []), f"{at}.{key}"):
            _node(place, f"{at}.{key}", nodes)


def _route(route: Mapping[str, Any], at: str, nodes: int) -> None:
    """Checks one trip, driven plainly and with a detour, and the shortest way, where it is told."""
    for place in _list(route.get("shortest", []), f"{at}.shortest"):
        _node(place, f"{at}.shortest", nodes)
    for key in ("plain", "detour"):
        _trip(_object(route.get(key), f"{at}.{key}"), f"{at}.{key}", nodes)


def _trip(trip: Mapping[str, Any], at: str, nodes: int) -> None:
    for symbol in _list(trip.get("sequence"), f"{at}.sequence"):
        _text(symbol, f"{at}.sequence")
    path = _list(trip.get("path"), f"{at}.path")
    for place in path:
        _node(place, f"{at}.path", nodes)
    steps = _list(trip.get("steps"), f"{at}.steps")
    if len(path) - len(steps) not in (0, 1) or not path:
        expected = f"an origin and a place for each of {len(steps)} steps (none for the last)"
        raise _DamageError(f"{at}.path", expected, path)
    _flag(trip.get("arrived"), f"{at}.arrived")
    left = trip.get("left")
    if left is not None and (isinstance(left, bool) or not steps or left != len(steps) - 1):
        raise _DamageError(f"{at}.left", "the last step or null", left)
    for count, step in enumerate(steps):
        _step(_object(step, f"{at}.steps.{count}"), f"{at}.steps.{count}")


def _step(step: Mapping[str, Any], at: str) -> None:
    for key in ("symbol", "wanted"):
        _text(step.get(key), f"{at}.{key}")
    _flag(step.get("detour"), f"{at}.detour")
    for symbol in _list(step.get("legal"), f"{at}.legal"):
        _text(symbol, f"{at}.legal")
    for pair in _list(step.get("top"), f"{at}.top"):
        symbol, probability = _list(pair, f"{at}.top", length=2)
        _text(symbol, f"{at}.top")
        _number(probability, f"{at}.top", least=0)


def _flag(node: object, at: str) -> None:
    if not isinstance(node, bool):
        raise _DamageError(at, "true or false", node)


def _text(node: object, at: str) -> None:
    if not isinstance(node, str):
        raise _DamageError(at, "text", node)


def _number(node: object, at: str, *, least: float = -math.inf) -> float:
    if isinstance(node, bool) or not isinstance(node, int | float):
        raise _DamageError(at, "a number", node)
    if not math.isfinite(node) or node < least:
        raise _DamageError(at, "a finite number" + (" from 0 on" if least == 0 else ""), node)
    return node


def _object(node: object, at: str) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise _DamageError(at, "an object", node)
    return node


def _list(node: object, at: str, *, length: int | None = None) -> list[Any]:
    if not isinstance(node, list) or length not in (None, len(node)):
        raise _DamageError(at, "a list" if length is None else f"a list of {length}", node)
    return node


def _node(node: object, at: str, nodes: int) -> None:
    if not isinstance(node, int) or isinstance(node, bool) or not 0 <= node < nodes:
        raise _DamageError(at, f"one of the drawing's {nodes} nodes", node)
