"""The best step by a score, and when to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerode.errors import InvalidParameter, UnknownName
from nerode.metrics.registry import metrics_of
from nerode.models.baselines.simple import NoisyOracle
from nerode.series.best import BestStep, Patience, ScoreName, StopRule, best_step
from nerode.series.series import Series
from nerode.worlds.registry import open_world
from nerode.worlds.world import World


@pytest.fixture(scope="module")
def cups() -> World[Any]:
    return open_world("cups")


def series_of(world: World[Any], out: Path, noises: tuple[float, ...]) -> Series:
    series = Series(
        world, ["compression", "next_symbol"], out=out, baselines=[], trials=60, length=6
    )
    for step, noise in enumerate(noises):
        series(NoisyOracle(world, noise, seed=step), step)
    return series


@pytest.mark.slow
def test_the_best_step_is_the_first_with_the_best_value(cups: World[Any], tmp_path: Path) -> None:
    series = series_of(cups, tmp_path / "s", (0.5, 0.0, 0.0, 0.3))
    assert best_step(series, ScoreName.parse("compression.precision")) == 1
    assert best_step(series, ScoreName.parse("compression.disagreement")) == 1
    assert best_step(series, ScoreName.parse("next_symbol.legal")) == 1


@pytest.mark.slow
def test_the_best_step_reads_each_record_once(
    cups: World[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = series_of(cups, tmp_path / "s", ())
    best = BestStep(ScoreName.parse("compression.precision"), series)
    assert best.step is None
    read: list[int] = []
    evaluation = Series.evaluation

    def noting(self: Series, step: int) -> Any:
        read.append(step)
        return evaluation(self, step)

    monkeypatch.setattr(Series, "evaluation", noting)
    found: list[int | None] = []
    for step, noise in enumerate((0.4, 0.0, 0.2)):
        series(NoisyOracle(cups, noise), step)
        read.clear()
        found.append(best.step)
        assert read == [step]
    assert found == [0, 1, 1]


@pytest.mark.slow
def test_what_hardly_rises_stops_and_what_rises_goes_on(cups: World[Any], tmp_path: Path) -> None:
    rule = StopRule.parse("next_symbol.legal:2")
    rising = series_of(cups, tmp_path / "rising", (0.8, 0.5, 0.2, 0.0))
    patience = Patience(rule, rising)
    assert not patience.is_over
    assert patience.best == 3
    flat = series_of(cups, tmp_path / "flat", (0.3, 0.3, 0.3))
    assert Patience(rule, flat).is_over
    assert not Patience(StopRule.parse("next_symbol.legal:3"), flat).is_over


@pytest.mark.slow
def test_a_rule_that_is_asked_in_between_comes_to_the_same(
    cups: World[Any], tmp_path: Path
) -> None:
    series = series_of(cups, tmp_path / "s", (0.6,))
    following = Patience(StopRule.parse("next_symbol.legal:2"), series)
    for step, noise in enumerate((0.6, 0.1, 0.1, 0.12), start=1):
        series(NoisyOracle(cups, noise, seed=9 + step), step)
        over = following.is_over
    afterwards = Patience(StopRule.parse("next_symbol.legal:2"), series)
    assert (afterwards.is_over, afterwards.best) == (over, following.best)
    assert following.best == 2


def test_smaller_is_better_where_the_best_value_is_0() -> None:
    metrics = metrics_of(["compression", "detours"])
    assert ScoreName.parse("compression.disagreement").sign_among(metrics) == -1
    assert ScoreName.parse("compression.precision").sign_among(metrics) == 1
    assert ScoreName.parse("detours.random/0.01").sign_among(metrics) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("compression:3", "METRIC.SCORE"),
        ("compression.precision", "PATIENCE"),
        ("compression.precision:0", "patience of 1 or more"),
        ("compression.precision:many", "patience of 1 or more"),
    ],
)
def test_rules_of_another_form_are_named(text: str, words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        StopRule.parse(text)


def test_scores_that_no_rule_can_follow_are_named(cups: World[Any], tmp_path: Path) -> None:
    series = series_of(cups, tmp_path / "s", ())
    with pytest.raises(UnknownName, match="is measured"):
        ScoreName.parse("distinction.recall").sign_among(series.metrics)
    with pytest.raises(UnknownName, match="did you mean compression"):
        ScoreName.parse("compresion.precision").sign_among(series.metrics)
    with pytest.raises(InvalidParameter, match=r"\(compression\.first_symbol.*did you mean prec"):
        ScoreName.parse("compression.precison").sign_among(series.metrics)
