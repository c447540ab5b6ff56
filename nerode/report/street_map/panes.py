"""One map for two routes to one place, and one for each of two routes to different places.

After routes to different places a continuation is two things: a way from here, and another way, or
no street at all, from there. Side by side both are seen, however far apart the places lie.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from nerode.report.street_map.sketch import WIDTH, PlanView, Sketch, sketch
from nerode.schema.drawing import Contradiction

_HALF = WIDTH // 2 - 1


def panes(plan: PlanView, contradiction: Contradiction) -> tuple[Sketch, ...]:
    """The maps of one contradiction, from left to right; none where it has no routes."""
    whole = sketch(plan, contradiction)
    if whole is None:
        return ()
    paths = [contradiction.path1 or [], contradiction.path2 or []]
    if paths[0][-1] == paths[1][-1]:
        return (whole,)
    turns = contradiction.continuation.split()
    each = []
    for at, path in enumerate(paths):
        history = contradiction.histories[at]
        own = structs.replace(
            contradiction,
            history1=history,
            history2=history,
            path1=path,
            path2=path,
            path=follow(plan, path[-1], turns),
        )
        each.append(sketch(plan, own, (at + 1,), _HALF))
    return tuple(pane for pane in each if pane is not None)


def follow(plan: PlanView, start: int, turns: Sequence[str]) -> list[int]:
    """The nodes that turns lead to from a node, itself included, as far as there are streets."""
    path = [start]
    for turn in turns:
        after = plan.turns.get((path[-1], turn))
        if after is None:
            break
        path.append(after)
    return path
