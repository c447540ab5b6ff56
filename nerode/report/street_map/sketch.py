"""Contradictions drawn on the street plan, as coordinates in a small box.

The template turns these numbers into inline SVG by hand: dozens of small still maps need neither
zoom nor hover, the plan's streets are written once a page and shared by all of them, and style
sheets (dark mode, print) reach every line, none of which a Plotly figure each would give.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nerode.schema.drawing import Contradiction, MapDrawing
from nerode.schema.record import Record
from nerode.worlds.world import END

WIDTH, HEIGHT = 360, 280
"""Size of a map, in its own units (pixels, where there is room)."""

_MARGIN = 34
_METRES = 111_195.0  # of one degree of latitude
_LEAST_SPAN = 600.0  # metres across: the nearest of surroundings stays in sight
_EDGE = 11  # what is nearer to the edge of the box would be cut
_STUB = 34  # length of the line for a street that does not exist
_LONG = 12  # streets from here on have room for an arrowhead
_APART = 16  # of a route's number from its start
_FREE = 15.5  # what is as far as this from every mark covers none
_COMPASS = {"N": 90, "NE": 45, "E": 0, "SE": -45, "S": -90, "SW": -135, "W": 180, "NW": 135}

Point = tuple[float, float]


@dataclass(frozen=True)
class PlanView:
    """A street plan: nodes in metres east and south of its corner, streets as one SVG path.

    `turns` says where a street leads: (node, label) to node.
    """

    nodes: NDArray[np.float64]  # (nodes, 2)
    names: tuple[str, ...]
    streets: str
    turns: Mapping[tuple[int, str], int]

    @classmethod
    def of(cls, drawing: MapDrawing) -> PlanView:
        """The plan of a record's drawing, each two-way street drawn once."""
        places = np.array(drawing.nodes, dtype=np.float64).reshape(-1, 2)
        scale = math.cos(math.radians(float(places[:, 0].mean()))) if len(places) else 1.0
        nodes = np.column_stack((places[:, 1] * scale, -places[:, 0])) * _METRES
        nodes = nodes - nodes.min(axis=0) if len(nodes) else nodes
        pairs = {(min(a, b), max(a, b)) for a, b, _ in drawing.streets if a != b}
        lines = (
            f"M{nodes[a, 0]:.0f} {nodes[a, 1]:.0f}L{nodes[b, 0]:.0f} {nodes[b, 1]:.0f}"
            for a, b in sorted(pairs)
        )
        turns = {(start, turn): end for start, end, turn in drawing.streets}
        return cls(nodes, tuple(drawing.names), "".join(lines), turns)


@dataclass(frozen=True)
class Arrow:
    """An arrowhead: where it is and where it points (degrees, clockwise from east)."""

    x: float
    y: float
    angle: float


@dataclass(frozen=True)
class Goal:
    """A destination in sight, and whose it is: `both`, `1` or `2`."""

    x: float
    y: float
    route: str


@dataclass(frozen=True)
class Sketch:
    """One contradiction on the plan, in units of the box (x right, y down).

    `shown` are the numbers of the routes in it: both, or one where each has a box of its own.
    """

    width: int
    shown: tuple[int, ...]
    transform: str
    route1: tuple[Point, ...]
    route2: tuple[Point, ...]
    way: tuple[Point, ...]
    missing: tuple[Point, Point] | None
    starts: tuple[Point, Point]
    labels: tuple[Point, Point]
    ends: tuple[Point, ...]
    goals: tuple[Goal, ...]
    arrows1: tuple[Arrow, ...]
    arrows2: tuple[Arrow, ...]
    arrow: Arrow | None


def sketch(
    plan: PlanView,
    contradiction: Contradiction,
    shown: tuple[int, ...] = (1, 2),
    width: int = WIDTH,
) -> Sketch | None:
    """The map of one contradiction; None where it has no routes.

    The continuation is drawn from where its route ends as far as true streets lead; a further
    compass turn, for which there is no street, becomes a stub that points where it would go.
    """
    path1, path2 = contradiction.path1 or [], contradiction.path2 or []
    if not path1 or not path2:
        return None
    path = contradiction.path or []
    path = path if path and path[0] in (path1[-1], path2[-1]) else [path1[-1], *path]
    scale, shift = _view(plan.nodes[[*path1, *path2, *path]], width)
    route1, route2, way = (_points(plan.nodes[list(p)], scale, shift) for p in (path1, path2, path))
    missing = _stub(contradiction.continuation.split()[len(path) - 1 :], way[-1])
    goals = [_goal(plan, history) for history in contradiction.histories]
    return Sketch(
        width=width,
        shown=shown,
        transform=f"translate({shift[0]:.1f} {shift[1]:.1f}) scale({scale:.5f})",
        route1=route1,
        route2=route2,
        way=way,
        missing=missing,
        starts=(route1[0], route2[0]),
        labels=_labels(route1, route2, width),
        ends=tuple(dict.fromkeys((route1[-1], route2[-1]))),
        goals=_goals(plan, goals, (scale, shift), width),
        arrows1=_arrows(route1),
        arrows2=_arrows(route2),
        arrow=_head(*way[-2:]) if way[1:] and not missing else None,
    )


