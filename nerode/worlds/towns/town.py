"""A made-up town as the plan of a street map."""

from __future__ import annotations

import numpy as np

from nerode.errors import InvalidParameter
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.map_plan import MapPlan
from nerode.worlds.streets.table import EARTH_RADIUS
from nerode.worlds.towns.layout import (
    block_length,
    crossing_places,
    directions,
    one_way,
    street_pairs,
)

FEWEST_CROSSINGS, MOST_CROSSINGS = 20, 2000
BLOCK = 200.0
"""Metres of a block outside."""
ONE_WAY = 0.5
"""Share of streets that are one-way, as far as everything can still be reached."""
_ATTEMPTS = 100


def town_plan(crossings: int = 300, seed: int = 1) -> MapPlan:
    """A town of so many crossings, the same for the same seed, on which counting turns fails.

    It has two dense centres, irregular blocks and one-way streets. Crossings are called c0, c1, ...
    in random order, so that no name says where it lies. One can drive from everywhere to
    everywhere. From 300 crossings on the baseline `counter` is right about the place on one walk in
    eight after 10 random turns, and on one in thirteen after 20 (`counted_share`).

    Raises InvalidParameter for crossings outside 20 to 2,000.
    """
    if not FEWEST_CROSSINGS <= crossings <= MOST_CROSSINGS:
        message = f"expected crossings from {FEWEST_CROSSINGS} to {MOST_CROSSINGS:,} in town"
        raise InvalidParameter(f"{message}, got {crossings}")
    rng = np.random.default_rng([seed, crossings])
    for _ in range(_ATTEMPTS):
        places = crossing_places(crossings, rng)
        places = places[rng.permutation(crossings)]
        pairs = street_pairs(places, rng)
        if pairs is not None:
            break
    else:
        message = "expected a seed of town whose streets join all crossings"
        raise InvalidParameter(f"{message}, got {seed}, under which {_ATTEMPTS} layouts fell apart")
    driven = one_way(pairs, crossings, ONE_WAY, rng)
    metres = places * _radius(crossings)
    labels = directions(places, driven).tolist()
    joined = zip(driven.tolist(), labels, strict=True)
    return MapPlan(
        names=tuple(f"c{number}" for number in range(crossings)),
        lat=np.degrees(metres[:, 1] / EARTH_RADIUS).round(7),
        lon=np.degrees(metres[:, 0] / EARTH_RADIUS).round(7),  # at the equator
        streets=tuple(sorted((a, LABELS[label], b) for (a, b), label in joined)),
    )


def _radius(count: int) -> float:
    """Metres from the middle to the edge, such that a crossing outside has a block to itself."""
    side = np.linspace(-1, 1, 201)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    inside = grid[(grid**2).sum(axis=1) <= 1]
    blocks = (1 / block_length(inside) ** 2).mean() * np.pi
    return float(BLOCK * np.sqrt(count / blocks))
