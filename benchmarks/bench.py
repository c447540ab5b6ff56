"""How fast nerode is: rates beside the naive version's and the machine's best, in one run.

    python benchmarks/bench.py [--only TEXT] [--quick] [--gpu] [--data FOLDER] [--json FILE]

Absolute times say little where cores are shared; the ratios say more.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded, as in the CLI
sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import boundaries, generators, routes, walks
from benchmarks.rows import MANHATTAN, Missing, Options, Row

GROUPS = (generators.rows, routes.rows, boundaries.rows, walks.rows)
"""What gives the rows, in the order of the table."""

_COLUMNS = f"{'row':<58} {'rate':>9} {'naive':>9} {'ratio':>7} {'floor':>9} {'share':>6}  unit"


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
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT", help="rows whose name has this in it"
    )
    parser.add_argument("--quick", action="store_true", help="little of everything: does it run?")
    parser.add_argument("--gpu", action="store_true", help="also the rows that need a GPU")
    parser.add_argument(
        "--data", type=Path, default=MANHATTAN, metavar="FOLDER", help="maps of the real Manhattan"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    return parser.parse_args()


def main() -> None:
    """Print the rows as they come, and write them at the end."""
    arguments = _options()
    options = Options(arguments.gpu, tuple(arguments.only), arguments.quick, arguments.data)
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    print(_COLUMNS, flush=True)
    rows: list[Row | Missing] = []
    found: Iterator[Row | Missing] = chain.from_iterable(group(options) for group in GROUPS)
    for row in found:
        rows.append(row)
        print(line(row), flush=True)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(record(rows, options), indent=1) + "\n")


if __name__ == "__main__":
    main()
