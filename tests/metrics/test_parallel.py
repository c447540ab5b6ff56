"""Batches on all cores: what comes back, and how it ends when something goes wrong."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode import errors
from nerode.engine.cores import OnAllCores
from nerode.engine.processes import ForkedProcesses, received
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.parallel import PARTS_OF_RUN, SMALLEST, Batch, batches, measured
from nerode.metrics.setting import TRIAL_BLOCK
from nerode.models.registry import open_model
from nerode.schema.trial import PlainTrial as Record
from nerode.sequences.dataset import draw_sequences
from nerode.worlds.cayley import Cayley
from nerode.worlds.registry import open_world
from tests.metrics.conftest import as_dicts, setting_of

measure = as_dicts(COMPRESSION)

pytestmark = pytest.mark.timeout(60)  # whatever goes wrong, nothing may hang

NUMBERS: list[Batch] = [(0, 1), (2, 3), (4, 5), (6, 7), (8,)]
FOREVER = 1000.0
"""Seconds that no test waits for."""


def workers_of(count: int) -> Callable[[Any], AbstractContextManager[int]]:
    @contextmanager
    def workers(_: Any) -> Iterator[int]:
        yield count

    return workers


def sharing(count: int) -> Any:
    """A model that has so many workers, and nothing else."""
    return type("Sharing", (), {"workers": workers_of(count)})()


def told(batch: Batch) -> Iterator[Record]:
    """Every trial, and the process that measured it; batches that come first take longest."""
    time.sleep(0.05 / (1 + batch[0]))
    for trial in batch:
        yield {"trial": trial, "process": os.getpid()}


def trials_and_processes(model: Any, numbers: Sequence[Batch]) -> tuple[list[int], list[int]]:
    records = list(measured(model, told, numbers))
    assert not multiprocessing.active_children()
    return [record["trial"] for record in records], [record["process"] for record in records]


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many batches were shared out, among how many workers."""
    plain: Any = ForkedProcesses.map
    made: list[tuple[int, int]] = []

    def counted(engine: ForkedProcesses, work: Any, items: Sequence[Batch]) -> Any:
        made.append((len(items), engine.workers))
        return plain(engine, work, items)

    monkeypatch.setattr(ForkedProcesses, "map", counted)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3, 5, 9])
def test_records_come_in_order_however_many_workers_there_are(
    workers: int, forks: list[tuple[int, int]]
) -> None:
    trials, processes = trials_and_processes(sharing(workers), NUMBERS)
    assert forks == [(5, min(workers, 5))]
    assert trials == list(range(9))
    assert os.getpid() not in processes
    assert len(set(processes)) == min(workers, len(NUMBERS))
    assert processes[0] == processes[1], "a batch is measured in one process"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "numbers"),
    [(sharing(1), NUMBERS), (sharing(4), NUMBERS[:1]), (sharing(4), []), (object(), NUMBERS)],
    ids=["one worker", "one batch", "no batch", "a model that shares no cores"],
)
def test_where_there_is_nothing_to_share_nothing_is_forked(
    model: Any, numbers: list[Batch]
) -> None:
    trials, processes = trials_and_processes(model, numbers)
    assert trials == [trial for batch in numbers for trial in batch]
    assert set(processes) <= {os.getpid()}


def test_without_workers_a_batch_is_measured_when_its_turn_comes() -> None:
    begun = []

    def work(batch: Batch) -> Iterator[Record]:
        begun.append(batch)
        yield from told(batch)

    next(measured(sharing(1), work, NUMBERS))
    assert begun == NUMBERS[:1]


def collect(records: Iterator[Record], into: list[Any]) -> None:
    """Trials of all records, also of those that come before an error."""
    for record in records:
        into.append(record["trial"])  # noqa: PERF401


def kinds(base: type[Exception]) -> Iterator[type[Exception]]:
    for kind in base.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
            yield from kinds(kind)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [errors.NerodeError, *kinds(errors.NerodeError), MemoryError], ids=lambda k: k.__name__
)
def test_a_worker_s_error_is_raised_here(kind: type[Exception]) -> None:
    def work(batch: Batch) -> Iterator[Record]:
        if batch == NUMBERS[3]:
            raise kind("expected this, got that")
        yield from told(batch)

    came: list[Any] = []
    with pytest.raises(kind) as caught:
        collect(measured(sharing(2), work, NUMBERS), came)
    assert type(caught.value) is kind
    if kind is not MemoryError:
        assert str(caught.value) == "expected this, got that"
    assert came == list(range(6)), "what was measured before it is not lost"
    assert not multiprocessing.active_children()


