"""Protocol of models with hidden states, which a probe reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class HiddenStates(Protocol):
    """A model with hidden states in layers, which a probe can read."""

    @property
    def hidden_layers(self) -> int:
        """How many there are: the embeddings and what each layer gives."""
        ...

    @property
    def hidden_width(self) -> int:
        """Numbers in one hidden state."""
        ...

    def hidden_states(self, histories: Sequence[Sequence[int]]) -> Tensor:
        """Hidden states at every symbol: (layers, symbols of all histories, width), float32.

        The histories, none of them empty, lie one after the other. A state depends on the
        symbols up to its own alone.
        """
        ...
