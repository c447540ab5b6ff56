"""What is to be known of an evaluation beside its numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nerode.errors import NoTrial
from nerode.worlds.world import AnyWorld, SamplesStates

_STATES = 64
"""States that are looked at."""


def too_many_legal(world: AnyWorld, epsilon: float, seed: int) -> Iterator[str]:
    """That ε rejects what a perfect model may expect, where very many symbols are legal.

    Somebody who takes N legal symbols evenly gives each 1/N; where that is no more than ε all of
    them count as rejected. Says nothing of worlds that draw no states, nor of the prompt.
    """
    if not isinstance(world, SamplesStates):
        return
    rng = np.random.default_rng(seed)
    try:
        most = max(len(world.legal(world.sample_state(rng))) for _ in range(_STATES))
    except NoTrial:
        return
    if most * epsilon >= 1:
        below = 10.0 ** np.floor(np.log10(1 / (most + 1)))
        yield (
            f"some states of {world.name} have {most} legal symbols: a model that takes them "
            f"evenly gives each {1 / most:.2g}, which counts as rejected at an epsilon of "
            f"{epsilon:g}; {below:g} would accept it"
        )
