"""Checkpoints of other trainers and libraries: the same function, or a line that says why not.

Every layout has a forward pass of its own here, written from what its module computes, head by head
and position by position.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from typer.testing import CliRunner  # noqa: E402

from nerode.cli.app import app  # noqa: E402
from nerode.errors import FormatError, InvalidParameter  # noqa: E402
from nerode.models.hf.checkpoint import open_checkpoint  # noqa: E402
from nerode.models.hf.othello_gpt import import_othello_gpt  # noqa: E402
from nerode.worlds.othello.othello import Othello  # noqa: E402
from tests.models.hf.test_othello_gpt import forward, state_dict  # noqa: E402

Weights = dict[str, Any]
WIDTH, LAYERS, POSITIONS, TOKENS = 64, 2, 60, 61


def random_tensors(shapes: dict[str, tuple[int, ...]], seed: int = 0) -> Weights:
    """Random weights, those of norms (`one of these names`) around 1."""
    generator = torch.Generator().manual_seed(seed)
    made = {name: torch.randn(*shape, generator=generator) * 0.2 for name, shape in shapes.items()}
    norms = ("ln_1.weight", "ln_2.weight", "ln_f.weight", "ln1.w", "ln2.w", "ln_final.w")
    return {name: value + name.endswith(norms) for name, value in made.items()}


def nano_gpt(*, bias: bool) -> Weights:
    shapes = {
        "transformer.wte.weight": (TOKENS, WIDTH),
        "transformer.wpe.weight": (POSITIONS, WIDTH),
        "transformer.ln_f.weight": (WIDTH,),
    }
    for layer in range(LAYERS):
        at = f"transformer.h.{layer}"
        shapes |= {
            f"{at}.ln_1.weight": (WIDTH,),
            f"{at}.attn.c_attn.weight": (3 * WIDTH, WIDTH),
            f"{at}.attn.c_proj.weight": (WIDTH, WIDTH),
            f"{at}.ln_2.weight": (WIDTH,),
            f"{at}.mlp.c_fc.weight": (4 * WIDTH, WIDTH),
            f"{at}.mlp.c_proj.weight": (WIDTH, 4 * WIDTH),
        }
    if bias:
        shapes |= {
            f"{name.removesuffix('.weight')}.bias": shape[:1]
            for name, shape in shapes.items()
            if "wte" not in name and "wpe" not in name
        }
    made = random_tensors(shapes)
    return made | {"lm_head.weight": made["transformer.wte.weight"]}


def lens(heads: int, *, folded: bool) -> Weights:
    size = WIDTH // heads
    shapes: dict[str, tuple[int, ...]] = {
        "embed.W_E": (TOKENS, WIDTH),
        "pos_embed.W_pos": (POSITIONS, WIDTH),
        "unembed.W_U": (WIDTH, TOKENS),
        "unembed.b_U": (TOKENS,),
    }
    norms = ["ln_final"]
    for layer in range(LAYERS):
        at = f"blocks.{layer}"
        norms += [f"{at}.ln1", f"{at}.ln2"]
        for name in "QKV":
            shapes |= {
                f"{at}.attn.W_{name}": (heads, WIDTH, size),
                f"{at}.attn.b_{name}": (heads, size),
            }
        shapes |= {
            f"{at}.attn.W_O": (heads, size, WIDTH),
            f"{at}.attn.b_O": (WIDTH,),
            f"{at}.mlp.W_in": (WIDTH, 3 * WIDTH),
            f"{at}.mlp.b_in": (3 * WIDTH,),
            f"{at}.mlp.W_out": (3 * WIDTH, WIDTH),
            f"{at}.mlp.b_out": (WIDTH,),
        }
    if not folded:
        shapes |= {f"{name}.{part}": (WIDTH,) for name in norms for part in "wb"}
    made = random_tensors(shapes)
    for layer in range(LAYERS):
        made[f"blocks.{layer}.attn.mask"] = torch.ones(POSITIONS, POSITIONS).tril().bool()
        made[f"blocks.{layer}.attn.IGNORE"] = torch.tensor(-torch.inf)
    return made


def norm(x: Any, weight: Any = 1.0, bias: Any = 0.0) -> Any:
    x = x - x.mean(axis=-1, keepdims=True)
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5) * weight + bias


def gelu(x: Any) -> Any:
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def attended(query: Any, key: Any, value: Any) -> Any:
    """One head's attention, every place to those before it and itself."""
    out = np.zeros_like(value)
    for here in range(len(query)):
        scores = key[: here + 1] @ query[here] / math.sqrt(query.shape[1])
        weights = np.exp(scores - scores.max())
        out[here] = weights @ value[: here + 1] / weights.sum()
    return out


