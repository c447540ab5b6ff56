"""A reconstruction in words and numbers: one sentence, its score, its strangest streets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from nerode.report.rows import DASH
from nerode.report.street_map.orders import (
    against_slips,
    counts_of,
    ended_of,
    given_up,
    in_words,
    matched,
    means_of,
    order_in_words,
    other_orders,
    own_numbers,
    spread,
)
from nerode.schema.reconstruction import Counts, NoiseControl, Reconstruction, Spread, Spreads

Write = Callable[[float], str]

UNIT = " %"
_STRANGEST = 8


@dataclass(frozen=True)
class ScoreCell:
    """A number and, in small print, what goes with it."""

    value: str
    aside: str = ""


@dataclass(frozen=True)
class ScoreRow:
    """One number of the model and of each noise control."""

    label: str
    aside: str
    cells: tuple[ScoreCell, ...]


@dataclass(frozen=True)
class ScoreTable:
    """The score of one run: its own column first, then the noise controls'."""

    columns: tuple[ScoreCell, ...]
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True)
class StreetRow:
    """One invented street, in words; `number` is its place among the run's streets."""

    number: int
    label: str
    start: str
    end: str
    metres: str
    uses: int
    why: str


def sentence(reconstruction: Reconstruction) -> str:
    """What had to be invented, and what mere noise would have needed."""
    counts = counts_of(reconstruction)
    new, bad, lost = counts.new, counts.impossible, given_up(counts)
    every = ended_of(counts)
    if counts.malformed:
        its = f"the {every:,} of its {counts.sequences:,} sequences that ended"
    else:
        its = f"its {every:,} sequences"
    if not every:
        text = f"None of its {counts.sequences:,} sequences ended"
    elif new:
        streets = "1 street" if new == 1 else f"{new:,} streets"
        text = f"To make {its} walkable, {streets} had to be invented{_in_orders(reconstruction)}"
        text += f", {bad:,} of which cannot exist" if bad else ", none of which is impossible"
        text += f"; even so {lost}" if lost else ""
    elif lost:
        text = f"For {its} no street was invented: {lost}"
    else:
        text = f"{its[0].upper()}{its[1:]} needed no street that is not there"
    return f"{text}.{_against_noise(reconstruction)}"


def _in_orders(reconstruction: Reconstruction) -> str:
    """What order does to the number of new streets; nothing where that is not known."""
    orders = reconstruction.orders
    if orders is UNSET or orders.new.mean is None:
        return ""
    if means_of(reconstruction) is not None:
        aside = _range(orders.new, _whole)
        return f" on average ({aside} in {orders.draws:,} random orders)"
    return f" (in random orders {in_words(orders.new)})"


def _against_noise(reconstruction: Reconstruction) -> str:
    control = matched(reconstruction)
    if control is None:
        return ""
    needs = spread(control.new)
    text = f" Mere noise with as many valid sequences needs {needs}."
    verdict = against_slips(reconstruction)
    return f"{text} {verdict}" if verdict else text


def score_table(reconstruction: Reconstruction) -> ScoreTable:
    """The table of one run's numbers with its noise controls, the matched one first."""
    means, orders = means_of(reconstruction), other_orders(reconstruction)
    controls = sorted(reconstruction.noise, key=lambda noise: (not noise.matched, noise.share))
    numbers = [means or own_numbers(reconstruction), *([orders] if orders else []), *controls]
    columns = [ScoreCell("the model", order_in_words(reconstruction))]
    if orders:
        columns.append(ScoreCell("the model", f"{orders.draws:,} random orders"))
    rows = tuple(
        ScoreRow(
            label,
            _reasons(reconstruction.counts) if label == _IMPOSSIBLE and not means else aside,
            tuple(_cell(number_in(each), write) for each in numbers),
        )
        for number_in, label, aside, write in _ROWS
    )
    return ScoreTable((*columns, *map(_control, controls)), rows)


def _reasons(counts: Counts) -> str:
    """How many of the model's streets are impossible why; one street may count more than once."""
    return (
        f"the model's: {counts.longer:,} longer than any street, "
        f"{counts.off_bearing:,} off their bearing, {counts.crossing:,} across others"
    )


def strangest(reconstruction: Reconstruction, names: Sequence[str]) -> tuple[StreetRow, ...]:
    """The impossible streets that most sequences need; where there are none, any invented ones."""
    streets = reconstruction.streets
    new = [number for number, kind in enumerate(streets.kind) if kind == "new"]
    bad = [number for number in new if streets.why[number]] or new
    bad.sort(key=lambda number: (-streets.uses[number], -streets.metres[number], number))
    return tuple(
        StreetRow(
            number,
            streets.label[number],
            names[streets.from_[number]],
            names[streets.to[number]],
            f"{streets.metres[number]:,}",
            streets.uses[number],
            streets.why[number],
        )
        for number in bad[:_STRANGEST]
    )


def _control(control: NoiseControl) -> ScoreCell:
    if not control.share:
        return ScoreCell("no noise")
    share = f"{100 * control.share:.2g} % of turns"
    return ScoreCell("noise, as many valid" if control.matched else "noise", share)


def _cell(numbers: Spread, write: Write) -> ScoreCell:
    """A mean and the range of the middle 95 %."""
    if numbers.mean is None:
        return ScoreCell(DASH)
    return ScoreCell(write(numbers.mean), _range(numbers, write))


def _range(numbers: Spread, write: Write) -> str:
    """The bounds; nothing where they are one, as of what is drawn once."""
    low, high = numbers.low, numbers.high
    if low is None or high is None or low == high:
        return ""
    return f"{write(low).removesuffix(UNIT)}{DASH}{write(high)}"


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _rate(value: float) -> str:
    return f"{value:,.1f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}{UNIT}"


def _three(value: float) -> str:
    return f"{value:.3f}"


_IMPOSSIBLE = "… that cannot exist"
_ROWS: tuple[tuple[Callable[[Spreads], Spread], str, str, Write], ...] = (
    (lambda numbers: numbers.valid, "Sequences valid as they are", "", _percent),
    (lambda numbers: numbers.given_up, "Sequences given up", "even with new streets", _percent),
    (lambda numbers: numbers.new, "Streets invented", "", _whole),
    (lambda numbers: numbers.new_per_1000, "… per 1,000 symbols", "", _rate),
    (lambda numbers: numbers.impossible, _IMPOSSIBLE, "", _whole),
    (lambda numbers: numbers.precision, "Precision", "needed streets that are true", _three),
    (lambda numbers: numbers.recall, "Recall", "true streets that are needed", _three),
)
"""Which number, its label, what goes with it, and how it is written."""
