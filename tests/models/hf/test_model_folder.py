"""Folders that cannot be measured are refused in one line, most of them before torch is loaded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from nerode.errors import NerodeError
from nerode.models.hf.architectures import is_causal
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.model_folder import check_folder, wrapper_of
from tests.models.zoo import WORLD, network_of, save

Spoil = Callable[[Path], Any]


def configured(**changes: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "config.json"
        config = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({n: v for n, v in config.items() if v is not None}))

    return spoil


def written(name: str, text: str) -> Spoil:
    return lambda folder: (folder / name).write_text(text)


def without(*names: str) -> Spoil:
    def spoil(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return spoil


def cut(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return spoil


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def adapter(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "org/base"}')
    shutil.copy(folder / "model.safetensors", folder / "adapter_model.safetensors")


def adapter_alone(folder: Path) -> None:
    adapter(folder)
    without("config.json", "model.safetensors")(folder)


def not_merged(folder: Path) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path) | {"base_model.h.0.c_attn.lora_A.weight": torch.zeros(1)}
    save_file(weights, path, metadata={"format": "pt"})


def eight_bits(dtype: torch.dtype) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "model.safetensors"
        weights = {n: v.to(dtype) if v.dim() == 2 else v for n, v in load_file(path).items()}
        save_file(weights, path, metadata={"format": "pt"})

    return spoil


def other_words(folder: Path) -> None:
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    vocabulary = content["model"]["vocab"]
    content["model"]["vocab"] = {
        f"w{name}" if name in WORLD.alphabet else name: n for name, n in vocabulary.items()
    }
    path.write_text(json.dumps(content))


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
QUANTISED = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}
SPOILT: dict[str, tuple[Spoil, str]] = {
    "no-config": (without("config.json"), "expected a model with a configuration"),
    "cut-config": (cut("config.json"), "expected JSON in"),
    "list-config": (written("config.json", "[]"), "expected a JSON object in"),
    "binary-config": (lambda f: (f / "config.json").write_bytes(b"\xff\xfe"), "expected JSON in"),
    "no-type": (configured(model_type=None), "expected a model_type in"),
    "unknown-type": (configured(model_type="gpt7"), "knows in .* got 'gpt7'"),
    "own-code": (configured(model_type="x", auto_map={}), "got 'x', and code of its own, which is"),
    "no-causal-type": (configured(model_type="t5"), "AutoModelForCausalLM knows in .* got 't5'"),
    "other-head": (
        configured(architectures=["GPT2ForSequenceClassification"]),
        "expected a language model in .* got GPT2ForSequenceClassification",
    ),
    "quantised": (configured(**QUANTISED), "weights quantised for bitsandbytes"),
    "quantised-gptq": (
        configured(quantization_config={"quant_method": "gptq", "bits": 4}),
        "weights quantised for gptq",
    ),
    "weights-int8": (eight_bits(torch.int8), "weights in full precision .* in I8"),
    "weights-float8": (eight_bits(torch.float8_e4m3fn), "full precision .* in F8_E4M3"),
    "quantised-inside": (configured(text_config=QUANTISED), "weights quantised for bitsandbytes"),
    "no-weights": (without("model.safetensors"), "expected weights, got no file"),
    "pickled-weights": (pickled, "but pytorch_model.bin, a pickle, which is never opened"),
    "weights-elsewhere": (
        written("model.safetensors", POINTER),
        "expected safetensors weights in .* got: a pointer of Git LFS",
    ),
    "tokenizer-elsewhere": (
        written("tokenizer.json", POINTER),
        "expected a tokenizer in .* got: a pointer of Git LFS",
    ),
    "config-elsewhere": (written("config.json", POINTER), "JSON in .* a pointer of Git LFS"),
    "cut-weights": (cut("model.safetensors"), "expected safetensors weights in"),
    "shards-missing": (
        lambda f: [
            without("model.safetensors")(f),
            written("model.safetensors.index.json", '{"weight_map": {"a": "b.safetensors"}}')(f),
        ],
        "expected all files of weights of .* got no .*b.safetensors",
    ),
    "shards-outside": (
        lambda f: [
            without("model.safetensors")(f),
            written("model.safetensors.index.json", '{"weight_map": {"a": "../c.txt"}}')(f),
        ],
        "expected all files of weights",
    ),
    "index-broken": (
        lambda f: [
            without("model.safetensors")(f),
            written("model.safetensors.index.json", '{"weight_map": 3}')(f),
        ],
        "expected a weight_map",
    ),
    "no-tokenizer": (
        without("tokenizer.json", "tokenizer_config.json"),
        "expected a tokenizer, got no file",
    ),
    "cut-tokenizer": (cut("tokenizer.json"), "expected a tokenizer in"),
    "cut-tokenizer-config": (cut("tokenizer_config.json"), "expected JSON in"),
    "other-vocabulary": (other_words, r"without 7 of them \(1 2 3 4 5 6 7\) in"),
    "adapter-beside-base": (adapter, "an adapter .adapter_config.json. beside the weights of its"),
    "adapter-alone": (adapter_alone, "an adapter .adapter_config.json. of org/base: merge it"),
    "adapter-not-merged": (not_merged, r"an adapter that is not merged \(.*lora_A"),
    "broken-record": (written("nerode.json", "["), "expected JSON in"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("whole") / "it", network_of("gpt2"))


@pytest.fixture(scope="module")
def spoilt(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each of SPOILT."""
    parent = tmp_path_factory.mktemp("spoilt")
    for name, (spoil, _) in SPOILT.items():
        spoil(Path(shutil.copytree(whole, parent / name)))
    return parent


