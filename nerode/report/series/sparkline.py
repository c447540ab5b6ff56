"""A curve as a row of letters, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
GAP = " "


def sparkline(values: Sequence[float | None], least_range: float = 0.0) -> str:
    """One bar a value, from the lowest to the highest of them; a gap where there is none.

    `least_range` is what the bars span at least, so that noise is not blown up to a curve.

    >>> sparkline([0, None, 0.5, 1])
    '▁ ▅█'
    """
    there = [value for value in values if value is not None]
    if not there:
        return GAP * len(values)
    low, high = min(there), max(there)
    missing = max(0.0, least_range - (high - low))
    low, high = low - missing / 2, high + missing / 2
    return "".join(GAP if value is None else _bar(value, low, high) for value in values)


def _bar(value: float, low: float, high: float) -> str:
    share = 0.5 if high == low else (value - low) / (high - low)
    return BARS[min(int(share * len(BARS)), len(BARS) - 1)]
