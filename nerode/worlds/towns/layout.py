"""Where the crossings of a made-up town lie, and which of them streets join.

On a lattice every turn of one label goes as far as any other, so that the numbers of turns tell the
place and no map is needed. Here blocks are small in two centres and large outside, crossings lie
irregularly, and streets run in all directions: what a turn adds depends on where it is taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, KDTree

from nerode.arrays import Floats
from nerode.worlds.streets.parts import close_street, neighbours_of
from nerode.worlds.streets.table import eighths_of

Pairs = NDArray[np.int64]
"""Two crossings of each street: (streets, 2)."""

CANDIDATES = 24
"""Places of which the emptiest becomes the next crossing."""
CENTRES = ((0.0, 0.0, 0.3), (0.55, 0.35, 0.2))
"""East, north and extent of the two centres; the town is a disc of radius 1."""
DENSEST = 0.1
"""Length of a block in the middle of a centre, as a share of one far outside."""
_WITHOUT_TREE = 64
"""Crossings that are looked at one by one, before all are put into a tree again."""
MOST_WAYS = 4
"""Streets that meet at a crossing at most: more may not leave one in a reconstructed map."""
THINNED = 0.1
"""Share of streets that are taken out again, as far as the town stays in one part."""


def crossing_places(count: int, rng: np.random.Generator) -> Floats:
    """Places of the crossings, east and north: (count, 2).

    One after the other; of some random places each is put where its neighbours are farthest, as
    measured by the length of blocks there (Mitchell's best candidate).
    """
    places = _drawn(rng)[:1]
    tree = KDTree(places)
    while len(places) < count:
        if len(places) > tree.n + _WITHOUT_TREE:
            tree = KDTree(places)
        candidates = _drawn(rng)
        apart = candidates[:, None] - places[None, tree.n :]
        away = np.hypot(apart[..., 0], apart[..., 1]).min(axis=1, initial=np.inf)
        away = np.minimum(away, tree.query(candidates)[0])
        emptiest = (away / block_length(candidates)).argmax()
        places = np.concatenate([places, candidates[emptiest][None]])
    return places


def block_length(places: Floats) -> Floats:
    """How long blocks are at these places, 1 far outside: (places,)."""
    near = np.zeros(len(places))
    for east, north, extent in CENTRES:
        squared = ((places - (east, north)) ** 2).sum(axis=1)
        near = np.maximum(near, np.exp(-squared / (2 * extent**2)))
    return np.asarray(1 - (1 - DENSEST) * near)


def _drawn(rng: np.random.Generator) -> Floats:
    """Random places on the disc, as many to a block everywhere."""
    found: list[Floats] = []
    missing = CANDIDATES
    while missing > 0:
        places = rng.uniform(-1, 1, (8 * CANDIDATES, 2))
        places = places[(places**2).sum(axis=1) <= 1]
        taken = rng.random(len(places)) < (DENSEST / block_length(places)) ** 2
        found.append(places[taken][:missing])
        missing -= len(found[-1])
    return np.concatenate(found)


def street_pairs(places: Floats, rng: np.random.Generator) -> Pairs | None:
    """Which crossings are joined, in both directions; None where the town would fall apart.

    Two crossings are joined where no third lies in the circle between them (a Gabriel graph: its
    streets never cross, and lead everywhere). A street whose direction, to the nearest eighth of
    the compass, another one has that is shorter is left out, as is the fifth at a crossing; some
    more are left out at random.
    """
    joined = _gabriel(places)
    kept = _of_different_directions(places, joined)
    graph = coo_array((np.ones(len(kept)), (kept[:, 0], kept[:, 1])), (len(places),) * 2)
    if connected_components(graph)[0] > 1:
        return None
    neighbours = neighbours_of(_both_ways(kept), len(places))
    there = np.ones(len(kept), dtype=np.bool_)
    for street in rng.permutation(len(kept))[: round(THINNED * len(kept))].tolist():
        one, other = kept[street].tolist()
        there[street] = not close_street(neighbours, one, other)
        if not there[street]:
            neighbours[other].remove(one)
    return np.asarray(kept[there])


def directions(places: Floats, pairs: Pairs) -> NDArray[np.int64]:
    """The nearest eighth of the compass in which each street leaves, clockwise from north."""
    east, north = (places[pairs[:, 1]] - places[pairs[:, 0]]).T
    return eighths_of(east, north)


def _gabriel(places: Floats) -> Pairs:
    corners = Delaunay(places).simplices
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    pairs = np.unique(np.sort(sides, axis=1), axis=0).astype(np.int64)
    ends = places[pairs]
    middle, radius = ends.mean(axis=1), np.hypot(*(ends[:, 0] - ends[:, 1]).T) / 2
    nearest, _ = KDTree(places).query(middle)  # an end itself, unless another is nearer
    return np.asarray(pairs[nearest >= radius * (1 - 1e-9)])


def _of_different_directions(places: Floats, pairs: Pairs) -> Pairs:
    """Streets, the shortest first, as long as both ends have room and their direction free."""
    there, back = directions(places, pairs), directions(places, pairs[:, ::-1])
    lengths = np.hypot(*(places[pairs[:, 1]] - places[pairs[:, 0]]).T)
    taken: set[tuple[int, int]] = set()
    ways = np.zeros(len(places), dtype=np.int64)
    kept = []
    for street in np.argsort(lengths, kind="stable").tolist():
        first, last = pairs[street].tolist()
        ends = {(first, int(there[street])), (last, int(back[street]))}
        if taken.isdisjoint(ends) and ways[first] < MOST_WAYS and ways[last] < MOST_WAYS:
            taken |= ends
            ways[[first, last]] += 1
            kept.append(street)
    return pairs[sorted(kept)]


def one_way(pairs: Pairs, count: int, share: float, rng: np.random.Generator) -> Pairs:
    """All streets in the directions in which they may be driven: (driven, 2).

    A share of them becomes one-way in a random direction, each as long as one can still drive from
    everywhere to everywhere.
    """
    neighbours = neighbours_of(_both_ways(pairs), count)
    for street in rng.permutation(len(pairs))[: round(share * len(pairs))].tolist():
        one, other = pairs[street].tolist() if rng.integers(2) else pairs[street, ::-1].tolist()
        close_street(neighbours, one, other)
    driven = [(one, other) for one, others in enumerate(neighbours) for other in sorted(others)]
    return np.array(driven, dtype=np.int64)


def _both_ways(pairs: Pairs) -> Pairs:
    return np.concatenate([pairs, pairs[:, ::-1]])
