"""The estimates of a record in rows, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nerode.metrics.history_kinds import ON_POLICY, UNIFORM, WORDS, is_on_policy, on_policy_name
from nerode.metrics.metric import Score
from nerode.report.described import KNOWN, Described, described, description, score_at
from nerode.stats.estimate import Difference, Estimate

Keys = tuple[str, ...]

DASH = "\N{EN DASH}"
"""What is shown for an undefined number; also joins the bounds of an interval."""

_UNDEFINED = Estimate(None, None, None, 0)


@dataclass(frozen=True)
class Row:
    """One score: where it stands in a record (`path`), how people call it, what is known of it."""

    path: Keys
    group: str
    label: str
    score: Score


def rows_of(record: Mapping[str, Any]) -> list[Row]:
    """One row per estimate of a record's model: see `rows`."""
    return rows(record["metrics"], described(record))


def rows(metrics: Mapping[str, Any], about: Described = KNOWN) -> list[Row]:
    """One row per estimate, metrics that are known first and in their order, then any other.

    Without what has a place of its own: the dose of detours, and where pairs first disagree.
    `about` has the metrics that records describe, too.
    """
    known = [name for each in about.values() for name in (each.name, on_policy_name(each.name))]
    names = [name for name in known if name in metrics]
    names += [name for name in metrics if name not in known]
    found: list[Row] = []
    for name in names:
        metric = description(name, about)
        title = metric.title + _histories(name, metrics)
        paths = sorted(_paths(metrics[name]), key=metric.place)
        scores = {path: metric.score(path) for path in paths}
        found += [
            Row((name, *path), title, score.label, score)
            for path, score in scores.items()
            if score.in_table
        ]
    return found


def _histories(metric: str, metrics: Mapping[str, Any]) -> str:
    """Which histories a metric read, where others were read beside them."""
    if is_on_policy(metric):
        return f", {WORDS[ON_POLICY]} histories"
    return f", {WORDS[UNIFORM]} histories" if on_policy_name(metric) in metrics else ""


def rows_of_all(*metrics: Mapping[str, Any], about: Described = KNOWN) -> list[Row]:
    """One row per estimate that any of these metrics has, in the order of `rows`."""
    tree: dict[str, Any] = {}
    for each in metrics:
        for row in rows(each, about):
            node = tree
            for key in row.path[:-1]:
                node = node.setdefault(key, {})
            node.setdefault(row.path[-1], _UNDEFINED.as_dict())
    return rows(tree, about)


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
    # Whatever older records say of a number of all trials together.
    without = not score_at(path).has_interval
    return replace(estimate, low=None, high=None) if without else estimate


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
    each = [(row.label, row.score) for row in shown]
    zero = [label for label, score in each if score.best == 0 and not score.reading]
    told = f"1 is perfect, for {and_(_once(zero))} 0" if zero else "1 is perfect"
    told += "".join(f". {reading}" for reading in _once(s.reading for _, s in each) if reading)
    neither = [label for label, score in each if score.best is None and not score.reference]
    return f"{told}; of {and_(_once(neither))} no value is" if neither else told


def without_interval(shown: Sequence[Row]) -> str:
    """That some of these rows have no interval, and why; nothing where all have one."""
    names = [row.label for row in shown if not row.score.has_interval]
    if not names:
        return ""
    return f"No interval for {and_(names)}: of all sequences together, their number and order."


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def and_(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def trials(estimate: Estimate) -> str:
    """How many trials stand behind an estimate and, if any, how many were skipped: `497 (+3)`."""
    return f"{estimate.n}" + (f" (+{estimate.skipped})" if estimate.skipped else "")


def _is_estimate(node: Any) -> bool:
    return isinstance(node, Mapping) and "value" in node and "n" in node


def _paths(node: Mapping[str, Any]) -> Iterator[Keys]:
    for key, child in node.items():
        if _is_estimate(child):
            yield (key,)
        else:
            yield from ((key, *rest) for rest in _paths(child))
