"""LSTM and GRU language models, saved and opened as the transformers library saves its own.

The library has no plain recurrent language model. These are modules of ours with its configuration
and its format of weights, so that the Trainer trains them and a folder holds them; folders are
opened by their `model_type`, and no code is loaded from them.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

from nerode.errors import InvalidParameter
from nerode.models.hf.shape import Shape
from nerode.worlds.world import END

CELLS: Final = ("lstm", "gru")
MODEL_TYPE: Final = "nerode-recurrent"
"""The `model_type` of the configuration."""


class RecurrentConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """Configuration of a `RecurrentNetwork`.

    `cell` is `lstm` or `gru`. Raises InvalidParameter for another one.
    """

    model_type = MODEL_TYPE

    def __init__(
        self,
        vocab_size: int = 2,
        hidden_size: int = 128,
        num_hidden_layers: int = 2,
        cell: str = "lstm",
        **others: Any,
    ) -> None:
        if cell not in CELLS:
            raise InvalidParameter(f"expected a cell out of {', '.join(CELLS)}, got {cell!r}")
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.cell = cell
        super().__init__(**others)


class RecurrentNetwork(PreTrainedModel):  # type: ignore[no-untyped-call]
    """Embedding, layers of LSTM or GRU cells with a residual path, a norm, a head.

    Every layer normalises what comes in, as in a transformer, so that networks of several layers
    train with the same settings.
    """

    config_class = RecurrentConfig
    base_model_prefix = "recurrent"

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        kind = nn.LSTM if config.cell == "lstm" else nn.GRU
        self.embedding = nn.Embedding(config.vocab_size, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(config.num_hidden_layers))
        self.layers = nn.ModuleList(
            kind(width, width, batch_first=True) for _ in range(config.num_hidden_layers)
        )
        self.last_norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, config.vocab_size, bias=False)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """Leave modules as torch draws them: its bounds fit a cell's width."""

    def get_input_embeddings(self) -> nn.Module:
        """The embedding of tokens."""
        return self.embedding

    def get_output_embeddings(self) -> nn.Module:
        """The head."""
        return self.head

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor | None = None,
        *,
        output_hidden_states: bool | None = None,
        **_: Any,
    ) -> CausalLMOutput:
        """Logits of the next token at every place, and the loss where there are labels.

        Parameters
        ----------
        input_ids
            (rows, columns); padding stands on the right, where it is not seen.
        labels
            The same shape; -100 where a token is not in the loss.
        output_hidden_states
            Whether the residual stream is given too: embeddings, then each layer, the last one
            behind the norm.
        """
        stream = self.embedding(input_ids)
        hidden = [stream]
        for norm, layer in zip(self.norms, self.layers, strict=True):
            stream = stream + layer(norm(stream))[0]
            hidden.append(stream)
        hidden[-1] = self.last_norm(stream)
        logits = self.head(hidden[-1])
        loss = None
        if labels is not None:
            flat = logits[:, :-1].float().flatten(0, 1)
            loss = cross_entropy(flat, labels[:, 1:].flatten())
        return CausalLMOutput(
            loss=loss, logits=logits, hidden_states=tuple(hidden) if output_hidden_states else None
        )


def recurrent_network(
    alphabet: tuple[str, ...], shape: Shape, cell: str, seed: int
) -> RecurrentNetwork:
    """A recurrent network with random weights, in training mode.

    Token i is symbol i; padding and the first token come after the symbols.

    Parameters
    ----------
    alphabet
        Symbols of the world.
    shape
        Layers and width; heads do not count.
    cell
        `lstm` or `gru`.
    seed
        Decides the weights. torch's global random state is left as it was.
    """
    config = RecurrentConfig(
        vocab_size=len(alphabet) + 2,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        cell=cell,
        pad_token_id=len(alphabet),
        bos_token_id=len(alphabet) + 1,
        eos_token_id=alphabet.index(END) if END in alphabet else None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return RecurrentNetwork(config)