def nano_forward(weights: Weights, tokens: list[int], heads: int) -> Any:
    w = {name: value.double().numpy() for name, value in weights.items()}

    def linear(x: Any, at: str) -> Any:
        return x @ w[f"{at}.weight"].T + w.get(f"{at}.bias", 0.0)

    def normed(x: Any, at: str) -> Any:
        return norm(x, w[f"{at}.weight"], w.get(f"{at}.bias", 0.0))

    x = w["transformer.wte.weight"][tokens] + w["transformer.wpe.weight"][: len(tokens)]
    for layer in range(LAYERS):
        at = f"transformer.h.{layer}"
        q, k, v = np.split(linear(normed(x, f"{at}.ln_1"), f"{at}.attn.c_attn"), 3, axis=1)
        parts = (np.split(each, heads, axis=1) for each in (q, k, v))
        mixed = [attended(*head) for head in zip(*parts, strict=True)]
        x = x + linear(np.concatenate(mixed, axis=1), f"{at}.attn.c_proj")
        x = x + linear(gelu(linear(normed(x, f"{at}.ln_2"), f"{at}.mlp.c_fc")), f"{at}.mlp.c_proj")
    return normed(x, "transformer.ln_f") @ w["lm_head.weight"].T


def lens_forward(weights: Weights, tokens: list[int], heads: int) -> Any:
    w = {name: value.double().numpy() for name, value in weights.items()}

    def normed(x: Any, at: str) -> Any:
        return norm(x, w.get(f"{at}.w", 1.0), w.get(f"{at}.b", 0.0))

    x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"][: len(tokens)]
    for layer in range(LAYERS):
        at = f"blocks.{layer}"
        h = normed(x, f"{at}.ln1")
        mixed = w[f"{at}.attn.b_O"]
        for head in range(heads):
            q, k, v = (
                h @ w[f"{at}.attn.W_{name}"][head] + w[f"{at}.attn.b_{name}"][head]
                for name in "QKV"
            )
            mixed = mixed + attended(q, k, v) @ w[f"{at}.attn.W_O"][head]
        x = x + mixed
        inner = gelu(normed(x, f"{at}.ln2") @ w[f"{at}.mlp.W_in"] + w[f"{at}.mlp.b_in"])
        x = x + inner @ w[f"{at}.mlp.W_out"] + w[f"{at}.mlp.b_out"]
    return normed(x, "ln_final") @ w["unembed.W_U"] + w["unembed.b_U"]


def probabilities_of(folder: Path, tokens: list[int]) -> Any:
    from transformers import GPT2LMHeadModel  # noqa: PLC0415

    network: Any = GPT2LMHeadModel.from_pretrained(folder, local_files_only=True)
    with torch.no_grad():
        logits = network(torch.tensor([tokens])).logits[0]
    return torch.softmax(logits.double(), dim=-1).numpy()


def softmax(logits: Any) -> Any:
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


GAME = np.random.default_rng(0).integers(TOKENS, size=17).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("prefix", ["", "_orig_mod.", "module._orig_mod."])
def test_nano_gpt(tmp_path: Path, bias: bool, prefix: str) -> None:
    weights = nano_gpt(bias=bias)
    saved = {
        "model": {f"{prefix}{name}": value for name, value in weights.items()},
        "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": []},
        "model_args": {"n_layer": LAYERS, "n_head": 4, "n_embd": WIDTH, "bias": bias},
        "iter_num": 10,
        "best_val_loss": torch.tensor(1.5),
        "config": {"dataset": "othello"},
    }
    torch.save(saved, tmp_path / "ckpt.pt")
    found = import_othello_gpt(tmp_path / "ckpt.pt", tmp_path / "out")
    assert (found.layout, found.layers, found.heads) == ("nanoGPT", LAYERS, 4)
    expected = softmax(nano_forward(weights, GAME, heads=4))
    np.testing.assert_allclose(probabilities_of(tmp_path / "out", GAME), expected, atol=1e-5)
    assert np.abs(softmax(nano_forward(weights, GAME, heads=8)) - expected).max() > 1e-3
    assert not any("heads" in each for each in found.assumed)
    with pytest.raises(InvalidParameter, match="expected 4 heads, as the file says, got 8"):
        import_othello_gpt(tmp_path / "ckpt.pt", tmp_path / "other", heads=8)


