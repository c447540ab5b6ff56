"""Most tokens a network can read, by its configuration and by the embeddings that it looks up.

`max_position_embeddings` is not always it: RoBERTa and its kin begin to count behind the padding
token, and some architectures call it otherwise or say nothing, though they have an embedding for so
many positions and no more.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from nerode.models.hf.borders import Network

POSITION_SETTINGS = (
    "max_position_embeddings",
    "max_target_positions",
    "max_seq_len",
    "n_positions",
)
FEW, MORE = 3, 7
"""Lengths of two short inputs; the rows of a table of positions that they reach differ by as many.
"""
MOST_TRIED = 4096
"""Tokens of the longest input that is read to see whether it is too long."""


@torch.inference_mode()
def most_tokens(network: Network, tokens: Tensor) -> int | None:
    """Most tokens that a network on the CPU can read; None where there is no limit.

    `tokens` are some of its tokens.
    """
    configured = _configured_positions(network)
    few, more = (_Lookups.of(network, _some(tokens, length)) for length in (FEW, MORE))
    ends = {
        rows - last + MORE - 1
        for (rows, before), (_, last) in zip(few, more, strict=False)
        if last - before == MORE - FEW
    }
    for end in sorted(ends):
        if configured is not None and configured <= end:
            break
        # One more token is read where the table holds distances that are cut off, or grows.
        if end >= MOST_TRIED or not _reads(network, _some(tokens, end + 1)):
            return end
    return configured


class _Lookups(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the rows of every embedding that is looked up, and the last one that is reached."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tables: list[tuple[int, int]] = []

    @classmethod
    def of(cls, network: Network, ids: Tensor) -> list[tuple[int, int]]:
        """Lookups of one forward pass, in order."""
        mode = cls()
        with mode:
            network(input_ids=ids, use_cache=False)
        return mode.tables

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.ops.aten.embedding.default and args[1].numel():
            self.tables.append((int(args[0].shape[0]), int(args[1].max())))
        return func(*args, **(kwargs or {}))


def _configured_positions(network: Network) -> int | None:
    """What the configuration says, where it is a number of tokens at all."""
    config = network.config.get_text_config()
    for name in POSITION_SETTINGS:
        number = getattr(config, name, None)
        if isinstance(number, int) and number > 0:
            return number
    return None


def _some(tokens: Tensor, length: int) -> Tensor:
    """An input of two tokens in turn: what grows with its length are positions alone."""
    return tokens[torch.arange(length) % min(2, len(tokens))][None]


def _reads(network: Network, ids: Tensor) -> bool:
    try:
        network(input_ids=ids, use_cache=False)
    except (IndexError, RuntimeError, ValueError):
        return False
    return True
