"""What tells two worlds of one name apart."""

from __future__ import annotations

import hashlib
import json

from nerode.worlds.automata.table import Table
from nerode.worlds.world import AnyWorld, LiesOnMap


def plan_of(world: AnyWorld) -> str:
    """SHA-256 of alphabet, streets and table: it tells maps or automata of one name apart."""
    plan: list[object] = [world.alphabet, world.streets if isinstance(world, LiesOnMap) else ()]
    if isinstance(world, Table):
        plan.append(world.rules)
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()
