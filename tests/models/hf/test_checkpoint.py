from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers import models as kinds
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from nerode.errors import FormatError, MissingFile, ModelMismatch, NerodeError
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.gpt2 import network, positions_needed
from nerode.models.hf.shape import Shape
from nerode.models.hf.tokenizer import FIRST, PAD, tokenizer
from nerode.models.hf.transformer import Transformer
from nerode.worlds.automata.table import table
from tests.sequences.maps import grid

WORLD = grid(2, 3)
UNKNOWN = "<unk>"
SMALL = Shape(layers=1, width=8, heads=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint of WORLD as training leaves it."""
    saved: Any = network(WORLD.alphabet, SMALL, 64, seed=3)
    saved.save_pretrained(tmp_path / "it")
    tokenizer(WORLD.alphabet).save_pretrained(tmp_path / "it")
    return tmp_path / "it"


@pytest.mark.slow
def test_what_is_saved_is_what_is_read(folder: Path) -> None:
    model = open_checkpoint(folder, WORLD)
    saved: Any = network(WORLD.alphabet, SMALL, 64, seed=3)
    history = WORLD.encode("c0 c4 E N")
    ids = torch.tensor([[len(WORLD.alphabet) + 1, *history]])
    with torch.no_grad():
        logits = saved.eval()(input_ids=ids).logits[0, -1]
    expected = torch.softmax(logits, dim=-1)[: len(WORLD.alphabet)].numpy()
    np.testing.assert_allclose(model.read([history]).probabilities[0], expected, atol=1e-6)
    assert model.name == str(folder)
    assert model.context_length == 63
    assert model.alphabet == WORLD.alphabet
    assert model.trained_on is None


def test_the_auto_classes_open_it_and_text_round_trips(folder: Path) -> None:
    auto: Any = AutoTokenizer
    opened = auto.from_pretrained(folder, local_files_only=True)
    text = "c0 c4 E N end"
    ids = opened(text)["input_ids"]
    assert ids == [opened.bos_token_id, *WORLD.encode(text)]
    assert opened.decode(ids, skip_special_tokens=False) == f"{FIRST} {text}"
    batch = opened(["c0 c1 E end", "c0"], padding=True)
    assert batch["input_ids"][1][2:] == [opened.pad_token_id] * 3
    assert opened.padding_side == "right"
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    assert model.dtype == torch.float32
    assert model.config.pad_token_id == opened.pad_token_id
    assert opened.convert_ids_to_tokens(model.config.eos_token_id) == "end"


def test_tokens_in_another_order_are_found_by_name(folder: Path) -> None:
    names = [FIRST, PAD, *reversed(WORLD.alphabet)]
    inner = Tokenizer(kinds.WordLevel({name: number for number, name in enumerate(names)}))
    shuffled: Any = PreTrainedTokenizerFast
    shuffled(tokenizer_object=inner, bos_token=FIRST).save_pretrained(folder)
    model = open_checkpoint(folder, WORLD)
    assert isinstance(model, Transformer)
    assert model.tokens.tolist() == list(range(len(names) - 1, 1, -1))
    assert model.first == 0


def test_a_tokenizer_that_splits_into_one_token(folder: Path) -> None:
    """Symbols are written with a mark of their beginning, as in SentencePiece."""
    names = ["<unk>", *(f"▁{name}" for name in WORLD.alphabet)]
    vocabulary = {name: number for number, name in enumerate(names)}
    inner = Tokenizer(kinds.WordLevel(vocabulary, unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    fast: Any = PreTrainedTokenizerFast
    fast(tokenizer_object=inner, unk_token=UNKNOWN).save_pretrained(folder)
    model = open_checkpoint(folder, WORLD)
    assert isinstance(model, Transformer)
    assert model.tokens.tolist() == list(range(1, len(names)))
    assert model.first is None
    assert model.context_length == 64


def test_another_vocabulary(folder: Path) -> None:
    other = table({"start": {"N": "start", "left": "start", "right": "start"}})
    with pytest.raises(ModelMismatch, match=r"without 2 of them \(left right\) in .*it"):
        open_checkpoint(folder, other)


def test_two_symbols_with_one_token(folder: Path) -> None:
    inner = Tokenizer(kinds.WordLevel({"<unk>": 0}, unk_token=UNKNOWN))
    fast: Any = PreTrainedTokenizerFast
    fast(tokenizer_object=inner, unk_token=UNKNOWN).save_pretrained(folder)
    with pytest.raises(ModelMismatch, match="without 13 of them"):
        open_checkpoint(folder, WORLD)


def test_more_tokens_than_embeddings(folder: Path) -> None:
    small: Any = network(WORLD.alphabet[:4], SMALL, 64, seed=0)
    small.save_pretrained(folder)
    with pytest.raises(ModelMismatch, match="got 6 embeddings for token 12"):
        open_checkpoint(folder, WORLD)


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("config.json", "config.json"),
        ("model.safetensors", "model.safetensors"),
        ("tokenizer*", "tokenizer.json"),
    ],
)
def test_a_file_is_missing(folder: Path, missing: str, named: str) -> None:
    for path in folder.glob(missing):
        path.unlink()
    with pytest.raises(MissingFile, match=named) as caught:
        open_checkpoint(folder, WORLD)
    assert str(folder) in str(caught.value)


def test_pickled_weights_are_not_opened(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(MissingFile, match=r"pytorch_model\.bin, a pickle, which is never opened"):
        open_checkpoint(folder, WORLD)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", "{"),
        ("config.json", "[]"),
        ("config.json", '{"model_type": "no-such-model"}'),
        ("config.json", '{"model_type": "gpt2", "n_embd": "wide"}'),
        pytest.param("config.json", '{"model_type": "t5"}', marks=pytest.mark.slow),
        ("model.safetensors", "not tensors"),
        ("model.safetensors", ""),
        ("tokenizer.json", "{}"),
        ("tokenizer.json", "nothing"),
        ("nerode.json", "["),
        ("nerode.json", '{"format_version": 99}'),
        ("nerode.json", '{"format_version": 1, "world": 3}'),
    ],
)
def test_a_broken_file_gives_one_line(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(NerodeError) as caught:
        open_checkpoint(folder, WORLD)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_code_in_the_folder_is_not_run(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "trap",
        "auto_map": {"AutoConfig": "trap.C", "AutoModelForCausalLM": "trap.M"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "trap.py").write_text("raise SystemExit('the code was run')\n")
    with pytest.raises(ModelMismatch):
        open_checkpoint(folder, WORLD)


def test_weights_of_some_layers_only(folder: Path) -> None:
    deeper: Any = network(WORLD.alphabet, Shape(layers=2, width=8, heads=2), 64, seed=0)
    deeper.config.save_pretrained(folder)
    with pytest.raises(FormatError, match="expected all weights of the model"):
        open_checkpoint(folder, WORLD)


def test_weights_of_another_width(folder: Path) -> None:
    wider: Any = network(WORLD.alphabet, Shape(layers=1, width=16, heads=2), 64, seed=0)
    wider.config.save_pretrained(folder)
    with pytest.raises(NerodeError):
        open_checkpoint(folder, WORLD)


def test_the_record_of_its_training(folder: Path) -> None:
    record = {
        "format_version": 1,
        "world": "grid",
        "policy": "shortest",
        "sequences_seed": 4,
        "held_out": 0.1,
        "training": {},
    }
    (folder / "nerode.json").write_text(json.dumps(record))
    assert open_checkpoint(folder, WORLD).trained_on == record


def test_half_precision_is_read_as_float32(folder: Path) -> None:
    half: Any = network(WORLD.alphabet, SMALL, 64, seed=3)
    shutil.rmtree(folder)
    half.bfloat16().save_pretrained(folder)
    tokenizer(WORLD.alphabet).save_pretrained(folder)
    assert open_checkpoint(folder, WORLD).network.dtype == torch.float32
    assert open_checkpoint(folder, WORLD, dtype=torch.bfloat16).network.dtype == torch.bfloat16


def test_positions_are_enough_for_the_longest_sequence() -> None:
    assert positions_needed(WORLD) == 128  # 2 + 97 symbols and the first token
    assert positions_needed(WORLD, longest=200) == 256
    endless = table({"start": {"a": "start"}})
    assert positions_needed(endless, longest=63) == 64
    assert positions_needed(endless, longest=64) == 128
    assert positions_needed(endless) == 1024
