"""GraphML that OSMnx saved becomes a street map."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import FormatError, MissingExtra, MissingFile
from nerode.maps.graphml import import_graphml
from nerode.maps.openstreetmap import import_osm
from nerode.maps.save import OPENSTREETMAP
from nerode.worlds.streets.files import read_streets
from tests.maps.cities import (
    ONE_WAY,
    STREET,
    grid_places,
    grid_streets,
    grid_ways,
    osm_xml,
    streets_of,
)

nx = pytest.importorskip("networkx", reason="needs nerode[maps]")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A town with a curve, an island and a second street of one label, saved by OSMnx."""
    osmnx = pytest.importorskip("osmnx", reason="needs nerode[maps]")
    places = grid_places() | {1: (40.752, -74.0), 2: (40.7535, -73.99), 3: (40.7495, -73.98)}
    ways: Any = [*grid_ways(), ([1, 2], STREET), ([100, 3, 104], ONE_WAY)]
    (tmp_path / "town.osm").write_text(osm_xml(places, ways))
    graph = osmnx.graph_from_xml(tmp_path / "town.osm", retain_all=True)
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    return tmp_path / "town.graphml"


def test_a_saved_graph_is_the_map_of_the_file_it_came_from(saved: Path, tmp_path: Path) -> None:
    told = import_graphml(saved, tmp_path / "one")
    assert streets_of(tmp_path / "one") == grid_streets() | {("1", "E", "2"), ("2", "W", "1")}
    assert (told.same_label, told.parallel) == (1, 1)
    assert told.attribution == read_streets(tmp_path / "one").attribution == OPENSTREETMAP
    import_osm(tmp_path / "town.osm", tmp_path / "two")
    assert read_streets(tmp_path / "one") == read_streets(tmp_path / "two")
    part = import_graphml(saved, tmp_path / "part", strongly_connected=True)
    assert streets_of(tmp_path / "part") == grid_streets()
    assert part.not_connected == 2


def graphml(tmp_path: Path, graph: Any) -> Path:
    nx.write_graphml(graph, tmp_path / "town.graphml")
    return tmp_path / "town.graphml"


def town(**attributes: str) -> Any:
    graph = nx.MultiDiGraph(**attributes)
    graph.add_node(1, x="0.0", y="0.0")
    graph.add_node(-2, x="0.0", y="0.001")
    graph.add_edge(1, -2, name="[[[" * 100_000)
    return graph


def test_a_graph_of_another_hand_is_read_without_evaluating_its_texts(tmp_path: Path) -> None:
    import_graphml(graphml(tmp_path, town()), tmp_path / "map")
    assert streets_of(tmp_path / "map") == {("1", "N", "-2")}


def test_graphs_in_metres_and_without_directions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"expected degrees \(epsg:4326\), got crs 'epsg:32618'"):
        import_graphml(graphml(tmp_path, town(crs="epsg:32618")), tmp_path / "map")
    import_graphml(graphml(tmp_path, town(crs="EPSG:4326")), tmp_path / "map")
    with pytest.raises(FormatError, match="expected a directed graph"):
        import_graphml(graphml(tmp_path, town().to_undirected()), tmp_path / "other")


FORMS = [
    "EPSG:4326",
    " epsg:4326 ",
    "4326",
    "{'init': 'epsg:4326'}",
    "{'init': 'epsg:4326', 'no_defs': True}",
    "{'proj': 'longlat', 'datum': 'WGS84', 'no_defs': True}",
    "+proj=longlat +datum=WGS84 +no_defs",
    "+init=epsg:4326 +type=crs",
    "OGC:CRS84",
    "urn:ogc:def:crs:EPSG::4326",
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "WGS 84",
    'GEOGCS["WGS 84",DATUM["WGS_1984"],UNIT["degree",0.0174532925],AUTHORITY["EPSG","4326"]]',
]


