"""Training batches, assembled on the network's device.

All symbols lie in one tensor on the network's device and a batch is gathered from it by a
handful of operations, so that a small network on a fast device does not wait for data.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from nerode.sequences.batch import SequenceBatch

IGNORED = -100
"""Label of a position that is not in the loss."""
NUMBER = "number"
"""Name of a batch's number in the training, in the batch."""
WEIGHT = "weight"
"""Name of the weight of a rank's part of a batch, in the batch: the mean over ranks of their
weighted losses is the loss of the whole batch. 1 where there is one rank."""
BATCHES_SORTED = 64
"""Sequences of so many batches are sorted by length, so that a batch has little padding."""


class Batches(IterableDataset[dict[str, Tensor]]):
    """Endless batches, an epoch after the other, each epoch in an order of its own.

    The order follows from the seed and the epoch alone, so that a training that starts
    again at batch `start` sees what it would have seen. Of several ranks each has its part of
    every batch.
    """

    def __init__(
        self,
        sequences: SequenceBatch,
        first: int,
        batch_size: int,
        seed: int,
        *,
        start: int = 0,
        device: str = "cpu",
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        super().__init__()
        self.lengths = sequences.lengths
        self.offsets = sequences.offsets
        self.symbols = torch.from_numpy(sequences.symbols.copy()).to(device)
        self.first = first
        self.batch_size = batch_size
        self.seed = seed
        self.start = start
        self.rank, self.ranks = rank, ranks

    @property
    def per_epoch(self) -> int:
        """Batches in one epoch."""
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        epoch, skipped = divmod(self.start, self.per_epoch)
        number = self.start
        while True:
            for rows in islice(self.epoch(epoch), skipped, None):
                own, weight = self.own_part(rows)
                yield self.collate(own) | {
                    NUMBER: torch.tensor(number),
                    WEIGHT: torch.tensor(weight),
                }
                number += 1
            epoch, skipped = epoch + 1, 0

    def epoch(self, number: int) -> Iterator[NDArray[np.int64]]:
        """Rows of each batch of one epoch: every sequence once, like lengths together."""
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, number]))
        rows = rng.permutation(len(self.lengths))
        many = self.batch_size * BATCHES_SORTED
        for start in range(0, len(rows), many):
            chunk = rows[start : start + many]
            chunk = chunk[np.argsort(self.lengths[chunk], kind="stable")]
            cuts = np.arange(0, len(chunk), self.batch_size)
            for cut in rng.permutation(cuts):
                yield chunk[cut : cut + self.batch_size]

    def own_part(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], float]:
        """Rows of a batch that are this rank's, and the weight of their mean loss.

        Losses are means over symbols, and parts have different numbers of those. A rank without
        rows, at the end of an epoch, reads one that counts nothing: all must take every step.
        """
        if self.ranks == 1:
            return rows, 1.0
        own = rows[self.rank :: self.ranks]
        weight = self.ranks * int(self.lengths[own].sum()) / int(self.lengths[rows].sum())
        return (own if len(own) else rows[:1]), weight

    def collate(self, rows: NDArray[np.int64]) -> dict[str, Tensor]:
        """Input ids and labels of these sequences: (rows, width), padded on the right.

        The first token stands in front. Neither it nor padding is in the loss; there is
        no mask, because a causal network does not see what is to the right.
        """
        lengths = self.lengths[rows]
        width = 1 + int(lengths.max())
        device = self.symbols.device
        place = torch.arange(-1, width - 1, device=device)  # of each column in its sequence
        inside = place < torch.from_numpy(lengths).to(device)[:, None]
        inside[:, 0] = False
        starts = torch.from_numpy(self.offsets[rows]).to(device)
        symbols = self.symbols[((starts[:, None] + place) * inside)].long()
        ids = symbols * inside
        ids[:, 0] = self.first
        return {"input_ids": ids, "labels": symbols.masked_fill(~inside, IGNORED)}
