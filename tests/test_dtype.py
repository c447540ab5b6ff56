"""Evaluations in half precision: asked for by name, kept apart from others, and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import InvalidParameter, RunMismatch
from nerode.evaluation.evaluation import Evaluation, evaluate
from nerode.models.bundled import folder_of
from nerode.models.registry import open_model
from nerode.report.page import write_report
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.terminal import Nerode, runner

FOLDER = str(folder_of("midtown-shortest"))


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture(scope="module")
def midtown() -> World[Any]:
    return open_world("midtown")


def evaluated(world: World[Any], **terms: Any) -> Evaluation:
    given: dict[str, Any] = {"model": FOLDER, "baselines": (), "metrics": ["next_symbol"]}
    return evaluate(world, trials=30, **(given | terms))


@pytest.mark.slow
def test_a_run_in_one_dtype_does_not_go_on_in_the_other(
    midtown: World[Any], tmp_path: Path
) -> None:
    for dtype, other in (("float32", "bfloat16"), ("bfloat16", "float32")):
        out = tmp_path / dtype
        assert evaluated(midtown, out=out, dtype=dtype).record["parameters"]["dtype"] == dtype
        evaluated(midtown, out=out, dtype=dtype)
        with pytest.raises(RunMismatch, match=rf"the dtype .* with \({dtype}\), got {other}"):
            evaluated(midtown, out=out, dtype=other)
    # A model that was opened by hand is known by its numbers, too.
    opened = open_model(FOLDER, midtown, dtype="bfloat16")
    evaluated(midtown, model=opened, out=tmp_path / "bfloat16")
    with pytest.raises(RunMismatch, match="dtype"):
        evaluated(midtown, model=opened, out=tmp_path / "float32")


@pytest.mark.slow
def test_other_numbers_give_nearly_the_same_probabilities(midtown: World[Any]) -> None:
    histories = [(10, 300), (11, 80)]
    exact, half = (
        open_model(FOLDER, midtown, dtype=dtype).read(histories).probabilities
        for dtype in ("float32", "bfloat16")
    )
    assert 0 < abs(exact - half).max() < 0.05


@pytest.mark.slow
def test_the_option_arrives_and_is_told(nerode: Nerode, tmp_path: Path) -> None:
    run, page = tmp_path / "run", tmp_path / "report.html"
    words = ("--metrics", "next_symbol", "--trials", 5, "--baselines", "untrained", "--out", run)
    said = nerode("evaluate", "midtown", FOLDER, *words, "--dtype", "bfloat16", "--quiet")
    assert (said.code, said.err) == (0, "")
    assert "bfloat16" in " ".join(said.out.split())
    record = json.loads((run / "evaluation.json").read_text())
    assert record["parameters"]["dtype"] == "bfloat16"
    write_report([run], page)
    assert "bfloat16" in page.read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "dtype", "told"),
    [
        ("oracle", "bfloat16", "expected a Hugging Face folder to read in bfloat16, got 'oracle'"),
        ("ngram:3", "bfloat16", "got 'ngram:3'"),
        ("untrained", "bfloat16", "got 'untrained'"),
        ("oracle", "float16", "expected dtype out of float32, bfloat16, got 'float16'"),
        (FOLDER, "half", "got 'half'"),
        ("nowhere", "bfloat16", "expected a model"),
    ],
)
def test_a_dtype_that_cannot_be_gives_one_line(
    nerode: Nerode, tmp_path: Path, model: str, dtype: str, told: str
) -> None:
    words = ("--trials", 2, "--out", tmp_path / "run", "--dtype", dtype)
    said = nerode("evaluate", "midtown", model, *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_model_that_is_open_keeps_its_dtype(midtown: World[Any]) -> None:
    with pytest.raises(InvalidParameter, match=r"read in bfloat16, got oracle open"):
        evaluated(midtown, model=open_model("oracle", midtown), dtype="bfloat16")
