"""Multi-token: a hidden state must tell the next d symbols, each by a head of its own."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nerode.errors import InvalidParameter
from nerode.training.batches import IGNORED
from nerode.training.objectives.objective import (
    Objective,
    ObjectiveContext,
    Read,
    head_weights,
)


class MultiToken(Objective):
    """Multi-token prediction (Gloeckle et al., arXiv 2404.19737).

        L = mean over k = 1 ... ahead of - mean over t of log p_k(x_{t+k} | x_1 ... x_t)

    p_1 is the network's own. Every further head is two layers with a residual path on the last
    hidden state, then the network's own head, shared (the paper has a layer of attention each).

    Parameters
    ----------
    ahead
        How many symbols are predicted, the next one included.

    Raises
    ------
    InvalidParameter
        For fewer than 2.
    """

    def __init__(self, context: ObjectiveContext, *, ahead: int = 4) -> None:
        super().__init__()
        if ahead < 2:  # noqa: PLR2004 - one is the next token alone
            raise InvalidParameter(f"expected multi-token with ahead of at least 2, got {ahead}")
        width = context.width
        with head_weights(context.seed):
            self.heads = nn.ModuleList(
                nn.Sequential(
                    nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)
                )
                for _ in range(ahead - 1)
            )

    def loss(self, read: Read) -> Tensor:
        """In nats a symbol, mean over the heads."""
        total = read.next_token_loss()
        shared = read.head
        for further, head in enumerate(self.heads, start=2):
            if read.ids.shape[1] <= further:
                break
            hidden = read.hidden[:, :-further]
            labels = read.labels[:, further:]
            if not (labels != IGNORED).any():
                break
            logits = shared(hidden + head(hidden)).float()
            total = total + cross_entropy(
                logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED
            )
        return total / (1 + len(self.heads))