def _view(nodes: NDArray[np.float64], width: int) -> tuple[float, Point]:
    """Scale and shift that fit the nodes into the box and centre them."""
    low, high = nodes.min(axis=0), nodes.max(axis=0)
    span = np.maximum(high - low, 1.0)
    room = np.array([width - 2 * _MARGIN, HEIGHT - 2 * _MARGIN])
    scale = float(min((room / span).min(), WIDTH / _LEAST_SPAN))
    middle = (low + high) / 2 * scale
    return scale, (width / 2 - float(middle[0]), HEIGHT / 2 - float(middle[1]))


def _points(nodes: NDArray[np.float64], scale: float, shift: Point) -> tuple[Point, ...]:
    moved = nodes * scale + np.array(shift)
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in moved)


def _stub(turns: Sequence[str], start: Point) -> tuple[Point, Point] | None:
    if not turns or turns[0] == END or turns[0] not in _COMPASS:
        return None
    angle = math.radians(_COMPASS[turns[0]])
    end = (start[0] + _STUB * math.cos(angle), start[1] - _STUB * math.sin(angle))
    return start, (round(end[0], 1), round(end[1], 1))


def _goal(plan: PlanView, history: str) -> int | None:
    """The destination, which is the second symbol of a street map's history."""
    _, destination, *_ = [*history.split(), "", ""]
    node = plan.names.index(destination) if destination in plan.names else len(plan.nodes)
    return node if node < len(plan.nodes) else None


def _goals(
    plan: PlanView, nodes: Sequence[int | None], view: tuple[float, Point], width: int
) -> tuple[Goal, ...]:
    whose = {nodes[0]: "both"} if nodes[0] == nodes[1] else {nodes[0]: "1", nodes[1]: "2"}
    goals = []
    for node, route in whose.items():
        if node is not None:
            point = _inside(_points(plan.nodes[[node]], *view)[0], width)
            goals += [Goal(*point, route)] if point else []
    return tuple(goals)


def _inside(point: Point, width: int) -> Point | None:
    x, y = point
    clear = _EDGE <= x <= width - _EDGE and _EDGE <= y <= HEIGHT - _EDGE
    return point if clear else None


def _labels(route1: Sequence[Point], route2: Sequence[Point], width: int) -> tuple[Point, Point]:
    """Where the numbers of the routes stand: by their starts, on nothing else that is marked."""
    marked = [route1[-1], route2[-1], route1[0], route2[0]]
    first = _freest(route1, marked, width)
    return first, _freest(route2, [*marked, first], width)


def _freest(route: Sequence[Point], marked: Sequence[Point], width: int) -> Point:
    """The place around the start of a route, behind it if possible, that is freest of marks."""
    start = route[0]
    ahead = next((point for point in route[1:] if point != start), (start[0], start[1] + 1))
    back = math.atan2(start[1] - ahead[1], start[0] - ahead[0])
    turns = (0, 45, -45, 90, -90, 135, -135, 180)
    angles = [back + math.radians(turn) for turn in turns]
    places = [
        _clamp((start[0] + _APART * math.cos(angle), start[1] + _APART * math.sin(angle)), width)
        for angle in angles
    ]
    return max(places, key=lambda place: min(*(math.dist(place, mark) for mark in marked), _FREE))


def _clamp(point: Point, width: int) -> Point:
    x, y = min(max(point[0], _EDGE), width - _EDGE), min(max(point[1], _EDGE), HEIGHT - _EDGE)
    return round(x, 1), round(y, 1)


def _arrows(route: Sequence[Point]) -> tuple[Arrow, ...]:
    """An arrowhead in the middle of a street or two: a route is read without tracing it."""
    streets = [(a, b) for a, b in pairwise(route) if math.dist(a, b) > _LONG]
    chosen = dict.fromkeys((streets[len(streets) // 3], streets[-1])) if streets else ()
    return tuple(_between(a, b) for a, b in chosen)


def _between(a: Point, b: Point) -> Arrow:
    head = _head(a, b)
    return Arrow(round((a[0] + b[0]) / 2, 1), round((a[1] + b[1]) / 2, 1), head.angle)


def _head(a: Point, b: Point) -> Arrow:
    return Arrow(b[0], b[1], round(math.degrees(math.atan2(b[1] - a[1], b[0] - a[0])), 1))


def maps_of(records: Sequence[Record]) -> list[MapDrawing]:
    """The street maps of these records; runs of one world share theirs."""
    maps: list[MapDrawing] = []
    for record in records:
        if isinstance(record.drawing, MapDrawing) and record.drawing not in maps:
            maps.append(record.drawing)
    return maps
