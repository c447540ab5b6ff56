"""Which token is a symbol: the one that the text of a sequence is split into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from nerode.errors import ModelMismatch
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.spelled.spellings import text_spellings
from nerode.models.hf.tokenizer import tokenizer as own_tokenizer
from nerode.models.hf.tokenizer import write_tokenizer
from nerode.models.hf.transformer import Transformer
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.automata.table import table
from nerode.worlds.registry import open_world
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import END, World
from tests.models.tokenizers_of import (
    BEGIN,
    UNKNOWN,
    byte_level,
    in_front,
    metaspace_bpe,
    plain,
    saved,
    texts_of,
    unigram,
    wordlevel,
    wordpiece,
)

FOUR = open_world("connect-four:rows=4")
TOWN = StreetMap(
    ["main", "dock", "Été"],
    [40.0, 40.1, 40.2],
    [-74.0, -74.0, -74.0],
    [(0, "N", 1), (1, "N", 2), (2, "S", 1), (1, "S", 0), (0, "E", 2)],
    name="town",
)
KINDS: dict[str, Callable[[list[str]], Tokenizer]] = {
    "wordlevel": wordlevel,
    "wordpiece": wordpiece,
    "bytes": byte_level,
    "bytes with a space in front": lambda texts: byte_level(texts, prefix=True),
    "unigram": unigram,
    "metaspace": metaspace_bpe,
}


def fast(inner: Tokenizer, **settings: Any) -> Any:
    wrapped: Any = PreTrainedTokenizerFast
    return wrapped(tokenizer_object=inner, **settings)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("begin", [None, BEGIN])
def test_a_network_is_read_with_the_tokens_of_the_text(
    kind: str, begin: str | None, tmp_path: Path
) -> None:
    """Against a plain forward pass over what the saved tokenizer makes of the text."""
    network = saved(KINDS[kind](texts_of(FOUR)), tmp_path, bos_token=begin)
    model = open_checkpoint(tmp_path, FOUR)
    auto: Any = AutoTokenizer
    tokenizer = auto.from_pretrained(tmp_path)
    front = [] if begin is None else [tokenizer.bos_token_id]
    assert model.first == (front[0] if front else None)
    games = [game.tolist() for game in draw_sequences(FOUR, "random", 3, 5)]
    histories: list[list[int]] = [history for game in games for history in (game[:1], game[:9])]
    read = model.read(histories)
    longer = read.extend(np.array([0, 3]), np.array([2, 5]))
    every = [*histories, [*histories[0], 2], [*histories[3], 5]]
    given = np.concatenate([read.probabilities, longer.probabilities])
    for history, probabilities in zip(every, given, strict=True):
        ids = tokenizer.encode(FOUR.decode(history), add_special_tokens=False)
        expected = plain(network, [*front, *ids])
        following = [
            tokenizer.encode(FOUR.decode([*history, symbol]), add_special_tokens=False)[-1]
            for symbol in range(len(FOUR.alphabet))
        ]
        np.testing.assert_allclose(probabilities, expected[following], atol=1e-5)


@pytest.mark.slow
def test_the_first_symbol_has_the_token_of_a_texts_beginning(tmp_path: Path) -> None:
    """`4 4` is `4` `Ġ4`: what is read at the first place is also what is expected there."""
    network = saved(byte_level(texts_of(FOUR)), tmp_path, bos_token=BEGIN)
    model = open_checkpoint(tmp_path, FOUR)
    assert isinstance(model, Transformer)
    assert model.leading is not None
    assert model.first is not None
    assert not set(model.leading.tolist()) & set(model.tokens.tolist())
    begin, inside, leading = model.first, model.tokens.tolist(), model.leading.tolist()
    empty = model.read([(), (3,), ()])
    np.testing.assert_allclose(empty.probabilities[0], plain(network, [begin])[leading], atol=1e-5)
    np.testing.assert_allclose(
        empty.probabilities[1], plain(network, [begin, leading[3]])[inside], atol=1e-5
    )
    forked = empty.extend(np.array([2, 1, 0]), np.array([6, 6, 3]))
    for row, ids in enumerate([[leading[6]], [leading[3], inside[6]], [leading[3]]]):
        np.testing.assert_allclose(
            forked.probabilities[row], plain(network, [begin, *ids])[inside], atol=1e-5
        )
    states = model.hidden_states([(3, 6)])
    whole = network(
        input_ids=plain_ids(begin, leading[3], inside[6]), output_hidden_states=True
    ).hidden_states
    for layer, expected in zip(states, whole, strict=True):
        np.testing.assert_allclose(layer, expected[0, 1:].detach(), atol=1e-5)


def plain_ids(*ids: int | None) -> Any:
    import torch  # noqa: PLC0415 - the one place

    return torch.tensor([ids])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_names_with_several_letters_and_accents(kind: str) -> None:
    tokenizer = fast(KINDS[kind](texts_of(TOWN)), unk_token=None)
    found = text_spellings(tokenizer, TOWN, "here")
    assert found.absent == ()
    for sequence in draw_sequences(TOWN, "random", 20, 9):
        ids = tokenizer.encode(TOWN.decode(sequence), add_special_tokens=False)
        assert found.of(sequence.tolist()) == ids


def words(*names: str, **settings: Any) -> Any:
    """A tokenizer of words between white space."""
    inner = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, **settings))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return inner


def test_an_unknown_token_is_nobodys_symbol() -> None:
    """Whether the tokenizer's settings name it or not, and whether one is missing or two."""
    for settings in ({"unk_token": UNKNOWN}, {}):
        tokenizer = fast(words(UNKNOWN, *FOUR.alphabet[:-1], unk_token=UNKNOWN), **settings)
        assert text_spellings(tokenizer, FOUR, "here").absent == (6,)
    assert text_spellings(fast(words(*FOUR.alphabet[:5])), FOUR, "here").absent == (5, 6)


