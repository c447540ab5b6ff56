"""Networks that are not causal are refused on opening, and no causal one is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nerode.errors import ModelMismatch
from nerode.models.hf.causality import check_causal
from nerode.models.hf.checkpoint import open_checkpoint
from tests.models.zoo import POSITIONS, WORLD, network_of, save, symbols

ENCODERS = [
    "bert",
    "big_bird",
    "camembert",
    "data2vec-text",
    "electra",
    "ernie",
    "megatron-bert",
    "rembert",
    "roberta",
    "roberta-prelayernorm",
    "roformer",
    "xlm-roberta",
]
"""Architectures that look both ways unless their configuration has `is_decoder`."""
BOTH_WAYS = ["xlm", "xlnet", "cpmant"]
CAUSAL: dict[str, dict[str, Any]] = {
    "gpt2": {},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "num_layers": 2, "window_size": 4},
    "opt": {"word_embed_proj_dim": 32},
    "llama": {},
    "mistral": {"sliding_window": 5},
    "bloom": {},
    "mpt": {},
    "bart": {},
    "whisper": {},
    "xlm": {"causal": True},
    "mixtral": {},
    "qwen3_moe": {},
    "gpt_oss": {},
    "mamba": {},
    "rwkv": {"attention_hidden_size": 32},
    "xlstm": {},
    "recurrent_gemma": {},
}
DTYPES = [torch.float32, torch.bfloat16]


def check(network: Any, longest: int | None = POSITIONS) -> None:
    check_causal(network, symbols().to(network.device), longest, "a folder")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_is_refused_and_accepted_as_decoder(kind: str, dtype: torch.dtype) -> None:
    check(network_of(kind, is_decoder=True).to(dtype), 50)
    with pytest.raises(ModelMismatch, match=r"the symbols after it .*is_decoder false"):
        check(network_of(kind, is_decoder=False).to(dtype), 50)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", BOTH_WAYS)
def test_others_that_look_both_ways_are_refused(kind: str, dtype: torch.dtype) -> None:
    with pytest.raises(ModelMismatch, match="depends on the symbols after it"):
        check(network_of(kind).to(dtype))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", CAUSAL)
def test_causal_networks_pass(kind: str, dtype: torch.dtype) -> None:
    if kind == "xlstm" and dtype == torch.bfloat16:
        return  # its module cannot compute in it
    check(network_of(kind, **CAUSAL[kind]).to(dtype))


def test_one_whose_output_depends_on_the_length_of_the_input_is_refused() -> None:
    with pytest.raises(ModelMismatch, match="depends on how many come after it"):
        check(network_of("prophetnet"))


@pytest.mark.parametrize("spread", [0.02, 0.3])
def test_a_leak_is_seen_where_attention_hardly_matters(spread: float) -> None:
    network = network_of("bert", is_decoder=False, spread=spread)
    for layer in network.bert.encoder.layer:
        layer.attention.output.dense.weight.data *= 1e-3
    with pytest.raises(ModelMismatch, match="depends on the symbols after it"):
        check(network)


class Recorded(torch.nn.Module):
    """A causal network that does something else with its logits."""

    def __init__(self, change: Any) -> None:
        super().__init__()
        self.inner = network_of("gpt2")
        self.config, self.dtype, self.device = self.inner.config, torch.float32, "cpu"
        self.change = change

    def forward(self, input_ids: torch.Tensor, **more: Any) -> Any:
        given = self.inner(input_ids=input_ids, **more)
        given.logits = self.change(given.logits, input_ids)
        return given


def test_only_the_next_symbol_is_seen_too_early() -> None:
    def shifted(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return logits + 1e-4 * torch.nn.functional.one_hot(ids.roll(-1, dims=1), logits.shape[-1])

    check(Recorded(lambda logits, _: logits))
    with pytest.raises(ModelMismatch, match="depends on the symbols after it"):
        check(Recorded(shifted))


def test_rows_that_depend_on_one_another_are_refused() -> None:
    with pytest.raises(ModelMismatch, match="depends on the others that it reads with it"):
        check(Recorded(lambda logits, ids: logits + ids[:, :1].float().mean()))


def test_outputs_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ModelMismatch, match=r"expected numbers .* got NaN"):
        check(Recorded(lambda logits, _: logits * torch.nan))


def test_logits_of_minus_infinity_are_no_leak() -> None:
    def without(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        del ids
        return logits.index_fill(-1, torch.tensor([0, 3]), -torch.inf)

    check(Recorded(without))


@pytest.mark.slow
@pytest.mark.parametrize("longest", [1, 2, 3, 7, None])
def test_short_contexts(longest: int | None) -> None:
    check(network_of("llama"), longest)
    if longest != 1:
        with pytest.raises(ModelMismatch):
            check(network_of("bert", is_decoder=False), longest or POSITIONS)


@pytest.mark.slow
def test_a_folder_of_masked_language_modelling_is_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "it", network_of("bert", is_decoder=False))
    with pytest.raises(ModelMismatch, match="expected a causal language model in") as caught:
        open_checkpoint(folder, WORLD)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
