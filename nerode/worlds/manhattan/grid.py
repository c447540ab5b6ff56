"""Where the avenues and streets of Manhattan cross, and which ways lead from there.

Places are metres on the grid: east of Fifth Avenue, uptown of 42nd Street.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from nerode.worlds.manhattan.avenues import AVENUES, Avenue
from nerode.worlds.manhattan.streets import (
    BENT,
    EAST,
    EXCEPTIONS,
    FIRST_STREET,
    GAPS,
    LAST_STREET,
    LEVELS,
    PARK_CROSSINGS,
    SLANTED,
    TRANSVERSES,
    WEST,
    WIDE,
    StreetWay,
)

MERGE = 30.0
"""Crossings on one street closer together than this many metres are one crossing."""

REACH = 20.0
"""Avenues and streets still meet what lies this many metres beyond their ends."""

CITY_BLOCK, WIDER = 260, 20
"""Feet from street to street (60 of them the street), and feet more beside a wide one."""

Way = tuple[str, str]
"""A way from one crossing to the next, by their names."""


@dataclass(frozen=True)
class Crossing:
    """A crossing: its name and place, its street's number, its avenues' places in AVENUES."""

    name: str
    east: float
    north: float
    street: int | None = None
    avenues: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Street:
    """A crosstown street with its path in metres, west to east."""

    name: str
    number: int | None
    easts: tuple[float, ...]
    norths: tuple[float, ...]

    def north(self, east: float) -> float:
        if len(self.norths) == 1:
            return self.norths[0]
        return float(np.interp(east, self.easts, self.norths))

    def reaches(self, east: float) -> bool:
        last = self.easts[-1] if self.number is None else EAST
        return self.easts[0] - REACH <= east <= last + REACH


@dataclass(frozen=True)
class _Path:
    """An avenue with its path in metres, south to north; `index` is its place in AVENUES."""

    avenue: Avenue
    index: int
    easts: tuple[float, ...]
    norths: tuple[float, ...]

    def east(self, north: float) -> float:
        return float(np.interp(north, self.norths, self.easts))

    def reaches(self, north: float) -> bool:
        return self.norths[0] - REACH <= north <= self.norths[-1] + REACH

    def crossing(self, street: _Street) -> Crossing | None:
        """The crossing with a street; None where the two do not meet."""
        if street.number in self.avenue.over:
            return None
        north = street.north(self.easts[0])
        if len(street.norths) > 1:
            for _ in range(6):  # avenues are steep and streets are flat, so this converges
                north = street.north(self.east(north))
        if not self.reaches(north):
            return None
        east = self.east(north)
        if not street.reaches(east):
            return None
        name = f"{self.avenue.name}_{street.name}"
        return Crossing(name, east, north, street.number, (self.index,))


def grid() -> tuple[dict[str, Crossing], list[Way]]:
    """Every crossing by its name, street by street from west to east, and every way once.

    A crossing needs a street that leads away from it: where a park or a station interrupts
    the street on both sides, the avenue just passes.
    """
    levels = _levels()
    paths = [_path(index, avenue, levels) for index, avenue in enumerate(AVENUES)]
    crossings: dict[str, Crossing] = {}
    ways: list[Way] = []
    for street in _streets(levels):
        met = _crossings(street, paths)
        blocks = list(_blocks(street, met))
        served = {name for block in blocks for name in block}
        crossings |= {crossing.name: crossing for crossing in met if crossing.name in served}
        ways += blocks
    ways += _avenue_ways(crossings)
    for name, (east, north) in PARK_CROSSINGS.items():
        crossings[name] = Crossing(name, east, north)
    ways += [way for names in TRANSVERSES for way in pairwise(names)]
    return crossings, list(dict.fromkeys(ways))


def _levels() -> dict[int, float]:
    """Metres uptown of every numbered street, from the few that are known."""
    numbers = range(FIRST_STREET, LAST_STREET + 1)
    feet = [0]
    for south, north in pairwise(numbers):
        feet.append(feet[-1] + CITY_BLOCK + WIDER * len(WIDE & {south, north}))
    known = [feet[number - FIRST_STREET] for number in LEVELS]
    levels = np.interp(feet, known, list(LEVELS.values()))
    return dict(zip(numbers, levels.tolist(), strict=True))


def _streets(levels: dict[int, float]) -> Iterator[_Street]:
    """Every crosstown street, those without a number first."""
    for name, (_, path) in SLANTED.items():
        yield _Street(name, None, *zip(*path, strict=True))
    for number, level in levels.items():
        west, resumes = BENT.get(number, ((), WEST))
        path = (*west, (resumes, level))
        yield _Street(f"{number}St", number, *zip(*path, strict=True))


def _path(index: int, avenue: Avenue, levels: dict[int, float]) -> _Path:
    """Path of an avenue in metres; below First Street the blocks are as deep as above it."""
    streets, easts = zip(*avenue.path, strict=True)
    norths = np.interp(streets, list(levels), list(levels.values()))
    below = np.minimum(np.array(streets) - FIRST_STREET, 0.0)
    norths += below * (levels[FIRST_STREET + 1] - levels[FIRST_STREET])
    return _Path(avenue, index, easts, tuple(norths.tolist()))


def _crossings(street: _Street, paths: list[_Path]) -> list[Crossing]:
    """Crossings on one street, west to east; near ones are one, named by the first avenue."""
    kept: list[Crossing] = []
    for path in paths:
        crossing = path.crossing(street)
        if crossing is None:
            continue
        for place, other in enumerate(kept):
            if abs(other.east - crossing.east) < MERGE:
                kept[place] = replace(other, avenues=other.avenues + crossing.avenues)
                break
        else:
            kept.append(crossing)
    return sorted(kept, key=lambda crossing: crossing.east)


def _blocks(street: _Street, crossings: list[Crossing]) -> Iterator[Way]:
    """Ways between neighbours on one street, where nothing interrupts it."""
    for west, east in pairwise(crossings):
        middle = (west.east + east.east) / 2
        if any(street.number in streets and first < middle < last for streets, first, last in GAPS):
            continue
        way = _street_way(street, middle)
        yield from _both(west.name, east.name, forth=way != "west", back=way != "east")


def _street_way(street: _Street, east: float) -> StreetWay:
    """Which way a street goes at a place: even numbers east, odd ones west."""
    if street.number is None:
        return SLANTED[street.name][0]
    for streets, first, last, way in EXCEPTIONS:
        if street.number in streets and first < east < last:
            return way
    if street.number in WIDE:
        return "both"
    return "west" if street.number % 2 else "east"


def _avenue_ways(crossings: dict[str, Crossing]) -> Iterator[Way]:
    """Ways between neighbours on every avenue."""
    stops: list[list[Crossing]] = [[] for _ in AVENUES]
    for crossing in crossings.values():
        for index in crossing.avenues:
            stops[index].append(crossing)
    for avenue, met in zip(AVENUES, stops, strict=True):
        for south, north in pairwise(sorted(met, key=lambda crossing: crossing.north)):
            up, down = avenue.way != "down", avenue.way != "up"
            yield from _both(south.name, north.name, forth=up, back=down)


def _both(first: str, second: str, *, forth: bool, back: bool) -> Iterator[Way]:
    if forth:
        yield first, second
    if back:
        yield second, first
