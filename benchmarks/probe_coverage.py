"""Whether the intervals of a probe's accuracy and bits hold what they should.

    python -m benchmarks.probe_coverage [--sets 200] [--held-out 60] [--train 200 2000]

Hidden states are made up (benchmarks/probe_states.py). For every set the training walks, the
held-out walks, their order and the random weights are fresh ones, the code stays: what varies is
what the interval is about. The truth is the mean over all sets of the score on a great many other
walks. Printed for each kind of states: the truth, the share of sets whose interval holds it, that
share for the interval over held-out walks alone, and how much wider the first one is (median).
Shares of 0.93 to 0.98 are what 95 % intervals should have; their own error is about 0.015 with 200
sets.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from benchmarks.probe_states import MadeUp, setting, walks
from nerode.metrics.probe import probe as probing
from nerode.metrics.probe.scores import ProbeResult, ProbeTrial, Refits
from nerode.stats.estimate import Estimate

SCORES = ("accuracy", "bits")
STATES = (
    ("random code", 32, 1.0),
    ("random code", 32, 2.0),
    ("random code", 32, 4.0),
    ("entangled", 32, 1.0),
)
_MANY = 150
"""Walks on which each fit's true score is taken."""


@dataclass(frozen=True)
class Found:
    """One score of one set: its interval, that over held-out walks alone, the fit's own truth."""

    whole: Estimate
    held_out: Estimate
    truth: float


def found(code: str, width: int, noise: float, train: int, held_out: int, seed: int) -> list[Found]:
    """The scores of one set of walks, in the order of SCORES."""
    model: Any = MadeUp(code, width, noise)  # a model as far as a probe looks at it
    fresh = walks(held_out + _MANY, 3 * seed + 1)
    terms = setting(walks(train, 3 * seed + 2), fresh, seed)
    measured = probing.measure(terms, model, range(len(fresh)))
    trials = [trial for trial in measured if isinstance(trial, ProbeTrial)]
    trials.sort(key=lambda trial: trial.trial)
    part = probing.summarise(terms, trials[:held_out])
    none = Refits(right=[[]], bits=[[]])
    plain = [msgspec.structs.replace(trial, refits=none) for trial in trials[:held_out]]
    alone = probing.summarise(terms, plain)
    rest = probing.summarise(terms, trials[held_out:])
    return [
        Found(_of(part, score), _of(alone, score), _of(rest, score).value or 0.0)
        for score in SCORES
    ]


def _of(result: ProbeResult, score: str) -> Estimate:
    found: Estimate = getattr(result, score)["0"]
    return found


def _holds(estimate: Estimate, truth: float) -> bool:
    return (
        estimate.low is not None
        and estimate.high is not None
        and (estimate.low <= truth <= estimate.high)
    )


def _width(estimate: Estimate) -> float:
    return (estimate.high or 0.0) - (estimate.low or 0.0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--held-out", type=int, default=60)
    parser.add_argument("--train", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--steps", type=int, default=60)
    given = parser.parse_args()
    probing.STEPS, probing.POSITIONS = given.steps, 256
    print("states                     train  score     truth  held  held-out alone  wider")
    for code, width, noise in STATES:
        for train in given.train:
            sets = [
                found(code, width, noise, train, given.held_out, seed) for seed in range(given.sets)
            ]
            for at, score in enumerate(SCORES):
                each = [one[at] for one in sets]
                truth = float(np.mean([one.truth for one in each]))
                whole = np.mean([_holds(one.whole, truth) for one in each])
                alone = np.mean([_holds(one.held_out, truth) for one in each])
                wider = np.median([_width(one.whole) / _width(one.held_out) for one in each])
                print(
                    f"{code:12} {width} noise {noise:<4g}  {train:6}  {score:8} {truth:6.3f}"
                    f"  {whole:.3f}  {alone:.3f}           {wider:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
