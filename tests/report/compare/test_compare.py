"""`compare` and `nerode compare`: run folders in, one comparison out; what cannot be compared."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nerode
from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.evaluation.evaluation import evaluate
from nerode.evaluation.reconstruction import ReconstructionOptions, run_reconstruction
from nerode.report.compare.compare import compare
from nerode.report.page import write_report
from nerode.runs import RESULT, TERMS, TRIALS
from nerode.stats.multiplicity import holm
from nerode.worlds.world import World
from tests.report import sample
from tests.report.compare.test_comparison import other
from tests.report.compare.test_differences import Measure, measure  # noqa: F401 - a fixture
from tests.report.test_page import Page
from tests.terminal import Nerode, runner

ROW = {
    "run",
    "metric",
    "score",
    "histories",
    "values",
    "trials",
    "difference",
    "low",
    "high",
    "p",
    "p_adjusted",
    "n",
    "paired",
    "unpaired",
    "left_out",
    "verdict",
}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture
def two(measure: Measure) -> tuple[Path, Path]:  # noqa: F811
    return measure("noisy-oracle:0.3"), measure("ngram:2")


def test_the_function_is_to_be_had_from_the_package() -> None:
    assert nerode.compare is compare
    assert "compare" in nerode.__all__


@pytest.mark.slow
def test_paired_runs_on_the_command_line_and_in_python(two: tuple[Path, Path], run: Nerode) -> None:
    said = run("compare", *two, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("\n") == 1
    found = json.loads(said.out)
    assert found == compare(*two).as_dict()
    assert found["kind"] == "comparison"
    assert found["schema"] == 1
    assert [each["model"] for each in found["runs"]] == ["noisy-oracle:0.3", "ngram:2"]
    assert [each["folder"] for each in found["runs"]] == [str(each) for each in two]
    assert found["settings"] == {}
    assert found["family"] == sum(row["p_adjusted"] is not None for row in found["rows"])
    for row in found["rows"]:
        assert set(row) == ROW
        assert row["paired"]
        assert (row["histories"] is None) == (row["metric"] not in ("compression", "distinction"))
        if row["left_out"]:
            continue
        assert row["difference"] == pytest.approx(row["values"][1] - row["values"][0])
        assert row["low"] <= row["difference"] <= row["high"]
        assert row["p"] <= row["p_adjusted"] <= 1
        assert 0 < row["n"] <= 40
    tested = [row for row in found["rows"] if row["p_adjusted"] is not None]
    assert [row["p_adjusted"] for row in tested] == holm([row["p"] for row in tested])
    assert {row["verdict"] for row in tested} > {"none"}


@pytest.mark.slow
def test_the_terminal_shows_the_same(two: tuple[Path, Path], run: Nerode) -> None:
    said = run("compare", *two)
    assert said.code == 0
    found = compare(*two)
    assert " ".join(found.headline.split()) in " ".join(said.out.split())
    marks = [word for line in said.out.splitlines() for word in line.split()[-1:]]
    verdicts = [score.verdict for score in found.scores]
    for verdict in ("better", "worse"):
        assert marks.count(verdict) == verdicts.count(verdict)


@pytest.mark.slow
def test_the_report_says_the_same(two: tuple[Path, Path], tmp_path: Path) -> None:
    write_report(two, tmp_path / "page.html")
    found = compare(*two)
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert " ".join(found.headline.split()) in page.words.replace("\N{NO-BREAK SPACE}", " ")
    assert f"(Holm) for all {found.family} comparisons" in page.words


@pytest.mark.slow
def test_more_than_two_runs_are_each_compared_with_the_first(
    measure: Measure,  # noqa: F811
    run: Nerode,
) -> None:
    folders = [measure(name) for name in ("noisy-oracle:0.3", "ngram:2")]
    folders.append(folders[0])
    found = json.loads(run("compare", *folders, "--json").out)
    assert {row["run"] for row in found["rows"]} == {1, 2}
    assert all(row["verdict"] == "none" for row in found["rows"] if row["run"] == 2)
    alone = compare(*folders[:2]).as_dict()
    assert found["family"] > alone["family"]
    for row, other_row in zip(found["rows"], alone["rows"], strict=False):
        assert row["p"] == other_row["p"]


@pytest.mark.slow
def test_settings_that_differ_are_named_and_trials_are_no_pairs(
    measure: Measure,  # noqa: F811
) -> None:
    found = compare(measure("noisy-oracle:0.3"), measure("ngram:2", samples=4)).as_dict()
    assert found["settings"] == {"samples": [3, 4]}
    rows = {(row["metric"], row["score"]): row for row in found["rows"]}
    precision, disagreement = (rows["compression", name] for name in ("precision", "disagreement"))
    assert precision["left_out"] == "samples differ, which makes it another measure"
    assert precision["difference"] is None
    assert precision["verdict"] == "none"
    assert disagreement["left_out"] is None
    assert disagreement["unpaired"] == "samples differ"
    assert not disagreement["paired"]
    assert rows["next_symbol", "legal"]["paired"]
    assert "not measured alike (samples 3 and 4)" in found["headline"]
    assert "detours" in {row["metric"] for row in found["rows"]}
    assert rows["detours", "random/0.1"]["values"] != [None, None]


@pytest.mark.slow
def test_more_trials_are_no_other_setting(measure: Measure) -> None:  # noqa: F811
    found = compare(measure("noisy-oracle:0.3"), measure("ngram:2", trials=24)).as_dict()
    assert found["settings"] == {"trials": [40, 24]}
    assert "not measured alike" not in found["headline"]
    rows = [row for row in found["rows"] if not row["left_out"]]
    assert all(row["paired"] and row["n"] <= 24 for row in rows)
    assert "over the trials that both have" in found["headline"]


@pytest.mark.slow
def test_without_trials_the_scores_are_compared_and_it_is_said(
    two: tuple[Path, Path], tmp_path: Path, run: Nerode
) -> None:
    shutil.copy(two[1] / RESULT, tmp_path / RESULT)
    said = run("compare", two[0], tmp_path)
    assert said.code == 0
    assert "Not paired trial by trial, from the two scores alone" in said.out
    rows = compare(two[0], tmp_path).as_dict()["rows"]
    assert {row["paired"] for row in rows} == {False}
    assert {row["n"] for row in rows} == {0}


Make = Callable[[Path, Path], Path]


def unfinished(run: Path, to: Path) -> Path:
    to.mkdir()
    for name in (TERMS, TRIALS):
        shutil.copy(run / name, to / name)
    return to


def page_of(_: Path, to: Path) -> Path:
    to.write_text("<!doctype html>")
    return to


def empty(_: Path, to: Path) -> Path:
    to.mkdir()
    return to


def of_another_world(_: Path, to: Path) -> Path:
    return sample.write_run(to, other("b") | {"world": "uptown"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (unfinished, MissingFile, "expected a finished run, got one without evaluation.json"),
        (page_of, FormatError, "expected a run folder to compare, got the file"),
        (empty, MissingFile, "expected a run folder with evaluation.json"),
        (lambda _, to: to, MissingFile, "expected a run folder with evaluation.json"),
        (of_another_world, InvalidParameter, "expected runs of one world, got"),
    ],
)
def test_what_is_no_run_of_this_world_ends_in_one_line(
    two: tuple[Path, Path], tmp_path: Path, run: Nerode, make: Make, error: type, said: str
) -> None:
    folder = make(two[0], tmp_path / "there")
    for order in ((two[0], folder), (folder, two[0])):
        with pytest.raises(error, match=said) as raised:
            compare(*order)
        assert str(folder) in str(raised.value)
        told = run("compare", *order)
        assert told.code == 2
        assert told.out == ""
        assert told.err.count("\n") == 1
        assert said in told.err


@pytest.mark.slow
def test_fewer_than_two_or_no_folders(two: tuple[Path, Path], run: Nerode) -> None:
    for folders, got in (((), "none"), (two[:1], "1")):
        with pytest.raises(
            InvalidParameter, match=f"two or more run folders to compare, got {got}"
        ):
            compare(*folders)
    assert run("compare", two[0]).err.startswith("error: expected two or more run folders")
    given: Any = {"record": 1}
    with pytest.raises(InvalidParameter, match=r"expected run folders to compare, got dict"):
        compare(two[0], given)


@pytest.mark.slow
def test_reconstructions_are_compared_in_what_they_have(
    town: World[Any], two: tuple[Path, Path], tmp_path: Path, run: Nerode
) -> None:
    sequences = draw_text(town, tmp_path)
    for name, count in (("few", 12), ("many", 20)):
        run_reconstruction(
            town, sequences, ReconstructionOptions(limit=count, noise=None), out=tmp_path / name
        )
    found = compare(tmp_path / "few", tmp_path / "many").as_dict()
    assert {row["metric"] for row in found["rows"]} == {"reconstruction"}
    left = {row["score"]: row["left_out"] for row in found["rows"] if row["left_out"]}
    assert set(left) == {"given_up", "new"}
    assert found["settings"] == {}
    said = run("compare", two[0], tmp_path / "few")
    assert said.code == 0
    assert "The runs measured nothing in common that is defined for both." in said.out


def draw_text(town: World[Any], folder: Path) -> Path:
    """The sequences that a model wrote in a run, as text."""
    evaluate(
        town, "noisy-oracle:0.05", ["reconstruction"], trials=30, baselines=(), out=folder / "run"
    )
    trials = [json.loads(line) for line in (folder / "run" / TRIALS).read_text().splitlines()]
    lines = [trial["sequence"] for trial in trials if "sequence" in trial]
    (folder / "sequences.txt").write_text("\n".join(lines) + "\n")
    return folder / "sequences.txt"
