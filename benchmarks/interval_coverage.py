"""How often every interval of a page holds the truth, and how wide it is, on pools of real trials.

    python -m benchmarks.interval_coverage --pools runs/pools              # tens of minutes
    python -m benchmarks.interval_coverage --pools runs/pools --quick      # minutes
    python -m benchmarks.interval_coverage --pools runs/pools --pages 1000
    python -m benchmarks.interval_coverage --pools runs/pools --methods

The trials of a pool are the whole population: its scores are the truth. Evaluations of n trials are
drawn from it, with replacement, and scored as a run is. A cell says how many intervals hold the
truth, and how wide they are on average over the ideal width: that of a normal interval whose
standard deviation is that of the score over all simulated evaluations. An asterisk: fewer than five
trials differ from the rest (n · min(mean, 1 - mean)), where the exact interval of a count is wider
and holds the truth more often, too.

On-policy pairs and chat are simulated by fresh evaluations (on_policy.py, chat.py), whose mean is
the truth. Under the table stands what else has an interval in real records, and why it has no row.
`--pages` counts pages of two runs of one model on which any score is called better or worse;
`--methods` shows other ways to make an interval.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.coverage_of import chat, listing, methods, on_policy, pages
from benchmarks.coverage_of.pools import OTHER_NOISE, POOLS, fill
from benchmarks.coverage_of.simulate import Table, drawn, pooled

SIZES = (20, 64, 200)
WORKERS = 2


@dataclass(frozen=True)
class Scale:
    """How much is done: trials of a pool, groups of on-policy pairs, evaluations of each size."""

    trials: int
    groups: int
    repeats: int
    chats: int


FULL, QUICK = Scale(2000, 100, 600, 300), Scale(500, 20, 100, 50)


def of_pool(folder: Path, at: int, metric: str, scale: Scale) -> list[Table]:
    evaluate, size = pooled(folder, POOLS[at], metric, scale.trials)
    return [drawn(evaluate, size, trials, scale.repeats) for trials in SIZES]


def of_groups(folder: Path, at: int, metric: str, scale: Scale) -> list[Table]:
    given = (folder, on_policy.GROUPS[at], metric, scale.groups)
    return [on_policy.simulated(*given, trials) for trials in SIZES]


def of_chat(world: str, scale: Scale) -> list[Table]:
    return [chat.simulated(world, scale.chats, trials) for trials in SIZES]


def filled(folder: Path, scale: Scale, *, equal: bool) -> None:
    """Measure what the folder lacks; `equal`: also the models that are equal in distribution."""
    for pool in (*POOLS, *([OTHER_NOISE] if equal else [])):
        for metric in pool.metrics:
            fill(folder, pool, metric, scale.trials)
    for pool in (*on_policy.GROUPS, *([on_policy.OTHER_PROMPTS] if equal else [])):
        for metric in pool.metrics:
            on_policy.fill(folder, pool, metric, scale.groups)


def tasks(folder: Path, scale: Scale) -> Iterator[tuple[str, Callable[[], list[Table]]]]:
    """The name of every pool, and how a part of its rows is simulated."""
    for at, pool in enumerate(POOLS):
        for metric in pool.metrics:
            yield pool.name, partial(of_pool, folder, at, metric, scale)
    for at, pool in enumerate(on_policy.GROUPS):
        for metric in pool.metrics:
            yield pool.name, partial(of_groups, folder, at, metric, scale)
    for name, world in chat.CHATS.items():
        yield name, partial(of_chat, world, scale)


def table(folder: Path, scale: Scale) -> None:
    filled(folder, scale, equal=False)
    todo = list(tasks(folder, scale))
    names: set[str] = set()
    print(f"\n| pool: estimate | truth | {' | '.join(f'{n} trials' for n in SIZES)} |")
    print("|---" * (2 + len(SIZES)) + "|")
    with ProcessPoolExecutor(WORKERS) as workers:
        given = [(pool, workers.submit(task)) for pool, task in todo]
        for pool, each in given:
            tables = each.result()
            rows = {name: None for found in tables for name in found}
            names |= rows.keys()
            for name in rows:
                cells = [str(found[name]) if name in found else "" for found in tables]
                truth = next(found[name].truth for found in reversed(tables) if name in found)
                print(f"| {pool}: {name} | {truth:.4f} | {' | '.join(cells)} |", flush=True)
    print("\nIntervals in records that have no row:")
    for path, why in listing.left_out(names):
        print(f"- {path}: {why}")


def of_pages(folder: Path, scale: Scale, count: int) -> None:
    filled(folder, scale, equal=True)
    todo = list(pages.kinds(folder, scale.trials, scale.groups, count))
    print(
        "\n| two runs of one model | trials | pages | scores | any mark | any interval without 0 |"
    )
    print("|---" * 6 + "|")
    with ProcessPoolExecutor(WORKERS) as workers:
        given = [(name, trials, workers.submit(each)) for name, trials, each in todo]
        for name, trials, each in given:
            found = each.result()
            shares = (found.marked / found.pages, found.uncorrected / found.pages)
            told = " | ".join(f"{share:.3f}" for share in shares)
            print(
                f"| {name} | {trials} | {found.pages} | {found.scores:.0f} | {told} |", flush=True
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pools", type=Path, required=True, help="folder of pools, kept")
    parser.add_argument("--quick", action="store_true", help="small pools, few evaluations")
    parser.add_argument("--pages", type=int, metavar="PAIRS", help="pages of two runs of one model")
    parser.add_argument("--methods", action="store_true", help="other methods beside ours")
    options = parser.parse_args()
    begun, scale = time.monotonic(), QUICK if options.quick else FULL
    if options.methods:
        filled(options.pools, scale, equal=False)
        methods.compare(options.pools, scale.trials, scale.repeats)
    elif options.pages:
        of_pages(options.pools, scale, options.pages)
    else:
        table(options.pools, scale)
    print(f"\n{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
