"""The estimates of a record in rows, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nerode.metrics.best import best_value
from nerode.metrics.history_kinds import (
    ON_POLICY,
    UNIFORM,
    WORDS,
    is_on_policy,
    on_policy_name,
    plain_name,
    with_on_policy,
)
from nerode.stats.estimate import Difference, Estimate

Keys = tuple[str, ...]

_OF_PROBES = (
    "Bits of a probe: fewer are better, and none takes 0; beside them stand those of a probe "
    "without memory and of one that is given the true state. Its selectivity says yes or no alone"
)

DASH = "\N{EN DASH}"
"""What is shown for an undefined number; also joins the bounds of an interval."""

_GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "capability": ("Capability", {"accuracy": "accuracy"}),
    "next_symbol": ("Next symbol", {"legal": "legal"}),
    "traversal": (
        "Traversal",
        {
            "valid": "valid",
            "optimal": "optimal",
            "within_1": "within 1 %",
            "within_5": "within 5 %",
            "within_10": "within 10 %",
            "within_50": "within 50 %",
        },
    ),
    "compression": (
        "Compression",
        {
            "first_symbol": "first symbol",
            "precision": "precision",
            "disagreement": "disagreement",
        },
    ),
    "distinction": (
        "Distinction",
        {
            "precision": "precision",
            "recall": "recall",
            "unexpected": "unexpected",
            "confused": "confused",
            "end_recall": "recall of end",
        },
    ),
    "detours": ("Detours", {"random": "random", "adversarial": "adversarial"}),
    "reconstruction": (
        "Reconstruction",
        {
            "valid": "walkable",
            "given_up": "given up",
            "new": "new per symbol",
        },
    ),
    "probe": (
        "Probe",
        {
            "accuracy": "accuracy",
            "bits": "bits",
            "no_memory": "no memory",
            "true_state": "true state",
            "majority": "most common",
            "frequencies": "frequencies, bits",
            "control": "control",
            "selectivity": "selectivity",
        },
    ),
    "answers": ("Answers", {"yes": "share of yes"}),
}


OF_ALL_TOGETHER: tuple[Keys, ...] = (("reconstruction", "given_up"), ("reconstruction", "new"))
"""Scores of all sequences of a run together: they have no interval, whatever older records say."""
YES_NO_ALONE = ("probe", "selectivity")
"""A score of which only the sign means anything: it is never compared."""
_APART = {
    ("compression", "disagree_within"),
    ("compression", "slip"),
    ("detours", "replaced"),
    ("detours", "survival"),
}
"""Estimates that are no rows: nerode/report/figures/curves.py and dose.py show them."""

_UNDEFINED = Estimate(None, None, None, 0)


@dataclass(frozen=True)
class Row:
    """One metric: where it stands in a record (`path`) and how people call it."""

    path: Keys
    group: str
    label: str


def rows(metrics: Mapping[str, Any]) -> list[Row]:
    """One row per estimate, known groups first and in their order, then any other.

    Without what has a place of its own: the dose of detours, and where pairs first disagree.
    """
    known_names = with_on_policy(_GROUPS)
    names = [name for name in known_names if name in metrics]
    names += [name for name in metrics if name not in known_names]
    found: list[Row] = []
    for name in names:
        title, labels = _GROUPS.get(plain_name(name), (name.replace("_", " "), {}))
        title += _histories(name, metrics)
        paths = [
            path for path in _paths(metrics[name]) if (plain_name(name), path[0]) not in _APART
        ]
        known = [path for path in paths if path[0] in labels]
        known.sort(key=lambda path: list(labels).index(path[0]))
        other = [path for path in paths if path[0] not in labels]
        found += [Row((name, *path), title, _label(name, labels, path)) for path in known + other]
    return found


def _histories(metric: str, metrics: Mapping[str, Any]) -> str:
    """Which histories a metric read, where others were read beside them."""
    if is_on_policy(metric):
        return f", {WORDS[ON_POLICY]} histories"
    return f", {WORDS[UNIFORM]} histories" if on_policy_name(metric) in metrics else ""


def rows_of_all(*metrics: Mapping[str, Any]) -> list[Row]:
    """One row per estimate that any of these metrics has, in the order of `rows`."""
    tree: dict[str, Any] = {}
    for each in metrics:
        for row in rows(each):
            node = tree
            for key in row.path[:-1]:
                node = node.setdefault(key, {})
            node.setdefault(row.path[-1], _UNDEFINED.as_dict())
    return rows(tree)


def is_bits(path: Keys) -> bool:
    """Whether a score is counted in bits; all others are shares, or differences of shares."""
    return path[0] == "probe" and ("bits" in path or path[1:] == ("frequencies",))


def estimate_at(metrics: Mapping[str, Any], path: Keys) -> Estimate | None:
    """The estimate at a path; None where this model was not asked."""
    node: Any = metrics
    for key in path:
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    if not _is_estimate(node):
        return None
    estimate = Estimate.of(node)
    return replace(estimate, low=None, high=None) if path in OF_ALL_TOGETHER else estimate


def number(value: float | None) -> str:
    """A share with three decimals, a dash where undefined; only 0 and 1 themselves look so.

    One that may be negative (selectivity) is so with a minus sign.
    """
    if value is None:
        return DASH
    if value in (0, 1):
        return str(int(value))
    if value < 0:
        return f"\N{MINUS SIGN}{number(-value)}"
    rounded = f"{value:.3f}"
    return {"0.000": "<0.001", "1.000": ">0.999"}.get(rounded, rounded)


def interval(estimate: Estimate) -> str:
    """The 95 % interval as text; a dash where undefined, nothing where a number has none."""
    if estimate.low is None or estimate.high is None:
        return DASH if estimate.value is None else ""
    return f"{_bound(estimate.low)}{DASH}{_bound(estimate.high)}"


def _bound(value: float) -> str:
    bound = str(int(value)) if value in (0, 1) else f"{value:.3f}"
    return bound.replace("-", "\N{MINUS SIGN}")


def told(estimate: Estimate | None) -> str:
    """The number with its interval; a dash where undefined, nothing where not measured."""
    if estimate is None:
        return ""
    value = number(estimate.value)
    return value if estimate.low is None else f"{value} ({interval(estimate)})"


def signed(value: float | None) -> str:
    """A difference with its sign and three decimals; only 0 itself looks so."""
    if value is None:
        return DASH
    if value == 0:
        return "0"
    sign = "+" if value > 0 else "\N{MINUS SIGN}"
    return f"{sign}{number(abs(value))}"


def signed_interval(difference: Difference) -> str:
    """The 95 % interval of a difference; a dash where undefined."""
    if difference.low is None or difference.high is None:
        return DASH
    low, high = (
        f"{bound:+.3f}".replace("-", "\N{MINUS SIGN}")
        for bound in (difference.low, difference.high)
    )
    return f"{low} to {high}"


def p_told(p: float) -> str:
    """A p-value as text: `= 0.012`, `< 0.001` (also where it is 0), `> 0.999`, `= 1`."""
    told = number(max(p, 1e-9))  # no p-value is 0
    return f"{told[0]} {told[1:]}" if told[0] in "<>" else f"= {told}"


def perfect(shown: Sequence[Row]) -> str:
    """Which value of these rows is the best one: `1 is perfect, for disagreement 0`."""
    zero = list(
        dict.fromkeys(
            row.label for row in shown if best_value(row.path) == 0 and not is_bits(row.path)
        )
    )
    told = f"1 is perfect, for {and_(zero)} 0" if zero else "1 is perfect"
    told += ". " + _OF_PROBES if any(is_bits(row.path) for row in shown) else ""
    unexpected = ("distinction", "unexpected")
    neither = [row.label for row in shown if (plain_name(row.path[0]), *row.path[1:]) == unexpected]
    return f"{told}; of {neither[0]} no value is" if neither else told


def without_interval(shown: Sequence[Row]) -> str:
    """That some of these rows have no interval, and why; nothing where all have one."""
    names = [row.label for row in shown if row.path in OF_ALL_TOGETHER]
    if not names:
        return ""
    return f"No interval for {and_(names)}: of all sequences together, their number and order."


def and_(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def trials(estimate: Estimate) -> str:
    """How many trials stand behind an estimate and, if any, how many were skipped: `497 (+3)`."""
    return f"{estimate.n}" + (f" (+{estimate.skipped})" if estimate.skipped else "")


def share(probability: str) -> str:
    """A key of the detour curves as people write it: `0.01` is `1 %`."""
    try:
        return f"{100 * float(probability):g} %"
    except ValueError:
        return probability


def _label(metric: str, labels: Mapping[str, str], path: Keys) -> str:
    first = labels.get(path[0], path[0].replace("_", " "))
    if metric == "probe":
        return ", ".join([first, *(layer(key) for key in path[1:])])
    return " ".join([first, *(share(key) for key in path[1:])])


def layer(key: str) -> str:
    """A key of the probe's layers as people write it: `0` are the embeddings."""
    known = {"0": "embeddings", "last": "last layer", "accuracy": "accuracy", "bits": "bits"}
    return known.get(key, f"layer {key}")


def _is_estimate(node: Any) -> bool:
    return isinstance(node, Mapping) and "value" in node and "n" in node


def _paths(node: Mapping[str, Any]) -> Iterator[Keys]:
    for key, child in node.items():
        if _is_estimate(child):
            yield (key,)
        else:
            yield from ((key, *rest) for rest in _paths(child))
