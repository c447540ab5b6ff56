"""Reading a run's record, and laying its estimates out in rows.

A record is what `evaluation.json` holds (its schema is told in `nerode/evaluation.py`). Reports
read nothing else. What a report relies on is checked here, once, so that a damaged file ends
in one line that names it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.metrics.estimate import Estimate

SCHEMA = 1
FILE = "evaluation.json"

Record = dict[str, Any]
Keys = tuple[str, ...]

DASH = "\N{EN DASH}"
"""What is shown for an undefined number; also joins the bounds of an interval."""

_GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "next_symbol": ("Next symbol", {"legal": "legal"}),
    "traversal": (
        "Traversal",
        {
            "valid": "valid",
            "optimal": "optimal",
            "within_1": "within 1 %",
            "within_5": "within 5 %",
            "within_10": "within 10 %",
            "within_50": "within 50 %",
        },
    ),
    "compression": ("Compression", {"precision": "precision", "disagreement": "disagreement"}),
    "distinction": ("Distinction", {"precision": "precision", "recall": "recall"}),
    "detours": ("Detours", {"random": "random", "adversarial": "adversarial"}),
}


@dataclass(frozen=True)
class Row:
    """One metric: where it stands in a record (`path`) and how people call it."""

    path: Keys
    group: str
    label: str


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
    except OSError as error:
        message = f"expected to read {file}, got: {error.strerror}"
        raise MissingFile(message) from None
    except (ValueError, RecursionError) as error:
        message = f"expected JSON in {file}, got: {error}"
        raise FormatError(message) from None
    return check_record(record, str(file))


def check_record(record: object, where: str) -> Record:
    """The record itself, if it is one of this schema; `where` is named in the error."""
    if not isinstance(record, dict) or "schema" not in record:
        message = f"expected an evaluation (an object with a schema) in {where}, got something else"
        raise FormatError(message)
    if record["schema"] != SCHEMA:
        message = f"expected schema {SCHEMA} in {where}, got schema {record['schema']!r}"
        raise FormatError(message)
    try:
        _check(record)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        detail = f"no {error}" if isinstance(error, KeyError) else str(error)
        message = f"expected an evaluation of schema {SCHEMA} in {where}, got: {detail}"
        raise FormatError(message) from None
    return record


def rows(metrics: Mapping[str, Any]) -> list[Row]:
    """One row per estimate, known groups first and in their order, then any other."""
    names = [name for name in _GROUPS if name in metrics]
    names += [name for name in metrics if name not in _GROUPS]
    found: list[Row] = []
    for name in names:
        title, labels = _GROUPS.get(name, (name.replace("_", " "), {}))
        known = [path for path in _paths(metrics[name]) if path[0] in labels]
        known.sort(key=lambda path: list(labels).index(path[0]))
        other = [path for path in _paths(metrics[name]) if path[0] not in labels]
        found += [Row((name, *path), title, _label(labels, path)) for path in known + other]
    return found


def estimate_at(metrics: Mapping[str, Any], path: Keys) -> Estimate | None:
    """The estimate at a path; None where this model was not asked."""
    node: Any = metrics
    for key in path:
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    return Estimate.of(node)


def number(value: float | None) -> str:
    """A share with three decimals, a dash where undefined; only 0 and 1 themselves look so."""
    if value is None:
        return DASH
    if value in (0, 1):
        return str(int(value))
    rounded = f"{value:.3f}"
    return {"0.000": "<0.001", "1.000": ">0.999"}.get(rounded, rounded)


def interval(estimate: Estimate) -> str:
    """The 95 % interval as text; a dash where undefined."""
    if estimate.low is None or estimate.high is None:
        return DASH
    return f"{_bound(estimate.low)}{DASH}{_bound(estimate.high)}"


def _bound(value: float) -> str:
    return str(int(value)) if value in (0, 1) else f"{value:.3f}"


def trials(estimate: Estimate) -> str:
    """How many trials stand behind an estimate and, if any, how many were skipped: `497 (+3)`."""
    return f"{estimate.n}" + (f" (+{estimate.skipped})" if estimate.skipped else "")


def share(probability: str) -> str:
    """A key of the detour curves as people write it: `0.01` is `1 %`."""
    try:
        return f"{100 * float(probability):g} %"
    except ValueError:
        return probability


def _label(labels: Mapping[str, str], path: Keys) -> str:
    first = labels.get(path[0], path[0].replace("_", " "))
    return " ".join([first, *(share(key) for key in path[1:])])


def _is_estimate(node: Any) -> bool:
    return isinstance(node, Mapping) and "value" in node and "n" in node


def _paths(node: Any) -> Iterator[Keys]:
    if not isinstance(node, Mapping):
        message = f"expected an estimate, got {node!r}"
        raise TypeError(message)
    for key, child in node.items():
        if _is_estimate(child):
            yield (key,)
        else:
            yield from ((key, *rest) for rest in _paths(child))


def _no_number(name: str) -> None:
    message = f"{name}, which is no number in JSON"
    raise ValueError(message)


def _check(record: Record) -> None:
    for key in ("world", "model", "protocol"):
        if not isinstance(record[key], str):
            message = f"{key} {record[key]!r}, which is no text"
            raise TypeError(message)
    for key in ("parameters", "metrics", "baselines"):
        if not isinstance(record[key], dict):
            message = f"{key} {record[key]!r}, which is no object"
            raise TypeError(message)
    for metrics in (record["metrics"], *record["baselines"].values()):
        for row in rows(metrics):
            _check_estimate(metrics, row.path)
    _check_curves(record.get("curves") or {})
    _check_drawing(record)


def _check_estimate(metrics: Mapping[str, Any], path: Keys) -> None:
    try:
        found = estimate_at(metrics, path)
    except InvalidParameter as error:
        message = f"{'.'.join(path)}: {error}"
        raise ValueError(message) from None
    for value in (found.value, found.low, found.high) if found else ():
        if value is not None and not math.isfinite(value):
            message = f"{'.'.join(path)} {value!r}, which is no number"
            raise ValueError(message)


def _check_curves(curves: Mapping[str, Any]) -> None:
    thresholds = curves.get("epsilon", [])
    if not all(isinstance(epsilon, int | float) and epsilon > 0 for epsilon in thresholds):
        message = "a curve over thresholds that are not all above 0"
        raise ValueError(message)
    for group in (value for key, value in curves.items() if key != "epsilon"):
        for name, points in group.items():
            if len([Estimate.of(point) for point in points]) != len(thresholds):
                message = f"a curve {name} of {len(points)} points over {len(thresholds)} epsilons"
                raise ValueError(message)


def _check_drawing(record: Record) -> None:
    drawing = record.get("drawing")
    witnesses = [each for kind in (record.get("witnesses") or {}).values() for each in kind]
    for witness in witnesses:
        for key in ("kind", "history1", "history2", "continuation"):
            if not isinstance(witness[key], str):
                message = f"a witness whose {key} is no text"
                raise TypeError(message)
        _, _ = witness["world"]
        _, _ = (float(probability) for probability in witness["model"])
    if drawing is None:
        return
    count = len(drawing["nodes"])
    for _latitude, _longitude in drawing["nodes"]:
        float(_latitude), float(_longitude)
    _within((node for a, b, *_ in drawing["streets"] for node in (a, b)), count)
    for witness in witnesses:
        _within(_nodes(witness), count)


def _nodes(witness: Mapping[str, Any]) -> list[object]:
    return [node for key in ("path1", "path2", "path") for node in witness.get(key, [])]


def _within(nodes: Iterable[object], count: int) -> None:
    for node in nodes:
        if not (isinstance(node, int) and 0 <= node < count):
            message = f"node {node!r} in a drawing of {count} nodes"
            raise ValueError(message)
