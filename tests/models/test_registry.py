from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from nerode.errors import (
    InvalidParameter,
    MissingFile,
    ModelMismatch,
    NerodeError,
    UnknownName,
)
from nerode.models import open_model
from nerode.models.baselines.ngram import Ngram
from nerode.models.baselines.simple import NoisyOracle, Oracle, Uniform
from nerode.models.hf.transformer import Transformer
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.connect_four import ConnectFour
from tests.sequences.maps import grid

WORLD = grid(2, 3)
SEQUENCES = SequenceBatch.of([[9, 10, 3, 0]])


def test_models_by_name() -> None:
    assert open_model("oracle", WORLD) == Oracle(WORLD)
    assert open_model("uniform", WORLD) == Uniform(WORLD.alphabet)
    assert open_model("noisy-oracle:0.25", WORLD, seed=7) == NoisyOracle(WORLD, 0.25, seed=7)
    ngram = open_model("ngram:3", WORLD, sequences=SEQUENCES)
    assert isinstance(ngram, Ngram)
    assert ngram.order == 3


@pytest.mark.parametrize(
    "name", ["oracle", "uniform", "counter", "noisy-oracle:0.25", "ngram:3", "untrained"]
)
def test_a_model_goes_by_the_name_it_was_opened_by(name: str) -> None:
    model = open_model(name, WORLD, sequences=SEQUENCES)
    assert model.name == name
    assert model.alphabet == WORLD.alphabet
    assert model.read([(), (9, 10)]).probabilities.shape == (2, len(WORLD.alphabet))


def test_untrained_follows_from_its_seed_alone() -> None:
    state = torch.random.get_rng_state()
    histories = [(9, 12, 1), (9,)]
    rows = [
        open_model("untrained", WORLD, seed=seed).read(histories).probabilities
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(rows[0], rows[1])
    assert np.abs(rows[0] - rows[2]).max() > 1e-3
    assert torch.equal(torch.random.get_rng_state(), state)


def test_untrained_of_another_shape() -> None:
    model = open_model("untrained:layers=2,width=32,heads=8", ConnectFour(2))
    assert isinstance(model, Transformer)
    config = model.network.config
    assert (config.n_layer, config.n_embd, config.n_head) == (2, 32, 8)
    default = open_model("untrained", WORLD)
    assert isinstance(default, Transformer)
    config = default.network.config
    assert (config.n_layer, config.n_embd, config.n_head, config.n_positions) == (4, 128, 4, 128)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        (
            "no-such-model",
            UnknownName,
            "oracle, policy-oracle:POLICY, counter, uniform, noisy-oracle:P, ngram:N, untrained",
        ),
        ("./no/such/folder", UnknownName, "got './no/such/folder'"),
        ("oracle:1", InvalidParameter, "oracle without a parameter"),
        ("counter:2", InvalidParameter, "counter without a parameter"),
        ("policy-oracle", ModelMismatch, "no model here says what it was trained on in grid"),
        ("policy-oracle:lazy", ModelMismatch, "a policy out of shortest, noisy, random, strong, "),
        ("uniform:", InvalidParameter, "uniform without a parameter"),
        ("noisy-oracle", InvalidParameter, "expected a number, got ''"),
        ("noisy-oracle:some", InvalidParameter, "expected a number, got 'some'"),
        ("noisy-oracle:2", InvalidParameter, "from 0 to 1, got 2.0"),
        ("ngram", InvalidParameter, "expected a whole number, got ''"),
        ("ngram:1.5", InvalidParameter, "expected a whole number, got '1.5'"),
        ("ngram:2", ModelMismatch, "expected sequences to fit ngram:2 on, got none"),
        ("untrained:depth=4", InvalidParameter, "got 'depth=4'"),
        ("untrained:layers", InvalidParameter, "expected a whole number, got ''"),
        ("untrained:heads=3", InvalidParameter, "a width that 3 heads divide, got 128"),
        ("untrained:layers=0", InvalidParameter, "layers of at least 1, got 0"),
    ],
)
def test_a_wrong_name_gives_one_line(name: str, error: type[NerodeError], words: str) -> None:
    with pytest.raises(error) as caught:
        open_model(name, WORLD)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"config\.json"):
        open_model(str(tmp_path), WORLD)


@pytest.mark.slow
def test_opening_light_models_loads_nothing_heavy() -> None:
    code = (
        "import sys; from nerode.models import open_model;"
        "from nerode.worlds.registry import open_world;"
        "open_model('oracle', open_world('connect-four'));"
        "print([name for name in ('torch', 'transformers', 'plotly') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
