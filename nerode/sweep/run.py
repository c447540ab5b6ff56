"""All trainings of a sweep, as many at once as there are cores for."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from nerode.engine.engine import Engine
from nerode.errors import InvalidParameter
from nerode.interrupted import state_what_remains
from nerode.schema.sweep import SweepArm, SweepTerms
from nerode.sequences.dataset import write_sequences
from nerode.sequences.mixed import write_mixed
from nerode.sweep.config import SweepConfig, has_gpu
from nerode.sweep.folder import SweepCell, SweepFolder
from nerode.sweep.process import CellCommand, SweepRecipe, end
from nerode.worlds.registry import open_world
from nerode.worlds.world import AnyWorld

_LOOKS = 0.2
"""Seconds between two looks at the processes."""


@dataclass(frozen=True)
class Finished:
    """A training that ended: done, or with the reason why not."""

    cell: SweepCell
    failed: str | None = None


@dataclass
class SweepProgress:
    """How far a sweep has come.

    `total` trainings are to be made, `done` of them are, and `running` are under way.
    """

    total: int
    done: int = 0
    running: list[SweepCell] = field(default_factory=list)


WatchSweep = Callable[[SweepProgress], object]


def run_sweep(
    world: str,
    config: SweepConfig,
    out: Path | str,
    *,
    jobs: int | None = None,
    watch: WatchSweep | None = None,
    engine: Engine | None = None,
) -> Iterator[Finished]:
    """Train and evaluate every model of a sweep that is not done; yields each as it ends.

    Every training is a process of its own with `config.threads` threads. One that fails is
    yielded with its reason, and the others go on; the next call tries it again. Whatever kills this
    process ends those as well, and a later call goes on where they were: trainings from their last
    checkpoint, evaluations from their last trial.

    Parameters
    ----------
    world
        A world by its name, as `open_world` takes it: the processes open it too.
    config
        What is trained and asked.
    out
        The sweep's folder; one that was begun under the same terms goes on, and may get more arms
        and seeds.
    jobs
        Trainings at once; None for as many as there are cores for, or one where they use a GPU.
    watch
        Called with the progress: some times a second, or where an engine is given, when it changes.
    engine
        Runs the trainings, each on so many processors as it has threads (nerode/engine). All its
        machines must see the sweep's folder under the same path. None: this machine.

    Raises
    ------
    UnknownName, InvalidParameter
        For names and numbers outside what they can be.
    RunMismatch
        Where `out` holds a sweep of other terms, or another process works on it.
    """
    opened = open_world(world)
    folder = SweepFolder(Path(out))
    terms = config.terms(opened)  # with the metrics as they were named in this call
    slots = _slots(jobs, config.threads)
    with ExitStack() as stack:
        lock = stack.enter_context(folder.alone())
        terms = folder.begin(terms)
        stack.enter_context(state_what_remains(lambda: _remains(folder)))
        for arm in terms.arms:
            _draw(folder, arm, terms, opened)
        command = CellCommand(folder, world, terms.metrics, config.threads)
        if engine is None:
            yield from _here(command, slots, lock, watch)
        else:
            yield from _elsewhere(command, engine, watch)


def _remains(folder: SweepFolder) -> str:
    done, every = len(folder.done()), len(folder.cells())
    return f"{done} of {every} trainings are in {folder.path}; the same command goes on"


def _draw(folder: SweepFolder, arm: SweepArm, terms: SweepTerms, world: AnyWorld) -> None:
    """Draw the sequences of an arm, unless they are there or its trainings are done."""
    needed = (
        any(not folder.is_done(cell) for cell in folder.cells() if cell.arm == arm.name)
        or arm == terms.arms[0]
    )
    if folder.has_sequences(arm) or not needed:
        return
    out, seed = folder.sequences_of(arm), terms.sequences_seed
    if arm.synthetic:
        write_mixed(world, arm.policy, arm.count, seed, out, arm.synthetic)
    else:
        write_sequences(world, arm.policy, arm.count, seed, out)


def _slots(jobs: int | None, threads: int) -> list[Sequence[int]]:
    """Processors of each training that runs at a time; none where the system cannot say."""
    if jobs is not None and jobs < 1:
        raise InvalidParameter(f"expected jobs of at least 1, got {jobs}")
    affinity = getattr(os, "sched_getaffinity", None)
    cores = sorted(affinity(0)) if affinity else []
    count = len(cores) or os.cpu_count() or 1
    if jobs is None:
        jobs = 1 if has_gpu() else max(1, count // threads)
    if jobs * threads > count or not cores:
        return [[] for _ in range(jobs)]
    each = count // jobs
    return [cores[at * each : (at + 1) * each] for at in range(jobs)]


@dataclass
class _Worker:
    cell: SweepCell
    process: subprocess.Popen[bytes]
    slot: Sequence[int]


def _here(
    command: CellCommand,
    slots: Sequence[Sequence[int]],
    lock: int | None,
    watch: WatchSweep | None,
) -> Iterator[Finished]:
    """Start what is not done, in order, on processors of this machine; each training as it ends."""
    waiting, progress = _waiting(command.folder)
    free, running = list(slots), list[_Worker]()
    try:
        while waiting or running:
            while waiting and free:
                cell, slot = waiting.pop(0), free.pop(0)
                running.append(_Worker(cell, command.start(cell, slot, lock), slot))
            progress.running = [worker.cell for worker in running]
            if watch is not None:
                watch(progress)
            ended = [worker for worker in running if worker.process.poll() is not None]
            if not ended:
                time.sleep(_LOOKS)
            for worker in ended:
                running.remove(worker)
                free.append(worker.slot)
                found = Finished(worker.cell, command.outcome(worker.cell, worker.process))
                progress.done += found.failed is None
                yield found
        if watch is not None:
            watch(progress)
    finally:
        for worker in running:
            end(worker.process)


def _elsewhere(
    command: CellCommand, engine: Engine, watch: WatchSweep | None
) -> Iterator[Finished]:
    """Let an engine run what is not done; each training as it ends."""
    waiting, progress = _waiting(command.folder)
    recipe = SweepRecipe.of(command)
    progress.running = list(waiting)
    if watch is not None:
        watch(progress)
    for place, said in engine.map(recipe, [(cell.arm, cell.seed) for cell in waiting]):
        found = Finished(waiting[place], said.decode() or None)
        progress.done += found.failed is None
        progress.running.remove(found.cell)
        if watch is not None:
            watch(progress)
        yield found


def _waiting(folder: SweepFolder) -> tuple[list[SweepCell], SweepProgress]:
    """What is not done, in order, and how far that is."""
    cells = folder.cells()
    waiting = [cell for cell in cells if not folder.is_done(cell)]
    return waiting, SweepProgress(len(cells), len(cells) - len(waiting))
