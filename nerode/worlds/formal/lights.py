"""A row of lights; a switch turns its light and both neighbours."""

from __future__ import annotations

from nerode.errors import InvalidParameter
from nerode.worlds.automata.language import language
from nerode.worlds.automata.table import Table

_FEWEST, _MOST = 2, 12


def lights(n: int = 4) -> Table:
    """Symbol i turns light i and its neighbours on or off; END is legal where all are off.

    All are off at the start. The state is what is on, written 1.

    Raises InvalidParameter for n outside 2 to 12.
    """
    if not _FEWEST <= n <= _MOST:
        raise InvalidParameter(f"expected n from {_FEWEST} to {_MOST} in lights, got {n}")
    around = {
        str(light + 1): sum(1 << near for near in (light - 1, light, light + 1) if 0 <= near < n)
        for light in range(n)
    }
    rules = {
        _written(on, n): {symbol: _written(on ^ turned, n) for symbol, turned in around.items()}
        for on in range(1 << n)
    }
    off = _written(0, n)
    return language(rules, start=off, accepting=[off], name=f"lights:n={n}")


def _written(on: int, n: int) -> str:
    return "".join("1" if on >> light & 1 else "0" for light in range(n))
