"""The comparison on a terminal: what fits, what is marked, what cannot steer it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from nerode.report.compare.table import print_comparison
from tests.report import sample
from tests.report.compare.test_comparison import drawn, other
from tests.report.from_json import compare_records

MINUS = "\N{MINUS SIGN}"


def printed(*records: dict[str, Any], width: int = 100, colour: bool = False) -> list[str]:
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    print_comparison(compare_records(records), console)
    return stream.getvalue().splitlines()


def row(lines: list[str], label: str, after: str) -> list[str]:
    start = next(at for at, line in enumerate(lines) if line.startswith(after))
    return next(line for line in lines[start:] if line.startswith(f"  {label} ")).split()


def test_a_row_has_both_scores_their_difference_p_and_the_verdict() -> None:
    second = other(compression={"precision": sample.share(0.9), "disagreement": sample.share(0.5)})
    lines = printed(sample.record(), second)
    assert lines[0] == f"other {MINUS} midtown-shortest, on midtown"
    cells = row(lines, "precision", "Compression")
    assert cells[:4] == ["precision", "0.370", "0.900", "+0.530"]
    assert cells[7:] == ["<0.001", "497,", "500", "better"]
    assert row(lines, "disagreement", "Compression")[-1] == "worse"
    assert row(lines, "legal", "Next symbol")[-2:] == ["2000,", "2000"]
    told = " ".join(lines)
    assert "p is corrected (Holm) for all 21 comparisons made here." in " ".join(told.split())
    assert "1 is perfect, for disagreement 0." in told


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal_and_no_verdict_is_cut(width: int) -> None:
    long = "a-model-with-a-name-that-goes-on-and-on/checkpoint-1000-of-a-very-long-training"
    first, second = drawn("a", 500), drawn(long, 400)
    for record, value in ((first, 0.2), (second, 0.9)):
        record["metrics"]["probe"] = {
            name: {"last": sample.share(value)} for name in ("accuracy", "selectivity")
        }
    lines = printed(first, second, width=width)
    assert max(map(len, lines)) <= width
    assert row(lines, "accuracy, last layer", "Probe")[-1] == "better"
    assert "better" not in row(lines, "selectivity, last layer", "Probe")
    assert "\N{HORIZONTAL ELLIPSIS}" not in "".join(lines)


def test_each_run_has_a_table() -> None:
    lines = printed(sample.record("m"), other("a"), other("b"))
    assert [line for line in lines if line.endswith(", on midtown")] == [
        f"a {MINUS} m, on midtown",
        f"b {MINUS} m, on midtown",
    ]


def test_better_and_worse_are_words_and_colours() -> None:
    second = other(compression={"precision": sample.share(0.9)})
    told = "\n".join(printed(sample.record(), second, colour=True))
    assert "\x1b[32mbetter" in told


def test_what_is_not_tested_is_said() -> None:
    lines = " ".join(" ".join(printed(drawn("a", 500), drawn("b", 400))).split())
    assert "Not tested: Reconstruction (given up) and Reconstruction (new per symbol)" in lines
    assert "Not paired trial by trial, from the two scores alone: Next symbol" in lines


@pytest.mark.slow
def test_nothing_from_a_record_steers_the_terminal() -> None:
    second = other("[red]x[/red]\x1b]0;title\x07")
    second["metrics"]["[b]odd[/b]\x07"] = {"[i]x[/i]": sample.share(0.5)}
    told = "\n".join(printed(sample.record(), second, width=160))
    assert "[i]x[/i]" in told
    assert "\x1b" not in told
    assert "\x07" not in told
