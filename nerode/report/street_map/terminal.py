"""The terminal table of a reconstruction: its numbers, with those of mere noise beside them."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, structs
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerode.errors import InvalidParameter
from nerode.report.rows import DASH
from nerode.report.street_map.orders import (
    GROW,
    growth,
    means_of,
    order_in_words,
    other_orders,
    own_numbers,
    per_street,
)
from nerode.report.table import plain
from nerode.schema.reconstruction import Reconstruction, Spread, Spreads
from nerode.schema.record import Record
from nerode.sequences.text import BadLine, in_words

_WIDE = 110
"""Columns from which on a mean and its range stand in one line."""
_RANGE = 11
"""Columns that a range takes."""
_ROWS: tuple[tuple[Callable[[Spreads], Spread], str, str], ...] = (
    (lambda numbers: numbers.valid, "valid as they are", "{:.3f}"),
    (lambda numbers: numbers.given_up, "given up", "{:.3f}"),
    (lambda numbers: numbers.new, "new streets", "{:,.0f}"),
    (lambda numbers: numbers.new_per_1000, "  per 1,000 symbols", "{:.2f}"),
    (lambda numbers: numbers.impossible, "  that cannot exist", "{:,.0f}"),
    (lambda numbers: numbers.precision, "used that are true", "{:.3f}"),
    (lambda numbers: numbers.recall, "true that are used", "{:.3f}"),
)
"""Which number, its label, and how it is written."""


def print_reconstruction(record: Record, console: Console) -> None:
    """What the sequences came to: a column for them, for random orders, and for each noise.

    Raises InvalidParameter for a record without a reconstruction.
    """
    reconstruction = record.reconstruction
    if reconstruction is UNSET:
        message = f"expected a record with a reconstruction, got one of {record.model} without"
        raise InvalidParameter(message)
    for line in _summary(record, reconstruction):
        console.print(Text(plain(line)))
    if reconstruction.first_unreadable:
        first = BadLine(**structs.asdict(reconstruction.first_unreadable))
        console.print(Text(plain(in_words(reconstruction.unreadable or 0, first))))
    console.print()
    console.print(_table(reconstruction, wide=console.width >= _WIDE))
    for note in _notes(reconstruction):
        console.print(Text(note, style="dim"))


def _table(reconstruction: Reconstruction, *, wide: bool) -> Table:
    """One row a number; where the numbers are means over orders, these are the sequences' own.

    `wide`: a mean and its range stand in one line.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, int(wide), 0, 0))
    table.add_column("", no_wrap=True)
    name = f"sequences\n{order_in_words(reconstruction)}"
    table.add_column(name, justify="right", style="bold")
    columns = [means_of(reconstruction) or own_numbers(reconstruction)]
    orders = other_orders(reconstruction)
    if orders:
        name = f"{orders.draws:,} random\norders"
        table.add_column(name, justify="right", min_width=_RANGE)
        columns.append(orders)
    for noise in reconstruction.noise:
        as_many = "\nas many valid" if noise.matched else ""
        least = _RANGE if noise.draws > 1 else None
        name = f"noise {100 * noise.share:.3g} %{as_many}"
        table.add_column(name, justify="right", min_width=least)
        columns.append(noise)
    for number_in, label, form in _ROWS:
        table.add_row(label, *(_range(number_in(each), form, wide=wide) for each in columns))
    return table


def _notes(reconstruction: Reconstruction) -> list[str]:
    """What the columns are, and how the numbers grow."""
    notes = []
    if reconstruction.orders:
        notes.append("Random orders: the same sequences; mean (95 % of orders).")
    if reconstruction.noise:
        notes.append("Noise: true sequences, that share of turns replaced; mean (95 % of draws).")
    rows = growth(reconstruction)
    if len(rows) > 1:
        each = ", ".join(f"{row.new} after {row.sequences}" for row in rows)
        notes.append(f"New streets: {each}.")
        notes.append(GROW)
    return notes


def _summary(record: Record, reconstruction: Reconstruction) -> list[str]:
    """What was asked for, and what became of the sequences and of the new streets."""
    counts, parameters = reconstruction.counts, reconstruction.parameters
    rules = f"degree {parameters.degree} · {parameters.miles:g} miles"
    return [
        " · ".join([f"{record.model} on {record.world}", rules]),
        _listed(
            f"{counts.sequences:,} sequences",
            f"{counts.valid:,} valid",
            f"{counts.illegal_step:,} leave the streets",
            f"{counts.wrong_destination:,} end elsewhere",
            f"{counts.malformed:,} malformed",
        ),
        _listed(
            f"{counts.impossible:,} of {counts.new:,} new streets cannot exist",
            f"{counts.longer:,} too long",
            f"{counts.off_bearing:,} off their label",
            f"{counts.crossing:,} across true streets",
        ),
        *filter(None, (per_street(reconstruction),)),
    ]


def _listed(first: str, *others: str) -> str:
    return f"{first}: {', '.join(others)}"


def _range(numbers: Spread, form: str, *, wide: bool) -> str:
    """A mean with its range, where it has one."""
    if numbers.mean is None:
        return DASH
    mean, low, high = (form.format(each) for each in (numbers.mean, numbers.low, numbers.high))
    if low == high:
        return mean
    return f"{mean} ({low}{DASH}{high})" if wide else f"{mean}\n{low}{DASH}{high}"
