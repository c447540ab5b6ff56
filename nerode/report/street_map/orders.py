"""In which order the sequences of a reconstruction were walked, and what it makes of its numbers.

Records from before there was a choice were walked as given, without random orders and growth.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET, structs

from nerode.report.rows import DASH
from nerode.schema.reconstruction import Counts, NoiseControl, Reconstruction, Spread, Spreads

_CALLED = {"given": "as they stand", "valid-first": "valid first"}

GROW = (
    "New streets and the share given up grow with the number of sequences: maps of different "
    "numbers of sequences do not compare."
)


@dataclass(frozen=True)
class GrowthRow:
    """What so many of the sequences need, in words; `noise` is "" where there is none."""

    sequences: str
    new: str
    noise: str
    given_up: str
    noise_given_up: str


def order_of(reconstruction: Reconstruction) -> str:
    """The order of the numbers of a reconstruction."""
    return reconstruction.parameters.order or "given"


def means_of(reconstruction: Reconstruction) -> Spreads | None:
    """The random orders, where the reconstruction's numbers are means over them."""
    orders = reconstruction.orders
    return None if orders is UNSET or order_of(reconstruction) != "mean" else orders


def other_orders(reconstruction: Reconstruction) -> Spreads | None:
    """Random orders, where the reconstruction's numbers are those of one order."""
    orders = reconstruction.orders
    return None if orders is UNSET or order_of(reconstruction) == "mean" else orders


def own_numbers(reconstruction: Reconstruction) -> Spreads:
    """The numbers of the map that is drawn, which have no range."""
    counts, score = reconstruction.counts, reconstruction.score
    ended = ended_of(counts)
    return Spreads(
        draws=1,
        valid=_single(counts.valid / ended if ended else None),
        new=_single(counts.new),
        new_per_1000=_single(score.new_per_1000.value),
        impossible=_single(counts.impossible),
        given_up=_single(counts.given_up / ended if ended else None),
        precision=_single(score.precision),
        recall=_single(score.recall),
    )


def _single(value: float | None) -> Spread:
    return Spread(mean=value, low=value, high=value)


def ended_of(counts: Counts) -> int:
    """How many sequences ended, so that they can be judged."""
    return counts.sequences - counts.malformed


def order_in_words(reconstruction: Reconstruction) -> str:
    """How the sequences were walked, in two or three words."""
    means = means_of(reconstruction)
    if means is not None:
        return f"mean of {means.draws:,} orders"
    return _CALLED.get(order_of(reconstruction), "as they stand")


def per_street(reconstruction: Reconstruction) -> str:
    """How many sequences there are for a street of the map, on which all numbers depend."""
    counts = reconstruction.counts
    ended, streets = ended_of(counts), counts.true + counts.unused
    if not streets:
        return ""
    each = ended / streets
    share = f"{each:.2f}" if each < 1 else f"{each:,.1f}"
    return f"{ended:,} sequences on {streets:,} streets: {share} a street"


def growth(reconstruction: Reconstruction) -> tuple[GrowthRow, ...]:
    """What an eighth, a quarter, half and all of the sequences need; empty where unknown."""
    return tuple(
        GrowthRow(
            f"{part.sequences:,}",
            spread(part.new),
            spread(part.noise.new) if part.noise else "",
            spread(part.given_up, share=True),
            spread(part.noise.given_up, share=True) if part.noise else "",
        )
        for part in reconstruction.growth or ()
    )


def spread(numbers: Spread, *, share: bool = False) -> str:
    """A mean with the range of the middle 95 %, where the two differ."""

    def written(value: float) -> str:
        return f"{100 * value:.1f} %" if share else f"{value:,.0f}"

    mean, low, high = numbers.mean, numbers.low, numbers.high
    if mean is None or low is None or high is None:
        return DASH
    if low == high:
        return written(mean)
    return f"{written(mean)} ({written(low).removesuffix(' %')}{DASH}{written(high)})"


def in_words(numbers: Spread) -> str:
    """A mean and the range of the middle 95 %, as they stand in brackets."""
    mean, low, high = (f"{each or 0:,.0f}" for each in (numbers.mean, numbers.low, numbers.high))
    return mean if low == high else f"{mean}, {low}{DASH}{high}"


def counts_of(reconstruction: Reconstruction) -> Counts:
    """The counts in the order of the numbers: for `mean` the means over random orders."""
    counts, means = reconstruction.counts, means_of(reconstruction)
    if means is None:
        return counts
    return structs.replace(
        counts,
        new=round(means.new.mean or 0.0),
        impossible=round(means.impossible.mean or 0.0),
        given_up=round((means.given_up.mean or 0.0) * ended_of(counts)),  # a share of them
    )


def given_up(counts: Counts) -> str:
    """How many of the sequences that ended were given up, in words; nothing where none was."""
    lost = counts.given_up
    if not lost:
        return ""
    whole = {1: "it", 2: "both"}.get(lost, f"all {lost:,}")
    who = whole if lost == ended_of(counts) else f"{lost:,}"
    return f"{who} {'was' if lost == 1 else 'were'} given up"


def against_slips(reconstruction: Reconstruction) -> str:
    """Whether the map can be told from slips of the pen by what it needs and what is given up.

    "" where there is no matched noise, or nothing to be told apart, or where the sequences were
    walked as they stand: one order among many may need twice as much as most. Ranges are those of
    single draws of the noise.
    """
    control = matched(reconstruction)
    if control is None or control.new.mean is None or order_of(reconstruction) == "given":
        return ""
    counts = counts_of(reconstruction)
    ended = ended_of(counts)
    new = _against(counts.new, control.new, 1)
    lost = _against(counts.given_up, control.given_up, ended)
    if not counts.new and new == "as many":
        return ""
    words = {
        "as many": "By their number they cannot be told from slips of the pen",
        "more": "That is more than slips of the pen come to",
        "fewer": "That is fewer than slips of the pen come to",
    }[new]
    if lost == "as many":
        return f"{words}."
    low, high = (
        round((each or 0) * ended) for each in (control.given_up.low, control.given_up.high)
    )
    most = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    joined = "but" if new != lost else "and"
    return f"{words}, {joined} {lost} are given up than with such slips ({most})."


def _against(own: float, noise: Spread, scale: float) -> str:
    """Whether a count lies below, above or within the range of the noise's."""
    if own > round((noise.high or 0) * scale):
        return "more"
    return "fewer" if own < round((noise.low or 0) * scale) else "as many"


def matched(reconstruction: Reconstruction) -> NoiseControl | None:
    """The noise that leaves as many sequences valid as the model's; None where there is none."""
    return next((control for control in reconstruction.noise if control.matched), None)
