"""Default baselines of an evaluation."""

from __future__ import annotations

from nerode.errors import ModelMismatch
from nerode.models.baselines.habits import habit_of
from nerode.models.baselines.policy_oracle import POLICY_ORACLE, PolicyOracle
from nerode.models.model import Model
from nerode.worlds.streets.counting import counts_turns
from nerode.worlds.world import AnyWorld

BASELINES = ("oracle", "uniform", "ngram:3", "noisy-oracle:0.01", "untrained")
"""Those that can be had everywhere. Five, for no more fit into 80 columns beside the model."""

_GIVE_WAY = ("uniform", "untrained")
"""What tells least, in this order: scores that anybody can name without measuring them."""


def baselines_of(world: AnyWorld, model: Model, *, hidden_states: bool = False) -> tuple[str, ...]:
    """Names of the default baselines for a model in a world.

    The policy-oracle of the policy that the model was trained on, where it says so, and the
    counter, where the world is a street map, take the places of uniform and untrained, one each.

    Parameters
    ----------
    world, model
        What is evaluated.
    hidden_states
        Whether a metric reads hidden states, so that untrained stays.
    """
    new = [POLICY_ORACLE] if _policy_known(world, model) else []
    new += ["counter"] if counts_turns(world) else []
    give_way = _GIVE_WAY[: len(new)]
    kept = [n for n in BASELINES if n not in give_way or (hidden_states and n == "untrained")]
    return (kept[0], *new, *kept[1:])


def _policy_known(world: AnyWorld, model: Model) -> bool:
    trained_on = getattr(model, "trained_on", None)
    if isinstance(model, PolicyOracle) or not trained_on or trained_on.get("world") != world.name:
        return False
    try:
        habit_of(world, str(trained_on["policy"]), int(trained_on["sequences_seed"]))
    except ModelMismatch:
        return False
    return True
