"""The compiled inner loops of map reconstruction.

Out of a crossing at most one used street has a given label, and at most one true street, which
may be walked unless another street has taken its label. So a search among the streets never
branches: it is one walk, and all that a walk would change is told by stamps that grow old with it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.metrics.reconstruction.judge import MALFORMED, PROMPT

Int8s = NDArray[np.int8]
Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Float64s = NDArray[np.float64]

EARTH_RADIUS_MILES = 3958.8
"""As published; nerode's own lengths are in metres, of a slightly smaller earth."""

NO_WAY = -2
"""Stands in tables of ways where there is none; even, like the ways that nobody uses."""
_NOWHERE = -1


class Globe(NamedTuple):
    """Crossings on the sphere, and how far apart two may be; `sorted_` is from south to north."""

    lat: Float64s
    """Radians (nodes,); so is `lon`."""
    lon: Float64s
    rank: Int64s
    """Of two crossings that serve equally well the one of lower rank is taken: (nodes,)."""
    place: Int64s
    """Where each crossing stands among the sorted ones: (nodes,)."""
    sorted_nodes: Int64s
    sorted_lat: Float64s
    sorted_points: Float64s
    """On the unit sphere: (nodes, 3)."""
    miles: float
    """The limit, which still counts as near; `band` is the same as an angle, rounded up."""
    band: float
    near: float
    """Squared chords up to this are near and those above `far` are not; between, it is close."""
    far: float


class Streets(NamedTuple):
    """The map under reconstruction: all true streets, then the new ones, with room for more.

    Arrays about streets are as long as there is room; `tally` holds how many there are. Tables of
    ways tell in one number which street a turn may follow: twice its number, and 1 if it is used.
    """

    true_ways: Int32s
    """The true streets, as if unused: (nodes, 1 + labels of the map)."""
    ways: Int32s
    """The used street or, where none has the label, the true one: as `true_ways`."""
    other: Int32s
    """The latest used street whose label is no turn, (nodes,), -1: none."""
    degree: Int32s
    """Used streets out of each crossing: (nodes,)."""
    tally: Int64s
    """Streets in all, walks in all: (2,)."""
    to: Int32s
    """Where each street leads; -1 while that is being looked for."""
    label: Int32s
    origin: Int32s
    before: Int32s
    """The street out of the same crossing that was `other` before this one."""
    first: Int64s
    """The first sequence that needs each street, -1: none does."""
    last: Int64s
    uses: Int64s
    """How many sequences need it."""
    walk: Int64s
    """The latest walk that would newly use it."""
    node_walk: Int64s
    """The latest walk that would newly use a street out of each crossing: (nodes,)."""
    fresh: Int32s
    """How many streets out of it that walk would newly use: (nodes,)."""


class Outcomes(NamedTuple):
    """What became of each sequence of a block: (sequences,) each."""

    gave_up: NDArray[np.bool_]
    new: Int32s
    """New streets drawn for it."""
    turns: Int32s
    """Symbols between prompt and END; 0 where it is malformed."""
    prompt: Int32s
    """Crossings of origin and destination: (sequences, 2), -1 where it is malformed."""


@njit(inline="always")
def _way(streets: Streets, node: int, label: int) -> Any:
    """The way that a label leads from a crossing, or NO_WAY."""
    if label < streets.ways.shape[1]:
        return streets.ways[node, label]
    street = streets.other[node]
    while street >= 0 and streets.label[street] != label:
        street = streets.before[street]
    return 2 * street + 1 if street >= 0 else NO_WAY


@njit(inline="always")
def _room(streets: Streets, node: int, way: int, walk: int, most: int) -> bool:
    """Whether a new street may leave a crossing at the end of this walk.

    `way` is where the label that it is to have leads so far: nowhere, or along a true street
    that is not used and not walked either.
    """
    if way & 1 or (way >= 0 and streets.walk[way >> 1] == walk):
        return False
    return bool(_taken(streets, node, walk) < most)


@njit(inline="always")
def _taken(streets: Streets, node: int, walk: int) -> Any:
    """Streets out of a crossing that are used or would be by this walk."""
    fresh = streets.fresh[node] if streets.node_walk[node] == walk else 0
    return streets.degree[node] + fresh


@njit(nogil=True)
def _walk(streets: Streets, labels: Int32s, node: int, destination: int, most: int) -> int:
    """How many of the labels to walk from a crossing.

    All where that ends at the destination. Otherwise as many as can be walked to a crossing
    with room for a new street with the next label, at least one of which then remains.
    """
    streets.tally[1] += 1
    walk = streets.tally[1]
    longest = 0
    way = _way(streets, node, labels[0])
    for step in range(1, len(labels) + 1):
        if way < 0:
            break
        street = way >> 1
        if not way & 1 and streets.walk[street] != walk:
            if _taken(streets, node, walk) >= most:
                break
            streets.walk[street] = walk
            if streets.node_walk[node] != walk:
                streets.node_walk[node] = walk
                streets.fresh[node] = 0
            streets.fresh[node] += 1
        node = streets.to[street]
        if node < 0:
            break
        if step == len(labels):
            return step if node == destination else longest
        way = _way(streets, node, labels[step])
        if _room(streets, node, way, walk, most):
            longest = step
    return longest


@njit(inline="always")
def _need(streets: Streets, street: int, sequence: int) -> None:
    """Count a sequence that needs a street, once."""
    if streets.first[street] < 0:
        streets.first[street] = sequence
    if streets.last[street] != sequence:
        streets.last[street] = sequence
        streets.uses[street] += 1


