"""Texts that mean longitude and latitude on WGS 84, and texts that do not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.maps.crs import LONGEST_TEXT, is_wgs84
from nerode.maps.wkt import parse_wkt

SYSTEMS = [
    "EPSG:4326",
    "OGC:CRS84",
    "EPSG:4979",
    "+proj=longlat +datum=WGS84 +no_defs",
    "urn:ogc:def:crs:OGC:1.3:CRS84",
]
OTHERS = [
    "EPSG:4269",  # NAD83
    "EPSG:4258",  # ETRS89
    "EPSG:4322",  # WGS 72
    "EPSG:4267",
    "EPSG:4978",  # WGS 84 in metres from the middle of the earth
    "EPSG:3857",
    "EPSG:32618",
    "EPSG:4807",  # Paris, in gradians
    "+proj=longlat +ellps=WGS84 +no_defs",  # the ellipsoid alone is no datum
    "+proj=longlat +datum=WGS84 +pm=paris",
    "+proj=longlat +datum=NAD83",
    "+proj=longlat +ellps=WGS84 +towgs84=1,0,0",
    "+proj=utm +zone=18 +datum=WGS84",
    "+proj=merc +datum=WGS84",
]


def forms(system: str) -> dict[str, str]:
    """Every way in which pyproj writes a system."""
    pyproj = pytest.importorskip("pyproj", reason="needs nerode[maps]")
    crs = pyproj.CRS.from_user_input(system)
    found = {"text": str(crs), "json": crs.to_json(), "dictionary": str(crs.to_json_dict())}
    for version in pyproj.enums.WktVersion:
        for pretty in (False, True):
            try:
                found[f"{version} {pretty}"] = crs.to_wkt(version, pretty=pretty)
            except pyproj.exceptions.CRSError:
                continue  # this form cannot say it
    if crs.is_geographic and system.startswith("+"):
        found["proj"] = str(crs.to_dict())
    return {name: form for name, form in found.items() if form}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_way_in_which_pyproj_writes_it_is_understood(system: str) -> None:
    written = forms(system)
    assert len(written) > 12
    assert [name for name, form in written.items() if not is_wgs84(form)] == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("system", OTHERS)
def test_no_way_in_which_pyproj_writes_another_is_taken_for_it(system: str) -> None:
    assert [name for name, form in forms(system).items() if is_wgs84(form)] == []


@pytest.mark.parametrize(
    "text",
    [
        "4326",
        "epsg::4326",
        "init=epsg:4326",
        "CRS84",
        "CRS:84",
        "OGC:1.3:CRS84",
        "urn:x-ogc:def:crs:EPSG:6.9:4326",
        "urn:ogc:def:crs:OGC::CRS84",
        "https://www.opengis.net/def/crs/EPSG/0/4326",
        "http://www.opengis.net/gml/srs/epsg.xml#4326",
        "https://epsg.io/4326",
        "http://spatialreference.org/ref/epsg/4326/",
        "proj=latlong datum=WGS84",
        "+proj=longlat +ellps=WGS84 +datum=WGS84 +no_defs",
        "+proj=longlat +ellps=WGS84 +towgs84=0,0,0,0,0,0,0 +no_defs",
        '{"init": "epsg:4326"}',
        "{'proj': 'longlat', 'ellps': 'WGS84', 'datum': 'WGS84', 'no_defs': None}",
        json.dumps({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}),
        'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925]]',
        'geogcs("WGS 84",datum("World Geodetic System 1984"),unit("degree",0.01745329))',
    ],
)
def test_other_spellings_are_understood(text: str) -> None:
    assert is_wgs84(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "None",
        "epsg",
        "epsg:",
        "epsg:43260",
        "epsg:4326+5773",
        "esri:4326",
        "4269",
        "urn:ogc:def:crs:EPSG::4269",
        "http://www.opengis.net/def/crs/EPSG/0/3857",
        "http://example.org/epsg:4326",
        "+proj=longlat",
        "+datum=WGS84",
        "+proj=longlat +datum=WGS84 +lon_0=180",
        "+proj=longlat +datum=WGS84 +to_meter=0.3",
        "+init=epsg:4269",
        "+init=4326",
        "{'init': 'epsg:3857'}",
        "{'init': ['epsg:4326']}",
        "{'proj': 'longlat', 'datum': 'NAD83'}",
        "{}",
        "{4326}",
        "{'init': 'epsg:4326'",
        "[4326]",
        '{"type": "GeographicCRS", "datum": {"name": "North American Datum 1983"}}',
        '{"type": "GeographicCRS", "datum": "WGS 84", "coordinate_system": {"axis": 5}}',
        '{"type": ["GeographicCRS"]}',
        "GEOGCS",
        "GEOGCS[]",
        'GEOGCS["WGS 84"]',
        'GEOGCS["WGS 84",DATUM["WGS_1984"],AUTHORITY["EPSG","4269"]]',
        'GEOGCS["WGS 84",DATUM["WGS_1984"],PRIMEM["Paris",2.33722917]]',
        'GEOGCS["WGS 84",DATUM["WGS_1984"],UNIT["grad",0.015707963]]',
        'GEOGCS["WGS 84",DATUM["WGS_1984"]',
        'PROJCS["x",GEOGCS["WGS 84",DATUM["WGS_1984"]]]',
        'GEOCCS["WGS 84",DATUM["WGS_1984"]]',
        "[" * 5000,
        "GEOGCS[" * 5000,
        '{"a":' * 3000,
        "x" * (LONGEST_TEXT + 1),
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert not is_wgs84(text)


PIECES = ("GEOGCS", "[", "]", ",", "DATUM", '"WGS 84"', "{", "}", "'init'", ":", "epsg", "4326")
MORE = ("+", "proj=longlat", "datum=WGS84", " ", '"', "'", "\\", "null", "True")
pieces = st.lists(st.sampled_from(PIECES + MORE), max_size=30).map("".join)


@pytest.mark.slow
@given(st.text(max_size=40) | pieces)
def test_no_text_breaks_it(text: str) -> None:
    assert is_wgs84(text) in {True, False}


def test_the_tree_of_a_well_known_text() -> None:
    tree = parse_wkt('a["b ""c""",D(1, 2.5), e [ ] ]')
    assert tree is not None
    assert (tree.keyword, tree.text(0), tree.text(1)) == ("A", 'b ""c""', None)
    assert [part.keyword for part in tree.children("D", "E")] == ["D", "E"]
    inside = tree.child("D")
    assert inside is not None
    assert inside.parts == ["1", "2.5"]
    for broken in ("", "a", "a[", "a]", "a[]b[]", "[a]", 'a["b]', "a[b]]"):
        assert parse_wkt(broken) is None
