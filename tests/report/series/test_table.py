"""Series on the terminal."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from nerode.report.rows import DASH
from nerode.report.series.sparkline import sparkline
from nerode.report.series.steps import read_series
from nerode.report.series.table import print_series


@pytest.mark.parametrize(
    ("values", "least", "bars"),
    [
        ([0, 0.5, 1], 0, "▁▅█"),
        ([1, None, 0], 0, "█ ▁"),
        ([None, None], 0, "  "),
        ([], 0, ""),
        ([0.5, 0.5], 0, "▅▅"),
        ([0.50, 0.51], 0.1, "▄▅"),  # noise is no curve
        ([0.50, 0.51], 0, "▁█"),
    ],
)
def test_bars(values: list[float | None], least: float, bars: str) -> None:
    assert sparkline(values, least) == bars


def printed(folder: Path, width: int) -> list[str]:
    stream = io.StringIO()
    print_series(read_series([folder])[0], Console(file=stream, width=width))
    return stream.getvalue().splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 130])
def test_a_row_has_first_last_and_best_value_and_a_curve(worse: Path, width: int) -> None:
    lines = printed(worse, width)
    assert max(map(len, lines)) <= width
    assert "worse on cups" in lines[0]
    legal = next(line for line in lines if "legal" in line)
    first, last, *rest = legal.split()[1:]
    assert first == "1"
    assert 0.5 < float(last) < 1
    assert (re.search(rf"0\.\d{{3}}{DASH}0\.\d{{3}}", legal) is not None) == (width > 100)
    assert "1" in rest
    # The step that failed, between those at 100 and 200, is a gap.
    bars = legal.rstrip()[-5:]
    assert bars[0] == "█"
    assert bars[2] == " "
    assert bars[4] == "▁"


@pytest.mark.slow
def test_why_a_step_failed_is_said_and_steers_no_terminal(worse: Path) -> None:
    text = " ".join(" ".join(printed(worse, 130)).split())
    assert "Step 150 was not measured: expected the checkpoint" in text


@pytest.mark.slow
def test_only_the_metrics_that_are_named(worse: Path) -> None:
    stream = io.StringIO()
    series = read_series([worse])[0]
    print_series(series, Console(file=stream, width=100), ["next_symbol"])
    assert "legal" in stream.getvalue()
    assert "recall" not in stream.getvalue()
