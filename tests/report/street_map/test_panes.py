"""Routes to different places have a map each; what follows is drawn on both."""

from __future__ import annotations

from typing import Any

import pytest

from nerode.report.street_map.panes import follow
from nerode.report.street_map.sketch import HEIGHT, WIDTH
from tests.report import sample
from tests.report.from_json import contradictions, panes, plan_of, render
from tests.report.test_page import Page

PLAN = plan_of(sample.drawing())
FAR = ((1, "N N E"), (498, "S S"))


def told(routes: tuple[tuple[int, str], tuple[int, str]], then: str) -> dict[str, Any]:
    return sample.witness("missed", routes, then, world=(True, False), model=(1, 1), legal=1)


def test_routes_to_one_corner_share_a_map_however_long() -> None:
    away = ((0, "E " * 19 + "N " * 24), (480, "E " * 19))
    (whole,) = panes(PLAN, told(away, "end"))
    assert (whole.shown, whole.width) == ((1, 2), WIDTH)


def test_routes_to_different_places_have_a_map_each() -> None:
    left, right = panes(PLAN, told(FAR, "N N"))
    assert (left.shown, right.shown) == ((1,), (2,))
    assert left.width + right.width < WIDTH
    assert len(left.route1) == 4
    assert right.route2 == right.route1
    assert len(right.route2) == 3
    for pane in (left, right):
        for x, y in (*pane.route1, *pane.way, *pane.labels, *pane.ends):
            assert 0 < x < pane.width
            assert 0 < y < HEIGHT
        assert pane.way[0] == pane.route1[-1]


def test_the_continuation_goes_as_far_as_streets_lead_from_either_end() -> None:
    end1, end2 = 42, 458
    turns = ["N", "N"]
    assert follow(PLAN, end1, turns) == [end1]
    left, right = panes(PLAN, told(FAR, "N N"))
    assert left.missing is not None
    assert follow(PLAN, end2, ["S", "S"]) == [end2, end2 - 20, end2 - 40]
    right = panes(PLAN, told(FAR, "S S"))[1]
    assert len(right.way) == 3
    assert right.missing is None
    assert follow(PLAN, end2, []) == [end2]


def test_no_routes_no_map() -> None:
    assert panes(PLAN, told(FAR, "N") | {"path1": []}) == ()


@pytest.mark.slow
@pytest.mark.parametrize(("routes", "maps"), [(FAR, 2), (((60, "E N N"), (82, "W N")), 1)])
def test_the_page_draws_them_side_by_side(
    routes: tuple[tuple[int, str], tuple[int, str]], maps: int
) -> None:
    record = sample.record() | {"curves": {}, "lengths": {}}
    del record["metrics"]["detours"]
    record["witnesses"] = {"distinction": [told(routes, "N")]}
    page = Page(render([record]))
    drawn = page.all("svg", **{"class": "map"})
    assert len(drawn) == maps
    whose = [str(svg["aria-label"]).split(" and")[0] for svg in drawn]
    assert whose == (["Map of route 1", "Map of route 2"] if maps == 2 else ["Map of both routes"])
    assert len(page.all("polyline", **{"class": "route route-1"})) == 1
    assert len(page.all("polyline", **{"class": "route route-2"})) == 1
    assert len(contradictions(record, "distinction", PLAN)[0].sketches) == maps
