"""What of the transformers library is used here: its classes, as far as they are the same for all.

Some 200 architectures share no class with types; these protocols say what is expected of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, overload

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class HubTokenizer(Protocol):
    """A tokenizer of a folder, as AutoTokenizer opens it."""

    @property
    def unk_token_id(self) -> int | None:
        """Token of what is not in the vocabulary."""
        ...

    @property
    def bos_token_id(self) -> int | None:
        """Token at the beginning of a sequence."""
        ...

    @property
    def eos_token_id(self) -> int | None:
        """Token at the end of a sequence."""
        ...

    @property
    def cls_token_id(self) -> int | None:
        """Token in front of a text that is to be classified."""
        ...

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """Tokens of a text."""
        ...

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool = False) -> str:
        """Text of tokens."""
        ...

    def get_vocab(self) -> dict[str, int]:
        """Token of every entry."""
        ...

    def get_added_vocab(self) -> dict[str, int]:
        """Token of every entry that was added later."""
        ...

    @overload
    def convert_ids_to_tokens(self, ids: int) -> str: ...
    @overload
    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]: ...
    def convert_ids_to_tokens(self, ids: int | list[int]) -> str | list[str]:
        """Entries of the vocabulary."""
        ...


class NetworkConfig(Protocol):
    """Configuration of a network."""

    _attn_implementation: str | None

    def get_text_config(self) -> object:
        """The part that is about text; in most networks all of it."""
        ...


class NetworkOutput(Protocol):
    """What a network gives."""

    @property
    def logits(self) -> Tensor:
        """Of a network with its head: (rows, columns, tokens)."""
        ...

    @property
    def last_hidden_state(self) -> Tensor:
        """Of a network without: (rows, columns, width)."""
        ...


class Embeddings(Protocol):
    """A table of embeddings, or the layer that gives logits."""

    @property
    def weight(self) -> Tensor:
        """The numbers: (tokens, width)."""
        ...

    def __call__(self, hidden: Tensor, /) -> Tensor:
        """Embeddings of tokens, or logits of hidden states."""
        ...


class Network(Protocol):
    """A causal language model, as AutoModelForCausalLM opens it, in eval mode."""

    @property
    def config(self) -> NetworkConfig:
        """Its configuration."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Format in which it computes."""
        ...

    @property
    def base_model(self) -> Network:
        """The network without its head; itself where it has none."""
        ...

    @property
    def forward(self) -> Callable[..., NetworkOutput]:
        """What a call runs: its signature says what it takes."""
        ...

    def __call__(self, *, input_ids: Tensor, **options: object) -> NetworkOutput:
        """One forward pass."""
        ...

    def get_input_embeddings(self) -> Embeddings:
        """Table of the tokens' embeddings."""
        ...

    def get_output_embeddings(self) -> Embeddings | None:
        """The head; None where it has none of the usual form."""
        ...

    def set_attn_implementation(self, name: str | None, /) -> None:
        """Choose the function that computes attention."""
        ...

    def named_parameters(self) -> Iterable[tuple[str, Tensor]]:
        """Weights with their names."""
        ...

    def to(self, device: torch.device | str, /) -> Network:
        """Move it to a device."""
        ...

    def eval(self) -> Network:
        """Switch to eval mode."""
        ...


class CacheLayer(Protocol):
    """Keys and values of one layer: (rows, heads, columns, width)."""

    @property
    def keys(self) -> Tensor:
        """Of all columns that were read."""
        ...

    @property
    def values(self) -> Tensor:
        """The same."""
        ...


class KeyValueCache(Protocol):
    """The cache of a forward pass."""

    @property
    def layers(self) -> Sequence[CacheLayer]:
        """One each layer of the network."""
        ...
