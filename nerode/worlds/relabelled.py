"""The same world with other names for its symbols: an isomorphic copy."""

from __future__ import annotations

import copy

import numpy as np

from nerode.worlds.world import AnyWorld, LiesOnMap


def relabelled(world: AnyWorld, name: str, *, seed: int = 1) -> AnyWorld:
    """The world whose symbols have one another's names; END keeps its own.

    States, rules and pictures stay. A model that was trained on one of the two knows the structure
    of the other and none of its names: what it scores there is memory, and so is what it scores
    where both have the names in common. On a street map intersections change names, directions do
    not.
    """
    if isinstance(world, LiesOnMap):
        from nerode.worlds.streets.variants import renamed  # noqa: PLC0415 - loads numba

        return renamed(world, name, seed=seed)
    rng = np.random.default_rng([seed, len(world.alphabet)])
    places = [place for place in range(len(world.alphabet)) if place != world.end]
    names = list(world.alphabet)
    others = places
    while len(places) > 1 and others == places:  # two names change places, or it were no other
        others = rng.permutation(places).tolist()
    for place, other in zip(places, others, strict=True):
        names[place] = world.alphabet[other]
    # Symbols are numbers to a world: only the names in front of them change.
    other_names = copy.copy(world)
    other_names.__dict__.pop("index", None)
    other_names.name, other_names.alphabet = name, tuple(names)
    return other_names
