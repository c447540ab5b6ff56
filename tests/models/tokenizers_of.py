"""Tokenizers of every kind that people train on the text of sequences, and networks for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from nerode.sequences.dataset import draw_sequences
from nerode.worlds.world import World

BEGIN, UNKNOWN = "<s>", "<unk>"


def texts_of(world: World[Any], count: int = 300) -> list[str]:
    return [world.decode(row.tolist()) for row in draw_sequences(world, "random", count, 1)]


def wordlevel(texts: Sequence[str]) -> Tokenizer:
    inner = Tokenizer(models.WordLevel({UNKNOWN: 0}, unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.train_from_iterator(
        texts, trainers.WordLevelTrainer(special_tokens=[UNKNOWN, BEGIN], show_progress=False)
    )
    return inner


def wordpiece(texts: Sequence[str]) -> Tokenizer:
    inner = Tokenizer(models.WordPiece({UNKNOWN: 0}, unk_token=UNKNOWN))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.decoder = decoders.WordPiece()
    inner.train_from_iterator(
        texts,
        trainers.WordPieceTrainer(
            vocab_size=200, special_tokens=[UNKNOWN, BEGIN], show_progress=False
        ),
    )
    return inner


def byte_level(texts: Sequence[str], *, prefix: bool = False, regex: bool = True) -> Tokenizer:
    """As GPT-2's: the alphabet of bytes is always there."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)
    inner.decoder = decoders.ByteLevel()
    inner.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=[BEGIN],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return inner


def unigram(texts: Sequence[str]) -> Tokenizer:
    """As SentencePiece's: words with a mark in front, and their letters, which cost more."""
    words = sorted({word for text in texts for word in text.split()})
    letters = sorted({letter for word in words for letter in word})
    pieces = [(UNKNOWN, 0.0), (BEGIN, 0.0), ("▁", -9.0), *((f"▁{word}", -3.0) for word in words)]
    inner = Tokenizer(models.Unigram([*pieces, *((letter, -9.0) for letter in letters)], 0))
    inner.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    inner.decoder = decoders.Metaspace()
    return inner


def metaspace_bpe(texts: Sequence[str]) -> Tokenizer:
    """As Llama's."""
    inner = Tokenizer(models.BPE(unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    inner.decoder = decoders.Metaspace(prepend_scheme="always")
    inner.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=200, special_tokens=[UNKNOWN, BEGIN], show_progress=False),
    )
    return inner


def in_front(inner: Tokenizer, *names: str) -> Tokenizer:
    """The same with tokens that are put in front of every text."""
    inner.post_processor = processors.TemplateProcessing(
        single=" ".join([*names, "$A"]),
        special_tokens=[(name, inner.token_to_id(name)) for name in names],
    )
    return inner


def saved(inner: Tokenizer, folder: Path, seed: int = 0, **settings: Any) -> Any:
    """A folder with this tokenizer and a small network with opinions; the network."""
    fast: Any = PreTrainedTokenizerFast
    fast(tokenizer_object=inner, **settings).save_pretrained(folder)
    config = GPT2Config(
        vocab_size=inner.get_vocab_size(),
        n_positions=128,
        n_embd=16,
        n_layer=2,
        n_head=2,
        bos_token_id=None,
        eos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network: Any = GPT2LMHeadModel(config)
        network.eval()
        for parameter in network.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.4)
    network.save_pretrained(folder)
    return network


@torch.inference_mode()
def plain(network: Any, ids: Sequence[int]) -> Any:
    """Probabilities of all tokens after these."""
    return torch.softmax(network(input_ids=torch.tensor([list(ids)])).logits[0, -1], -1).numpy()
