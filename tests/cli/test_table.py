"""`nerode table` and `nerode schema series`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from nerode.models.baselines.simple import NoisyOracle
from nerode.series.series import Series
from nerode.worlds.registry import open_world
from tests.terminal import Nerode, runner


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    monkeypatch.setenv("COLUMNS", "100")
    return runner(monkeypatch, capsys)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series of three steps."""
    folder = tmp_path_factory.mktemp("table") / "series"
    world = open_world("cups")
    made = Series(
        world, ["next_symbol", "compression"], out=folder, trials=10, length=8, baselines=[]
    )
    for step, noise in enumerate((0.4, 0.2, 0.0)):
        made(NoisyOracle(world, noise), step)
    return folder


@pytest.mark.slow
def test_series_and_runs_on_the_terminal(nerode: Nerode, series: Path) -> None:
    said = nerode("table", series, series / "steps" / "1")
    assert (said.code, said.err) == (0, "")
    assert "series on cups" in said.out
    assert "█" in said.out
    assert "noisy-oracle:0.2 on cups" in said.out
    only = nerode("table", series, series / "steps" / "1", "--metrics", "next_symbol")
    assert "legal" in only.out
    assert "disagreement" not in only.out


@pytest.mark.slow
def test_files_by_format_and_by_ending(nerode: Nerode, series: Path, tmp_path: Path) -> None:
    shown = nerode("table", series, "--format", "csv", "--metrics", "next_symbol")
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert [row["step"] for row in rows] == ["0", "1", "2"]
    assert rows[2]["value"] == "1.0"
    for ending, start in (
        ("tex", "% needs"),
        ("md", "| model |"),
        ("csv", "name,step"),
        ("txt", "series on"),
    ):
        out = tmp_path / "new" / f"scores.{ending}"
        assert nerode("table", series, "--out", out).code == 0
        assert out.read_text(encoding="utf-8").startswith(start)
    assert nerode("table", series, "--out", tmp_path / "scores.parquet").code == 0
    assert (tmp_path / "scores.parquet").read_bytes()[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--format", "parquet"), "--out FILE"),
        (("--format", "html"), "got 'html'"),
        (("--metrics", "compresion"), "did you mean compression?"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    nerode: Nerode, series: Path, words: tuple[str, ...], told: str
) -> None:
    said = nerode("table", series, *words)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert told in said.err


def test_a_folder_that_is_neither_is_named(nerode: Nerode, tmp_path: Path) -> None:
    said = nerode("table", tmp_path)
    assert said.code == 2
    assert str(tmp_path) in said.err


def test_the_schema_of_a_series_names_every_field_of_its_files(
    nerode: Nerode, series: Path
) -> None:
    schema = json.loads(nerode("schema", "series").out)
    assert set(schema) == {"series.json", "steps.jsonl"}
    terms = schema["series.json"]["$defs"]["SeriesTerms"]["properties"]
    assert set(json.loads((series / "series.json").read_text())) == set(terms)
    step = schema["steps.jsonl"]["$defs"]["MeasuredStep"]["properties"]
    for line in (series / "steps.jsonl").read_text().splitlines():
        assert set(json.loads(line)) <= set(step)
