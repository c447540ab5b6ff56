"""What the page is given of the trips to watch, and what a record of trips must be."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError
from nerode.evaluation.replays_on_maps import SYMBOLS_OF_STEP
from nerode.report.player import TRIP_OUTCOMES
from tests.report import sample, sample_player
from tests.report.from_json import check_record, plan_of, player_views, render
from tests.report.record.test_record import JUNK
from tests.report.test_page import EVIL, Page

Json = dict[str, Any]


def spoken(data: Json, step: list[Any]) -> Json:
    """A step of the page as the record told it."""
    names = data["symbols"]
    played, wanted, top, legal = step
    return {
        "symbol": names[played],
        "detour": played != wanted,
        "wanted": names[wanted],
        "top": [[names[a], p] for a, p in zip(top[::2], top[1::2], strict=True)],
        "legal": [names[a] for a in legal],
    }


def test_the_page_is_given_every_step() -> None:
    record = sample_player.record()
    (view,) = player_views([record], ["a model"])
    assert (view.world, view.runs) == (None, 1)
    (run,) = view.data["runs"]
    assert run["title"] == "a model"
    for found, route in zip(run["trips"], record["routes"], strict=True):
        assert found["shortest"] == route["shortest"]
        assert found["goal"] == sample_player.GOAL
        assert found["to"] == view.data["names"][sample_player.GOAL]
        for drive, kind in zip(found["drives"], ("plain", "detour"), strict=True):
            for key in ("path", "arrived", "left"):
                assert drive[key] == route[kind][key]
            assert [spoken(view.data, step) for step in drive["steps"]] == route[kind]["steps"]


def test_trips_are_grouped_by_what_became_of_them() -> None:
    (view,) = player_views([sample_player.record()], ["a model"])
    turned, left, lost, arrives = TRIP_OUTCOMES
    assert view.data["runs"][0]["groups"] == [
        [turned, [3]],
        [left, [1]],
        [lost, [2]],
        [arrives, [0]],
    ]


@pytest.mark.slow
def test_runs_of_one_map_share_a_player_and_maps_are_counted_as_the_page_does() -> None:
    bare, plain = sample.record(), sample_player.record()
    bare["drawing"]["streets"] = bare["drawing"]["streets"][:50]  # another map, without trips
    other = sample_player.record() | {"world": "uptown"}
    other["drawing"]["streets"] = other["drawing"]["streets"][:300]
    nowhere = sample.record() | {"drawing": None, "witnesses": {}}
    records = [nowhere, bare, plain, plain, other]
    views = player_views(records, list("abcde"))
    assert [[run["title"] for run in view.data["runs"]] for view in views] == [["c", "d"], ["e"]]
    assert [view.world for view in views] == ["midtown", "uptown"]
    page = Page(render(records))
    for view, record in zip(views, (plain, other), strict=True):
        (path,) = page.all("path", id=f"plan-{view.data['plan']}")
        assert path["d"] == plan_of(record["drawing"]).streets


@pytest.mark.slow
def test_without_trips_no_player() -> None:
    assert player_views([sample.record()], ["a model"]) == ()
    page = Page(render([sample.record() | {"routes": []}]))
    assert "Watch it drive" not in page.words


@pytest.mark.slow
def test_the_page_has_the_player_before_the_single_runs() -> None:
    page = Page(render([sample_player.record()]))
    assert page.words.index("Watch it drive") < page.words.index("Beside the baselines")
    assert page.all("noscript")
    assert len(page.all("input", type="range")) == 1
    for button in page.all("button"):
        assert button["type"] == "button"
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    data = json.loads(page.scripts[0])["players"]
    assert [len(page.all("section", id=name)) for name in data] == [1]


@pytest.mark.slow
def test_text_from_data_stays_text() -> None:
    record = sample_player.record(EVIL)
    record["drawing"]["names"] = [f"{EVIL}{n}" for n in range(len(record["drawing"]["names"]))]
    record["routes"][3]["detour"]["steps"][2]["symbol"] = EVIL
    html = render([record, record | {"world": EVIL, "drawing": sample.drawing()}])
    page = Page(html)
    assert len(page.scripts) == 3
    assert not page.all("img")
    assert "<" not in page.scripts[0]
    assert f"Watch it drive: {EVIL}" in page.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ((), {}, "routes: expected a list"),
        ((0,), [], r"routes\.0: expected an object"),
        ((0, "plain"), None, r"routes\.0\.plain: expected an object"),
        ((0, "shortest", 0), 500, "one of the drawing's 500 nodes, got 500"),
        ((0, "plain", "path", 1), "x", "path.1: expected a whole number, got 'x'"),
        ((0, "plain", "path"), [1, 2], "an origin and a place for each of 5 steps"),
        ((2, "detour", "path"), [], "an origin and a place for each of 0 steps"),
        ((0, "plain", "arrived"), 1, "expected true or false, got 1"),
        ((1, "plain", "left"), 0, "expected the last step or null, got 0"),
        ((2, "detour", "left"), -1, "expected a whole number from 0 on or null, got -1"),
        ((0, "plain", "sequence", 1), 4, "expected text, got 4"),
        ((0, "plain", "steps", 0, "detour"), None, "expected true or false"),
        ((0, "plain", "steps", 0, "wanted"), 3, "expected text, got 3"),
        ((0, "plain", "steps", 0, "legal", 0), 3, "expected text, got 3"),
        ((0, "plain", "steps", 0, "top", 0), ["N"], "expected a list of 2"),
        ((0, "plain", "steps", 0, "top", 0, 1), -0.5, "a number from 0 on"),
    ],
)
def test_a_damaged_trip(path: tuple[str | int, ...], value: object, told: str) -> None:
    record = sample_player.record()
    put(record, ("routes", *path), value)
    with pytest.raises(FormatError, match=told) as caught:
        check_record(record, "run/evaluation.json")
    assert "run/evaluation.json" in str(caught.value)


def put(node: Any, path: tuple[str | int, ...], value: object) -> None:
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value


def places(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    keys: list[Any] = list(node) if isinstance(node, dict) else []
    keys += range(len(node)) if isinstance(node, list) else []
    return [
        *([path] if path else []),
        *(p for key in keys for p in places(node[key], (*path, key))),
    ]


RECORD = sample_player.record()
RECORD["drawing"]["streets"] = RECORD["drawing"]["streets"][:5]


@pytest.mark.slow
@settings(max_examples=30)
@given(place=st.sampled_from(places(RECORD["routes"])), junk=st.sampled_from(JUNK))
def test_trips_with_one_junk_value_are_refused_or_played(
    place: tuple[str | int, ...], junk: object
) -> None:
    record = copy.deepcopy(RECORD)
    put(record, ("routes", *place), junk)
    try:
        checked = check_record(json.loads(json.dumps(record)), "evaluation.json")
    except FormatError as error:
        assert "routes" in str(error)  # noqa: PT017 - refusing is one of two good ends
        return
    json.dumps([view.data for view in player_views([checked], ["a model"])], allow_nan=False)


@pytest.mark.slow
def test_the_script_knows_how_many_symbols_a_step_tells() -> None:
    html = render([sample_player.record()])
    assert f"const TOP = {SYMBOLS_OF_STEP};" in html
