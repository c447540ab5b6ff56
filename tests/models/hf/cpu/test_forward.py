"""GPT-2 on a CPU without its module: the library's module gives the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from nerode.metrics.parallel import measured
from nerode.models.hf import transformer
from nerode.models.hf.cpu import block as layer
from nerode.models.hf.cpu import forward
from nerode.models.hf.cpu import kv_cache as tree
from nerode.models.hf.cpu.forward import CpuReader, open_cpu_reader
from nerode.models.hf.cpu.kv_cache import TreeKV
from nerode.models.hf.reader import ModuleReader
from nerode.models.hf.transformer import Transformer, TransformerContexts

SYMBOLS = 40


def network(seed: int = 0, **options: Any) -> Any:
    sizes = {"vocab_size": SYMBOLS + 1, "n_positions": 48, "n_embd": 32, "n_layer": 3, "n_head": 4}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: Any = GPT2LMHeadModel(GPT2Config(**(sizes | options)))
        made.eval()
        for parameter in made.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.3)
    return made


def model_of(made: Any) -> Transformer:
    return Transformer("it", ("x",) * SYMBOLS, made, torch.arange(SYMBOLS), SYMBOLS, 47)


def grown(model: Transformer, seed: int, steps: int = 20) -> TransformerContexts:
    """Contexts after a walk that forks, drops and advances, the same for one seed."""
    rng = np.random.default_rng(seed)
    histories = [rng.integers(0, SYMBOLS, n).tolist() for n in rng.integers(0, 25, 30)]
    contexts: Any = model.read(histories)
    for _ in range(steps):
        rows = rng.integers(0, len(contexts.probabilities), int(rng.integers(5, 40)))
        contexts = contexts.extend(np.sort(rows), rng.integers(0, SYMBOLS, len(rows)))
    assert isinstance(contexts, TransformerContexts)
    return contexts


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"activation_function": "gelu"},
        {"activation_function": "gelu_pytorch_tanh", "n_head": 8},
        {"n_head": 1, "n_layer": 1, "tie_word_embeddings": False},
        {"reorder_and_upcast_attn": True, "n_inner": 50},
    ],
)
def test_it_gives_what_the_module_gives(options: dict[str, Any]) -> None:
    made = network(**options)
    model = model_of(made)
    assert isinstance(model.reader, CpuReader)
    plain = model_of(network(**options))
    plain.__dict__["reader"] = ModuleReader(plain.network, plain_head=True, has_cache=False)
    for seed in range(3):
        came, expected = grown(model, seed), plain_grown(plain, seed)
        np.testing.assert_allclose(came.probabilities, expected, atol=2e-5)
        assert expected.std() > 0.02


def plain_grown(model: Transformer, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    contexts: Any = model.read(
        [rng.integers(0, SYMBOLS, n).tolist() for n in rng.integers(0, 25, 30)]
    )
    for _ in range(20):
        rows = rng.integers(0, len(contexts.probabilities), int(rng.integers(5, 40)))
        contexts = contexts.extend(np.sort(rows), rng.integers(0, SYMBOLS, len(rows)))
    return contexts.probabilities


@pytest.mark.parametrize(
    "options",
    [
        {"activation_function": "relu"},
        {"scale_attn_by_inverse_layer_idx": True},
        {"scale_attn_weights": False},
        {"add_cross_attention": True},
        {"n_embd": 24, "n_head": 4},  # heads of six numbers
    ],
)
def test_other_shapes_are_left_to_the_module(options: dict[str, Any]) -> None:
    made = network(**options)
    assert open_cpu_reader(made) is None
    assert isinstance(model_of(made).reader, ModuleReader)


def test_a_forward_that_goes_wrong_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    right = layer.Gpt2Block.finish
    monkeypatch.setattr(layer.Gpt2Block, "finish", lambda *given: 1.1 * right(*given))
    assert isinstance(model_of(network()).reader, ModuleReader)


@pytest.mark.slow
def test_bfloat16_is_read_as_the_module_reads_it() -> None:
    made = network()
    exact = grown(model_of(made), 5).probabilities
    halved = model_of(made.to(torch.bfloat16))
    assert isinstance(halved.reader, CpuReader)
    came = grown(halved, 5).probabilities
    assert 0 < np.abs(came - exact).max() < 0.1
    assert np.abs(came - exact).mean() < 0.001


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_laid_out_weights_give_the_same(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the processor has no such product the weights are used as they lie."""
    monkeypatch.setattr(layer, "WORTH_LAYING", 0)
    product, products = layer._product, [0]

    def counted(*given: Any) -> torch.Tensor:
        products[0] += 1
        return product(*given)

    had = layer._can_lay_out(dtype)
    monkeypatch.setattr(layer, "_product", counted)
    model = model_of(network().to(dtype))
    assert isinstance(model.reader, CpuReader)
    for seed in range(3):
        model.reader.release()
        products[0] = 0
        expected = grown(model, seed).probabilities
        assert products[0] == 0
        model.reader.prepare()
        came = grown(model, seed).probabilities
        assert (products[0] > 0) is had
        np.testing.assert_allclose(came, expected, atol=2e-6 if dtype == torch.float32 else 0.1)
        assert np.abs(came - expected).mean() < 0.001


def test_rows_make_room_in_few_sizes() -> None:
    reader: Any = model_of(network()).reader
    counts = range(1, 4097)
    assert [reader.room(count) for count in counts] == list(counts), "no need to"
    reader.prepare()
    room = [reader.room(count) for count in counts]
    assert all(
        count <= given < 8 + 1.125 * count for count, given in zip(counts, room, strict=True)
    )
    assert len(set(room)) < 80


