"""Symbols of several tokens, against reading one text at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

from nerode.errors import ModelMismatch
from nerode.evaluation.evaluation import evaluate
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.spelled import model as spelled
from nerode.models.hf.spelled.model import SpelledContexts, SpelledTransformer
from nerode.models.registry import open_model
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.streets.street_map import StreetMap
from tests.models.tokenizers_of import BEGIN, UNKNOWN, in_front, saved, texts_of

TOWN = StreetMap(
    ["c1", "c12", "c2", "c123", "north-park"],
    [40.0, 40.1, 40.2, 40.3, 40.1],
    [-74.0, -74.0, -74.0, -74.0, -74.1],
    [
        *((0, "N", 1), (1, "N", 2), (2, "S", 1), (1, "S", 0), (0, "E", 2)),
        *((2, "NE", 3), (3, "SW", 2), (3, "NW", 4), (4, "SE", 0), (1, "W", 4)),
    ],
    name="town",
)
"""Names of which some are the beginning of others."""
COLUMNS = len(TOWN.alphabet)


def byte_pairs(prefix: bool = False) -> Tokenizer:
    """As GPT-2's, trained on little, so that most names fall apart."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=262,
        special_tokens=[BEGIN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(texts_of(TOWN, 50), trainer)
    return inner


def sentence_pieces() -> Tokenizer:
    """As Llama's: a mark in front of words, and bytes for what is not known."""
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    inner = Tokenizer(models.BPE(unk_token=UNKNOWN, byte_fallback=True, fuse_unk=True))
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    inner.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    names = [UNKNOWN, BEGIN, *fallback, "▁", *"cNESW123kehorpat-nd", "▁c", "▁N", "or", "12"]
    merges = [("▁", "c"), ("▁", "N"), ("o", "r"), ("1", "2")]
    vocabulary = {name: number for number, name in enumerate(names)}
    inner.model = models.BPE(
        vocabulary, merges, unk_token=UNKNOWN, byte_fallback=True, fuse_unk=True
    )
    return inner


def word_pieces() -> Tokenizer:
    """As BERT's: `##` in front of what goes on."""
    letters = sorted({letter for name in TOWN.alphabet for letter in name})
    names = [UNKNOWN, BEGIN, *letters, *(f"##{letter}" for letter in letters), "##12", "no", "en"]
    vocabulary = {name: number for number, name in enumerate(dict.fromkeys(names))}
    inner = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.decoder = decoders.WordPiece()
    return inner


def characters() -> Tokenizer:
    """Every letter a token, white space too."""
    letters = sorted({letter for name in TOWN.alphabet for letter in name})
    vocabulary = {name: number for number, name in enumerate([UNKNOWN, BEGIN, " ", *letters])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    inner.decoder = decoders.Fuse()
    return inner


KINDS: dict[str, Callable[[], Tokenizer]] = {
    "bytes": byte_pairs,
    "bytes with a space in front": lambda: byte_pairs(prefix=True),
    "sentence pieces": sentence_pieces,
    "sentence pieces, begun": lambda: in_front(sentence_pieces(), BEGIN),
    "word pieces": word_pieces,
    "characters": characters,
    "characters, begun": lambda: in_front(characters(), BEGIN),
}


@pytest.fixture(scope="module", params=KINDS)
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SpelledTransformer, Dumb]:
    folder = tmp_path_factory.mktemp("folder")
    network = saved(KINDS[request.param](), folder, unk_token=UNKNOWN)
    model = open_checkpoint(folder, TOWN)
    assert isinstance(model, SpelledTransformer)
    auto: Any = AutoTokenizer
    return model, Dumb(network, auto.from_pretrained(folder), model.first)


class Dumb:
    """One symbol at a time: the text is split and read whole for each."""

    def __init__(self, network: Any, tokenizer: Any, first: int | None) -> None:
        self.tokenizer = tokenizer
        self.first = [] if first is None else [first]

        @cache
        def after(ids: tuple[int, ...]) -> Any:
            with torch.inference_mode():
                logits = network(input_ids=torch.tensor([ids])).logits[0, -1]
            return torch.softmax(logits.double(), -1).numpy()

        self.after = after

    def ids(self, symbols: Sequence[int]) -> list[int]:
        return list(self.tokenizer.encode(TOWN.decode(symbols), add_special_tokens=False))

    def spelling(self, history: Sequence[int], symbol: int) -> list[int]:
        """The tokens that a symbol adds to a text."""
        begun, whole = self.ids(history) if history else [], self.ids([*history, symbol])
        assert whole[: len(begun)] == begun
        return whole[len(begun) :]

    def goes_on(self, history: Sequence[int], symbol: int) -> float:
        """How probable it is that a whole symbol is the beginning of a longer one."""
        spelling = self.spelling(history, symbol)
        longer = {
            tuple(other[: len(spelling) + 1])
            for other in (self.spelling(history, each) for each in range(COLUMNS))
            if len(other) > len(spelling) and other[: len(spelling)] == spelling
        }
        read = (*self.first, *self.ids([*history, symbol]))
        return float(sum(self.after(read)[tokens[-1]] for tokens in longer))

    def probability(self, history: Sequence[int], symbol: int) -> float:
        read = [*self.first, *(self.ids(history) if history else [])]
        found = 1.0
        for token in self.spelling(history, symbol):
            found *= float(self.after(tuple(read))[token])
            read.append(token)
        found *= 1 - self.goes_on(history, symbol)
        return found / (1 - self.goes_on(history[:-1], history[-1])) if history else found


def histories() -> list[list[int]]:
    rides = [ride.tolist() for ride in draw_sequences(TOWN, "random", 3, 5)]
    strange = [[TOWN.index["c12"], TOWN.index["c1"], TOWN.index["end"], TOWN.index["c2"]]]
    return [each for ride in rides for each in (ride[:1], ride[:2], ride[:6])] + strange


@pytest.mark.slow
def test_a_symbol_is_as_probable_as_its_spelling(opened: tuple[SpelledTransformer, Dumb]) -> None:
    model, dumb = opened
    every = histories() + ([[]] if not model.least_history else [])
    contexts = model.read(every)
    rng = np.random.default_rng(0)
    for _ in range(3):
        expected = [[dumb.probability(h, symbol) for symbol in range(COLUMNS)] for h in every]
        np.testing.assert_allclose(contexts.probabilities, expected, atol=1e-5)
        assert np.all(contexts.probabilities.sum(axis=1) <= 1 + 1e-5)
        rows = np.sort(rng.integers(0, len(every), 8))
        symbols = rng.integers(0, COLUMNS, 8)
        contexts = contexts.extend(rows, symbols)
        every = [[*every[row], symbol] for row, symbol in zip(rows, symbols.tolist(), strict=True)]


@pytest.mark.slow
def test_parts_that_are_read_again_give_the_same(
    opened: tuple[SpelledTransformer, Dumb], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _ = opened
    rng = np.random.default_rng(1)
    rows, symbols = np.sort(rng.integers(0, 9, 40)), rng.integers(0, COLUMNS, 40)
    found: list[Any] = []
    for most in (1, 100):
        monkeypatch.setattr(spelled, "MOST_PARTS", most)
        monkeypatch.setattr(spelled, "MOST_FOLLOWED", 7 if most == 1 else 10_000)
        contexts: Any = model.read(histories())
        for _ in range(3):
            contexts = contexts.extend(rows % len(contexts.probabilities), symbols)
        assert isinstance(contexts, SpelledContexts)
        assert (len(contexts.parts) == 1) == (most == 1)
        found.append(contexts.probabilities)
    again, once = found
    np.testing.assert_allclose(again, once, atol=1e-5)


@pytest.mark.slow
def test_hidden_states_are_those_of_the_last_token(opened: tuple[SpelledTransformer, Dumb]) -> None:
    model, dumb = opened
    rows = [each for each in histories() if each]
    states = model.hidden_states(rows)
    assert states.shape == (model.hidden_layers, sum(map(len, rows)), model.hidden_width)
    at = 0
    for row in rows:
        for place in range(len(row)):
            ids = [*dumb.first, *dumb.ids(row[: place + 1])]
            with torch.inference_mode():
                whole = model.network(
                    input_ids=torch.tensor([ids]), output_hidden_states=True
                ).hidden_states
            for layer, expected in zip(states, whole, strict=True):
                np.testing.assert_allclose(layer[at], expected[0, -1], atol=1e-4)
            at += 1


@pytest.mark.slow
def test_every_metric_can_be_measured(opened: tuple[SpelledTransformer, Dumb]) -> None:
    model, _ = opened
    record = evaluate(TOWN, model, trials=6, samples=2, length=5, baselines=["oracle"]).typed
    assert {"next_symbol", "compression", "distinction", "detours"} <= record.metrics.keys()


def test_letters_without_white_space_do_not_say_where_a_symbol_ends(tmp_path: Path) -> None:
    inner = characters()
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("."), "isolated")]
    )
    saved(inner, tmp_path, unk_token=UNKNOWN)
    with pytest.raises(ModelMismatch, match=r"got 'N', behind which 'E' goes on with it or begins"):
        open_checkpoint(tmp_path, TOWN)


def test_histories_may_be_as_long_as_the_longest_spellings_allow(tmp_path: Path) -> None:
    saved(characters(), tmp_path, unk_token=UNKNOWN, bos_token=BEGIN)
    model = open_checkpoint(tmp_path, TOWN)
    assert isinstance(model, SpelledTransformer)
    assert model.spellings.longest == len(" north-park")
    assert model.context_length == (128 - 1) // 11
    longest = [TOWN.index["north-park"]] * model.context_length
    contexts = model.read([longest])
    with pytest.raises(ModelMismatch, match=r"at most 11 symbols \(of up to 11 tokens\)"):
        contexts.extend(np.array([0]), np.array([0]))
    with pytest.raises(ModelMismatch, match="at most 11 symbols"):
        model.read([[*longest, 0]])


def test_a_model_is_opened_by_its_folder_and_says_its_first_token(tmp_path: Path) -> None:
    saved(in_front(characters(), BEGIN), tmp_path, unk_token=UNKNOWN)
    model = open_model(str(tmp_path), TOWN)
    assert isinstance(model, SpelledTransformer)
    assert model.first_choice is not None
    assert model.first_choice.name == BEGIN
    assert model.with_first(None).first is None
    assert model.fingerprint is not None
