"""Othello-GPT's published checkpoints, and retrained ones, as Hugging Face folders.

Li et al., "Emergent World Representations" (2023), trained a minGPT of 8 layers, 8 heads and 512
dimensions on the squares of games; a checkpoint is the state dict of that module. Others have
trained it again with nanoGPT, or renamed it for TransformerLens (nerode/models/hf/layouts.py).
Token 0 is padding, tokens 1 to 60 are the squares without the middle four, by column and then by
row; there is no first token and there are 59 positions. The same function is a GPT-2 with an output
embedding of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from nerode.errors import InvalidParameter
from nerode.models.hf.layouts import check_heads, convert
from nerode.models.hf.quiet import quiet
from nerode.models.hf.state_dict import Tensors, read_state_dict

HEADS = 8
"""Attention heads of the published checkpoints, which do not say how many they have."""
PAD = "<pad>"
SQUARES = tuple(
    column + row
    for column in "abcdefgh"
    for row in "12345678"
    if column + row not in ("d4", "d5", "e4", "e5")
)
"""What tokens 1 to 60 stand for."""


@dataclass(frozen=True)
class ImportedModel:
    """What was read from a checkpoint, and what had to be assumed because the file is silent."""

    layout: str
    layers: int
    width: int
    heads: int
    parameters: int
    assumed: tuple[str, ...]


def import_othello_gpt(file: Path, out: Path, *, heads: int | None = None) -> ImportedModel:
    """Write the model of a checkpoint of Othello-GPT as a Hugging Face folder.

    Read are state dicts of minGPT (as published), nanoGPT and TransformerLens, also inside what
    Lightning and other trainers save, with `model.`, `module.` or `_orig_mod.` before all names.
    The file is opened with `weights_only`: it can hold tensors, not code.

    Parameters
    ----------
    file
        The checkpoint.
    out
        The new folder.
    heads
        Number of attention heads, which minGPT's files do not say: without it HEADS are assumed,
        and another number is another function of the same weights.

    Raises
    ------
    MissingFile
        Where there is no such file.
    FormatError
        Where it is anything but such a state dict.
    InvalidParameter
        Where `out` holds other things, or the heads do not fit.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        message = f"expected a new or empty folder, got {out}"
        raise InvalidParameter(message)
    state = read_state_dict(file)
    layout, converted = convert(state, len(SQUARES) + 1)
    width = converted.weights["transformer.wte.weight"].shape[1]
    assumed = list(converted.assumed)
    if heads is None and converted.heads is None:
        assumed.insert(0, f"{HEADS} attention heads, which the file does not say (--heads)")
    number = check_heads(heads or converted.heads or HEADS, width, converted.heads)
    network = _network(converted.weights, number)
    with quiet():
        network.save_pretrained(out)
        _tokenizer().save_pretrained(out)
    return ImportedModel(
        layout=layout.name,
        layers=int(network.config.n_layer),
        width=int(width),
        heads=number,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        assumed=tuple(assumed),
    )


def _network(weights: Tensors, heads: int) -> GPT2LMHeadModel:
    positions, width = weights["transformer.wpe.weight"].shape
    config = GPT2Config(
        vocab_size=len(SQUARES) + 1,
        n_positions=positions,
        n_embd=width,
        n_layer=sum(name.endswith(".ln_1.weight") for name in weights),
        n_head=heads,
        n_inner=weights["transformer.h.0.mlp.c_fc.weight"].shape[1],
        activation_function="gelu",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        tie_word_embeddings=False,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        network = GPT2LMHeadModel(config)
    network.load_state_dict({name: value.contiguous() for name, value in weights.items()})
    return network


def _tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {name: number for number, name in enumerate((PAD, *SQUARES))}
    inner = Tokenizer(models.WordLevel(vocabulary))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=inner, pad_token=PAD, clean_up_tokenization_spaces=False
    )
