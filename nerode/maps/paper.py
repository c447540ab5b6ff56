"""The street tables that the paper's authors published, as pickles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nerode.errors import FormatError, MissingFile
from nerode.maps.save import Imported, save_plan
from nerode.maps.unpickle import unpickle
from nerode.worlds.streets.files import LABELS, MapData, clear_place, read_nodes
from nerode.worlds.world import END

TABLE = "node_and_direction_to_neighbor.pkl"
TURNS_FILE = "valid_turns.pkl"

TurnTable = Mapping[tuple[int, str], int]


def import_paper(
    folder: str | Path,
    out: str | Path,
    *,
    nodes: str | Path | None = None,
    strongly_connected: bool = False,
) -> Imported:
    """Write the street map of the paper's two files to the folder `out`, labels as they are.

    They say which street leads where, not where the intersections lie. That is read from
    `nodes` (osmid,lat,lon, as nodes.csv; by default the nodes.csv in the folder), of which
    intersections that no street touches are left out. Raises MissingFile, FormatError for a
    damaged file, for one that holds anything but containers, numbers and texts, and where
    the files do not agree, and InvalidParameter where `out` holds a map already.
    """
    clear_place(out)
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFile(
            f"expected a folder with {TABLE} and {TURNS_FILE}, got no folder {folder}"
        )
    table = _checked(unpickle(folder / TABLE), folder / TABLE)
    _compare(table, unpickle(folder / TURNS_FILE), folder / TURNS_FILE)
    names, lat, lon = _places(table, folder / "nodes.csv" if nodes is None else Path(nodes))
    number = {name: place for place, name in enumerate(names)}
    streets = [(number[str(a)], label, number[str(b)]) for (a, label), b in table.items()]
    plan = MapData(names, lat, lon, streets)
    return save_plan(plan, out, str(folder), strongly_connected=strongly_connected)


def _checked(table: object, path: Path) -> TurnTable:
    """The table, if every entry is (intersection, label) -> intersection."""
    if not isinstance(table, dict):
        raise FormatError(f"{path}: expected a table of streets, got {type(table).__name__}")
    for key, to in table.items():
        # Values are not shown: text of a few bytes may stand for one that fills the memory.
        if type(key) is not tuple or [type(part) for part in (*key, to)] != [int, str, int]:
            raise FormatError(f"{path}: expected (number, label) -> number, got something else")
        if not max(abs(key[0]), abs(to)) < 1 << 63:
            raise FormatError(
                f"{path}: expected intersections' numbers below 2^63, got a larger one"
            )
        if key[1] not in LABELS:
            raise FormatError(f"{path}: expected labels {' '.join(LABELS)}, got {key[1][:40]!r}")
    if not table:
        raise FormatError(f"{path}: expected a table of streets, got an empty one")
    return table


def _compare(table: TurnTable, turns: object, path: Path) -> None:
    """Both files tell of the same turns; some lists of them have END added."""
    listed: set[tuple[int, str]] = set()
    if not isinstance(turns, dict):
        raise FormatError(f"{path}: expected lists of turns, got {type(turns).__name__}")
    for node, labels in turns.items():
        lists = type(node) is int and isinstance(labels, list | set | tuple)
        if not lists or any(type(label) is not str for label in labels):
            raise FormatError(f"{path}: expected number -> labels, got something else")
        listed |= {(node, label) for label in labels if label != END}
    if listed != set(table):
        raise FormatError(f"{path}: expected the turns of {TABLE}, got others")


def _places(table: TurnTable, path: Path) -> tuple[list[str], list[float], list[float]]:
    """Names and coordinates of the table's intersections, in the file's order."""
    if not path.is_file():
        raise MissingFile(
            f"the paper's files do not say where intersections lie: expected a table "
            f"osmid,lat,lon (--nodes FILE), got no file {path}"
        )
    used = {str(node) for (start, _), stop in table.items() for node in (start, stop)}
    rows = [row for row in zip(*read_nodes(path), strict=True) if row[0] in used]
    missing = used - {name for name, _, _ in rows}
    if missing:
        raise FormatError(
            f"{path}: expected all {len(used)} intersections of the streets, "
            f"got none of {len(missing)}, {min(missing)} for one"
        )
    names, lat, lon = zip(*rows, strict=True)
    return list(names), list(lat), list(lon)
