"""Reading a run's record.

A record is what `evaluation.json` holds (nerode/evaluation/record.py has its schema). Reports
read nothing else of one run. Its shape is checked here, once, so that a damaged file ends in one
line that names the file and the place, and what comes after need not doubt it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.metrics.about import description_of
from nerode.report.record.boards import check_board, check_boards, check_game, check_probed
from nerode.report.record.chat import check_chat
from nerode.report.record.checks import (
    DamageError,
    estimate_at,
    list_at,
    node_at,
    number,
    object_at,
    text,
)
from nerode.report.record.reconstruction import check_reconstruction
from nerode.report.record.trips import check_route
from nerode.runs import of_today, unfinished

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
        why = unfinished(Path(folder))
        message = f"expected a run folder with {FILE}, found no {file}"
        raise MissingFile(f"{folder}: this run is {why}" if why else message) from None
    except (ValueError, RecursionError) as error:
        message = f"expected JSON in {file}, got: {error}"
        raise FormatError(message) from None
    return of_today(check_record(record, str(file)))


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
    except DamageError as damage:
        message = f"expected an evaluation of schema {SCHEMA} in {where}; {damage}"
        raise FormatError(message) from None
    return record


def _no_number(name: str) -> None:
    message = f"{name}, which is no number in JSON"
    raise ValueError(message)


def _check(record: Record) -> None:
    for key in ("world", "model", "protocol"):
        text(record.get(key), key)
    if record.get("histories") is not None:
        text(record["histories"], "histories")
    parameters = object_at(record.get("parameters"), "parameters")
    if parameters.get("epsilon") is not None:
        number(parameters["epsilon"], "parameters.epsilon", least=0)
    _metrics(record.get("metrics"), "metrics")
    for name, about in object_at(record.get("metrics_about", {}), "metrics_about").items():
        _about(name, about)
    for name, metrics in object_at(record.get("baselines"), "baselines").items():
        _metrics(metrics, f"baselines.{name}")
    for metric, reasons in object_at(record.get("skipped", {}), "skipped").items():
        object_at(reasons, f"skipped.{metric}")
    for key in ("versions", "left_out"):
        object_at(record.get(key, {}), key)
    for place, note in enumerate(list_at(record.get("notes", []), "notes")):
        text(note, f"notes.{place}")
    _curves(object_at(record.get("curves", {}), "curves"))
    for metric, found in object_at(record.get("lengths", {}), "lengths").items():
        _lengths(object_at(found, f"lengths.{metric}"), f"lengths.{metric}")
    _counts(record, "strings", ("all", "trials", "end", "end_trials"))
    _counts(record, "depths", ("met", "of", "from", "to"))
    _places(record)
    check_chat(record)


def _about(name: str, about: object) -> None:
    try:
        description_of(name, about)
    except InvalidParameter as error:
        raise DamageError(f"metrics_about.{name}", "a metric's description", str(error)) from None


def _counts(record: Record, part: str, names: Sequence[str]) -> None:
    """Checks a part of the record that has these counts for each metric."""
    for metric, found in object_at(record.get(part, {}), part).items():
        for name in names:
            at = f"{part}.{metric}.{name}"
            number(object_at(found, f"{part}.{metric}").get(name), at, least=0)


def _places(record: Record) -> None:
    """Checks what lies on the map, or on the board."""
    drawing = record.get("drawing")
    squares = check_board(drawing)
    nodes = _drawing(None if squares else drawing)
    if "reconstruction" in record:
        check_reconstruction(record["reconstruction"], None if squares else drawing)
    for metric, witnesses in object_at(record.get("witnesses", {}), "witnesses").items():
        for count, witness in enumerate(list_at(witnesses, f"witnesses.{metric}")):
            at = f"witnesses.{metric}.{count}"
            _witness(witness, at, nodes)
            check_boards(witness, at, squares)
    for count, route in enumerate(list_at(record.get("routes", []), "routes")):
        check_route(object_at(route, f"routes.{count}"), f"routes.{count}", nodes)
    for count, game in enumerate(list_at(record.get("games", []), "games")):
        check_game(object_at(game, f"games.{count}"), f"games.{count}", squares)
    for count, probed in enumerate(list_at(record.get("probe_boards", []), "probe_boards")):
        check_probed(probed, f"probe_boards.{count}", squares)


def _metrics(node: object, at: str) -> None:
    """Groups of groups of estimates, any depth but the first."""
    for group, members in object_at(node, at).items():
        for name, member in object_at(members, f"{at}.{group}").items():
            place = f"{at}.{group}.{name}"
            if isinstance(member, dict) and "value" not in member:
                _metrics({name: member}, f"{at}.{group}")
            else:
                estimate_at(member, place)


def _curves(curves: Mapping[str, Any]) -> None:
    thresholds = list_at(curves.get("epsilon", []), "curves.epsilon")
    for count, epsilon in enumerate(thresholds):
        if number(epsilon, f"curves.epsilon.{count}", least=0) == 0:
            raise DamageError(f"curves.epsilon.{count}", "a threshold above 0", epsilon)
    for group in curves.keys() - {"epsilon"}:
        for name, points in object_at(curves[group], f"curves.{group}").items():
            at = f"curves.{group}.{name}"
            if len(list_at(points, at)) != len(thresholds):
                raise DamageError(at, f"{len(thresholds)} points, one per epsilon", len(points))
            for count, point in enumerate(points):
                estimate_at(point, f"{at}.{count}")


def _lengths(found: Mapping[str, Any], at: str) -> None:
    """Scores over bins of history lengths: every list as long as that of the bins."""
    bins = len(list_at(found.get("from"), f"{at}.from"))
    for name, points in found.items():
        for count, point in enumerate(list_at(points, f"{at}.{name}", length=bins)):
            if name in ("from", "to"):
                number(point, f"{at}.{name}.{count}", least=0)
            else:
                estimate_at(point, f"{at}.{name}.{count}")
    if "to" not in found:
        raise DamageError(f"{at}.to", f"a list of {bins}", None)


def _drawing(node: object) -> int:
    """Checks the street plan; how many nodes it has."""
    if node is None:
        return 0
    drawing = object_at(node, "drawing")
    text(drawing.get("kind"), "drawing.kind")
    list_at(drawing.get("names", []), "drawing.names")
    if "attribution" in drawing:
        text(drawing["attribution"], "drawing.attribution")
    nodes = list_at(drawing.get("nodes"), "drawing.nodes")
    for count, place in enumerate(nodes):
        for degrees in list_at(place, f"drawing.nodes.{count}", length=2):
            number(degrees, f"drawing.nodes.{count}")
    for count, street in enumerate(list_at(drawing.get("streets"), "drawing.streets")):
        at = f"drawing.streets.{count}"
        for node_ in list_at(street, at, length=3)[:2]:
            node_at(node_, at, len(nodes))
    return len(nodes)


def _witness(node: object, at: str, nodes: int) -> None:
    witness = object_at(node, at)
    for key in ("kind", "history1", "history2", "continuation"):
        text(witness.get(key), f"{at}.{key}")
    list_at(witness.get("world"), f"{at}.world", length=2)
    for probability in list_at(witness.get("model"), f"{at}.model", length=2):
        number(probability, f"{at}.model", least=0)
    for key in ("path1", "path2", "path"):
        for place in list_at(witness.get(key, []), f"{at}.{key}"):
            node_at(place, f"{at}.{key}", nodes)
