"""The compiled inner loops of map reconstruction.

The idea. A sequence is an origin, a destination and labels of turns. It is walked over the streets
that earlier sequences used and the true streets that none has used yet. Where a label leads
nowhere, a new street with that label is drawn, to the crossing within the distance limit from
which most of the remaining labels can be walked.

Why it is fast: out of a crossing at most one used street has a given label, and at most one true
street, which may be walked unless a used street has taken its label. So a search among streets
never branches: from a crossing, labels determine one walk (`_walk`), and the best crossing is
found by one walk from each candidate.

Invariants:

- `ways[node, label]` is `2 * street + used`: one number holds where a label leads and whether that
  street is used. Once an entry is used it stays; a true street is used or, unused, gives way to a
  new street with its label, which `_take_back` alone undoes.
- A trial walk changes no street. What it would use is marked with the number of the walk
  (`walk`, `node_walk`, `fresh`), which grows: marks of earlier walks are out of date by
  themselves and need no clearing.
- At most `most` used streets leave a crossing (`degree` plus those that the walk would add).
- New streets have the numbers after the true ones, in the order in which they are drawn.

Shapes: nodes are crossings, streets include room for those still to be drawn, labels are symbols
from 1 on (column 0 of the tables is unused). Streets whose label is no turn at all are kept in
linked lists instead, one a crossing (`other`, `before`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nerode.arrays import Floats, Int8s, Int32s, Ints
from nerode.metrics.reconstruction.judge import MALFORMED, PROMPT_SYMBOLS

EARTH_RADIUS_MILES = 3958.8
"""As published; nerode's own lengths are in metres, of a slightly smaller earth."""

NO_WAY = -2
"""Stands in tables of ways where there is none; even, like the ways that nobody uses."""
_NOWHERE = -1


class Globe(NamedTuple):
    """Crossings on the sphere, and how far apart two may be.

    Crossings near another one are those of a band of latitudes (`sorted_lat`, searched by
    bisection) whose chord is short enough. Where the chord is too close to the limit for rounding,
    the published haversine formula decides, so that results are those of the published code.
    """

    lat: Floats
    """Radians (nodes,); so is `lon`."""
    lon: Floats
    rank: Ints
    """Of two crossings that serve equally well the one of lower rank is taken: (nodes,)."""
    place: Ints
    """Where each crossing stands among the sorted ones: (nodes,)."""
    sorted_nodes: Ints
    sorted_lat: Floats
    sorted_points: Floats
    """On the unit sphere: (nodes, 3)."""
    miles: float
    """The limit, which still counts as near; `band` is the same as an angle, rounded up."""
    band: float
    near: float
    """Squared chords up to this are near and those above `far` are not; between, it is close."""
    far: float


class StreetTables(NamedTuple):
    """The map under reconstruction: all true streets, then the new ones, with room for more.

    Arrays about streets are as long as there is room; `tally` holds how many there are. In tables
    of ways an entry is twice the number of a street, plus 1 if that is used; NO_WAY for none.
    """

    true_ways: Int32s
    """The true streets, as if unused: (nodes, 1 + labels of the map)."""
    ways: Int32s
    """The used street or, where none has the label, the true one: as `true_ways`."""
    other: Int32s
    """The latest used street whose label is no turn, (nodes,), -1: none."""
    degree: Int32s
    """Used streets out of each crossing: (nodes,)."""
    tally: Ints
    """Streets in all, walks in all: (2,)."""
    to: Int32s
    """Where each street leads; -1 while that is being looked for."""
    label: Int32s
    origin: Int32s
    before: Int32s
    """The street out of the same crossing that was `other` before this one."""
    first: Ints
    """The first sequence that needs each street, -1: none does."""
    last: Ints
    uses: Ints
    """How many sequences need it."""
    walk: Ints
    """The latest walk that would newly use it."""
    node_walk: Ints
    """The latest walk that would newly use a street out of each crossing: (nodes,)."""
    fresh: Int32s
    """How many streets out of it that walk would newly use: (nodes,)."""


class SequenceOutcomes(NamedTuple):
    """What became of each sequence of a block: (sequences,) each."""

    gave_up: NDArray[np.bool_]
    new: Int32s
    """New streets drawn for it."""
    turns: Int32s
    """Symbols between prompt and END; 0 where it is malformed."""
    prompt: Int32s
    """Crossings of origin and destination: (sequences, 2), -1 where it is malformed."""


@njit(inline="always")
def _way(streets: StreetTables, node: int, label: int) -> Any:
    """The way that a label leads from a crossing, or NO_WAY."""
    if label < streets.ways.shape[1]:
        return streets.ways[node, label]
    street = streets.other[node]
    while street >= 0 and streets.label[street] != label:
        street = streets.before[street]
    return 2 * street + 1 if street >= 0 else NO_WAY


@njit(inline="always")
def _room(streets: StreetTables, node: int, way: int, walk: int, most: int) -> bool:
    """Whether a new street with some label may leave a crossing at the end of this walk.

    `way` is where the label that it is to have leads so far: nowhere, or along a true street
    that is not used and not walked either.
    """
    if way & 1 or (way >= 0 and streets.walk[way >> 1] == walk):
        return False
    return bool(_taken(streets, node, walk) < most)