def test_while_batches_are_worked_off_weights_are_laid_out() -> None:
    model: Any = model_of(network())
    part = model.reader.blocks[0].widen
    with model.workers():
        assert part.laid_out
    assert not part.laid_out
    records = list(measured(model, lambda _: iter([{"laid out": part.laid_out}]), [(0,)]))
    assert records == [{"laid out": True}], "for one batch, too"


def test_bfloat16_keeps_keys_and_values_in_half_the_memory() -> None:
    whole, half = (model_of(network().to(dtype)) for dtype in (torch.float32, torch.bfloat16))
    kept = [grown(model, 5).kv_cache.nbytes for model in (whole, half)]
    assert kept[0] == 2 * kept[1]
    assert whole.symbol_bytes == 2 * half.symbol_bytes


@pytest.mark.slow
def test_many_rows_are_attended_to_in_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(network())
    alone = grown(model, 4).probabilities
    monkeypatch.setattr(forward, "ROWS_OF_A_THREAD", 3)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    np.testing.assert_array_equal(grown(model, 4).probabilities, alone)


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 100])
def test_every_row_is_worked_on_once(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "ROWS_OF_A_THREAD", 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    parts: list[slice] = []
    forward._in_threads(parts.append, rows)
    parts.sort(key=lambda part: int(part.start))
    assert [row for part in parts for row in range(rows)[part]] == list(range(rows))
    assert len(parts) == max(1, min(3, rows // 4))


def test_an_error_in_a_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "ROWS_OF_A_THREAD", 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)

    def fails(rows: slice) -> None:
        if rows.start > 0:
            raise MemoryError

    with pytest.raises(MemoryError):
        forward._in_threads(fails, 100)


def test_a_network_that_is_trained_on_is_followed() -> None:
    model = model_of(network())
    before = model.read([[1, 2, 3]]).probabilities
    with torch.no_grad():
        model.network.transformer.h[1].mlp.c_fc.weight.mul_(1.5)
    after = model.read([[1, 2, 3]]).probabilities
    assert np.abs(after - before).max() > 0.001
    np.testing.assert_allclose(after, model_of(model.network).read([[1, 2, 3]]).probabilities)


def test_forks_share_what_was_read_and_keep_places_only() -> None:
    contexts: Any = model_of(network()).read([list(range(20))])
    rows = np.zeros(50, dtype=np.int64)
    forked = contexts.extend(rows, np.arange(50) % SYMBOLS)
    assert isinstance(forked.kv_cache, TreeKV)
    assert forked.kv_cache.histories is contexts.kv_cache.histories
    assert forked.kv_cache.path.shape == (50, 1)


def test_what_no_row_needs_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "WORTH_COPYING", 0)
    model = model_of(network())
    contexts: Any = model.read([[number] * 20 for number in range(30)])
    read = contexts.kv_cache.nbytes
    contexts = contexts.extend(np.arange(6), np.zeros(6, dtype=np.int64))
    assert contexts.kv_cache.histories.nbytes * 5 == read
    rows = np.arange(6)
    for _ in range(5):
        contexts = contexts.extend(np.tile(rows, 100), np.zeros(600, dtype=np.int64))
    wide = contexts.kv_cache.tail.used
    contexts = contexts.extend(np.array([3]), np.array([1]))
    assert contexts.kv_cache.tail.used == 7 < wide
    np.testing.assert_allclose(
        contexts.probabilities, model.read([[3] * 20 + [0] * 6 + [1]]).probabilities, atol=2e-6
    )


def test_memory_is_used_again_until_it_is_released() -> None:
    model: Any = model_of(network())
    data = model.read([[1, 2, 3]]).kv_cache.tail.data.base
    assert model.read([[4, 5]]).kv_cache.tail.data.base is data, "the first contexts are gone"
    held = model.read([[1, 2, 3]])
    before = held.probabilities.copy()
    other = model.read([[4, 5]])
    assert held.kv_cache.tail.data.base is not other.kv_cache.tail.data.base
    other.extend(np.zeros(9, dtype=np.int64), np.arange(9))
    longer = held.extend(np.array([0]), np.array([7])).probabilities
    np.testing.assert_allclose(longer, model.read([[1, 2, 3, 7]]).probabilities, atol=2e-6)
    np.testing.assert_array_equal(held.probabilities, before)
    with model.workers():
        pass
    assert not model.reader.arena._spare


def test_older_contexts_are_not_changed_by_newer_ones() -> None:
    contexts: Any = grown(model_of(network()), 7)
    before = contexts.probabilities.copy()
    rows = np.arange(len(before))
    once = contexts.extend(rows, rows % SYMBOLS)
    again = contexts.extend(rows, rows % SYMBOLS)
    np.testing.assert_array_equal(once.probabilities, again.probabilities)
    np.testing.assert_array_equal(
        contexts.extend(rows, rows % SYMBOLS).probabilities, once.probabilities
    )
    np.testing.assert_array_equal(contexts.probabilities, before)


def test_large_weights_are_read_by_whole_blocks_on_all_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = torch.get_num_threads()
    small, large = model_of(network()), model_of(network())
    with small.workers() as workers:
        assert not small.reads_blocks
        assert workers == before
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
    monkeypatch.setattr(transformer, "SMALL_WEIGHTS", 1000)
    with large.workers() as workers:
        assert large.reads_blocks
        assert workers == 1
        assert torch.get_num_threads() == before
    assert large.batch_bytes == 8 * small.batch_bytes
