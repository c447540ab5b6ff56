"""State: a hidden state must tell the true state, by a linear head."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nerode.training.batches import IGNORED
from nerode.training.objectives.fit import check_features
from nerode.training.objectives.objective import (
    Addition,
    ObjectiveContext,
    Read,
    head_weights,
)
from nerode.worlds.world import Featured, first_labelled


class TrueState(Addition):
    """Next token, and the features of the true state from every hidden state.

        L = L_next-token + weight * mean over t, features of - log p(feature | h_t)

    The upper bound for "knows where it is": the true state is given away in training. It is a
    probe (nerode/metrics/probe) with the gradient let through to the network.

    Parameters
    ----------
    weight
        Of the second term.

    Raises
    ------
    InvalidParameter
        Where the world's states have no features.
    """

    def __init__(self, context: ObjectiveContext, *, weight: float = 1.0) -> None:
        super().__init__()
        world = context.world
        check_features(world)
        assert isinstance(world, Featured)  # noqa: S101 - the line above; for the type
        self.featured = world
        self.begins = first_labelled(world.prompt_length)
        self.weight = weight
        self.classes = len(world.classes)
        with head_weights(context.seed):
            self.head = nn.Linear(context.width, len(world.features) * self.classes)

    def extra_loss(self, read: Read) -> Tensor:
        """In nats a feature."""
        rows, columns = read.ids.shape
        features = len(self.featured.features)
        labels = torch.full((rows, columns, features), IGNORED)
        for row, sequence in enumerate(read.sequences()):
            # Column t has read t symbols; after the last one there is no state.
            known = torch.from_numpy(self.featured.labels(sequence.tolist()))
            labels[row, self.begins : self.begins + len(known)] = known
        logits = self.head(read.hidden).view(-1, self.classes)
        wanted = labels.flatten().to(logits.device)
        if not (wanted != IGNORED).any():
            return torch.zeros((), device=logits.device)
        return cross_entropy(logits, wanted, ignore_index=IGNORED)
