"""Labels: the nearest eighth of the compass, and the longest street of each."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError
from nerode.maps.network import StreetNetwork, _eighths, labelled, network_of
from nerode.worlds.streets.files import LABELS, read_streets

nx = pytest.importorskip("networkx", reason="needs nerode[maps]")

MANHATTAN = Path(__file__).parents[2].parent / "shared" / "data" / "manhattan"
real = pytest.mark.skipif(not MANHATTAN.is_dir(), reason="no ../shared/data/manhattan here")


def network(
    places: list[tuple[float, float]], edges: list[tuple[int, int, float]]
) -> StreetNetwork:
    lat, lon = np.array(places, dtype=np.float64).reshape(-1, 2).T
    start, stop, metres = (np.array([edge[part] for edge in edges]) for part in range(3))
    ids = list(range(len(places)))
    return StreetNetwork(ids, lat, lon, start.astype(np.int64), stop.astype(np.int64), metres)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (40.75, -73.98), (-75.0, 179.9999), (60.0, -180.0)])
@pytest.mark.parametrize("lean", [-0.38, 0.0, 0.38])
def test_every_direction_has_its_label(centre: tuple[float, float], lean: float) -> None:
    """Also beside the line where longitudes jump from 180 to -180."""
    places = [centre]
    for eighth in range(8):
        angle = eighth * math.pi / 4 + lean
        lon = centre[1] + 1e-3 * math.sin(angle) / math.cos(math.radians(centre[0]))
        places.append((centre[0] + 1e-3 * math.cos(angle), (lon + 180) % 360 - 180))
    plan, left = labelled(network(places, [(0, 1 + number, 1.0) for number in range(8)]))
    assert sorted(plan.streets) == sorted((0, LABELS[number], 1 + number) for number in range(8))
    assert left == (0, 0, 0)


@st.composite
def networks(draw: st.DrawFn) -> StreetNetwork:
    count = draw(st.integers(1, 5))
    places = [
        (draw(st.integers(0, 3)) / 1000, draw(st.integers(0, 3)) / 1000) for _ in range(count)
    ]
    node, metres = st.integers(0, count - 1), st.integers(1, 3).map(float)
    return network(places, draw(st.lists(st.tuples(node, node, metres), max_size=12)))


@pytest.mark.slow
@given(networks())
@settings(max_examples=50)
def test_of_each_label_the_longest_street_stays(drawn: StreetNetwork) -> None:
    chosen: dict[tuple[int, str], tuple[float, int]] = {}
    streets = [
        (int(a), int(b), float(metres))
        for a, b, metres in zip(drawn.start, drawn.stop, drawn.metres, strict=True)
    ]
    named = []
    for a, b, metres in streets:
        if a == b:
            continue
        east, north = drawn.lon[b] - drawn.lon[a], drawn.lat[b] - drawn.lat[a]
        label = LABELS[round(math.atan2(east, north) / (math.pi / 4)) % 8]
        named.append((a, label, b))
        best = chosen.get((a, label))
        if best is None or (-metres, b) < (-best[0], best[1]):
            chosen[a, label] = (metres, b)
    plan, left = labelled(drawn)
    assert set(plan.streets) == {(a, label, b) for (a, label), (_, b) in chosen.items()}
    assert len(plan.streets) == len(chosen)
    assert left.self_loops == sum(a == b for a, b, _ in streets)
    assert left.same_label == len(named) - len(chosen)
    assert left.parallel == sum(chosen[a, label][1] == b for a, label, b in named) - len(chosen)


def test_lengths_are_the_sources_own_where_it_has_them() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node(7, x=0.0, y=0.0)
    graph.add_node(5, x="0.001", y="-0.5")
    graph.add_edge(7, 5, length="12.5")
    graph.add_edge(5, 7)
    found = network_of(graph, "here")
    assert found.ids == [5, 7]
    assert found.lat.tolist() == [-0.5, 0.0]
    assert list(zip(found.start.tolist(), found.stop.tolist(), strict=True)) == [(0, 1), (1, 0)]
    assert found.metres.tolist() == pytest.approx([55597.6, 12.5], abs=0.1)


@pytest.mark.parametrize("length", ["nan", "NaN", float("nan"), "", " ", None])
def test_a_length_that_says_nothing_is_straight(length: object) -> None:
    graph = nx.MultiDiGraph()
    graph.add_node(1, x=0.0, y=0.0)
    graph.add_node(2, x=0.0, y="0.001")
    graph.add_edge(1, 2, length=length)
    assert network_of(graph, "here").metres.tolist() == pytest.approx([111.195], abs=0.001)


@pytest.mark.parametrize(
    ("node", "edge", "told"),
    [
        ({"x": 0.0}, {}, "node 1: expected y from -90 to 90, got 'None'"),
        ({"x": 181, "y": 0}, {}, "node 1: expected x from -180 to 180, got '181'"),
        ({"x": "nan", "y": 0}, {}, "expected x"),
        ({"x": 0, "y": "north" * 1000}, {}, "expected y"),
        ({"x": 0, "y": 0}, {"length": "long"}, "the street from 1 to 1: expected length"),
        ({"x": 0, "y": 0}, {"length": "-1"}, "expected a street's length in metres, got -1"),
        ({"x": 0, "y": 0}, {"length": "inf"}, "expected length"),
    ],
)
def test_numbers_that_are_none(node: dict[str, object], edge: dict[str, str], told: str) -> None:
    graph = nx.MultiDiGraph()
    graph.add_node(1, **node)
    graph.add_edge(1, 1, **edge)
    with pytest.raises(FormatError, match="here: ") as caught:
        network_of(graph, "here")
    assert told in str(caught.value)
    assert len(str(caught.value)) < 120


@real
def test_the_labels_of_the_papers_streets() -> None:
    """All but four; a street back to where it begins counts as north there."""
    plan = read_streets(MANHATTAN / "shortest")
    start, stop = (np.array([street[end] for street in plan.streets]) for end in (0, 2))
    found = _eighths(np.array(plan.lat), np.array(plan.lon), start, stop)
    told = [LABELS.index(label) for _, label, _ in plan.streets]
    assert (found != told).sum() == 4
