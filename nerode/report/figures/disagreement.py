"""Where pairs first disagree, and how often a model slips, in figures and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nerode.report.figures.figures import Figure, Line, banded, layout, named, quiet
from nerode.report.rows import Metrics
from nerode.report.verdict import percent
from nerode.schema.record import Record
from nerode.stats.estimate import Estimate

_METRIC = "compression"
_LINE = Line("this model", 1, "solid", "circle")
_FEW = 10
"""Below so many symbols a rate is written with a decimal."""


def within(metrics: Metrics) -> dict[str, Estimate]:
    """Share of pairs that are known to disagree, by the number of symbols; empty where unknown."""
    return _nested(metrics, "disagree_within")


def slips(metrics: Metrics) -> dict[str, Estimate]:
    """Slips per symbol, by the length of continuations; empty where nobody counted."""
    return _nested(metrics, "slip")


def _nested(metrics: Metrics, name: str) -> dict[str, Estimate]:
    group = metrics[_METRIC].group(name) if _METRIC in metrics else {}
    return {key: each for key, each in group.items() if each.n}


def within_figure(
    record: Record,
) -> tuple[Figure, list[str], dict[str, list[Estimate]]] | None:
    """Curves over the number of symbols, these numbers, and every curve's estimates by name.

    The baselines are grey. None where it is not known where pairs first disagree.
    """
    found = within(record.metrics)
    if not found:
        return None
    symbols, values = list(found), list(found.values())
    data, names, columns = [], {}, {_LINE.name: values}
    for name, metrics in record.baselines.items():
        baseline = within(metrics)
        if list(baseline) != symbols:
            continue
        columns[name] = list(baseline.values())
        data.append(quiet(name, symbols, columns[name]))
        names[name.replace(":", " ")] = ("var(--quiet)", columns[name])
    data += banded(_LINE, symbols, values)
    names[_LINE.name] = (_LINE.color, values)
    frame = layout("symbols after the histories", "pairs known to disagree", named(names))
    frame["xaxis"] |= {"type": "category"}
    return {"data": data, "layout": frame}, symbols, columns


def within_sentence(metrics: Metrics) -> str:
    """The shares of pairs in a line for the terminal; nothing where they are not known."""
    found = within(metrics)
    if not found:
        return ""
    some = ("1", "5", "20", list(found)[-1])
    shown = [symbols for symbols in found if symbols in some]
    shares = ", ".join(percent(found[symbols].value or 0.0) for symbols in shown)
    return f"Pairs known to disagree within {', '.join(shown)} symbols: {shares}."


def slips_sentence(metrics: Metrics) -> str:
    """Which perfect map is as incoherent as the model; nothing where nobody counted.

    A model whose rate is clearly another on short continuations than on long ones is like no map
    that slips everywhere alike: then the rates of all lengths are named.
    """
    found = slips(metrics)
    if not found:
        return ""
    *_, all_ = found.values()
    if _changes(found):
        each = "; ".join(f"{once(rate)} within {length}" for length, rate in found.items())
        return f"Slips: {each}. The rate is not constant, so that each holds for its length only."
    if not all_.value:
        return f"Symbol for symbol as coherent as a perfect map that slips {once(all_)}."
    return f"Symbol for symbol as incoherent as a perfect map that slips {once(all_)}."


def once(rate: Estimate) -> str:
    """A rate in words: `once in 1,234 symbols (900 to 1,700)`, with the 95 % interval."""
    most = _symbols(rate.high)
    if not rate.value:
        return f"less than once in {most} symbols"
    between = f"{most} to {_symbols(rate.low)}" if rate.low else f"{most} or more"
    return f"once in {_symbols(rate.value)} symbols ({between})"


def _symbols(rate: float | None) -> str:
    symbols = 1 / (rate or 1.0)
    return f"{symbols:,.0f}" if symbols >= _FEW else f"{symbols:.1f}"


def _changes(rates: Mapping[str, Estimate]) -> bool:
    """Whether the rates of two lengths are clearly apart: their intervals have nothing in common.

    They share trials, so that this is careful.
    """
    highest_low: float = max(rate.low or 0.0 for rate in rates.values())
    lowest_high: float = min(rate.high or 0.0 for rate in rates.values())
    return highest_low > lowest_high


def slips_of_runs(names: Sequence[str], records: Sequence[Record]) -> str:
    """How often each of several runs slips, in words; nothing where fewer than two say.

    No difference is tested: where a rate is not constant, it is that of its length only.
    """
    each = []
    for name, record in zip(names, records, strict=True):
        found = slips(record.metrics)
        if found:
            *_, length = found
            apart = ", not at a constant rate" if _changes(found) else ""
            each.append(f"{name} {once(found[length])} within {length}{apart}")
    return f"Slips: {'; '.join(each)}." if len(each) > 1 else ""
