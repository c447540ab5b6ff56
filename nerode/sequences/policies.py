"""How sequences are drawn from a world: `shortest`, `noisy`, `random` (docs/paper.md, section 2).

`stream` gives a policy's sequences in blocks. Which sequences come depends on the seed
(under `noisy` also on how many are wanted), never on how they are cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerode.errors import InvalidParameter, TooFewSequences, UnknownName
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.play import random_play, way_to_goal
from nerode.sequences.split import Split, check_seed
from nerode.worlds.othello.othello import Othello
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import HasGoal, World

POLICIES = ("shortest", "noisy", "random", "strong")

BLOCK = 1 << 15
"""Sequences made at a time."""

ATTEMPTS = 10_000
"""Plays tried for one sequence on the wanted side."""


@dataclass(frozen=True)
class Draw:
    """A request for sequences: how many, from which seed, on which side of which split.

    `side` None takes them from both sides; `fewer` is content with fewer sequences where
    the world has no more (but not with none). Raises UnknownName for a policy that there is
    not, InvalidParameter for a count below 1 and a seed below 0.
    """

    policy: str
    count: int
    seed: int
    split: Split
    side: str | None = None
    fewer: bool = False

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            known = ", ".join(POLICIES)
            raise UnknownName(f"expected a policy of {known} or championship, got {self.policy!r}")
        if self.side not in {None, "train", "held_out"}:
            raise UnknownName(f"expected split train or held_out, got {self.side!r}")
        if self.count < 1:
            raise InvalidParameter(f"expected a count of 1 or more, got {self.count}")
        check_seed(self.seed)

    @property
    def number(self) -> int:
        """The policy as a number, which keeps the random numbers of policies apart."""
        return POLICIES.index(self.policy)


def stream(world: World[Any], draw: Draw, block: int = BLOCK) -> Iterator[SequenceBatch]:
    """Exactly `draw.count` sequences, in batches of at most `block`.

    - `shortest`: canonical ways between pairs drawn without replacement (street maps), or
      from prompts that the world draws (other worlds with a goal).
    - `noisy`: street maps only; ways that are shortest under one of 50 reweightings, each
      length W (metres) replaced by W + Gamma(shape W, scale 1).
    - `random`: on a street map walks of 3 to 96 turns whose destination is where they end;
      elsewhere play that takes each legal symbol with equal chance, until END, until
      nothing is legal, or for 100 symbols. (Compiled for Othello.)
    - `strong`: Othello only; games of a player who looks some moves ahead.

    Raises InvalidParameter where the policy does not fit the world, and where the world
    has not so many sequences on the wanted side.
    """
    if draw.policy == "strong" and not isinstance(world, Othello):
        raise InvalidParameter(f"policy strong is for othello, got the world {world.name}")
    if isinstance(world, StreetMap):
        # Here, for it loads the compiled loops; only street maps need them.
        from nerode.sequences.streets.policies import noisy, random, shortest  # noqa: PLC0415

        source = {"shortest": shortest, "noisy": noisy, "random": random}[draw.policy]
        return source(world, draw, block)
    if draw.policy == "noisy":
        raise InvalidParameter(f"policy noisy is for street maps, got the world {world.name}")
    if draw.policy == "shortest" and not isinstance(world, HasGoal):
        raise InvalidParameter(
            f"policy shortest is for worlds with a goal, got the world {world.name}"
        )
    if isinstance(world, Othello) and draw.policy in {"random", "strong"}:
        from nerode.sequences.othello.games import games  # noqa: PLC0415 - as above

        return games(world, draw, block)
    return _played(world, draw, block)


def _played(world: World[Any], draw: Draw, block: int) -> Iterator[SequenceBatch]:
    for first in range(0, draw.count, block):
        numbers = range(first, min(first + block, draw.count))
        yield SequenceBatch.of([_play(world, draw, number) for number in numbers])


def _play(world: World[Any], draw: Draw, number: int) -> tuple[int, ...]:
    """Sequence `number`: the first play from its own random numbers on the wanted side."""
    rng = np.random.default_rng(np.random.SeedSequence([draw.seed, draw.number, number]))
    for _ in range(ATTEMPTS):
        if draw.policy == "random":
            sequence = random_play(world, rng)
        else:
            assert isinstance(world, HasGoal)  # noqa: S101 - `stream` has checked
            sequence = way_to_goal(world, world.sample_trip(rng))
        if draw.side is None:
            return sequence
        held_out = draw.split.holds_out(sequence, world.prompt_length)
        if held_out == (draw.side == "held_out"):
            return sequence
    raise too_few(draw, f"{ATTEMPTS} plays in a row were on the other side")


def too_few(draw: Draw, found: str) -> TooFewSequences:
    """The error to raise where a world has too few sequences for a request."""
    side = f" on the side {draw.side}" if draw.side else ""
    return TooFewSequences(
        f"expected {draw.count} sequences of policy {draw.policy}{side}, but {found}"
    )
