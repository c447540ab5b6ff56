"""Several runs beside each other: what is said of them, and what their table shows."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from nerode.report.names import place
from nerode.report.page import write_report
from nerode.report.rows import signed
from tests.report import sample
from tests.report.compare.test_differences import METRICS, Measure, measure  # noqa: F401 - a fixture
from tests.report.from_json import (
    callings,
    compare_records,
    comparison,
    headings,
    render,
    rows,
    sources,
    titles,
)
from tests.report.test_page import Page

MINUS = "\N{MINUS SIGN}"


def other(name: str = "other", **scores: Any) -> dict[str, Any]:
    record = sample.record(name)
    for group, members in scores.items():
        record["metrics"][group] |= members
    return record


@pytest.mark.slow
def test_the_page_shows_differences_and_says_which_are_better_and_which_worse() -> None:
    second = other(compression={"precision": sample.share(0.9), "disagreement": sample.share(0.3)})
    page = Page(render([sample.record(), second]))
    words = page.words
    assert words.index("percentage points more") < words.index("The runs side by side")
    assert f"other {MINUS} midtown-shortest" in words
    assert "less midtown-shortest" not in words  # is read as "fewer"
    assert "better +0.530 +0.477 to +0.579 p < 0.001" in words
    # More disagreement is no better.
    assert "worse +0.19" in words
    assert "\N{BLACK UP-POINTING TRIANGLE}" not in words
    assert "0.960 0.939\N{EN DASH}0.975 0 " in words
    assert "p is corrected (Holm) for all 21 comparisons of this table." in words
    assert "Not trial by trial, from the two scores alone: Next symbol, Traversal" in words
    assert "run.json or trials.jsonl of a run is not in its folder" in words
    assert "Differences are taken trial by trial" not in words


@pytest.mark.slow
def test_three_runs_have_a_column_of_differences_each() -> None:
    page = Page(render([sample.record(), other("a"), other("b")]))
    assert page.words.count(f"{MINUS} midtown-shortest") == 2
    gaps = page.all("td", **{"data-name": "minus midtown-shortest"})
    assert len(gaps) == 2 * len(rows(sample.record()["metrics"]))


@pytest.mark.slow
def test_a_report_reads_the_trials_of_the_runs_it_compares(
    measure: Measure,  # noqa: F811
    tmp_path: Any,
) -> None:
    folders = [measure(name) for name in ("noisy-oracle:0.3", "ngram:2")]
    write_report(folders, tmp_path / "page.html")
    words = Page((tmp_path / "page.html").read_text(encoding="utf-8")).words
    assert "Differences are taken trial by trial, where both runs were asked the same." in words
    assert "Not trial by trial" not in words
    more = [folders[0], measure("ngram:2", trials=24)]
    write_report(more, tmp_path / "page.html")
    words = Page((tmp_path / "page.html").read_text(encoding="utf-8")).words
    assert "asked the same, over the trials that both have" in words


@pytest.mark.slow
def test_runs_of_one_model_are_called_by_what_tells_them_apart() -> None:
    first, second = sample.record(), sample.record() | {"histories": "on-policy"}
    name = "midtown-shortest"
    assert titles([first, second])[1] == f"{name} on midtown · histories on-policy"
    assert callings([first, second]) == [
        f"{name} · histories {h}" for h in ("uniform", "on-policy")
    ]
    assert headings([first, second]) == ["histories uniform", "histories on-policy"]
    assert callings([first, sample.record("b")]) == headings([first, sample.record("b")])
    assert callings([first, sample.record("b")]) == [name, "b"]
    assert callings([first, first]) == [f"{at} · {name}" for at in (1, 2)]
    elsewhere = first | {"world": "street-map:far/away/elsewhere"}
    assert callings([first, elsewhere]) == [f"{name} on midtown", f"{name} on street-map:elsewhere"]


def test_a_world_is_called_without_its_folders() -> None:
    assert place("street-map:../data/city") == "street-map:city"
    assert place("connect-four:rows=6") == "connect-four:rows=6"
    assert place("midtown") == "midtown"


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "0"), (0.25, "+0.250"), (-0.25, f"{MINUS}0.250"), (None, "\N{EN DASH}"), (1.0, "+1")],
)
def test_differences_bear_their_sign(value: float | None, told: str) -> None:
    assert signed(value) == told


@pytest.mark.slow
def test_either_source_of_histories_side_by_side() -> None:
    first = sample.record()
    policy = first | {"histories": "on-policy"}
    policy["parameters"] = first["parameters"] | {"trials": 9}
    (view,) = sources([first, policy, sample.record("b")])
    assert view.title == "midtown-shortest: any history, and histories as it was trained"
    assert len(go.Figure(view.figure).data) == 2
    uniform = view.figure["data"][0]
    assert uniform["x"] == pytest.approx([0.37, 0.104, 0.35, 0.2], abs=1e-3)
    assert view.numbers.rows[0][1].startswith("0.370 (0.328")


@pytest.mark.slow
def test_what_differs_otherwise_is_not_set_side_by_side() -> None:
    first = sample.record()
    assert sources([first, first]) == ()
    for change in ({"model": "b"}, {"world": "b"}, {"protocol": "paper"}, {"seed": 5}):
        assert sources([first, first | {"histories": "on-policy"} | change]) == ()
    for metrics in ({}, {"next_symbol": {"legal": sample.share(1.0)}}):
        less = first | {"histories": "on-policy", "metrics": metrics}
        assert sources([first, less]) == ()


def test_an_undefined_score_has_no_point() -> None:
    first = sample.record()
    first["metrics"]["compression"]["precision"] = sample.UNDEFINED
    (view,) = sources([first, first | {"histories": "on-policy"}])
    assert view.figure["data"][0]["x"][0] is None
    assert view.numbers.rows[0][1] == "\N{EN DASH}"


def drawn(name: str, n: int, **scores: float) -> dict[str, Any]:
    """A record with a reconstruction from `n` sequences."""
    record = sample.record(name)
    found = {"valid": 0.5, "given_up": 0.2, "new": 0.1} | scores
    record["metrics"]["reconstruction"] = {
        key: sample.share(value, n) for key, value in found.items()
    }
    return record


@pytest.mark.slow
def test_that_maps_are_not_compared_is_told_in_small_print() -> None:
    runs = [drawn("a", 500), drawn("b", 400, given_up=0.9, new=0.9)]
    found = comparison(runs)
    assert found.verdict.startswith("At this number of trials none of 22 scores tells b from a")
    (group,) = (group for group in found.table.groups if group.title == "Reconstruction")
    assert [row.gaps[0].defined for row in group.rows] == [True, False, False]
    (left_out,) = found.left_out
    assert left_out == (
        "Reconstruction (given up) and Reconstruction (new per symbol) (they belong to all "
        "sequences of a run together, to how many they are and to their order, and have no "
        "interval: what is drawn for one sequence serves or blocks the next)"
    )
    assert found.family == 22
    words = Page(render(runs)).words
    assert f"Not tested: {left_out}." in words
    assert "worse +" not in words


def test_the_page_has_the_numbers_of_the_comparison() -> None:
    runs = [sample.record(), other("b", compression={"precision": sample.share(0.9)}), other("c")]
    found, shown = compare_records(runs), comparison(runs)
    assert shown.verdict == found.headline
    assert shown.family == found.family == 42
    by_label = {
        (group.title, row.label): row.gaps for group in shown.table.groups for row in group.rows
    }
    for score in found.scores:
        assert by_label[score.row.group, score.row.label][score.run - 1].score == score
