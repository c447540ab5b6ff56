"""Othello-GPT's published checkpoints as Hugging Face folders.

Li et al., "Emergent World Representations" (2023), trained a minGPT of 8 layers, 8 heads and 512
dimensions on the squares of games; a checkpoint is the state dict of that module. Token 0 is
padding, tokens 1 to 60 are the squares without the middle four, by column and then by row; there
is no first token and there are 59 positions. The same function is a GPT-2 whose query, key and
value stand side by side, with weights transposed and an output embedding of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.models.quiet import quiet

HEADS = 8
PAD = "<pad>"
SQUARES = tuple(
    column + row
    for column in "abcdefgh"
    for row in "12345678"
    if column + row not in ("d4", "d5", "e4", "e5")
)
"""What tokens 1 to 60 stand for."""

_BLOCK = re.compile(r"blocks\.(\d+)\.")
_LARGEST = 1 << 32  # bytes: the published files have 100 MB

Tensors = dict[str, torch.Tensor]


def import_othello_gpt(file: Path, out: Path) -> int:
    """Write the model of a checkpoint to the folder `out`; its number of parameters.

    The file is opened with `weights_only`: it can hold tensors, not code. Raises MissingFile
    where there is none, FormatError where it is anything but such a state dict,
    InvalidParameter where `out` holds other things.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        message = f"expected a new or empty folder, got {out}"
        raise InvalidParameter(message)
    weights = _read(file)
    network = _network(weights, file)
    with quiet():
        network.save_pretrained(out)
        _tokenizer().save_pretrained(out)
    return sum(parameter.numel() for parameter in network.parameters())


def _read(file: Path) -> Tensors:
    if not file.is_file():
        message = f"expected a checkpoint of Othello-GPT, got no file {file}"
        raise MissingFile(message)
    if file.stat().st_size > _LARGEST:
        message = f"expected a checkpoint of at most {_LARGEST >> 30} GiB, got more in {file}"
        raise FormatError(message)
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001 - torch raises what its parts do: pickle, zip, struct ...
        message = f"expected a state dict of tensors in {file}, got what is not tensors alone"
        raise FormatError(message) from None
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in found.items()
    ):
        message = f"expected a state dict of tensors in {file}, got {type(found).__name__}"
        raise FormatError(message)
    return {name.removeprefix("module."): value for name, value in found.items()}


def _network(weights: Tensors, file: Path) -> GPT2LMHeadModel:
    taken = _Taken(weights, file)
    embedding = taken.take("tok_emb.weight", 2)
    positions = taken.take("pos_emb", 3)[0]
    tokens, width = embedding.shape
    if tokens != len(SQUARES) + 1 or positions.shape[1] != width or width % HEADS:
        message = (
            f"expected {len(SQUARES) + 1} tokens and positions of one width that {HEADS} heads "
            f"divide in {file}, got {tuple(embedding.shape)} and {tuple(positions.shape)}"
        )
        raise FormatError(message)
    layers = 1 + max(
        (int(found[1]) for name in weights if (found := _BLOCK.match(name))), default=-1
    )
    renamed: dict[str, torch.Tensor] = {
        "transformer.wte.weight": embedding,
        "transformer.wpe.weight": positions,
        "lm_head.weight": taken.take("head.weight", 2, tokens, width),
    }
    for name in ("weight", "bias"):
        renamed[f"transformer.ln_f.{name}"] = taken.take(f"ln_f.{name}", 1, width)
    for layer in range(layers):
        for name, value in taken.block(f"blocks.{layer}.", width).items():
            renamed[f"transformer.h.{layer}.{name}"] = value
    taken.check_rest()
    config = GPT2Config(
        vocab_size=tokens,
        n_positions=len(positions),
        n_embd=width,
        n_layer=layers,
        n_head=HEADS,
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
    network.load_state_dict(renamed)
    return network


class _Taken:
    """The tensors of a state dict, each taken by name and expected in a shape."""

    def __init__(self, weights: Tensors, file: Path) -> None:
        self._left = dict(weights)
        self._file = file

    def take(self, name: str, dimensions: int, *shape: int) -> torch.Tensor:
        """The tensor as float32; FormatError where it is absent or of another shape."""
        value = self._left.pop(name, None)
        expected = str(shape) if shape else f"{dimensions} dimensions"
        if value is None:
            message = f"expected {name} with {expected} in {self._file}, got none"
            raise FormatError(message)
        if value.dim() != dimensions or (shape and tuple(value.shape) != shape):
            message = f"expected {name} with {expected} in {self._file}, got {tuple(value.shape)}"
            raise FormatError(message)
        if not value.is_floating_point() or not torch.isfinite(value).all():
            message = f"expected finite numbers in {name} of {self._file}, got others"
            raise FormatError(message)
        return value.detach().to(torch.float32)

    def block(self, at: str, width: int) -> Tensors:
        """One layer's tensors by their names in a GPT-2."""
        self._left.pop(f"{at}attn.mask", None)  # which pairs may attend: GPT-2 knows
        found: Tensors = {}
        for ours, theirs in (("ln_1", "ln1"), ("ln_2", "ln2")):
            for name in ("weight", "bias"):
                found[f"{ours}.{name}"] = self.take(f"{at}{theirs}.{name}", 1, width)
        heads = [f"{at}attn.{name}" for name in ("query", "key", "value")]
        matrices = [self.take(f"{name}.weight", 2, width, width) for name in heads]
        found["attn.c_attn.weight"] = torch.cat([each.T for each in matrices], dim=1)
        biases = [self.take(f"{name}.bias", 1, width) for name in heads]
        found["attn.c_attn.bias"] = torch.cat(biases)
        for ours, theirs, rows, columns in (
            ("attn.c_proj", "attn.proj", width, width),
            ("mlp.c_fc", "mlp.0", 4 * width, width),
            ("mlp.c_proj", "mlp.2", width, 4 * width),
        ):
            matrix = self.take(f"{at}{theirs}.weight", 2, rows, columns)
            found[f"{ours}.weight"] = matrix.T.contiguous()
            found[f"{ours}.bias"] = self.take(f"{at}{theirs}.bias", 1, rows)
        return found

    def check_rest(self) -> None:
        """FormatError where tensors are left that no part of the model asked for."""
        if self._left:
            name = next(iter(self._left))
            message = f"expected the tensors of a minGPT in {self._file}, got {name} as well"
            raise FormatError(message)


def _tokenizer() -> Any:
    vocabulary = {name: number for number, name in enumerate((PAD, *SQUARES))}
    inner = Tokenizer(models.WordLevel(vocabulary))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=inner, pad_token=PAD, clean_up_tokenization_spaces=False
    )
