"""What a comparison says: how many scores differ, the surest, and what may have gone unseen."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from tests.report import sample
from tests.report.compare.test_comparison import drawn, other
from tests.report.from_json import compare_records, render
from tests.report.test_page import Page

MINUS = "\N{MINUS SIGN}"


def headline(*records: dict[str, Any]) -> str:
    return compare_records(records).headline


def test_the_scores_that_differ_are_counted_each_way_and_the_surest_is_named() -> None:
    second = other(
        compression={"precision": sample.share(0.9)}, traversal={"valid": sample.share(0.4)}
    )
    assert headline(sample.record(), second) == (
        "other is better than midtown-shortest in 1 of 21 scores and worse in 1; in 19 no "
        "difference is seen at this number of trials. The surest: midtown-shortest arrives on "
        "96 % of trips, other on 40 %: 56 percentage points more (95 % interval: 51 to 61; "
        "p < 0.001, corrected for 21 comparisons)."
    )


def test_the_surest_is_not_the_largest() -> None:
    """A small difference of many trials is surer than a large one of few."""
    first = other("a", distinction={"recall": sample.share(0.2, 20)})
    second = other(
        "b",
        distinction={"recall": sample.share(0.85, 20)},
        traversal={"valid": sample.share(0.6, 5000)},
    )
    scores = {score.path: score for score in compare_records([first, second]).scores}
    large, small = scores["distinction", "recall"], scores["traversal", "valid"]
    assert large.verdict != "none"
    assert abs(large.difference.value) > abs(small.difference.value)  # type: ignore[union-attr,arg-type]
    assert "The surest: a arrives on 96 % of trips, b on 60 %" in headline(first, second)


def test_where_fewer_is_better_that_is_said() -> None:
    second = other(compression={"disagreement": sample.share(0.5)})
    said = headline(sample.record("a"), second)
    assert said.startswith("other is worse than a in 1 of 21 scores; in 20 no")
    assert (
        "Compression (disagreement): other has 50 %, a 10 %: 40 percentage points more, where "
        in said
    )
    assert "where fewer is better (95 % interval" in said


def test_where_nothing_differs_the_widest_interval_is_told_and_no_equality() -> None:
    first = other("a", distinction={"recall": sample.share(0.5, 10)})
    second = other(
        "b", distinction={"recall": sample.share(0.6, 10)}, traversal={"valid": sample.share(0.97)}
    )
    said = headline(first, second)
    assert re.fullmatch(
        r"At this number of trials none of 21 scores tells b from a \(p corrected for 21 "
        rf"comparisons\)\. They need not be equal: the widest interval, that of Distinction "
        rf"\(recall\), is {MINUS}\d\d to \+\d\d percentage points\.",
        said,
    )


def test_a_score_that_one_uncorrected_interval_tells_apart_makes_no_headline() -> None:
    """One of 21 has an interval without 0; by chance one of twenty has."""
    second = other("b", traversal={"valid": sample.share(0.93)})
    found = compare_records([sample.record("a"), second])
    (alone,) = [s for s in found.scores if s.difference and s.difference.certain]
    assert alone.path == ("traversal", "valid")
    assert alone.verdict == "none"
    assert found.headline.startswith("At this number of trials none of 21 scores tells b from a")
    assert "arrives" not in found.headline
    assert "for certain" not in found.headline


@pytest.mark.slow
def test_every_run_beside_the_first_has_its_sentence_and_all_are_one_family() -> None:
    runs = [
        sample.record("m"),
        other("a", compression={"precision": sample.share(0.6)}),
        other("b"),
        other("c", distinction={"recall": sample.share(0.9)}),
        other("d"),
    ]
    said = headline(*runs)
    assert said.count("corrected for 84 comparisons") == 3
    assert "a is better than m in 1 of 21 scores; in 20 no difference is seen" in said
    assert "none of 21 scores tells b from m" in said
    assert "c sees 90 % of the differences between states, m 20 %:" in said
    assert said.endswith("1 more in the table.")


def test_nothing_in_common() -> None:
    second = sample.record("other") | {"metrics": {"next_symbol": {"odd": sample.share(0.5)}}}
    found = compare_records([sample.record(), second])
    assert found.headline == "The runs measured nothing in common that is defined for both."
    assert found.family == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epsilon": 0.1}, "(epsilon 0.01 and 0.1)"),
        ({"samples": 3, "depth": 4}, "(samples 30 and 3, depth 5 and 4)"),
        ({"sequences": "another/folder/of/sequences"}, None),
        ({"trials": 20, "dtype": "bfloat16"}, None),
    ],
)
def test_runs_that_were_not_measured_alike_are_told(
    change: dict[str, Any], said: str | None
) -> None:
    first, second = sample.record("a"), other("b", traversal={"valid": sample.share(0.4)})
    second["parameters"] = second["parameters"] | change
    told = headline(first, second)
    alike = "were not measured alike"
    assert told.endswith(f"{alike} {said}: differences may come from that, too.") == bool(said)
    assert (alike in told) == bool(said)


def test_long_values_of_settings_stand_for_themselves() -> None:
    first, second = sample.record("a"), other("b", traversal={"valid": sample.share(0.4)})
    for record, source in ((first, "shortest, drawn"), (second, "random, drawn")):
        record["parameters"] = record["parameters"] | {"sequences": source}
    assert "(sequences):" in headline(first, second)


def test_a_world_without_a_map_has_histories_and_steps() -> None:
    plain: dict[str, Any] = {"drawing": None, "witnesses": {}}
    second = other("b", compression={"precision": sample.share(0.9)}) | plain
    assert "pairs of histories of a state alike" in headline(sample.record("a") | plain, second)
    second = other("b", detours={"random": {"0.1": sample.share(0.9)}}) | plain
    assert "with 10 % of its steps replaced" in headline(sample.record("a") | plain, second)


def test_a_world_of_boards_has_games() -> None:
    board = {"drawing": {"kind": "board", "size": 1, "squares": ["a1"]}, "witnesses": {}}
    second = other(traversal={"valid": sample.share(0.4)}) | board
    assert "a plays to the end in 96 % of games, other in 40 %: 56 percentage points more" in (
        headline(sample.record("a") | board, second)
    )


def test_scores_without_a_sentence_of_their_own_are_called_by_their_row() -> None:
    said = headline(sample.record("a"), other("b", compression={"disagreement": sample.share(0.9)}))
    assert said.endswith(
        "The surest: Compression (disagreement): b has 90 %, a 10 %: 80 percentage points more, "
        "where fewer is better (95 % interval: 75 to 83; p < 0.001, corrected for 21 comparisons)."
    )


def test_numbers_that_differ_and_are_not_compared_are_not_called_the_same() -> None:
    said = headline(drawn("a", 500), drawn("b", 500, given_up=0.9))
    assert said.startswith("At this number of trials none of 22 scores tells b from a")


@pytest.mark.slow
def test_runs_of_different_worlds_are_not_compared() -> None:
    uptown = other("b", compression={"precision": sample.share(0.9)}) | {"world": "uptown"}
    found = compare_records([sample.record("a"), uptown])
    assert found.headline == (
        "The runs are of different worlds (midtown, uptown): their scores are not compared."
    )
    assert found.scores == ()
    page = Page(render([sample.record("a"), uptown]))
    assert found.headline in page.words
    assert "better +" not in page.words
    here = other("c", traversal={"valid": sample.share(0.4)})
    told = headline(sample.record("a"), uptown, here)
    assert told.startswith(
        "The runs are of different worlds (midtown, uptown); only those of midtown are compared. "
        "c is worse than a in 1 of 21 scores;"
    )
    assert "a arrives on 96 % of trips, c on 40 %" in told
    one, two = (sample.record(name) | {"world": f"street-map:{name}/city"} for name in "ab")
    assert "(street-map:a/city, street-map:b/city)" in headline(one, two)


@pytest.mark.slow
def test_the_same_numbers_are_told_as_such() -> None:
    run = sample.record()
    assert headline(run, run) == "This is the same run twice: all its numbers are the same."
    assert headline(run, run, run).startswith("This is the same run 3 times")
    assert headline(run, sample.record("b")) == (
        "The runs have the same numbers everywhere: no score that they share differs."
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_what_is_counted_is_what_is_marked(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.random(4)
    second = other(
        "b",
        compression={"precision": sample.share(values[0]), "disagreement": sample.share(values[1])},
        distinction={"precision": sample.share(values[2]), "recall": sample.share(values[3])},
    )
    found = compare_records([sample.record("a"), second])
    verdicts = [score.verdict for score in found.scores]
    better, worse = verdicts.count("better"), verdicts.count("worse")
    assert better + worse > 0
    assert (f"better than a in {better}" in found.headline) == bool(better)
    said_worse = f"and worse in {worse};" if better else f"worse than a in {worse} of"
    assert (said_worse in found.headline) == bool(worse)
    page = render([sample.record("a"), second])
    assert page.count('<span class="mark">better') == better
    assert page.count('<span class="mark">worse') == worse
