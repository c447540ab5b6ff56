"""What every objective is: a loss of a network on one batch of sequences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nerode.models.hf.borders import Embeddings, Network
from nerode.training.batches import IGNORED
from nerode.worlds.world import AnyWorld


@dataclass(frozen=True)
class ObjectiveContext:
    """What an objective is made for.

    Attributes
    ----------
    world
        The world of the sequences.
    policy
        The policy that they were drawn by, and `sequences_seed` the seed.
    width
        Width of the network's last hidden states.
    first
        The token in front of every sequence.
    positions
        Tokens that the network reads at most.
    seed
        Of the training: weights of heads and whatever is drawn follow from it.
    """

    world: AnyWorld
    policy: str
    sequences_seed: int
    width: int
    first: int
    positions: int
    seed: int


@dataclass(frozen=True, eq=False)
class Read:
    """A batch, and what the network gives for it.

    Column t of a row is its t-th token; column 0 is the first token, which is no symbol. What
    stands in column t - 1 predicts column t.

    Attributes
    ----------
    network
        Being trained.
    ids
        Tokens, padded on the right: (rows, columns).
    labels
        The same, `IGNORED` where a token is no symbol of its sequence: (rows, columns).
    number
        Number of the batch in the training.
    """

    network: Network
    ids: Tensor
    labels: Tensor
    number: int

    @property
    def module(self) -> Network:
        """The network itself: `network` may be what keeps several ranks equal, around it."""
        return getattr(self.network, "module", self.network)

    @cached_property
    def output(self) -> Any:
        """What the network gives, with its hidden states; read once."""
        return self.network(input_ids=self.ids, output_hidden_states=True)

    @property
    def logits(self) -> Tensor:
        """(rows, columns, tokens), float32."""
        return self.output.logits.float()  # type: ignore[no-any-return]  # of any architecture

    @property
    def hidden(self) -> Tensor:
        """Last hidden states, as the head reads them: (rows, columns, width), float32."""
        return self.output.hidden_states[-1].float()  # type: ignore[no-any-return]

    @property
    def head(self) -> Embeddings:
        """What makes logits of hidden states."""
        found = self.module.get_output_embeddings()
        assert found is not None  # noqa: S101 - all networks that are trained here have one
        return found

    @cached_property
    def inside(self) -> Tensor:
        """Where a symbol of a sequence stands: (rows, columns) of bool."""
        return self.labels != IGNORED

    def sequences(self) -> Iterator[NDArray[np.int64]]:
        """The symbols of each row."""
        symbols = self.labels.cpu().numpy()
        for row, length in zip(symbols, self.inside.sum(dim=1).tolist(), strict=True):
            yield row[1 : 1 + length]

    def next_token_loss(self) -> Tensor:
        """Cross-entropy of each symbol given those before it, in nats a symbol."""
        return cross_entropy(
            self.logits[:, :-1].flatten(0, 1), self.labels[:, 1:].flatten(), ignore_index=IGNORED
        )


class Objective(nn.Module, ABC):
    """A loss that a network is trained by.

    Its own weights (heads that predict something beside the next token) are trained along and are
    no part of the model that a training ends with.
    """

    @abstractmethod
    def loss(self, read: Read) -> Tensor:
        """The loss on one batch: a scalar."""

    def forward(self, read: Read) -> Tensor:
        """The same, as torch calls it."""
        return self.loss(read)


class Addition(Objective):
    """An objective that asks for more beside another one; alone, beside the next token."""

    weight: float

    @abstractmethod
    def extra_loss(self, read: Read) -> Tensor:
        """What is asked for beside: a scalar, without its weight."""

    def loss(self, read: Read) -> Tensor:
        """The next token, and what is asked for beside."""
        return read.next_token_loss() + self.weight * self.extra_loss(read)


@contextmanager
def head_weights(seed: int) -> Iterator[None]:
    """A context in which heads get weights that follow from the seed alone.

    torch's global random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        yield


def mean_over(values: Tensor, where: Tensor) -> Tensor:
    """Mean of the values at some places; 0 where there are none."""
    count = where.sum().clamp(min=1)
    return (values * where).sum() / count
