"""The streets for cars in an .osm file (https://wiki.openstreetmap.org/wiki/OSM_XML)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from nerode.errors import FormatError
from nerode.maps.guarded_xml import Attributes, parse_xml
from nerode.maps.osm_ways import Oneway, drivable, oneway
from nerode.worlds.streets.files import number_within

Element = TypeVar("Element")

_OTHER_ROOTS = {
    "osmChange": "changes to a map: apply them to it first",
    "osmAugmentedDiff": "changes to a map, no map",
}

OsmPlace = tuple[float, float]
"""Latitude and longitude in degrees."""


class OsmWay(NamedTuple):
    """Nodes one after the other, and in which direction they may be driven."""

    nodes: list[int]
    oneway: Oneway


class Extract(NamedTuple):
    """What a file has of streets for cars."""

    places: dict[int, OsmPlace]
    """Every node, streets or not."""
    ways: list[OsmWay]
    """Ways whose nodes are all there; a way with gaps is there in pieces."""
    cut: int
    """How many ways had gaps."""
    older: int
    """How many nodes and ways were left out because a newer version of them is there."""


def read_extract(path: Path) -> Extract:
    """The streets of an .osm file. Raises MissingFile and FormatError as `parse_xml` does.

    Of several versions of a node or a way the newest counts, also where it is deleted. Nodes
    that only stand with their places inside of ways are read there.

    FormatError also for changes to a map, and where there is no street for cars in it.
    """
    reader = _Reader()
    parse_xml(path, "osm", reader.start, reader.end, _OTHER_ROOTS)
    places = reader.places | reader.nodes.newest
    streets = reader.ways.newest.values()
    ways: list[OsmWay] = []
    cut = 0
    for way in streets:
        pieces = list(_pieces(way.nodes, places))
        ways += [OsmWay(piece, way.oneway) for piece in pieces]
        cut += len(pieces) != 1 or len(pieces[0]) < len(way.nodes)
    if not ways and streets:
        raise FormatError(
            f"{path}: expected ways for cars and their nodes, got {len(streets)} such ways, "
            "none of which has two nodes in the file (ask Overpass for `(._;>;); out;`)"
        )
    if not ways:
        raise FormatError(f"{path}: expected ways for cars (with the tag highway), got none")
    return Extract(places, ways, cut, reader.nodes.older + reader.ways.older)


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
            oneway = f'<tag k="oneway" v="{way.oneway}"/>'
            file.write(f'<way id="{number}">{nodes}{oneway}</way>\n')
        file.write("</osm>\n")


class _Newest(Generic[Element]):
    """Of all versions of each element the newest, in whatever order they come."""

    def __init__(self) -> None:
        self.newest: dict[int, Element] = {}
        self.older = 0
        """How many elements were left out for a newer version."""
        self._versions: dict[int, int] = {}
        """Those that `newest` does not tell: versions after the first, and of what is not there."""

    def add(self, attributes: Attributes, element: Element | None) -> bool:
        """One version of an element, None where there is none of interest in that version.

        Of versions with the same number, or without one, the last counts. Says whether this is
        the newest so far.
        """
        number = _whole(attributes, "id")
        version = max(1, _whole(attributes, "version")) if "version" in attributes else 1
        before = self._versions.get(number, 1 if number in self.newest else None)
        self.older += before is not None
        if before is not None and version < before:
            return False
        if version > 1 or element is None:
            self._versions[number] = version
        if element is None:
            self.newest.pop(number, None)
        else:
            self.newest[number] = element
        return True


class _Reader:
    """Listens to the elements of a file."""

    def __init__(self) -> None:
        self.nodes: _Newest[OsmPlace] = _Newest()
        self.ways: _Newest[OsmWay] = _Newest()
        """Streets for cars."""
        self.places: dict[int, OsmPlace] = {}
        """Nodes whose places stand inside of streets."""
        self._way: Attributes | None = None
        self._nodes: list[int] = []
        self._inside: dict[int, OsmPlace] = {}
        self._tags: Attributes = {}

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "node":
            self.nodes.add(attributes, _place(attributes) if _exists(attributes) else None)
        elif name == "way":
            self._way, self._nodes, self._inside, self._tags = attributes, [], {}, {}
        elif name == "action":
            raise ValueError("expected a map, got changes to one (<action>, an augmented diff)")
        elif self._way is not None and _exists(self._way):
            if name == "nd":
                self._nodes.append(_whole(attributes, "ref"))
                if "lat" in attributes:
                    self._inside[self._nodes[-1]] = _place(attributes)
            elif name == "tag":
                self._tags[_value(attributes, "k")] = _value(attributes, "v")

    def end(self, name: str) -> None:
        if name == "way" and self._way is not None:
            street = _exists(self._way) and drivable(self._tags)
            way = OsmWay(self._nodes, oneway(self._tags)) if street else None
            if self.ways.add(self._way, way) and street:
                self.places |= self._inside
            self._way = None


def _place(attributes: Attributes) -> OsmPlace:
    return _degrees(attributes, "lat", 90), _degrees(attributes, "lon", 180)


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