@pytest.mark.parametrize("form", FORMS)
def test_degrees_are_degrees_however_they_are_called(tmp_path: Path, form: str) -> None:
    import_graphml(graphml(tmp_path, town(crs=form)), tmp_path / "map")
    assert streets_of(tmp_path / "map") == {("1", "N", "-2")}


@pytest.mark.parametrize("form", ["EPSG:4269", "+proj=utm +zone=18 +datum=WGS84", "", "None", "x"])
def test_what_is_no_longitude_on_wgs_84_is_refused(tmp_path: Path, form: str) -> None:
    with pytest.raises(FormatError, match=r"expected degrees \(epsg:4326\), got crs '"):
        import_graphml(graphml(tmp_path, town(crs=form)), tmp_path / "map")


def named(*names: str) -> Any:
    graph = nx.MultiDiGraph()
    for number, name in enumerate(names):
        graph.add_node(name, x="0.0", y=str(number / 1000))
    graph.add_edges_from(pairwise(names))
    return graph


@pytest.mark.parametrize(
    "names",
    [("0-0", "1-0"), ("ne", "nw"), ("1", "01"), ("1", "two"), ("1" * 30, "2"), ("東", "京")],
)
def test_ids_that_are_no_numbers_are_names(tmp_path: Path, names: tuple[str, str]) -> None:
    import_graphml(graphml(tmp_path, named(*names)), tmp_path / "map")
    assert streets_of(tmp_path / "map") == {(names[0], "N", names[1])}


@pytest.mark.parametrize("name", ["two words", "", "end", "NE", "x" * 101, "9" * 5000])
def test_ids_that_cannot_be_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError, match="expected ids of nodes without white space"):
        import_graphml(graphml(tmp_path, named(name, "b")), tmp_path / "map")
    assert not (tmp_path / "map").exists()


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    file = graphml(tmp_path, town())
    file.write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    import_graphml(file, tmp_path / "map")
    assert streets_of(tmp_path / "map") == {("1", "N", "-2")}


NODE = "<graphml><graph edgedefault='directed'><node id='{}'/></graph></graphml>"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<!DOCTYPE graphml [<!ENTITY a 'b'>]><graphml>&a;</graphml>", "no document type"),
        ("<graphml>", "expected XML"),
        ("", "expected XML"),
        ("<osm/>", "expected the element <graphml>, got <osm>"),
        ("<graphml/>", "expected GraphML as OSMnx saves it"),
        (NODE.format("crossing"), "node crossing: expected y"),
        (NODE.format("9" * 5000), "expected ids of nodes"),
        ("<graphml><x:graph/></graphml>", "got ParseError: unbound prefix"),
        ("<graphml xmlns='http://graphml.graphdrawing.org/xmlns'><a b:c=''/></graphml>", "unbound"),
        ("<?xml version='1.0' encoding='klingon'?><graphml/>", "unknown encoding: klingon"),
        (NODE.format("1"), "node 1: expected y"),
        (
            "<graphml><graph edgedefault='directed'><edge source='1'/></graph></graphml>",
            "expected y",
        ),
        (
            "<graphml><graph edgedefault='directed'><hyperedge/></graph></graphml>",
            "expected GraphML as OSMnx saves it",
        ),
        (NODE.format("1'><data key='d9'>1</data></node><node id='2"), "expected GraphML as OSM"),
        ("<graphml><graph edgedefault='directed'/></graphml>", "expected streets"),
    ],
)
def test_what_is_no_such_file_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "town.graphml"
    file.write_text(text)
    with pytest.raises(FormatError) as caught:
        import_graphml(file, tmp_path / "map")
    assert told in str(caught.value)
    assert str(file) in str(caught.value)
    assert len(str(caught.value)) < 300
    assert not (tmp_path / "map").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        import_graphml(tmp_path / "nowhere", tmp_path / "map")


def test_without_networkx_the_line_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "networkx", None)
    with pytest.raises(MissingExtra, match=r"pip install 'nerode\[maps\]'"):
        import_graphml(tmp_path / "town.graphml", tmp_path / "map")
