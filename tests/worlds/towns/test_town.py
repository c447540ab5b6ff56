"""Made-up towns: whole, irregular, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from nerode.errors import InvalidParameter
from nerode.metrics.reconstruction.algorithm import Rules, reconstruct
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.check.check import check_world
from nerode.worlds.registry import open_world
from nerode.worlds.streets.counting import counted_share
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.towns import layout
from nerode.worlds.towns import town as town_file
from nerode.worlds.towns.town import town_plan


def town(crossings: int, seed: int) -> StreetMap:
    world = open_world(f"town:crossings={crossings},seed={seed}")
    assert isinstance(world, StreetMap)
    return world


@pytest.fixture(scope="module")
def small() -> StreetMap:
    return town(60, 2)


def test_a_seed_is_a_town(small: StreetMap) -> None:
    again = open_world("town:crossings=60,seed=2")
    assert isinstance(again, StreetMap)
    assert (again.name, again.streets) == (small.name, small.streets)
    assert again.lat.tolist() == small.lat.tolist()
    assert town(60, 3).streets != small.streets


def test_one_can_drive_from_everywhere_to_everywhere(small: StreetMap) -> None:
    assert len(small.names) == 60
    pairs = np.array([(a, b) for a, _, b in small.streets])
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (60, 60))
    assert connected_components(graph, connection="strong")[0] == 1


def test_labels_are_the_nearest_eighth_of_the_compass(small: StreetMap) -> None:
    for a, label, b in small.streets:
        east, north = small.lon[b] - small.lon[a], small.lat[b] - small.lat[a]
        bearing = np.degrees(np.arctan2(east, north)) % 360
        off = abs((bearing - 45 * LABELS.index(label) + 180) % 360 - 180)
        assert off <= 22.5 + 0.1  # coordinates are rounded


def test_streets_do_not_cross(small: StreetMap) -> None:
    places = np.stack([small.lon, small.lat], axis=1)
    pairs = sorted({(min(a, b), max(a, b)) for a, _, b in small.streets})

    def side(a: int, b: int, c: int) -> float:
        (x, y), (u, v) = places[b] - places[a], places[c] - places[a]
        return float(np.sign(x * v - y * u))

    for at, (a, b) in enumerate(pairs):
        for c, d in pairs[at + 1 :]:
            if len({a, b, c, d}) == 4:
                apart = side(a, b, c) == side(a, b, d) or side(c, d, a) == side(c, d, b)
                assert apart, (a, b, c, d)


def test_some_streets_are_one_way_and_blocks_differ_in_size(small: StreetMap) -> None:
    both = {(a, b) for a, _, b in small.streets}
    one_way = [(a, b) for a, b in both if (b, a) not in both]
    assert 0.15 < len(one_way) / len({frozenset(pair) for pair in both}) < 0.6
    lengths = small.lengths[small.lengths > 0]
    assert np.quantile(lengths, 0.95) > 5 * np.quantile(lengths, 0.05)


def test_no_more_streets_meet_than_a_reconstruction_allows(small: StreetMap) -> None:
    for world in (small, town(300, 1)):
        assert np.max((world.turns[:, 1:] >= 0).sum(axis=1)) <= Rules().degree
    rides = draw_sequences(small, "wandering", 200, 0)
    assert reconstruct(small, [rides], Rules(), "valid-first").counts["new"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_counting_turns_does_not_tell_the_place(seed: int) -> None:
    world = town(300, seed)
    assert counted_share(world, 10, walks=4000) <= 0.2
    assert counted_share(world, 20, walks=4000) <= 0.1


def test_it_keeps_the_promises_of_a_world(small: StreetMap) -> None:
    check_world(small, states=60)


def test_a_layout_that_falls_apart_is_drawn_anew_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[int] = []

    def twice(places: np.ndarray, rng: np.random.Generator) -> layout.Pairs | None:
        calls.append(len(places))
        return None if len(calls) < 3 else layout.street_pairs(places, rng)

    monkeypatch.setattr(town_file, "street_pairs", twice)
    assert len(town_plan(20, 1).names) == 20
    assert len(calls) == 3
    monkeypatch.setattr(town_file, "street_pairs", lambda *_: None)
    with pytest.raises(InvalidParameter, match="fell apart"):
        town_plan(20, 1)


@pytest.mark.parametrize(
    "name", ["town:crossings=19", "town:crossings=2001", "town:seed=-1", "town:size=3", "town:"]
)
def test_other_parameters_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^expected"):
        open_world(name)
