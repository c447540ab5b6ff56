"""A stack: things are put on it and taken off, and one may ask what lies on top."""

from __future__ import annotations

from itertools import product

from nerode.errors import InvalidParameter
from nerode.worlds.automata.finite import MOST_STATES
from nerode.worlds.automata.language import language
from nerode.worlds.automata.table import Table

_THINGS = "ABCDEF"


def stack(kinds: int = 2, depth: int = 3) -> Table:
    """`push-A`, `pop` and `top`; after `top` only the thing that lies on top is legal.

    At most `depth` things lie on one another; END is legal where none does. The state is the
    stack, from the bottom up, and whether one has just asked.

    Raises InvalidParameter for kinds outside 1 to 6, a depth below 1, and one that makes more
    states than can be written out.
    """
    if not 1 <= kinds <= len(_THINGS):
        raise InvalidParameter(f"expected kinds from 1 to {len(_THINGS)} in stack, got {kinds}")
    if depth < 1:
        raise InvalidParameter(f"expected a depth of 1 or more in stack, got {depth}")
    if 2 * depth + 2 > MOST_STATES or kinds ** min(depth, 99) > MOST_STATES // 4:
        message = f"expected at most {MOST_STATES:,} states in stack"
        raise InvalidParameter(f"{message}, got kinds={kinds},depth={depth}, which has more")
    things = _THINGS[:kinds]
    rules: dict[str, dict[str, str]] = {}
    for count in range(depth + 1):
        for lying in product(things, repeat=count):
            state = "".join(lying)
            pushes = {f"push-{thing}": state + thing for thing in things} if count < depth else {}
            rules[state] = pushes
            if state:
                rules[state] |= {"pop": state[:-1], "top": f"{state}?"}
                rules[f"{state}?"] = {state[-1]: state}
    name = f"stack:kinds={kinds},depth={depth}"
    alphabet = (*(f"push-{thing}" for thing in things), "pop", "top", *things)
    return language(rules, start="", accepting=[""], name=name, alphabet=alphabet)
