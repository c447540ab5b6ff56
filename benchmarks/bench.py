"""How fast the paired walk is, as ratios within one run (absolute times say little).

Compression with a GPT-2 of 0.8 M parameters (the bundled checkpoint of Midtown): pairs a second
of the paired walk, of the naive version of the tests (one history at a time, nothing cached),
and the floor: one plain batched forward over as many symbols as the walk fed.

    python benchmarks/bench.py [--pairs 96] [--naive 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded, as in the CLI
sys.path.insert(0, str(Path(__file__).parent.parent))

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


def compression_row(policy: str, pairs: int, naive_pairs: int) -> dict[str, Any]:
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
    floor = floor_seconds(model, fed.symbols)
    return {
        "row": f"compression, {CHECKPOINTS[policy]}",
        "pairs_per_second": pairs / fast,
        "naive_pairs_per_second": naive_pairs / slow,
        "ratio": (pairs / fast) / (naive_pairs / slow),
        "symbols_fed_per_pair": fed.symbols / pairs,
        "share_of_floor": floor / fast,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=96)
    parser.add_argument("--naive", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [compression_row(policy, options.pairs, options.naive) for policy in CHECKPOINTS]
    print(f"{platform.machine()}, Python {platform.python_version()}")
    for row in rows:
        print(
            f"{row['row']:<32} {row['pairs_per_second']:8.1f} pairs/s, naive "
            f"{row['naive_pairs_per_second']:6.2f}, ratio {row['ratio']:6.1f}, "
            f"{row['symbols_fed_per_pair']:6.0f} symbols fed a pair, "
            f"{100 * row['share_of_floor']:.0f} % of the floor"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
