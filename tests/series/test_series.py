"""A series of measurements: its folder, its steps, and how two of them differ."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.errors import FormatError, InvalidParameter, RunMismatch, UnknownName
from nerode.evaluation.evaluation import evaluate
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.runs import RESULT, TRIALS
from nerode.series.config import SERIES_SAMPLES
from nerode.series.series import Series
from nerode.worlds.registry import open_world
from nerode.worlds.world import World

NOISES = (0.0, 0.05, 0.2, 0.4)


@pytest.fixture(scope="module")
def cups() -> World[Any]:
    return open_world("cups")


def series_of(world: World[Any], out: Path | None, **config: Any) -> Series:
    given: dict[str, Any] = {"trials": 40, "length": 8, "baselines": [], **config}
    return Series(world, ["compression", "distinction", "next_symbol"], out=out, **given)


@pytest.fixture(scope="module")
def worse(cups: World[Any], tmp_path_factory: pytest.TempPathFactory) -> Series:
    """A model that gets worse from step to step."""
    series = series_of(cups, tmp_path_factory.mktemp("series") / "worse")
    for step, noise in enumerate(NOISES):
        series(NoisyOracle(cups, noise), 100 * step, values={"loss": noise})
    return series


@pytest.mark.slow
def test_steps_are_the_runs_that_evaluate_makes(cups: World[Any], worse: Series) -> None:
    assert worse.steps == [0, 100, 200, 300]
    alone = evaluate(
        cups,
        NoisyOracle(cups, 0.2),
        ["compression", "distinction", "next_symbol"],
        trials=40,
        samples=SERIES_SAMPLES,
        length=8,
        curve=False,
        histories="uniform",
        baselines=[],
    )
    assert worse.evaluation(200).record["metrics"] == alone.record["metrics"]


@pytest.mark.slow
def test_a_perfect_model_stays_perfect_and_a_worse_one_is_seen_worse(worse: Series) -> None:
    assert worse.estimate(0, "compression", "precision").value == 1
    values = [worse.estimate(step, "next_symbol", "legal").value for step in worse.steps]
    assert all(isinstance(value, float) for value in values)
    assert values == sorted(values, key=lambda value: -(value or 0))
    assert worse.scores(0)["next_symbol/legal"] == 1


@pytest.mark.slow
def test_a_difference_is_that_of_the_scores_over_the_trials_of_both(worse: Series) -> None:
    found = worse.difference(0, 300, "compression", "precision")
    first, second = (worse.estimate(n, "compression", "precision").value for n in (0, 300))
    assert first is not None
    assert second is not None
    assert found.value == pytest.approx(second - first)
    assert found.n == 40
    assert found.certain
    same = worse.difference(300, 300, "compression", "precision")
    assert (same.value, same.p) == (0, 1)


@pytest.mark.slow
def test_what_is_no_step_or_no_score_is_named(worse: Series) -> None:
    with pytest.raises(UnknownName, match=r"measured \(0, 100, 200, 300\), got 7"):
        worse.evaluation(7)
    with pytest.raises(UnknownName, match=r"precision.*got nothing_such"):
        worse.difference(0, 100, "compression", "nothing_such")
    with pytest.raises(UnknownName, match=r"next_symbol.*got traversal"):
        worse.difference(0, 100, "traversal", "arrived")
    with pytest.raises(InvalidParameter, match="step from 0 on, got -1"):
        worse(Oracle(worse.world), -1)


@pytest.mark.slow
def test_a_step_that_is_there_is_not_measured_again(cups: World[Any], tmp_path: Path) -> None:
    series = series_of(cups, tmp_path / "s")
    first = series(Oracle(cups), 5)
    # The model at this step is another one now; nobody asks it.
    again = series_of(cups, tmp_path / "s")(NoisyOracle(cups, 1.0), 5)
    assert again.record == first.record


@pytest.mark.slow
def test_a_series_goes_on_only_under_its_own_terms(cups: World[Any], tmp_path: Path) -> None:
    series_of(cups, tmp_path / "s", trials=39)  # nothing measured: no terms to keep
    series_of(cups, tmp_path / "s")(Oracle(cups), 1)
    with pytest.raises(InvalidParameter, match="at least 1, got 0"):
        series_of(cups, None, trials=0)
    with pytest.raises(RunMismatch, match=r"trials that this series was begun with \(40\), got 41"):
        series_of(cups, tmp_path / "s", trials=41)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(InvalidParameter, match=r"empty folder, got notes\.txt"):
        series_of(cups, tmp_path / "other")


@pytest.mark.slow
def test_a_series_that_was_killed_ends_as_one_that_was_not(
    cups: World[Any], worse: Series, tmp_path: Path
) -> None:
    folder = tmp_path / "s"
    shutil.copytree(worse.folder.path, folder)
    # Killed within step 200: a part of its trials, no record, half a line in the list.
    run = folder / "steps" / "200"
    (run / RESULT).unlink()
    (run / TRIALS).write_bytes((run / TRIALS).read_bytes()[:3000])
    shutil.rmtree(folder / "steps" / "300")
    lines = (folder / "steps.jsonl").read_text().splitlines(keepends=True)
    (folder / "steps.jsonl").write_text("".join(lines[:2]) + lines[2][:11])
    series = series_of(cups, folder)
    assert series.steps == [0, 100]
    for step, noise in enumerate(NOISES):
        series(NoisyOracle(cups, noise), 100 * step, values={"loss": noise})
    assert series.steps == worse.steps
    for step in series.steps:
        assert series.evaluation(step).record == worse.evaluation(step).record
    assert (folder / "steps.jsonl").read_text().count("\n") == 4


@pytest.mark.slow
def test_half_a_step_of_other_weights_is_dropped(cups: World[Any], tmp_path: Path) -> None:
    series = series_of(cups, tmp_path / "s")
    series(NoisyOracle(cups, 0.3, seed=1), 9)
    (tmp_path / "s" / "steps" / "9" / RESULT).unlink()
    series(NoisyOracle(cups, 0.3, seed=2), 9)
    fresh = series_of(cups, None)
    fresh(NoisyOracle(cups, 0.3, seed=2), 9)
    assert series.scores(9) == fresh.scores(9)


@pytest.mark.slow
def test_a_damaged_list_of_steps_is_named_by_its_line(cups: World[Any], tmp_path: Path) -> None:
    series = series_of(cups, tmp_path / "s")
    series(Oracle(cups), 1)
    with (tmp_path / "s" / "steps.jsonl").open("a") as stream:
        stream.write('{"step": -4}\n')
    with pytest.raises(FormatError, match=r"steps\.jsonl:2: expected a measured step; step: "):
        _ = series.steps


@pytest.mark.slow
def test_failures_are_kept_and_the_series_goes_on(cups: World[Any], tmp_path: Path) -> None:
    series = series_of(cups, tmp_path / "s")
    reason = series.attempt(tmp_path / "nothing", 3)
    assert isinstance(reason, str)
    assert "expected the checkpoint" in reason
    assert series.steps == []
    kept = json.loads((tmp_path / "s" / "steps.jsonl").read_text())
    assert kept["failed"] == reason
    assert not isinstance(series.attempt(Oracle(cups), 3), str)
    assert series.steps == [3]


@pytest.mark.slow
def test_baselines_are_measured_with_the_first_step_alone(cups: World[Any]) -> None:
    series = series_of(cups, None, baselines=["uniform"])
    first, second = series(Oracle(cups), 1), series(Oracle(cups), 2)
    assert list(first.record["baselines"]) == ["uniform"]
    assert second.record["baselines"] == {}
    table = series.to_pandas()
    assert set(table["step"]) == {1, 2}
    assert set(table[table["baseline"] == "uniform"]["step"]) == {1}
    row = table.query("step == 2 and metric == 'compression' and score == 'precision'").iloc[0]
    assert (row["value"], row["n"]) == (1.0, 40)


@pytest.mark.slow
def test_measuring_draws_nothing_from_global_random_states(cups: World[Any]) -> None:
    states = (random.getstate(), str(np.random.get_state()))  # noqa: NPY002
    series_of(cups, None)(NoisyOracle(cups, 0.2), 1)
    assert (random.getstate(), str(np.random.get_state())) == states  # noqa: NPY002


@pytest.mark.slow
def test_a_loss_that_is_no_number_costs_no_measurement(cups: World[Any]) -> None:
    series = series_of(cups, None)
    series(Oracle(cups), 1, values={"loss": float("nan"), "lr": 0.5})
    assert series.steps == [1]
    assert series.folder.steps()[1].values == {"lr": 0.5}


def test_a_training_goes_on_whatever_a_measurement_raises(cups: World[Any]) -> None:
    series = series_of(cups, None)

    class Broken(Oracle):
        def read(self, _histories: Any) -> Any:
            raise RuntimeError("out of memory,\nas they say")

    reason = series.attempt(Broken(cups), 1)
    assert reason == "RuntimeError: out of memory, as they say"
    assert series.folder.steps()[1].failed == reason


@pytest.mark.slow
def test_steps_after_the_one_that_a_training_goes_on_from_are_set_aside(cups: World[Any]) -> None:
    series = series_of(cups, None)
    for step in (10, 20, 30):
        series(Oracle(cups), step)
    assert series.folder.drop_after(10) == [20, 30]
    assert series.steps == [10]
    assert (series.folder.path / "dropped" / "30" / RESULT).is_file()
    series(Oracle(cups), 25)
    assert series.steps == [10, 25]
