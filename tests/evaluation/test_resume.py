"""A run that was stopped ends as if it was not, and goes on under the same terms only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.errors import RunMismatch
from nerode.evaluation.evaluation import evaluate
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.setting import TRIAL_BLOCK, Setting
from nerode.models.baselines.simple import NoisyOracle
from nerode.models.model import Contexts, Probabilities, Rows
from nerode.runs import RESULT, TERMS, TRIALS
from nerode.schema.trial import SkippedTrial
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.run_folders import BASELINES, MODEL, lines, measured, result
from tests.towns import write_map


@pytest.mark.slow
def test_every_trial_stands_on_a_line_of_its_own(whole: Path) -> None:
    found = [json.loads(line) for line in lines(whole)]
    keys = {(record["model"], record["metric"], record["trial"]) for record in found}
    metrics = ("next_symbol", "traversal", "compression", "distinction", "detours")
    assert len(found) == len(keys) == (2 * 5 + 1) * 40
    beside = {(model, metric) for model in (MODEL, *BASELINES) for metric in metrics}
    assert {(model, metric) for model, metric, _ in keys} == beside | {(MODEL, "reconstruction")}
    assert json.loads(result(whole)) == json.loads((whole / RESULT).read_text())


@pytest.mark.slow
def test_a_finished_run_is_not_measured_again(
    town: World[Any], whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = result(whole), lines(whole)
    monkeypatch.setattr(
        "nerode.metrics.registry.METRICS",
        {"compression": replace(COMPRESSION, measure=_never)},
    )
    measured(town, whole, metrics=["compression"])
    assert lines(whole) == before[1]
    monkeypatch.undo()
    measured(town, whole)
    assert (result(whole), lines(whole)) == before


def _never(*_: Any) -> Any:
    pytest.fail("these trials are on disk")


@pytest.mark.slow
@pytest.mark.parametrize("calls", [7, 38])
def test_a_run_stopped_between_trials_goes_on(
    town: World[Any], whole: Path, tmp_path: Path, calls: int
) -> None:
    heard = 0

    def stop(*_: Any) -> None:
        nonlocal heard
        heard += 1
        if heard == calls:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measured(town, tmp_path / "it", progress=stop)
    assert not (tmp_path / "it" / RESULT).exists()
    kept = lines(tmp_path / "it")
    assert kept == lines(whole)[: len(kept)]
    measured(town, tmp_path / "it")
    assert result(tmp_path / "it") == result(whole)
    assert sorted(lines(tmp_path / "it")) == sorted(lines(whole))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, pytest.param(0.62, marks=pytest.mark.slow), 0.999])
def test_a_run_killed_while_it_wrote_a_line_goes_on(
    town: World[Any], whole: Path, tmp_path: Path, share: float
) -> None:
    folder = tmp_path / "it"
    folder.mkdir()
    written = (whole / TRIALS).read_bytes()
    (folder / TERMS).write_bytes((whole / TERMS).read_bytes())
    (folder / TRIALS).write_bytes(written[: int(share * len(written))])
    measured(town, folder)
    assert result(folder) == result(whole)
    assert sorted(lines(folder)) == sorted(lines(whole))


@pytest.mark.slow
def test_more_trials_later_are_those_of_a_longer_run(town: World[Any], tmp_path: Path) -> None:
    measured(town, tmp_path / "longer", trials=75)
    measured(town, tmp_path / "grown", trials=10)
    first = lines(tmp_path / "grown")
    measured(town, tmp_path / "grown", trials=75)
    assert result(tmp_path / "grown") == result(tmp_path / "longer")
    assert lines(tmp_path / "grown")[: len(first)] == first
    assert len(lines(tmp_path / "grown")) == len(lines(tmp_path / "longer"))


@pytest.mark.slow
def test_fewer_trials_later_are_the_first_ones(town: World[Any], whole: Path) -> None:
    before = lines(whole)
    assert measured(town, whole, trials=15).record == measured(town, whole.parent / "15", 15).record
    assert lines(whole) == before
    measured(town, whole)


@dataclass(frozen=True)
class Rounding:
    """Contexts of a model that rounds as networks do: by what else is in the batch."""

    inner: Contexts

    @property
    def probabilities(self) -> Probabilities:
        plain = self.inner.probabilities
        return plain * np.float32(1 - 1e-5 * len(plain))

    def extend(self, rows: Rows, symbols: Rows) -> Rounding:
        return Rounding(self.inner.extend(rows, symbols))


class Rounded(NoisyOracle):
    """The noisy oracle, rounded."""

    def read(self, histories: Sequence[Sequence[int]]) -> Any:
        return Rounding(super().read(histories))


@pytest.mark.slow
@pytest.mark.parametrize("cut", [pytest.param(0.2, marks=pytest.mark.slow), 0.9])
def test_a_model_that_rounds_goes_on_with_the_very_same_numbers(
    town: World[Any], tmp_path: Path, cut: float
) -> None:
    model = Rounded(town, 0.1, 3)
    terms: dict[str, Any] = {"trials": TRIAL_BLOCK + 14, "samples": 2, "length": 4, "baselines": ()}
    terms |= {"metrics": ["compression", "distinction"]}
    evaluate(town, model, out=tmp_path / "whole", **terms)
    (tmp_path / "cut").mkdir()
    written = (tmp_path / "whole" / TRIALS).read_bytes()
    (tmp_path / "cut" / TERMS).write_bytes((tmp_path / "whole" / TERMS).read_bytes())
    (tmp_path / "cut" / TRIALS).write_bytes(written[: int(len(written) * cut)])
    evaluate(town, model, out=tmp_path / "cut", **terms)
    assert result(tmp_path / "cut") == result(tmp_path / "whole")


def test_whole_blocks_are_measured_in_one_call(
    town: World[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[int]] = []

    def backwards(_: Setting, __: Any, trials: Iterable[int]) -> Iterator[SkippedTrial]:
        calls.append(list(trials))
        for trial in reversed(calls[-1]):
            yield SkippedTrial(trial=trial, skipped=f"in call {len(calls)}")

    stub = replace(COMPRESSION, measure=backwards)
    monkeypatch.setattr("nerode.metrics.registry.METRICS", {"compression": stub})
    trials = 3 * TRIAL_BLOCK + 10
    first = measured(town, tmp_path, trials, baselines=()).record
    assert calls == [list(range(trials))]
    assert first["skipped"]["compression"] == {"in call 1": trials}
    kept = [
        line for line in lines(tmp_path) if json.loads(line)["trial"] not in (7, 3 * TRIAL_BLOCK)
    ]
    (tmp_path / TRIALS).write_bytes(b"".join(kept))
    again = measured(town, tmp_path, trials, baselines=()).record
    assert calls[1:] == [[*range(TRIAL_BLOCK), *range(3 * TRIAL_BLOCK, trials)]]
    assert again["skipped"]["compression"] == {"in call 1": trials - 2, "in call 2": 2}
    assert lines(tmp_path)[:-2] == kept


@pytest.mark.slow
def test_a_network_goes_on_with_the_very_same_numbers(town: World[Any], tmp_path: Path) -> None:
    terms: dict[str, Any] = {"model": "untrained:layers=1,width=8,heads=2", "baselines": ()}
    terms |= {"epsilon": 0.03, "trials": 40}
    measured(town, tmp_path / "whole", **terms)
    measured(town, tmp_path / "cut", **terms)
    written = (tmp_path / "cut" / TRIALS).read_bytes()
    (tmp_path / "cut" / TRIALS).write_bytes(written[: len(written) * 2 // 3])
    measured(town, tmp_path / "cut", **terms)
    assert result(tmp_path / "cut") == result(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"model": "noisy-oracle:0.2"}, "model"),
        ({"epsilon": 0.02}, "epsilon"),
        ({"samples": 5}, "samples"),
        ({"length": 13}, "length"),
        ({"depth": 4}, "depth"),
        ({"protocol": "paper"}, "protocol"),
        ({"histories": "on-policy"}, "histories"),
    ],
)
def test_a_run_goes_on_under_the_same_terms_only(
    town: World[Any], whole: Path, terms: dict[str, Any], named: str
) -> None:
    before = lines(whole), result(whole)
    with pytest.raises(RunMismatch, match=f"expected the {named} this run was begun with") as info:
        measured(town, whole, **terms)
    assert str(whole) in str(info.value)
    assert "\n" not in str(info.value)
    assert (lines(whole), result(whole)) == before


@pytest.mark.slow
def test_a_run_goes_on_in_the_same_world_only(tmp_path: Path) -> None:
    places = [(40 + row / 1000, -74 + column / 1000) for row in range(4) for column in range(4)]
    streets = [(a, "E", a + 1) for a in range(15)] + [(a + 1, "W", a) for a in range(15)]
    name = f"street-map:{tmp_path / 'map'}"
    write_map(tmp_path / "map", places, streets)
    measured(open_world(name), tmp_path / "run", trials=3)
    write_map(tmp_path / "map", places, [*streets, (0, "N", 4)])
    with pytest.raises(RunMismatch, match="expected the plan"):
        measured(open_world(name), tmp_path / "run", trials=3)
    with pytest.raises(RunMismatch, match="expected the world"):
        measured(open_world("cayley:n=3"), tmp_path / "run", trials=3)
