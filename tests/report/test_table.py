"""The terminal table: what stands in it, what fits, what cannot steer a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from nerode.report.rows import DASH
from tests.report import sample
from tests.report.from_json import print_table


def printed(record: dict[str, Any], width: int = 100) -> list[str]:
    stream = io.StringIO()
    print_table(record, Console(file=stream, width=width, force_terminal=False))
    return stream.getvalue().splitlines()


def row(lines: list[str], label: str, after: str) -> list[str]:
    start = next(at for at, line in enumerate(lines) if line.startswith(after))
    line = next(line for line in lines[start:] if line.startswith(f"  {label} "))
    return line.removeprefix(f"  {label} ").split()


def test_a_row_per_metric_with_the_baselines_beside() -> None:
    lines = printed(sample.record())
    assert row(lines, "legal", "Next symbol") == [
        "0.998", f"0.995{DASH}0.999", "2000", "1", "0.260", "0.930", "0.900", "0.030",
    ]  # fmt: skip
    assert row(lines, "random 10 %", "Detours")[0] == "0.080"
    assert sum(line.startswith("  ") and "%" not in line[:3] for line in lines) >= 21


def test_a_few_rows_tell_how_many_detours_are_survived() -> None:
    lines = printed(sample.record())
    assert row(lines, "met 1", "Detours")[:2] == ["0.662", f"0.619{DASH}0.703"]
    assert row(lines, "met 6 or more", "Detours")[0] == "0.218"
    assert row(lines, "replaced of 75 %", "Detours")[0] == "0.675"
    assert "those that met so many" in " ".join(" ".join(lines).split())
    record = sample.record()
    for name in ("survival", "replaced"):
        del record["metrics"]["detours"][name]
    old = " ".join(printed(record))
    assert "met 1" not in old
    assert "met so many" not in old


def test_skipped_trials_are_told() -> None:
    cells = row(printed(sample.record()), "precision", "Compression")
    assert cells[:4] == ["0.370", f"0.328{DASH}0.414", "497", "(+3)"]


@pytest.mark.slow
def test_undefined_is_a_dash_and_what_was_not_measured_is_empty() -> None:
    record = sample.record()
    record["metrics"]["distinction"]["precision"] = sample.share(None, skipped=5)
    del record["baselines"]["untrained"]["traversal"]
    lines = printed(record)
    cells = row(lines, "precision", "Distinction")
    assert cells == [DASH, DASH, "0", "(+5)", "1", DASH, "0.400", "0.720", DASH]
    assert len(row(lines, "valid", "Traversal")) == len(row(lines, "legal", "Next symbol")) - 1
    assert "A dash: undefined. Empty: not measured." in " ".join(lines)
    assert "Empty" not in " ".join(printed(sample.record()))


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, printed(sample.record(), width))) <= width


@pytest.mark.slow
@pytest.mark.parametrize("width", [56, 60, 80, 100, 160])
def test_no_number_is_cut(width: int) -> None:
    lines = printed(sample.record(), width)
    assert "\N{HORIZONTAL ELLIPSIS}" not in "\n".join(lines)
    words = {word for line in lines for word in line.replace(";", " ").split()}
    assert {"0.998", "0.260", "0.930", "0.900", "0.030", "2000"} <= words


@pytest.mark.slow
def test_baselines_that_do_not_fit_stand_in_a_table_below() -> None:
    for width, tables in ((60, 3), (80, 1)):
        lines = printed(sample.record(), width)
        assert sum(line.strip() == "Next symbol" for line in lines) == tables


def test_baseline_intervals_where_there_is_room() -> None:
    told = f"0.260 (0.241{DASH}0.280)"
    assert told in "\n".join(printed(sample.record(), 160))
    assert told not in "\n".join(printed(sample.record(), 100))


def test_n_is_told_in_a_narrow_terminal_too() -> None:
    text = " ".join(" ".join(printed(sample.record(), 80)).split())
    assert "next symbol 2000; traversal 500; compression 497 (+3), 500;" in text


def test_names_are_shown_letter_by_letter() -> None:
    record = sample.record("[red]x[/red]\x1b[31m\x07")
    record["baselines"]["[bold]b"] = record["baselines"].pop("uniform")
    record["metrics"]["\x1b]0;title\x07"] = {"[i]odd[/i]": sample.share(0.5)}
    text = "\n".join(printed(record, 160))
    assert "[red]x[/red]" in text
    assert "[bold]b" in text
    assert "[i]odd[/i]" in text
    assert "\x1b" not in text
    assert "\x07" not in text


@pytest.mark.slow
def test_where_0_is_perfect_is_said_of_what_was_measured() -> None:
    record = sample.record()
    assert "1 is perfect, for disagreement 0." in " ".join(printed(record))
    record["metrics"]["reconstruction"] = {"new": sample.share(0.1)}
    assert "for disagreement and new per symbol 0." in " ".join(printed(record))
    record["metrics"]["reconstruction"]["given_up"] = sample.share(0.1)
    assert "for disagreement, given up and new per symbol 0." in " ".join(printed(record))


def test_what_belongs_to_all_sequences_together_has_no_interval() -> None:
    record = sample.record()
    for metrics in (record["metrics"], record["baselines"]["oracle"]):
        metrics["reconstruction"] = {"valid": sample.share(0.75), "given_up": sample.share(0.05)}
    lines = printed(record, 170)
    assert row(lines, "given up", "Reconstruction") == ["0.050", "500", "0.050"]
    assert row(lines, "walkable", "Reconstruction")[1] == f"0.710{DASH}0.787"
    assert "0.050 (" not in " ".join(lines)
    assert "No interval for given up: of all sequences together" in " ".join(
        " ".join(lines).split()
    )


def test_a_baseline_that_was_asked_nothing_takes_no_column() -> None:
    record = sample.record()
    record["baselines"]["oracle"] = {}
    lines = printed(record)
    assert not any("oracle" in line and "noisy" not in line for line in lines[:3])
    assert row(lines, "legal", "Next symbol")[3:] == ["0.260", "0.930", "0.900", "0.030"]
    assert "Empty" not in " ".join(lines)
