"""Where the sequences of an evaluation come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import InvalidParameter, ModelMismatch
from nerode.evaluation.evaluation import Evaluation, evaluate
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.sequences.corpus import folder_corpus, fresh_corpus
from nerode.sequences.dataset import open_sequences, write_sequences
from nerode.sequences.split import Split
from nerode.training.data import open_training_data
from nerode.worlds.cayley import Cayley
from nerode.worlds.othello.othello import Othello
from nerode.worlds.world import World


def evaluated(world: World[Any], model: Any, **terms: Any) -> Evaluation:
    given: dict[str, Any] = {"samples": 4, "length": 10, "baselines": ()}
    return evaluate(world, model, **(given | terms))


@dataclass(frozen=True)
class Trained(Oracle):
    """An oracle that says what it was trained on."""

    trained_on: Any = None


@pytest.mark.slow
def test_a_trained_model_is_measured_on_what_it_was_not_trained_on(town: World[Any]) -> None:
    terms = {"policy": "random", "sequences_seed": 9, "held_out": 0.3, "training": {}}
    trained_on = {"world": town.name, **terms}
    corpus = fresh_corpus(town, 50, 4, trained_on)
    assert len(corpus.held_out) == 50
    split = Split.of(town, 9, 0.3)
    assert split.held_out(corpus.held_out, 2).all()
    assert not split.held_out(corpus.train, 2).any()
    record = evaluated(town, Trained(town, trained_on=trained_on), trials=3).record
    assert record["parameters"]["sequences"] == "random, drawn (split seed 9, held out 0.3)"
    elsewhere = {**trained_on, "world": "midtown"}
    record = evaluated(town, Trained(town, trained_on=elsewhere), trials=3).record
    assert record["parameters"]["sequences"] == "shortest, drawn (split seed 0, held out 0.1)"


def test_what_is_fitted_and_met_does_not_depend_on_the_trials(town: World[Any]) -> None:
    few, many = fresh_corpus(town, 2, 0), fresh_corpus(town, 40, 0)
    assert few.train == many.train
    assert few.met == many.met
    assert [list(s) for s in few.held_out] == [list(s) for s in many.held_out][:2]
    noisy = {"world": town.name, "policy": "noisy", "sequences_seed": 0, "held_out": 0.1}
    assert fresh_corpus(town, 2, 0, noisy).source != fresh_corpus(town, 3, 0, noisy).source


@pytest.mark.slow
def test_a_folder_of_sequences_gives_what_it_holds_in_an_order_of_the_seed(
    town: World[Any], tmp_path: Path
) -> None:
    write_sequences(town, "random", 200, 6, tmp_path / "s")
    held_out = open_sequences(tmp_path / "s").read("held_out")
    corpora = [folder_corpus(tmp_path / "s", town, seed) for seed in (0, 0, 1)]
    orders = [[tuple(s.tolist()) for s in corpus.held_out] for corpus in corpora]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) == sorted(tuple(s.tolist()) for s in held_out)
    assert corpora[0].train == open_sequences(tmp_path / "s").read("train")

    trials = len(held_out) + 3
    found = evaluated(
        town, Oracle(town), sequences=tmp_path / "s", histories="on-policy", trials=trials
    )
    assert found.record["skipped"]["traversal"] == {f"only {len(held_out)} held-out sequences": 3}
    assert found.record["parameters"]["sequences"] == str(tmp_path / "s")
    assert found.estimate("next_symbol", "legal").value == 1
    met = {tuple(s.tolist()) for s in held_out}
    for witness in evaluated(
        town,
        NoisyOracle(town, 0.3),
        sequences=tmp_path / "s",
        histories="on-policy",
        trials=20,
        metrics=["compression"],
    ).record["witnesses"]["compression"]:
        for side in ("history1", "history2"):
            history = town.encode(witness[side])
            assert any(sequence[: len(history)] == history for sequence in met)


def test_sequences_of_another_world_are_refused(town: World[Any], tmp_path: Path) -> None:
    write_sequences(town, "random", 50, 6, tmp_path / "s")
    with pytest.raises(ModelMismatch, match="whose symbols differ"):
        evaluated(Cayley(3), Oracle(Cayley(3)), sequences=tmp_path / "s", trials=2)
    with pytest.raises(InvalidParameter, match="seed from 0"):
        evaluated(town, Oracle(town), sequences=tmp_path / "s", trials=2, seed=-3)


def test_games_that_cannot_be_drawn_anew_are_asked_for() -> None:
    world = Othello(6)
    trained_on = {
        "world": world.name, "policy": "championship", "sequences_seed": 0, "held_out": 0.1
    }  # fmt: skip
    with pytest.raises(InvalidParameter, match=r"--sequences.*'championship' cannot be drawn"):
        fresh_corpus(world, 5, 0, trained_on)
    assert len(fresh_corpus(world, 5, 0, trained_on | {"policy": "strong"}).held_out) == 5


@pytest.mark.slow
def test_a_model_is_measured_by_the_rule_that_its_sequences_were_split_by(tmp_path: Path) -> None:
    world = Othello(6)
    terms = {"world": world.name, "policy": "random", "sequences_seed": 5, "held_out": 0.2}
    old, new = Split(5, 0.2), Split.of(world, 5, 0.2)
    for trained_on, split, rule in (
        (terms, old, ""),  # a record of before there was a rule
        (terms | {"split_rule": "prompt"}, old, ""),
        (terms | {"split_rule": "symmetry class"}, new, ", by symmetry class"),
    ):
        corpus = fresh_corpus(world, 40, 1, trained_on)
        assert split.held_out(corpus.held_out, 0).all()
        assert not split.held_out(corpus.train, 0).any()
        assert corpus.source == f"random, drawn (split seed 5, held out 0.2{rule})"
    assert old.held_out(fresh_corpus(world, 40, 1, terms).held_out, 0).all()
    assert not new.held_out(fresh_corpus(world, 40, 1, terms).held_out, 0).all()
    told = "random, drawn (split seed 0, held out 0.1, by symmetry class)"
    assert fresh_corpus(world, 5, 0).source == told
    write_sequences(world, "random", 40, 1, tmp_path / "games")
    assert open_training_data(tmp_path / "games").origin["split_rule"] == "symmetry class"


def test_training_sequences_are_read_as_far_as_they_are_wanted(
    town: World[Any], tmp_path: Path
) -> None:
    write_sequences(town, "random", 60, 1, tmp_path)
    corpus = folder_corpus(tmp_path, town, 0)
    whole = open_sequences(tmp_path).read("train")
    assert corpus.training(7) == whole.part(0, 7)
    assert "train" not in vars(corpus)  # a large folder is not read whole for a few
    assert corpus.training(10**9) == whole
    assert corpus.train == whole
    assert corpus.training(7) == whole.part(0, 7)
    drawn = fresh_corpus(town, 3, 0)
    assert drawn.training(5) == drawn.train.part(0, 5)
