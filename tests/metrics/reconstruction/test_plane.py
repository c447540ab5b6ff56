"""Streets on a flat map: lengths, bearings, crossings, and what is impossible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from nerode.metrics.reconstruction.plane import Plane
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.street_map import StreetMap

STEP = 0.001
"""Degrees of latitude, 111.2 m; of longitude at the equator as well."""


def plane_of(
    places: Sequence[tuple[float, float]], streets: list[tuple[int, str, int]], east: float = 0.0
) -> Plane:
    """Crossings at (steps east, steps north) of a point on the equator."""
    lat = [north * STEP for _, north in places]
    lon = [(east + across * STEP + 180) % 360 - 180 for across, _ in places]
    names = [f"c{number}" for number in range(len(places))]
    return Plane(StreetMap(names, lat, lon, streets, name="plane", directions=LABELS))


def ends(*streets: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    origin, to = np.array(streets, dtype=np.int64).T
    return origin, to


COMB = [(0, 0), (10, 0), *((across, side) for across in (2, 4, 6, 8) for side in (-1, 1))]
TEETH = [(2 + 2 * tooth, "N", 3 + 2 * tooth) for tooth in range(4)]
BACK = [(3 + 2 * tooth, "S", 2 + 2 * tooth) for tooth in range(4)]


def test_a_street_crosses_what_lies_across_it_once_in_both_directions() -> None:
    plane = plane_of(COMB, [*TEETH, *BACK])
    origin, to = ends((0, 1), (1, 0), (0, 4), (0, 0), (2, 3))
    assert plane.crossed(origin, to).tolist() == [4, 4, 1, 0, 0]


@pytest.mark.parametrize("place", [(0, 0), (5, 0)])  # at its end, and on its way
def test_streets_that_only_touch_do_not_cross(place: tuple[float, float]) -> None:
    plane = plane_of([(0, 0), (10, 0), place, (3, 7)], [(2, "N", 3)])
    assert plane.crossed(*ends((0, 1))).tolist() == [0]


def test_crossings_are_those_of_every_pair_of_lines_solved() -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 10, size=(40, 2))
    pairs = rng.integers(40, size=(60, 2))
    streets = {(int(u), LABELS[k % 8]): int(v) for k, (u, v) in enumerate(pairs)}
    plane = plane_of(
        [tuple(place) for place in places.tolist()],
        [(u, label, v) for (u, label), v in streets.items()],
    )
    lines = {tuple(sorted((u, v))) for (u, _), v in streets.items()}
    asked = rng.integers(40, size=(50, 2))
    expected = []
    for a, b in asked:
        count = 0
        for c, d in lines:
            if {a, b} & {c, d} or a == b or c == d:
                continue
            sides = np.stack([places[b] - places[a], places[c] - places[d]], axis=1)
            along = np.linalg.solve(sides, places[c] - places[a])
            count += bool(np.all((along > 0) & (along < 1)))
        expected.append(count)
    assert sum(expected) > 300
    assert plane.crossed(*asked.astype(np.int64).T).tolist() == expected


def test_labels_may_be_45_degrees_off() -> None:
    places = [(0.0, 0.0), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]
    plane = plane_of(places, [(0, "N", 1)], east=180)  # across the line where dates change
    for turn in range(1, 9):
        origin, to = np.zeros(8, dtype=np.int64), np.arange(1, 9)
        off = plane.off(origin, to, np.full(8, turn))
        expected = [min((place - turn) % 8, (turn - place) % 8) * 45 for place in range(1, 9)]
        assert np.abs(off - expected).max() < 0.01
    close = [(0.0, 0.0), (0.98, 1), (1.02, 1)]
    plane = plane_of(close, [(0, "N", 1), (0, "E", 2)])
    faults = plane.faults(*ends((0, 1), (0, 2)), np.array([1, 1]))
    assert faults.off_bearing.tolist() == [False, True]


def test_what_has_no_direction_is_off_and_the_reasons_say_so() -> None:
    plane = plane_of([*COMB, (0, 0)], [(0, "S", 0), *TEETH])
    origin, to = ends((0, 1), (0, 1), (0, 1), (0, 0), (0, 10), (2, 3))
    label = np.array([3, 0, 12, 5, 5, 1])
    faults = plane.faults(origin, to, label)
    assert faults.longer.tolist() == [True, True, True, False, False, False]
    assert faults.off_bearing.tolist() == [False, True, True, True, True, False]
    assert faults.crossing.tolist() == [True, True, True, False, False, False]
    assert faults.impossible.tolist() == [True, True, True, True, True, False]
    assert plane.faults(origin, to, label, crossings=5).crossing.sum() == 0
    assert plane.reasons(origin, to, label) == [
        "longer than any true street; crosses 4 true streets",
        "longer than any true street; its label end is no direction; crosses 4 true streets",
        "longer than any true street; its label c3 is no direction; crosses 4 true streets",
        "leads back to where it begins",
        "has no bearing",
        "",
    ]
    assert plane.reasons(*ends((2, 3)), np.array([4])) == ["points 135° away from SE"]


def test_a_street_as_long_as_the_longest_true_one_is_not_too_long() -> None:
    plane = plane_of([(0, 0), (0, 2), (5, 0), (5, 2), (5, 3)], [(0, "N", 1)])
    assert plane.longest == 222_390
    assert plane.faults(*ends((2, 3), (2, 4)), np.array([1, 1])).longer.tolist() == [False, True]
    assert plane.metres(*ends((2, 3), (2, 4), (2, 2))).tolist() == [222, 334, 0]


def test_a_map_without_streets_has_none_to_cross() -> None:
    plane = plane_of([(0, 0), (1, 0)], [])
    assert plane.longest == 0
    assert plane.crossed(*ends((0, 1))).tolist() == [0]
    assert plane.reasons(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)) == []
