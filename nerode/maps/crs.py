"""Recognise coordinate systems that are longitude and latitude on WGS 84.

Plain parsing: what wrote a file may have used any of the forms that pyproj, GDAL and GeoJSON
know, and reading them should need none of these.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from nerode.maps.wkt import Wkt, parse_wkt

LONGEST_TEXT = 20_000
"""Characters of a text that is looked at; the longest forms take some thousand."""

_CODES = {("epsg", "4326"), ("epsg", "4979"), ("ogc", "crs84"), ("ogc", "crs84h")}
"""WGS 84 in degrees; 4979 and CRS84h are the same with heights."""

_NAMES = {
    "wgs84",
    "wgs1984",
    "dwgs1984",
    "gcswgs1984",
    "wgs84crs84",
    "crs84",
    "worldgeodeticsystem1984",
    "worldgeodeticsystem1984ensemble",
}
"""What the system and its datum are called, letters and digits alone."""

_NUMBER = re.compile(r"\s*(\d+)\s*")
_AUTHORITY = re.compile(
    r"""\s*(?:
        (?:\+?init=)?(?P<short>\w+)\s*:{1,2}\s*(?:[\d.]+:)?(?P<code>\w+)     # EPSG:4326, CRS:84
      | urn:(?:x-)?ogc:def:crs:(?P<urn>\w+):[\d.]*:(?P<urn_code>\w+)
      | https?://(?:www\.)?opengis\.net/def/crs/(?P<url>\w+)/[\d.]+/(?P<url_code>\w+)/?
      | https?://(?:www\.)?opengis\.net/gml/srs/(?P<gml>\w+)\.xml\#(?P<gml_code>\w+)
      | https?://(?:www\.)?epsg\.io/(?P<io_code>\d+)/?
      | https?://(?:www\.)?spatialreference\.org/ref/(?P<ref>\w+)/(?P<ref_code>\w+)/?
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_LITERAL = re.compile(
    r"""'(?P<single>(?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"|\b(?P<word>True|False|None)\b"""
)
"""What Python writes otherwise than JSON does."""
_PROJECTIONS = ("longlat", "latlong", "lonlat", "latlon")
_HARMLESS = {"no_defs": None, "type": "crs", "wktext": None, "over": None, "units": "degrees"}
"""What may stand in a text of PROJ without changing what degrees mean."""
_DEGREE = math.pi / 180


def is_wgs84(text: str) -> bool:
    """Whether a text means longitude and latitude in degrees on WGS 84.

    >>> is_wgs84("EPSG:4326"), is_wgs84("+proj=longlat +datum=WGS84 +no_defs")
    (True, True)
    >>> is_wgs84("EPSG:4269")  # NAD83
    False
    """
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        return False
    if text.startswith("{"):
        return _of_mapping(_mapping_in(text))
    if (number := _NUMBER.fullmatch(text)) is not None:
        return _of_code("epsg", number[1])
    if (authority := _AUTHORITY.fullmatch(text)) is not None:
        *before, code = [part for part in authority.groups() if part is not None]
        return _of_code(before[0] if before else "epsg", code)
    if "=" in text and "[" not in text:
        return _of_proj(_words(text))
    wkt = parse_wkt(text)
    return _of_name(text) if wkt is None else _of_wkt(wkt)


def _of_code(authority: str, code: str) -> bool:
    authority, code = authority.lower(), code.lower()
    if authority == "crs":  # CRS:84, as services of maps write it
        authority, code = "ogc", f"crs{code}"
    return (authority, code) in _CODES


def _no_other(authority: object, code: object) -> bool:
    """Whether a system with this number is none that EPSG or OGC call otherwise."""
    return str(authority).lower() not in {"epsg", "ogc"} or _of_code(str(authority), str(code))


def _of_name(text: object) -> bool:
    return isinstance(text, str) and re.sub(r"[^a-z0-9]", "", text.lower()) in _NAMES


# PROJ: +proj=longlat +datum=WGS84 +no_defs, also as a dictionary


def _words(text: str) -> dict[str, str | None]:
    """Keys and values of a text of PROJ; no value where there is no `=`."""
    parts = (word.lstrip("+").partition("=") for word in text.split())
    return {key.lower(): value if equals else None for key, equals, value in parts}


def _of_proj(given: dict[str, str | None]) -> bool:
    left = dict(given)
    init = left.pop("init", None)
    projection, datum = left.pop("proj", None), left.pop("datum", None)
    ellipsoid, shift = left.pop("ellps", None) or "WGS84", left.pop("towgs84", None)
    greenwich = left.pop("pm", None) in {None, "greenwich", "0"}
    harmless = all(
        key in _HARMLESS and value in {_HARMLESS[key], None} for key, value in left.items()
    )
    if ellipsoid.upper() != "WGS84" or not greenwich or not harmless:
        return False
    unshifted = shift is not None and all(_is(part, 0) for part in shift.split(","))
    if shift is not None and not unshifted:
        return False
    if init is not None:
        return projection in {None, *_PROJECTIONS} and ":" in init and is_wgs84(init)
    known = datum.upper() == "WGS84" if datum is not None else unshifted
    return projection in _PROJECTIONS and known


# JSON: PROJJSON, and what GeoJSON calls a named system


def _mapping_in(text: str) -> Mapping[str, object]:
    """The object of JSON, or the dictionary as Python writes it; an empty one where it is none."""

    def in_json(literal: re.Match[str]) -> str:
        if literal["single"] is not None:
            return json.dumps(literal["single"])
        word = literal["word"]
        return {"True": "true", "False": "false", "None": "null", None: literal[0]}[word]

    for written in (text, _LITERAL.sub(in_json, text)):
        try:
            return _mapping(json.loads(written))
        except (ValueError, RecursionError):
            continue
    return {}


def _of_mapping(value: Mapping[str, object]) -> bool:
    kind = value.get("type")
    if kind == "name":
        return is_wgs84(str(_mapping(value.get("properties")).get("name", "")))
    if "proj" in value or "init" in value:
        plain = {key.lower(): part for key, part in value.items() if part is not False}
        return _of_proj(
            {key: None if part in (None, True) else str(part) for key, part in plain.items()}
        )
    if kind not in ("GeographicCRS", "GeodeticCRS"):
        return False
    system = _mapping(value.get("coordinate_system"))
    axes = system.get("axis", [])
    degrees = isinstance(axes, list) and all(
        _mapping(axis).get("unit", "degree") == "degree" or _mapping(axis).get("direction") == "up"
        for axis in axes
    )
    ellipsoidal = system.get("subtype", "ellipsoidal") == "ellipsoidal"
    datum = _mapping(value.get("datum") or value.get("datum_ensemble"))
    prime = _mapping(datum.get("prime_meridian")).get("longitude", 0)
    name = _mapping(value.get("id"))
    named = _no_other(name.get("authority"), name.get("code"))
    return degrees and ellipsoidal and named and _is(prime, 0) and _of_name(datum.get("name"))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


# WKT, the old form and the new one


def _of_wkt(wkt: Wkt) -> bool:
    if wkt.keyword not in {"GEOGCS", "GEOGCRS", "GEOGRAPHICCRS", "GEODCRS", "GEODETICCRS"}:
        return False
    datum = wkt.child("DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE")
    if datum is None or not _of_name(datum.text(0)):
        return False
    system, prime = wkt.child("CS"), wkt.child("PRIMEM", "PRIMEMERIDIAN")
    if system is not None and str(system.text(0)).lower() != "ellipsoidal":
        return False
    if prime is not None and not _is(prime.text(1), 0):
        return False
    units = [wkt.child("ANGLEUNIT", "UNIT")]
    flat = (axis for axis in wkt.children("AXIS") if str(axis.text(1)).lower() != "up")
    units += [axis.child("ANGLEUNIT", "UNIT") for axis in flat]
    if not all(unit is None or _is(unit.text(1), _DEGREE) for unit in units):
        return False
    name = wkt.child("ID", "AUTHORITY")
    return name is None or _no_other(name.text(0), name.text(1))


def _is(given: object, number: float) -> bool:
    """Whether a text or a number is this number, up to the digits that files round to."""
    if not isinstance(given, str | int | float):
        return False
    try:
        return math.isclose(float(given), number, rel_tol=1e-6, abs_tol=1e-12)
    except ValueError:
        return False
