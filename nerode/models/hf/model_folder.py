"""Check a model's folder, as far as that is possible without torch.

Loading torch and transformers takes seconds, and most folders that cannot be measured can be
refused without them: a file is missing or broken, the weights are an adapter or quantised, the
vocabulary is that of another world. Here only JSON, the headers of the weights and the tokenizer
are read. What passes may still be refused when the network is opened (nerode/models/hf/network.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nerode.errors import FormatError, MissingFile, ModelMismatch
from nerode.models.hf.architectures import is_causal
from nerode.models.hf.record import read_record
from nerode.text_files import kind_of_file
from nerode.worlds.world import AnyWorld

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CONFIG = "config.json"
ADAPTER = "adapter_config.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
TOKENIZERS = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "tokenizer.model")
WRAPPERS = ("_orig_mod.", "module.")
"""What torch.compile and data parallel training put in front of every name of a weight."""
ADAPTER_WEIGHTS = ("lora_A", "lora_B", "lora_embedding_A", "lora_magnitude_vector")
"""Parts of the names of an adapter's weights."""
EIGHT_BITS = ("I8", "F8_E4M3", "F8_E5M2")
"""Formats, as safetensors calls them, of matrices that were quantised."""
OTHER_HEADS = ("Classification", "QuestionAnswering", "MultipleChoice", "Reward")
"""Parts of the names of networks that were trained for something else than the next symbol."""
SYMBOLS_SHOWN = 8


def check_folder(folder: Path, world: AnyWorld) -> None:
    """Raise what is wrong with the folder of a model of this world; torch is not loaded.

    Raises MissingFile for a folder without configuration, weights or tokenizer, FormatError for
    one of these that cannot be read, ModelMismatch for an adapter, quantised weights, another
    kind of network, or a vocabulary that has none of the world's symbols.
    """
    _check_adapter(folder)
    config = _config(folder)
    _check_config(config, folder)
    names = weight_names(folder)
    _check_weights(names, folder)
    _check_tokenizer(folder, world)
    read_record(folder)


def weight_names(folder: Path) -> tuple[str, ...]:
    """Names of all weights of a folder, read from the headers of its files.

    Raises MissingFile where there are none, FormatError where a file is not what it should be,
    ModelMismatch where matrices are quantised.
    """
    whole, index = (folder / name for name in WEIGHTS)
    if whole.is_file():
        return _names_in(whole)
    if not index.is_file():
        pickled = sorted(path.name for path in folder.glob("*.bin"))
        other = f" but {pickled[0]}, a pickle, which is never opened" if pickled else ""
        raise MissingFile(f"expected weights, got no file {whole}{other}")
    places = _json(index).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(name, str) for name in places.values()):
        raise FormatError(f"expected a weight_map with the file of each weight in {index}")
    for name in sorted(set(places.values())):
        # A shard lies beside its index: a path that leads out of the folder is none.
        if Path(name).name != name or not (folder / name).is_file():
            raise MissingFile(f"expected all files of weights of {index}, got no {folder / name}")
    return tuple(
        name for shard in sorted(set(places.values())) for name in _names_in(folder / shard)
    )


def wrapper_of(names: Sequence[str]) -> str:
    """What stands in front of every name of a weight and is no part of it; empty where nothing."""
    wrapper = ""
    while inner := next(
        (each for each in WRAPPERS if names and all(n.startswith(wrapper + each) for n in names)),
        "",
    ):
        wrapper += inner
    return wrapper


def _check_adapter(folder: Path) -> None:
    path = folder / ADAPTER
    if not path.is_file():
        return
    base = _json(path).get("base_model_name_or_path")
    merge = "merge it (peft: `merge_and_unload()`, then `save_pretrained` into a folder of its own)"
    if any((folder / name).is_file() for name in WEIGHTS):
        # What transformers opens here depends on whether peft is installed.
        raise ModelMismatch(
            f"expected one network in {folder}, got an adapter ({ADAPTER}) beside the weights of "
            f"its base: {merge}, or take the adapter's files away to measure the base alone"
        )
    of = f" of {base}" if isinstance(base, str) and base else ""
    raise ModelMismatch(
        f"expected a whole network in {folder}, got an adapter ({ADAPTER}){of}: {merge}"
    )


def _config(folder: Path) -> dict[str, object]:
    path = folder / CONFIG
    if path.is_file():
        return _json(path)
    begun = (folder / "checkpoints").is_dir()
    hint = "; its training is not finished: `nerode train ... --resume`" if begun else ""
    raise MissingFile(f"expected a model with a configuration, got no file {path}{hint}")


