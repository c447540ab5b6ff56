"""How far an evaluation spreads: 1 to 1,000 workers, simulated from measured rates.

    python benchmarks/scale.py [--seed N]

The model is docs/scale.md's: blocks of trials that take about as long as each other, a share of
workers that are slow, workers that are lost, a driver that takes one result after the other, and
the time that a worker needs to open model and sequences. Efficiency is the time that the trials
alone take, divided by what all workers together spend.
"""

from __future__ import annotations

import argparse
import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Cluster:
    """What is measured, and what is assumed. Times are in seconds."""

    workers: int
    block: float
    """One block on a worker of usual speed."""
    blocks: int
    start: float = 5.0
    """Until a new worker has opened world, model and sequences."""
    driver: float = 1 / 500
    """What the driver needs for one result."""
    spread: float = 0.3
    """Standard deviation of a block's time, as a share of it."""
    slow: float = 0.01
    """Share of workers that take `slowness` times as long."""
    slowness: float = 5.0
    between_losses: float = 24 * 3600.0
    """Mean time until a worker is lost; its block is measured again."""


@dataclass(frozen=True)
class Outcome:
    """How an evaluation went."""

    seconds: float
    efficiency: float
    lost: int
    """Blocks that were measured again."""
    driver_share: float
    """Share of the time in which the driver was busy."""


def simulated(cluster: Cluster, seed: int) -> Outcome:
    """One evaluation, block by block: a worker that is done waits for the driver, and goes on."""
    rng = np.random.default_rng(seed)
    slow = rng.random(cluster.workers) < cluster.slow
    pace = np.where(slow, cluster.slowness, 1.0) * cluster.block
    sigma = math.sqrt(math.log1p(cluster.spread**2))
    left, lost, free = cluster.blocks, 0, 0.0
    # Events: when which worker asks for a block, having one to hand in or none.
    events = [(cluster.start, worker, False) for worker in range(cluster.workers)]
    heapq.heapify(events)
    done, end = 0, 0.0
    while done < cluster.blocks:
        now, worker, has_block = heapq.heappop(events)
        if has_block:
            free = max(free, now) + cluster.driver
            done, now = done + 1, free
            end = free
        if not left:
            continue
        left -= 1
        takes = pace[worker] * rng.lognormal(-(sigma**2) / 2, sigma)
        if rng.random() < -math.expm1(-takes / cluster.between_losses):
            left, lost = left + 1, lost + 1
            heapq.heappush(events, (now + takes * rng.random() + cluster.start, worker, False))
        else:
            heapq.heappush(events, (now + takes, worker, True))
    work = cluster.blocks * cluster.block
    return Outcome(end, work / (end * cluster.workers), lost, cluster.blocks * cluster.driver / end)


def table(
    trials: int, rate: float, sizes: Sequence[int], workers: Sequence[int], seed: int
) -> list[str]:
    """Efficiencies by number of workers and size of blocks, as a Markdown table.

    `rate` are trials a second of one worker.
    """
    lines = ["| workers | " + " | ".join(f"{size} trials a block" for size in sizes) + " |"]
    lines.append("|---" * (1 + len(sizes)) + "|")
    for count in workers:
        cells = []
        for size in sizes:
            blocks = -(-trials // size)
            found = simulated(Cluster(count, size / rate, blocks), seed)
            cells.append(f"{found.efficiency:.0%}, {_time(found.seconds)}")
        lines.append(f"| {count:,} | " + " | ".join(cells) + " |")
    return lines


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def main() -> None:
    """Print the tables of docs/scale.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    workers, sizes = (1, 10, 100, 300, 1000), (32, 256, 2048)
    for trials, rate in ((1_000_000, 25.0), (1_000_000, 1000.0)):
        print(f"\n{trials:,} trials, {rate:g} trials/s of one worker\n")
        print("\n".join(table(trials, rate, sizes, workers, seed)))
    print("\nThe driver's share of the time, 1,000 workers, 1,000 trials/s each, and what is lost")
    base = Cluster(1000, 0.256, 100_000)
    cases = {
        "as measured": base,
        "blocks of 32": replace(base, block=0.032, blocks=800_000),
        "a worker lost every hour": replace(base, between_losses=3600.0),
        "one worker in ten slow": replace(base, slow=0.1),
    }
    for name, cluster in cases.items():
        found = simulated(cluster, seed)
        print(
            f"  {name}: efficiency {found.efficiency:.0%}, driver busy {found.driver_share:.0%}, "
            f"{found.lost} blocks measured again"
        )


if __name__ == "__main__":
    main()
