from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from nerode.errors import FormatError, InvalidParameter, MissingFile  # noqa: E402
from nerode.evaluation.evaluation import evaluate  # noqa: E402
from nerode.models.hf.checkpoint import open_checkpoint  # noqa: E402
from nerode.models.hf.othello_gpt import HEADS, SQUARES, import_othello_gpt  # noqa: E402
from nerode.models.model import least_history  # noqa: E402
from nerode.worlds.othello.othello import Othello  # noqa: E402

WIDTH, LAYERS, POSITIONS = 32, 2, 59
Weights = dict[str, Any]


def state_dict(seed: int = 0, layers: int = LAYERS, width: int = WIDTH) -> Weights:
    """Random weights in the published layout."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> Any:
        return torch.randn(*shape, generator=generator) * 0.2

    weights = {
        "pos_emb": drawn(1, POSITIONS, width),
        "tok_emb.weight": drawn(61, width),
        "ln_f.weight": 1 + drawn(width),
        "ln_f.bias": drawn(width),
        "head.weight": drawn(61, width),
    }
    for layer in range(layers):
        at = f"blocks.{layer}."
        for name in ("ln1", "ln2"):
            weights |= {f"{at}{name}.weight": 1 + drawn(width), f"{at}{name}.bias": drawn(width)}
        for name in ("attn.key", "attn.query", "attn.value", "attn.proj"):
            weights |= {f"{at}{name}.weight": drawn(width, width), f"{at}{name}.bias": drawn(width)}
        weights |= {
            f"{at}attn.mask": torch.tril(torch.ones(POSITIONS, POSITIONS))[None, None],
            f"{at}mlp.0.weight": drawn(4 * width, width),
            f"{at}mlp.0.bias": drawn(4 * width),
            f"{at}mlp.2.weight": drawn(width, 4 * width),
            f"{at}mlp.2.bias": drawn(width),
        }
    return weights


def forward(weights: Weights, tokens: list[int], heads: int = HEADS) -> np.ndarray[Any, Any]:
    """Logits of one sequence, computed in numpy, position by position: (tokens, 61)."""
    w = {name: value.double().numpy() for name, value in weights.items()}

    def norm(x: Any, name: str) -> Any:
        spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        mean = x.mean(axis=-1, keepdims=True)
        return (x - mean) / spread * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(x: Any, name: str) -> Any:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def gelu(x: Any) -> Any:
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))

    x = w["tok_emb.weight"][tokens] + w["pos_emb"][0, : len(tokens)]
    size = x.shape[1] // heads
    for layer in range(sum(name.endswith("attn.mask") for name in w)):
        at = f"blocks.{layer}."
        h = norm(x, f"{at}ln1")
        q, k, v = (linear(h, f"{at}attn.{name}") for name in ("query", "key", "value"))
        mixed = np.zeros_like(x)
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            for here in range(len(tokens)):
                scores = k[: here + 1, part] @ q[here, part] / math.sqrt(size)
                attention = np.exp(scores - scores.max())
                mixed[here, part] = attention @ v[: here + 1, part] / attention.sum()
        x = x + linear(mixed, f"{at}attn.proj")
        x = x + linear(gelu(linear(norm(x, f"{at}ln2"), f"{at}mlp.0")), f"{at}mlp.2")
    return np.asarray(norm(x, "ln_f") @ w["head.weight"].T)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Weights, Path]:
    folder = tmp_path_factory.mktemp("othello")
    weights = state_dict()
    torch.save(weights, folder / "gpt.ckpt")
    found = import_othello_gpt(folder / "gpt.ckpt", folder / "model")
    masks = LAYERS * POSITIONS**2
    assert found.parameters == sum(value.numel() for value in weights.values()) - masks
    return weights, folder / "model"


def test_logits_are_those_of_an_independent_forward_pass(imported: tuple[Weights, Path]) -> None:
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    weights, folder = imported
    network: Any = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    rng = np.random.default_rng(0)
    for length in (1, 2, 17, POSITIONS):
        tokens = rng.integers(61, size=length).tolist()
        with torch.no_grad():
            logits = network(torch.tensor([tokens])).logits[0].numpy()
        assert np.abs(logits - forward(weights, tokens)).max() < 1e-4


def test_symbols_are_read_as_the_squares_that_they_name(imported: tuple[Weights, Path]) -> None:
    weights, folder = imported
    world = Othello()
    model = open_checkpoint(folder, world)
    assert model.context_length == POSITIONS
    # Published: squares are numbered 8 * column + row, the middle left out, from 1.
    numbers = {f"{'abcdefgh'[i // 8]}{i % 8 + 1}": i for i in range(64)}
    assert [SQUARES.index(name) for name in ("a1", "a2", "b1", "h8")] == [0, 1, 8, 59]
    ranks = sorted(numbers[name] for name in world.alphabet)
    history = world.encode("f5 d6 c3")
    tokens = [1 + ranks.index(numbers[world.alphabet[symbol]]) for symbol in history]
    logits = forward(weights, tokens)[-1]
    shares = np.exp(logits - logits.max())
    expected = [shares[1 + ranks.index(numbers[name])] for name in world.alphabet]
    found = model.read([history]).probabilities[0]
    # Of all tokens: what padding gets is nobody's.
    assert np.allclose(found, np.array(expected) / shares.sum(), atol=1e-6)


@pytest.mark.slow
def test_it_is_measured_though_it_cannot_read_the_empty_history(
    imported: tuple[Weights, Path],
) -> None:
    world = Othello()
    model = open_checkpoint(imported[1], world)
    assert least_history(model) == 1
    found = evaluate(world, model, ["next_symbol", "traversal"], trials=4, baselines=["oracle"])
    games = found.estimate("next_symbol", "legal", model="oracle").n
    assert found.estimate("next_symbol", "legal").n == games - 4  # a first move of each
    assert found.estimate("traversal", "valid").n == 4


class Sudden:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def test_what_is_no_checkpoint_is_told_in_a_line(tmp_path: Path) -> None:
    file, out = tmp_path / "x.ckpt", tmp_path / "out"
    with pytest.raises(MissingFile, match="expected a checkpoint of Othello-GPT"):
        import_othello_gpt(file, out)
    torch.save({"pos_emb": Sudden(tmp_path / "ran")}, file)
    with pytest.raises(FormatError, match="expected a state dict of tensors"):
        import_othello_gpt(file, out)
    assert not (tmp_path / "ran").exists()
    whole = state_dict()
    without = {name: value for name, value in whole.items() if name != "blocks.1.mlp.2.bias"}
    for content, told in [
        (b"", "expected a state dict"),
        (b"not a checkpoint", "expected a state dict"),
        ([1, 2], "got list"),
        ({"a": 1}, "got dict"),
        ({}, r"expected one of tok_emb.weight \(minGPT\), .* got none but nothing"),
        (without, r"expected blocks.1.mlp.2.bias with \(32,\)"),
        (whole | {"extra": torch.zeros(1)}, "got extra as well"),
        (
            whole | {"tok_emb.weight": torch.zeros(60, WIDTH)},
            r"expected tok_emb.weight with \(61, any\)",
        ),
        (whole | {"ln_f.bias": torch.full((WIDTH,), math.nan)}, "finite numbers in ln_f.bias"),
        (whole | {"ln_f.bias": torch.zeros(3)}, r"with \(32,\) .* got \(3,\)"),
        (
            whole | {"pos_emb": torch.zeros(POSITIONS, WIDTH)},
            r"expected pos_emb with \(1, any, 32\)",
        ),
    ]:
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            torch.save(content, file)
        with pytest.raises(FormatError, match=told) as caught:
            import_othello_gpt(file, out)
        assert "\n" not in str(caught.value)
    assert not out.exists()
    torch.save(whole, file)
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(InvalidParameter, match="new or empty folder"):
        import_othello_gpt(file, out)
