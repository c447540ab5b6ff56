"""What the measurements of a series cost."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from nerode.report.figures.curves import NumberTable
from nerode.report.series.steps import SeriesSteps


@dataclass(frozen=True)
class StepCosts:
    """What the measurements of one series took, as text.

    `share` is empty where nobody said when the steps were reached.
    """

    name: str
    measured: str
    failed: str
    mean: str
    total: str
    share: str


def cost_of(series: SeriesSteps) -> StepCosts:
    """Seconds of all steps, also of those that are not shown or could not be measured."""
    failed = len(series.failed)
    total = sum(line.seconds for line in series.lines)
    measured = [line.seconds for line in series.lines if line.failed is UNSET]
    return StepCosts(
        name=series.name,
        measured=f"{len(measured)}",
        failed=f"{failed}" if failed else "none",
        mean=f"{sum(measured) / len(measured):.2f} s",
        total=f"{total:.1f} s",
        share=share_of_training(series),
    )


def share_of_training(series: SeriesSteps) -> str:
    """Measuring as a share of all time until the last step was measured.

    Of steps of which it is known how long the training had taken until then; empty without any.
    """
    known = [(line.at, line.seconds) for line in series.lines if line.at is not UNSET]
    if not known:
        return ""
    training = max(at for at, _ in known)
    measuring = sum(seconds for _, seconds in known)
    whole = training + measuring
    return f"{100 * measuring / whole:.1f} %" if whole > 0 else ""


def steps_table(series: SeriesSteps) -> NumberTable:
    """Every step that is listed: what it took, when it was reached, and what the training said."""
    names = list(dict.fromkeys(name for line in series.lines for name in line.values or ()))
    rows = tuple(
        (
            f"{line.step}",
            "" if line.failed is UNSET else "not measured",
            f"{line.seconds:.2f}",
            "" if line.at is UNSET else f"{line.at:.1f}",
            *(_of((line.values or {}).get(name)) for name in names),
        )
        for line in series.lines
    )
    return NumberTable(("step", "", "seconds to measure", "seconds of training", *names), rows)


def _of(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
