"""GraphML as OSMnx saves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nerode.errors import FormatError, MissingExtra
from nerode.maps.guarded_xml import parse_xml
from nerode.maps.network import network_of
from nerode.maps.save import Imported, save_network
from nerode.worlds.street_files import clear_place

DEGREES = "epsg:4326"


def import_graphml(
    file: str | Path, out: str | Path, *, strongly_connected: bool = False
) -> Imported:
    """Write the streets of a GraphML file that OSMnx saved to the folder `out`.

    Intersections are the file's nodes as they are. Raises MissingExtra without NetworkX,
    MissingFile, FormatError for what is no such file, for an undirected graph and for one
    in metres, and InvalidParameter where the folder holds a map already.
    """
    clear_place(out)
    path = Path(file)
    graph = _read(path)
    if not graph.is_directed():
        raise FormatError(f"{path}: expected a directed graph, got an undirected one")
    measure = str(graph.graph.get("crs", DEGREES))
    if measure.lower() != DEGREES:
        raise FormatError(f"{path}: expected degrees ({DEGREES}), got crs {measure[:40]!r}")
    return save_network(
        network_of(graph, str(path)), out, str(path), strongly_connected=strongly_connected
    )


def _read(path: Path) -> Any:
    """The graph. NetworkX reads it, for OSMnx evaluates the texts that it finds as Python's."""
    try:
        import networkx as nx  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(f"maps need `pip install 'nerode[maps]'` ({error})") from None
    parse_xml(path, "graphml", None)
    try:
        return nx.read_graphml(path, node_type=int, force_multigraph=True)
    except (AttributeError, KeyError, TypeError, ValueError, nx.NetworkXException) as error:
        told = " ".join(str(error).split())[:80]
        raise FormatError(
            f"{path}: expected GraphML as OSMnx saves it, got {type(error).__name__}: {told}"
        ) from None