@njit(inline="always")
def _taken(streets: StreetTables, node: int, walk: int) -> Any:
    """Streets out of a crossing that are used or would be by this walk."""
    fresh = streets.fresh[node] if streets.node_walk[node] == walk else 0
    return streets.degree[node] + fresh


@njit(nogil=True)
def _walk(streets: StreetTables, labels: Int32s, node: int, destination: int, most: int) -> int:
    """How many of the labels to walk from a crossing.

    All where that ends at the destination. Otherwise as many as can be walked to a crossing
    with room for a new street with the next label, at least one of which then remains.
    """
    # A new number makes all earlier marks out of date.
    streets.tally[1] += 1
    walk = streets.tally[1]
    longest = 0
    way = _way(streets, node, labels[0])
    for step in range(1, len(labels) + 1):
        if way < 0:
            break
        street = way >> 1
        # An unused true street counts against the degree, once a walk however often it is passed.
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
            break  # the street that is being drawn: where it leads is what is looked for
        if step == len(labels):
            return step if node == destination else longest
        way = _way(streets, node, labels[step])
        if _room(streets, node, way, walk, most):
            longest = step
    return longest


@njit(inline="always")
def _need(streets: StreetTables, street: int, sequence: int) -> None:
    """Count a sequence that needs a street, once."""
    if streets.first[street] < 0:
        streets.first[street] = sequence
    # Sequences are walked one after the other: the last one that needed it is enough to compare.
    if streets.last[street] != sequence:
        streets.last[street] = sequence
        streets.uses[street] += 1


@njit(nogil=True)
def _follow(streets: StreetTables, labels: Int32s, node: int, sequence: int) -> int:
    """Use the streets along labels that `_walk` found walkable; gives the crossing at their end."""
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
def _draw(streets: StreetTables, node: int, label: int, to: int) -> Any:
    """Draw a new street, which is used from now on; gives its number."""
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
def _take_back(streets: StreetTables, street: int) -> None:
    """Undo the latest `_draw`."""
    node, label = streets.origin[street], streets.label[street]
    if label < streets.ways.shape[1]:
        # It had taken the label of an unused true street, if any: `_room` allows no other.
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
    # Squared chords need no trigonometry; only those within rounding of the limit do.
    chord = 0.0
    for axis in range(3):
        chord += (points[place, axis] - points[mine, axis]) ** 2
    if chord <= globe.near or chord > globe.far:
        return chord <= globe.near
    return bool(_miles(globe, here, globe.sorted_nodes[place]) <= globe.miles)


@njit(nogil=True)
def _best_way_on(
    streets: StreetTables, globe: Globe, here: int, labels: Int32s, destination: int, most: int
) -> tuple[int, int]:
    """The crossing near `here` from which most of the labels can be walked, and how many they are.

    Of several the one of lowest rank; (-1, 0) where none can be walked from anywhere.
    """
    best, longest = _NOWHERE, 0
    # Crossings are sorted by latitude: only those of a band around `here` can be near.
    first = np.searchsorted(globe.sorted_lat, globe.lat[here] - globe.band)
    for place in range(first, len(globe.sorted_nodes)):
        if globe.sorted_lat[place] > globe.lat[here] + globe.band:
            break
        if not _is_near(globe, here, place):
            continue
        node = globe.sorted_nodes[place]
        # A crossing of higher rank must walk further than the best one so far, others as far.
        later = best >= 0 and globe.rank[node] > globe.rank[best]
        if later and longest == len(labels):
            continue  # it could do as well at best
        found = _walk(streets, labels, node, destination, most)
        if found > longest or (found == longest and found > 0 and not later):
            best, longest = node, found
    return best, longest


@njit(nogil=True)
def _reconstruct(
    streets: StreetTables,
    globe: Globe,
    prompt: tuple[int, int],
    labels: Int32s,
    sequence: int,
    most: int,
) -> bool:
    """Make one sequence walkable; False where it is given up.

    Walk as far as possible, draw a street for the next label, go on from where it leads, until no
    label is left. The last label's street must lead to the destination. What was used before a
    sequence was given up stays.
    """
    # `done` labels are walked. The next one has room for a new street there, unless `done` is 0.
    at, destination = prompt
    done = _walk(streets, labels, at, destination, most)
    at = _follow(streets, labels[:done], at, sequence)
    while done < len(labels):
        label = labels[done]
        if done == 0 and not _room(streets, at, _way(streets, at, label), _NOWHERE, most):
            return False
        # The last label can only lead to the destination, if that is near enough.
        if done == len(labels) - 1:
            if not _is_near(globe, at, globe.place[destination]):
                return False
            _need(streets, _draw(streets, at, label, destination), sequence)
            return True
        # Drawn before its end is known, so that no trial walk takes its label or its room.
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
    streets: StreetTables,
    globe: Globe,
    symbols: Int32s,
    offsets: Ints,
    verdict: Int8s,
    sequence: int,
    most: int,
    outcomes: SequenceOutcomes,
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
        labels = written[PROMPT_SYMBOLS:-1]
        before = streets.tally[0]
        outcomes.turns[row] = len(labels)
        walked: Any = _reconstruct(streets, globe, prompt, labels, sequence + row, most)
        outcomes.gave_up[row] = not walked
        outcomes.new[row] = streets.tally[0] - before
