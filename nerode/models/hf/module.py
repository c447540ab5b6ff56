"""Any torch module that gives logits for token numbers, as a model of a world.

For networks that are no models of the transformers library, such as one's own GPT in a training
loop. Nothing is known of such a module, so it keeps nothing of what it read: every history is read
whole for every symbol, histories of one length together, without padding. Slow, and right for every
network whose last logits depend on the tokens before them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from nerode.errors import InvalidParameter, ModelMismatch
from nerode.models.hf.padding import padded
from nerode.models.model import Contexts, Probabilities, Rows
from nerode.worlds.world import AnyWorld

TOKENS_OF_MODULE = {"cpu": 8_192, "cuda": 262_144}
"""Tokens that one forward pass reads."""


@runtime_checkable
class HasLogits(Protocol):
    """What most libraries give: an object with logits in it."""

    @property
    def logits(self) -> Tensor:
        """(rows, columns, tokens)."""
        ...


def logits_in(output: object) -> Tensor:
    """The logits in what a network's `forward` gives.

    That is a tensor, a tuple that begins with one (nanoGPT), or an object with `logits`. Raises
    ModelMismatch for anything else.
    """
    found = output[0] if isinstance(output, tuple) and output else output
    if isinstance(found, HasLogits):
        found = found.logits
    if not isinstance(found, Tensor) or found.dim() != 3:  # noqa: PLR2004
        shape = f" of shape {tuple(found.shape)}" if isinstance(found, Tensor) else ""
        raise ModelMismatch(
            "expected logits (rows, columns, tokens) from the network, got "
            f"{type(found).__name__}{shape}; `logits=` takes a function that finds them"
        )
    return found


@dataclass(frozen=True, eq=False)
class ModuleModel:
    """A module that is called with token numbers (rows, columns) and gives logits.

    Attributes
    ----------
    name, alphabet, context_length
        As of any model; `context_length` is in symbols, the first token not counted.
    module
        The module; whoever reads puts it in eval mode.
    tokens
        Token of each symbol: (symbols,).
    first
        Token in front of every history, None for none.
    logits
        Finds the logits in what the module gives.
    fingerprint
        What tells these weights from others.
    """

    name: str
    alphabet: tuple[str, ...]
    module: nn.Module
    tokens: Tensor
    first: int | None
    context_length: int | None = None
    logits: Callable[[object], Tensor] = logits_in
    fingerprint: str | None = None

    @property
    def least_history(self) -> int:
        """Symbols of the shortest history that it can read: 1 where there is no first token."""
        return int(self.first is None)

    def read(self, histories: Sequence[Sequence[int]]) -> Contexts:
        """One row per history.

        Raises ModelMismatch for a history longer than `context_length`, and for the empty history
        where there is no first token.
        """
        return self.read_padded(*padded(histories, len(self.alphabet)))

    def read_padded(self, symbols: Rows, lengths: Rows) -> ModuleContexts:
        """Read histories that are already side by side: see `padded`."""
        longest = int(lengths.max(initial=0))
        if self.context_length is not None and longest > self.context_length:
            raise ModelMismatch(
                f"expected histories of at most {self.context_length} symbols, the context length "
                f"of {self.name}, got one of {longest}"
            )
        if self.first is None and not lengths.all():
            raise ModelMismatch(
                f"expected a history of at least one symbol: {self.name} has no first token"
            )
        return ModuleContexts(self, symbols, lengths)

    @torch.inference_mode()
    def distribution(self, symbols: Rows, lengths: Rows) -> Probabilities:
        """Next-symbol distribution after each history: (rows, symbols), float32."""
        found = np.zeros((len(lengths), len(self.alphabet)), dtype=np.float32)
        device = self.tokens.device
        for length in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == length)
            ids = self.tokens[torch.from_numpy(symbols[rows, :length]).to(device)]
            if self.first is not None:
                ids = torch.cat((ids.new_full((len(rows), 1), self.first), ids), dim=1)
            most = max(
                1, TOKENS_OF_MODULE.get(device.type, TOKENS_OF_MODULE["cpu"]) // ids.shape[1]
            )
            for start in range(0, len(rows), most):
                logits = self.logits(self.module(ids[start : start + most]))[:, -1].float()
                some = torch.softmax(logits, dim=-1).index_select(-1, self.tokens)
                found[rows[start : start + most]] = some.cpu().numpy()
        return found


@dataclass(frozen=True, eq=False)
class ModuleContexts:
    """Histories for a module that keeps nothing of what it read."""

    model: ModuleModel
    symbols: Rows  # (rows, columns)
    lengths: Rows  # (rows,)

    @cached_property
    def probabilities(self) -> Probabilities:
        """Next-symbol distribution, computed when it is first asked for."""
        return self.model.distribution(self.symbols, self.lengths)

    def extend(self, rows: Rows, symbols: Rows) -> ModuleContexts:
        """Fork, drop and advance by one symbol."""
        lengths = self.lengths[rows]
        longer = np.pad(self.symbols[rows], ((0, 0), (0, 1)))
        longer[np.arange(len(rows)), lengths] = symbols
        return self.model.read_padded(longer, lengths + 1)


def module_model(
    network: nn.Module,
    world: AnyWorld,
    *,
    tokens: Mapping[str, int] | Sequence[int] | None = None,
    first: int | None = None,
    context_length: int | None = None,
    logits: Callable[[object], Tensor] = logits_in,
    name: str = "network",
) -> ModuleModel:
    """A model of a world from a torch module of one's own.

    Parameters
    ----------
    network
        Called with token numbers, (rows, columns) int64; gives logits at every place, or at the
        last one alone.
    world
        The world whose symbols it reads.
    tokens
        Token of each symbol, by its name or in the order of the alphabet; None: token i is
        symbol i.
    first
        Token in front of every sequence, None for none.
    context_length
        Most tokens that it reads, the first token included; None: no limit.
    logits
        Finds the logits in what the module gives.
    name
        How reports call it.

    Raises
    ------
    InvalidParameter
        Where a symbol has no token, or two have the same.
    ModelMismatch
        Where the module has no logits for these tokens.
    """
    numbers = _numbers(world, tokens)
    weights = next(iter(network.parameters()), None)
    device = torch.device("cpu") if weights is None else weights.device
    model = ModuleModel(
        name=name,
        alphabet=world.alphabet,
        module=network,
        tokens=torch.tensor(numbers, device=device),
        first=first,
        context_length=context_length and context_length - (first is not None),
        logits=logits,
    )
    with torch.inference_mode():
        read = torch.tensor([*numbers, *(() if first is None else (first,))], device=device)
        try:
            size = logits(network(read[:, None])).shape[-1]
        except IndexError as error:
            raise ModelMismatch(
                f"expected a network that reads tokens up to {int(read.max())}, got: {error}"
            ) from None
    if max(numbers) >= size:
        raise ModelMismatch(
            f"expected a network with logits for token {max(numbers)}, got {size} logits"
        )
    return model


def _numbers(world: AnyWorld, tokens: Mapping[str, int] | Sequence[int] | None) -> list[int]:
    if tokens is None:
        return list(range(len(world.alphabet)))
    if isinstance(tokens, Mapping):
        absent = [name for name in world.alphabet if name not in tokens]
        if absent:
            raise InvalidParameter(
                f"expected a token for each symbol of {world.name}, got none for {absent[0]!r}"
            )
        numbers = [int(tokens[name]) for name in world.alphabet]
    else:
        numbers = [int(token) for token in tokens]
    if len(numbers) != len(world.alphabet) or len(set(numbers)) < len(numbers):
        raise InvalidParameter(
            f"expected {len(world.alphabet)} different tokens, one for each symbol of "
            f"{world.name}, got {len(set(numbers))} in {len(numbers)}"
        )
    return numbers
