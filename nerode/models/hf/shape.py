"""Architectures that can be trained, and the size of a network."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from nerode.errors import InvalidParameter

ARCHITECTURES = ("gpt2", "llama", "lstm", "gru")
"""Networks that `nerode train` trains, by name."""


@dataclass(frozen=True)
class Shape:
    """Size of a network: how many layers, how wide, how many attention heads in each.

    Raises InvalidParameter where one is below 1 or the heads do not divide the width.
    """

    layers: int = 4
    width: int = 128
    heads: int = 4

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise InvalidParameter(f"expected {name} of at least 1, got {value}")
        if self.width % self.heads:
            raise InvalidParameter(
                f"expected a width that {self.heads} heads divide, got {self.width}"
            )
