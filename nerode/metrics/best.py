"""Which value of each score is the best one, so that a difference can be better or worse.

The one place that says so: tables, marks and sentences follow it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nerode.metrics.history_kinds import plain_name

_BEST: Mapping[tuple[str, str], float | None] = {
    ("capability", "accuracy"): 1.0,
    ("next_symbol", "legal"): 1.0,
    ("traversal", "valid"): 1.0,
    ("traversal", "optimal"): 1.0,
    ("traversal", "within_1"): 1.0,
    ("traversal", "within_5"): 1.0,
    ("traversal", "within_10"): 1.0,
    ("traversal", "within_50"): 1.0,
    ("compression", "precision"): 1.0,
    ("compression", "disagreement"): 0.0,
    ("compression", "first_symbol"): 1.0,
    ("distinction", "precision"): 1.0,
    ("distinction", "recall"): 1.0,
    ("distinction", "confused"): 0.0,
    ("distinction", "end_recall"): 1.0,
    ("detours", "random"): 1.0,
    ("detours", "adversarial"): 1.0,
    ("reconstruction", "valid"): 1.0,
    ("reconstruction", "given_up"): 0.0,
    ("reconstruction", "new"): 0.0,
    ("probe", "accuracy"): 1.0,
    ("probe", "bits"): 0.0,
    # What the probe is held against: how well shuffled classes can be learned, how common classes
    # are, what it reads off without a model. A model is neither better nor worse for them.
    ("probe", "control"): None,
    ("probe", "majority"): None,
    ("probe", "frequencies"): None,
    ("probe", "no_memory"): None,
    ("probe", "true_state"): None,
    # It says yes or no: states with more noise in them can have more of it.
    ("probe", "selectivity"): None,
    # How much a model does not expect is a matter of its habits: a perfect map of somebody who goes
    # the shortest ways leaves most of what is legal out.
    ("distinction", "unexpected"): None,
}


def best_value(path: Sequence[str]) -> float | None:
    """The best value of the score at a path of a record's metrics: 1.0 or 0.0.

    None where no value is better than another, and for scores that are not known here.

    >>> best_value(("compression", "disagreement"))
    0.0
    """
    metric, *names = path
    return _BEST.get((plain_name(metric), names[0])) if names else None
