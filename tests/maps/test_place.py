"""A place by its name: OSMnx asks servers, here on the loopback, and the answer is a map."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import FormatError, InvalidParameter, MissingExtra, UnknownName, Unreachable
from nerode.maps.openstreetmap import import_osm, import_place
from nerode.maps.save import OPENSTREETMAP, Imported
from nerode.worlds.streets.files import read_streets
from tests.maps.cities import (
    ONE_WAY,
    STREET,
    grid_places,
    grid_streets,
    grid_ways,
    osm_xml,
    overpass_json,
    streets_of,
)
from tests.maps.server import Servers, area, serving

osmnx = pytest.importorskip("osmnx", reason="needs nerode[maps]")

TOWN = area(40.745, -73.985, 40.755, -73.97)


def slow(*cases: tuple[Any, ...]) -> list[Any]:
    """Cases for the whole suite only: each asks for an area's outline in metres, which is slow."""
    return [pytest.param(*case, marks=pytest.mark.slow) for case in cases]


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """Servers that know the town, asked without the second's pause that OpenStreetMap wants."""
    monkeypatch.setattr("time.sleep", lambda seconds: seconds <= 1 or pytest.fail("too long"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving() as started:
        started.places = [TOWN]
        started.streets = overpass_json(grid_places(), grid_ways())
        yield started


def asked(servers: Servers, out: Path, **how: Any) -> Imported:
    return import_place(
        "Grid Town", out, nominatim=servers.address, overpass=servers.address, **how
    )


def refused(servers: Servers, out: Path, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        asked(servers, out)
    told = str(caught.value)
    assert len(told) < 350
    assert not out.exists()
    return told


@pytest.mark.slow
def test_a_place_becomes_a_map(servers: Servers, tmp_path: Path) -> None:
    island = {1: (40.7505, -73.975), 2: (40.7505, -73.9745)}
    servers.streets = overpass_json(grid_places() | island, [*grid_ways(), ([1, 2], STREET)])
    servers.streets["remark"] = "have a nice day"
    told = asked(servers, tmp_path / "map", strongly_connected=True)
    assert streets_of(tmp_path / "map") == grid_streets()
    assert (told.intersections, told.not_connected) == (16, 2)
    assert read_streets(tmp_path / "map").attribution == told.attribution == OPENSTREETMAP
    assert [path for path, _ in servers.asked] == ["/search", "/interpreter"]
    assert servers.told("/search")[0]["q"] == ["Grid Town"]
    (question,) = servers.told("/interpreter")[0]["data"]
    assert '["highway"!~"abandoned|bridleway' in question, "streets for cars only"


@pytest.mark.slow
def test_directions_are_those_that_files_are_read_with(servers: Servers, tmp_path: Path) -> None:
    """A motorway without oneway, and a roundabout for both directions."""
    ways: Any = [
        ([100, 101, 102, 103], {"highway": "motorway"}),
        ([115, 114, 113, 112], STREET | {"junction": "roundabout", "oneway": "no"}),
        ([100, 104, 108, 112], STREET),
        ([104, 105], STREET | {"junction": "circular"}),
        ([111, 115], STREET),
        ([115, 114, 110], STREET),
        ([113, 112, 108], ONE_WAY),
    ]
    servers.streets = overpass_json(grid_places(), ways)
    asked(servers, tmp_path / "place")
    (tmp_path / "town.osm").write_text(osm_xml(grid_places(), ways))
    import_osm(tmp_path / "town.osm", tmp_path / "file")
    assert streets_of(tmp_path / "place") == streets_of(tmp_path / "file")
    found = streets_of(tmp_path / "place")
    assert {("100", "E", "103"), ("114", "W", "113"), ("113", "E", "114")} <= found
    assert not {("103", "W", "100"), ("105", "W", "104")} & found


@pytest.mark.slow
def test_only_streets_within_the_place_are_taken(servers: Servers, tmp_path: Path) -> None:
    """The two lower rows, and the island beside them."""
    servers.places = [area(40.7495, -73.985, 40.7515, -73.97)]
    island = {1: (40.7505, -73.975), 2: (40.7505, -73.9745)}
    servers.streets = overpass_json(grid_places() | island, [*grid_ways(), ([1, 2], STREET)])
    lower = {str(node) for node in range(100, 108)}
    expected = {street for street in grid_streets() if {street[0], street[2]} <= lower}
    asked(servers, tmp_path / "map")
    assert streets_of(tmp_path / "map") == expected | {("1", "E", "2"), ("2", "W", "1")}


def settings() -> dict[str, Any]:
    return {k: v for k, v in vars(osmnx.settings).items() if not k.startswith("__")}


@pytest.mark.slow
@pytest.mark.parametrize("code", [500, *slow((200,))])
def test_nothing_of_osmnx_or_the_machine_is_left_changed(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    resolve, before = socket.getaddrinfo, settings()
    servers.codes = {"/interpreter": code}
    with pytest.raises(Unreachable) if code == 500 else nullcontext():
        asked(servers, tmp_path / "map")
    assert settings() == before
    assert socket.getaddrinfo is resolve
    left = [file.name for file in tmp_path.iterdir()]
    assert left == ([] if code == 500 else ["map"]), "no cache, no log"


@pytest.mark.slow
def test_the_first_area_is_taken(servers: Servers, tmp_path: Path) -> None:
    point = area(0, 0, 1, 1) | {"importance": 0.9}
    point["geojson"] = {"type": "Point", "coordinates": [0, 0]}
    servers.places = [area(0, 0, 1, 1) | {"importance": 0.1}, point, TOWN]
    assert asked(servers, tmp_path / "map").intersections == 16


def test_a_place_that_is_no_area(servers: Servers, tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [0, 0]}
    servers.places = [area(0, 0, 1, 1) | {"geojson": point}]
    told = refused(servers, tmp_path / "map", UnknownName)
    assert "'Grid Town', which OpenStreetMap has no area for" in told


def test_a_name_that_nobody_knows(servers: Servers, tmp_path: Path) -> None:
    servers.places = []
    told = refused(servers, tmp_path / "map", UnknownName)
    assert "expected a place that OpenStreetMap knows, got 'Grid Town'" in told


@pytest.mark.slow
@pytest.mark.parametrize("streets", [overpass_json({1: (0, 0)}, []), *slow(({"elements": []},))])
def test_a_place_without_streets(servers: Servers, tmp_path: Path, streets: Any) -> None:
    servers.streets = streets
    assert "expected streets for cars, got none" in refused(servers, tmp_path / "map", FormatError)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/search", 403),
        ("/search", 429),
        ("/interpreter", 504),
        *slow(("/search", 500), ("/interpreter", 400), ("/interpreter", 429)),
    ],
)
def test_a_server_that_refuses_is_not_waited_for(
    servers: Servers, tmp_path: Path, path: str, code: int
) -> None:
    servers.codes = {path: code}
    told = refused(servers, tmp_path / "map", Unreachable)
    assert f"{servers.address}{path}" in told
    assert f"got {code} " in told
    assert len(servers.told(path)) == 1


@pytest.mark.parametrize(
    "places",
    [
        "<html>busy</html>",
        {},
        [{}],
        [{"importance": 1, "geojson": {"type": "Polygon"}}],
        [TOWN | {"boundingbox": []}],
        [TOWN | {"geojson": {"type": "Polygon", "coordinates": [[[0, 0]]]}}],
        [TOWN | {"geojson": {"type": "Polygon", "coordinates": "here"}}],
        [TOWN | {"lat": "north"}],
    ],
)
def test_odd_answers_about_places(servers: Servers, tmp_path: Path, places: Any) -> None:
    servers.places = places
    refused(servers, tmp_path / "map", Unreachable)


@pytest.mark.slow
@pytest.mark.parametrize(
    "streets",
    [
        "<html>busy</html>",
        *slow(
            ([],),
            ({},),
            ({"elements": 5},),
            ({"elements": [{"type": "node", "id": 1}]},),
            ({"elements": [{"type": "way", "id": 1, "nodes": [1, 2]}]},),
            ({"elements": [{"type": "node", "id": 1, "lat": "x", "lon": None}]},),
        ),
    ],
)
def test_odd_answers_about_streets(servers: Servers, tmp_path: Path, streets: Any) -> None:
    servers.streets = streets
    refused(servers, tmp_path / "map", Unreachable)


@pytest.mark.slow
def test_an_answer_that_was_cut_off_is_no_map(servers: Servers, tmp_path: Path) -> None:
    servers.streets["remark"] = "runtime error: Query timed out in 'query' at line 1"
    assert "ends in an error" in refused(servers, tmp_path / "map", Unreachable)


@pytest.mark.slow
def test_where_there_is_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        with pytest.raises(Unreachable, match=r"got none: is there a network\? \(Connection"):
            import_place("Grid Town", tmp_path / "map", nominatim=nobody)
        with serving() as servers:
            servers.places = [TOWN]
            with pytest.raises(Unreachable, match=nobody):
                import_place(
                    "Grid Town", tmp_path / "map", nominatim=servers.address, overpass=nobody
                )
    for address in ("http://no-such-host.invalid", "nonsense", "http://"):
        with pytest.raises(Unreachable, match=address):
            import_place("Grid Town", tmp_path / "map", nominatim=address)


@pytest.mark.slow
def test_the_public_servers_queue_is_asked_before_the_streets(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osmnx.settings, "nominatim_url", servers.address)
    monkeypatch.setattr(osmnx.settings, "overpass_url", servers.address)
    import_place("Grid Town", tmp_path / "map")
    assert [path for path, _ in servers.asked] == ["/search", "/status", "/interpreter"]


def test_the_folder_is_looked_at_before_the_servers_are_asked(
    servers: Servers, tmp_path: Path
) -> None:
    (tmp_path / "nodes.csv").write_text("kept")
    with pytest.raises(InvalidParameter, match=r"nodes\.csv"):
        asked(servers, tmp_path)
    with pytest.raises(InvalidParameter, match="name of a place"):
        import_place(" ", tmp_path / "map", nominatim=servers.address)
    assert servers.asked == []


def test_without_osmnx_the_line_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "osmnx", None)
    with pytest.raises(MissingExtra, match=r"pip install 'nerode\[maps\]'"):
        import_place("Grid Town", tmp_path / "map")
