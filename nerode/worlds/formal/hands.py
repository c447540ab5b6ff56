"""Things in hands, swapped in pairs, and questions about who holds what."""

from __future__ import annotations

from itertools import combinations, permutations

from nerode.errors import InvalidParameter
from nerode.worlds.automata.table import Table, table

_FEWEST, _MOST = 2, 6
_THINGS = "ABCDEF"


def hands(n: int = 3) -> Table:
    """Hand 1 holds A, hand 2 B, ...: `1-2` swaps what they hold; `?2` asks, the answer is next.

    Swaps and questions are always legal; after a question only the thing that the hand holds is.
    There is no END. (Entity tracking as in N. Kim and S. Schuster, ACL 2023, without sentences.)

    Raises InvalidParameter for n outside 2 to 6.
    """
    if not _FEWEST <= n <= _MOST:
        raise InvalidParameter(f"expected n from {_FEWEST} to {_MOST} in hands, got {n}")
    swaps = {f"{left + 1}-{right + 1}": (left, right) for left, right in combinations(range(n), 2)}
    questions = {f"?{hand + 1}": hand for hand in range(n)}
    rules: dict[str, dict[str, str]] = {}
    for held in permutations(_THINGS[:n]):
        state = "".join(held)
        rules[state] = {symbol: _swapped(held, *two) for symbol, two in swaps.items()}
        for symbol, hand in questions.items():
            asked = f"{state}{symbol}"
            rules[state][symbol] = asked
            rules[asked] = {held[hand]: state}
    alphabet = (*swaps, *questions, *_THINGS[:n])
    return table(rules, start=_THINGS[:n], name=f"hands:n={n}", alphabet=alphabet)


def _swapped(held: tuple[str, ...], left: int, right: int) -> str:
    after = list(held)
    after[left], after[right] = after[right], after[left]
    return "".join(after)
