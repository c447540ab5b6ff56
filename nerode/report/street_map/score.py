"""A reconstruction in words and numbers: one sentence, its score, its strangest streets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nerode.report.rows import DASH
from nerode.report.street_map.orders import (
    beside_slips,
    called,
    counts_of,
    in_words,
    is_mean,
    matched,
    spread,
)
from nerode.report.verdict import given_up

Write = Callable[[float], str]

UNIT = " %"
_STRANGEST = 8


@dataclass(frozen=True)
class Cell:
    """A number and, in small print, what goes with it."""

    value: str
    aside: str = ""


@dataclass(frozen=True)
class ScoreRow:
    """One number of the model and of each noise control."""

    label: str
    aside: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Score:
    """The score of one run as a table: its own column first, then the noise controls'."""

    columns: tuple[Cell, ...]
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True)
class Street:
    """One invented street, in words; `number` is its place among the run's streets."""

    number: int
    label: str
    start: str
    end: str
    metres: str
    uses: int
    why: str


def sentence(found: Mapping[str, Any]) -> str:
    """What had to be invented, and what mere noise would have needed."""
    counts = counts_of(found)
    new, bad, lost = counts["new"], counts["impossible"], given_up(counts)
    every = counts["sequences"] - counts["malformed"]
    if counts["malformed"]:
        its = f"the {every:,} of its {counts['sequences']:,} sequences that ended"
    else:
        its = f"its {every:,} sequences"
    if not every:
        told = f"None of its {counts['sequences']:,} sequences ended"
    elif new:
        streets = "1 street" if new == 1 else f"{new:,} streets"
        told = f"To make {its} walkable, {streets} had to be invented{_in_orders(found)}"
        told += f", {bad:,} of which cannot exist" if bad else ", none of which is impossible"
        told += f"; even so {lost}" if lost else ""
    elif lost:
        told = f"For {its} no street was invented: {lost}"
    else:
        told = f"{its[0].upper()}{its[1:]} needed no street that is not there"
    return f"{told}.{_beside_noise(found)}"


def _in_orders(found: Mapping[str, Any]) -> str:
    """What order does to the number of new streets; nothing where that is not known."""
    orders = found.get("orders")
    if not orders or orders["new"]["mean"] is None:
        return ""
    if is_mean(found):
        aside = _range(orders["new"]["low"], orders["new"]["high"], _whole)
        return f" on average ({aside} in {orders['draws']:,} random orders)"
    return f" (in random orders {in_words(orders['new'])})"


def _beside_noise(found: Mapping[str, Any]) -> str:
    control = matched(found)
    if control is None:
        return ""
    needs = spread(control["new"])
    told = f" Mere noise with as many valid sequences needs {needs}."
    verdict = beside_slips(found)
    return f"{told} {verdict}" if verdict else told


def score(found: Mapping[str, Any]) -> Score:
    """The table of one run's numbers beside its noise controls, the matched one first."""
    orders = found.get("orders")
    controls = sorted(found["noise"], key=lambda noise: (not noise["matched"], noise["share"]))
    beside = [orders, *controls] if orders and not is_mean(found) else controls
    own = _own(found)
    if is_mean(found):
        own = {key: _spread(found["orders"][key], write) for key, _, _, write in _ROWS}
    rows = (
        ScoreRow(
            label,
            _reasons(found["counts"]) if key == "impossible" and not is_mean(found) else aside,
            (own[key], *(_spread(control[key], write) for control in beside)),
        )
        for key, label, aside, write in _ROWS
    )
    columns = [Cell("the model", called(found))]
    if beside is not controls and orders:
        columns.append(Cell("the model", f"{orders['draws']:,} random orders"))
    return Score((*columns, *map(_control, controls)), tuple(rows))


def _own(found: Mapping[str, Any]) -> dict[str, Cell]:
    """What the table says of the map that is drawn. Its numbers have no interval."""
    counts, rates = found["counts"], found["score"]
    formed = counts["sequences"] - counts["malformed"]
    return {
        "valid": _share(counts["valid"] / formed if formed else None, _percent),
        "given_up": _share(counts["given_up"] / formed if formed else None, _percent),
        "new": Cell(_whole(counts["new"])),
        "new_per_1000": _share(rates["new_per_1000"]["value"], _rate),
        "impossible": Cell(_whole(counts["impossible"])),
        "precision": _share(rates["precision"], _three),
        "recall": _share(rates["recall"], _three),
    }


def _reasons(counts: Mapping[str, int]) -> str:
    """How many of the model's streets are impossible why; one street may count more than once."""
    return (
        f"the model's: {counts['longer']:,} longer than any street, "
        f"{counts['off_bearing']:,} off their bearing, {counts['crossing']:,} across others"
    )


def strangest(found: Mapping[str, Any], names: Sequence[str]) -> tuple[Street, ...]:
    """The impossible streets that most sequences need; where there are none, any invented ones."""
    streets = found["streets"]
    new = [number for number, kind in enumerate(streets["kind"]) if kind == "new"]
    bad = [number for number in new if streets["why"][number]] or new
    bad.sort(key=lambda number: (-streets["uses"][number], -streets["metres"][number], number))
    return tuple(
        Street(
            number,
            str(streets["label"][number]),
            names[streets["from"][number]],
            names[streets["to"][number]],
            f"{streets['metres'][number]:,}",
            streets["uses"][number],
            str(streets["why"][number]),
        )
        for number in bad[:_STRANGEST]
    )


def _control(control: Mapping[str, Any]) -> Cell:
    if not control["share"]:
        return Cell("no noise")
    share = f"{100 * control['share']:.2g} % of turns"
    return Cell("noise, as many valid" if control["matched"] else "noise", share)


def _share(value: float | None, write: Write) -> Cell:
    return Cell(DASH if value is None else write(value))


def _spread(control: Mapping[str, Any], write: Write) -> Cell:
    """The mean of the draws of a noise control and the range of their middle 95 %."""
    if control["mean"] is None:
        return Cell(DASH)
    return Cell(write(control["mean"]), _range(control["low"], control["high"], write))


def _range(low: float | None, high: float | None, write: Write) -> str:
    """The bounds; nothing where they are one, as of what is drawn once."""
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


_ROWS: tuple[tuple[str, str, str, Write], ...] = (
    ("valid", "Sequences valid as they are", "", _percent),
    ("given_up", "Sequences given up", "even with new streets", _percent),
    ("new", "Streets invented", "", _whole),
    ("new_per_1000", "… per 1,000 symbols", "", _rate),
    ("impossible", "… that cannot exist", "", _whole),
    ("precision", "Precision", "needed streets that are true", _three),
    ("recall", "Recall", "true streets that are needed", _three),
)
"""Key in the record, label, what goes with it, and how its numbers are written."""