def test_a_vocabulary_that_no_sequence_can_do_with_is_refused(tmp_path: Path) -> None:
    saved(words(UNKNOWN, *FOUR.alphabet[:-1], unk_token=UNKNOWN), tmp_path)
    with pytest.raises(ModelMismatch, match=r"7 symbols .* without 1 of them \(7\) in "):
        open_checkpoint(tmp_path, FOUR)


def refused(inner: Tokenizer, world: World[Any], match: str, **settings: Any) -> None:
    with pytest.raises(ModelMismatch, match=match) as caught:
        text_spellings(fast(inner, **settings), world, "there")
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("in there")


def test_symbols_of_several_tokens_are_spelled() -> None:
    square = table({"s": {"d3": "s", "e4": "s"}}, start="s")
    inner = byte_level(["d3 e4"] * 9)
    found = text_spellings(fast(inner), square, "here")
    assert not found.single
    assert found.longest == 3
    spelled = [[inner.id_to_token(token) for token in each or ()] for each in found.inside]
    assert spelled == [["Ġ", "d", "3"], ["Ġe", "4"]]
    assert found.leading[0] == (inner.token_to_id("d"), inner.token_to_id("3"))


def test_white_space_may_have_a_token_of_its_own() -> None:
    """As symbols that are added to a tokenizer one by one."""
    inner = byte_level(["x"])
    inner.add_tokens([*FOUR.alphabet])
    found = text_spellings(fast(inner), FOUR, "here")
    space = inner.token_to_id("Ġ")
    assert found.inside == tuple((space, inner.token_to_id(name)) for name in FOUR.alphabet)
    inner = byte_level(["x"])
    inner.add_tokens([AddedToken(name, lstrip=True) for name in FOUR.alphabet])
    assert text_spellings(fast(inner), FOUR, "here").single


def test_what_one_symbol_is_spelled_depends_on_no_other() -> None:
    """A tokenizer that joins a symbol with its own kind, never with others."""
    same = table({"s": {"a": "t"}, "t": {"b": "s", "a": "t"}}, start="s")
    vocabulary = {"a": 0, "b": 1, " ": 2, " a": 3, " b": 4, "a a": 5}
    merges = [(" ", "a"), (" ", "b"), ("a", " a")]
    match = r"the same tokens for a symbol .* 'a a a' is split into 'a a' ' a'"
    refused(Tokenizer(models.BPE(vocabulary, merges)), same, match)


def test_tokens_across_white_space_are_refused() -> None:
    same = table({"s": {"a": "t"}, "t": {"b": "s", "a": "t"}}, start="s")
    refused(byte_level(texts_of(same), regex=False), same, "expected")
    # None of the symbols thrice in a row is joined, but some other pair is.
    vocabulary = {"a": 0, "b": 1, " ": 2, " a": 3, " b": 4, "a b": 5}
    merges = [(" ", "a"), (" ", "b"), ("a", " b")]
    refused(
        Tokenizer(models.BPE(vocabulary, merges)),
        same,
        r"expected sequences of symbols with spaces between, each of the same .* got 'a b' for",
    )


def test_symbols_with_one_token_together_are_refused() -> None:
    cases = table({"s": {"a": "s", "A": "s", "b": "s"}}, start="s")
    inner = words("a", "b")
    inner.normalizer = normalizers.Lowercase()
    refused(inner, cases, "tokens of its own for each of the 3 symbols of .*, got 2 spellings")


def test_names_that_are_spelt_otherwise_are_found() -> None:
    upper = table({"s": {"AÉ": "s", "Bü": "t"}, "t": {"AÉ": "t"}}, start="s")
    inner = words("ae", "bu")
    inner.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()]
    )
    assert text_spellings(fast(inner), upper, "here").inside == ((0,), (1,))


def test_random_splits_are_for_training() -> None:
    inner = byte_level(texts_of(TOWN))
    expected = text_spellings(fast(inner), TOWN, "here")
    inner.model.dropout = 0.9
    assert text_spellings(fast(inner), TOWN, "here") == expected


def test_settings_for_training_do_not_cut_or_fill_the_text() -> None:
    inner = wordlevel(texts_of(FOUR))
    expected = text_spellings(fast(inner), FOUR, "here")
    inner.enable_truncation(4)
    inner.enable_padding(length=64, pad_token=UNKNOWN)
    in_front(inner, BEGIN)
    assert text_spellings(fast(inner), FOUR, "here") == expected


def test_names_that_hold_other_names_survive_a_training_of_ours(tmp_path: Path) -> None:
    """The end of a sequence is a special token, which the library cuts out of any word."""
    world = StreetMap(
        ["weekend-way", "N1"], [40, 40.1], [0, 0], [(0, "N", 1), (1, "S", 0)], name="town"
    )
    assert own_tokenizer(world.alphabet).eos_token is None
    assert own_tokenizer(FOUR.alphabet).eos_token is None
    assert own_tokenizer(TOWN.alphabet).eos_token == END
    assert write_tokenizer(world, tmp_path) == len(world.alphabet) + 2
    auto: Any = AutoTokenizer
    tokenizer = auto.from_pretrained(tmp_path)
    found = text_spellings(tokenizer, world, "here")
    assert found.inside == tuple((symbol,) for symbol in range(len(world.alphabet)))
    assert tokenizer("N1 weekend-way S end")["input_ids"][0] == tokenizer.bos_token_id
