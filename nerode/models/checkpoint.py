"""Opening a Hugging Face folder as a model of a world, with every way it can be wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer

from nerode.errors import FormatError, MissingFile, ModelMismatch
from nerode.models.quiet import quiet
from nerode.models.record import read_record
from nerode.models.transformer import Transformer
from nerode.worlds.world import World

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
TOKENIZERS = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "tokenizer.model")
NAMES_SHOWN = 8
FINGERPRINTED = 2**22
"""Bytes of each end of a file of weights that its fingerprint reads."""


def open_checkpoint(
    folder: Path,
    world: World[Any],
    *,
    dtype: torch.dtype = torch.float32,
    device: str | None = None,
) -> Transformer:
    """The causal language model in a folder, read with the symbols of a world.

    Only local files, only safetensors, no code from the folder. Every symbol must be one
    token. `device` is a torch device, by default the GPU where there is one.

    Raises MissingFile for a folder without configuration, weights or tokenizer,
    FormatError for one of these that cannot be read, ModelMismatch for a model of another
    kind or with another vocabulary.
    """
    _check_files(folder)
    with quiet():
        tokenizer = _tokenizer(folder)
        network = _network(folder, dtype)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    tokens = _tokens(tokenizer, world, folder)
    size = network.get_input_embeddings().num_embeddings
    if max(tokens) >= size:
        raise ModelMismatch(
            f"expected a model with a token for each symbol of {world.name}, "
            f"got {size} embeddings for token {max(tokens)} in {folder}"
        )
    positions = getattr(network.config.get_text_config(), "max_position_embeddings", None)
    first = tokenizer.bos_token_id
    return Transformer(
        name=str(folder),
        alphabet=world.alphabet,
        network=network.eval().to(device),
        tokens=torch.tensor(tokens, device=device),
        first=first,
        context_length=positions and positions - (first is not None),
        trained_on=read_record(folder),
        fingerprint=fingerprint(folder),
    )


def fingerprint(folder: Path) -> str:
    """A hash of the weights' sizes, beginnings and ends: it changes when they are trained on.

    Large files are not read whole; the last tensors differ after any step of training.
    """
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        size = path.stat().st_size
        total.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as stream:
            total.update(stream.read(FINGERPRINTED))
            stream.seek(max(0, size - FINGERPRINTED))
            total.update(stream.read(FINGERPRINTED))
    return total.hexdigest()


def _check_files(folder: Path) -> None:
    config = folder / "config.json"
    if not config.is_file():
        begun = (folder / "checkpoints").is_dir()
        hint = "; its training is not finished: `nerode train ... --resume`" if begun else ""
        raise MissingFile(f"expected a model with a configuration, got no file {config}{hint}")
    if not any((folder / name).is_file() for name in WEIGHTS):
        pickled = sorted(path.name for path in folder.glob("*.bin"))
        other = f" but {pickled[0]}, a pickle, which is never opened" if pickled else ""
        raise MissingFile(f"expected weights, got no file {folder / WEIGHTS[0]}{other}")
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise MissingFile(f"expected a tokenizer, got no file {folder / TOKENIZERS[0]}")
    try:
        json.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"expected JSON in {config}, got: {error}") from None


def _tokenizer(folder: Path) -> Any:
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises bare Exception
        raise FormatError(f"expected a tokenizer in {folder}, got: {_line(error)}") from error


def _network(folder: Path, dtype: torch.dtype) -> Any:
    auto: Any = AutoModelForCausalLM
    try:
        network, loading = auto.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except SafetensorError as error:
        raise FormatError(f"expected safetensors weights in {folder}, got: {error}") from None
    except (ValueError, RuntimeError, OSError, KeyError, TypeError) as error:
        raise ModelMismatch(
            f"expected a causal language model in {folder}, got: {_line(error)}"
        ) from error
    missing = sorted(loading["missing_keys"])
    if missing:
        raise FormatError(
            f"expected all weights of the model in {folder}, "
            f"got none for {len(missing)} of them, {missing[0]} first"
        )
    return network


def _tokens(tokenizer: Any, world: World[Any], folder: Path) -> list[int]:
    """Token of every symbol: the vocabulary's entry, or the one token that it is split into."""
    vocabulary = tokenizer.get_vocab()
    tokens = {
        name: vocabulary[name] if name in vocabulary else _only_token(tokenizer, name)
        for name in world.alphabet
    }
    missing = [name for name, token in tokens.items() if token is None]
    if missing:
        shown = " ".join(missing[:NAMES_SHOWN])
        more = " ..." if len(missing) > NAMES_SHOWN else ""
        raise ModelMismatch(
            f"expected a vocabulary with the {len(tokens)} symbols of {world.name}, "
            f"got one without {len(missing)} of them ({shown}{more}) in {folder}"
        )
    found = [token for token in tokens.values() if token is not None]
    if len(set(found)) < len(found):
        raise ModelMismatch(
            f"expected a token of its own for each of the {len(found)} symbols of {world.name}, "
            f"got {len(set(found))} tokens in {folder}"
        )
    return found


def _only_token(tokenizer: Any, name: str) -> int | None:
    try:
        split = tokenizer.encode(name, add_special_tokens=False)
    except Exception:  # noqa: BLE001  what a tokenizer without a token for unknown words raises
        return None
    known = len(split) == 1 and split[0] != tokenizer.unk_token_id
    return int(split[0]) if known else None


def _line(error: BaseException) -> str:
    """First line of a library's message, which may run over many."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