@pytest.mark.parametrize("folded", [True, False])
def test_transformer_lens(tmp_path: Path, folded: bool) -> None:
    weights = lens(4, folded=folded)
    torch.save(weights, tmp_path / "synthetic_model.pth")
    found = import_othello_gpt(tmp_path / "synthetic_model.pth", tmp_path / "out")
    assert (found.layout, found.layers, found.heads) == ("TransformerLens", LAYERS, 4)
    assert any("LNPre" in each for each in found.assumed) == folded
    expected = softmax(lens_forward(weights, GAME, heads=4))
    np.testing.assert_allclose(probabilities_of(tmp_path / "out", GAME), expected, atol=1e-5)
    without = weights | {"unembed.b_U": torch.zeros(TOKENS)}
    assert np.abs(softmax(lens_forward(without, GAME, heads=4)) - expected).max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrap",
    [
        lambda weights: {f"module.{name}": value for name, value in weights.items()},
        lambda weights: {f"_orig_mod.{name}": value for name, value in weights.items()},
        lambda weights: {"model": weights},
        lambda weights: {"model_state_dict": weights, "epoch": 3},
        lambda weights: {
            "state_dict": {f"model.gpt.{name}": value for name, value in weights.items()},
            "epoch": 3,
            "pytorch-lightning_version": "2.2.0",
            "hyper_parameters": {"width": 32},
        },
    ],
)
def test_a_checkpoint_may_be_wrapped(tmp_path: Path, wrap: Any) -> None:
    weights = state_dict()
    torch.save(wrap(weights), tmp_path / "a.ckpt")
    import_othello_gpt(tmp_path / "a.ckpt", tmp_path / "out")
    expected = softmax(forward(weights, GAME))
    np.testing.assert_allclose(probabilities_of(tmp_path / "out", GAME), expected, atol=1e-5)


@pytest.mark.slow
def test_the_number_of_heads_is_said_or_named_as_an_assumption(tmp_path: Path) -> None:
    weights = state_dict()
    file = tmp_path / "gpt.ckpt"
    torch.save(weights, file)
    found = import_othello_gpt(file, tmp_path / "eight")
    assert found.assumed == ("8 attention heads, which the file does not say (--heads)",)
    done = CliRunner().invoke(
        app,
        [
            "model",
            "import",
            "othello-gpt",
            str(file),
            "--out",
            str(tmp_path / "four"),
            "--heads",
            "4",
        ],
    )
    assert done.exit_code == 0
    assert "4 heads" in done.output
    assert "assumed" not in done.output
    for folder, heads in (("eight", 8), ("four", 4)):
        expected = softmax(forward(weights, GAME, heads=heads))
        np.testing.assert_allclose(probabilities_of(tmp_path / folder, GAME), expected, atol=1e-5)
    assumed = CliRunner().invoke(
        app, ["model", "import", "othello-gpt", str(file), "--out", str(tmp_path / "b")]
    )
    assert "assumed: 8 attention heads, which the file does not say (--heads)" in assumed.output
    with pytest.raises(
        InvalidParameter, match="a number of heads that divides the width 32, got 5"
    ):
        import_othello_gpt(file, tmp_path / "five", heads=5)


def test_an_imported_model_is_measured(tmp_path: Path) -> None:
    torch.save(lens(8, folded=True), tmp_path / "a.pth")
    import_othello_gpt(tmp_path / "a.pth", tmp_path / "out")
    model = open_checkpoint(tmp_path / "out", Othello())
    assert model.context_length == POSITIONS
    assert json.loads((tmp_path / "out" / "config.json").read_text())["n_inner"] == 3 * WIDTH


def test_what_is_another_function_is_named_for_what_it_is(tmp_path: Path) -> None:
    file, out = tmp_path / "x.ckpt", tmp_path / "out"
    nano, tlens = nano_gpt(bias=True), lens(4, folded=False)
    hugging_face = nano | {
        name: value.T.contiguous() for name, value in nano.items() if "attn.c_attn.weight" in name
    }
    rms = {name: value for name, value in tlens.items() if not name.endswith(("ln1.b", "final.b"))}
    narrow = tlens | {
        "blocks.0.attn.W_Q": torch.zeros(4, WIDTH, 8),
    }
    for content, message in [
        ({"hyper": argparse.Namespace(width=3), "model": nano}, "the class argparse.Namespace"),
        ({"model": nano, "model_args": {"n_head": 7}}, "divides the width 64, got 7"),
        (hugging_face, r"expected transformer.h.0.attn.c_attn.weight with \(192, 64\)"),
        (nano | {"transformer.wte.weight": torch.zeros(50, WIDTH)}, r"with \(61, any\)"),
        ({n: v for n, v in nano.items() if n != "transformer.h.1.ln_2.bias"}, "h.1.ln_2.bias"),
        (rms, "expected ln_final.b with"),
        (
            tlens | {"blocks.0.attn.rotary_sin": torch.zeros(3)},
            "TransformerLens .*rotary_sin as well",
        ),
        (narrow, "expected heads that are 64 wide together .* got 4 of 8"),
        (
            {"encoder.0.weight": torch.zeros(3), "head.bias": torch.zeros(3)},
            "none but encoder.0.wei",
        ),
        ({"tok_emb.weight": torch.zeros(61, 32), "a": torch.zeros(1)}, "expected layers of minGPT"),
        ({"model": {"a": 1}}, "got dict"),
    ]:
        torch.save(content, file)
        with pytest.raises((FormatError, InvalidParameter), match=message) as caught:
            import_othello_gpt(file, out)
        assert "\n" not in str(caught.value)
        assert not out.exists()
