"""The street map on disk: a folder with nodes.csv and edges.csv.

    nodes.csv   osmid,lat,lon            one row per intersection
    edges.csv   node,direction,neighbor  one row per street

Columns may stand in any order and others may stand beside them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nerode.errors import FormatError, MissingFile
from nerode.worlds.world import END

LABELS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
"""The eight directions that a street may have, clockwise."""

Street = tuple[int, str, int]
"""From which intersection, in which direction, to which intersection."""


class Streets(NamedTuple):
    """What the two files say; intersections are numbered in the order of nodes.csv."""

    names: list[str]
    lat: list[float]
    lon: list[float]
    streets: list[Street]


def read_streets(folder: str | Path) -> Streets:
    """Read both files and check every line.

    Raises MissingFile where the folder or a file is absent, FormatError (with file and
    line) for an empty file, a missing column or value, a bad number, an intersection
    that stands twice, an unknown one, an unknown direction, or two streets that leave an
    intersection in one direction.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFile(f"expected a folder with nodes.csv and edges.csv, got no folder {folder}")
    names, lat, lon = _read_nodes(folder / "nodes.csv")
    streets = _read_edges(folder / "edges.csv", {name: i for i, name in enumerate(names)})
    return Streets(names, lat, lon, streets)


def _read_nodes(path: Path) -> tuple[list[str], list[float], list[float]]:
    lines: dict[str, int] = {}
    lat: list[float] = []
    lon: list[float] = []
    for line, (name, north, east) in _rows(path, ("osmid", "lat", "lon")):
        if name in lines:
            raise FormatError(
                f"{path}:{line}: expected every intersection once, "
                f"got {name} again (first on line {lines[name]})"
            )
        if name == END or name in LABELS or len(name.split()) != 1:
            raise FormatError(
                f"{path}:{line}: expected a name without white space that is neither '{END}' "
                f"nor a direction, got {name!r}"
            )
        lines[name] = line
        lat.append(_degrees(north, 90.0, f"{path}:{line}: expected a latitude"))
        lon.append(_degrees(east, 180.0, f"{path}:{line}: expected a longitude"))
    return list(lines), lat, lon


def _read_edges(path: Path, index: dict[str, int]) -> list[Street]:
    streets: list[Street] = []
    seen: dict[tuple[str, str], int] = {}
    for line, (node, label, neighbor) in _rows(path, ("node", "direction", "neighbor")):
        if label not in LABELS:
            raise FormatError(
                f"{path}:{line}: expected one of the directions {' '.join(LABELS)}, got {label!r}"
            )
        for name in (node, neighbor):
            if name not in index:
                raise FormatError(
                    f"{path}:{line}: expected intersections of nodes.csv, got the unknown {name!r}"
                )
        if (node, label) in seen:
            raise FormatError(
                f"{path}:{line}: expected at most one street {label} from {node}, "
                f"got a second one (first on line {seen[node, label]})"
            )
        seen[node, label] = line
        streets.append((index[node], label, index[neighbor]))
    return streets


def _degrees(text: str, most: float, expected: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise FormatError(f"{expected} in degrees, from -{most:g} to {most:g}, got {text!r}")
    return value


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Line number and the named values of every row; raises where the table is broken."""
    if not path.is_file():
        raise MissingFile(f"expected the file {path.name} in {path.parent}, got none")
    places: list[int] | None = None
    rows = 0
    with path.open("rb") as file:
        # Line by line, so that bytes that are no text are found in the line that has them.
        reader = csv.reader((line.decode("utf-8") for line in file), strict=True)
        try:
            for cells in reader:
                if not cells:
                    continue
                if places is None:
                    places = _places(f"{path}:{reader.line_num}", cells, columns)
                    continue
                rows += 1
                if max(places) >= len(cells):
                    raise FormatError(
                        f"{path}:{reader.line_num}: expected a value for each of "
                        f"{','.join(columns)}, got {','.join(cells)!r}"
                    )
                yield reader.line_num, [cells[place].strip() for place in places]
        except csv.Error as error:
            raise FormatError(
                f"{path}:{reader.line_num}: expected comma-separated values, got {error}"
            ) from None
        except UnicodeDecodeError as error:
            raise FormatError(
                f"{path}:{reader.line_num + 1}: expected UTF-8 text, got {error.reason}"
            ) from None
    if not rows:
        raise FormatError(
            f"{path}:1: expected at least one row under {','.join(columns)}, got none"
        )


def _places(where: str, header: list[str], columns: tuple[str, ...]) -> list[int]:
    names = [cell.removeprefix("\ufeff").strip() for cell in header]  # some tools mark UTF-8
    missing = [column for column in columns if column not in names]
    if missing:
        raise FormatError(
            f"{where}: expected the columns {','.join(columns)}, got {','.join(names)!r}"
        )
    return [names.index(column) for column in columns]
