"""Street maps for the tests of sequences."""

from __future__ import annotations

import numpy as np

from nerode.worlds.streets.street_map import StreetMap


def grid(rows: int, columns: int) -> StreetMap:
    """A town of two-way streets with corners out of true, a one-way lane and a dead end.

    The last intersection is the dead end; the diagonal NE from the first corner is one-way.
    """
    rng = np.random.default_rng(0)
    corners = rows * columns
    streets = [(0, "NE", columns + 1)]
    for here in range(corners):
        row, column = divmod(here, columns)
        if column + 1 < columns:
            streets += [(here, "E", here + 1), (here + 1, "W", here)]
        if row + 1 < rows:
            streets += [(here, "N", here + columns), (here + columns, "S", here)]
    streets.append((corners - 1, "E", corners))
    place = np.arange(corners + 1)
    lat = 40 + (place // columns + rng.random(corners + 1) / 3) / 1000
    lon = -74 + (place % columns + rng.random(corners + 1) / 3) / 1000
    return StreetMap([f"c{number}" for number in place], lat, lon, streets, name="grid")
