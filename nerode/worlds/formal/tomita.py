"""The seven languages of Tomita (1982), the classic test of learners of automata."""

from __future__ import annotations

from typing import Final

from nerode.errors import InvalidParameter
from nerode.worlds.automata.language import language
from nerode.worlds.automata.table import Table

_Transitions = dict[str, dict[str, str]]

_RULES: Final[dict[int, tuple[_Transitions, str]]] = {
    # 1*
    1: ({"": {"1": ""}}, ""),
    # (1 0)*
    2: ({"": {"1": "1"}, "1": {"0": ""}}, ""),
    # No odd number of 0s in a row after an odd number of 1s in a row.
    3: (
        {
            "even-1s": {"0": "even-1s", "1": "odd-1s"},
            "odd-1s": {"0": "odd-0s", "1": "even-1s"},
            "odd-0s": {"0": "even-0s"},
            "even-0s": {"0": "odd-0s", "1": "odd-1s"},
        },
        "even-1s odd-1s even-0s",
    ),
    # Never three 0s in a row.
    4: (
        {
            "no-0": {"0": "one-0", "1": "no-0"},
            "one-0": {"0": "two-0s", "1": "no-0"},
            "two-0s": {"1": "no-0"},
        },
        "no-0 one-0 two-0s",
    ),
    # An even number of 0s and an even number of 1s.
    5: (
        {
            "even-even": {"0": "odd-even", "1": "even-odd"},
            "odd-even": {"0": "even-even", "1": "odd-odd"},
            "even-odd": {"0": "odd-odd", "1": "even-even"},
            "odd-odd": {"0": "even-odd", "1": "odd-even"},
        },
        "even-even",
    ),
    # As many 0s as 1s, modulo 3.
    6: (
        {
            "0": {"0": "1", "1": "2"},
            "1": {"0": "2", "1": "0"},
            "2": {"0": "0", "1": "1"},
        },
        "0",
    ),
    # 0* 1* 0* 1*
    7: (
        {
            "first": {"0": "first", "1": "second"},
            "second": {"0": "third", "1": "second"},
            "third": {"0": "third", "1": "fourth"},
            "fourth": {"1": "fourth"},
        },
        "first second third fourth",
    ),
}
"""Transitions and accepting states, the start first; what accepts nothing is left out.

M. Tomita, Dynamic construction of finite automata from examples using hill-climbing, 1982.
"""


def tomita(n: int = 4) -> Table:
    """Language n of seven, over the symbols 0 and 1, with END where a word is whole.

    1: `1*`. 2: `(10)*`. 3: no odd number of 0s in a row after an odd number of 1s in a row. 4:
    never three 0s in a row. 5: an even number of 0s, and of 1s. 6: as many 0s as 1s, modulo 3.
    7: `0*1*0*1*`.

    Raises InvalidParameter for another n.
    """
    if n not in _RULES:
        raise InvalidParameter(f"expected n from 1 to {len(_RULES)} in tomita, got {n}")
    rules, accepting = _RULES[n]
    start = next(iter(rules))
    return language(
        rules,
        start=start,
        accepting=accepting.split() or [start],
        name=f"tomita:n={n}",
        alphabet=("0", "1") if n > 1 else ("1",),
    )
