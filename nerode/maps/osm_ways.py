"""Interpret the tags of a way: whether cars may use it, and in which direction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

UNFIT = {
    "access": re.compile("private"),
    "area": re.compile("yes"),
    "highway": re.compile(
        "abandoned|bridleway|bus_guideway|construction|corridor|cycleway|elevator|escalator|"
        "footway|no|path|pedestrian|planned|platform|proposed|raceway|razed|rest_area|service|"
        "services|steps|track"
    ),
    "motor_vehicle": re.compile("no"),
    "motorcar": re.compile("no"),
    "service": re.compile("alley|driveway|emergency_access|parking|parking_aisle|private"),
}
"""What makes a way no street for cars: these words within the tags' values.

It is what OSMnx asks OpenStreetMap's server for as `drive`; files hold all ways there are.
"""

Oneway = Literal["yes", "-1", "no"]
"""The value of the tag oneway that says it without anything implied."""

_ONEWAY_TAGS: dict[str, Oneway] = {
    **dict.fromkeys(("yes", "true", "1", "f"), "yes"),
    **dict.fromkeys(("-1", "reverse", "t"), "-1"),
    # By turns both directions may be driven, and a map without hours has both.
    **dict.fromkeys(("no", "false", "0", "reversible", "alternating"), "no"),
}
"""What values of the tag oneway mean; t and f are those of old exports, which OSMnx reads so."""

_ROUND = ("roundabout", "circular")
"""Junctions that are driven round in one direction unless they say otherwise."""


def drivable(tags: Mapping[str, str]) -> bool:
    """Whether a way with these tags is a street for cars."""
    return "highway" in tags and not any(
        words.search(tags.get(tag, "")) for tag, words in UNFIT.items()
    )


def oneway(tags: Mapping[str, str]) -> Oneway:
    """In which direction of its nodes a way may be driven: `yes` along, `-1` against, `no` both.

    What the tag oneway says counts. Where it says nothing (or nothing known), motorways,
    roundabouts and circular junctions have one direction, and all other ways both: links of
    motorways too, for which OpenStreetMap implies nothing.
    """
    value = _ONEWAY_TAGS.get(tags.get("oneway", "").strip().lower())
    if value is not None:
        return value
    implied = tags.get("highway") == "motorway" or tags.get("junction") in _ROUND
    return "yes" if implied else "no"
