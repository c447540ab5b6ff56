"""The terminal table of a reconstruction: its numbers, with those of mere noise beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerode.report.record.record import Record
from nerode.report.rows import DASH
from nerode.report.street_map.orders import GROW, called, growth, is_mean, per_street
from nerode.report.table import plain
from nerode.sequences.text import BadLine, in_words

_WIDE = 110
"""Columns from which on a mean and its range stand in one line."""
_RANGE = 11
"""Columns that a range takes."""
_ROWS = (
    ("valid", "valid as they are", "share"),
    ("given_up", "given up", "share"),
    ("new", "new streets", "count"),
    ("new_per_1000", "  per 1,000 symbols", "rate"),
    ("impossible", "  that cannot exist", "count"),
    ("precision", "used that are true", "share"),
    ("recall", "true that are used", "share"),
)


def print_reconstruction(record: Record, console: Console) -> None:
    """What the sequences came to: a column for them, for random orders, and for each noise."""
    found = record["reconstruction"]
    for line in _told(record):
        console.print(Text(plain(line)))
    if found.get("first_unreadable") is not None:
        first = BadLine(**found["first_unreadable"])
        console.print(Text(plain(in_words(found["unreadable"], first))))
    console.print()
    console.print(_table(found, wide=console.width >= _WIDE))
    for note in _notes(found):
        console.print(Text(note, style="dim"))


def _table(found: Mapping[str, Any], *, wide: bool) -> Table:
    """One row a number; where the numbers are means over orders, these are the sequences' own.

    `wide`: a mean and its range stand in one line.
    """
    own, orders = _own(found), found.get("orders", {})
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, int(wide), 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column(f"sequences\n{called(found)}", justify="right", style="bold")
    beside = [orders] if orders and not is_mean(found) else []
    if beside:
        name = f"{orders['draws']:,} random\norders"
        table.add_column(name, justify="right", min_width=_RANGE)
    for noise in found["noise"]:
        as_many = "\nas many valid" if noise["matched"] else ""
        least = _RANGE if noise["draws"] > 1 else None
        name = f"noise {100 * noise['share']:.3g} %{as_many}"
        table.add_column(name, justify="right", min_width=least)
    for key, label, kind in _ROWS:
        cells = [
            _range(orders[key], kind, wide=wide) if is_mean(found) else _number(own[key], kind)
        ]
        cells += [_range(column[key], kind, wide=wide) for column in (*beside, *found["noise"])]
        table.add_row(label, *cells)
    return table


def _own(found: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of the map that is drawn."""
    counts, score = found["counts"], found["score"]
    formed = counts["sequences"] - counts["malformed"]
    return {
        **counts,
        "valid": counts["valid"] / formed if formed else None,
        "given_up": counts["given_up"] / formed if formed else None,
        "new_per_1000": score["new_per_1000"]["value"],
        "precision": score["precision"],
        "recall": score["recall"],
    }


def _notes(found: Mapping[str, Any]) -> list[str]:
    """What the columns are, and how the numbers grow."""
    notes = []
    if found.get("orders") is not None:
        notes.append("Random orders: the same sequences; mean (95 % of orders).")
    if found["noise"]:
        notes.append("Noise: true sequences, that share of turns replaced; mean (95 % of draws).")
    steps = growth(found)
    if len(steps) > 1:
        each = ", ".join(f"{step.new} after {step.sequences}" for step in steps)
        notes.append(f"New streets: {each}.")
        notes.append(GROW)
    return notes


def _told(record: Record) -> list[str]:
    counts, parameters = record["reconstruction"]["counts"], record["reconstruction"]["parameters"]
    rules = f"degree {parameters['degree']} · {parameters['miles']:g} miles"
    return [
        " · ".join([f"{record['model']} on {record['world']}", rules]),
        _listed(
            f"{counts['sequences']:,} sequences",
            f"{counts['valid']:,} valid",
            f"{counts['illegal_step']:,} leave the streets",
            f"{counts['wrong_destination']:,} end elsewhere",
            f"{counts['malformed']:,} malformed",
        ),
        _listed(
            f"{counts['impossible']:,} of {counts['new']:,} new streets cannot exist",
            f"{counts['longer']:,} too long",
            f"{counts['off_bearing']:,} off their label",
            f"{counts['crossing']:,} across true streets",
        ),
        *filter(None, (per_street(record["reconstruction"]),)),
    ]


def _listed(first: str, *others: str) -> str:
    return f"{first}: {', '.join(others)}"


def _number(value: float | None, kind: str) -> str:
    if value is None:
        return DASH
    return {"count": f"{value:,.0f}", "rate": f"{value:.2f}", "share": f"{value:.3f}"}[kind]


def _range(numbers: dict[str, Any], kind: str, *, wide: bool) -> str:
    """A mean with its range, where it has one."""
    mean, low, high = (_number(numbers[name], kind) for name in ("mean", "low", "high"))
    if low == high:
        return mean
    return f"{mean} ({low}{DASH}{high})" if wide else f"{mean}\n{low}{DASH}{high}"
