"""In which order the sequences of a reconstruction were walked, and what it makes of its numbers.

Records from before there was a choice were walked as given, without random orders and growth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nerode.report.rows import DASH

Json = Mapping[str, Any]

_CALLED = {"given": "as they stand", "valid-first": "valid first"}

GROW = (
    "New streets and the share given up grow with the number of sequences: maps of different "
    "numbers of sequences do not compare."
)


@dataclass(frozen=True)
class Step:
    """What so many of the sequences need, in words; `noise` is "" where there is none."""

    sequences: str
    new: str
    noise: str
    given_up: str
    noise_given_up: str


def order_of(found: Json) -> str:
    """The order of the numbers of a reconstruction."""
    return str(found.get("parameters", {}).get("order", "given"))


def is_mean(found: Json) -> bool:
    """Whether its numbers are means over random orders."""
    return order_of(found) == "mean" and "orders" in found


def called(found: Json) -> str:
    """How the sequences were walked, in two or three words."""
    if is_mean(found):
        return f"mean of {found['orders']['draws']:,} orders"
    return _CALLED.get(order_of(found), "as they stand")


def per_street(found: Json) -> str:
    """How many sequences there are for a street of the map, on which all numbers depend."""
    counts = found["counts"]
    formed, streets = counts["sequences"] - counts["malformed"], counts["true"] + counts["unused"]
    if not streets:
        return ""
    each = formed / streets
    share = f"{each:.2f}" if each < 1 else f"{each:,.1f}"
    return f"{formed:,} sequences on {streets:,} streets: {share} a street"


def growth(found: Json) -> tuple[Step, ...]:
    """What an eighth, a quarter, half and all of the sequences need; empty where unknown."""
    return tuple(
        Step(
            f"{step['sequences']:,}",
            spread(step["new"]),
            spread(step["noise"]["new"]) if "noise" in step else "",
            spread(step["given_up"], share=True),
            spread(step["noise"]["given_up"], share=True) if "noise" in step else "",
        )
        for step in found.get("growth", ())
    )


def spread(numbers: Json, *, share: bool = False) -> str:
    """A mean with the range of the middle 95 %, where the two differ."""

    def written(value: float) -> str:
        return f"{100 * value:.1f} %" if share else f"{value:,.0f}"

    mean, low, high = (numbers[name] for name in ("mean", "low", "high"))
    if mean is None:
        return DASH
    if low == high:
        return written(mean)
    return f"{written(mean)} ({written(low).removesuffix(' %')}{DASH}{written(high)})"


def in_words(numbers: Json) -> str:
    """A mean and the range of the middle 95 %, as they stand in brackets."""
    mean, low, high = (f"{numbers[name] or 0:,.0f}" for name in ("mean", "low", "high"))
    return mean if low == high else f"{mean}, {low}{DASH}{high}"


def counts_of(found: Json) -> dict[str, int]:
    """The counts in the order of the numbers: for `mean` the means over random orders."""
    counts: dict[str, int] = dict(found["counts"])
    if not is_mean(found):
        return counts
    orders, formed = found["orders"], counts["sequences"] - counts["malformed"]
    means = {name: orders[name]["mean"] or 0.0 for name in ("new", "impossible", "given_up")}
    means["given_up"] *= formed  # a share of them
    return counts | {name: round(mean) for name, mean in means.items()}


def beside_slips(found: Json) -> str:
    """Whether the map can be told from slips of the pen by what it needs and what is given up.

    "" where there is no matched noise, or nothing to be told apart, or where the sequences were
    walked as they stand: one order among many may need twice as much as most. Ranges are those of
    single draws of the noise.
    """
    control = matched(found)
    if control is None or control["new"]["mean"] is None or order_of(found) == "given":
        return ""
    counts = counts_of(found)
    formed = counts["sequences"] - counts["malformed"]
    new = _beside(counts["new"], control["new"], 1)
    lost = _beside(counts["given_up"], control["given_up"], formed)
    if not counts["new"] and new == "as many":
        return ""
    told = {
        "as many": "By their number they cannot be told from slips of the pen",
        "more": "That is more than slips of the pen come to",
        "fewer": "That is fewer than slips of the pen come to",
    }[new]
    if lost == "as many":
        return f"{told}."
    low, high = (round(control["given_up"][bound] * formed) for bound in ("low", "high"))
    most = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    joined = "but" if new != lost else "and"
    return f"{told}, {joined} {lost} are given up than with such slips ({most})."


def _beside(own: float, noise: Json, scale: float) -> str:
    """Whether a count lies below, above or within the range of the noise's."""
    if own > round(noise["high"] * scale):
        return "more"
    return "fewer" if own < round(noise["low"] * scale) else "as many"


def matched(found: Json) -> Json | None:
    """The noise that leaves as many sequences valid as the model's; None where there is none."""
    return next((control for control in found["noise"] if control["matched"]), None)
