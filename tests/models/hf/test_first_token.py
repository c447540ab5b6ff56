"""The token in front of every sequence: which is taken, which can be asked for, which fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from nerode.errors import InvalidParameter, ModelMismatch
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.first_token import NO_FIRST
from nerode.models.hf.token_check import check_readable, tokens_record, unreadable
from nerode.models.hf.transformer import Transformer
from nerode.models.registry import open_model
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.automata.table import table
from nerode.worlds.connect_four import ConnectFour
from tests.models.tokenizers_of import (
    BEGIN,
    UNKNOWN,
    byte_level,
    in_front,
    plain,
    saved,
    texts_of,
    wordlevel,
)

FOUR = ConnectFour(2)  # 14 moves
TEXTS = texts_of(FOUR)
END_OF_TEXT = "<|endoftext|>"


def opened(inner: Tokenizer, folder: Path, wanted: str | None = None, **settings: Any) -> Any:
    saved(inner, folder, **settings)
    return open_checkpoint(folder, FOUR, first_token=wanted)


def with_end_of_text() -> Tokenizer:
    inner = wordlevel(TEXTS)
    inner.add_special_tokens([END_OF_TEXT])
    return inner


@pytest.mark.slow
def test_what_the_tokenizer_puts_in_front_goes_first(tmp_path: Path) -> None:
    """Also where its settings know no beginning of a sequence, or another one."""
    inner = in_front(with_end_of_text(), BEGIN)
    for number, settings in enumerate(({}, {"bos_token": BEGIN}, {"bos_token": END_OF_TEXT})):
        model = opened(inner, tmp_path / str(number), **settings)
        assert model.first == inner.token_to_id(BEGIN)
        assert model.first_choice.name == BEGIN
        assert "in front of a text" in model.first_choice.why


@pytest.mark.slow
def test_a_beginning_that_the_network_never_had_is_refused(tmp_path: Path) -> None:
    """Also where the tokenizer puts another token in front, which the network knows."""
    inner = in_front(wordlevel(TEXTS), BEGIN)
    saved(inner, tmp_path)
    inner.add_special_tokens(["<begin>"])
    size = inner.get_vocab_size()
    fast: Any = PreTrainedTokenizerFast
    begin = "<begin>"
    fast(tokenizer_object=inner, bos_token=begin).save_pretrained(tmp_path)
    with pytest.raises(
        ModelMismatch,
        match=rf"{size - 1} embeddings for token {size - 1} in .* --first-token says which",
    ):
        open_checkpoint(tmp_path, FOUR)
    for wanted in (BEGIN, NO_FIRST):
        assert open_checkpoint(tmp_path, FOUR, first_token=wanted).first_choice.name == wanted  # type: ignore[union-attr]
    with pytest.raises(ModelMismatch, match="knows its first token"):
        open_checkpoint(tmp_path, FOUR, first_token=begin)


@pytest.mark.slow
def test_then_the_beginning_of_a_sequence_and_then_none(tmp_path: Path) -> None:
    model = opened(wordlevel(TEXTS), tmp_path / "a", bos_token=BEGIN)
    assert (model.first_choice.name, model.context_length) == (BEGIN, 127)
    model = opened(wordlevel(TEXTS), tmp_path / "b")
    assert (model.first, model.first_choice.name, model.context_length) == (None, "none", 128)
    assert model.first_choice.others[BEGIN] == 1, "a special token that it might have been"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "token"),
    [("none", None), (BEGIN, BEGIN), (UNKNOWN, UNKNOWN), ("3", "3"), (END_OF_TEXT, END_OF_TEXT)],
)
def test_it_can_be_asked_for(wanted: str, token: str | None, tmp_path: Path) -> None:
    inner = with_end_of_text()
    network = saved(inner, tmp_path, bos_token=BEGIN)
    model = open_model(str(tmp_path), FOUR, first_token=wanted)
    ids: list[Any] = [] if token is None else [inner.token_to_id(token)]
    symbols: list[Any] = [inner.token_to_id(name) for name in FOUR.alphabet]
    expected = plain(network, [*ids, symbols[4]])[symbols]
    np.testing.assert_allclose(model.read([(4,)]).probabilities[0], expected, atol=1e-5)


@pytest.mark.slow
def test_a_symbol_is_the_token_that_it_has_inside_a_text(tmp_path: Path) -> None:
    inner = byte_level(TEXTS)
    model = opened(inner, tmp_path, "3")
    assert model.first == inner.token_to_id("Ġ3")
    line = "\n"
    other = open_checkpoint(tmp_path, FOUR, first_token=line)
    assert other.first == inner.token_to_id("Ċ"), "a text that is one token"


def test_what_is_no_token_is_refused(tmp_path: Path) -> None:
    saved(wordlevel(TEXTS), tmp_path)
    for wanted in ("<bos>", "3 3", ""):
        with pytest.raises(InvalidParameter, match="expected a first token out of") as caught:
            open_checkpoint(tmp_path, FOUR, first_token=wanted)
        assert repr(wanted) in str(caught.value)
    with pytest.raises(InvalidParameter, match="which has none to choose"):
        open_model("oracle", FOUR, first_token=NO_FIRST)


def test_several_tokens_in_front_are_for_the_user_to_choose_from(tmp_path: Path) -> None:
    inner = in_front(with_end_of_text(), END_OF_TEXT, BEGIN)
    saved(inner, tmp_path)
    with pytest.raises(ModelMismatch, match=r"at most one .* got <\|endoftext\|> <s> in .*first"):
        open_checkpoint(tmp_path, FOUR)
    model = open_checkpoint(tmp_path, FOUR, first_token=BEGIN)
    assert model.first == inner.token_to_id(BEGIN)


RING = table(
    {"start": {"abcdef"[i]: "abcdef"[i] for i in range(6)}}
    | {"abcdef"[i]: {"abcdef"[(i + 1) % 6]: "abcdef"[(i + 1) % 6]} for i in range(6)}
)
"""After the first letter there is nothing to choose: a small network soon knows it by heart."""


def rounds(count: int, seed: int) -> SequenceBatch:
    return SequenceBatch.of([game[:12] for game in draw_sequences(RING, "random", count, seed)])


def trained_without(folder: Path) -> None:
    """A folder with a network that was trained without a first token, and a tokenizer with one."""
    inner = wordlevel(texts_of(RING, 20))
    network = saved(inner, folder, bos_token=BEGIN)
    symbols = torch.tensor([inner.token_to_id(name) for name in RING.alphabet])
    ids = symbols[torch.tensor(np.stack(list(rounds(32, 3))).astype(np.int64))]
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(40):
        loss = torch.nn.functional.cross_entropy(
            network(input_ids=ids).logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()
        )
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    network.save_pretrained(folder)


@pytest.mark.slow
def test_a_lower_loss_with_another_first_token_is_told(tmp_path: Path) -> None:
    trained_without(tmp_path)
    held_out = rounds(40, 4)
    model = open_checkpoint(tmp_path, RING)
    record = tokens_record(model, RING, held_out)
    assert record["tokens"]["first"] == BEGIN
    losses = record["tokens"]["losses"]
    assert set(losses) == {BEGIN, "none", UNKNOWN}
    assert losses["none"] < min(losses[BEGIN], losses[UNKNOWN]) - 0.01
    told, hint = record["notes"]
    assert told == "First token: <s> (its tokenizer's beginning of a sequence)."
    assert f"{losses['none']:.3f} nats a symbol with none, {losses[BEGIN]:.3f} with <s>" in hint
    assert "--first-token none" in hint
    right = tokens_record(open_checkpoint(tmp_path, RING, first_token=NO_FIRST), RING, held_out)
    assert right["notes"] == ["First token: none (as told)."]
    assert right["tokens"]["losses"] == losses
    few = tokens_record(model, RING, held_out.part(0, 7))
    assert few["tokens"]["losses"] == {}, "a handful of sequences says nothing"
    assert len(few["notes"]) == 1


@pytest.mark.slow
def test_the_loss_is_that_of_a_plain_forward(tmp_path: Path) -> None:
    network = saved(with_end_of_text(), tmp_path, bos_token=BEGIN)
    model = open_checkpoint(tmp_path, FOUR)
    assert isinstance(model, Transformer)
    held_out = draw_sequences(FOUR, "random", 10, 4)
    losses = tokens_record(model, FOUR, held_out)["tokens"]["losses"]
    for name, front in (("none", []), (BEGIN, [int(model.first or 0)])):
        total = 0.0
        for game in held_out:
            ids = [*front, *model.tokens[torch.tensor(game.astype(np.int64))].tolist()]
            for place in range(1, len(game)):
                at = len(front) + place
                total -= np.log(plain(network, ids[:at])[ids[at]])
        assert losses[name] == pytest.approx(total / (10 * 13), abs=1e-4)


@pytest.mark.slow
def test_a_loss_that_is_hardly_lower_is_not_told(tmp_path: Path) -> None:
    """Random weights prefer some token, and mean nothing by it."""
    saved(with_end_of_text(), tmp_path, bos_token=BEGIN)
    model = open_checkpoint(tmp_path, FOUR)
    for parameter in model.network.parameters():
        torch.nn.init.zeros_(parameter)
    record = tokens_record(model, FOUR, draw_sequences(FOUR, "random", 40, 4))
    assert len(set(record["tokens"]["losses"].values())) == 1
    assert len(record["notes"]) == 1


def test_models_without_tokens_have_nothing_to_say() -> None:
    held_out = draw_sequences(FOUR, "random", 10, 4)
    assert tokens_record(open_model("oracle", FOUR), FOUR, held_out) == {}
    assert unreadable(open_model("oracle", FOUR), held_out) == 0


def lacking(folder: Path, symbol: int) -> Any:
    """A model whose vocabulary lacks a symbol."""
    saved(wordlevel(TEXTS), folder, bos_token=BEGIN)
    model = open_checkpoint(folder, FOUR)
    assert isinstance(model, Transformer)
    return replace(model, absent=(symbol,))


@pytest.mark.slow
def test_a_few_sequences_with_symbols_that_are_lacking_are_no_reason(tmp_path: Path) -> None:
    model = lacking(tmp_path, 6)
    without, having = [0, 1, 2], [0, 6, 2]
    few = SequenceBatch.of([without] * 95 + [having] * 5)
    many = SequenceBatch.of([without] * 94 + [having] * 6)
    check_readable(model, FOUR, few)
    with pytest.raises(ModelMismatch, match=r"1 of them \(7\), which 6 of 100 .* \(up to 5% may\)"):
        check_readable(model, FOUR, many)
    check_readable(open_model("uniform", FOUR), FOUR, many)
    record = tokens_record(model, FOUR, few)
    assert record["tokens"]["absent"] == ["7"]
    assert (record["tokens"]["unreadable"], record["tokens"]["held_out"]) == (5, 100)
    assert (
        "lacks 1 of the 7 symbols (7): they have probability 0, and 5 of 100"
        in (record["notes"][-1])
    )


def test_symbols_that_are_lacking_have_no_probability_and_cannot_be_read(tmp_path: Path) -> None:
    model = lacking(tmp_path, 0)
    whole = replace(model, absent=())
    read, expected = model.read([(), (3, 4), (5,)]), whole.read([(), (3, 4), (5,)])
    assert not read.probabilities[:, 0].any()
    assert np.array_equal(read.probabilities[:, 1:], expected.probabilities[:, 1:])
    with pytest.raises(ModelMismatch, match="has tokens for"):
        model.read([(3, 0)])
    with pytest.raises(ModelMismatch, match="has tokens for"):
        read.extend(np.array([0]), np.array([0]))
    assert model.hidden_states([(3,), (4, 5)]).shape[1] == 3
