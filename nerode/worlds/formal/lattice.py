"""A walker on a line of a few places: nothing but the two ends tells where one is."""

from __future__ import annotations

from nerode.errors import InvalidParameter
from nerode.worlds.automata.table import Table, table

_MOST = 1_000


def lattice(states: int = 5) -> Table:
    """Places in a row: `left` and `right` by one place, legal where there is one, or `stay`.

    The walk begins at the left end and does not end. (K. Vafa et al., What has a foundation model
    found?, arXiv 2507.06952, section 3, has lattices of 2 to 5 states.)

    Raises InvalidParameter for states outside 2 to 1,000.
    """
    if not 2 <= states <= _MOST:  # noqa: PLR2004 - on one place nothing can be told apart
        raise InvalidParameter(f"expected states from 2 to {_MOST:,} in lattice, got {states}")
    rules = {}
    for place in range(1, states + 1):
        sides = {"left": place - 1, "stay": place, "right": place + 1}
        rules[str(place)] = {symbol: str(to) for symbol, to in sides.items() if 1 <= to <= states}
    name, alphabet = f"lattice:states={states}", ("left", "stay", "right")
    return table(rules, start="1", name=name, alphabet=alphabet)
