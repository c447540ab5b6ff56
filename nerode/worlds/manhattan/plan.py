"""The street plan of Manhattan, built from public facts: no map is downloaded.

The plan of 1811 laid avenues and numbered streets on one grid, tilted 29 degrees. The facts
are tables in manhattan_avenues.py and manhattan_streets.py; manhattan_grid.py finds where
they cross. The plan reaches from Houston Street to 155th Street and leaves out what is not
on the grid: the lanes west of Sixth Avenue below 14th Street, motorways and bridges.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from nerode.arrays import Floats
from nerode.worlds.manhattan.avenues import FIRST
from nerode.worlds.manhattan.grid import MERGE, Crossing, Way, grid
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.map_plan import MapPlan
from nerode.worlds.streets.parts import largest_part
from nerode.worlds.streets.table import EARTH_RADIUS, eighths_of

TILT = 29.0  # degrees by which uptown lies east of north
FIFTH_AND_42ND = (40.75348, -73.98088)  # latitude, longitude

MIDTOWN_STREETS = range(23, 60)  # streets

Integers = NDArray[np.int64]


def manhattan_plan() -> MapPlan:
    """The plan from Houston Street to 155th Street, river to river."""
    crossings, ways = grid()
    return _plan(list(crossings.values()), ways)


def midtown_plan() -> MapPlan:
    """The plan from 23rd to 59th Street, First to Twelfth Avenue."""
    crossings, ways = grid()
    return _plan(
        [
            crossing
            for crossing in crossings.values()
            if crossing.street in MIDTOWN_STREETS and crossing.east < FIRST + MERGE
        ],
        ways,
    )


def _plan(crossings: list[Crossing], ways: Iterable[Way]) -> MapPlan:
    """Plan of those crossings that can all be reached from one another."""
    lat, lon = _geographic(
        np.array([crossing.east for crossing in crossings]),
        np.array([crossing.north for crossing in crossings]),
    )
    number = {crossing.name: index for index, crossing in enumerate(crossings)}
    streets = np.array(
        [(number[a], number[b]) for a, b in ways if a in number and b in number], dtype=np.int64
    )
    labels, metres = _labels_and_lengths(lat, lon, streets)
    kept = _shortest_of_each_label(streets, labels, metres)
    streets, labels = streets[kept], labels[kept]
    inside = largest_part(streets, len(crossings))
    places = np.flatnonzero(inside)
    renumbered = np.cumsum(inside) - 1
    return MapPlan(
        names=tuple(crossings[place].name for place in places),
        lat=lat[places],
        lon=lon[places],
        streets=tuple(
            (int(renumbered[a]), LABELS[label], int(renumbered[b]))
            for (a, b), label in zip(streets.tolist(), labels.tolist(), strict=True)
            if inside[a] and inside[b]
        ),
    )


def _geographic(east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude of places on the grid; the island is small enough to be flat."""
    tilt = np.radians(TILT)
    true_east = east * np.cos(tilt) + north * np.sin(tilt)
    true_north = north * np.cos(tilt) - east * np.sin(tilt)
    lat = FIFTH_AND_42ND[0] + np.degrees(true_north / EARTH_RADIUS)
    shrunk = EARTH_RADIUS * np.cos(np.radians(FIFTH_AND_42ND[0]))
    lon = FIFTH_AND_42ND[1] + np.degrees(true_east / shrunk)
    return lat.round(7), lon.round(7)


def _labels_and_lengths(lat: Floats, lon: Floats, streets: Integers) -> tuple[Integers, Floats]:
    """Nearest eighth of the compass, clockwise from north, and metres of every street."""
    first, last = streets[:, 0], streets[:, 1]
    east = np.radians(lon[last] - lon[first]) * np.cos(np.radians((lat[first] + lat[last]) / 2))
    north = np.radians(lat[last] - lat[first])
    return eighths_of(east, north), EARTH_RADIUS * np.hypot(east, north)


def _shortest_of_each_label(streets: Integers, labels: Integers, metres: Floats) -> Integers:
    """Which streets to keep, by first crossing and label: of each label the shortest one."""
    order = np.lexsort((streets[:, 1], metres, labels, streets[:, 0]))
    place = streets[order, 0] * len(LABELS) + labels[order]
    return order[np.unique(place, return_index=True)[1]]
