"""The scores of a sweep: means over seeds, differences from one arm, and their order."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from nerode.errors import InvalidParameter, UnknownName
from nerode.report.compare.compare import compare
from nerode.report.sweep.arms import SweepScores, check_sweep, read_sweep
from nerode.report.sweep.ranking import ranking
from nerode.report.sweep.table import comma_separated, latex, markdown, print_sweep
from nerode.report.sweep.verdict import sweep_verdict
from nerode.runs import RESULT, read_json
from nerode.sweep.folder import SweepCell
from tests.report.series.conftest import EVIL
from tests.report.sweep.conftest import write_sweep

pytestmark = pytest.mark.slow
RECALL = ("distinction", "recall")


@pytest.fixture(scope="module")
def sweep(swept: Path) -> SweepScores:
    return read_sweep(swept)


def printed(sweep: SweepScores, width: int = 120) -> str:
    stream = io.StringIO()
    print_sweep(sweep, Console(file=stream, width=width))
    return stream.getvalue()


def test_means_are_those_of_the_records(sweep: SweepScores) -> None:
    for arm in sweep.arms:
        runs = [sweep.folder.run_of(model.cell) for model in arm.models]
        values = [
            read_json(run / RESULT)["metrics"]["distinction"]["recall"]["value"] for run in runs
        ]
        assert len(values) == 3
        assert arm.scores[RECALL].mean.value == pytest.approx(np.mean(values))


def test_differences_are_those_of_the_runs(sweep: SweepScores) -> None:
    plain, better = sweep.arms[:2]
    found = better.scores[RECALL].difference
    values = []
    for one, other in zip(plain.models, better.models, strict=True):
        comparison = compare(*(sweep.folder.run_of(model.cell) for model in (one, other)))
        values += [s.difference for s in comparison.scores if s.path == RECALL]
    assert found is not None
    assert found.value == pytest.approx(np.mean([each.value for each in values if each]))
    assert plain.scores[RECALL].difference is None


def test_what_is_better_and_worse_is_seen(sweep: SweepScores) -> None:
    marks = {arm.name: arm.scores["next_symbol", "legal"].mark for arm in sweep.arms}
    assert marks["plain"] == marks["alike"] == ""
    assert marks["better"] == "better"
    assert marks[EVIL] == "worse"


def test_an_arm_is_sorted_by_any_score(swept: Path) -> None:
    order = [arm.name for arm in read_sweep(swept, sort="distinction.recall").arms]
    assert order[0] == "better"
    assert order[-1] == EVIL
    given = [arm.name for arm in read_sweep(swept).arms]
    assert given == ["plain", "better", "alike", EVIL]


def test_any_arm_can_be_compared_with(swept: Path) -> None:
    sweep = read_sweep(swept, against="better")
    assert sweep.reference.name == "better"
    assert sweep.arms[0].scores["distinction", "recall"].mark == "worse"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"against": "betr"}, "did you mean better"),
        ({"sort": "distinction.recal"}, "did you mean distinction.recall"),
        ({"sort": "recall"}, "expected a score of which one value is the best"),
        ({"sort": "distinction.unexpected"}, "with a best value"),
    ],
)
def test_names_that_there_are_not(swept: Path, given: dict[str, str], said: str) -> None:
    with pytest.raises((UnknownName, InvalidParameter), match=said):
        read_sweep(swept, **given)  # type: ignore[arg-type]


def test_one_seed_is_said(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "one", seeds=1, metrics=["next_symbol"])
    words = " ".join(printed(read_sweep(folder.path)).split())
    assert "Means over 1 seed" in words
    assert "what other seeds would bring is not in the intervals" in words


def test_what_is_not_done_is_said(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "part", metrics=["next_symbol"])
    (folder.run_of(SweepCell("alike", 1)) / RESULT).unlink()
    sweep = read_sweep(folder.path)
    assert sweep.missing == (SweepCell("alike", 1),)
    words = " ".join(printed(sweep).split())
    assert "Not done: alike, seed 1" in words
    assert "Means over 2 to 3 seeds" in words
    for cell in folder.done():
        (folder.run_of(cell) / RESULT).unlink()
    with pytest.raises(InvalidParameter, match="a training that is done, got none"):
        read_sweep(folder.path)


def test_scores_that_agree(sweep: SweepScores) -> None:
    found = ranking(sweep)
    assert found is not None
    assert found.agreement.models == 12
    assert found.models[0].cell.arm == "better"
    assert found.models[-1].cell.arm == EVIL
    assert found.agreement.w is not None
    assert 0.2 < found.agreement.w < 0.5  # one of four scores ranks the other way round
    correlations = found.agreement.correlations
    assert correlations[0, 3] > 0.9
    assert correlations[0, 1] < -0.9
    assert f"Kendall's W {found.agreement.w:.3f}" in found.sentence
    lines = found.table
    assert all(lines[at][other] == "" for at in range(len(lines)) for other in range(at + 1))


def test_agreement_does_not_hang_on_the_order_of_arms(swept: Path, sweep: SweepScores) -> None:
    one, other = ranking(sweep), ranking(read_sweep(swept, sort="compression.disagreement"))
    assert one is not None
    assert other is not None
    assert one.agreement.w == pytest.approx(other.agreement.w)
    assert one.agreement.p == other.agreement.p


def test_what_arms_are_sorted_by_is_shown(swept: Path) -> None:
    text = printed(read_sweep(swept, sort="compression.disagreement"), 200)
    assert "(disagreement) first" in text
    assert text.count("disagreement") >= 2


def test_the_verdict_tells_numbers_that_stand_in_the_table(sweep: SweepScores) -> None:
    said = sweep_verdict(sweep, ranking(sweep))
    assert said.startswith("better is better than plain in ")
    assert "alike" in said
    assert f"{sweep.arms[1].scores['next_symbol', 'legal'].mean.value:.3f}" in said


def test_tables_for_papers_have_every_arm(sweep: SweepScores) -> None:
    rows = sweep.main
    text = markdown(sweep, rows)
    assert text.count("\n| ") == 1 + len(sweep.arms)
    assert "better or worse than plain" in text
    assert "<script>" not in text
    assert latex(sweep, rows).count(r"\\") == 1 + len(sweep.arms)
    lines = list(csv.DictReader(io.StringIO(comma_separated(sweep, list(sweep.rows)))))
    assert {line["arm"] for line in lines} == {arm.name for arm in sweep.arms}
    found = next(line for line in lines if (line["arm"], line["score"]) == ("better", "recall"))
    assert float(found["difference_low"]) > 0
    assert found["seeds"] == "3"
    assert found["mark"] == "better"
    assert int(found["n"]) == 3 * 40


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_terminal_has_every_score_at_every_width(sweep: SweepScores, width: int) -> None:
    text = printed(sweep, width)
    assert max(map(len, text.splitlines())) <= width
    value = sweep.arms[1].scores[RECALL].mean.value
    assert value is not None
    assert f"{value:.3f}+" in text


def test_a_sweep_stands_alone(swept: Path, tmp_path: Path) -> None:
    assert check_sweep([swept]) == swept
    assert check_sweep([tmp_path]) is None
    with pytest.raises(InvalidParameter, match="expected a sweep alone"):
        check_sweep([tmp_path, swept])
    with pytest.raises(InvalidParameter, match="expected a sweep with --sort"):
        check_sweep([tmp_path], sort="distinction.recall")
