"""Noise controls: reconstructions of true sequences with random errors.

As many true sequences as the model wrote, the shortest ways between the same origins and
destinations, in which each turn is replaced with some probability by another of the eight labels.
They are reconstructed alike, in an order of the same kind, many times over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from nerode.engine.engine import Engine, Recipe
from nerode.errors import InvalidParameter
from nerode.metrics.reconstruction.algorithm import ReconstructedMap
from nerode.metrics.reconstruction.config import ReconstructionConfig
from nerode.metrics.reconstruction.judge import MALFORMED, VALID
from nerode.metrics.reconstruction.plane import Plane
from nerode.metrics.reconstruction.score import Range, ReconstructionScore, ranges_of, score_of
from nerode.metrics.reconstruction.walks import (
    JudgedSequences,
    MapCallback,
    Needs,
    growth_of,
    in_threads,
    seeds,
)
from nerode.schema.reconstruction import NoiseControl, Spread
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.elsewhere import Workers, WorldByName
from nerode.worlds.streets.files import LABELS
from nerode.worlds.streets.kernels import follow_ways
from nerode.worlds.streets.limits import LONGEST
from nerode.worlds.world import AnyStreetPlan, StreetPlan

_MOST_TURNS = LONGEST - 4  # as of sequences that are drawn to train on
_BLOCK = 1 << 10
_ATTEMPTS = 1000
_SMALL = 1e-12


@dataclass(frozen=True)
class Noise:
    """Scores under one share of noise: mean and 2.5 to 97.5 % range over the draws."""

    share: float
    """Probability that a turn is replaced."""
    matched: bool
    """Whether that is the share at which as many sequences stay valid as the model's."""
    draws: int
    """How often it was drawn; once is enough where nothing is replaced."""
    ranges: dict[str, Range]
    """The range of each of `ReconstructionScore.numbers`."""
    growth: tuple[dict[str, Range], ...] = ()
    """Of the matched noise: `growth_of` an eighth, a quarter and half of the sequences."""

    @property
    def name(self) -> str:
        """What it is called in tables: `noise 0.53 % (as many valid)`."""
        return f"noise {100 * self.share:.3g} %" + (" (as many valid)" if self.matched else "")

    def as_field(self) -> NoiseControl:
        """The form in which it stands in a record."""
        return NoiseControl(
            share=self.share, matched=self.matched, draws=self.draws, **spreads(self.ranges)
        )


def noise_controls(
    world: AnyStreetPlan,
    made: ReconstructedMap,
    config: ReconstructionConfig,
    *,
    workers: Workers | None = None,
    on_map: MapCallback | None = None,
) -> list[Noise]:
    """The controls for a reconstruction: one for each share of noise, and the matched one.

    Walked in the order of `config`, for `mean` each draw in a random one of its own. Random numbers
    depend on the seed, the share's place and the draw alone. Takes the memory of the sequences, and
    for each core that of two copies and of a map. Maps are drawn by threads, or by the `workers` of
    an engine.

    Raises InvalidParameter for fewer than 1 draws, and as `Engine.map` does.
    """
    draws = config.draws
    if draws < 1:
        raise InvalidParameter(f"expected 1 or more draws of noise, got {draws}")
    world = world.with_unused_symbols()  # a pen slips to any of the eight labels
    formed = made.verdict != MALFORMED
    if not formed.any():
        return []
    prompts = made.prompt[formed]  # of malformed sequences nothing was drawn either
    pairs = joined_pairs(world, prompts, np.random.default_rng(seeds(config.seed, "pairs")))
    valid = np.count_nonzero(made.verdict == VALID) / len(prompts)
    matched = matching_share(turns_of(world, pairs), float(valid))
    every = [*dict.fromkeys([*config.shares, matched])]
    # Nothing is chance where nothing is replaced, unless the order is.
    maps_of = {share: draws if share or config.order == "mean" else 1 for share in every}
    slips = [
        _Slip(place, share, n) for place, share in enumerate(every) for n in range(maps_of[share])
    ]
    if workers is None:
        found = in_threads(_Pen.of(world, pairs, config, matched).draw, slips, on_map)
    else:
        recipe = NoiseRecipe(
            world=workers.world, pairs=pairs.tobytes(), config=config, matched=matched
        )
        found = _drawn_by(workers.engine, recipe, slips, on_map)
    by_share = [
        [found[at] for at, slip in enumerate(slips) if slip.share == share] for share in every
    ]
    return [
        Noise(
            share,
            share == matched,
            len(maps),
            ranges_of([score for score, _ in maps]),
            tuple(growth_of([parts for _, parts in maps])),
        )
        for share, maps in zip(every, by_share, strict=True)
    ]


def spreads(ranges: Mapping[str, Range]) -> dict[str, Spread]:
    """The ranges as they stand in a record."""
    return {name: Spread(**each) for name, each in ranges.items()}


def noise_maps(made: ReconstructedMap, config: ReconstructionConfig) -> int:
    """At most so many maps are drawn by `noise_controls`."""
    return config.draws * (len(config.shares) + 1) if (made.verdict != MALFORMED).any() else 0


class _Slip(NamedTuple):
    """One draw of one share of noise."""

    place: int
    share: float
    number: int


_Drawn: TypeAlias = tuple[ReconstructionScore, list[Needs]]
"""The score of one map, and what parts of its sequences need."""


