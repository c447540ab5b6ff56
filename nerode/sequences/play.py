"""Sequences of any world, made with nothing but its rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nerode.worlds.world import LONGEST_PLAY, AnyWorld, HasGoal


def random_play(
    world: AnyWorld, rng: np.random.Generator, most: int = LONGEST_PLAY
) -> tuple[int, ...]:
    """Play from the start that takes each legal symbol with equal chance.

    Ends with END, where nothing is legal, or after `most` symbols.
    """
    state = world.start
    sequence: list[int] = []
    for share in rng.random(most).tolist():
        legal = world.legal(state)
        if not legal:
            break
        symbol = legal[int(share * len(legal))]
        sequence.append(symbol)
        state = world.step(state, symbol)
    return tuple(sequence)


def way_to_goal(world: AnyWorld, prompt: Sequence[int]) -> tuple[int, ...]:
    """The prompt and the canonical way from there to the goal, END included.

    The world must have a goal.
    """
    assert isinstance(world, HasGoal)  # noqa: S101 - callers have checked
    sequence = list(prompt)
    state = world.run(prompt)
    while (symbol := world.toward_goal(state)) is not None:
        sequence.append(symbol)
        state = world.step(state, symbol)
    return tuple(sequence)
