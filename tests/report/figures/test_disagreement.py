"""Where pairs first disagree, and how often a model slips, as a page and a terminal tell it."""

from __future__ import annotations

from io import StringIO
from typing import Any

import plotly.graph_objects as go
import pytest
from rich.console import Console

from nerode.report.compare.table import print_comparison
from tests.report import sample
from tests.report.from_json import (
    check_record,
    compare_records,
    figures,
    glossary,
    print_table,
    render,
    rows,
    slips_sentence,
    verdict,
    within,
    within_sentence,
)
from tests.report.sample import Json, share

SYMBOLS = ("1", "2", "3", "5", "10", "20", "50", "100")
ALIKE = "Symbol for symbol as incoherent as a perfect map that slips once in 1,250 symbols "


def rate(value: float, low: float, high: float) -> Json:
    return {"value": value, "low": low, "high": high, "n": 500, "skipped": 0}


def slip(short: Json, all_: Json) -> Json:
    return {"5": short, "20": all_, "100": all_}


CONSTANT = slip(rate(0.001, 0.0002, 0.002), rate(0.0008, 0.0005, 0.00125))
AT_THE_START = slip(rate(0.125, 0.1, 0.2), rate(0.08, 0.07, 0.09))
NEVER = slip(rate(0.0, 0.0, 0.002), rate(0.0, 0.0, 0.0001))


def record(slips: Json = CONSTANT) -> Json:
    """The sample's record with what this is about."""
    found = sample.record()
    found["parameters"]["length"] = 100
    shares = [0.7, 0.75, 0.78, 0.8, 0.85, 0.9, 0.91, 0.92]
    told = {k: share(v) for k, v in zip(SYMBOLS, shares, strict=True)}
    found["metrics"]["compression"] |= {
        "first_symbol": share(0.3),
        "disagree_within": told,
        "slip": slips,
    }
    zeros = {k: share(0.0) for k in SYMBOLS}
    found["baselines"]["oracle"]["compression"]["disagree_within"] = zeros
    return found


def test_the_figure_has_the_model_and_the_baselines_that_say() -> None:
    drawn = within(check_record(record(), "here"))
    assert drawn is not None
    figure, numbers = drawn
    assert len(go.Figure(figure).data) == len(figure["data"])
    curves = {each["name"]: each for each in figure["data"] if "name" in each}
    assert set(curves) == {"oracle", "this model"}
    assert curves["this model"]["x"] == list(SYMBOLS)
    assert curves["this model"]["y"][0] == pytest.approx(0.7)
    assert numbers.columns == ("symbols", "this model", "oracle")
    assert [row[0] for row in numbers.rows] == list(SYMBOLS)


def test_older_records_have_neither() -> None:
    old = sample.record()
    assert within(old) is None
    assert within_sentence(old["metrics"]) == slips_sentence(old["metrics"]) == ""
    assert "Slips" not in dict(glossary([old]))


def test_they_are_no_rows() -> None:
    labels = [row.label for row in rows(record()["metrics"]) if row.group == "Compression"]
    assert labels == ["first symbol", "precision", "disagreement"]


@pytest.mark.parametrize(
    ("slips", "told"),
    [
        (CONSTANT, f"{ALIKE}(800 to 2,000)."),
        (
            AT_THE_START,
            (
                "Slips: once in 8.0 symbols (5.0 to 10) within 5; once in 12 symbols (11 to 14) "
                "within 20; once in 12 symbols (11 to 14) within 100. The rate is not constant, so "
                "that each holds for its length only."
            ),
        ),
        (
            NEVER,
            (
                "Symbol for symbol as coherent as a perfect map that slips less than once in "
                "10,000 symbols."
            ),
        ),
        (
            slip(rate(0.001, 0.0, 0.002), rate(0.0008, 0.0, 0.00125)),
            f"{ALIKE}(800 or more).",
        ),
    ],
)
def test_a_rate_in_words(slips: Json, told: str) -> None:
    assert slips_sentence(record(slips)["metrics"]) == told


def printed(show: Any) -> str:
    console = Console(file=StringIO(), width=150, color_system=None)
    show(console)
    assert isinstance(console.file, StringIO)
    return " ".join(console.file.getvalue().split())


def test_the_terminal_says_both() -> None:
    found = printed(lambda console: print_table(record(), console))
    assert "Pairs known to disagree within 1, 5, 20, 100 symbols: 70 %, 80 %, 90 %, 92 %." in found
    assert ALIKE in found


@pytest.mark.slow
def test_the_page_says_both() -> None:
    shown = {view.title: view for view in figures("run-1", record())}
    assert shown["Where pairs first disagree"].caption.endswith(f"{ALIKE}(800 to 2,000).")
    page = render([record()])
    assert "Where pairs first disagree" in page
    assert ALIKE in page
    assert "<dt>Slips</dt>" in page


@pytest.mark.slow
def test_a_comparison_says_how_often_each_slips() -> None:
    runs = [record(), record(AT_THE_START)]
    told = "once in 1,250 symbols (800 to 2,000) within 100"
    other = "once in 12 symbols (11 to 14) within 100, not at a constant rate."
    page = render(runs)
    assert told in page
    assert other in page
    found = printed(lambda console: print_comparison(compare_records(runs), console))
    assert told in found
    assert other in found


def test_the_verdict_is_never_less_than_what_is_known_at_once() -> None:
    """Precision may be: no continuation need have come upon a difference at the next symbol."""
    found = record()
    found["metrics"]["compression"]["precision"] = share(0.5)
    said = verdict(found)
    assert "in 70 % of cases" in said
    assert "in 92 % of cases" in said
    assert "50 %" not in said