def test_a_whole_folder_passes(whole: Path) -> None:
    check_folder(whole, WORLD)
    assert open_checkpoint(whole, WORLD).context_length == 63


@pytest.mark.slow
def test_folders_are_refused_before_torch_is_loaded(spoilt: Path) -> None:
    code = f"""
import json, sys
from pathlib import Path
from nerode.errors import NerodeError
from nerode.models import open_model
from nerode.worlds.registry import open_world
world, lines = open_world("connect-four"), {{}}
for folder in sorted(Path({str(spoilt)!r}).iterdir()):
    try:
        open_model(str(folder), world)
    except NerodeError as error:
        lines[folder.name] = str(error)
print(json.dumps([lines, sorted({{"torch", "transformers"}} & set(sys.modules))]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines, loaded = json.loads(done.stdout)
    assert loaded == []
    assert lines.keys() == SPOILT.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", SPOILT)
def test_the_line_says_what_is_wrong_and_where(spoilt: Path, name: str) -> None:
    if name in ("unknown-type", "own-code", "no-causal-type"):
        # Where transformers is loaded, as here, types of the user's own may be registered.
        with pytest.raises(NerodeError) as caught:
            open_checkpoint(spoilt / name, WORLD)
    else:
        with pytest.raises(NerodeError, match=SPOILT[name][1]) as caught:
            check_folder(spoilt / name, WORLD)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.slow
def test_the_command_refuses_before_torch_is_loaded(spoilt: Path) -> None:
    code = (
        "import sys; from nerode.cli.app import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch', 'transformers', 'nerode.evaluation.evaluation'}"
        " & set(sys.modules)))"
    )
    folder = str(spoilt / "quantised")
    command = [sys.executable, "-c", code, "evaluate", "connect-four", folder, "--trials", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: expected weights in full precision in")
    assert done.stderr.count("\n") == 1
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_types_that_are_told_without_loading_the_library() -> None:
    code = (
        "from nerode.models.hf.architectures import is_causal\n"
        "names = ('gpt2', 'gpt-sw3', 'llama', 'internlm3', 'mistral', 'rwkv', 'xlnet', 'bert',"
        " 't5', 'gpt7', 'vit', '')\n"
        "print([name for name in names if is_causal(name)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    causal = ["gpt2", "gpt-sw3", "llama", "internlm3", "mistral", "rwkv", "xlnet", "bert"]
    assert done.stdout.strip() == str(causal)
    assert is_causal("gpt7")  # the library is loaded here: it may have been registered


@pytest.mark.slow
def test_every_causal_type_of_the_library_passes() -> None:
    from transformers.models.auto.modeling_auto import (  # noqa: PLC0415
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    )

    code = (
        "import json, sys\nfrom nerode.models.hf.architectures import is_causal\n"
        "print([name for name in json.loads(sys.argv[1]) if not is_causal(name)])"
    )
    names = json.dumps(list(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES))
    command = [sys.executable, "-c", code, names]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_stands_before_all_names() -> None:
    assert wrapper_of(["_orig_mod.a", "_orig_mod.b"]) == "_orig_mod."
    assert wrapper_of(["module._orig_mod.a"]) == "module._orig_mod."
    assert wrapper_of(["module.a", "b"]) == ""
    assert wrapper_of([]) == ""
