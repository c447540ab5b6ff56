"""Which known name somebody may have meant by one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

NEAR_ENOUGH = 0.75
"""Least similarity (`difflib`, 0 to 1) of a name that is suggested: `oracl` to oracle has 0.91."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question to put behind an error message; empty where no known name is near.

    >>> did_you_mean("compresion", ["compression", "distinction"])
    ' (did you mean compression?)'
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=NEAR_ENOUGH)
    return f" (did you mean {near[0]}?)" if near else ""
