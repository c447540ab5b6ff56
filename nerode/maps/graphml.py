"""GraphML as OSMnx saves it."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from nerode.errors import FormatError, MissingExtra
from nerode.maps.crs import is_wgs84
from nerode.maps.guarded_xml import parse_xml
from nerode.maps.network import network_of
from nerode.maps.save import Imported, save_network
from nerode.text_files import open_unpacked
from nerode.worlds.streets.files import clear_place, is_name
from nerode.worlds.world import END

if TYPE_CHECKING:
    from networkx import MultiDiGraph as Graph

DEGREES = "epsg:4326"
LONGEST_NAME = 100
"""Characters of a node's id where it is no number."""

_WHOLE = re.compile(r"-?[0-9]{1,19}")


def import_graphml(
    file: str | Path, out: str | Path, *, strongly_connected: bool = False
) -> Imported:
    """Write the streets of a GraphML file that OSMnx saved to the folder `out`.

    Intersections are the file's nodes as they are, and so are directions: OSMnx has decided
    them. The file may be packed. Raises MissingExtra without NetworkX, MissingFile,
    FormatError for what is no such file, for an undirected graph and for one in other units
    than longitude and latitude on WGS 84, and InvalidParameter where the folder holds a map
    already.
    """
    clear_place(out)
    path = Path(file)
    graph = _read(path)
    if not graph.is_directed():
        raise FormatError(f"{path}: expected a directed graph, got an undirected one")
    measure = str(graph.graph.get("crs", DEGREES))
    if not is_wgs84(measure):
        raise FormatError(f"{path}: expected degrees ({DEGREES}), got crs {measure[:60]!r}")
    return save_network(
        network_of(graph, str(path)), out, str(path), strongly_connected=strongly_connected
    )


def _read(path: Path) -> Graph:
    """The graph. NetworkX reads it, for OSMnx evaluates the texts that it finds as Python's."""
    try:
        import networkx as nx  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(f"maps need `pip install 'nerode[maps]'` ({error})") from None
    parse_xml(path, "graphml", None)
    try:
        with open_unpacked(path) as file, warnings.catch_warnings():
            # Of ports and of keys without a type, neither of which matters here.
            warnings.simplefilter("ignore", UserWarning)
            graph = nx.read_graphml(file, node_type=str, force_multigraph=True)
    except FormatError:
        raise
    except (ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError) as error:
        raise _odd(path, error) from None
    except (ValueError, nx.NetworkXException) as error:
        raise _odd(path, error) from None
    return _numbered(graph, path)


def _odd(path: Path, error: Exception) -> FormatError:
    reason = " ".join(str(error).split())[:80]
    return FormatError(
        f"{path}: expected GraphML as OSMnx saves it, got {type(error).__name__}: {reason}"
    )


def _numbered(graph: Graph, path: Path) -> Graph:
    """The graph with whole numbers as nodes where all are; else they must be fit for names."""
    import networkx as nx  # noqa: PLC0415

    names = list(graph.nodes)
    if all(_WHOLE.fullmatch(name) for name in names):
        numbers = {name: int(name) for name in names}
        if len(set(numbers.values())) == len(names):
            return nx.relabel_nodes(graph, numbers)
    for name in names:
        if not is_name(name) or len(name) > LONGEST_NAME:
            raise FormatError(
                f"{path}: expected ids of nodes without white space that are neither '{END}' nor a "
                f"direction, with at most {LONGEST_NAME} characters, got {name[:40]!r}"
            )
    return graph
