"""What the order and the number of sequences do to a reconstruction, and what no interval covers.

    nerode evaluate midtown nerode/checkpoints/midtown-shortest --metrics reconstruction \\
        --trials 16000 --baselines none --out runs/pool
    python benchmarks/reconstruction_orders.py midtown runs/pool

The first table walks the first 1,000 sequences in 400 random orders, as they stand, and with valid
ones first. The second cuts all of them, shuffled again and again, into disjoint sets: fresh
evaluations of one model. `spread` is the interval that the spread of sequences gives for the share
given up, as if these were independent: how many hold the mean over all sets, and how many pairs of
sets it calls different for certain. `valid` is the interval that nerode gives.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.reconstruction.algorithm import ReconstructedMap, Rules
from nerode.metrics.reconstruction.judge import MALFORMED, VALID
from nerode.metrics.reconstruction.order import Order
from nerode.metrics.reconstruction.walks import JudgedSequences
from nerode.runs import read_plain, read_trials
from nerode.sequences.batch import SequenceBatch
from nerode.stats.estimate import estimate, unpaired_difference
from nerode.worlds.registry import open_world
from nerode.worlds.streets.street_map import StreetMap

FIRST, ORDERS = 1000, 400
SIZES = (64, 200, 500, 1000, 2000)
SETS = 200
"""Fresh evaluations of each size."""
TWO: tuple[Order, ...] = ("given", "valid-first")


def pool(world: StreetMap, folder: Path) -> JudgedSequences:
    """The sequences that the model of a run wrote."""
    trials = [
        trial
        for (_, metric), trial in read_trials(folder, read_plain)
        if metric == "reconstruction"
    ]
    trials.sort(key=lambda trial: int(trial["trial"]))
    written = [world.encode(trial["sequence"]) for trial in trials if "sequence" in trial]
    return JudgedSequences.of(world, [SequenceBatch.of(written)], Rules())


def lost(made: ReconstructedMap) -> NDArray[np.bool_]:
    """Which of the well-formed sequences were given up."""
    given_up: NDArray[np.bool_] = made.gave_up[made.verdict != MALFORMED]
    return given_up


def orders(written: JudgedSequences, rng: np.random.Generator) -> None:
    """Print what the first sequences need in random orders, and in the two others."""
    first = np.arange(min(FIRST, len(written.batch)))
    maps = [written.draw_map("mean", rng, first) for _ in range(ORDERS)]
    print(
        f"{len(first):,} sequences, {ORDERS} random orders: min, 2.5 %, median, 97.5 %, max, mean"
    )
    for name in ("new", "given_up"):
        counts = np.array([made.counts[name] for made in maps])
        shown = [*np.percentile(counts, [0, 2.5, 50, 97.5, 100]), counts.mean()]
        as_given, valid_first = (
            written.draw_map(order, numbers=first).counts[name] for order in TWO
        )
        numbers = ", ".join(f"{number:.0f}" for number in shown)
        print(f"{name}: {numbers}; as they stand {as_given}, valid first {valid_first}")


def sets(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Numbers of disjoint sets of sequences, shuffled anew when all are used."""
    while True:
        shuffled = rng.permutation(count)
        for begin in range(0, count - size + 1, size):
            yield shuffled[begin : begin + size]


def coverage(written: JudgedSequences, rng: np.random.Generator) -> None:
    """Print how often intervals hold the mean over fresh sets of one model."""
    formed = written.verdict[written.verdict != MALFORMED]
    share = float((formed == VALID).mean())
    print("sequences, order: share given up; spread covers; pairs certain; valid covers")
    for size in (size for size in SIZES if 2 * size <= len(written.batch)):
        numbers = list(islice(sets(len(written.batch), size, rng), SETS))
        for order in TWO:
            maps = [written.draw_map(order, numbers=each) for each in numbers]
            told = [estimate(lost(made)) for made in maps]
            mean = float(np.mean([each.value for each in told]))
            valid = [estimate(made.verdict[made.verdict != MALFORMED] == VALID) for made in maps]
            certain = [
                unpaired_difference(one, other).certain
                for one, other in zip(told[::2], told[1::2], strict=True)
            ]
            print(
                f"{size:,}, {order}: {mean:.4f}; "
                f"{np.mean([holds(each.low, mean, each.high) for each in told]):.3f}; "
                f"{np.mean(certain):.2f}; "
                f"{np.mean([holds(each.low, share, each.high) for each in valid]):.3f}"
            )


def holds(low: float | None, value: float, high: float | None) -> bool:
    return low is not None and high is not None and low <= value <= high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("world", help="a street map")
    parser.add_argument("run", type=Path, help="a run with `reconstruction`")
    options = parser.parse_args()
    world = open_world(options.world)
    assert isinstance(world, StreetMap), "only street maps can be drawn"
    written = pool(world.with_unused_symbols(), options.run)
    orders(written, np.random.default_rng(0))
    coverage(written, np.random.default_rng(1))


if __name__ == "__main__":
    main()
