"""A town on disk that has what real street tables have: dead ends, loops, an island."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.sequences.maps import grid

ROWS, COLUMNS = 4, 5
CORNERS = ROWS * COLUMNS
DEAD_END = CORNERS  # of grid: a street leads there and none leads out
ISLAND = (CORNERS + 1, CORNERS + 2)


def rough_town(folder: Path) -> str:
    """Write nodes.csv and edges.csv to a new folder; the name of the world."""
    plan = grid(ROWS, COLUMNS)
    lat, lon = plan.lat.tolist(), plan.lon.tolist()
    streets = [
        *plan.streets,
        (7, "NW", 7),
        (0, "SW", 0),
        (ISLAND[0], "E", ISLAND[1]),
        (ISLAND[1], "W", ISLAND[0]),
    ]
    places = [*zip(lat, lon, strict=True), (40.1, -74.0), (40.1, -73.999)]
    write_map(folder, places, streets)
    return f"street-map:{folder}"


def write_map(
    folder: Path,
    places: Iterable[tuple[float, float]],
    streets: Iterable[tuple[int, str, int]],
) -> None:
    """The two files of a street map; corner number i is called ci."""
    folder.mkdir(parents=True, exist_ok=True)
    nodes = [f"c{number},{lat},{lon}" for number, (lat, lon) in enumerate(places)]
    edges = [f"c{here},{label},c{there}" for here, label, there in streets]
    (folder / "nodes.csv").write_text("\n".join(["osmid,lat,lon", *nodes]) + "\n")
    (folder / "edges.csv").write_text("\n".join(["node,direction,neighbor", *edges]) + "\n")
