"""Decoding: what fits becomes its type; what does not is reported by its place, in one line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, UnsetType, field

from nerode.schema.decoding import DamageError, check_finite, decoded, decoded_line, encoded
from nerode.schema.part import Count, Part
from nerode.schema.scores import Curves, Lengths, Scores
from nerode.stats.estimate import Estimate

E = {"value": 0.5, "low": 0.25, "high": 1.0, "n": 4, "skipped": 1}
ESTIMATE = Estimate(0.5, 0.25, 1.0, 4, 1)


class Circle(Part, frozen=True, kw_only=True, tag_field="kind", tag="circle"):
    radius: Annotated[float, Meta(gt=0)]


class Square(Part, frozen=True, kw_only=True, tag_field="kind", tag="square"):
    sides: tuple[float, float]


class Box(Part, frozen=True, kw_only=True):
    from_: Count = field(name="from")
    shapes: dict[str, list[Circle | Square]] = field(default_factory=dict)
    colour: Literal["red", "green"] | None = None
    estimate: Estimate | UnsetType = UNSET


def test_what_fits_becomes_its_type_and_json_again() -> None:
    node = {
        "from": 1,
        "shapes": {"a b": [{"kind": "circle", "radius": 2}, {"kind": "square", "sides": [1, 2.5]}]},
        "colour": "red",
        "estimate": E,
    }
    box = decoded(node | {"unknown": 1}, Box)
    assert box.estimate == ESTIMATE
    assert isinstance(box.shapes["a b"][1], Square)
    assert encoded(box) == node
    assert encoded(decoded({"from": 1}, Box)) == {"from": 1, "shapes": {}, "colour": None}


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ([], "expected an object, got []"),
        ({}, "from: expected a whole number from 0 on, got nothing"),
        ({"from": True}, "from: expected a whole number from 0 on, got True"),
        ({"from": 0, "shapes": 3}, "shapes: expected an object, got 3"),
        ({"from": 0, "shapes": {"a": {}}}, "shapes.a: expected a list, got {}"),
        (
            {"from": 0, "shapes": {"a": [{"kind": "circle", "radius": 0}]}},
            "shapes.a.0.radius: expected a number above 0, got 0",
        ),
        (
            {"from": 0, "shapes": {"a": [{"kind": "circle"}]}},
            "shapes.a.0.radius: expected a number above 0, got nothing",
        ),
        (
            {"from": 0, "shapes": {"a": [{"kind": "cube"}]}},
            "shapes.a.0: expected an object of kind circle or square, got {'kind': 'cube'}",
        ),
        (
            {"from": 0, "shapes": {"b": [], "a": [{"kind": "square", "sides": [1, "x"]}]}},
            "shapes.a.0.sides.1: expected a number, got 'x'",
        ),
        (
            {"from": 0, "shapes": {"a": [{"kind": "square", "sides": [1]}]}},
            "shapes.a.0.sides: expected a list of 2, got [1]",
        ),
        ({"from": 0, "colour": "blue"}, "colour: expected red, green or null, got 'blue'"),
        (
            {"from": 0, "estimate": E | {"n": -1}},
            "estimate.n: expected a whole number from 0 on, got -1",
        ),
        (
            {"from": 0, "estimate": E | {"n": 0}},
            "estimate: expected an estimate, got 'expected a value exactly where n > 0,",
        ),
        ({"from": 0, "colour": "b" * 1000}, f"got '{'b' * 59}..."),
    ],
)
def test_what_does_not_fit_is_reported_by_its_place(node: object, message: str) -> None:
    with pytest.raises(DamageError) as caught:
        decoded(node, Box)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "node", "message"),
    [
        (Scores, {"a": E, "b": {"c": E | {"low": "x"}}}, "b.c.low: expected a number or null"),
        (Scores, {"b": {"c": {"d": {}}}}, "b.c.d.value: expected a number or null, got nothing"),
        (Scores, {"a": 0.5}, "a: expected an estimate, got 0.5"),
        (Curves, {"epsilon": [0.1, 0]}, "epsilon.1: expected a threshold above 0, got 0"),
        (Curves, {"epsilon": [], "a": {"b": [E, 1]}}, "a.b.1: expected an estimate, got 1"),
        (Lengths, {"from": [1]}, "to: expected a list, got nothing"),
        (Lengths, {"from": [1], "to": [1], "a": [3]}, "a.0: expected an estimate, got 3"),
    ],
)
def test_objects_with_open_keys(kind: Any, node: object, message: str) -> None:
    with pytest.raises(DamageError) as caught:
        decoded({"x": node}, dict[str, kind])
    assert str(caught.value).startswith(f"x.{message}")


def test_open_objects_hold_estimates() -> None:
    scores = decoded({"a": E, "b": {"c": E, "d": {"e": E}}}, Scores)
    assert scores.estimate("a") == scores.estimate("b", "d", "e") == ESTIMATE
    with pytest.raises(KeyError):
        scores.estimate("b")
    curves = decoded({"epsilon": [0.1], "m": {"s": [E]}}, Curves)
    assert (curves.epsilon, curves.scores) == ([0.1], {"m": {"s": [ESTIMATE]}})
    lengths = decoded({"from": [1], "to": [2], "s": [E]}, Lengths)
    assert (lengths.shortest, lengths.longest, lengths.scores) == ([1], [2], {"s": [ESTIMATE]})
    assert encoded(lengths) == {"from": [1], "to": [2], "s": [E]}


@pytest.mark.parametrize("line", [b"{", b'{"from": NaN}', b"\xff", b"[" * 100_000])
def test_lines_that_are_no_json(line: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        decoded_line(line, Box)


def test_lines() -> None:
    assert decoded_line(b'{"from": 3}', Box) == Box(from_=3)
    with pytest.raises(DamageError, match="from: expected a whole number from 0 on, got -1"):
        decoded_line(b'{"from": -1}', Box)


def test_numbers_are_finite() -> None:
    check_finite({"a": [1, 2.5, "x", None, {"b": 0.0}]})
    with pytest.raises(DamageError, match=r"a\.1\.b: expected a finite number, got inf"):
        check_finite({"a": [1, {"b": float("inf")}]})
