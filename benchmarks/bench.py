"""How fast nerode is: rates beside the naive version's and the machine's best, in one run.

    python benchmarks/bench.py [--only TEXT] [--quick] [--gpu] [--data FOLDER] [--json FILE]

Absolute times say little where cores are shared; the ratios say more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded, as in the CLI
sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import boundaries, generators, maps, routes, spelled, trips, walks
from benchmarks.rows import MANHATTAN, Missing, Options, Row
from benchmarks.table import HEADER, line, machine, record

GROUPS = (
    *(generators.rows, routes.rows, boundaries.rows, maps.rows),
    *(walks.rows, trips.rows, spelled.rows),
)
"""What gives the rows, in the order of the table."""


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
    print(HEADER, flush=True)
    rows: list[Row | Missing] = []
    found: Iterator[Row | Missing] = chain.from_iterable(group(options) for group in GROUPS)
    for row in found:
        rows.append(row)
        print(line(row), flush=True)
    if not rows:
        sys.exit(f"error: expected --only with a part of a row's name, got {arguments.only}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(record(rows, options), indent=1) + "\n")


if __name__ == "__main__":
    main()
