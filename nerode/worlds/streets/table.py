"""The tables of a street map: where each turn leads, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from nerode.errors import WorldError
from nerode.worlds.streets.files import LABELS, LabelledStreet

EARTH_RADIUS = 6371008.8
"""Mean radius of the earth in metres."""


def eighths_of(east: NDArray[np.float64], north: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number in LABELS of the direction nearest to each bearing, 0 (north) where there is none."""
    bearing = np.arctan2(east, north)
    eighths: NDArray[np.int64] = np.rint(bearing / (np.pi / 4)).astype(np.int64) % len(LABELS)
    return eighths


def labels_of(streets: Iterable[LabelledStreet]) -> tuple[str, ...]:
    """The directions that streets have, clockwise from north."""
    used = {label for _, label, _ in streets}
    return tuple(label for label in LABELS if label in used)


def turn_table(
    streets: Iterable[LabelledStreet], count: int, labels: Sequence[str] = LABELS
) -> NDArray[np.int32]:
    """Where turn a leads from intersection i: table[i, a], (nodes, 1 + labels), -1: nowhere.

    Turn a, from 1 on, is labelled `labels[a - 1]`. Raises WorldError for labels that are no
    directions, for a street with an unknown intersection or label, and for a label that leaves
    an intersection twice.
    """
    if list(labels) != [label for label in LABELS if label in labels]:
        raise WorldError(
            f"expected labels out of {' '.join(LABELS)}, clockwise, got {' '.join(labels)}"
        )
    table = np.full((count, 1 + len(labels)), -1, dtype=np.int32)
    number = {label: turn for turn, label in enumerate(labels, start=1)}
    for street in streets:
        node, label, to = street
        turn = number.get(label)
        if turn is None or not (0 <= node < count and 0 <= to < count):
            known = " ".join(labels or LABELS)
            raise WorldError(
                f"expected streets (from, label, to) with intersections below {count} and "
                f"labels {known}, got {street!r}"
            )
        if table[node, turn] >= 0:
            raise WorldError(f"expected at most one street {label} from {node}, got {street!r} too")
        table[node, turn] = to
    table.flags.writeable = False
    return table


def length_table(
    turns: NDArray[np.int32],
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    kind: Sequence[int],
) -> NDArray[np.int64]:
    """Length of each street in millimetres: as `turns`, 0 where there is none.

    Intersections of one kind (`kind[i]` is the first of them) get the lengths of the first.
    """
    nodes, labels = np.nonzero(turns >= 0)
    lengths = np.zeros(turns.shape, dtype=np.int64)
    lengths[nodes, labels] = millimetres(lat, lon, nodes, turns[nodes, labels].astype(np.int64))
    lengths = lengths[np.array(kind, dtype=np.int64)]
    lengths.flags.writeable = False
    return lengths


def millimetres(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Great-circle lengths (haversine) from node start[i] to node stop[i]; at least 1."""
    north, east = np.radians(lat), np.radians(lon)
    half_chord = (
        np.sin((north[stop] - north[start]) / 2) ** 2
        + np.cos(north[start]) * np.cos(north[stop]) * np.sin((east[stop] - east[start]) / 2) ** 2
    )
    angle = 2 * np.arcsin(np.sqrt(np.clip(half_chord, 0, 1)))
    lengths: NDArray[np.int64] = np.rint(angle * EARTH_RADIUS * 1000).astype(np.int64)
    return np.maximum(lengths, 1)


def backward_depths(turns: NDArray[np.int32], most: int) -> NDArray[np.int64]:
    """Turns of the longest walk that ends at each intersection, up to `most`: (nodes,)."""
    nodes, labels = np.nonzero(turns >= 0)
    to = turns[nodes, labels]
    depths = np.zeros(len(turns), dtype=np.int64)
    able = np.ones(len(turns), dtype=bool)
    for depth in range(1, most + 1):
        reached = to[able[nodes]]
        depths[reached] = depth
        able = np.zeros(len(turns), dtype=bool)
        able[reached] = True
    return depths
