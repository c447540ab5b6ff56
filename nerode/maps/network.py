"""Intersections and the one-way streets between them, before the streets have labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nerode.arrays import Floats, Ints
from nerode.errors import FormatError
from nerode.worlds.streets.files import LABELS, MapData, number_within
from nerode.worlds.streets.table import eighths_of, millimetres

if TYPE_CHECKING:
    from networkx import MultiDiGraph as Graph


class StreetNetwork(NamedTuple):
    """Intersections in the order of their ids; street k leads from start[k] to stop[k]."""

    ids: list[int] | list[str]
    """The source's own number (or name) of each intersection."""
    lat: Floats
    lon: Floats
    start: Ints
    """Places in `ids`."""
    stop: Ints
    metres: Floats
    """Length of each street along its course."""


class Unlabelled(NamedTuple):
    """How many streets got no label of their own, and why."""

    same_label: int
    parallel: int
    self_loops: int


def network_of(graph: Graph, where: str) -> StreetNetwork:
    """The network of a graph of NetworkX that has OSMnx's attributes.

    Those are degrees `x` and `y` of every node and metres `length` of every street; where a
    street has no length (or `nan`) it is straight. Raises FormatError (which names `where`)
    for degrees and lengths that are none.
    """
    ids = sorted(graph.nodes)
    place = {node: number for number, node in enumerate(ids)}
    at = [graph.nodes[node] for node in ids]
    names = [f"{where}: node {node}" for node in ids]
    lat = np.array([_number(*here, "y", 90) for here in zip(at, names, strict=True)])
    lon = np.array([_number(*here, "x", 180) for here in zip(at, names, strict=True)])
    edges = sorted(
        (place[a], place[b], _length(data, f"{where}: the street from {a} to {b}"))
        for a, b, data in graph.edges(data=True)
    )
    start = np.array([edge[0] for edge in edges], dtype=np.int64)
    stop = np.array([edge[1] for edge in edges], dtype=np.int64)
    given = np.array([edge[2] for edge in edges], dtype=np.float64)
    straight = millimetres(lat, lon, start, stop) / 1000
    return StreetNetwork(ids, lat, lon, start, stop, np.where(given < 0, straight, given))


def _number(values: Mapping[str, object], where: str, name: str, most: float) -> float:
    value = number_within(values.get(name), most)
    if value is None:
        given = str(values.get(name))[:40]
        raise FormatError(f"{where}: expected {name} from -{most:g} to {most:g}, got {given!r}")
    return value


def _length(values: Mapping[str, object], where: str) -> float:
    """Metres of a street; -1 where they are not told."""
    given = values.get("length")
    if given is None or str(given).strip().lower() in {"", "nan"}:
        return -1.0
    metres = _number(values, where, "length", 1e8)
    if metres < 0:
        raise FormatError(f"{where}: expected a street's length in metres, got {metres}")
    return metres


def labelled(network: StreetNetwork) -> tuple[MapData, Unlabelled]:
    """The streets with the eighth of the compass nearest to the way from end to end.

    Of several streets that leave an intersection with one label the longest stays (of equally
    long ones that to the lowest id). Streets back to where they begin have no direction and are
    left out.
    """
    loops = network.start == network.stop
    start, stop, metres = (part[~loops] for part in network[3:])
    labels = _eighths(network.lat, network.lon, start, stop)
    order = np.lexsort((stop, -metres, labels, start))
    start, stop, labels = start[order], stop[order], labels[order]
    _, longest, group = np.unique(
        start * len(LABELS) + labels, return_index=True, return_inverse=True
    )
    streets = [
        (int(a), LABELS[label], int(b))
        for a, label, b in zip(start[longest], labels[longest], stop[longest], strict=True)
    ]
    plan = MapData(
        [str(node) for node in network.ids], network.lat.tolist(), network.lon.tolist(), streets
    )
    same = int((stop == stop[longest][group]).sum()) - len(longest)
    return plan, Unlabelled(len(stop) - len(longest), same, int(loops.sum()))


def _eighths(lat: Floats, lon: Floats, start: Ints, stop: Ints) -> Ints:
    """Number of the label nearest to the bearing at which the great circle sets out.

    Two intersections at one spot have the bearing 0, which is north.
    """
    here, there = np.radians(lat[start]), np.radians(lat[stop])
    east = np.radians(lon[stop] - lon[start])
    return eighths_of(
        np.sin(east) * np.cos(there),
        np.cos(here) * np.sin(there) - np.sin(here) * np.cos(there) * np.cos(east),
    )
