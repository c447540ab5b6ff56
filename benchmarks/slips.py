"""Whether the rate of slips compares: noisy oracles, whose rate is known, under many settings.

    python benchmarks/slips.py midtown othello:size=6 connect-four cayley:n=5

A noisy oracle slips after a share p of all histories, so the rate that compression finds should be
p (1 - p) in every world, for continuations of any length and number. A row is one world, p, length
and number M of continuations after either history. Its trials are about many noisy oracles, each
with a seed of its own, so that no row hangs on a single set of slips. "found / p" comes with its
95 % interval; disagreement and precision stand beside it. "Holds" is the share of intervals that
hold the rate of all trials of the row, where 64 or 200 of them are drawn with replacement, of rows
with M = 10.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import COMPRESSION, CompressionResult, CompressionTrial
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import NoisyOracle
from nerode.schema.trial import SkippedTrial
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.histories import uniform_histories
from nerode.worlds.registry import open_world
from nerode.worlds.world import World

NOISES = (1 / 200, 1 / 500, 1 / 2000)
LENGTHS = (5, 20, 100)
SAMPLES = (1, 10, 30)
A_MODEL = 20
"""Trials about one noisy oracle before the next one's turn."""
DRAWN = (64, 200)

_Trial = CompressionTrial | SkippedTrial


def trials_of(setting: Setting, world: World[Any], noise: float) -> Iterator[_Trial]:
    """All trials of a setting, about one noisy oracle after the other."""
    for start in range(0, setting.trials, A_MODEL):
        some = range(start, min(start + A_MODEL, setting.trials))
        yield from COMPRESSION.measure(setting, NoisyOracle(world, noise, seed=start), some)


def holds(
    setting: Setting, pool: Sequence[_Trial], trials: int, truth: float, repeats: int
) -> float:
    """Share of intervals of so many trials out of the pool that hold the truth."""
    rng = np.random.default_rng(trials)
    inside = []
    for _ in range(repeats):
        drawn = [pool[at] for at in rng.integers(0, len(pool), trials)]
        found = COMPRESSION.summarise(setting, drawn).slip[str(setting.length)]
        assert found.low is not None
        assert found.high is not None
        inside.append(found.low <= truth <= found.high)
    return float(np.mean(inside))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("worlds", nargs="+")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--samples", type=int, nargs="+", default=SAMPLES)
    options = parser.parse_args()
    head = "world | p | length | M | precision | disagreement | found / p | holds (64) | (200)"
    print(f"| {head} |\n{'|---' * 9}|")
    for name in options.worlds:
        world = open_world(name)
        plain = Setting(
            world,
            uniform_histories(world),
            SequenceBatch.of([]),
            Acceptance(curve=()),
            trials=options.trials,
        )
        for noise, length, samples in product(NOISES, LENGTHS, options.samples):
            setting = replace(plain, length=length, samples=samples)
            pool = [r for r in trials_of(setting, world, noise) if not isinstance(r, SkippedTrial)]
            result = COMPRESSION.summarise(setting, pool)
            assert isinstance(result, CompressionResult)
            found = result.slip[str(length)]
            low, mid, high = (
                (bound or 0.0) / noise for bound in (found.low, found.value, found.high)
            )
            truth = found.value or 0.0
            covered = [
                f"{holds(setting, pool, n, truth, options.repeats):.3f}" if samples == 10 else ""
                for n in DRAWN
            ]
            cells = (
                name,
                f"1/{1 / noise:.0f}",
                length,
                samples,
                f"{result.precision.value:.3f}",
                f"{result.disagreement.value:.4f}",
                f"{mid:.2f} ({low:.2f} to {high:.2f})",
                *covered,
            )
            print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
