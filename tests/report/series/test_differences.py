"""Any two steps of a series, and from which step on a score is saturated."""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path

import pytest

from nerode.errors import FormatError, InvalidParameter, MissingFile, UnknownName
from nerode.metrics.metric import Score
from nerode.report.rows import Row
from nerode.report.series.differences import ScoreDifferences, series_differences
from nerode.report.series.steps import main_rows, of_metrics, read_series, thinned
from nerode.series.series import Series
from nerode.stats.estimate import Difference
from nerode.stats.multiplicity import holm
from nerode.worlds.registry import open_world
from tests.report.series.conftest import METRICS

LEGAL = ("next_symbol", "legal")


def score(values: list[float], p: float, best: float = 1.0) -> ScoreDifferences:
    """Steps 0, 1, ... with these values, any two of which differ with this corrected p."""
    pairs = list(combinations(range(len(values)), 2))
    found = {(a, b): Difference(values[b] - values[a], None, None, 9, p) for a, b in pairs}
    tested = {pair: 1.0 if found[pair].value == 0 else p for pair in pairs}
    row = Row(("metric", "score"), "Metric", "score", Score("score", best=best))
    return ScoreDifferences(row, tuple(range(len(values))), found, tested)


@pytest.mark.parametrize(
    ("values", "best", "saturated"),
    [
        ([0.1, 0.5, 0.9], 1.0, 2),  # better to the end
        ([0.1, 0.9, 0.9], 1.0, 1),
        ([0.1, 0.9, 0.5, 0.8], 1.0, 1),  # what falls and comes back is not better than before
        ([0.9, 0.5, 0.1], 1.0, 0),
        ([0.9, 0.5, 0.1], 0.0, 2),  # of some scores 0 is the best
        ([0.3, 0.3, 0.3], 1.0, 0),
    ],
)
def test_saturated_is_the_first_step_after_which_none_is_certainly_better(
    values: list[float], best: float, saturated: int
) -> None:
    assert score(values, 0.001, best).saturated == saturated
    # Without evidence for any difference, nothing is better than the first step.
    assert score(values, 0.051, best).saturated == 0


def test_a_score_of_one_step_is_not_saturated() -> None:
    assert score([0.5], 0.001).saturated is None


@pytest.mark.slow
def test_differences_are_those_of_the_series_corrected_for_all_pairs(worse: Path) -> None:
    (read,) = read_series([worse])
    found = series_differences(read)
    assert [each.row.path for each in found.scores] == [
        LEGAL,
        ("compression", "precision"),
        ("distinction", "precision"),
        ("distinction", "recall"),
    ]
    series = Series(open_world("cups"), METRICS, out=worse, trials=40, length=8)
    for each in found.scores:
        assert len(each.differences) == 6
        for (first, second), difference in each.differences.items():
            assert difference == series.difference(first, second, *each.row.path)
        tested = {pair: d.p for pair, d in each.differences.items() if d.p is not None}
        assert each.p_adjusted == dict(zip(tested, holm(list(tested.values())), strict=True))
    legal = found.scores[0]
    assert legal.saturated == 0
    assert legal.worse(0, 300)
    assert not legal.better(0, 300)


@pytest.mark.slow
def test_a_model_that_stays_as_it_is_is_saturated_where_it_began_to(better: Path) -> None:
    (read,) = read_series([better])
    legal = series_differences(read).scores[0]
    assert legal.saturated == 200
    assert legal.p_adjusted[200, 400] == 1


@pytest.mark.slow
def test_a_step_whose_trials_are_gone_leaves_scores_out(better: Path, tmp_path: Path) -> None:
    folder = tmp_path / "series"
    shutil.copytree(better, folder)
    (folder / "steps" / "100" / "trials.jsonl").unlink()
    found = series_differences(read_series([folder])[0])
    assert found.scores == ()
    assert all("step 100 are not in its folder" in why for why in found.left_out.values())
    assert "Next symbol (legal)" in found.left_out


@pytest.mark.slow
def test_series_have_names_that_tell_them_apart(better: Path, tmp_path: Path) -> None:
    shutil.copytree(better, tmp_path / "other" / "better")
    names = [each.name for each in read_series([better, tmp_path / "other" / "better"])]
    assert names == [f"{better.parent.name}/better", "other/better"]
    assert [each.name for each in read_series([better, better])] == ["better (1)", "better (2)"]


@pytest.mark.slow
def test_of_many_steps_the_first_the_last_and_some_between_are_read(better: Path) -> None:
    (read,) = read_series([better], 3)
    assert [each.step for each in read.measured] == [0, 200, 400]
    assert read.left_out == 2
    assert thinned(range(1000), 60)[:2] == [0, 17]
    assert thinned(range(1000), 60)[-1] == 999
    assert len(set(thinned(range(61), 60))) == 60


@pytest.mark.slow
def test_what_is_no_series_or_has_nothing_measured_is_named(better: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"series\.json"):
        read_series([tmp_path])
    empty = tmp_path / "empty"
    series = Series(open_world("cups"), METRICS, out=empty, trials=40)
    with pytest.raises(InvalidParameter, match="measured steps, got none"):
        read_series([empty])
    series.attempt(tmp_path / "nothing", 3)
    with pytest.raises(InvalidParameter, match="got none: expected the checkpoint"):
        read_series([empty])
    damaged = tmp_path / "damaged"
    shutil.copytree(better, damaged)
    (damaged / "steps" / "0" / "evaluation.json").write_text("{}")
    with pytest.raises(FormatError, match=r"steps/0/evaluation\.json"):
        read_series([damaged])


@pytest.mark.slow
def test_main_scores_are_those_with_a_sentence(better: Path) -> None:
    rows = read_series([better])[0].rows()
    assert len(main_rows(rows)) == 4 < len(rows)
    assert {row.path[0] for row in of_metrics(rows, ["distinction"])} == {"distinction"}
    with pytest.raises(UnknownName, match=r"got 'compresion' \(did you mean compression\?\)"):
        of_metrics(rows, ["compresion"])
