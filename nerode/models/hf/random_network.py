"""Networks with random weights, by the name of their architecture."""

from __future__ import annotations

from transformers import PreTrainedModel

from nerode.errors import UnknownName
from nerode.models.hf.gpt2 import network as gpt2_network
from nerode.models.hf.gpt2 import spread_of
from nerode.models.hf.llama import llama_network
from nerode.models.hf.recurrent.network import recurrent_network
from nerode.models.hf.shape import ARCHITECTURES, Shape


def random_network(
    architecture: str, alphabet: tuple[str, ...], shape: Shape, positions: int, seed: int
) -> PreTrainedModel:
    """A network for the symbols of a world, in training mode.

    Parameters
    ----------
    architecture
        Out of `ARCHITECTURES`.
    alphabet
        Symbols of the world: token i is symbol i, padding and the first token come after them.
    shape
        Layers, width, heads. Recurrent networks have no heads.
    positions
        Most tokens that it reads. Recurrent networks have no such limit.
    seed
        Decides the weights.

    Raises
    ------
    UnknownName
        For another architecture.
    """
    spread = spread_of(shape.width)
    if architecture == "gpt2":
        return gpt2_network(alphabet, shape, positions, seed, spread)
    if architecture == "llama":
        return llama_network(alphabet, shape, positions, seed, spread)
    if architecture in ("lstm", "gru"):
        return recurrent_network(alphabet, shape, architecture, seed)
    raise UnknownName(
        f"expected an architecture out of {', '.join(ARCHITECTURES)}, got {architecture!r}"
    )
