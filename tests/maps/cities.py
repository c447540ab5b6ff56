"""OpenStreetMap XML of small towns, and what they must become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from nerode.worlds.streets.files import read_streets

Places = Mapping[int, tuple[float, float]]
Ways = Iterable[tuple[Iterable[int], Mapping[str, str]]]

STREET = {"highway": "residential"}
ONE_WAY = STREET | {"oneway": "yes"}
ROWS = COLUMNS = 4

HOSTILE = (
    "</tag><script>alert(1)</script>",
    '"; DROP TABLE nodes; --',
    "東京 Straße \u202e & 'Rue'",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
)


def corner(row: int, column: int) -> int:
    return 100 + row * COLUMNS + column


def grid_places() -> dict[int, tuple[float, float]]:
    return {
        corner(row, column): (40.75 + row / 1000, -73.98 + column * 1.3 / 1000)
        for row in range(ROWS)
        for column in range(COLUMNS)
    }


def grid_ways() -> list[tuple[list[int], dict[str, str]]]:
    """Columns for both ways; rows one-way, every second one told against its direction."""
    ways: list[tuple[list[int], dict[str, str]]] = []
    for column in range(COLUMNS):
        name = {"name": HOSTILE[column % len(HOSTILE)]}
        ways.append(([corner(row, column) for row in range(ROWS)], STREET | name))
    for row in range(ROWS):
        oneway = {"oneway": "-1" if row % 2 else "yes"}
        ways.append(([corner(row, column) for column in range(COLUMNS)], STREET | oneway))
    return ways


def grid_streets() -> set[tuple[str, str, str]]:
    """From, label, to: what the grid must become."""
    streets = set()
    for row in range(ROWS):
        for column in range(COLUMNS):
            here = corner(row, column)
            if row + 1 < ROWS:
                streets |= {(here, "N", corner(row + 1, column))}
                streets |= {(corner(row + 1, column), "S", here)}
            if column + 1 < COLUMNS and row % 2 == 0:
                streets |= {(here, "E", corner(row, column + 1))}
            if column + 1 < COLUMNS and row % 2:
                streets |= {(corner(row, column + 1), "W", here)}
    return {(str(a), label, str(b)) for a, label, b in streets}


def osm_xml(places: Places, ways: Ways, more: str = "") -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
    lines += [f'<node id="{node}" lat="{lat}" lon="{lon}"/>' for node, (lat, lon) in places.items()]
    for number, (nodes, tags) in enumerate(ways):
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        told = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
        lines.append(f'<way id="{9000 + number}" user={quoteattr(HOSTILE[0])}>{refs}{told}</way>')
    return "\n".join([*lines, more, "</osm>", ""])


def overpass_json(places: Places, ways: Ways) -> dict[str, Any]:
    """The same as OpenStreetMap's server for streets answers it."""
    nodes = [
        {"type": "node", "id": node, "lat": lat, "lon": lon} for node, (lat, lon) in places.items()
    ]
    streets = [
        {"type": "way", "id": 9000 + number, "nodes": list(nodes), "tags": dict(tags)}
        for number, (nodes, tags) in enumerate(ways)
    ]
    return {"version": 0.6, "elements": [*nodes, *streets]}


def streets_of(folder: Path) -> set[tuple[str, str, str]]:
    """From, label, to: what stands in a folder."""
    plan = read_streets(folder)
    assert len(set(plan.streets)) == len(plan.streets)
    return {(plan.names[a], label, plan.names[b]) for a, label, b in plan.streets}
