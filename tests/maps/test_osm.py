"""Files of OpenStreetMap's XML become street maps."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError, InvalidParameter, MissingExtra, MissingFile
from nerode.evaluation.evaluation import evaluate
from nerode.maps.openstreetmap import import_osm
from nerode.maps.osm_ways import drivable, oneway
from nerode.maps.osm_xml import read_extract
from nerode.maps.save import OPENSTREETMAP
from nerode.worlds.check.check import check_world
from nerode.worlds.streets.files import read_streets
from nerode.worlds.streets.street_map import StreetMap
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


MOTORWAY = {"highway": "motorway"}
ALONG, BACK = ("1", "N", "2"), ("2", "S", "1")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tags", "streets"),
    [
        (STREET, {ALONG, BACK}),
        (MOTORWAY, {ALONG}),
        (MOTORWAY | {"oneway": "no"}, {ALONG, BACK}),
        (MOTORWAY | {"oneway": "-1"}, {BACK}),
        (MOTORWAY | {"oneway": "reversible"}, {ALONG, BACK}),
        (MOTORWAY | {"oneway": "unknown"}, {ALONG}),
        ({"highway": "motorway_link"}, {ALONG, BACK}),
        ({"highway": "trunk"}, {ALONG, BACK}),
        *((STREET | {"oneway": value}, {ALONG}) for value in ("yes", "true", "1", "Yes", " yes")),
        *((STREET | {"oneway": value}, {BACK}) for value in ("-1", "reverse")),
        *((STREET | {"oneway": value}, {ALONG, BACK}) for value in ("no", "false", "0", "", "x")),
        *((STREET | {"oneway": value}, {ALONG, BACK}) for value in ("alternating", "reversible")),
        *((STREET | {"junction": value}, {ALONG}) for value in ("roundabout", "circular")),
        *((STREET | {"junction": value}, {ALONG, BACK}) for value in ("yes", "intersection")),
        (STREET | {"junction": "roundabout", "oneway": "no"}, {ALONG, BACK}),
        (STREET | {"junction": "circular", "oneway": "no"}, {ALONG, BACK}),
        (STREET | {"junction": "roundabout", "oneway": "-1"}, {BACK}),
    ],
)
def test_in_which_direction_a_way_is_driven(
    tmp_path: Path, tags: dict[str, str], streets: set[tuple[str, str, str]]
) -> None:
    imported(tmp_path, osm_xml(CROSS, [([1, 2], tags)]))
    assert streets_of(tmp_path / "map") == streets


def test_osmnx_agrees_where_nothing_is_implied() -> None:
    values = ["yes", "true", "1", "-1", "reverse", "T", "F", "no", "false", "reversible", "", "odd"]
    forward = {"yes", "true", "1", "-1", "reverse", "T", "F"}
    for value in values:
        tags = STREET | {"oneway": value}
        one_way = osmnx.graph._is_path_one_way(tags, False, forward)
        assert one_way == (oneway(tags) != "no"), value
        reverse = osmnx.graph._is_path_reversed(tags, {"-1", "reverse", "T"})
        assert (one_way and reverse) == (oneway(tags) == "-1"), value


def element(kind: str, number: int, version: int | None, inside: str = "", **more: Any) -> str:
    given: dict[str, Any] = {"id": number} | ({} if version is None else {"version": version})
    words = "".join(f' {name}="{value}"' for name, value in (given | more).items())
    return f"<{kind}{words}>{inside}</{kind}>"


def way(number: int, version: int | None, nodes: list[int], **more: str) -> str:
    refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
    tags = STREET | {key: value for key, value in more.items() if key not in ("visible", "action")}
    told = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    marks = {key: value for key, value in more.items() if key in ("visible", "action")}
    return element("way", number, version, refs + told, **marks)


HISTORY = [
    *(element("node", node, 1, lat=lat, lon=lon) for node, (lat, lon) in CROSS.items()),
    element("node", 2, 2, lat=0.002, lon=0.0),
    element("node", 4, 2, visible="false"),
    way(10, 1, [1, 2]),
    way(10, 2, [1, 2], oneway="yes"),
    way(10, 10, [1, 2], oneway="-1"),  # ten is more than nine, though not as a text
    way(10, 9, [1, 2]),
    way(11, 1, [1, 3]),
    way(11, 2, [], visible="false"),
    way(12, 1, [1, 3]),
    way(12, 2, [1, 3], highway="footway"),
    way(13, 1, [1, 5]),
    way(14, 1, [1, 4]),  # to a node that is deleted
    way(15, 3, [1, 3], visible="false"),
    way(15, 4, [1, 3], oneway="yes"),
]


@given(st.permutations(HISTORY))
@settings(max_examples=20)
def test_of_all_versions_the_newest_counts_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, elements: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    (folder / "town.osh").write_text("<osm>" + "".join(elements) + "</osm>")
    extract = read_extract(folder / "town.osh")
    assert extract.places[2] == (0.002, 0.0)
    assert 4 not in extract.places
    ways = sorted((way.nodes, way.oneway) for way in extract.ways)
    assert ways == [([1, 2], "-1"), ([1, 3], "yes"), ([1, 5], "no")]
    assert (extract.cut, extract.older) == (1, 8)


def test_a_full_history_becomes_the_map_of_today(tmp_path: Path) -> None:
    told = imported(tmp_path, "<osm>" + "".join(HISTORY) + "</osm>")
    assert streets_of(tmp_path / "map") == {
        ("2", "S", "1"),
        ("1", "E", "3"),
        ("1", "W", "5"),
        ("5", "E", "1"),
    }
    assert (8, "versions of nodes and ways left out: the newest of each counts") in told.left_out()


def test_without_versions_the_last_of_several_counts(tmp_path: Path) -> None:
    again = way(9000, None, [1, 3], oneway="yes")
    told = imported(tmp_path, osm_xml(CROSS, [([1, 2], STREET)], again))
    assert streets_of(tmp_path / "map") == {("1", "E", "3")}
    assert told.older == 1


def test_what_an_editor_marked_as_deleted_is_gone_whatever_its_version(tmp_path: Path) -> None:
    edited = (
        way(-1, None, [1, 3])
        + way(10, 7, [1, 4], action="delete")
        + way(11, 7, [1, 5], action="modify")
    )
    imported(tmp_path, osm_xml(CROSS, [([2, 1], STREET)], edited))
    assert {street[2] for street in streets_of(tmp_path / "map")} == {"1", "2", "3", "5"}


GEOMETRY = "".join(
    f'<way id="{number}"><bounds minlat="0" minlon="0" maxlat="1" maxlon="1"/>'
    + "".join(f'<nd ref="{node}" lat="{CROSS[node][0]}" lon="{CROSS[node][1]}"/>' for node in nodes)
    + "<nd ref='99'/>" * (number == 1)  # beyond the box, where Overpass tells no place
    + '<tag k="highway" v="residential"/></way>'
    for number, nodes in ((1, [1, 2]), (2, [3, 1]), (3, [1, 5]))
)


def test_places_that_stand_inside_of_ways_are_read(tmp_path: Path) -> None:
    told = imported(tmp_path, f"<osm>{GEOMETRY}</osm>")
    spokes = {("1", "E", "3"), ("3", "W", "1"), ("1", "W", "5"), ("5", "E", "1")}
    assert streets_of(tmp_path / "map") == {ALONG, BACK} | spokes
    assert told.cut == 1


def test_a_node_of_its_own_goes_before_a_place_inside_of_a_way(tmp_path: Path) -> None:
    moved = '<node id="2" lat="-0.001" lon="0"/>'
    for number, text in enumerate(
        (f"<osm>{moved}{GEOMETRY}</osm>", f"<osm>{GEOMETRY}{moved}</osm>")
    ):
        (tmp_path / str(number)).mkdir()
        imported(tmp_path / str(number), text)
        assert ("1", "S", "2") in streets_of(tmp_path / str(number) / "map")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_read(tmp_path: Path, pack: Any) -> None:
    imported(tmp_path, pack(osm_xml(grid_places(), grid_ways()).encode()))
    assert streets_of(tmp_path / "map") == grid_streets()


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'<!DOCTYPE osm [<!ENTITY e0 "ha">{BOMB}]><osm>&e9;</osm>', ":1: expected no document"),
        ('<!DOCTYPE osm SYSTEM "file:///etc/passwd"><osm/>', ":1: expected no document type"),
        (GOOD[: len(GOOD) // 2], "expected XML"),
        ("", ":1: expected XML"),
        ("PK\x03\x04", ":1: expected XML, got a zip archive"),
        (b"\x00\x00\x00\x0d\x0a\tOSMHeader", ":1: expected XML, got OpenStreetMap's PBF"),
        ('{"version": 0.6, "elements": []}', ":1: expected XML, got JSON"),
        (gzip.compress(b"{}", mtime=0), ":1: expected XML, got JSON"),
        (gzip.compress(GOOD.encode(), mtime=0)[:200], ": expected a whole packed file"),
        ("<?xml version='1.0' encoding='klingon'?><osm/>", ":1: expected XML, got unknown encod"),
        ("<?xml version='1.0' encoding='hex'?><osm/>", ":1: expected XML, got 'hex' is not a text"),
        ("<?xml version='1.0' encoding='gb18030'?><osm/>", ":1: multi-byte encodings"),
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
        ("<osmChange><modify/></osmChange>", "got <osmChange> (changes to a map: apply them"),
        ("<osm>\n<action type='modify'><old/></action></osm>", ":2: expected a map, got changes"),
        ("<osm><way id='1' version='new'/></osm>", "expected a whole number as version"),
        ("<osm><node lat='0' lon='0' version='1'/></osm>", "expected the attribute id"),
        ("<osm/>", "expected ways for cars (with the tag highway), got none"),
        (f"<osm>{WAY}</osm>", "and their nodes, got 1 such ways, none of which has two nodes"),
        (
            osm_xml(CROSS, [([1, 2, 3, 1], STREET)]),
            "expected streets for cars that meet or end somewhere, got rings alone",
        ),
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
