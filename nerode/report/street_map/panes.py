"""One map for two routes to one place, and one for each of two routes to different places.

After routes to different places a continuation is two things: a way from here, and another way, or
no street at all, from there. Side by side both are seen, however far apart the places lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nerode.report.street_map.sketch import WIDTH, Plan, Sketch, sketch

_HALF = WIDTH // 2 - 1


def panes(plan: Plan, witness: Mapping[str, Any]) -> tuple[Sketch, ...]:
    """The maps of one contradiction, from left to right; none where it has no routes."""
    whole = sketch(plan, witness)
    if whole is None:
        return ()
    paths = [list(witness["path1"]), list(witness["path2"])]
    if paths[0][-1] == paths[1][-1]:
        return (whole,)
    turns = witness["continuation"].split()
    found = []
    for number, path in enumerate(paths, start=1):
        own = {
            "path1": path,
            "path2": path,
            "path": follow(plan, path[-1], turns),
            "history1": witness[f"history{number}"],
            "history2": witness[f"history{number}"],
            "continuation": witness["continuation"],
        }
        found.append(sketch(plan, own, (number,), _HALF))
    return tuple(each for each in found if each is not None)


def follow(plan: Plan, start: int, turns: Sequence[str]) -> list[int]:
    """The nodes that turns lead to from a node, itself included, as far as there are streets."""
    path = [start]
    for turn in turns:
        after = plan.turns.get((path[-1], turn))
        if after is None:
            break
        path.append(after)
    return path
