"""The network of a Hugging Face folder, opened, and refused where its weights are not whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM

from nerode.errors import FormatError, ModelMismatch
from nerode.models.hf.borders import Network, NetworkConfig
from nerode.models.hf.model_folder import CONFIG, one_line, weight_names, wrapper_of
from nerode.models.hf.quiet import quiet
from nerode.models.hf.recurrent.network import MODEL_TYPE, RecurrentConfig, RecurrentNetwork

_IN_LAYER = re.compile(r"\.\d+\.")


def open_config(folder: Path) -> NetworkConfig:
    """The configuration of a folder's network.

    Attention is computed in the usual way, whatever kernel it was trained with: one that is named
    here may not be installed, and others come from the internet.

    Raises ModelMismatch where it is not what transformers expects.
    """
    auto: Any = RecurrentConfig if _is_recurrent(folder) else AutoConfig
    try:
        config = auto.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # what any of some 200 architectures raises
        raise ModelMismatch(
            f"expected a configuration in {folder}, got: {one_line(error)}"
        ) from error
    if config._attn_implementation != "eager":  # noqa: SLF001  there is no public name
        config._attn_implementation = None  # noqa: SLF001
    config._experts_implementation = None  # noqa: SLF001
    opened: NetworkConfig = config
    return opened


def _is_recurrent(folder: Path) -> bool:
    """Whether a folder holds one of our own recurrent networks, which transformers does not know.

    A configuration that cannot be read is left to transformers to complain of.
    """
    with suppress(OSError, ValueError, AttributeError):
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        return bool(config.get("model_type") == MODEL_TYPE)
    return False


def open_network(folder: Path, config: NetworkConfig, dtype: torch.dtype) -> Network:
    """The causal language model of a folder, on the CPU and in eval mode.

    Only local files, only safetensors, no code from the folder. Prefixes that torch.compile or data
    parallel training put in front of the weights' names are ignored.

    Parameters
    ----------
    folder
        A Hugging Face folder.
    config
        Its configuration, from `open_config`.
    dtype
        Format in which the network computes.

    Raises
    ------
    FormatError
        For weights that cannot be read or are not those of the configuration.
    ModelMismatch
        For a network of another kind.
    """
    wrapper = wrapper_of(weight_names(folder))
    auto: Any = RecurrentNetwork if _is_recurrent(folder) else AutoModelForCausalLM
    try:
        with quiet():
            network, loading = auto.from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they are refused below, by name
                key_mapping={f"^{re.escape(wrapper)}": ""} if wrapper else None,
            )
    except SafetensorError as error:
        raise FormatError(f"expected safetensors weights in {folder}, got: {error}") from None
    except Exception as error:  # what any of some 200 architectures raises
        raise ModelMismatch(
            f"expected a causal language model in {folder}, got: {one_line(error)}"
        ) from error
    _check_whole(loading, folder)
    opened: Network = network.eval()
    return opened


def check_sizes(network: Network, tokens: Tensor, first: int | None, folder: object) -> None:
    """Raise ModelMismatch for a token without an embedding or an output, and for no output at all.

    A tokenizer to which tokens were added while the network was not resized has such tokens.
    """
    try:
        with torch.inference_mode():
            logits = network(input_ids=tokens[:1, None] * 0, use_cache=False).logits
            sizes = (network.get_input_embeddings().weight.shape[0], logits.shape[-1])
    except Exception as error:
        raise ModelMismatch(
            f"expected a network that reads tokens alone in {folder}, got: {one_line(error)}"
        ) from error
    size, outputs = int(sizes[0]), int(sizes[1])
    most = int(tokens.max())
    if most >= min(size, outputs):
        raise ModelMismatch(
            f"expected a network with all tokens of the symbols, got {min(size, outputs)} "
            f"embeddings for token {most} in {folder}"
        )
    if first is not None and not 0 <= first < size:
        raise ModelMismatch(
            f"expected a network that knows its first token, got {size} embeddings for "
            f"token {first} in {folder}: it was added to the tokenizer alone"
        )


@torch.inference_mode()
def check_finite(weights: Iterable[tuple[str, Tensor]], where: object) -> None:
    """Raise ModelMismatch where a weight is no finite number: of a training that broke down."""
    for name, weight in weights:
        if weight.is_floating_point() and not bool(torch.isfinite(weight).all()):
            raise ModelMismatch(
                f"expected finite weights in {where}, got NaN or infinity in {name}"
            )


def check_begin(network: Network, begin: int | None, folder: object) -> None:
    """Raise ModelMismatch where the tokenizer begins sequences with a token that has no embedding.

    Whatever else it puts in front of a text: a network that was never given that token was trained
    with something else, and nobody has said what.
    """
    size = int(network.get_input_embeddings().weight.shape[0])
    if begin is not None and begin >= size:
        raise ModelMismatch(
            f"expected a network that knows its tokenizer's beginning of a sequence, got {size} "
            f"embeddings for token {begin} in {folder}: it was added to the tokenizer alone; "
            "--first-token says which one to read with"
        )


def _check_whole(loading: Mapping[str, Iterable[Any]], folder: Path) -> None:
    """Raise FormatError where weights do not fit or are missing, and where layers are left."""
    for name, came, expected in sorted(loading["mismatched_keys"]):
        raise FormatError(
            f"expected {name} of {tuple(expected)} as config.json in {folder} says, "
            f"got {tuple(came)}"
        )
    missing = sorted(loading["missing_keys"])
    if missing:
        raise FormatError(
            f"expected all weights of the model in {folder}, "
            f"got none for {len(missing)} of them, {missing[0]} first"
        )
    # Other heads of the same network may be there too; what its layers hold is part of it.
    left = sorted(name for name in loading["unexpected_keys"] if _IN_LAYER.search(name))
    if left:
        raise FormatError(
            f"expected the weights of the network that config.json in {folder} describes, "
            f"got {len(left)} more in its layers, {left[0]} first"
        )
