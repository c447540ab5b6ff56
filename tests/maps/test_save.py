"""Which part of a map is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError
from nerode.maps.save import Imported, save_plan
from nerode.worlds.streets.files import LABELS, MapData, read_streets

nx = pytest.importorskip("networkx", reason="needs nerode[maps]")


@st.composite
def plans(draw: st.DrawFn) -> MapData:
    count = draw(st.integers(1, 7))
    places = st.integers(0, count - 1)
    ends = draw(st.sets(st.tuples(places, st.sampled_from(LABELS[:2])), max_size=12))
    streets = [(a, label, draw(places)) for a, label in ends]
    numbers = list(map(float, range(count)))
    return MapData([f"n{number}" for number in range(count)], numbers, numbers, streets)


def saved(plan: MapData, folder: Path, *, strongly_connected: bool) -> tuple[Imported, MapData]:
    told = save_plan(plan, folder, "here", strongly_connected=strongly_connected)
    return told, read_streets(folder)


def names(plan: MapData) -> set[tuple[str, str, str]]:
    return {(plan.names[a], label, plan.names[b]) for a, label, b in plan.streets}


@pytest.mark.slow
@given(plan=plans(), strongly_connected=st.booleans())
@settings(max_examples=50)
def test_no_street_and_no_place_is_lost_that_belongs_to_the_map(
    tmp_path_factory: pytest.TempPathFactory, plan: MapData, *, strongly_connected: bool
) -> None:
    graph = nx.MultiDiGraph([(plan.names[a], plan.names[b]) for a, _, b in plan.streets])
    expected = set(graph)
    if strongly_connected:
        graph.add_nodes_from(plan.names)
        parts = list(nx.strongly_connected_components(graph))
        most = max(map(len, parts))
        expected = min((part for part in parts if len(part) == most), key=min)
    streets = {(a, label, b) for a, label, b in names(plan) if {a, b} <= expected}
    folder = tmp_path_factory.mktemp("saved") / "map"
    if not streets:
        with pytest.raises(FormatError, match="here: expected streets for cars"):
            saved(plan, folder, strongly_connected=strongly_connected)
        assert not folder.exists()
        return
    told, written = saved(plan, folder, strongly_connected=strongly_connected)
    assert written.names == sorted(expected)
    assert names(written) == streets
    assert written.lat == [float(name[1:]) for name in written.names]
    assert (told.intersections, told.streets) == (len(expected), len(streets))
    alone = set(plan.names) - {name for a, _, b in names(plan) for name in (a, b)}
    assert told.without_streets == len(alone)
    assert told.not_connected == len(set(plan.names) - expected - alone)


def test_what_was_left_out_is_told_in_words() -> None:
    told = Imported("street-map:x", "©", 1, 2, 3, 4, 5, 6, 7, 8)
    counts = [count for count, _ in told.left_out()]
    assert counts == [3, 5, 6, 7, 8]
    assert "(4 of them to the same intersection)" in told.left_out()[0][1]
    assert Imported("street-map:x", "©", 1, 2, 0, 0, 0, 0, 0).left_out() == []
