"""How rows are shown and kept, and the machine that they were measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.rows import Missing, Options, Row

HEADER = f"{'row':<58} {'rate':>9} {'naive':>9} {'ratio':>7} {'floor':>9} {'share':>6}  unit"


def machine() -> dict[str, str | int]:
    """What the numbers were measured on."""
    packages = {}
    for package in ("numpy", "torch"):
        try:
            packages[package] = version(package)
        except PackageNotFoundError:
            packages[package] = "not installed"
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
        "python": platform.python_version(),
        **packages,
    }


def _processor() -> str:
    """Name of the processor, as the system tells it."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def line(row: Row | Missing) -> str:
    """A row as printed: its rates, and its details below."""
    if isinstance(row, Missing):
        return f"{row.name:<58} not measured: {row.reason}"
    numbers = (
        f"{_short(row.rate):>9} {_short(row.naive):>9} {_ratio(row.ratio):>7} "
        f"{_short(row.floor):>9} {_percent(row.share_of_floor):>6}  {row.unit}"
    )
    details = ", ".join(f"{key} {_detail(value)}" for key, value in row.details.items())
    return f"{row.name:<58} {numbers}" + (f"\n    {details}" if details else "")


def _short(rate: float | None) -> str:
    """A rate in four digits or fewer: 61.3 M."""
    if rate is None:
        return "-"
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if rate >= size:
            return f"{rate / size:.3g}{letter}"
    return f"{rate:.3g}"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:,.0f} x" if ratio >= 100 else f"{ratio:.1f} x"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _detail(value: float | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if value < 10_000 else _short(value)


def record(rows: list[Row | Missing], options: Options) -> dict[str, object]:
    """All that was measured, for JSON."""
    return {
        "machine": machine(),
        "quick": options.quick,
        "rows": [
            {**asdict(row), "ratio": row.ratio, "share_of_floor": row.share_of_floor}
            if isinstance(row, Row)
            else asdict(row)
            for row in rows
        ],
    }
