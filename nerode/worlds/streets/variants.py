"""Street maps that are made from others: some streets closed, or other names."""

from __future__ import annotations

import numpy as np

from nerode.errors import InvalidParameter
from nerode.worlds.streets.counting import counts_turns
from nerode.worlds.streets.parts import close_street, neighbours_of
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import AnyWorld


def closed(world: AnyWorld, name: str, *, share: float = 0.05, seed: int = 1) -> StreetMap:
    """The same map with some streets closed, in both directions where they have two.

    Everything that could be reached still can. All symbols stay, so that a model of the whole map
    can be measured: does it know the map, or the ways that it has seen?

    Parameters
    ----------
    world
        A street map.
    name
        The name of the new one.
    share
        How many streets are closed, as far as there are ways around them: above 0, below 1.
    seed
        Which ones.

    Raises
    ------
    InvalidParameter
        For a world that is no street map, and for a share outside.
    """
    plan = _map(world, "closed")
    if not 0 < share < 1:
        raise InvalidParameter(f"expected a share above 0 and below 1 in closed, got {share:g}")
    rng = np.random.default_rng([seed, len(plan.names)])
    driven = np.array([(a, b) for a, _, b in plan.streets], dtype=np.int64)
    neighbours = neighbours_of(driven, len(plan.names))
    streets = sorted({(min(a, b), max(a, b)) for a, b in driven.tolist() if a != b})
    missing = round(share * len(streets))
    shut: set[tuple[int, int]] = set()
    for number in rng.permutation(len(streets)).tolist():
        if len(shut) == missing:
            break
        one, other = streets[number]
        ways = [each for each in ((one, other), (other, one)) if each[1] in neighbours[each[0]]]
        gone = [way for way in ways if close_street(neighbours, *way)]
        if len(gone) == len(ways):
            shut.add((one, other))
        else:  # one direction has no way around: the street stays open
            for a, b in gone:
                neighbours[a].add(b)
    left = [
        each for each in plan.streets if (min(each[0], each[2]), max(each[0], each[2])) not in shut
    ]
    return plan.changed(name=name, streets=left)


def renamed(world: AnyWorld, name: str, *, seed: int = 1) -> StreetMap:
    """The same map whose intersections have one another's names; directions keep theirs.

    Raises InvalidParameter for a world that is no street map.
    """
    plan = _map(world, "relabelled")
    order = np.random.default_rng([seed, len(plan.names)]).permutation(len(plan.names))
    return plan.changed(name=name, names=[plan.names[place] for place in order.tolist()])


def _map(world: AnyWorld, what: str) -> StreetMap:
    if not isinstance(world, StreetMap) or not counts_turns(world):
        raise InvalidParameter(f"expected {what}: with a street map, got {world.name}")
    return world
