"""How many tokens a network can read: so many are read, and one more is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nerode.evaluation.evaluation import evaluate
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.positions import most_tokens
from nerode.models.hf.transformer import Transformer
from tests.models.zoo import PAD, POSITIONS, WORLD, network_of, save, symbols


def reads(network: Any, length: int) -> bool:
    ids = symbols()[torch.arange(length) % len(symbols())][None]
    try:
        with torch.inference_mode():
            network(input_ids=ids, use_cache=False)
    except (IndexError, RuntimeError):
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "more", "most"),
    [
        ("gpt2", {}, POSITIONS),
        ("opt", {"word_embed_proj_dim": 32}, POSITIONS),
        ("bart", {}, POSITIONS),
        ("biogpt", {}, POSITIONS),
        ("bert", {"is_decoder": True}, POSITIONS),
        ("electra", {"is_decoder": True}, POSITIONS),
        ("roberta", {"is_decoder": True}, POSITIONS - PAD - 1),
        ("roberta", {"is_decoder": True, "pad_token_id": 13}, POSITIONS - 14),
        ("camembert", {"is_decoder": True}, POSITIONS - PAD - 1),
        ("xlm-roberta", {"is_decoder": True}, POSITIONS - PAD - 1),
        ("data2vec-text", {"is_decoder": True}, POSITIONS - PAD - 1),
        ("whisper", {}, POSITIONS),
        ("mpt", {}, POSITIONS),
    ],
)
def test_tables_of_positions_end_where_it_is_said(
    kind: str, more: dict[str, Any], most: int
) -> None:
    network = network_of(kind, **more)
    assert most_tokens(network, symbols()) == most
    assert reads(network, most)
    assert not reads(network, most + 1)


def test_positions_that_are_computed_end_where_the_configuration_says() -> None:
    assert most_tokens(network_of("llama"), symbols()) == POSITIONS
    assert most_tokens(network_of("xglm", d_model=32, num_layers=2), symbols()) == POSITIONS


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mamba", "bloom", "xlnet"])
def test_without_an_end_there_is_none(kind: str) -> None:
    assert most_tokens(network_of(kind), symbols()) is None


class Distances(torch.nn.Module):
    """A network with an embedding of distances, which are cut off: no table of positions."""

    def __init__(self) -> None:
        super().__init__()
        self.config = network_of("mamba").config
        self.table = torch.nn.Embedding(16, 4)

    def forward(self, input_ids: torch.Tensor, use_cache: bool) -> torch.Tensor:
        del use_cache
        distances = torch.arange(input_ids.shape[1]).clamp(max=15)
        given: torch.Tensor = self.table(distances)
        return given


def test_an_embedding_of_distances_is_no_end() -> None:
    network: Any = Distances()
    assert most_tokens(network, symbols()) is None


@pytest.mark.slow
def test_trials_that_are_too_long_for_roberta_are_skipped_and_counted(tmp_path: Path) -> None:
    network = network_of("roberta", is_decoder=True, max_position_embeddings=20)
    model = open_checkpoint(save(tmp_path / "it", network), WORLD)
    assert model.context_length == 20 - PAD - 1 - 1  # and the first token
    assert isinstance(model, Transformer)
    history = [symbol % 7 for symbol in range(model.context_length)]
    assert np.isfinite(model.read([history]).probabilities).all()
    found = evaluate(WORLD, model, ["compression"], trials=40, samples=3, baselines=[])
    skipped = found.record["skipped"]["compression"]
    assert any("context" in reason or "long" in reason for reason in skipped)
    assert found.estimate("compression", "precision").n + sum(skipped.values()) == 40