@njit(nogil=True)
def _follow(streets: Streets, labels: Int32s, node: int, sequence: int) -> int:
    """Use the streets along a way that `_walk` found; where it ends."""
    for label in labels:
        way = _way(streets, node, label)
        street = way >> 1
        if not way & 1:
            streets.ways[node, label] = way + 1
            streets.degree[node] += 1
        _need(streets, street, sequence)
        node = streets.to[street]
    return node


@njit(nogil=True)
def _draw(streets: Streets, node: int, label: int, to: int) -> Any:
    """A new street, which is used from now on; its number."""
    street = streets.tally[0]
    streets.tally[0] += 1
    streets.origin[street], streets.label[street], streets.to[street] = node, label, to
    if label < streets.ways.shape[1]:
        streets.ways[node, label] = 2 * street + 1
    else:
        streets.before[street] = streets.other[node]
        streets.other[node] = street
    streets.degree[node] += 1
    return street


@njit(nogil=True)
def _take_back(streets: Streets, street: int) -> None:
    """Undo the latest `_draw`."""
    node, label = streets.origin[street], streets.label[street]
    if label < streets.ways.shape[1]:
        streets.ways[node, label] = streets.true_ways[node, label]
    else:
        streets.other[node] = streets.before[street]
    streets.degree[node] -= 1
    streets.tally[0] -= 1


@njit(nogil=True)
def _miles(globe: Globe, here: int, there: int) -> Any:
    """The great circle between two crossings, by the haversine formula."""
    half = (
        np.sin((globe.lat[there] - globe.lat[here]) / 2) ** 2
        + np.cos(globe.lat[here])
        * np.cos(globe.lat[there])
        * np.sin((globe.lon[there] - globe.lon[here]) / 2) ** 2
    )
    return EARTH_RADIUS_MILES * 2 * np.arctan2(np.sqrt(half), np.sqrt(max(0.0, 1 - half)))


@njit(nogil=True)
def _is_near(globe: Globe, here: int, place: int) -> bool:
    """Whether a crossing is within the limit of the one at this place."""
    points, mine = globe.sorted_points, globe.place[here]
    chord = 0.0
    for axis in range(3):
        chord += (points[place, axis] - points[mine, axis]) ** 2
    if chord <= globe.near or chord > globe.far:
        return chord <= globe.near
    return bool(_miles(globe, here, globe.sorted_nodes[place]) <= globe.miles)


@njit(nogil=True)
def _best_way_on(
    streets: Streets, globe: Globe, here: int, labels: Int32s, destination: int, most: int
) -> tuple[int, int]:
    """The crossing near `here` from which most of the labels can be walked, and how many.

    Of several the one of lowest rank; (-1, 0) where none can be walked from anywhere.
    """
    best, longest = _NOWHERE, 0
    first = np.searchsorted(globe.sorted_lat, globe.lat[here] - globe.band)
    for place in range(first, len(globe.sorted_nodes)):
        if globe.sorted_lat[place] > globe.lat[here] + globe.band:
            break
        if not _is_near(globe, here, place):
            continue
        node = globe.sorted_nodes[place]
        later = best >= 0 and globe.rank[node] > globe.rank[best]
        if later and longest == len(labels):
            continue  # it could do as well at best
        found = _walk(streets, labels, node, destination, most)
        if found > longest or (found == longest and found > 0 and not later):
            best, longest = node, found
    return best, longest


@njit(nogil=True)
def _reconstruct(
    streets: Streets,
    globe: Globe,
    prompt: tuple[int, int],
    labels: Int32s,
    sequence: int,
    most: int,
) -> bool:
    """Make one sequence walkable; False where it is given up. What was used so far stays."""
    at, destination = prompt
    done = _walk(streets, labels, at, destination, most)
    at = _follow(streets, labels[:done], at, sequence)
    while done < len(labels):
        label = labels[done]
        if done == 0 and not _room(streets, at, _way(streets, at, label), _NOWHERE, most):
            return False
        if done == len(labels) - 1:
            if not _is_near(globe, at, globe.place[destination]):
                return False
            _need(streets, _draw(streets, at, label, destination), sequence)
            return True
        street = _draw(streets, at, label, _NOWHERE)
        rest = labels[done + 1 :]
        node, found = _best_way_on(streets, globe, at, rest, destination, most)
        if found == 0:
            _take_back(streets, street)
            return False
        streets.to[street] = node
        _need(streets, street, sequence)
        at = _follow(streets, rest[:found], node, sequence)
        done += 1 + found
    return True


@njit(cache=True, nogil=True)
def reconstruct_block(
    streets: Streets,
    globe: Globe,
    symbols: Int32s,
    offsets: Int64s,
    verdict: Int8s,
    sequence: int,
    most: int,
    outcomes: Outcomes,
) -> None:
    """Make the sequences of a block walkable, one after the other.

    `symbols` and `offsets` are those of a SequenceBatch, the first one being number `sequence`,
    `verdict` is what `judged` says of them: those that are malformed are left out. There must be
    room for a street for every symbol. At most `most` used streets leave a crossing. Fills
    `outcomes`.
    """
    first_node = streets.ways.shape[1]
    for row in range(len(offsets) - 1):
        outcomes.gave_up[row] = False
        outcomes.new[row] = outcomes.turns[row] = 0
        outcomes.prompt[row] = -1
        if verdict[row] == MALFORMED:
            continue
        written = symbols[offsets[row] : offsets[row + 1]]
        prompt = (written[0] - first_node, written[1] - first_node)
        outcomes.prompt[row] = prompt
        labels = written[PROMPT:-1]
        before = streets.tally[0]
        outcomes.turns[row] = len(labels)
        walked: Any = _reconstruct(streets, globe, prompt, labels, sequence + row, most)
        outcomes.gave_up[row] = not walked
        outcomes.new[row] = streets.tally[0] - before
