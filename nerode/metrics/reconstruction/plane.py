"""Streets as straight lines on a flat map: how long, which way, and what they cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.arrays import Floats, Ints
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.table import EARTH_RADIUS, millimetres
from nerode.worlds.world import AnyStreetPlan

Flags = NDArray[np.bool_]

MOST_OFF = 45
"""Degrees that a street's label may be off its bearing."""
CROSSINGS = 3
"""A new street that crosses so many true ones is impossible."""


@dataclass(frozen=True, eq=False)
class Faults:
    """Reasons why new streets are impossible, as masks: (streets,) each."""

    longer: Flags
    """Longer than any true street."""
    off_bearing: Flags
    """The label is no direction, or one more than 45 degrees off the street's bearing, or the
    street has none, for it leads back to where it begins."""
    crossing: Flags
    """Crosses too many true streets."""

    @property
    def impossible(self) -> Flags:
        """For any of the three reasons."""
        return self.longer | self.off_bearing | self.crossing


class Plane:
    """A street map laid flat: metres to the east and north, true to scale around its middle."""

    def __init__(self, world: AnyStreetPlan) -> None:
        self._world = world
        turn = (world.lon - world.lon[0] + 180) % 360 - 180  # maps may lie across 180 degrees
        scale = np.radians(1) * EARTH_RADIUS
        east = turn * scale * np.cos(np.radians(world.lat.mean()))
        self._points = np.stack([east, world.lat * scale], axis=1)
        origin, turns = np.nonzero(world.turns >= 0)
        to = world.turns[origin, turns].astype(np.int64)
        self.longest = int(self._millimetres(origin, to).max(initial=0))
        """Millimetres of the longest true street."""
        # Both directions of a street are one line.
        both = np.unique(np.sort(np.stack([origin, to], axis=1), axis=1), axis=0)
        lines = _lines(self._points, both[:, 0], both[:, 1])
        south = lines[:, :, 1].min(axis=1)
        order = np.argsort(south, kind="stable")
        self._lines, self._south = np.ascontiguousarray(lines[order]), south[order]

    def _millimetres(self, origin: Ints, to: Ints) -> Ints:
        lengths = millimetres(self._world.lat, self._world.lon, origin, to)
        return np.where(origin == to, 0, lengths)

    def metres(self, origin: Ints, to: Ints) -> Ints:
        """Length of each street, rounded: (streets,)."""
        return np.rint(self._millimetres(origin, to) / 1000).astype(np.int64)

    def crossed(self, origin: Ints, to: Ints) -> Ints:
        """How many true streets each street crosses: (streets,).

        Both directions of a street count as one, and streets that meet at an end do not cross.
        """
        counts = np.zeros(len(origin), dtype=np.int64)
        _count_crossed(_lines(self._points, origin, to), self._lines, self._south, counts)
        return counts

    def off(self, origin: Ints, to: Ints, label: Ints) -> Floats:
        """Degrees between each label and the bearing of its street: (streets,), 0 to 180.

        NaN where the label is no direction or the street leads nowhere.
        """
        east, north = (self._points[to] - self._points[origin]).T
        bearing = np.degrees(np.arctan2(east, north))
        compass = np.array(
            [LABELS.index(each) * 360 / len(LABELS) for each in self._world.directions]
        )
        known = (label >= 1) & (label <= len(compass)) & ((east != 0) | (north != 0))
        off = np.full(len(label), np.nan)
        off[known] = np.abs((bearing[known] - compass[label[known] - 1] + 180) % 360 - 180)
        return off

    def faults(self, origin: Ints, to: Ints, label: Ints, crossings: int = CROSSINGS) -> Faults:
        """What is wrong with new streets: (streets,) each."""
        return Faults(
            longer=self._millimetres(origin, to) > self.longest,
            off_bearing=~(self.off(origin, to, label) <= MOST_OFF),  # NaN is off too
            crossing=self.crossed(origin, to) >= crossings,
        )

    def reasons(self, origin: Ints, to: Ints, label: Ints, crossings: int = CROSSINGS) -> list[str]:
        """The same in words; "" where nothing is wrong."""
        faults = self.faults(origin, to, label, crossings)
        crossed, off = self.crossed(origin, to), self.off(origin, to, label)
        reasons = []
        for row in range(len(origin)):
            why: list[str] = []
            if faults.longer[row]:
                why.append("longer than any true street")
            if faults.off_bearing[row]:
                name = self._world.alphabet[label[row]]
                why.append(_misled(name, float(off[row]), loop=bool(origin[row] == to[row])))
            if faults.crossing[row]:
                why.append(f"crosses {crossed[row]} true streets")
            reasons.append("; ".join(why))
        return reasons


def _misled(label: str, off: float, *, loop: bool) -> str:
    """What is wrong with a label."""
    if label not in LABELS:
        return f"its label {label} is no direction"
    if np.isnan(off):
        return "leads back to where it begins" if loop else "has no bearing"
    return f"points {off:.0f}\N{DEGREE SIGN} away from {label}"


def _lines(points: Floats, origin: Ints, to: Ints) -> Floats:
    """Both ends of each street: (streets, 2, 2)."""
    ends: Sequence[Floats] = (points[origin], points[to])
    return np.stack(ends, axis=1)


@njit(inline="always")
def _side(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """Positive where c lies to the left of the line from a to b; exactly 0 where it is an end."""
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@njit(cache=True, nogil=True)
def _count_crossed(lines: Floats, others: Floats, south: Floats, counts: Ints) -> None:
    """Count for each line the others that it crosses; `south` is where those begin, ascending."""
    tallest = 0.0
    for place in range(len(others)):
        tallest = max(tallest, abs(others[place, 0, 1] - others[place, 1, 1]))
    for row in range(len(lines)):
        ax, ay, bx, by = lines[row, 0, 0], lines[row, 0, 1], lines[row, 1, 0], lines[row, 1, 1]
        first = np.searchsorted(south, min(ay, by) - tallest)
        for place in range(first, len(others)):
            if south[place] > max(ay, by):
                break
            cx, cy = others[place, 0, 0], others[place, 0, 1]
            dx, dy = others[place, 1, 0], others[place, 1, 1]
            if max(cx, dx) < min(ax, bx) or min(cx, dx) > max(ax, bx):
                continue
            if max(cy, dy) < min(ay, by):
                continue
            apart = _side(ax, ay, bx, by, cx, cy) * _side(ax, ay, bx, by, dx, dy) < 0
            if apart and _side(cx, cy, dx, dy, ax, ay) * _side(cx, cy, dx, dy, bx, by) < 0:
                counts[row] += 1
