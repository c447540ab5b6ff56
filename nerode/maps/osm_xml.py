"""The streets for cars in an .osm file (https://wiki.openstreetmap.org/wiki/OSM_XML)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from nerode.errors import FormatError
from nerode.maps.guarded_xml import Attributes, parse_xml
from nerode.worlds.street_files import number_within

UNFIT = {
    "access": re.compile("private"),
    "area": re.compile("yes"),
    "highway": re.compile(
        "abandoned|bridleway|bus_guideway|construction|corridor|cycleway|elevator|escalator|"
        "footway|no|path|pedestrian|planned|platform|proposed|raceway|razed|rest_area|service|"
        "services|steps|track"
    ),
    "motor_vehicle": re.compile("no"),
    "motorcar": re.compile("no"),
    "service": re.compile("alley|driveway|emergency_access|parking|parking_aisle|private"),
}
"""What makes a way no street for cars: these words within the tags' values.

It is what OSMnx asks OpenStreetMap's server for as `drive`; files hold all ways there are.
"""

TOLD = ("junction", "oneway")
"""Tags that say in which direction a way may be driven."""


class Way(NamedTuple):
    """Nodes one after the other, and the tags that tell of directions."""

    nodes: list[int]
    tags: Attributes


class Extract(NamedTuple):
    """What a file has of streets for cars."""

    places: dict[int, tuple[float, float]]
    """Latitude and longitude in degrees of every node, streets or not."""
    ways: list[Way]
    """Ways whose nodes are all there; a way with gaps is there in pieces."""
    cut: int
    """How many ways had gaps."""


def drivable(tags: Attributes) -> bool:
    """Whether a way with these tags is a street for cars."""
    return "highway" in tags and not any(
        words.search(tags.get(tag, "")) for tag, words in UNFIT.items()
    )


def read_extract(path: Path) -> Extract:
    """The streets of an .osm file. Raises MissingFile and FormatError as `parse_xml` does.

    FormatError also where there is no street for cars in it.
    """
    reader = _Reader()
    parse_xml(path, "osm", reader.start, reader.end)
    ways: list[Way] = []
    cut = 0
    for way in reader.ways:
        pieces = list(_pieces(way.nodes, reader.places))
        ways += [Way(piece, way.tags) for piece in pieces]
        cut += len(pieces) != 1 or len(pieces[0]) < len(way.nodes)
    if not ways:
        raise FormatError(f"{path}: expected ways for cars (with the tag highway), got none")
    return Extract(reader.places, ways, cut)


def write_extract(extract: Extract, path: Path) -> None:
    """Write an .osm file with nothing but those ways and their nodes."""
    used = dict.fromkeys(node for way in extract.ways for node in way.nodes)
    with path.open("w", encoding="utf-8") as file:
        file.write("<osm>\n")
        for node in used:
            lat, lon = extract.places[node]
            file.write(f'<node id="{node}" lat="{lat!r}" lon="{lon!r}"/>\n')
        for number, way in enumerate(extract.ways):
            nodes = "".join(f'<nd ref="{node}"/>' for node in way.nodes)
            tags = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in way.tags.items())
            file.write(f'<way id="{number}">{nodes}{tags}</way>\n')
        file.write("</osm>\n")


class _Reader:
    """Listens to the elements of a file."""

    def __init__(self) -> None:
        self.places: dict[int, tuple[float, float]] = {}
        self.ways: list[Way] = []
        self._way: Way | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "node":
            if _exists(attributes):
                place = (_degrees(attributes, "lat", 90), _degrees(attributes, "lon", 180))
                self.places[_whole(attributes, "id")] = place
        elif name == "way":
            self._way = Way([], {}) if _exists(attributes) else None
        elif self._way is not None:
            if name == "nd":
                self._way.nodes.append(_whole(attributes, "ref"))
            elif name == "tag":
                self._way.tags[_value(attributes, "k")] = _value(attributes, "v")

    def end(self, name: str) -> None:
        if name == "way":
            if self._way is not None and drivable(self._way.tags):
                told = {tag: self._way.tags[tag] for tag in TOLD if tag in self._way.tags}
                self.ways.append(Way(self._way.nodes, told))
            self._way = None


def _pieces(nodes: Iterable[int], places: dict[int, tuple[float, float]]) -> Iterator[list[int]]:
    """Runs of two nodes or more that have a place: extracts end in the middle of ways."""
    piece: list[int] = []
    for node in nodes:
        if node in places:
            piece.append(node)
            continue
        if len(piece) > 1:
            yield piece
        piece = []
    if len(piece) > 1:
        yield piece


def _exists(attributes: Attributes) -> bool:
    """Whether an element is not marked as deleted, by the server's history or by an editor."""
    return attributes.get("visible") != "false" and attributes.get("action") != "delete"


def _value(attributes: Attributes, name: str) -> str:
    if name not in attributes:
        raise ValueError(f"expected the attribute {name}, got none")
    return attributes[name]


def _whole(attributes: Attributes, name: str) -> int:
    text = _value(attributes, name)
    if not re.fullmatch(r"-?[0-9]{1,19}", text):
        raise ValueError(f"expected a whole number as {name}, got {text[:40]!r}")
    return int(text)


def _degrees(attributes: Attributes, name: str, most: float) -> float:
    text = _value(attributes, name)
    value = number_within(text, most)
    if value is None:
        raise ValueError(f"expected {name} from -{most:g} to {most:g}, got {text[:40]!r}")
    return value
