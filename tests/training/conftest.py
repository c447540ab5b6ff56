"""A small town on disk, and sequences of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerode.sequences.dataset import write_sequences
from nerode.worlds.registry import open_world
from tests.sequences.maps import grid


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of random walks through a town of nine crossings."""
    streets, folder = tmp_path_factory.mktemp("town"), tmp_path_factory.mktemp("sequences")
    world = grid(3, 3)
    nodes = [
        f"{name},{lat},{lon}"
        for name, lat, lon in zip(world.names, world.lat, world.lon, strict=True)
    ]
    edges = [
        f"{world.names[here]},{label},{world.names[there]}" for here, label, there in world.streets
    ]
    (streets / "nodes.csv").write_text("\n".join(["osmid,lat,lon", *nodes]) + "\n")
    (streets / "edges.csv").write_text("\n".join(["node,direction,neighbor", *edges]) + "\n")
    write_sequences(open_world(f"street-map:{streets}"), "random", 400, 5, folder / "walks")
    return folder / "walks"
