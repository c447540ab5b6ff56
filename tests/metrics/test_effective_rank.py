"""Effective rank: matrices whose rank is known, models whose hidden states are, networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nerode.evaluation.evaluation import evaluate
from nerode.metrics.effective_rank import (
    EFFECTIVE_RANK,
    EffectiveRankTrial,
    HiddenRows,
    StateRows,
    effective_rank,
)
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import Oracle
from nerode.schema.decoding import DamageError
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import uniform_histories
from nerode.worlds.registry import open_world
from nerode.worlds.world import World

TRIALS = 60


def rank_of(matrix: NDArray[np.float64]) -> float:
    rows = HiddenRows()
    for row in matrix.tolist():
        rows.see(row)
    return effective_rank(rows.singular_values)


def test_of_matrices_that_are_known() -> None:
    assert rank_of(np.eye(7)) == pytest.approx(7)
    assert rank_of(np.ones((5, 3))) == pytest.approx(1)
    assert rank_of(np.zeros((5, 3))) == 0
    # Singular values 3 and 1: shares 3/4 and 1/4.
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert rank_of(np.diag([3.0, 1.0, 0.0])) == pytest.approx(np.exp(entropy))


@pytest.mark.parametrize("rows", [3, 40, 700])
def test_row_by_row_it_is_that_of_the_matrix(rows: int) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(rows, 6)) * [10, 3, 1, 1, 0.1, 0]
    values = np.linalg.svd(matrix, compute_uv=False)
    assert rank_of(matrix) == pytest.approx(effective_rank(values))
    turned, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    assert rank_of(3 * matrix @ turned) == pytest.approx(rank_of(matrix))


@pytest.mark.parametrize("features", [1, 3])
def test_classes_row_by_row_are_a_matrix_of_0_and_1(features: int) -> None:
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 4, size=(50, features))
    matrix = np.concatenate([np.eye(4)[column] for column in classes.T], axis=1)
    found = StateRows()
    for row in classes.tolist():
        found.see(row)
    expected = effective_rank(np.linalg.svd(matrix, compute_uv=False))
    assert effective_rank(found.singular_values) == pytest.approx(expected, rel=1e-6)


@dataclass(frozen=True)
class KnowsTheState:
    """An oracle whose hidden states are one-hot codes of the crossing, and nothing else."""

    world: Any
    hidden_layers: int = 2

    def __getattr__(self, name: str) -> Any:
        return getattr(Oracle(self.world), name)

    @property
    def hidden_width(self) -> int:
        return len(self.world.classes)

    def hidden_states(self, histories: list[list[int]]) -> torch.Tensor:
        rows = []
        for history in histories:
            begin = max(1, self.world.prompt_length)
            told = self.world.labels([*history, 0])[:, 0]
            rows += [np.zeros(self.hidden_width)] * (begin - 1)
            rows += [np.eye(self.hidden_width)[number] for number in told]
        last = torch.tensor(np.array(rows), dtype=torch.float32)
        return torch.stack([torch.zeros_like(last), last])


@pytest.fixture(scope="module")
def setting() -> Setting:
    world: World[Any] = open_world("midtown")
    sequences = draw_sequences(world, "shortest", TRIALS, 0)
    return Setting(
        world=world, histories=uniform_histories(world), sequences=sequences, trials=TRIALS
    )


@pytest.mark.slow
def test_who_has_the_state_in_mind_alone_has_its_rank(setting: Setting) -> None:
    found = EFFECTIVE_RANK.run(setting, KnowsTheState(setting.world)).estimates()
    assert found["rank"].n == TRIALS
    assert found["rank"].value == pytest.approx(found["true_state"].value)
    trials = list(EFFECTIVE_RANK.measure(setting, KnowsTheState(setting.world), range(TRIALS)))
    crossings = [trial.state[0] for trial in trials if isinstance(trial, EffectiveRankTrial)]  # type: ignore[index]
    counts = np.sqrt(np.unique(crossings, return_counts=True)[1])
    shares = counts / counts.sum()
    assert found["rank"].value == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))


def test_trials_are_the_same_one_by_one(setting: Setting) -> None:
    model = KnowsTheState(setting.world)
    together = list(EFFECTIVE_RANK.measure(setting, model, range(6)))
    alone = [next(iter(EFFECTIVE_RANK.measure(setting, model, [number]))) for number in range(6)]
    assert together == alone


def test_without_hidden_states_every_trial_says_so(setting: Setting) -> None:
    found = EFFECTIVE_RANK.run(setting, Oracle(setting.world)).estimates()
    assert (found["rank"].value, found["rank"].skipped) == (None, TRIALS)
    assert list(found) == ["rank"]


def test_damaged_numbers_are_told() -> None:
    line = b'{"trial": 0, "hidden": []}'
    with pytest.raises(DamageError, match="hidden"):
        EFFECTIVE_RANK.decode(line)


@pytest.mark.long
def test_a_network_beside_the_untrained_one() -> None:
    world = open_world("othello:size=6")
    done = evaluate(world, "othello6-strong", ["effective_rank"], trials=300)
    rank = done.estimate("effective_rank", "rank")
    known = done.estimate("effective_rank", "true_state")
    untrained: Any = done.record["baselines"]["untrained"]["effective_rank"]["rank"]["value"]
    assert rank.value is not None
    assert known.value is not None
    assert 1 < untrained < rank.value < 128
    assert known.value > 10