def ends_without_a_word(batch: Batch) -> Iterator[Record]:
    if batch == NUMBERS[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    yield from told(batch)


def has_a_bug(batch: Batch) -> Iterator[Record]:
    yield from told(batch)
    assert batch != NUMBERS[1], "a mistake of ours"


def yields_what_cannot_be_sent(batch: Batch) -> Iterator[Record]:
    yield {"trial": (lambda: 0) if batch == NUMBERS[1] else batch[0]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "said"),
    [
        (ends_without_a_word, ""),
        (has_a_bug, "a mistake of ours"),
        (yields_what_cannot_be_sent, "NotImplementedError: <class 'function'>"),
    ],
    ids=["killed", "bug", "no message"],
)
def test_a_worker_that_is_lost_is_told(
    work: Any, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    came: list[Any] = []
    with pytest.raises(errors.WorkerLost, match="got the end of its process"):
        collect(measured(sharing(2), work, NUMBERS), came)
    assert came in ([0, 1], [0])
    assert not multiprocessing.active_children()
    assert said in capfd.readouterr().err


def test_a_worker_that_ends_within_a_message_is_lost() -> None:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    os.write(theirs.fileno(), (100).to_bytes(4, "big") + b"half of it")
    theirs.close()
    with pytest.raises(errors.WorkerLost, match="got the end of its process"):
        received(ours)
    ours.close()


def test_whoever_stops_reading_ends_the_workers() -> None:
    def work(batch: Batch) -> Iterator[Record]:
        if batch[0] >= 4:
            time.sleep(FOREVER)
        yield from told(batch)

    records = measured(sharing(2), work, NUMBERS)
    assert next(records)["trial"] == 0
    assert len(multiprocessing.active_children()) == 2
    records.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def slowly(tell: Connection) -> None:
    """Measure for ever, after telling who does."""

    def work(batch: Batch) -> Iterator[Record]:
        if batch[0] < 3:
            tell.send(os.getpid())
        time.sleep(0.02)
        yield {"trial": batch[0]}

    for _ in measured(sharing(3), work, [(number,) for number in range(100_000)]):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("kill", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_process_that_forked_them(kill: signal.Signals) -> None:
    context = multiprocessing.get_context("fork")
    ear, mouth = context.Pipe(duplex=False)
    first = context.Process(target=slowly, args=(mouth,))
    first.start()
    mouth.close()
    assert first.pid is not None
    workers = {ear.recv() for _ in range(3)}
    assert len(workers) == 3
    try:
        os.kill(first.pid, kill)
        first.join()
        assert ear.poll(20), "a worker lives on"
        # The end of the pipe: nobody is left who could speak.
        with pytest.raises(EOFError):
            ear.recv()
        workers.clear()
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        ear.close()


SETTING = setting_of(Cayley(3))


@pytest.mark.slow
@given(st.integers(1, 5000), st.sets(st.integers(0, 4999)))
def test_batches_follow_from_the_numbers_of_the_trials_alone(trials: int, gone: set[int]) -> None:
    setting = replace(SETTING, trials=trials)
    whole = batches(setting, range(trials))
    assert [trial for batch in whole for trial in batch] == list(range(trials))
    *full, last = whole
    size = len(full[0]) if full else SMALLEST
    assert size in {SMALLEST * 2**k for k in range(10)}
    assert size <= TRIAL_BLOCK
    assert size == SMALLEST or trials >= PARTS_OF_RUN * size
    assert size == TRIAL_BLOCK or trials < PARTS_OF_RUN * 2 * size, "as large as may be"
    assert all(len(batch) == size and batch[0] % size == 0 for batch in full)
    assert 0 < len(last) <= size
    assert TRIAL_BLOCK % size == 0, "a batch lies in one block"
    kept = [tuple(trial for trial in batch if trial not in gone) for batch in whole]
    left = (trial for trial in range(trials) if trial not in gone)
    assert batches(setting, left) == [batch for batch in kept if batch]


@pytest.mark.parametrize(("reads_blocks", "size"), [(True, TRIAL_BLOCK), (False, SMALLEST)])
def test_a_model_that_reads_blocks_gets_whole_blocks(reads_blocks: bool, size: int) -> None:
    model = type("Large", (), {"reads_blocks": reads_blocks})()
    cut = batches(replace(SETTING, trials=100), range(2 * TRIAL_BLOCK), model)
    assert {len(batch) for batch in cut} == {size}


@pytest.mark.slow
def test_a_metric_comes_to_the_same_whatever_the_cores(
    monkeypatch: pytest.MonkeyPatch, forks: list[tuple[int, int]]
) -> None:
    world = open_world("midtown")
    model = open_model("ngram:3", world, sequences=draw_sequences(world, "random", 300, 0))
    setting = setting_of(world, trials=300)
    found = []
    for workers in (1, 3):
        monkeypatch.setattr(OnAllCores, "workers", workers_of(workers))
        found.append(list(measure(setting, model, range(300))))
    assert forks == [(5, 3)]
    assert found[0] == found[1]
    agreeing = sum(record["agree"][setting.acceptance.main] for record in found[0])
    assert 0 < agreeing < 300
