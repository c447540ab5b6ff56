"""How far one gets on a street map by counting turns, without knowing any street.

On a lattice the place follows from the numbers of turns of each kind. Where towns are irregular it
does not. The baseline `counter` is such a counter as a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from nerode.errors import ModelMismatch
from nerode.worlds.world import AnyWorld, LiesOnMap

PROMPT_LENGTH = 2
"""Symbols that tell where a trip begins and where it is to end."""

_UNREAD = -1


def counts_turns(world: AnyWorld) -> bool:
    """Whether a world is one of streets: a prompt of origin and destination, then turns.

    It lies on a map whose places and labels are symbols, and a prompt of two symbols poses the
    task.
    """
    return (
        isinstance(world, LiesOnMap)
        and world.prompt_length == PROMPT_LENGTH
        and len(world.streets) > 0
        and all(name in world.index for name in world.names)
        and all(label in world.index for _, label, _ in world.streets)
    )


@dataclass(frozen=True, eq=False)
class CounterPlan:
    """What the counter knows: where places lie, and how far a turn of each label goes on average.

    `place_of` and `label_of` give the number of the place and of the label that each symbol names,
    -1 where it names none: (symbols,). `places` (places, 2) and `steps` (labels, 2) are east and
    north on the plane, in degrees of latitude.
    """

    world: AnyWorld
    place_of: NDArray[np.int64]
    label_of: NDArray[np.int64]
    places: NDArray[np.float64]
    steps: NDArray[np.float64]
    nearest: KDTree
    symbols: NDArray[np.int64]
    """The symbol that names each place."""


def counter_plan(world: AnyWorld) -> CounterPlan:
    """What a counter of turns knows of a map. Raises ModelMismatch where there are no streets."""
    if not counts_turns(world):
        message = f"expected a street map to count turns on, got the world {world.name}"
        raise ModelMismatch(message)
    assert isinstance(world, LiesOnMap)  # noqa: S101 - checked above; for the type
    lat, lon = np.asarray(world.lat), np.asarray(world.lon)
    # A city is small enough to be flat. West of the date line is east of it.
    east = ((lon - lon[0] + 180) % 360 - 180) * np.cos(np.radians(lat.mean()))
    places = np.stack([east, lat], axis=1)
    symbols = np.array([world.index[name] for name in world.names], dtype=np.int64)
    labels = sorted({label for _, label, _ in world.streets})
    number = {label: at for at, label in enumerate(labels)}
    streets = np.array([(a, number[label], b) for a, label, b in world.streets], dtype=np.int64)
    moved = places[streets[:, 2]] - places[streets[:, 0]]
    steps = np.stack([moved[streets[:, 1] == at].mean(axis=0) for at in range(len(labels))])
    place_of = np.full(len(world.alphabet), _UNREAD)
    place_of[symbols] = np.arange(len(symbols))
    label_of = np.full(len(world.alphabet), _UNREAD)
    label_of[[world.index[label] for label in labels]] = np.arange(len(labels))
    return CounterPlan(world, place_of, label_of, places, steps, KDTree(places), symbols)


def counted_share(world: AnyWorld, turns: int, *, walks: int = 2000, seed: int = 0) -> float:
    """How often a counter of turns is where it thinks it is, after a number of random legal turns.

    From random crossings, each legal turn with equal chance; walks that get stuck are left out.
    On a lattice the share is 1; where it is small, a model that knows its place has a map.

    Raises ModelMismatch as `counter_plan` does.
    """
    plan = counter_plan(world)
    leads = np.full((len(plan.places), len(plan.steps)), _UNREAD)
    assert isinstance(world, LiesOnMap)  # noqa: S101 - checked above; for the type
    for place, label, to in world.streets:
        leads[place, plan.label_of[world.index[label]]] = to
    rng = np.random.default_rng(seed)
    at = rng.integers(len(leads), size=walks)
    believed = plan.places[at]
    for _ in range(turns):
        legal = leads[at] >= 0
        moving = legal.any(axis=1)
        at, believed, legal = at[moving], believed[moving], legal[moving]
        label = (rng.random(legal.shape) * legal).argmax(axis=1)
        at = leads[at, label]
        believed = believed + plan.steps[label]
    return float((plan.nearest.query(believed)[1] == at).mean()) if len(at) else float("nan")
