"""The estimates of a record in rows, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nerode.metrics.history_kinds import ON_POLICY, UNIFORM, WORDS, is_on_policy, on_policy_name
from nerode.metrics.metric import Score, ScorePath
from nerode.report.descriptions import KNOWN, Descriptions, description, descriptions, score_at
from nerode.schema.record import Record
from nerode.schema.scores import Scores
from nerode.stats.estimate import Difference, Estimate

Metrics = Mapping[str, Scores]
"""Estimates by metric and score: of a record's model, or of a baseline."""

DASH = "\N{EN DASH}"
"""What is shown for an undefined number; also joins the bounds of an interval."""


@dataclass(frozen=True)
class Row:
    """One score: where it stands in a record (`path`), how people call it, what is known of it."""

    path: ScorePath
    group: str
    label: str
    score: Score


def rows_of(record: Record) -> list[Row]:
    """One row per estimate of a record's model: see `rows`."""
    return rows(record.metrics, descriptions(record))


def rows(metrics: Metrics, about: Descriptions = KNOWN) -> list[Row]:
    """One row per estimate, metrics that are known first and in their order, then any other.

    Without what has a place of its own: the dose of detours, and where pairs first disagree.
    `about` has the metrics that records describe, too.
    """
    return rows_of_all(metrics, about=about)


def rows_of_all(*models: Metrics, about: Descriptions = KNOWN) -> list[Row]:
    """One row per estimate that any of these models has, in the order of `rows`."""
    paths_of: dict[str, dict[ScorePath, None]] = {}
    for metrics in models:
        for name in _in_order(metrics, about):
            paths_of.setdefault(name, {}).update(
                (path, None) for path, _ in metrics[name].items_at()
            )
    return [
        row
        for name in _in_order(paths_of, about)
        for row in _rows(name, _grouped(paths_of[name]), paths_of, about)
    ]


def _grouped(paths: Iterable[ScorePath]) -> list[ScorePath]:
    """Paths with those that begin alike in a row, otherwise in their order."""
    first: dict[ScorePath, int] = {}
    there = [(path, [path[:end] for end in range(1, len(path) + 1)]) for path in paths]
    for _, beginnings in there:
        for beginning in beginnings:
            first.setdefault(beginning, len(first))
    return [path for path, _ in sorted(there, key=lambda each: [first[b] for b in each[1]])]


def _in_order(names: Iterable[str], about: Descriptions) -> list[str]:
    known = [name for each in about.values() for name in (each.name, on_policy_name(each.name))]
    there = list(names)
    return [*(name for name in known if name in there), *(n for n in there if n not in known)]


def _rows(
    metric: str, paths: Iterable[ScorePath], measured: Collection[str], about: Descriptions
) -> list[Row]:
    known = description(metric, about)
    title = known.title + _histories(metric, measured)
    scores = {path: known.score(path) for path in sorted(paths, key=known.place)}
    return [
        Row((metric, *path), title, score.label, score)
        for path, score in scores.items()
        if score.in_table
    ]


def _histories(metric: str, measured: Collection[str]) -> str:
    """Which histories a metric read, where others were read beside them."""
    if is_on_policy(metric):
        return f", {WORDS[ON_POLICY]} histories"
    return f", {WORDS[UNIFORM]} histories" if on_policy_name(metric) in measured else ""


def estimate_at(metrics: Metrics, path: ScorePath) -> Estimate | None:
    """The estimate at a path; None where this model was not asked."""
    metric, *names = path
    estimate = metrics[metric].find(names) if metric in metrics else None
    if estimate is None or score_at(path).has_interval:
        return estimate
    # Whatever older records say of a number of all trials together.
    return replace(estimate, low=None, high=None)


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


def with_interval(estimate: Estimate | None) -> str:
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


def p_text(p: float) -> str:
    """A p-value as text: `= 0.012`, `< 0.001` (also where it is 0), `> 0.999`, `= 1`."""
    text = number(max(p, 1e-9))  # no p-value is 0
    return f"{text[0]} {text[1:]}" if text[0] in "<>" else f"= {text}"


def perfect(shown: Sequence[Row]) -> str:
    """Which value of these rows is the best one: `1 is perfect, for disagreement 0`."""
    each = [(row.label, row.score) for row in shown]
    zero = [label for label, score in each if score.best == 0 and not score.reading]
    text = f"1 is perfect, for {and_(_once(zero))} 0" if zero else "1 is perfect"
    text += "".join(f". {reading}" for reading in _once(s.reading for _, s in each) if reading)
    neither = [label for label, score in each if score.best is None and not score.reference]
    return f"{text}; of {and_(_once(neither))} no value is" if neither else text


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
