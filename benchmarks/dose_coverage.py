"""How often the intervals of the dose of detours hold the truth, on pools of real trials.

    nerode evaluate midtown noisy-oracle:0.01 --metrics detours --trials 1500 \\
        --baselines none --out runs/pool
    python benchmarks/dose_coverage.py runs/pool ...

The trials of a run are a pool whose own shares are the truth. Evaluations of n trials are drawn
from it, with replacement. A cell says how many intervals of an evaluation hold the truth, over the
evaluations in which the score is defined, and how many trials have a part in it on average.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nerode.metrics.detours import KINDS, SHARES
from nerode.metrics.dose import MET, Dose
from nerode.metrics.estimate import Estimate
from nerode.metrics.setting import Record

Keys = tuple[str, str, str]


def dose_of(records: list[Record]) -> Iterator[tuple[Keys, Estimate]]:
    """Every estimate of the dose of these trials."""
    dose = Dose(KINDS, tuple(SHARES))
    for record in records:
        dose.see(record)
    for name, found in (("survival", dose.survival(0)), ("replaced", dose.replaced(0))):
        for kind, members in found.items():
            yield from (((name, kind, key), each) for key, each in members.items())


def trials_with(pool: list[Record], keys: Keys) -> float:
    """Share of trials that have a part in a score."""
    name, kind, key = keys
    if name == "replaced":
        return 1.0
    least, most = MET[key]
    met = [[replaced for _, replaced in r["symbols"][kind].values()] for r in pool]
    inside = [any(least <= each and (most is None or each <= most) for each in m) for m in met]
    return float(np.mean(inside))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--trials", type=int, nargs="+", default=[20, 64, 200])
    parser.add_argument("--repeats", type=int, default=1000)
    options = parser.parse_args()
    for run in options.runs:
        lines = (run / "trials.jsonl").read_text(encoding="utf-8").splitlines()
        pool = [r for r in map(json.loads, lines) if r["metric"] == "detours" and "symbols" in r]
        truth = dict(dose_of(pool))
        print(f"\n| {run.name} | truth | {' | '.join(f'{n} trials' for n in options.trials)} |")
        print("|---" * (2 + len(options.trials)) + "|")
        cells: dict[Keys, list[str]] = {keys: [] for keys in truth}
        for trials in options.trials:
            rng = np.random.default_rng(trials)
            hits: dict[Keys, list[bool]] = {keys: [] for keys in truth}
            for _ in range(options.repeats):
                drawn = rng.integers(0, len(pool), trials)
                for keys, found in dose_of([pool[at] for at in drawn]):
                    if found.low is not None and found.high is not None:
                        hits[keys].append(found.low <= (truth[keys].value or 0.0) <= found.high)
            for keys, inside in hits.items():
                share = np.mean(inside) if inside else np.nan
                cells[keys].append(f"{share:.3f} ({trials * trials_with(pool, keys):.0f})")
        for keys, told in cells.items():
            print(f"| {' '.join(keys)} | {truth[keys].value:.4f} | {' | '.join(told)} |")


if __name__ == "__main__":
    main()