def _check_config(config: dict[str, object], folder: Path) -> None:
    path = folder / CONFIG
    kind = config.get("model_type")
    if not isinstance(kind, str):
        raise ModelMismatch(f"expected a model_type in {path}, got {kind!r}")
    if not is_causal(kind):
        own = ", and code of its own, which is never run" if "auto_map" in config else ""
        raise ModelMismatch(
            f"expected a model_type that AutoModelForCausalLM knows in {path}, got {kind!r}{own}"
        )
    classes = config.get("architectures")
    if not isinstance(classes, list):
        classes = []
    if classes and all(any(head in str(each) for head in OTHER_HEADS) for each in classes):
        # Where input and output embeddings are one, it would open as a language model all the same.
        raise ModelMismatch(f"expected a language model in {path}, got {classes[0]}")
    for part in (config, *(inner for inner in config.values() if isinstance(inner, dict))):
        quantised = part.get("quantization_config")
        if quantised:
            method_name = quantised.get("quant_method") if isinstance(quantised, dict) else None
            method = method_name or "another format"
            raise ModelMismatch(
                f"expected weights in full precision in {folder}, got weights quantised for "
                f"{method} (quantization_config in {CONFIG}): save them dequantised"
            )


def _check_weights(names: Sequence[str], folder: Path) -> None:
    if not names:
        raise FormatError(f"expected weights in {folder}, got a file of weights without any")
    for name in names:
        if any(part in ADAPTER_WEIGHTS for part in name.split(".")):
            raise ModelMismatch(
                f"expected the weights of one network in {folder}, got those of an adapter that "
                f"is not merged ({name}): merge it (peft: `merge_and_unload()`) and save again"
            )


def _check_tokenizer(folder: Path, world: AnyWorld) -> None:
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise MissingFile(f"expected a tokenizer, got no file {folder / TOKENIZERS[0]}")
    for name in ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"):
        if (folder / name).is_file():
            _json(folder / name)
    path = folder / TOKENIZERS[0]
    if path.is_file():
        _check_vocabulary(path, world)


def _check_vocabulary(path: Path, world: AnyWorld) -> None:
    """Refuse a vocabulary that has no symbol at all; which token is which is found out later."""
    from tokenizers import Tokenizer  # noqa: PLC0415

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        came = kind_of_file(path) or one_line(error)
        raise FormatError(f"expected a tokenizer in {path}, got: {came}") from error
    if not any(_has(tokenizer, name) for name in world.alphabet):
        shown = " ".join(world.alphabet[:SYMBOLS_SHOWN])
        more = " ..." if len(world.alphabet) > SYMBOLS_SHOWN else ""
        size = len(world.alphabet)
        raise ModelMismatch(
            f"expected a vocabulary with the {size} symbols of {world.name}, "
            f"got one without {size} of them ({shown}{more}) in {path.parent}"
        )


def _has(tokenizer: Tokenizer, name: str) -> bool:
    """Whether a symbol is a token of the vocabulary, or its text can be split into some."""
    return tokenizer.token_to_id(name) is not None or bool(_split(tokenizer, name))


def _split(tokenizer: Tokenizer, name: str) -> list[str]:
    """The tokens that a symbol's text is split into; none where some of it is unknown."""
    try:
        split: list[str] = tokenizer.encode(name, add_special_tokens=False).tokens
    except Exception:  # noqa: BLE001  what one without a token for unknown words raises
        return []
    return [] if getattr(tokenizer.model, "unk_token", None) in split else split


def _names_in(path: Path) -> tuple[str, ...]:
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        with safe_open(path, framework="numpy") as weights:
            names = tuple(weights.keys())
            parts = {name: weights.get_slice(name) for name in names}
    except (SafetensorError, OSError) as error:
        came = kind_of_file(path) or error
        raise FormatError(f"expected safetensors weights in {path}, got: {came}") from None
    for name, part in parts.items():
        # Masks may be whole numbers; matrices that are need a scale that nobody would apply.
        if part.get_dtype() in EIGHT_BITS and len(part.get_shape()) == 2:  # noqa: PLR2004
            raise ModelMismatch(
                f"expected weights in full precision in {path}, got {name} in {part.get_dtype()}"
            )
    return names


def _json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        came = kind_of_file(path) or one_line(error)
        raise FormatError(f"expected JSON in {path}, got: {came}") from None
    if not isinstance(content, dict):
        raise FormatError(f"expected a JSON object in {path}, got {type(content).__name__}")
    return content


def one_line(error: BaseException) -> str:
    """What a library's message begins with, which may run over many lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    begin = lines[0] if lines else type(error).__name__
    return f"{begin} {lines[1]}" if begin.endswith(":") and len(lines) > 1 else begin
