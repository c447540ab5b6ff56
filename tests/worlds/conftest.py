"""Small random automata, and the dumb questions that the fast code must agree with."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from nerode.worlds.automata.table import Table, table


@st.composite
def _automata(draw: st.DrawFn) -> Table:
    """A table of 1 to 5 states over 1 to 3 symbols; states may have equal futures."""
    states = [f"q{number}" for number in range(draw(st.integers(1, 5)))]
    symbols = "abc"[: draw(st.integers(1, 3))]
    following = st.sampled_from([*states, None])
    rules = {
        state: {symbol: target for symbol in symbols if (target := draw(following)) is not None}
        for state in states
    }
    return table(rules, start="q0", alphabet=symbols)


@pytest.fixture(scope="session")
def automata() -> st.SearchStrategy[Table]:
    return _automata()
