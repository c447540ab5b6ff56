from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nerode.errors import ModelMismatch
from nerode.models.hf import attention, reader, shared_kv, transformer
from nerode.models.hf.cpu import forward
from nerode.models.hf.transformer import RereadContexts, Transformer, TransformerContexts
from nerode.models.model import Probabilities
from tests.models.networks import FIRST, POSITIONS, SYMBOLS, network

CARRIED = ("gpt2", "llama", "qwen", "neox")
REREAD = ("sliding", "alibi", "recurrent")
# Symbols in an order of their own, between tokens that are no symbols.
TOKENS = torch.tensor([(3 * number + 1) % (SYMBOLS + 2) for number in range(SYMBOLS)])
HISTORIES: list[tuple[int, ...]] = [(), (1, 2, 3), (4, 4, 4), (0, 10, 5, 6, 7, 8, 9, 1, 2), (7,)]


def model_of(kind: str, first: int | None = FIRST) -> Transformer:
    length = POSITIONS - (first is not None)
    return Transformer("it", tuple("abcdefghijk"), network(kind), TOKENS, first, length)


def one_by_one(model: Transformer, histories: list[tuple[int, ...]]) -> Probabilities:
    """Each history alone, through the whole network, no cache, no padding."""
    rows = []
    for history in histories:
        first = [] if model.first is None else [model.first]
        ids = torch.tensor([[*first, *TOKENS[list(history)].tolist()]])
        with torch.no_grad():
            logits = model.network(input_ids=ids, use_cache=False).logits[0, -1]
        rows.append(torch.softmax(logits.float(), dim=-1)[TOKENS].numpy())
    return np.array(rows)


def walk(model: Transformer, steps: int, seed: int) -> None:
    """Fork, drop, repeat and advance at random, and compare after every step."""
    rng = np.random.default_rng(seed)
    histories, contexts = HISTORIES, model.read(HISTORIES)
    for step in range(steps):
        rows = np.arange(len(histories))
        if step % 3 != 1:
            rows = rng.integers(0, len(histories), int(rng.integers(1, 9)))
        symbols = rng.integers(0, SYMBOLS, len(rows))
        contexts = contexts.extend(rows, symbols)
        histories = [(*histories[row], int(s)) for row, s in zip(rows, symbols, strict=True)]
        np.testing.assert_allclose(
            contexts.probabilities, one_by_one(model, histories), atol=1e-5, err_msg=f"step {step}"
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", CARRIED + REREAD)
def test_mixed_lengths_read_as_each_alone(kind: str) -> None:
    model = model_of(kind)
    rows = model.read(HISTORIES).probabilities
    assert rows.dtype == np.float32
    assert rows.std() > 0.05  # the network has opinions, so a mix-up would show
    np.testing.assert_allclose(rows, one_by_one(model, HISTORIES), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CARRIED + REREAD)
def test_extending_is_reading_the_longer_history(kind: str) -> None:
    contexts = model_of(kind).read(HISTORIES)
    assert isinstance(contexts, TransformerContexts if kind in CARRIED else RereadContexts)
    walk(model_of(kind), steps=30, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CARRIED)
def test_small_sub_batches_change_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reader.TOKENS_AT_ONCE, "cpu", 10)
    monkeypatch.setattr(forward, "TOKENS_PER_PASS", 10)
    monkeypatch.setattr(transformer, "LOGITS_AT_ONCE", 40)
    monkeypatch.setattr(shared_kv, "TAIL_COLUMNS", 2)
    walk(model_of(kind), steps=12, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CARRIED)
def test_what_else_is_in_the_batch_changes_nothing(kind: str) -> None:
    model = model_of(kind)
    rows, symbols = np.array([3, 1, 3]), np.array([0, 5, 5])
    among = model.read(HISTORIES).extend(rows, symbols).probabilities
    for row, symbol, expected in zip(rows, symbols, among, strict=True):
        alone = model.read([HISTORIES[row]]).extend(np.array([0]), np.array([symbol]))
        np.testing.assert_allclose(alone.probabilities[0], expected, atol=1e-5)


def test_contexts_can_be_extended_twice() -> None:
    model = model_of("gpt2")
    contexts = model.read(HISTORIES)
    before = contexts.probabilities.copy()
    for symbol in (2, 9):
        rows = np.arange(len(HISTORIES))
        extended = contexts.extend(rows, np.full(len(rows), symbol)).probabilities
        longer = [(*history, symbol) for history in HISTORIES]
        np.testing.assert_allclose(extended, one_by_one(model, longer), atol=1e-5)
    np.testing.assert_array_equal(contexts.probabilities, before)


