"""Compression with a GPT-2 of 0.8 M parameters (the bundled checkpoints of Midtown).

Pairs a second of the paired walk, of the naive version of the tests (one history at a time,
nothing cached), and the floor: one plain batched forward over as many symbols as the walk fed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Missing, Options, Row, measured
from nerode.demo import CHECKPOINTS, checkpoint
from nerode.metrics.compression import NAME, measure
from nerode.metrics.paired import continuations
from nerode.metrics.setting import Setting
from nerode.models.model import Contexts, Model
from nerode.models.registry import open_model
from nerode.sequences.dataset import SequenceBatch
from nerode.sequences.histories import uniform_histories
from nerode.worlds.registry import open_world
from tests.metrics import dumb


@dataclass
class Fed:
    """How many symbols a model was fed."""

    symbols: int = 0


@dataclass(frozen=True)
class CountingContexts:
    inner: Contexts
    fed: Fed

    @property
    def probabilities(self) -> NDArray[np.float32]:
        return self.inner.probabilities

    def extend(self, rows: NDArray[np.int64], symbols: NDArray[np.int64]) -> CountingContexts:
        self.fed.symbols += len(rows)
        return CountingContexts(self.inner.extend(rows, symbols), self.fed)


@dataclass(frozen=True)
class Counting:
    """A model that counts the symbols it reads."""

    inner: Model
    fed: Fed

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def alphabet(self) -> tuple[str, ...]:
        return self.inner.alphabet

    @property
    def context_length(self) -> int | None:
        return self.inner.context_length

    def read(self, histories: Sequence[Sequence[int]]) -> CountingContexts:
        self.fed.symbols += sum(map(len, histories))
        return CountingContexts(self.inner.read(histories), self.fed)


def naive(setting: Setting, model: Model, trials: range) -> list[bool]:
    """Compression with every continuation drawn and scored by itself."""
    agree = []
    for trial in trials:
        rng = setting.generator(NAME, trial)
        drawn = setting.histories.same_state(rng)
        pair = continuations(setting, drawn.histories, rng)
        assert pair.uniforms is not None
        room = min(setting.length, (model.context_length or 10**9) - max(map(len, pair.histories)))
        texts = [
            [
                dumb.draw(model, history, setting.acceptance.epsilon, setting.world.end, room, u)
                for u in numbers
            ]
            for history, numbers in zip(pair.histories, pair.uniforms, strict=True)
        ]
        agree.append(
            dumb.compression_of(model, pair.histories, texts, setting.acceptance.epsilon)[0]
        )
    return agree


def naive_seconds(setting: Setting, model: Model, expected: list[bool], threads: int) -> float:
    """Seconds that the naive version takes, with so many threads, to give the same answers."""
    import torch  # noqa: PLC0415

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    begin = time.perf_counter()
    agree = naive(setting, model, range(len(expected)))
    seconds = time.perf_counter() - begin
    torch.set_num_threads(before)
    assert agree == expected, "same answers"
    return seconds


def floor_seconds(model: Any, symbols: int, length: int = 60, rows: int = 64) -> float:
    """Seconds that plain batched forwards over so many symbols take."""
    import torch  # noqa: PLC0415

    batches = max(1, symbols // (rows * length))
    ids = torch.randint(0, len(model.alphabet), (rows, length))
    with torch.inference_mode():
        model.network(ids)
        begin = time.perf_counter()
        for _ in range(batches):
            model.network(ids)
    return (time.perf_counter() - begin) * symbols / (batches * rows * length)


def compression(name: str, policy: str, pairs: int, naive_pairs: int) -> Row:
    world = open_world("midtown")
    model = open_model(str(checkpoint(policy)), world)
    setting = Setting(
        world=world, histories=uniform_histories(world), sequences=SequenceBatch.of([])
    )
    warm = list(measure(setting, model, range(4)))
    fed = Fed()
    begin = time.perf_counter()
    records = list(measure(setting, Counting(model, fed), range(pairs)))
    fast = time.perf_counter() - begin
    main = setting.acceptance.main
    expected = [bool(record["agree"][main]) for record in records[:naive_pairs]]
    slow = min(naive_seconds(setting, model, expected, threads) for threads in (1, 2))
    assert warm[0] == records[0]
    return Row(
        name,
        "pairs/s",
        rate=pairs / fast,
        naive=naive_pairs / slow,
        floor=pairs / floor_seconds(model, fed.symbols),
        details={"symbols fed per pair": fed.symbols / pairs},
    )


def rows(options: Options) -> Iterator[Row | Missing]:
    """Compression with each bundled checkpoint."""
    sizes = options.size(96, 4), options.size(3, 1)
    names = {policy: f"compression, {trained_on}" for policy, trained_on in CHECKPOINTS.items()}
    return measured(
        options,
        {name: partial(compression, name, policy, *sizes) for policy, name in names.items()},
    )
