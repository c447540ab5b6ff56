"""The habit of any policy in any world (nerode/worlds/habits.py says what a habit is)."""

from __future__ import annotations

from nerode.errors import ModelMismatch
from nerode.sequences.policies import POLICIES, policies_of
from nerode.worlds.habits import Habit, Memory, RandomPlay
from nerode.worlds.world import AnyWorld, OwnHabits, OwnPolicies

__all__ = ["Habit", "Memory", "RandomPlay", "habit_of"]


def habit_of(world: AnyWorld, policy: str, seed: int) -> Habit:
    """The next-symbol distribution under a policy by which sequences of this world are drawn.

    `seed` is that of the sequences: the 50 reweightings of `noisy` follow from it. Raises
    ModelMismatch where the policy is none that there is or does not fit the world, where the world
    has a policy of its own whose habit it does not know, and for `shortest` where no prompt tells
    when a sequence stops to wander and makes for its goal.
    """
    habit = world.habit(policy, seed) if isinstance(world, OwnHabits) else None
    if habit is not None:
        return habit
    own = isinstance(world, OwnPolicies) and policy in world.policies
    if policy == "random" and not own:
        return RandomPlay(world)
    if policy in POLICIES or own:
        message = f"expected a policy whose next symbol is known in {world.name}, got {policy!r}"
    else:
        known = dict.fromkeys((*POLICIES, *policies_of(world)))
        message = f"expected a policy out of {', '.join(known)}, got {policy!r}"
    raise ModelMismatch(message)
