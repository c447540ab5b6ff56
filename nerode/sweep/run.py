"""All trainings of a sweep, as many at once as there are cores for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from nerode.errors import InvalidParameter
from nerode.interrupted import state_what_remains
from nerode.schema.sweep import SweepArm, SweepTerms
from nerode.sequences.dataset import write_sequences
from nerode.sequences.mixed import write_mixed
from nerode.sweep.config import SweepConfig, has_gpu
from nerode.sweep.folder import SweepCell, SweepFolder
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
        Called with the progress, some times a second.

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
        yield from _Pool(folder, world, terms.metrics, slots, lock, config.threads).run(watch)


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


@dataclass
class _Pool:
    """Processes, one for each training that runs."""

    folder: SweepFolder
    world: str
    metrics: Sequence[str]
    slots: list[Sequence[int]]
    lock: int | None
    threads: int

    def run(self, watch: WatchSweep | None) -> Iterator[Finished]:
        """Start what is not done, in order, and yield each training as it ends."""
        cells = self.folder.cells()
        waiting = [cell for cell in cells if not self.folder.is_done(cell)]
        progress = SweepProgress(len(cells), len(cells) - len(waiting))
        free, running = list(self.slots), list[_Worker]()
        try:
            while waiting or running:
                while waiting and free:
                    running.append(self._start(waiting.pop(0), free.pop(0)))
                progress.running = [worker.cell for worker in running]
                if watch is not None:
                    watch(progress)
                ended = [worker for worker in running if worker.process.poll() is not None]
                if not ended:
                    time.sleep(_LOOKS)
                for worker in ended:
                    running.remove(worker)
                    free.append(worker.slot)
                    found = self._finished(worker)
                    progress.done += found.failed is None
                    yield found
            if watch is not None:
                watch(progress)
        finally:
            for worker in running:
                _end(worker.process)

    def _start(self, cell: SweepCell, slot: Sequence[int]) -> _Worker:
        log = self.folder.log_of(cell)
        log.parent.mkdir(exist_ok=True)
        words = [sys.executable, "-m", "nerode.sweep.cell", str(self.folder.path)]
        words += [cell.arm, str(cell.seed), "--world", self.world]
        words += ["--metrics", ",".join(self.metrics)]
        words += ["--cores", ",".join(map(str, slot))] if slot else []
        threads = str(self.threads)
        # Compiled loops read these once, before anything of ours could tell them.
        environment = os.environ | dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads
        )
        with log.open("ab") as stream:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, with our own module
                words,
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=stream,
                env=environment,
                # Ctrl-C goes to this process alone, which ends the others.
                start_new_session=True,
                pass_fds=() if self.lock is None else (self.lock,),
            )
        return _Worker(cell, process, slot)

    def _finished(self, worker: _Worker) -> Finished:
        if worker.process.stdin is not None:
            worker.process.stdin.close()
        if worker.process.returncode == 0 and self.folder.is_done(worker.cell):
            return Finished(worker.cell)
        log = self.folder.log_of(worker.cell)
        why = self.folder.last_line(worker.cell).removeprefix("error: ") or "it wrote nothing"
        if worker.process.returncode < 0:
            why = f"its process was ended by signal {-worker.process.returncode}"
        return Finished(worker.cell, f"{why} (see {log})")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that is still at work; what it has written stays."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
        return
    process.kill()
    process.wait()