@dataclass(frozen=True, eq=False)
class _Pen:
    """Reconstructs maps from true sequences with random errors."""

    world: AnyStreetPlan
    true: SequenceBatch
    config: ReconstructionConfig
    matched: float
    plane: Plane

    @classmethod
    def of(
        cls,
        world: AnyStreetPlan,
        pairs: NDArray[np.int64],
        config: ReconstructionConfig,
        matched: float,
    ) -> _Pen:
        """With the true sequences of these origins and destinations."""
        true = SequenceBatch.concat(list(true_ways(world, pairs)))
        return cls(world, true, config, matched, Plane(world))

    def draw(self, slip: _Slip) -> _Drawn:
        """The score of one map, and what parts of its sequences need if the noise is matched."""
        config = self.config
        rng = np.random.default_rng(seeds(config.seed, "turns", slip.place, slip.number))
        batch = corrupt(self.true, slip.share, rng) if slip.share else self.true
        written = JudgedSequences.of(self.world, [batch], config.rules)
        score = score_of(written.draw_map(config.order, rng), self.plane, config.crossings)
        parts = written.parts(config.order, rng) if slip.share == self.matched else []
        return score, parts


class NoiseRecipe(Recipe, frozen=True, kw_only=True):
    """Draws noise controls. Items are place, share and number of a draw."""

    world: WorldByName
    pairs: bytes
    """Origins and destinations, (sequences, 2) as int64."""
    config: ReconstructionConfig
    matched: float

    def open(self) -> Callable[[Any], bytes]:
        """Open the world, and make the true sequences."""
        world = self.world.open()
        assert isinstance(world, StreetPlan)  # noqa: S101 - who asks has one
        pairs = np.frombuffer(self.pairs, dtype=np.int64).reshape(-1, 2)
        pen = _Pen.of(world.with_unused_symbols(), pairs, self.config, self.matched)
        return lambda item: msgspec.msgpack.encode(pen.draw(_Slip(*item)))


def _drawn_by(
    engine: Engine, recipe: NoiseRecipe, slips: Sequence[_Slip], on_map: MapCallback | None
) -> list[_Drawn]:
    """The maps that an engine draws, in the order of the slips."""
    found: dict[int, _Drawn] = {}
    for place, drawn in engine.map(recipe, slips):
        found[place] = msgspec.msgpack.decode(drawn, type=_Drawn)
        if on_map is not None:
            on_map()
    return [found[place] for place in range(len(slips))]


def corrupt(
    batch: SequenceBatch, share: float, rng: np.random.Generator, labels: int = len(LABELS)
) -> SequenceBatch:
    """The same sequences with each turn replaced with that probability by another label.

    Symbols 1 to `labels`, at least two, are the labels of the map. One random number a symbol
    says both whether and by which.
    """
    symbols = batch.symbols.copy()
    uniform = rng.random(len(symbols))
    struck = np.flatnonzero((uniform < share) & (symbols > 0) & (symbols <= labels))
    others = labels - 1
    which = np.minimum((uniform[struck] / share * others).astype(np.int32), others - 1)
    symbols[struck] = 1 + which + (which >= symbols[struck] - 1)
    return SequenceBatch(symbols, batch.offsets)


def joined_pairs(
    world: AnyStreetPlan, prompts: NDArray[np.int32], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Origins and destinations with a way between them: (sequences, 2).

    Where a prompt has none (of at most 96 turns, at least one), another pair is drawn. Raises
    InvalidParameter where none is found.
    """
    pairs = prompts.astype(np.int64)
    for begin, end in _spans(world, len(pairs)):
        part = pairs[begin:end]
        missing = np.flatnonzero(part[:, 0] < 0)
        known = np.flatnonzero(part[:, 0] >= 0)
        missing = np.union1d(missing, known[~_joined(world, part[known])])
        for _ in range(_ATTEMPTS):
            if not len(missing):
                break
            part[missing] = rng.integers(len(world.names), size=(len(missing), 2))
            missing = missing[~_joined(world, part[missing])]
        else:
            raise InvalidParameter(
                f"expected streets of {world.name} that join crossings, found none "
                f"in {_ATTEMPTS} draws"
            )
    return pairs


def true_ways(world: AnyStreetPlan, pairs: NDArray[np.int64]) -> Iterator[SequenceBatch]:
    """The shortest ways of pairs that have one, as sequences, some thousand at a time."""
    for begin, end in _spans(world, len(pairs)):
        part = pairs[begin:end]
        symbols = np.empty((len(part) + 1) * LONGEST, dtype=np.int32)
        lengths = np.empty(len(part), dtype=np.int32)
        ways = world.routes.turns_to(part[:, 1], _MOST_TURNS)
        made, written = follow_ways(part, ways, world.turns, symbols, lengths)
        yield SequenceBatch.cut(symbols[:written], lengths[:made])


def turns_of(world: AnyStreetPlan, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many turns the way of each pair has: (sequences,)."""
    return np.concatenate([batch.lengths - 3 for batch in true_ways(world, pairs)])


def matching_share(turns: NDArray[np.int64], valid: float) -> float:
    """The share of noise at which this part of sequences with so many turns stays untouched.

    The few that are struck and yet are valid are not reckoned with.
    """
    if valid >= 1 - _SMALL:
        return 0.0

    def excess(share: float) -> float:
        return float(np.mean((1 - share) ** turns)) - valid

    return float(brentq(excess, 0.0, 1.0, xtol=_SMALL)) if valid > 0 else 1.0


def _joined(world: AnyStreetPlan, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which pairs have a way: (pairs,)."""
    ways = world.routes.turns_to(pairs[:, 1], _MOST_TURNS)
    return ways.table[ways.row[pairs[:, 1]], pairs[:, 0]] > 0


def _spans(world: AnyStreetPlan, count: int) -> Iterator[tuple[int, int]]:
    """Numbers in parts whose destinations the map can keep the ways of."""
    size = min(_BLOCK, world.routes.most_destinations)
    for begin in range(0, count, size):
        yield begin, min(begin + size, count)
