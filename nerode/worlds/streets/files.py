"""The street map on disk: a folder with nodes.csv and edges.csv.

    nodes.csv   osmid,lat,lon            one row per intersection
    edges.csv   node,direction,neighbor  one row per street

Columns may stand in any order and others may stand beside them. A third file,
attribution.txt, tells whose data it is, where that must be told; most folders have none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, SupportsFloat

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.text_files import text_lines
from nerode.worlds.world import END

LABELS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
"""The eight directions that a street may have, clockwise."""

ATTRIBUTION = "attribution.txt"
LONGEST_ATTRIBUTION = 500
"""Characters of the longest attribution: it stands under every map."""

LabelledStreet = tuple[int, str, int]
"""From which intersection, in which direction, to which intersection."""


class MapData(NamedTuple):
    """What the files say; intersections are numbered in the order of nodes.csv."""

    names: list[str]
    lat: list[float]
    lon: list[float]
    streets: list[LabelledStreet]
    attribution: str | None = None
    """Whose data it is, in one line."""


def read_streets(folder: str | Path) -> MapData:
    """Read the files and check every line.

    Raises MissingFile where the folder or a file is absent, FormatError (with file and
    line) for an empty file, a missing column or value, a bad number, an intersection
    that stands twice, an unknown one, an unknown direction, or two streets that leave an
    intersection in one direction, and for an attribution that is no short text.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFile(f"expected a folder with nodes.csv and edges.csv, got no folder {folder}")
    names, lat, lon = read_nodes(folder / "nodes.csv")
    streets = _read_edges(folder / "edges.csv", {name: i for i, name in enumerate(names)})
    return MapData(names, lat, lon, streets, _read_attribution(folder / ATTRIBUTION))


def clear_place(folder: str | Path) -> None:
    """Raise InvalidParameter where no street map can be written to this folder.

    That is where one stands there already, or something that is no folder.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InvalidParameter(f"expected a folder to write, got the file {folder}")
    for name in ("nodes.csv", "edges.csv", ATTRIBUTION):
        if (folder / name).exists():
            raise InvalidParameter(f"expected a folder without a street map, got {folder / name}")


def write_streets(folder: str | Path, plan: MapData) -> None:
    """Write the files of a street map, streets in the order they are given in.

    Raises InvalidParameter as `clear_place` does. Where writing fails nothing is left.
    """
    folder = Path(folder)
    clear_place(folder)
    names, lat, lon, streets, attribution = plan
    nodes = zip(names, lat, lon, strict=True)
    edges = ((names[node], label, names[to]) for node, label, to in streets)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _write_table(folder / "nodes.csv", ("osmid", "lat", "lon"), nodes)
        _write_table(folder / "edges.csv", ("node", "direction", "neighbor"), edges)
        if attribution is not None:
            (folder / ATTRIBUTION).write_text(f"{attribution}\n", encoding="utf-8")
    except BaseException:
        for name in ("nodes.csv", "edges.csv", ATTRIBUTION):
            (folder / name).unlink(missing_ok=True)
        raise


def _write_table(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _read_attribution(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(4 * LONGEST_ATTRIBUTION + 1)  # no character takes more than four bytes
    text = " ".join(start.decode("utf-8-sig", errors="replace").split())
    if len(text) > LONGEST_ATTRIBUTION or "\ufffd" in text or not text.isprintable():
        raise FormatError(
            f"{path}: expected whose data it is in at most {LONGEST_ATTRIBUTION} characters "
            f"of UTF-8 text, got {text[:40]!r}"
        )
    return text or None


def read_nodes(path: Path) -> tuple[list[str], list[float], list[float]]:
    """Names, latitudes and longitudes of a nodes.csv. Raises as `read_streets` does."""
    lines: dict[str, int] = {}
    lat: list[float] = []
    lon: list[float] = []
    for line, (name, north, east) in _rows(path, ("osmid", "lat", "lon")):
        if name in lines:
            raise FormatError(
                f"{path}:{line}: expected every intersection once, "
                f"got {name} again (first on line {lines[name]})"
            )
        if not is_name(name):
            raise FormatError(
                f"{path}:{line}: expected a name without white space that is neither '{END}' "
                f"nor a direction, got {name!r}"
            )
        lines[name] = line
        lat.append(_degrees(north, 90.0, f"{path}:{line}: expected a latitude"))
        lon.append(_degrees(east, 180.0, f"{path}:{line}: expected a longitude"))
    return list(lines), lat, lon


def is_name(text: str) -> bool:
    """Whether an intersection may be called so: no white space, and no other symbol's name."""
    return text != END and text not in LABELS and text.split() == [text]


def _read_edges(path: Path, index: dict[str, int]) -> list[LabelledStreet]:
    streets: list[LabelledStreet] = []
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
    value = number_within(text, most)
    if value is None:
        raise FormatError(f"{expected} in degrees, from -{most:g} to {most:g}, got {text!r}")
    return value


def number_within(given: object, most: float) -> float | None:
    """The number that a file gives, None where it is none or not from -`most` to `most`."""
    if not isinstance(given, str | SupportsFloat):
        return None
    try:
        value = float(given)
    except ValueError:
        return None
    return value if abs(value) <= most else None


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Line number and the named values of every row; raises where the table is broken."""
    if not path.is_file():
        raise MissingFile(f"expected the file {path.name} in {path.parent}, got none")
    places: list[int] | None = None
    rows = width = 0
    lines = text_lines(path, newline="")
    reader = csv.reader(lines, strict=True)
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue  # an empty line, or a row of a spreadsheet with nothing in it
            if places is None:
                places, width = _places(f"{path}:{reader.line_num}", cells, columns), len(cells)
                continue
            rows += 1
            if max(places) >= len(cells):
                raise FormatError(
                    f"{path}:{reader.line_num}: expected a value for each of "
                    f"{','.join(columns)}, got {','.join(cells)!r}"
                )
            if any(cell.strip() for cell in cells[width:]):
                raise FormatError(
                    f"{path}:{reader.line_num}: expected {width} values as in the first line, "
                    f"got {','.join(cells)!r}"
                )
            yield reader.line_num, [cells[place].strip() for place in places]
    except csv.Error as error:
        raise FormatError(
            f"{path}:{reader.line_num}: expected comma-separated values, got {error}"
        ) from None
    if not rows:
        raise FormatError(
            f"{path}:1: expected at least one row under {','.join(columns)}, got none"
        )


def _places(where: str, header: list[str], columns: tuple[str, ...]) -> list[int]:
    names = [cell.strip() for cell in header]
    missing = [column for column in columns if column not in names]
    if missing:
        raise FormatError(
            f"{where}: expected the columns {','.join(columns)}, got {','.join(names)!r}"
        )
    return [names.index(column) for column in columns]
