"""Maps of contradictions: what is drawn lies where it should, and inside the box."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nerode.report.street_map.sketch import HEIGHT, WIDTH, Sketch
from tests.report import sample
from tests.report.from_json import plan_of, sketch

PLAN = plan_of(sample.drawing())


def drawn(routes: tuple[tuple[int, str], tuple[int, str]], then: str, **more: Any) -> Sketch:
    told = sample.witness("compression", routes, then, world=(True, True), model=(1, 0), **more)
    made = sketch(PLAN, told)
    assert made is not None
    return made


def test_the_plan_keeps_distances_and_draws_a_two_way_street_once() -> None:
    (x0, y0), (x1, y1) = PLAN.nodes[0], PLAN.nodes[1]
    assert math.hypot(x1 - x0, y1 - y0) == pytest.approx(240, rel=0.01)
    assert x1 > x0  # the next avenue lies east, and on a screen right
    assert PLAN.nodes[sample.WIDTH][1] < y0  # the next street lies north, and on a screen up
    two_way = {"kind": "street-map", "nodes": [[0, 0], [0, 1]], "names": [], "streets": []}
    two_way["streets"] = [[0, 1, "E"], [1, 0, "W"], [0, 0, "N"]]
    assert plan_of(two_way).streets.count("M") == 1


def test_routes_end_at_the_corner_and_the_way_begins_there() -> None:
    made = drawn(((162, "E E N"), (163, "N E")), "N E")
    assert len(made.route1) == 4
    assert made.route1[-1] == made.route2[-1] == made.way[0]
    assert made.ends == (made.route1[-1],)
    assert len(made.way) == 3
    assert made.missing is None
    assert made.arrow is not None
    assert (made.arrow.x, made.arrow.y) == made.way[-1]


def test_a_street_that_does_not_exist_is_a_stub_in_its_direction() -> None:
    made = drawn(((164, "E"), (185, "S")), "N E", legal=0)
    assert made.missing is not None
    (x0, y0), (x1, y1) = made.missing
    assert (x0, y0) == made.route1[-1]
    assert x1 == pytest.approx(x0)
    assert y1 < y0
    assert made.arrow is None


def test_the_end_of_a_sequence_is_no_street() -> None:
    assert drawn(((164, "E"), (185, "S")), "end").missing is None


def test_a_continuation_of_the_second_route_starts_there() -> None:
    told = sample.witness("missed", ((60, "E"), (118, "W")), "N", world=(False, True), model=(1, 1))
    told["path"] = sample.walk(told["path2"][-1], "N")
    made = sketch(PLAN, told)
    assert made is not None
    assert made.way[0] == made.route2[-1]
    assert len(made.way) == 2


@pytest.mark.parametrize(
    "routes",
    [
        ((0, ""), (0, "")),
        ((0, "E"), (1, "")),
        ((0, "E " * 19 + "N " * 24), (480, "S " * 20)),
        ((100, "N S N S"), (101, "W N S")),
    ],
)
def test_everything_lies_in_the_box_and_numbers_do_not_cover_each_other(
    routes: tuple[tuple[int, str], tuple[int, str]],
) -> None:
    made = drawn(routes, "end")
    for x, y in (*made.route1, *made.route2, *made.way, *made.labels):
        assert 0 < x < WIDTH
        assert 0 < y < HEIGHT
    assert math.dist(*made.labels) > 15
    for label in made.labels:
        assert min(math.dist(label, end) for end in made.ends) > 13


def test_the_destination_where_it_is_near() -> None:
    near = drawn(((310, "E"), (291, "N E")), "end")
    assert [goal.route for goal in near.goals] == ["both"]
    assert drawn(((0, "E"), (1, "")), "end").goals == ()


def test_two_destinations_are_told_apart() -> None:
    told = sample.witness(
        "missed", ((310, "E E"), (292, "N")), "N", world=(True, False), model=(1, 1)
    )
    other = told["history2"].replace("25St&13Av", "26St&13Av")
    made = sketch(PLAN, told | {"history2": other})
    assert made is not None
    assert [goal.route for goal in made.goals] == ["1", "2"]
    assert made.goals[0].y > made.goals[1].y  # a street further north is higher up


def test_no_routes_no_map() -> None:
    told = sample.witnesses()["compression"][0]
    assert sketch(PLAN, told | {"path1": []}) is None
    del told["path2"]
    assert sketch(PLAN, told) is None
