"""Contradictions as an evaluation tells them: with the way on the map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nerode.metrics.setting import Record
from nerode.worlds.world import LiesOnMap, World


def with_paths(world: World[Any], witnesses: Iterable[Record]) -> list[Record]:
    """The contradictions with the places they pass, where the world lies on a map."""
    if not isinstance(world, LiesOnMap):
        return list(witnesses)
    drawn = []
    for witness in witnesses:
        first, second = world.encode(witness["history1"]), world.encode(witness["history2"])
        path1, path2 = world.trace(first), world.trace(second)
        follow = first if witness["world"][0] or not witness["world"][1] else second
        behind = len(world.trace(follow))
        path = world.trace(follow + world.encode(witness["continuation"]))[behind - 1 :]
        drawn.append({**witness, "path1": path1, "path2": path2, "path": path})
    return drawn


def drawing(world: World[Any]) -> dict[str, Any] | None:
    """Places and streets, for worlds that lie on a map, and whose data it is where they say."""
    if not isinstance(world, LiesOnMap):
        return None
    attribution = getattr(world, "attribution", None)
    return {
        "kind": "street-map",
        "nodes": [[float(a), float(b)] for a, b in zip(world.lat, world.lon, strict=True)],
        "names": list(world.names),
        "streets": [[int(a), int(b), str(label)] for a, label, b in world.streets],
        **({"attribution": str(attribution)} if attribution else {}),
    }
