"""One training of a sweep and its evaluation, in a process of its own.

`python -m nerode.sweep.cell FOLDER ARM SEED --world WORLD --metrics NAMES` is what a sweep starts.
Its standard input is a pipe from the process that leads the sweep: when that one ends, however it
ends, so does this one. What was measured and trained so far is on disk, and the next one goes on
with it.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from nerode.errors import NerodeError
from nerode.metrics.metric import AnyMetric
from nerode.metrics.registry import metrics_of
from nerode.sweep.folder import SweepCell, SweepFolder
from nerode.worlds.registry import open_world
from nerode.worlds.world import AnyWorld

FAILED = 2
"""Exit status where a line on standard error says why."""


def run_cell(
    folder: SweepFolder, cell: SweepCell, world: AnyWorld, metrics: Sequence[AnyMetric]
) -> None:
    """Train and evaluate a model, or go on where that was stopped.

    Worlds and metrics of the user's own are loaded because a command named them, never because
    `sweep.json` does. Raises NerodeError and OSError where it cannot be done.
    """
    from nerode.evaluation.evaluation import evaluate  # noqa: PLC0415  loads what takes long
    from nerode.series.config import SERIES_TRIALS  # noqa: PLC0415
    from nerode.training.measure_config import MeasureConfig  # noqa: PLC0415
    from nerode.training.run import train  # noqa: PLC0415

    if folder.is_done(cell):
        return
    terms, arm = folder.terms, folder.arm(cell.arm)
    measure = None
    if terms.measure is not None:
        # Its own baselines stand beside the evaluation of the first model.
        trials = min(terms.trials, SERIES_TRIALS)
        measure = MeasureConfig(share=terms.measure, trials=trials, baselines=False)
    train(
        folder.sequences_of(arm),
        folder.training_of(cell),
        world=world,
        resume=folder.was_begun(cell),
        measure=measure,
        architecture=arm.architecture,
        objective=arm.objective,
        layers=arm.layers,
        width=arm.width,
        heads=arm.heads,
        batch_size=arm.batch_size,
        learning_rate=arm.learning_rate,
        minutes=terms.minutes,
        epochs=terms.epochs,
        clock=terms.clock,
        seed=cell.seed,
    )
    evaluate(
        world,
        str(folder.training_of(cell)),
        metrics,
        trials=terms.trials,
        samples=terms.samples,
        length=terms.length,
        histories=terms.histories,
        curve=False,
        sequences=folder.sequences_of_trials,
        # Once for all models, beside the first one.
        baselines=None if cell == folder.cells()[0] else [],
        seed=terms.seed,
        out=folder.run_of(cell),
    )


def main(arguments: list[str]) -> int:
    """The process of one training; gives its exit status."""
    parser = argparse.ArgumentParser(prog="nerode.sweep.cell")
    parser.add_argument("folder", type=Path)
    parser.add_argument("arm")
    parser.add_argument("seed", type=int)
    parser.add_argument("--world", required=True)
    parser.add_argument("--metrics", required=True, help="names with commas between")
    parser.add_argument("--cores", help="numbers of the processors to run on, with commas between")
    given = parser.parse_args(arguments)
    threading.Thread(target=_end_with_leader, daemon=True).start()
    if given.cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in given.cores.split(",")})
    try:
        world, metrics = open_world(given.world), metrics_of(given.metrics.split(","))
        # From here on paths are those within the sweep, so that it may be moved.
        os.chdir(given.folder)
        run_cell(SweepFolder(Path()), SweepCell(given.arm, given.seed), world, metrics)
    except (NerodeError, OSError) as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return FAILED
    return 0


def _end_with_leader() -> None:
    """Wait for the end of the process that leads, and end at once."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(FAILED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
