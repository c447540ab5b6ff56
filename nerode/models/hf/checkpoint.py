"""Opening a Hugging Face folder as a model of a world, with every way it can be wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import torch
from transformers import AutoTokenizer

from nerode.errors import FormatError, ModelMismatch
from nerode.models.hf.borders import HubTokenizer, Network
from nerode.models.hf.causality import check_causal
from nerode.models.hf.first_token import FirstToken
from nerode.models.hf.first_token import first_token as first_of
from nerode.models.hf.model_folder import check_folder, one_line
from nerode.models.hf.network import (
    check_begin,
    check_finite,
    check_sizes,
    open_config,
    open_network,
)
from nerode.models.hf.positions import most_tokens
from nerode.models.hf.quiet import quiet
from nerode.models.hf.record import read_record
from nerode.models.hf.spelled.model import SpelledTransformer
from nerode.models.hf.spelled.spellings import (
    Spellings,
    check_present,
    text_spellings,
    vocabulary_spellings,
)
from nerode.models.hf.spelled.trie import Trie
from nerode.models.hf.transformer import Transformer
from nerode.worlds.world import AnyWorld

HubModel: TypeAlias = Transformer | SpelledTransformer
"""A network that is read with one token a symbol, or with several."""
FINGERPRINTED = 2**22
"""Bytes of each end of a file of weights that its fingerprint reads."""


def open_checkpoint(
    folder: Path,
    world: AnyWorld,
    *,
    dtype: torch.dtype = torch.float32,
    device: str | None = None,
    first_token: str | None = None,
) -> HubModel:
    """The causal language model in a folder, read with the symbols of a world.

    Only local files, only safetensors, no code from the folder.

    Parameters
    ----------
    folder
        A Hugging Face folder: configuration, weights and tokenizer.
    world
        A symbol is what the tokenizer makes of its name in the text of a sequence, one token or
        several (nerode/models/hf/spelled); one that cannot be written so has probability 0.
    dtype
        Format in which the network computes.
    device
        A torch device; by default the GPU where there is one.
    first_token
        Token in front of every sequence, `none` for none; None takes the one that
        nerode/models/hf/first_token.py takes for granted.

    Raises
    ------
    MissingFile
        For a folder without configuration, weights or tokenizer.
    FormatError
        For one of these that cannot be read.
    ModelMismatch
        For a model of another kind or with another vocabulary, and for a network that is no causal
        language model (see `check_causal`).
    InvalidParameter
        For a first token that does not exist.
    """
    check_folder(folder, world)
    trained_on = read_record(folder)
    with quiet():
        config = open_config(folder)
        tokenizer = _tokenizer(folder)
        # Which token is which is found out first: that is fast, and most folders fail there.
        reading = _reading(tokenizer, world, folder, trained_on, first_token)
    network = open_network(folder, config, dtype)
    network = network.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    return _model(network, tokenizer, world, folder, reading, fingerprint(folder))


def read_network(
    network: Network,
    tokenizer: HubTokenizer,
    world: AnyWorld,
    where: object,
    *,
    trained_on: Mapping[str, Any] | None = None,
    first_token: str | None = None,
) -> HubModel:
    """A causal language model that is open, read with the symbols of a world.

    Parameters
    ----------
    network
        Of the transformers library, in eval mode, on its device.
    tokenizer
        Its tokenizer.
    world
        The world of the symbols.
    where
        Names the network in messages.
    trained_on
        What it is trained on, as `nerode.json` says it.
    first_token
        As `open_checkpoint` takes it.

    Raises
    ------
    ModelMismatch, InvalidParameter
        As `open_checkpoint` does.
    """
    known = None if trained_on is None else dict(trained_on)
    with quiet():
        reading = _reading(tokenizer, world, where, known, first_token)
    return _model(network, tokenizer, world, where, reading)


@dataclass(frozen=True)
class _Reading:
    """Which tokens are which symbol, and which one stands in front."""

    symbols: Spellings
    first: FirstToken
    chosen: bool  # whether the user named the first token
    trained_on: dict[str, Any] | None


def _reading(
    tokenizer: HubTokenizer,
    world: AnyWorld,
    where: object,
    trained_on: dict[str, Any] | None,
    first_token: str | None,
) -> _Reading:
    # Training by `nerode train` reads numbers, and never text.
    found = text_spellings if trained_on is None else vocabulary_spellings
    symbols = found(tokenizer, world, where)
    check_present(symbols, world, where)
    _check_clear(tokenizer, world, symbols, where)
    first = first_of(tokenizer, world, symbols, first_token, where)
    return _Reading(symbols, first, first_token is not None, trained_on)


def _check_clear(
    tokenizer: HubTokenizer, world: AnyWorld, symbols: Spellings, where: object
) -> None:
    """Raise ModelMismatch where tokens can be read as symbols in more than one way."""
    unclear = Trie(symbols.inside, symbols.leading).unclear
    if unclear is not None:
        symbol, token = unclear
        shown = tokenizer.convert_ids_to_tokens([token])[0]
        raise ModelMismatch(
            f"expected tokens that say where a symbol of {world.name} ends, got "
            f"{world.alphabet[symbol]!r}, behind which {shown!r} goes on with it or begins the "
            f"next one, in {where}"
        )


def _model(
    network: Network,
    tokenizer: HubTokenizer,
    world: AnyWorld,
    where: object,
    reading: _Reading,
    weights: str | None = None,
) -> HubModel:
    """The network with its tokens, once it has passed every test."""
    symbols, first = reading.symbols, reading.first
    device = network.get_input_embeddings().weight.device
    tokens = torch.tensor(symbols.used, device=device)
    check_sizes(network, tokens, first.token, where)
    if not reading.chosen:
        check_begin(network, tokenizer.bos_token_id, where)
    check_finite(network.named_parameters(), where)
    longest = most_tokens(network, tokens)
    check_causal(network, tokens, longest, str(where))
    size = network.get_input_embeddings().weight.shape[0]
    known = reading.trained_on is not None and not reading.chosen
    letters = Transformer(
        name=str(where),
        alphabet=tuple(map(str, symbols.used)),
        network=network,
        tokens=tokens,
        first=first.token,
        first_choice=_compared(first, size, known=known),
        context_length=longest and longest - (first.token is not None),
        trained_on=reading.trained_on,
        fingerprint=weights,
    )
    if not symbols.single:
        return SpelledTransformer(world.alphabet, letters, symbols)  # clear, says `_reading`
    inside, leading = (
        torch.tensor([-1 if token is None else token[0] for token in each], device=device)
        for each in (symbols.inside, symbols.leading)
    )
    return replace(
        letters,
        alphabet=world.alphabet,
        tokens=inside.clamp(min=0),
        leading=None if symbols.inside == symbols.leading else leading,
        absent=symbols.absent,
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


def _compared(first: FirstToken, size: int, *, known: bool) -> FirstToken:
    """The choice with the others that there are embeddings for; none where it is `known`."""
    others = {} if known else first.others
    there = {name: token for name, token in others.items() if token is None or token < size}
    return replace(first, others=there)


def _tokenizer(folder: Path) -> HubTokenizer:
    auto: Any = AutoTokenizer
    try:
        opened: HubTokenizer = auto.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # the tokenizers library raises bare Exception
        raise FormatError(f"expected a tokenizer in {folder}, got: {one_line(error)}") from error
    return opened
