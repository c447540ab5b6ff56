"""Brackets that must be closed in order, to a bounded depth: Dyck(k, m)."""

from __future__ import annotations

from itertools import product

from nerode.errors import InvalidParameter
from nerode.worlds.automata.finite import MOST_STATES
from nerode.worlds.automata.language import language
from nerode.worlds.automata.table import Table

BRACKETS = ("()", "[]", "{}", "<>")


def dyck(kinds: int = 2, depth: int = 3) -> Table:
    """Words of brackets of k kinds that close in order, at most m of them open at a time.

    The state is what is open; END is legal where nothing is (J. Hewitt et al., RNNs can generate
    bounded hierarchical languages, EMNLP 2020).

    Raises InvalidParameter for kinds outside 1 to 4, a depth below 1, and one that makes more
    states than can be written out.
    """
    if not 1 <= kinds <= len(BRACKETS):
        raise InvalidParameter(f"expected kinds from 1 to {len(BRACKETS)} in dyck, got {kinds}")
    if depth < 1:
        raise InvalidParameter(f"expected a depth of 1 or more in dyck, got {depth}")
    if depth + 2 > MOST_STATES or kinds ** min(depth, 99) > MOST_STATES // 2:
        message = f"expected at most {MOST_STATES:,} states in dyck"
        raise InvalidParameter(f"{message}, got kinds={kinds},depth={depth}, which has more")
    pairs = BRACKETS[:kinds]
    opening = [pair[0] for pair in pairs]
    closing = {pair[0]: pair[1] for pair in pairs}
    rules: dict[str, dict[str, str]] = {}
    for count in range(depth + 1):
        for brackets in product(opening, repeat=count):
            state = "".join(brackets)
            deeper = {each: state + each for each in opening} if count < depth else {}
            rules[state] = deeper | ({closing[state[-1]]: state[:-1]} if state else {})
    name = f"dyck:kinds={kinds},depth={depth}"
    alphabet = [symbol for pair in pairs for symbol in pair]
    return language(rules, start="", accepting=[""], name=name, alphabet=alphabet)
