"""Which worlds an objective fits; asked before torch is loaded."""

from __future__ import annotations

from nerode.errors import InvalidParameter
from nerode.worlds.world import AnyWorld, Featured


def check_features(world: AnyWorld, _policy: str = "", _seed: int = 0) -> None:
    """Raise InvalidParameter where the states of a world have no features."""
    if not isinstance(world, Featured):
        raise InvalidParameter(
            f"expected a world whose states have features, got {world.name}: the objective "
            "`state` predicts them"
        )