def test_attention_that_goes_wrong_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial sees it, and histories are read again instead."""
    shared = attention.SharedLayer.attend
    monkeypatch.setattr(attention.SharedLayer, "attend", lambda *given: 1.1 * shared(*given))
    model = model_of("qwen")
    assert not model.reader.has_cache
    assert model.network.config._attn_implementation == "sdpa"
    walk(model, steps=3, seed=4)


@pytest.mark.parametrize("option", attention.UNKNOWN)
def test_attention_with_refinements_is_not_used(option: str) -> None:
    keys = torch.zeros(1, 1, 1, 1)
    with pytest.raises(NotImplementedError, match=option):
        attention.attend(None, keys, keys, keys, None, **{option: 5})


def test_forks_share_what_was_read() -> None:
    contexts = model_of("qwen").read([HISTORIES[3]])
    assert isinstance(contexts, TransformerContexts)
    forked = contexts.extend(np.zeros(50, dtype=np.int64), np.arange(50) % SYMBOLS)
    assert isinstance(forked, TransformerContexts)
    assert isinstance(contexts.kv_cache, shared_kv.SharedKV)
    assert isinstance(forked.kv_cache, shared_kv.SharedKV)
    read = contexts.kv_cache.segments[0].layers[0][0]
    assert forked.kv_cache.segments[0].layers[0][0] is read
    assert len(read) == 1


def test_dropped_histories_are_let_go() -> None:
    contexts = model_of("qwen").read(HISTORIES)
    kept = contexts.extend(np.array([3]), np.array([0]))
    assert isinstance(kept, TransformerContexts)
    assert isinstance(kept.kv_cache, shared_kv.SharedKV)
    assert len(kept.kv_cache.segments[0].layers[0][0]) == 1


def test_weight_on_other_tokens_is_not_given_to_symbols() -> None:
    total = model_of("gpt2").read(HISTORIES).probabilities.sum(axis=1)
    assert (total < 1).all()


def test_a_head_that_scales_its_logits_is_asked_itself() -> None:
    model = model_of("gpt2")
    head: Any = model.network.lm_head
    model.network.forward = _scaled(model.network.forward)
    assert isinstance(model.reader, reader.ModuleReader)
    assert not model.reader.plain_head
    assert model.reader.has_cache
    rows = model.read(HISTORIES).extend(np.arange(5), np.arange(5)).probabilities
    longer = [(*history, row) for row, history in enumerate(HISTORIES)]
    np.testing.assert_allclose(rows, one_by_one(model, longer), atol=1e-5)
    assert head is model.network.lm_head


def _scaled(forward: Any) -> Any:
    def scaled(**inputs: Any) -> Any:
        given = forward(**inputs)
        given.logits = given.logits / 3
        return given

    scaled.__signature__ = __import__("inspect").signature(forward)  # type: ignore[attr-defined]
    return scaled


@pytest.mark.parametrize("kind", ["gpt2", "recurrent"])
def test_no_histories_at_all(kind: str) -> None:
    none = np.zeros(0, dtype=np.int64)
    for contexts in (model_of(kind).read([]), model_of(kind).read([[1]]).extend(none, none)):
        assert contexts.probabilities.shape == (0, SYMBOLS)
        assert contexts.extend(none, none).probabilities.shape == (0, SYMBOLS)


@pytest.mark.parametrize("kind", CARRIED)
def test_without_a_first_token(kind: str) -> None:
    model = model_of(kind, first=None)
    np.testing.assert_allclose(
        model.read(HISTORIES[1:]).probabilities, one_by_one(model, HISTORIES[1:]), atol=1e-5
    )
    with pytest.raises(ModelMismatch, match="at least one symbol"):
        model.read(HISTORIES)


@pytest.mark.parametrize("kind", ["gpt2", "sliding"])
def test_up_to_the_context_length_and_no_further(kind: str) -> None:
    model = model_of(kind)
    longest = tuple(number % SYMBOLS for number in range(POSITIONS - 1))
    contexts = model.read([longest[:-1]]).extend(np.array([0]), np.array([longest[-1]]))
    np.testing.assert_allclose(contexts.probabilities, one_by_one(model, [longest]), atol=1e-5)
    with pytest.raises(ModelMismatch, match=f"at most {POSITIONS - 1} symbols.*got one of 64"):
        contexts.extend(np.array([0]), np.array([0]))
    with pytest.raises(ModelMismatch, match="got one of 64"):
        model.read([(*longest, 0)])


@pytest.mark.slow
@pytest.mark.parametrize("kind", CARRIED + REREAD)
@pytest.mark.parametrize("first", [FIRST, None])
def test_hidden_states_are_those_of_each_history_alone(kind: str, first: int | None) -> None:
    model = model_of(kind, first)
    histories = [history for history in HISTORIES if history]
    for _ in range(2):  # the second time after the reader was found out, which may switch attention
        states = model.hidden_states(histories)
        assert states.dtype == torch.float32
        symbols = sum(map(len, histories))
        assert states.shape == (model.hidden_layers, symbols, model.hidden_width)
        begin = 0
        for history in histories:
            ids = torch.tensor([[*([first] if first else []), *TOKENS[list(history)].tolist()]])
            with torch.no_grad():
                given = model.network(input_ids=ids, output_hidden_states=True, use_cache=False)
            alone = torch.stack([layer[0, -len(history) :] for layer in given.hidden_states])
            end = begin + len(history)
            torch.testing.assert_close(states[:, begin:end], alone, atol=1e-4, rtol=1e-4)
            begin = end
        assert model.reader is not None
