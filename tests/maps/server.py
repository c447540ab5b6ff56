"""A small stand-in for OpenStreetMap's two servers, on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

STATUS = "Connected as: 1\nCurrent time: now\nAnnounced endpoint: none\nRate limit: 2\n2 slots\n"


@dataclass
class Servers:
    """What they answer, and what they were asked."""

    address: str = ""
    places: Any = field(default_factory=list)
    streets: Any = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    """Status of the answers to /search and /interpreter where it is not 200."""
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)

    def told(self, path: str) -> list[dict[str, list[str]]]:
        return [query for asked, query in self.asked if asked == path]


def area(south: float, west: float, north: float, east: float) -> dict[str, Any]:
    """A place as the server for places tells it."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "display_name": "Somewhere",
        "importance": 0.5,
        "lat": str((south + north) / 2),
        "lon": str((west + east) / 2),
        "boundingbox": [str(south), str(north), str(west), str(east)],
        "geojson": {"type": "Polygon", "coordinates": [ring]},
    }


@contextmanager
def serving() -> Iterator[Servers]:
    servers = Servers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlparse(self.path)
            self._answer(asked.path, parse_qs(asked.query), servers.places)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(urlparse(self.path).path, parse_qs(body), servers.streets)

        def _answer(self, path: str, query: dict[str, list[str]], what: Any) -> None:
            servers.asked.append((path, query))
            text = STATUS if path == "/status" else what
            body = text.encode() if isinstance(text, str) else json.dumps(text).encode()
            self.send_response(servers.codes.get(path, 200))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield servers
        finally:
            server.shutdown()
            thread.join()
