"""Contradictions as an evaluation tells them: the shortest first, with the way on the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nerode.metrics.setting import Record
from nerode.worlds.world import LiesOnMap, World

MOST_WITNESSES = 20


def shortest(world: World[Any], witnesses: Sequence[Record]) -> list[Record]:
    """The contradictions that take fewest symbols to tell, with the places they pass."""

    def size(witness: Record) -> tuple[int, int]:
        told = sum(len(witness[name].split()) for name in ("history1", "history2"))
        return (told + len(witness["continuation"].split()), told)

    chosen = sorted(witnesses, key=size)[:MOST_WITNESSES]
    if not isinstance(world, LiesOnMap):
        return chosen
    drawn = []
    for witness in chosen:
        first, second = world.encode(witness["history1"]), world.encode(witness["history2"])
        path1, path2 = world.trace(first), world.trace(second)
        follow = first if witness["world"][0] or not witness["world"][1] else second
        behind = len(world.trace(follow))
        path = world.trace(follow + world.encode(witness["continuation"]))[behind - 1 :]
        drawn.append({**witness, "path1": path1, "path2": path2, "path": path})
    return drawn


def drawing(world: World[Any]) -> dict[str, Any] | None:
    """Places and streets, for worlds that lie on a map."""
    if not isinstance(world, LiesOnMap):
        return None
    return {
        "kind": "street-map",
        "nodes": [[float(a), float(b)] for a, b in zip(world.lat, world.lon, strict=True)],
        "names": list(world.names),
        "streets": [[int(a), int(b), str(label)] for a, label, b in world.streets],
    }
