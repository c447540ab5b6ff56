"""`nerode sweep`, and how `nerode table` and `nerode report` read what it writes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from nerode.sweep.folder import SweepFolder
from tests.report.sweep.conftest import write_sweep
from tests.terminal import Nerode, runner

SMALL = ("--epochs", "1", "--grid", "layers=1", "--grid", "width=16", "--grid", "count=300")


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    monkeypatch.setenv("COLUMNS", "100")
    return runner(monkeypatch, capsys)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sweep(tmp_path_factory.mktemp("sweep") / "sweep", metrics=["next_symbol"]).path


@pytest.mark.slow
def test_tables_of_a_sweep(nerode: Nerode, folder: Path, tmp_path: Path) -> None:
    said = nerode("table", folder, "--sort", "next_symbol.legal")
    assert (said.code, said.err) == (0, "")
    assert said.out.index("better") < said.out.index("plain")
    shown = nerode("table", folder, "--format", "csv", "--against", "better")
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert {row["against"] for row in rows} == {"", "better"}
    for ending, start in (("tex", "% needs"), ("md", "| arm |"), ("csv", "arm,"), ("txt", "sweep")):
        out = tmp_path / f"table.{ending}"
        assert nerode("table", folder, "--out", out).code == 0
        assert out.read_text(encoding="utf-8").startswith(start)
    out = tmp_path / "table.parquet"
    assert nerode("table", folder, "--out", out, "--against", "better").code == 0
    found = pq.read_table(out).to_pylist()
    assert len(found) == len(rows)
    for cells, row in zip(found, rows, strict=True):
        assert {name: "" if cell is None else str(cell) for name, cell in cells.items()} == row


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--sort", "next_symbol.leagl"), "did you mean next_symbol.legal"),
        (("--against", "nobody"), "expected an arm"),
        (("--format", "parquet"), "--out FILE"),
        (("--metrics", "probe"), "expected metrics that were measured"),
    ],
)
def test_what_tables_cannot_show(
    nerode: Nerode, folder: Path, more: tuple[str, ...], said: str
) -> None:
    refused = nerode("table", folder, *more)
    assert refused.code == 2
    assert said in refused.err


@pytest.mark.slow
def test_the_page_of_a_sweep(nerode: Nerode, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert nerode("report", folder, "--out", out, "--against", "better").code == 0
    assert "Arms side by side" in out.read_text(encoding="utf-8")
    refused = nerode("report", folder, folder, "--out", out)
    assert "expected a sweep alone" in refused.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cups", "--grid", "objektive=state"), "did you mean objective"),
        (("cups", "--grid", "policy=shortest"), "expected a policy of cups"),
        (("nowhere",), "expected one of the worlds"),
        (("cups", "--minutes", "1", "--epochs", "1"), "--minutes or --epochs"),
        (("cups", "--jobs", "0"), "jobs of at least 1"),
        (("cups", "--seeds", "0"), "seeds of at least 1"),
        (("cups", "--metrics", "reconstruction"), "expected a street map"),
        (("cups", "--grid", "objective=next-token,state"), "states have features, got cups"),
        (("cups", "--sort", "compresion.precision"), "did you mean compression"),
        (("cups", "--sort", "precision"), "expected a score as METRIC.SCORE"),
        (("cups", "--against", "nxt-token"), "did you mean next-token"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(
    nerode: Nerode, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    refused = nerode("sweep", *words, "--out", tmp_path / "sweep")
    assert refused.code == 2
    assert said in refused.err
    assert not (tmp_path / "sweep").exists()


@pytest.mark.long
def test_a_sweep_from_the_command_line(nerode: Nerode, tmp_path: Path) -> None:
    words = ("cups", "--out", tmp_path / "sweep", "--seeds", "1", "--trials", "5", *SMALL)
    done = nerode("sweep", *words, "--arm", "objective=next-latent", "--quiet")
    assert done.code == 0
    assert "next-latent" in done.out
    assert "nerode report" in done.out
    again = nerode("sweep", *words, "--arm", "objective=next-latent", "--quiet")
    assert again.code == 0
    assert again.out == done.out
    # What a sweep was begun with need not be said again.
    more = nerode("sweep", "cups", "--out", tmp_path / "sweep", "--arm", "objective=consistency")
    assert more.code == 0
    assert "consistency" in more.out
    terms = SweepFolder(tmp_path / "sweep").terms
    assert [arm.name for arm in terms.arms] == ["next-token", "next-latent", "consistency"]
    assert {arm.width for arm in terms.arms} == {16}
    assert (terms.trials, terms.seeds) == (5, 1)
