"""How sequences are drawn from a world: `shortest`, `noisy`, `random` (docs/paper.md, section 2).

Two policies need no more than a world's rules, or its goal: `random` and `shortest`. A world may
bring others, and its own way of these two (`OwnPolicies` in nerode/worlds/world.py).

`stream` gives a policy's sequences in blocks. Which sequences come depends on the seed
(under `noisy` also on how many are wanted), never on how they are cut into blocks.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nerode.errors import InvalidParameter, TooFewSequences, UnknownName
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.play import random_play, way_to_goal
from nerode.sequences.split import Split, check_seed, key_of
from nerode.suggestions import did_you_mean
from nerode.worlds.policies import Numbered, Play, Policy, Streamed
from nerode.worlds.world import AnyWorld, HasGoal, HasTournaments, OwnPolicies

POLICIES = ("shortest", "noisy", "random", "strong", "wandering")
"""Policies of the worlds that come with this library; a world of your own may have others."""

SEQUENCE_BLOCK = 1 << 15
"""Sequences made at a time."""

ATTEMPTS = 10_000
"""Plays tried for one sequence on the wanted side."""


@dataclass(frozen=True)
class Draw:
    """A request for sequences: how many, from which seed, on which side of which split.

    `side` None takes them from both sides; `fewer` is content with fewer sequences where
    the world has no more (but not with none). Raises InvalidParameter for a count below 1 and a
    seed below 0, UnknownName for a side that there is not.
    """

    policy: str
    count: int
    seed: int
    split: Split
    side: str | None = None
    fewer: bool = False

    def __post_init__(self) -> None:
        if self.side not in {None, "train", "held_out"}:
            raise UnknownName(f"expected split train or held_out, got {self.side!r}")
        if self.count < 1:
            raise InvalidParameter(f"expected a count of 1 or more, got {self.count}")
        check_seed(self.seed)

    @property
    def number(self) -> int:
        """The policy as a number, which keeps the random numbers of policies apart."""
        if self.policy in POLICIES:
            return POLICIES.index(self.policy)
        return len(POLICIES) + zlib.crc32(self.policy.encode())

    def key(self, *numbers: int) -> np.uint64:
        """64 bits that depend on seed, policy and these numbers."""
        return key_of(self.seed, self.number, *numbers)

    def too_few(self, found: str) -> TooFewSequences:
        """The error to raise where the world has too few sequences; `found` says what it has."""
        side = f" on the side {self.side}" if self.side else ""
        return TooFewSequences(
            f"expected {self.count} sequences of policy {self.policy}{side}, but {found}"
        )


def policies_of(world: AnyWorld) -> tuple[str, ...]:
    """Names of all policies that sequences of a world can be drawn by, its own first."""
    own = tuple(world.policies) if isinstance(world, OwnPolicies) else ()
    common = ("shortest", "random") if isinstance(world, HasGoal) else ("random",)
    return tuple(dict.fromkeys((*own, *common)))


def check_policy(world: AnyWorld, policy: str) -> None:
    """Raise UnknownName for a policy that the world does not have, with those that it has.

    InvalidParameter where it is a policy of other worlds.
    """
    known = policies_of(world)
    if policy in known:
        return
    # Tournament games are read from files (nerode/sequences/championship.py), not drawn.
    more = "; championship: games on file" if isinstance(world, HasTournaments) else ""
    message = f"expected a policy of {world.name} ({', '.join(known)}{more}), got {policy!r}"
    message += did_you_mean(policy, known)
    raise (InvalidParameter if policy in POLICIES else UnknownName)(message)


def stream(world: AnyWorld, draw: Draw, block: int = SEQUENCE_BLOCK) -> Iterator[SequenceBatch]:
    """Exactly `draw.count` sequences, in batches of at most `block`.

    - `shortest`: canonical ways between pairs drawn without replacement (street maps), or
      from prompts that the world draws (other worlds with a goal).
    - `noisy`: street maps only; ways that are shortest under one of 50 reweightings, each
      length W (metres) replaced by W + Gamma(shape W, scale 1).
    - `random`: on a street map walks of 3 to 96 turns whose destination is where they end;
      elsewhere play that takes each legal symbol with equal chance, until END, until
      nothing is legal, or for 100 symbols. (Compiled for Othello.)
    - `strong`: Othello only; games of a player who looks some moves ahead.
    - any other that the world has of its own.

    Raises UnknownName and InvalidParameter as `check_policy` does, and TooFewSequences where the
    world has not so many sequences on the wanted side.
    """
    numbered = draws_by_number(world, draw)
    if numbered is None:
        policy = _own(world, draw.policy)
        assert isinstance(policy, Streamed)  # noqa: S101 - all others draw by number
        return policy.draw(draw, block)
    starts = range(0, draw.count, block)
    return (numbered(range(first, min(first + block, draw.count))) for first in starts)


def draws_by_number(world: AnyWorld, draw: Draw) -> Callable[[range], SequenceBatch] | None:
    """How the sequences of some numbers are drawn, where each depends on its number alone.

    None for a policy that answers whole requests (`Streamed`). Raises as `check_policy` does.
    """
    check_policy(world, draw.policy)
    policy = _own(world, draw.policy)
    if isinstance(policy, Streamed):
        return None
    if isinstance(policy, Numbered):
        return partial(_numbered, world, draw, policy)
    return partial(_played, world, draw, policy or _common(world, draw.policy))


def _own(world: AnyWorld, policy: str) -> Policy | None:
    """A policy that the world brings."""
    return world.policies.get(policy) if isinstance(world, OwnPolicies) else None


def _numbered(world: AnyWorld, draw: Draw, policy: Numbered, which: range) -> SequenceBatch:
    numbers = np.arange(which.start, which.stop)
    played = policy.draw(draw.key(0), numbers)
    return played if draw.side is None else _on_side(world, draw, policy, numbers, played)


def _on_side(
    world: AnyWorld,
    draw: Draw,
    policy: Numbered,
    numbers: NDArray[np.int64],
    last: SequenceBatch,
) -> SequenceBatch:
    """The same sequences, those on the wrong side of the split drawn anew until they are not."""
    played, order = [last], np.arange(len(numbers))
    wrong = np.arange(len(numbers))
    total = len(numbers)
    for attempt in range(1, ATTEMPTS):
        held_out = draw.split.held_out(last, world.prompt_length)
        wrong = wrong[held_out != (draw.side == "held_out")]
        if not len(wrong):
            return SequenceBatch.concat(played).take(order)
        last = policy.draw(draw.key(attempt), numbers[wrong])
        played.append(last)
        order[wrong] = total + np.arange(len(wrong))
        total += len(wrong)
    raise draw.too_few(f"{ATTEMPTS} plays in a row were on the other side")


def _common(world: AnyWorld, policy: str) -> Play:
    """A policy that every world has, or every world with a goal."""

    def shortest(rng: np.random.Generator) -> tuple[int, ...]:
        assert isinstance(world, HasGoal)  # noqa: S101 - `check_policy` has looked
        return way_to_goal(world, world.sample_trip(rng))

    return shortest if policy == "shortest" else lambda rng: random_play(world, rng)


def _played(world: AnyWorld, draw: Draw, play: Play, which: range) -> SequenceBatch:
    return SequenceBatch.of([_play(world, draw, number, play) for number in which])


def _play(world: AnyWorld, draw: Draw, number: int, play: Play) -> Sequence[int]:
    """Sequence `number`: the first play from its own random numbers on the wanted side."""
    rng = np.random.default_rng(np.random.SeedSequence([draw.seed, draw.number, number]))
    for _ in range(ATTEMPTS):
        sequence = play(rng)
        if draw.side is None:
            return sequence
        held_out = draw.split.holds_out(sequence, world.prompt_length)
        if held_out == (draw.side == "held_out"):
            return sequence
    raise draw.too_few(f"{ATTEMPTS} plays in a row were on the other side")
