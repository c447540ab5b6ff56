"""What orders hidden states by their noise: bits do, accuracy is 1 for many, selectivity does not.

    python -m benchmarks.probe_noise [--seeds 1] [--widths 48]

Made-up hidden states (benchmarks/probe_states.py) of each code, with noise of rising scale. One
row for each code, width, seed and score, one column for each noise.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from benchmarks.probe_states import CODES, MadeUp, setting, walks
from nerode.metrics.probe import probe as probing

NOISE = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0)
SCORES = ("accuracy", "selectivity", "bits")


def main() -> None:
    """Print the table, and of how many rows each score is in order."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--widths", type=int, nargs="+", default=[48])
    given = parser.parse_args()
    probing.STEPS, probing.POSITIONS = 150, 256
    print(f"{'noise':30}", *(f"{noise:>6g}" for noise in NOISE))
    ordered: dict[str, list[bool]] = {score: [] for score in SCORES}
    rows = [(c, w, s) for c in CODES for w in given.widths for s in range(given.seeds)]
    for code, width, seed in rows:
        terms = setting(walks(2000, 7 * seed + 1), walks(100, 7 * seed + 2), seed)
        found: dict[str, list[float]] = {score: [] for score in SCORES}
        for noise in NOISE:
            model: Any = MadeUp(code, width, noise, seed)
            result = probing.PROBE.run(terms, model)
            for score in SCORES:
                found[score].append(getattr(result, score)["0"].value)
        for score, values in found.items():
            print(f"{code:11} {width:3} {seed} {score:12}", *(f"{v:6.3f}" for v in values))
            steps = np.diff(values) * (1 if score == "bits" else -1)
            ordered[score].append(bool((steps > 0).all()))
    for score, each in ordered.items():
        print(f"{score}: strictly in order in {sum(each)} of {len(each)}")


if __name__ == "__main__":
    main()
