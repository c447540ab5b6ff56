"""Networks of which a symbol is several tokens: rides read symbol by symbol.

Weights are random, with opinions: what a trained network is asked costs less, since it gives hardly
any probability to most branches of the trie. The naive version reads the whole text for every token
of every symbol that may come next, one ride at a time.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from benchmarks.rows import Missing, Options, Row, measured
from nerode.models.hf.checkpoint import open_checkpoint, read_network
from nerode.models.hf.quiet import quiet
from nerode.models.hf.spelled.model import SpelledTransformer
from nerode.models.hf.spelled.trie import INSIDE, LEADING
from nerode.models.hf.tokenizer import tokenizer as one_token_each
from nerode.models.hf.transformer import Transformer
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.registry import open_world
from nerode.worlds.world import AnyWorld

NAME = "rides, 4 x 128, symbols of several tokens"
STEPS = 12
SHAPE: dict[str, Any] = {"n_embd": 128, "n_layer": 4, "n_head": 4, "n_positions": 512}
NO_NAMES: dict[str, Any] = {"bos_token_id": None, "eos_token_id": None}


def byte_pairs(texts: list[str]) -> Any:
    """A byte-level tokenizer as GPT-2 has, of 400 tokens."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    inner.train_from_iterator(texts, trainer)
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=inner)


def network_of(tokens: int) -> Any:
    """A GPT-2 of that many tokens, with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made: Any = GPT2LMHeadModel(GPT2Config(vocab_size=tokens, **SHAPE, **NO_NAMES))
        for parameter in made.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.1)
    return made.eval()


def opened(world: AnyWorld, texts: list[str]) -> SpelledTransformer:
    """The network as a folder holds it."""
    with tempfile.TemporaryDirectory() as folder, quiet():
        tokenizer = byte_pairs(texts)
        tokenizer.save_pretrained(folder)
        network_of(len(tokenizer)).save_pretrained(folder)
        model = open_checkpoint(Path(folder), world, device="cpu")
    assert isinstance(model, SpelledTransformer)
    return model


def rate(model: SpelledTransformer | Transformer, rides: list[list[int]]) -> float:
    """Distributions a second, over rides that are read symbol by symbol."""
    begin = time.perf_counter()
    contexts = model.read([ride[:2] for ride in rides])
    rows = np.arange(len(rides))
    for step in range(STEPS):
        _ = contexts.probabilities
        contexts = contexts.extend(rows, np.array([ride[2 + step] for ride in rides]))
    return len(rides) * STEPS / (time.perf_counter() - begin)


@torch.inference_mode()
def naive_rate(model: SpelledTransformer, ride: list[int]) -> float:
    """The same, every token of every symbol by a forward of its own."""
    tokens = model.letters.tokens
    begin = time.perf_counter()
    read = [*model.letters_of(ride[:2])]
    inside = model.spelled[INSIDE]
    prefixes = {each[:end] for each in inside if each for end in range(len(each))}
    for prefix in prefixes:
        ids = tokens[torch.tensor([*read, *prefix])]
        torch.softmax(model.network(ids[None]).logits[0, -1].float(), -1)
    return 1 / (time.perf_counter() - begin)


def _row(count: int) -> Row:
    world = open_world("midtown")
    drawn = [ride.tolist() for ride in draw_sequences(world, "random", 4 * count, 0)]
    rides = [ride for ride in drawn if len(ride) > STEPS + 2][:count]
    model = opened(world, [world.decode(ride) for ride in drawn[:200]])
    rate(model, rides[:4])
    tokenizer: Any = one_token_each(world.alphabet)
    single = read_network(network_of(len(tokenizer)), tokenizer, world, "one token a symbol")
    assert isinstance(single, Transformer)
    rate(single, rides[:4])
    spelled, alone = rate(model, rides), rate(single, rides)
    branches = model.trie.branches
    return Row(
        NAME,
        "symbols/s",
        rate=spelled,
        naive=naive_rate(model, rides[0]),
        details={
            "rides": len(rides),
            "share of the rate with one token a symbol": round(spelled / alone, 4),
            "tokens of the longest symbol": model.spellings.longest,
            "inner nodes of the trie": sum(len(each.tokens) > 0 for each in branches) - LEADING - 1,
        },
    )


def rows(options: Options) -> Iterator[Row | Missing]:
    """The one row."""
    return measured(options, {NAME: partial(_row, options.size(64, 8))})
