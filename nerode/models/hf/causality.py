"""Test by small trials that a network is a causal language model.

`AutoModelForCausalLM` opens networks whose attention looks both ways (BERT and its kin without
`is_decoder`, XLNet, XLM) and others whose output hangs on how long the input is. A next-symbol
distribution cannot be read from them: what they give after a history changes with the padding
behind it.

Every trial compares the outputs right before a place with those of the same symbols before it:
with other symbols behind it, with nothing behind it, and beside other rows. For a causal network
all of them are equal up to rounding, whatever its weights are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nerode.errors import ModelMismatch
from nerode.models.hf.borders import Network

SHORT, LONG = (8, 16), (2, 80)
"""Rows and columns of the two trials: attention in blocks looks back only where histories are long.
"""
FACTOR = 8
"""How much more than the company of other rows later symbols may change before it is no rounding.
"""
ULPS = 1
"""Steps of the number format, relative to a typical logit, that are always taken for rounding.

On a CPU causal networks of 150 architectures change by nothing at all in the median row, in float32
and bfloat16; BERT with its smallest random weights by 0.4 % and more.
"""


@dataclass(frozen=True, eq=False)
class _Trial:
    """Sequences of one length, a place in each, and what a network gives right before it."""

    forward: Callable[[Tensor], Tensor]  # token numbers (rows, columns) -> logits of every place
    ids: Tensor  # (rows, columns)
    others: Tensor  # the same shape, another token in every place
    places: Tensor  # (rows,) from 1: the first symbol that differs
    usual: Tensor  # (rows, tokens) logits right before the place

    def differences(self, ids: Tensor) -> Tensor:
        """Largest change of a logit right before each row's place, relative to a typical one."""
        given = _before(self.forward(ids), self.places)
        typical = self.usual[self.usual.isfinite()].abs().median()
        tiny = torch.finfo(torch.float32).tiny
        change = (given - self.usual).nan_to_num(0.0, 0.0, 0.0)  # -inf on both sides is no change
        return change.abs().amax(dim=1) / typical.clamp(min=tiny)

    def behind(self) -> float:
        """Change of the median row when every symbol from its place on is another."""
        columns = torch.arange(self.ids.shape[1], device=self.ids.device)
        changed = torch.where(columns >= self.places[:, None], self.others, self.ids)
        return float(self.differences(changed).median())

    def company(self) -> float:
        """Change of the median even row when every odd row is another."""
        changed = self.ids.clone()
        changed[1::2] = self.others[1::2]
        return float(self.differences(changed)[::2].median())

    def shorter(self) -> float:
        """Change of the median row when it ends where the trial's middle row has its place."""
        place = int(self.places[len(self.places) // 2])
        whole = _Trial.of(self.forward, self.ids, self.others, self.places.new_full((), place))
        return float(whole.differences(self.ids[:, :place]).median())

    @classmethod
    def of(
        cls, forward: Callable[[Tensor], Tensor], ids: Tensor, others: Tensor, places: Tensor
    ) -> _Trial:
        places = places.expand(len(ids))
        return cls(forward, ids, others, places, _before(forward(ids), places))


@torch.inference_mode()
def check_causal(network: Network, tokens: Tensor, longest: int | None, where: str) -> None:
    """Raise ModelMismatch where a network is no causal language model.

    A leak counts where it is larger than what rounding gives in the same layout, so it is seen
    where attention is almost uniform and weights are small. The median over several sequences
    counts, so that one row whose experts were chosen otherwise because of rounding (in a mixture of
    experts) decides nothing.

    Parameters
    ----------
    network
        The network, in eval mode.
    tokens
        Those of the world's symbols: (symbols,).
    longest
        How many of them the network reads at most; None: no limit.
    where
        Names the network in messages.

    Raises
    ------
    ModelMismatch
        Where logits before a place depend on what comes at or after it, on the other rows of the
        batch, or on the length of the input.
    """
    precision = torch.finfo(network.dtype).eps

    def forward(ids: Tensor) -> Tensor:
        logits: Tensor = network(input_ids=ids, use_cache=False).logits
        return logits.float()

    for rows, most in (SHORT, LONG):
        columns = most if longest is None else min(most, longest)
        if columns < 2:  # noqa: PLR2004  one symbol before, one behind
            return
        trial = _Trial.of(forward, *_sequences(tokens, rows, columns))
        if trial.usual.isnan().any():
            raise ModelMismatch(f"expected numbers from the network in {where}, got NaN")
        company = trial.company()
        if trial.behind() > FACTOR * company + ULPS * precision:
            raise ModelMismatch(
                f"expected a causal language model in {where}, got a network whose output at a "
                f"symbol depends on the symbols after it{_hint(network)}"
            )
        if company > precision**0.5:
            raise ModelMismatch(
                f"expected a causal language model in {where}, got a network whose output for one "
                "sequence depends on the others that it reads with it"
            )
        if trial.shorter() > precision**0.5:
            raise ModelMismatch(
                f"expected a causal language model in {where}, got a network whose output at a "
                "symbol depends on how many come after it"
            )


def _before(logits: Tensor, places: Tensor) -> Tensor:
    """Logits at the last symbol before each row's place: (rows, tokens)."""
    return logits[torch.arange(len(logits), device=logits.device), places - 1]


def _sequences(tokens: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor, Tensor]:
    """Sequences, the same with another token in every place, and a place in each sequence."""
    different = torch.unique(tokens)
    if len(different) == 1:
        different = torch.arange(2, device=tokens.device)
    count = len(different)
    rng = np.random.default_rng(0)
    sampled = rng.integers(count, size=(rows, columns))
    others = (sampled + rng.integers(1, count, size=sampled.shape)) % count
    places = np.linspace(1, columns - 1, rows).round().astype(np.int64)
    ids, changed = (
        different[torch.from_numpy(each).to(tokens.device)] for each in (sampled, others)
    )
    return ids, changed, torch.from_numpy(places).to(tokens.device)


def _hint(network: Network) -> str:
    """What may be the reason, where the configuration says it."""
    is_decoder = getattr(network.config.get_text_config(), "is_decoder", None)
    return " (config.json says is_decoder false)" if is_decoder is False else ""
