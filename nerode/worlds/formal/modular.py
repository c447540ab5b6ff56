"""Counting modulo m; parity is modulo 2."""

from __future__ import annotations

from nerode.errors import InvalidParameter
from nerode.worlds.automata.language import language
from nerode.worlds.automata.table import Table

_MOST = 1_000


def modular(m: int = 2) -> Table:
    """Words over `a` and `b` whose number of a's is a multiple of m, with END where it is.

    Raises InvalidParameter for m outside 2 to 1,000.
    """
    if not 2 <= m <= _MOST:  # noqa: PLR2004 - modulo 1 everything is a multiple
        raise InvalidParameter(f"expected m from 2 to {_MOST:,} in modular, got {m}")
    rules = {str(count): {"a": str((count + 1) % m), "b": str(count)} for count in range(m)}
    return language(rules, start="0", accepting=["0"], name=f"modular:m={m}")
