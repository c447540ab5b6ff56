"""Files of OpenStreetMap's XML become street maps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError, InvalidParameter, MissingExtra, MissingFile
from nerode.evaluation import evaluate
from nerode.maps.openstreetmap import import_osm
from nerode.maps.osm_xml import drivable, read_extract
from nerode.maps.save import OPENSTREETMAP
from nerode.worlds.check import check_world
from nerode.worlds.street_files import read_streets
from nerode.worlds.street_map import StreetMap
from tests.maps.cities import (
    ONE_WAY,
    STREET,
    grid_places,
    grid_streets,
    grid_ways,
    osm_xml,
    streets_of,
)

osmnx = pytest.importorskip("osmnx", reason="needs nerode[maps]")

CROSS = {1: (0.0, 0.0), 2: (0.001, 0.0), 3: (0.0, 0.001), 4: (-0.001, 0.0), 5: (0.0, -0.001)}


def imported(folder: Path, text: str | bytes, **how: Any) -> Any:
    file = folder / "town.osm"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_osm(file, folder / "map", **how)


def test_a_grid_of_one_way_and_two_way_streets(tmp_path: Path) -> None:
    told = imported(tmp_path, osm_xml(grid_places(), grid_ways()))
    assert streets_of(tmp_path / "map") == grid_streets()
    plan = read_streets(tmp_path / "map")
    assert dict(zip(map(int, plan.names), zip(plan.lat, plan.lon, strict=True), strict=True)) == (
        grid_places()
    )
    assert plan.names == sorted(plan.names)
    assert (told.intersections, told.streets) == (16, len(grid_streets()))
    assert told.left_out() == []
    assert told.world == f"street-map:{tmp_path / 'map'}"
    assert plan.attribution == told.attribution == OPENSTREETMAP
    assert "©" in OPENSTREETMAP
    assert "ODbL" in OPENSTREETMAP


def test_the_map_is_a_world_whose_record_tells_whose_data_it_is(tmp_path: Path) -> None:
    imported(tmp_path, osm_xml(grid_places(), grid_ways()))
    world = StreetMap.from_folder(tmp_path / "map")
    assert check_world(world).undecided == 0
    record = evaluate(world, "oracle", ["traversal"], trials=5, baselines=()).record
    assert record["metrics"]["traversal"]["optimal"]["value"] == 1
    assert record["drawing"]["attribution"] == OPENSTREETMAP


def test_nothing_of_the_names_gets_into_the_map(tmp_path: Path) -> None:
    imported(tmp_path, osm_xml(grid_places(), grid_ways()))
    for name in ("nodes.csv", "edges.csv"):
        assert re.fullmatch(r"[\w,.\n-]+", (tmp_path / "map" / name).read_text())


def test_what_is_no_street_for_cars_is_left_out(tmp_path: Path) -> None:
    others = [
        {"building": "yes"},
        {"highway": "footway"},
        {"highway": "service", "service": "driveway"},
        STREET | {"access": "private"},
        STREET | {"area": "yes"},
        STREET | {"motor_vehicle": "no"},
        {"waterway": "river", "name": "highway"},
    ]
    shapes: Any = [([115, 103], tags) for tags in others]
    relation = (
        '<relation id="1"><member type="way" ref="1" role=""/>'
        '<tag k="highway" v="primary"/></relation>'
    )
    shop = grid_places() | {7: (40.7501, -73.9801)}
    told = imported(tmp_path, osm_xml(shop, [*shapes, *grid_ways()], relation))
    assert streets_of(tmp_path / "map") == grid_streets()
    assert told.left_out() == [], "a shop is no intersection"


def test_streets_for_cars_are_those_that_osmnx_asks_the_server_for() -> None:
    asked = osmnx._overpass._get_network_filter("drive")
    rules = re.findall(r'\["(\w+)"(?:(!~)"([^"]*)")?\]', asked)
    assert "".join(f'["{a}"{b}"{c}"]' if b else f'["{a}"]' for a, b, c in rules) == asked

    def wanted(tags: dict[str, str]) -> bool:
        return all(
            not re.search(words, tags.get(tag, "")) if unlike else tag in tags
            for tag, unlike, words in rules
        )

    words = sorted({word for _, _, words in rules for word in words.split("|") if word})
    words += ["residential", "motorway_link", "unknown", "no;yes", "path2", ""]
    keys = sorted({tag for tag, _, _ in rules} | {"name"})
    for key in keys:
        for word in words:
            for base in ({}, STREET):
                tags: dict[str, str] = base | {key: word}
                assert drivable(tags) == wanted(tags), tags


def test_of_two_streets_with_one_label_the_longer_stays(tmp_path: Path) -> None:
    places = CROSS | {6: (0.0005, 0.0001), 7: (0.0005, -0.0011)}
    ways: Any = [
        ([1, 2], STREET),
        ([1, 6], STREET),  # also N, shorter
        ([1, 3], STREET),
        ([1, 4], STREET),
        ([1, 5], STREET),
        ([3, 2], ONE_WAY),
        ([1, 7, 2], ONE_WAY),  # also N and to 2, but by a longer way round
    ]
    told = imported(tmp_path, osm_xml(places, ways))
    streets = streets_of(tmp_path / "map")
    assert {street for street in streets if street[0] == "1"} == {
        ("1", "N", "2"),
        ("1", "E", "3"),
        ("1", "S", "4"),
        ("1", "W", "5"),
    }
    assert (told.same_label, told.parallel) == (2, 1)
    assert ("6", "S", "1") in streets, "the way back has its label for itself"


def test_dead_ends_loops_and_curves(tmp_path: Path) -> None:
    places = CROSS | {6: (0.002, 0.001), 7: (0.002, -0.001), 8: (0.0, 0.002), 9: (0.001, 0.002)}
    ways: Any = [
        ([4, 1, 2], STREET),
        ([5, 1], ONE_WAY),
        ([2, 6, 7, 2], ONE_WAY),  # a loop back to 2
        ([1, 3, 8, 9], ONE_WAY),  # a curve with a dead end
    ]
    told = imported(tmp_path, osm_xml(places, ways))
    assert streets_of(tmp_path / "map") == {
        ("4", "N", "1"),
        ("1", "S", "4"),
        ("1", "N", "2"),
        ("2", "S", "1"),
        ("5", "E", "1"),
        ("1", "NE", "9"),
    }
    assert told.self_loops == 1
    assert (told.intersections, told.streets) == (5, 6)
    assert [count for count, _ in told.left_out()] == [1]


def test_the_largest_strongly_connected_part_on_request(tmp_path: Path) -> None:
    island = {node + 1000: (lat, lon + 1) for node, (lat, lon) in CROSS.items()}
    spur = {1: (40.70, -73.98)}
    places = grid_places() | island | spur
    ways: Any = [*grid_ways(), ([1, 100], ONE_WAY), ([1002, 1001, 1003], STREET)]
    told = imported(tmp_path, osm_xml(places, ways), strongly_connected=True)
    assert streets_of(tmp_path / "map") == grid_streets()
    assert told.not_connected == 3, "1, and the two ends of a bent street"
    assert import_osm(tmp_path / "town.osm", tmp_path / "all").intersections == 19


def test_roundabouts_go_one_way(tmp_path: Path) -> None:
    ring = STREET | {"junction": "roundabout"}
    spokes: Any = [([node, node + 10], STREET) for node in (2, 3, 4, 5)]
    outer = {node + 10: (3 * lat, 3 * lon) for node, (lat, lon) in CROSS.items()}
    imported(tmp_path, osm_xml(CROSS | outer, [([2, 5, 4, 3, 2], ring), *spokes]))
    around = {street for street in streets_of(tmp_path / "map") if int(street[2]) < 10}
    assert {street for street in around if int(street[0]) < 10} == {
        ("2", "SW", "5"),
        ("5", "SE", "4"),
        ("4", "NE", "3"),
        ("3", "NW", "2"),
    }


def test_ways_that_leave_the_file_are_cut(tmp_path: Path) -> None:
    beyond: Any = [([9, 115, 9, 9], STREET), ([9, 8], STREET), ([9, 103, 102, 9], STREET)]
    told = imported(tmp_path, osm_xml(grid_places(), [*grid_ways(), *beyond]))
    # The last way lies beside a one-way street, and may be driven back.
    assert streets_of(tmp_path / "map") == grid_streets() | {("103", "W", "102")}
    assert (told.cut, told.same_label, told.parallel) == (3, 1, 1)


def test_what_is_deleted_is_not_there(tmp_path: Path) -> None:
    gone = (
        '<node id="1" visible="false"/><node id="2" action="delete" lat="0" lon="0"/>'
        '<way id="3" action="delete"><nd ref="115"/><nd ref="100"/>'
        '<tag k="highway" v="primary"/></way>'
    )
    imported(tmp_path, osm_xml(grid_places(), grid_ways(), gone))
    assert streets_of(tmp_path / "map") == grid_streets()


def test_another_encoding_is_read(tmp_path: Path) -> None:
    text = osm_xml(grid_places(), grid_ways()).replace("UTF-8", "UTF-16")
    imported(tmp_path, text.encode("utf-16"))
    assert streets_of(tmp_path / "map") == grid_streets()


def test_osmnx_is_left_as_it_was(tmp_path: Path) -> None:
    before = {k: v for k, v in vars(osmnx.settings).items() if not k.startswith("__")}
    imported(tmp_path, osm_xml(grid_places(), grid_ways()))
    assert {k: v for k, v in vars(osmnx.settings).items() if not k.startswith("__")} == before


def test_settings_of_ones_own_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osmnx.settings, "all_oneway", True)
    monkeypatch.setattr(osmnx.settings, "useful_tags_way", [])
    imported(tmp_path, osm_xml(grid_places(), grid_ways()))
    assert streets_of(tmp_path / "map") == grid_streets()
    assert osmnx.settings.all_oneway is True


BOMB = "".join(f'<!ENTITY e{number + 1} "{f"&e{number};" * 9}">' for number in range(9))
GOOD = osm_xml(grid_places(), grid_ways())
WAY = '<way id="1"><nd ref="100"/><nd ref="101"/><tag k="highway" v="primary"/></way>'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'<!DOCTYPE osm [<!ENTITY e0 "ha">{BOMB}]><osm>&e9;</osm>', ":1: expected no document"),
        ('<!DOCTYPE osm SYSTEM "file:///etc/passwd"><osm/>', ":1: expected no document type"),
        (GOOD[: len(GOOD) // 2], "expected XML"),
        ("", ":1: expected XML"),
        ("PK\x03\x04", ":1: expected XML"),
        (b"\x00\x00\x00\x0d\x0a\tOSMHeader", ":1: expected XML"),
        ("osmid,lat,lon\n1,2,3\n", ":1: expected XML"),
        ("<gpx><trk/></gpx>", ":1: expected the element <osm>, got <gpx>"),
        ("<osm>\n<node id='1' lat='91' lon='0'/></osm>", ":2: expected lat from -90 to 90"),
        ("<osm>\n<node id='1' lat='nan' lon='0'/></osm>", "expected lat"),
        ("<osm><node id='1' lat='0' lon='east'/></osm>", "expected lon from -180 to 180, got 'e"),
        ("<osm><node id='1' lat='0'/></osm>", "expected the attribute lon"),
        ("<osm><node id='1.5' lat='0' lon='0'/></osm>", "expected a whole number as id"),
        (f"<osm><node id='{10**30}' lat='0' lon='0'/></osm>", "expected a whole number as id"),
        ("<osm><node lat='0' lon='0'/></osm>", "expected the attribute id"),
        ("<osm><way id='1'><nd ref='x'/></way></osm>", "expected a whole number as ref"),
        ("<osm><way id='1'><nd/></way></osm>", "expected the attribute ref"),
        ("<osm><way id='1'><tag k='highway'/></way></osm>", "expected the attribute v"),
        ("<osm/>", "expected ways for cars"),
        (f"<osm>{WAY}</osm>", "expected ways for cars"),
        (osm_xml(grid_places(), [([100, 101], {"building": "yes"})]), "expected ways for cars"),
        (osm_xml(grid_places(), [([100, 100], STREET)]), "expected streets"),
        ("<osm>" + "<a>" * 100_000, "expected XML"),
    ],
)
def test_what_is_no_such_file_is_told_in_one_line(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    with pytest.raises(FormatError) as caught:
        imported(tmp_path, text)
    assert told in str(caught.value)
    assert str(tmp_path / "town.osm") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert not (tmp_path / "map").exists()


def test_the_part_asked_for_may_be_empty(tmp_path: Path) -> None:
    one_way = osm_xml(CROSS, [([1, 2], ONE_WAY)])
    with pytest.raises(FormatError, match="strongly connected part, got none"):
        imported(tmp_path, one_way, strongly_connected=True)


def test_files_and_folders_that_are_not_there_or_are_in_use(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        import_osm(tmp_path / "nowhere.osm", tmp_path / "map")
    with pytest.raises(MissingFile):
        import_osm(tmp_path, tmp_path / "map")
    (tmp_path / "edges.csv").write_text("kept")
    with pytest.raises(InvalidParameter, match=r"edges\.csv"):
        import_osm(tmp_path / "nowhere.osm", tmp_path)


def test_without_osmnx_the_line_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "osmnx", None)
    with pytest.raises(MissingExtra, match=r"pip install 'nerode\[maps\]'"):
        imported(tmp_path, GOOD)


@given(st.data())
@settings(max_examples=50)
def test_damaged_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = osm_xml(CROSS, [([1, 2], STREET), ([3, 1], ONE_WAY)]).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    until = data.draw(st.integers(at, min(at + 12, len(whole))))
    file = tmp_path_factory.mktemp("damaged") / "town.osm"
    file.write_bytes(whole[:at] + data.draw(st.binary(max_size=6)) + whole[until:])
    try:
        extract = read_extract(file)
    except FormatError as error:
        assert str(file) in str(error)  # noqa: PT017 (read or refused)
    else:
        assert all(node in extract.places for way in extract.ways for node in way.nodes)
