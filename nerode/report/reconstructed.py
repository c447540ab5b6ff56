"""The terminal table of a reconstruction: its numbers, with those of mere noise beside them."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerode.report.record import Record
from nerode.report.rows import DASH
from nerode.report.table import plain
from nerode.sequences.text import UnreadableLine, in_words

_ROWS = (
    ("valid", "sequences valid as they are", "share"),
    ("given_up", "sequences given up", "share"),
    ("new", "new streets", "count"),
    ("new_per_1000", "  per 1,000 symbols", "rate"),
    ("impossible", "  that cannot exist", "count"),
    ("precision", "used streets that are true", "share"),
    ("recall", "true streets that are used", "share"),
)


def print_reconstruction(record: Record, console: Console) -> None:
    """What the sequences came to, then one column for them and one for each noise control."""
    found = record["reconstruction"]
    counts, score = found["counts"], found["score"]
    formed = counts["sequences"] - counts["malformed"]
    own = {
        **counts,
        "valid": counts["valid"] / formed if formed else None,
        "given_up": counts["given_up"] / formed if formed else None,
        "new_per_1000": score["new_per_1000"]["value"],
        "precision": score["precision"],
        "recall": score["recall"],
    }
    for line in _told(record):
        console.print(Text(plain(line)))
    if found.get("first_unreadable") is not None:
        first = UnreadableLine(**found["first_unreadable"])
        console.print(Text(plain(in_words(found["unreadable"], first))))
    console.print()
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("sequences", justify="right", style="bold")
    for noise in found["noise"]:
        matched = "\nas many valid" if noise["matched"] else ""
        table.add_column(f"noise {100 * noise['share']:.3g} %{matched}", justify="right")
    for key, label, kind in _ROWS:
        cells = [_number(own[key], kind)]
        cells += [_range(noise[key], kind) for noise in found["noise"]]
        table.add_row(label, *cells)
    console.print(table)
    if found["noise"]:
        note = "Noise: true sequences, that share of turns replaced; mean (95 % of draws)."
        console.print(Text(note, style="dim"))


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
    ]


def _listed(first: str, *others: str) -> str:
    return f"{first}: {', '.join(others)}"


def _number(value: float | None, kind: str) -> str:
    if value is None:
        return DASH
    return {"count": f"{value:,.0f}", "rate": f"{value:.2f}", "share": f"{value:.3f}"}[kind]


def _range(numbers: dict[str, Any], kind: str) -> str:
    """A mean with its range, where it has one."""
    mean, low, high = (_number(numbers[name], kind) for name in ("mean", "low", "high"))
    return mean if low == high else f"{mean} ({low}{DASH}{high})"
