"""Weights that a training begins with: those of another model instead of random ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from nerode.errors import MissingFile, ModelMismatch
from nerode.models.bundled import folder_of, opens_bundled
from nerode.models.hf.quiet import quiet
from nerode.models.hf.record import read_record
from nerode.training.settings import Settings

_WEIGHTS = "model.safetensors"
_OF_OLD = {"architecture": "gpt2"}
"""What records of a time when there was one of each do not say."""


def folder_to_begin_with(name: str) -> Path:
    """The folder of a model by its name. Raises MissingFile where it has no weights."""
    folder = folder_of(name) if opens_bundled(name) else Path(name)
    if not (folder / _WEIGHTS).is_file():
        raise MissingFile(f"expected a model to begin with, got no file {folder / _WEIGHTS}")
    return folder


def check_start(name: str, settings: Settings) -> None:
    """Raise where a model cannot be begun with, as far as its files say.

    MissingFile where it has no weights, ModelMismatch where it is of another kind or size.
    """
    folder = folder_to_begin_with(name)
    record: dict[str, Any] = read_record(folder) or {}
    theirs = _OF_OLD | record.get("training", {}).get("settings", {})
    for option in ("architecture", "layers", "width", *(["heads"] * settings.has_attention)):
        own, found = getattr(settings, option), theirs.get(option)
        if found is not None and own != found:
            raise ModelMismatch(
                f"expected a model of {option} {own} to begin with, got {folder}, which has "
                f"{option} {found}"
            )


def begin_with(name: str, network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Give a network the weights of another of its kind, size and symbols.

    Parameters
    ----------
    name
        Folder of a model that `nerode train` wrote, or the name of a bundled one.
    network
        A network with random weights, which are replaced.
    tokenizer
        The symbols that it reads.

    Raises
    ------
    MissingFile
        Where the folder has no weights.
    ModelMismatch
        Where they belong to another kind or size of network, or to other symbols.
    """
    folder = folder_to_begin_with(name)
    kind: Any = type(network)
    with quiet():
        config = kind.config_class.from_pretrained(folder)
        if config.model_type != network.config.model_type:
            raise ModelMismatch(
                f"{folder}: expected a {network.config.model_type} to begin with, got a "
                f"{config.model_type}"
            )
        found = kind.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
        known = AutoTokenizer.from_pretrained(folder, local_files_only=True).get_vocab()
    own, theirs = (_sizes(each) for each in (network, found))
    differing = [part for part in {**own, **theirs} if own.get(part) != theirs.get(part)]
    if differing:
        part = differing[0]
        raise ModelMismatch(
            f"{folder}: expected weights of the size of the network (its {part} is "
            f"{own.get(part, 'none')}), got {theirs.get(part, 'none')}"
        )
    if known != tokenizer.get_vocab():
        raise ModelMismatch(f"{folder}: expected a model of the same symbols, got one of others")
    network.load_state_dict(found.state_dict())


def _sizes(network: PreTrainedModel) -> dict[str, tuple[int, ...]]:
    return {name: tuple(part.shape) for name, part in network.state_dict().items()}
