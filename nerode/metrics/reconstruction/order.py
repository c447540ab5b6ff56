"""Order in which sequences are walked, on which the reconstructed map depends.

A street that is invented for one sequence takes a label from its crossing, and a true street that
had it is lost to all that come after. So whoever walks first decides.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nerode.errors import InvalidParameter
from nerode.metrics.reconstruction.judge import VALID

Order = Literal["given", "valid-first", "mean"]
"""`given`: as they stand, as published. `valid-first`: those that are valid on the true map, then
the others, both as they stand. `mean`: numbers are means over random orders, and the map that is
drawn is that of `valid-first`."""
MapOrder = Literal["given", "valid-first"]
"""Orders of which there is one map."""

ORDERS: tuple[Order, ...] = ("given", "valid-first", "mean")
ORDER: Order = "valid-first"
RANDOM_ORDERS = 100
"""Random orders that numbers are averaged over, unless the caller says otherwise."""


def order_of(name: str) -> Order:
    """The order of this name. Raises InvalidParameter for one that does not exist."""
    for order in ORDERS:
        if order == name:
            return order
    raise InvalidParameter(f"expected an order out of {', '.join(ORDERS)}, got {name!r}")


def map_order(order: Order) -> MapOrder:
    """The order of the map that is drawn."""
    return "valid-first" if order == "mean" else order


def arrange(
    verdict: NDArray[np.int8], order: Order, rng: np.random.Generator | None = None
) -> NDArray[np.int64]:
    """Numbers of the sequences as they are walked: (sequences,).

    `verdict` is what `judged` says of each; `mean` draws a random order with `rng`.
    """
    if order == "valid-first":
        return np.argsort(verdict != VALID, kind="stable").astype(np.int64)
    if order == "mean":
        assert rng is not None  # noqa: S101 - whoever asks for chance brings it
        return rng.permutation(len(verdict)).astype(np.int64)
    return np.arange(len(verdict), dtype=np.int64)
