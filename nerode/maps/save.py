"""Write an imported street map to disk, and report what was left out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nerode.errors import FormatError
from nerode.maps.network import StreetNetwork, Unlabelled, labelled
from nerode.worlds.streets.files import MapData, write_streets
from nerode.worlds.streets.parts import largest_part

OPENSTREETMAP = "© OpenStreetMap contributors, ODbL 1.0"
"""What the licence asks for wherever the data are shown."""


@dataclass(frozen=True)
class Imported:
    """What was written, and what was left out."""

    world: str
    """Name of the world that the folder holds now."""
    attribution: str
    intersections: int
    streets: int
    """One-way streets: a street for both ways counts twice."""
    same_label: int
    """Streets left out because a longer one leaves the intersection with the same label."""
    parallel: int
    """Those of them that lead to the same intersection as the longer one."""
    self_loops: int
    """Streets left out because they lead back to where they begin."""
    without_streets: int
    """Intersections left out because no street touches them."""
    not_connected: int
    """Intersections left out because they cannot be reached from the others and back."""
    cut: int = 0
    """Ways that go beyond the file's area, of which the parts inside are kept."""
    older: int = 0
    """Versions of nodes and ways left out because a newer one (or the same again) is there."""

    def as_dict(self) -> dict[str, object]:
        """The form in which it is written to JSON; `older` only where there are any."""
        return {name: value for name, value in asdict(self).items() if value or name != "older"}

    def left_out(self) -> list[tuple[int, str]]:
        """The counts of what was left out that are not 0, each with what it counts."""
        parallel = f"{self.parallel:,} of them to the same intersection"
        counts = [
            (self.same_label, f"streets left out: a longer one has the same label ({parallel})"),
            (self.self_loops, "streets left out: they lead back to where they begin"),
            (self.without_streets, "intersections left out: no street touches them"),
            (self.not_connected, "intersections left out: not in the largest connected part"),
            (self.cut, "ways cut: they go beyond the file's area"),
            (self.older, "versions of nodes and ways left out: the newest of each counts"),
        ]
        return [(count, what) for count, what in counts if count]


def save_network(
    network: StreetNetwork,
    out: str | Path,
    where: str,
    *,
    strongly_connected: bool,
    cut: int = 0,
    older: int = 0,
) -> Imported:
    """Label the streets and write the map as `save_plan` does; `Imported` tells `cut`, `older`."""
    plan, unlabelled = labelled(network)
    imported = save_plan(plan, out, where, unlabelled, strongly_connected=strongly_connected)
    return replace(imported, cut=cut, older=older)


def save_plan(
    plan: MapData,
    out: str | Path,
    where: str,
    unlabelled: Unlabelled = Unlabelled(0, 0, 0),  # noqa: B008 (a tuple)
    *,
    strongly_connected: bool,
) -> Imported:
    """Write the map to the folder `out`, streets by intersection and then by label's name.

    Intersections without streets are left out and, where asked for, all that are outside
    the largest strongly connected part. Raises FormatError (which names `where`) where no
    street is left, InvalidParameter where the folder holds a map already.
    """
    touched = np.zeros(len(plan.names), dtype=np.bool_)
    ends = np.array([(a, b) for a, _, b in plan.streets], dtype=np.int64).reshape(-1, 2)
    touched[ends] = True
    kept = largest_part(ends, len(touched)) if strongly_connected else touched
    whole = _only(plan, kept)
    if not whole.streets:
        part = " in the largest strongly connected part" if strongly_connected else ""
        raise FormatError(f"{where}: expected streets for cars{part}, got none")
    write_streets(out, whole._replace(attribution=OPENSTREETMAP))
    return Imported(
        world=f"street-map:{out}",
        attribution=OPENSTREETMAP,
        intersections=len(whole.names),
        streets=len(whole.streets),
        **unlabelled._asdict(),
        without_streets=int((~touched).sum()),
        not_connected=int((touched & ~kept).sum()),
    )


def _only(plan: MapData, kept: NDArray[np.bool_]) -> MapData:
    """The map of these intersections alone."""
    places = np.flatnonzero(kept).tolist()
    number = dict(zip(places, range(len(places)), strict=True))
    streets = [(number[a], label, number[b]) for a, label, b in plan.streets if kept[a] and kept[b]]
    return MapData(
        [plan.names[place] for place in places],
        [plan.lat[place] for place in places],
        [plan.lon[place] for place in places],
        sorted(streets),
    )
