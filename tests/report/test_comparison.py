"""Several runs beside each other: what is said of them, and what their table shows."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from nerode.report.comparison import comparison
from nerode.report.names import callings, headings, place, titles
from nerode.report.page import render, write_report
from nerode.report.rows import rows, signed
from nerode.report.sources import sources
from tests.report import sample
from tests.report.test_differences import METRICS, Measure, measure  # noqa: F401 - a fixture
from tests.report.test_page import Page

MINUS = "\N{MINUS SIGN}"


def other(name: str = "other", **scores: Any) -> dict[str, Any]:
    record = sample.record(name)
    for group, members in scores.items():
        record["metrics"][group] |= members
    return record


def test_the_two_widest_differences_are_told_one_each_way() -> None:
    second = other(
        compression={"precision": sample.share(0.9)}, traversal={"valid": sample.share(0.4)}
    )
    assert comparison([sample.record(), second]).verdict == (
        "midtown-shortest arrives on 96 % of trips, other on 40 %: 56 percentage points more "
        "(95 % interval: 51 to 61). In turn, other continues 90 % of pairs of routes to one corner "
        "alike, midtown-shortest 37 %: 53 points more (48 to 58)."
    )


def test_one_certain_difference_is_told_with_the_rest() -> None:
    second = other(compression={"precision": sample.share(0.9)})
    assert comparison([sample.record(), second]).verdict.endswith(
        "(95 % interval: 48 to 58). In nothing else do they differ for certain."
    )


def test_no_certain_difference_is_told_as_such() -> None:
    second = other(traversal={"valid": sample.share(0.97)})
    assert comparison([sample.record(), second]).verdict == (
        "Nothing that was measured tells the runs apart for certain. The widest gap: other arrives "
        "on 97 % of trips, midtown-shortest on 96 %: 1 percentage point more (95 % interval: "
        f"{MINUS}1 to 3)."
    )


def test_of_many_runs_the_widest_difference_to_the_first_counts() -> None:
    runs = [
        sample.record(),
        other("a", compression={"precision": sample.share(0.6)}),
        other("b", distinction={"recall": sample.share(0.9)}),
    ]
    told = comparison(runs).verdict
    assert told.startswith("b sees 90 % of the differences between states, midtown-shortest 20 %:")
    assert "a continues 60 % of pairs of routes to one corner alike" in told


def test_nothing_in_common() -> None:
    second = sample.record("other") | {"metrics": {"probe": {"a": sample.share(0.5)}}}
    found = comparison([sample.record(), second])
    assert found.verdict == "The runs measured nothing in common that is defined for both."
    assert not found.pairs


def test_a_world_without_a_map_has_histories_and_steps() -> None:
    second = other(
        compression={"precision": sample.share(0.9)},
        detours={"random": {"0.1": sample.share(0.9)}},
    )
    told = comparison([sample.record() | {"drawing": None}, second | {"drawing": None}]).verdict
    assert "pairs of histories of a state alike" in told
    assert "with 10 % of its steps replaced" in told


def test_the_page_shows_differences_and_marks_the_certain_ones_with_a_shape() -> None:
    second = other(compression={"precision": sample.share(0.9)})
    page = Page(render([sample.record(), second]))
    words = page.words
    assert words.index("percentage points more") < words.index("The runs side by side")
    up = "\N{BLACK UP-POINTING TRIANGLE}"
    assert f"{up} +0.530 (certain) +0.477 to +0.579" in words
    assert "0.960 0.939\N{EN DASH}0.975 0 " in words
    assert "Not trial by trial, from the two scores alone: Next symbol, Traversal" in words
    assert "run.json or trials.jsonl of a run is not in its folder" in words
    assert "Differences are taken trial by trial" not in words


def test_three_runs_have_a_column_of_differences_each() -> None:
    page = Page(render([sample.record(), other("a"), other("b")]))
    assert page.words.count("less midtown-shortest") == 2
    gaps = page.all("td", **{"data-name": "difference"})
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


def test_what_is_told_of_all_else_follows_from_every_row() -> None:
    given_up = comparison([drawn("a", 500), drawn("b", 500, given_up=0.9)]).verdict
    assert given_up == (
        "Reconstruction (given up): b has 90 %, a 20 %: 70 percentage points more (95 % interval: "
        "65 to 74). In nothing else do they differ for certain."
    )
    second = drawn("b", 500, valid=0.9, new=0.9)
    told = comparison([drawn("a", 500), second]).verdict
    assert "Reconstruction (new per symbol): b has 90 %, a 10 %: 80 points more" in told
    assert "nothing else" not in told


def test_the_widest_gap_is_that_of_all_rows() -> None:
    second = drawn("b", 30, new=0.2)
    told = comparison([drawn("a", 30), second]).verdict
    assert told.startswith(
        "Nothing that was measured tells the runs apart for certain. The widest gap: "
        "Reconstruction (new per symbol): b has 20 %, a 10 %: 10 percentage points more"
    )


def test_maps_of_more_and_of_fewer_sequences_are_told_apart_in_small_print() -> None:
    runs = [drawn("a", 500), drawn("b", 400, given_up=0.9, new=0.9)]
    found = comparison(runs)
    assert found.verdict == "Nothing that was measured tells the runs apart for certain."
    (group,) = (group for group in found.table.groups if group.title == "Reconstruction")
    assert [row.gaps[0].defined for row in group.rows] == [True, False, False]
    assert found.apart[-1] == (
        "not at all given up and new per symbol (what is drawn for one sequence serves or blocks "
        "the next, so that these depend on how many sequences there are: here 500 and 400)"
    )
    assert "(certain)" not in Page(render(runs)).words


def test_runs_of_different_worlds_are_not_compared() -> None:
    uptown = other("b", compression={"precision": sample.share(0.9)}) | {"world": "uptown"}
    found = comparison([sample.record("a"), uptown])
    assert found.verdict == (
        "The runs are of different worlds (midtown, uptown): their scores are not compared."
    )
    assert found.apart == ()
    page = Page(render([sample.record("a"), uptown]))
    assert found.verdict in page.words
    assert "(certain)" not in page.words
    here = other("c", traversal={"valid": sample.share(0.4)})
    told = comparison([sample.record("a"), uptown, here]).verdict
    assert told.startswith(
        "The runs are of different worlds (midtown, uptown); only those of midtown are compared. "
        "a arrives on 96 % of trips, c on 40 %"
    )
    one, two = (sample.record(name) | {"world": f"street-map:{name}/city"} for name in "ab")
    assert "(street-map:a/city, street-map:b/city)" in comparison([one, two]).verdict


def test_the_same_numbers_are_told_as_such() -> None:
    run = sample.record()
    assert comparison([run, run]).verdict == (
        "This is the same run twice: all its numbers are the same."
    )
    assert comparison([run] * 3).verdict.startswith("This is the same run 3 times")
    assert comparison([run, sample.record("b")]).verdict == (
        "The runs have the same numbers everywhere: no score that they share differs."
    )


def test_a_world_of_boards_has_games() -> None:
    board = {"drawing": {"kind": "board"}}
    second = other(
        compression={"precision": sample.share(0.9)},
        traversal={"valid": sample.share(0.4)},
    )
    assert comparison([sample.record("a") | board, second | board]).verdict == (
        "a plays to the end in 96 % of games, other in 40 %: 56 percentage points more (95 % "
        "interval: 51 to 61). In turn, other continues 90 % of pairs of games in one position "
        "alike, a 37 %: 53 points more (48 to 58)."
    )
    moved = other(detours={"random": {"0.1": sample.share(0.9)}})
    assert "plays to the end in 90 % of games with 10 % of its moves replaced, a in 8 %" in (
        comparison([sample.record("a") | board, moved | board]).verdict
    )
