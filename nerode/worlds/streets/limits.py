"""How long the sequences of a street map may be (docs/paper.md, section 2)."""

from __future__ import annotations

LONGEST = 100
"""Sequences are shorter than this many symbols."""
FEWEST_TURNS = 3
"""Turns of the shortest random walk."""
MOST_TURNS = LONGEST - 4
"""Turns of the longest sequence: it has origin, destination and END besides."""
