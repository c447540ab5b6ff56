"""Configuration of a reconstruction, of its noise controls and of its score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nerode.errors import InvalidParameter
from nerode.metrics.reconstruction.algorithm import Rules
from nerode.metrics.reconstruction.order import ORDER, RANDOM_ORDERS, Order
from nerode.metrics.reconstruction.plane import CROSSINGS

DRAWS = 20
"""How often each noise is drawn."""
NOISE_SHARES = (0.0, 0.01)
"""Probabilities that a turn is replaced, unless the caller says otherwise."""


@dataclass(frozen=True)
class ReconstructionConfig:
    """Configuration of a reconstruction and its score."""

    rules: Rules = field(default_factory=Rules)
    crossings: int = CROSSINGS
    """True streets that a new one must cross to be impossible."""
    shares: tuple[float, ...] = NOISE_SHARES
    """Noise to compare with, the matched one apart."""
    draws: int = DRAWS
    """How often each noise is drawn; 0: there are no controls."""
    seed: int = 0
    order: Order = ORDER
    """In which order sequences are walked, those of the noise too."""
    orders: int = RANDOM_ORDERS
    """Over how many random orders the numbers are averaged; 0: they are not."""

    def __post_init__(self) -> None:
        check_shares(self.shares)
        least = 1 if self.order == "mean" else 0
        if self.orders < least:
            message = f"expected {least} or more random orders, got {self.orders}"
            raise InvalidParameter(message)


def check_shares(shares: Sequence[float]) -> None:
    """Raise InvalidParameter for shares of noise outside 0 to 1."""
    for share in shares:
        if not 0 <= share <= 1:
            raise InvalidParameter(f"expected shares of noise from 0 to 1, got {share:g}")
