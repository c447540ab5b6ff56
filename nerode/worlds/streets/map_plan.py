"""What a street map is made of: crossings and streets."""

from __future__ import annotations

from dataclasses import dataclass

from nerode.arrays import Floats
from nerode.worlds.streets.files import LabelledStreet


@dataclass(frozen=True, eq=False)
class MapPlan:
    """A street plan: where the crossings lie and which streets lead from one to another.

    Street `(a, label, b)` leads from crossing a to crossing b; its label is the eighth of
    the compass nearest to the straight bearing. No crossing has two streets of one label,
    and every crossing can be reached from every other.
    """

    names: tuple[str, ...]
    """Names without white space, as 5Av_42St; no two alike."""
    lat: Floats
    """Latitudes in degrees, with seven decimals."""
    lon: Floats
    """Longitudes in degrees, with seven decimals."""
    streets: tuple[LabelledStreet, ...]
    """Streets by their first crossing, then by label, clockwise from north."""
