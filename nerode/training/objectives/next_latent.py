"""Next latent: the hidden state must say, with the next symbol, what the next hidden state is."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import kl_div, log_softmax, smooth_l1_loss

from nerode.errors import InvalidParameter
from nerode.training.objectives.objective import (
    Addition,
    ObjectiveContext,
    Read,
    head_weights,
    mean_over,
)


class NextLatent(Addition):
    """Next-latent prediction (Teoh et al., arXiv 2511.05963).

    A small network f predicts the next hidden state from this one and the embedding of the next
    symbol; what it predicts must also give the same next symbols:

        L = L_next-token + weight * mean over t, k of
              smoothL1(h'_{t+k}, sg[h_{t+k}]) + agreement * KL(sg[p(. | h_{t+k})], p(. | h'_{t+k}))
        h'_{t+1} = f(h_t, e(x_{t+1})),  h'_{t+k} = f(h'_{t+k-1}, e(x_{t+k})),  k = 1 ... steps

    sg: no gradient. h are the last hidden states as the head reads them, f is two layers behind a
    norm with a residual path. The head is not trained by the second term. Sequence models carry
    what they know of the state in keys and values of the whole history; this asks them to have it
    in one vector that can be carried on.

    Parameters
    ----------
    steps
        How far f is followed.
    weight
        Of all that comes beside the next-token loss.
    agreement
        Of the second term within that.

    Raises
    ------
    InvalidParameter
        For values outside their range.
    """

    def __init__(
        self,
        context: ObjectiveContext,
        *,
        steps: int = 1,
        weight: float = 1.0,
        agreement: float = 1.0,
    ) -> None:
        super().__init__()
        if steps < 1 or weight < 0 or agreement < 0:
            raise InvalidParameter(
                "expected next-latent with steps of at least 1, weight and agreement of at least "
                f"0, got steps={steps}, weight={weight}, agreement={agreement}"
            )
        self.steps = steps
        self.weight = weight
        self.agreement = agreement
        width = context.width
        with head_weights(context.seed):
            self.dynamics = nn.Sequential(
                nn.LayerNorm(2 * width),
                nn.Linear(2 * width, 2 * width),
                nn.GELU(),
                nn.Linear(2 * width, width),
            )

    def extra_loss(self, read: Read) -> Tensor:
        """In squares of hidden states, and nats a symbol."""
        hidden = read.hidden
        embedded = read.module.get_input_embeddings()(read.ids).float()
        frozen = read.head.weight.detach().float()
        extra = hidden.new_zeros(())
        latent = hidden
        steps = min(self.steps, read.ids.shape[1] - 1)
        for step in range(1, steps + 1):
            # latent[:, t] predicts column t + step; it has read the symbols up to there.
            latent = latent[:, :-1]
            latent = latent + self.dynamics(torch.cat((latent, embedded[:, step:]), dim=-1))
            wanted = hidden[:, step:].detach()
            inside = read.inside[:, step:]
            off = smooth_l1_loss(latent, wanted, reduction="none").mean(dim=-1)
            if self.agreement:
                before = log_softmax(wanted @ frozen.T, dim=-1)
                after = log_softmax(latent @ frozen.T, dim=-1)
                apart = kl_div(after, before, reduction="none", log_target=True).sum(dim=-1)
                off = off + self.agreement * apart
            extra = extra + mean_over(off, inside) / steps
        return extra
