"""The noise control: what the map would look like if the world were known and the pen slipped.

As many true sequences as the model wrote, the shortest ways between the same origins and
destinations, in which each turn is replaced with some probability by another of the eight labels.
They are reconstructed alike, many times over.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from nerode.errors import InvalidParameter
from nerode.metrics.reconstruct import Drawing, Reconstruction, Rules
from nerode.metrics.reconstruct_kernel import MALFORMED, VALID
from nerode.metrics.reconstruct_plane import CROSSINGS, Plane
from nerode.metrics.reconstruct_score import Score, score_of
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.kernels import follow_ways
from nerode.worlds.street_files import LABELS
from nerode.worlds.street_map import LONGEST, StreetMap

DRAWS = 20
"""How often each noise is drawn."""
SHARES = (0.0, 0.01)
"""Probabilities that a turn is replaced, unless the caller says otherwise."""

_MOST_TURNS = LONGEST - 4  # as of sequences that are drawn to train on
_BLOCK = 1 << 10
_ATTEMPTS = 1000
_RANGE = (2.5, 97.5)
_SMALL = 1e-12


@dataclass(frozen=True)
class Noise:
    """What one share of noise comes to: mean and 2.5 to 97.5 % range over the draws."""

    share: float
    """Probability that a turn is replaced."""
    matched: bool
    """Whether that is the share at which as many sequences stay valid as the model's."""
    draws: int
    """How often it was drawn; once is enough where nothing is replaced."""
    ranges: dict[str, dict[str, float | None]]
    """{"mean", "low", "high"} of each of `Score.numbers`, None where that is undefined."""

    @property
    def name(self) -> str:
        """What it is called in tables: `noise 0.53 % (as many valid)`."""
        return f"noise {100 * self.share:.3g} %" + (" (as many valid)" if self.matched else "")

    def as_dict(self) -> dict[str, Any]:
        """The form in which it is written to JSON."""
        known = {"share": self.share, "matched": self.matched, "draws": self.draws}
        return {**known, **self.ranges}


def noise_controls(
    world: StreetMap,
    made: Reconstruction,
    rules: Rules,
    *,
    shares: Sequence[float] = SHARES,
    crossings: int = CROSSINGS,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> list[Noise]:
    """The controls for a reconstruction: one for each share, and the matched one.

    Random numbers depend on the seed, the share's place and the draw alone. Takes the memory
    of a map for each share and draw, and not that of the sequences. `progress` hears how many
    sequences are drawn, and how many there are.

    Raises InvalidParameter for shares outside 0 to 1 and fewer than 1 draws.
    """
    if draws < 1:
        raise InvalidParameter(f"expected 1 or more draws of noise, got {draws}")
    for share in shares:
        if not 0 <= share <= 1:
            raise InvalidParameter(f"expected shares of noise from 0 to 1, got {share:g}")
    world = world.with_unused_symbols()  # a pen slips to any of the eight labels
    formed = made.verdict != MALFORMED
    if not formed.any():
        return []
    prompts = made.prompt[formed]  # of malformed sequences nothing was drawn either
    pairs = joined_pairs(world, prompts, np.random.default_rng(_seeds(seed, "pairs")))
    valid = np.count_nonzero(made.verdict == VALID) / len(prompts)
    matched = matching_share(turns_of(world, pairs), float(valid))
    every = [*dict.fromkeys([*shares, matched])]
    pens = [
        _Pen(world, rules, share, _seeds(seed, "turns", place, draw))
        for place, share in enumerate(every)
        for draw in range(draws if share else 1)
    ]
    done = 0
    if progress is not None:
        progress(done, len(pairs))
    with ThreadPoolExecutor() as pool:  # the compiled loops need no lock
        for batch in true_ways(world, pairs):
            deque(pool.map(_Pen.add, pens, repeat(batch)), maxlen=0)
            done += len(batch)
            if progress is not None:
                progress(done, len(pairs))
    plane = Plane(world)
    scores = [(pen.share, score_of(pen.drawing.result(), plane, crossings)) for pen in pens]
    return [
        _summary(share, [score for of, score in scores if of == share], matched=share == matched)
        for share in every
    ]


class _Pen:
    """Draws one map from true sequences, and slips."""

    def __init__(
        self, world: StreetMap, rules: Rules, share: float, seed: np.random.SeedSequence
    ) -> None:
        self.share = share
        self.drawing = Drawing(world, rules)
        self._rng = np.random.default_rng(seed)

    def add(self, batch: SequenceBatch) -> None:
        """Draw some more sequences."""
        self.drawing.add(corrupted(batch, self.share, self._rng) if self.share else batch)


def corrupted(
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
    world: StreetMap, prompts: NDArray[np.int32], rng: np.random.Generator
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


def true_ways(world: StreetMap, pairs: NDArray[np.int64]) -> Iterator[SequenceBatch]:
    """The shortest ways of pairs that have one, as sequences, some thousand at a time."""
    for begin, end in _spans(world, len(pairs)):
        part = pairs[begin:end]
        symbols = np.empty((len(part) + 1) * LONGEST, dtype=np.int32)
        lengths = np.empty(len(part), dtype=np.int32)
        ways = world.routes.turns_to(part[:, 1], _MOST_TURNS)
        made, written = follow_ways(part, ways, world.turns, symbols, lengths)
        yield SequenceBatch.cut(symbols[:written], lengths[:made])


def turns_of(world: StreetMap, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
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


def _joined(world: StreetMap, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which pairs have a way: (pairs,)."""
    ways = world.routes.turns_to(pairs[:, 1], _MOST_TURNS)
    return ways.table[ways.row[pairs[:, 1]], pairs[:, 0]] > 0


def _spans(world: StreetMap, count: int) -> Iterator[tuple[int, int]]:
    """Numbers in parts whose destinations the map can keep the ways of."""
    size = min(_BLOCK, world.routes.most_destinations)
    for begin in range(0, count, size):
        yield begin, min(begin + size, count)


def _summary(share: float, scores: Sequence[Score], *, matched: bool) -> Noise:
    numbers = [score.numbers for score in scores]
    ranges = {name: _range([each[name] for each in numbers]) for name in numbers[0]}
    return Noise(share, matched, len(scores), ranges)


def _range(values: Sequence[float | None]) -> dict[str, float | None]:
    found = [value for value in values if value is not None]
    if not found:
        return {"mean": None, "low": None, "high": None}
    low, high = np.percentile(found, _RANGE).tolist()
    return {"mean": float(np.mean(found)), "low": low, "high": high}


def _seeds(seed: int, *words: str | int) -> np.random.SeedSequence:
    numbers = [zlib.crc32(word.encode()) if isinstance(word, str) else word for word in words]
    return np.random.SeedSequence([seed, zlib.crc32(b"reconstruction"), *numbers])
