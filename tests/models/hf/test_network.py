"""Opening the network of a folder: read rightly, or refused in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from nerode.errors import FormatError, ModelMismatch, NerodeError
from nerode.models.hf.checkpoint import open_checkpoint
from tests.models.zoo import FIRST, SYMBOL, WORLD, network_of, save

HISTORIES = [[], [3], [3, 3, 4, 0], [6, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4]]


def reconfigured(folder: Path, **changes: Any) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


def renamed(folder: Path, prefix: str) -> None:
    path = folder / "model.safetensors"
    weights = {f"{prefix}{name}": value for name, value in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})


def check_against(network: Any, folder: Path) -> None:
    """What the folder gives is what a plain forward pass of the network gives."""
    model = open_checkpoint(folder, WORLD)
    contexts = model.read(HISTORIES)
    rows, more = np.array([3, 2, 2, 0]), np.array([0, 4, 5, 6])
    extended = contexts.extend(rows, more)
    longer = [[*HISTORIES[row], symbol] for row, symbol in zip(rows, more, strict=True)]
    for given, histories in ((contexts, HISTORIES), (extended, longer)):
        for row, history in zip(given.probabilities, histories, strict=True):
            ids = torch.tensor([[FIRST, *(SYMBOL + symbol for symbol in history)]])
            with torch.inference_mode():
                logits = network(input_ids=ids, use_cache=False).logits[0, -1]
            expected = torch.softmax(logits, dim=-1)[SYMBOL : SYMBOL + len(WORLD.alphabet)]
            np.testing.assert_allclose(row, expected.numpy(), atol=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("electra", {"is_decoder": True, "embedding_size": 16}),
        ("rembert", {"is_decoder": True, "output_embedding_size": 16}),
        ("bart", {"encoder_layers": 3, "decoder_layers": 1}),
        ("bart", {"encoder_layers": 1, "decoder_layers": 3, "encoder_attention_heads": 2}),
        ("roberta", {"is_decoder": True}),
        ("whisper", {}),
    ],
)
def test_networks_that_differ_from_the_usual(tmp_path: Path, kind: str, more: Any) -> None:
    network = network_of(kind, **more)
    check_against(network, save(tmp_path / "it", network))


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["flash_attention_2", "flex_attention", "kernels-community/fa3"])
def test_attention_is_computed_in_the_usual_way(tmp_path: Path, kernel: str) -> None:
    network = network_of("llama")
    folder = save(tmp_path / "it", network)
    reconfigured(folder, _attn_implementation=kernel, attn_implementation=kernel)
    check_against(network, folder)


@pytest.mark.slow
def test_kernels_of_a_mixture_of_experts_are_the_usual_ones(tmp_path: Path) -> None:
    network = network_of("mixtral")
    folder = reconfigured(save(tmp_path / "it", network), experts_implementation="deepgemm")
    check_against(network, folder)


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["_orig_mod.", "module.", "module._orig_mod."])
def test_names_with_something_in_front_are_read_without_it(tmp_path: Path, prefix: str) -> None:
    network = network_of("gpt2")
    folder = save(tmp_path / "it", network)
    renamed(folder, prefix)
    check_against(network, folder)


def test_a_first_token_that_the_network_was_not_resized_for(tmp_path: Path) -> None:
    folder = save(tmp_path / "it", network_of("gpt2"), first=20)
    with pytest.raises(ModelMismatch, match=r"got 20 embeddings for token 20 .*tokenizer alone"):
        open_checkpoint(folder, WORLD)


def test_symbols_that_the_network_was_not_resized_for(tmp_path: Path) -> None:
    folder = save(tmp_path / "it", network_of("gpt2", vocab_size=SYMBOL + 3))
    with pytest.raises(ModelMismatch, match="got 8 embeddings for token 11 in"):
        open_checkpoint(folder, WORLD)


def test_layers_that_the_configuration_leaves_out(tmp_path: Path) -> None:
    folder = reconfigured(save(tmp_path / "it", network_of("gpt2")), n_layer=1)
    with pytest.raises(FormatError, match=r"11 more in its layers, transformer\.h\.1\."):
        open_checkpoint(folder, WORLD)


def test_other_heads_of_the_same_network_may_be_there(tmp_path: Path) -> None:
    network = network_of("gpt2")
    path = save(tmp_path / "it", network) / "model.safetensors"
    weights = load_file(path) | {"v_head.summary.weight": torch.zeros(1, 32)}
    save_file(weights, path, metadata={"format": "pt"})
    check_against(network, tmp_path / "it")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_head": 0}, "expected a c"),
        ({"n_head": 5}, "expected a c"),
        ({"n_embd": 33}, "expected a c"),
        ({"n_inner": 7}, r"expected transformer\.h\.0\.mlp\.c_fc\.bias of \(7,\) .* got \(128,\)"),
        ({"n_positions": 32}, r"expected transformer\.wpe\.weight of \(32, 32\) .* got \(64, 32\)"),
        ({"activation_function": "no_such"}, "expected a c"),
        ({"vocab_size": 7}, r"expected .*wte\.weight of \(7, 32\)"),
        ({"n_layer": "two"}, "expected a c"),
        ({"n_positions": 0}, "expected "),
        ({"model_type": "t5"}, "expected a"),
        ({"dtype": "float7"}, "expected"),
    ],
)
def test_a_configuration_that_does_not_fit(tmp_path: Path, changes: Any, words: str) -> None:
    folder = reconfigured(save(tmp_path / "it", network_of("gpt2")), **changes)
    with pytest.raises(NerodeError, match=words) as caught:
        open_checkpoint(folder, WORLD)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_weights_that_are_no_numbers(tmp_path: Path) -> None:
    network = network_of("gpt2")
    network.transformer.ln_f.weight.data[3] = torch.nan
    with pytest.raises(
        ModelMismatch,
        match=r"expected finite weights in .*it, got NaN or infinity in transformer\.ln_f",
    ):
        open_checkpoint(save(tmp_path / "it", network), WORLD)


@pytest.mark.slow
def test_weights_in_several_files(tmp_path: Path) -> None:
    network = network_of("gpt2")
    folder = save(tmp_path / "it", network)
    (folder / "model.safetensors").unlink()
    network.save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    check_against(network, folder)
    shards = sorted(folder.glob("*.safetensors"))
    shutil.move(shards[0], tmp_path / "elsewhere")
    with pytest.raises(NerodeError, match=r"expected all files of weights .* got no"):
        open_checkpoint(folder, WORLD)
