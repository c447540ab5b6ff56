"""OpenStreetMap through OSMnx: a place by its name, or a file of its XML."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nerode.errors import FormatError, InvalidParameter, MissingExtra, UnknownName, Unreachable
from nerode.maps.network import network_of
from nerode.maps.osm_ways import oneway
from nerode.maps.osm_xml import read_extract, write_extract
from nerode.maps.save import Imported, save_network
from nerode.worlds.streets.files import clear_place

if TYPE_CHECKING:
    from requests import Response

ODD = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What OSMnx raises, one or the other, where an answer is not what it should be."""


def import_osm(file: str | Path, out: str | Path, *, strongly_connected: bool = False) -> Imported:
    """Write the streets for cars of an .osm file, which may be packed, to the folder `out`.

    Curves become straight; intersections are where streets meet or end. Raises MissingExtra
    without OSMnx, MissingFile, FormatError (with file and line) for what is no such file or
    has no streets, and InvalidParameter where the folder holds a map already.
    """
    clear_place(out)
    osmnx = _osmnx()
    extract = read_extract(Path(file))
    with _settings(osmnx), TemporaryDirectory() as folder:
        streets = Path(folder) / "streets.osm"
        write_extract(extract, streets)
        graph = osmnx.graph_from_xml(streets, retain_all=True)
    if not graph.edges:
        message = "expected streets for cars that meet or end somewhere, got rings alone"
        raise FormatError(f"{file}: {message}")
    return save_network(
        network_of(graph, str(file)),
        out,
        str(file),
        strongly_connected=strongly_connected,
        cut=extract.cut,
        older=extract.older,
    )


def import_place(
    name: str,
    out: str | Path,
    *,
    strongly_connected: bool = False,
    nominatim: str | None = None,
    overpass: str | None = None,
) -> Imported:
    """Write the streets for cars within a place (a city, a quarter) to the folder `out`.

    The servers are OSMnx's (OpenStreetMap's own) unless `nominatim`, which finds places, and
    `overpass`, which has the streets, name others by address. Nothing is cached. Raises
    MissingExtra without OSMnx, UnknownName for a name that is no area's, Unreachable where a
    server cannot be reached or refuses, FormatError where the place has no streets, and
    InvalidParameter for an empty name and where the folder holds a map already.
    """
    if not name.strip():
        raise InvalidParameter("expected the name of a place, got an empty one")
    clear_place(out)
    osmnx = _osmnx()
    servers: dict[str, object] = {}
    if nominatim is not None:
        servers["nominatim_url"] = nominatim
    if overpass is not None:
        # Servers of one's own have no queue to ask before.
        servers |= {"overpass_url": overpass, "overpass_rate_limit": False}
    with _settings(
        osmnx,
        use_cache=False,
        doh_url_template=None,  # no third server is asked for addresses
        requests_kwargs={**osmnx.settings.requests_kwargs, "hooks": {"response": _check}},
        **servers,
    ):
        graph = _streets(osmnx, _area(osmnx, name), name)
    return save_network(network_of(graph, name), out, name, strongly_connected=strongly_connected)


def _area(osmnx: ModuleType, name: str) -> Any:
    """Outline of the place; the first area among the results, most important first."""
    try:
        with _reached(osmnx.settings.nominatim_url):
            return osmnx.geocode_to_gdf(name).union_all()
    except TypeError:
        message = f"expected the name of an area, got {name!r}, which OpenStreetMap has no area for"
        raise UnknownName(message) from None
    except ODD as error:
        if "0 results" in str(error):
            message = f"expected a place that OpenStreetMap knows, got {name!r}"
            raise UnknownName(message) from None
        raise _odd(osmnx.settings.nominatim_url, error) from None


def _streets(osmnx: ModuleType, area: Any, name: str) -> Any:
    try:
        with _reached(osmnx.settings.overpass_url):
            return osmnx.graph_from_polygon(area, network_type="drive", retain_all=True)
    except ODD as error:
        if "No data elements" in str(error) or "no graph nodes" in str(error):
            raise FormatError(f"{name}: expected streets for cars, got none") from None
        raise _odd(osmnx.settings.overpass_url, error) from None


def _odd(server: str, error: Exception) -> Unreachable:
    message = f"{type(error).__name__}: {error}"[:200]
    return Unreachable(f"expected places and streets from {server}, got an odd answer ({message})")


@contextmanager
def _reached(server: str) -> Iterator[None]:
    """Tells in one line where a server is out of reach."""
    import requests  # noqa: PLC0415 (comes with OSMnx)

    try:
        yield
    except requests.RequestException as error:
        raise Unreachable(
            f"expected an answer from {server}, got none: is there a network? "
            f"({type(error).__name__})"
        ) from None


def _check(response: Response, *_: object, **__: object) -> Response:
    """Refuse what OSMnx would wait for without end, or take for an answer though it is cut.

    Gives the answer with the directions of ways as files are read (`oneway`), for OSMnx knows
    no motorways.
    """
    end = response.content[-2000:]
    address = response.url[:80]
    if not response.ok:
        message = f"{response.status_code} {response.reason}"
        raise Unreachable(f"expected an answer from {address}, got {message}: try later")
    if b'"remark"' in end and b"error" in end:
        raise Unreachable(
            f"expected a whole answer from {address}, got one that ends in an error: "
            "is the place too large?"
        )
    return _directed(response)


def _directed(response: Response) -> Response:
    """The same answer, in which the tag oneway alone says in which direction a way is driven."""
    import requests  # noqa: PLC0415 (comes with OSMnx)

    try:
        answer = response.json()
    except ValueError:
        return response  # no JSON, which OSMnx tells
    if not (isinstance(answer, dict) and isinstance(answer.get("elements"), list)):
        return response
    for element in answer["elements"]:
        if element.get("type") == "way" and "tags" in element:
            element["tags"] = {"oneway": oneway(element["tags"])}
    changed = requests.Response()
    changed.status_code, changed.reason = response.status_code, response.reason
    changed.url, changed.encoding = response.url, "utf-8"
    changed.raw = BytesIO(json.dumps(answer).encode())
    return changed


@contextmanager
def _settings(osmnx: ModuleType, **values: object) -> Iterator[None]:
    """OSMnx with these settings for a while: they are global, as is what it does to socket."""
    values |= {
        "all_oneway": False,
        "cache_only_mode": False,
        "default_crs": "epsg:4326",
        "useful_tags_way": ["oneway"],
    }
    before = {name: getattr(osmnx.settings, name) for name in values}
    resolve = socket.getaddrinfo
    try:
        for name, value in values.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = resolve


def _osmnx() -> ModuleType:
    try:
        import osmnx  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(f"maps need `pip install 'nerode[maps]'` ({error})") from None
    module: ModuleType = osmnx
    return module
