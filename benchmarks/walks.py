"""Compression and distinction, with uniform histories of Midtown (521 crossings).

Pairs a second of the paired walk with its curve over six thresholds, of the naive version (one
history at a time, nothing cached, one threshold), and the floor: plain forwards over as many
symbols as the walk fed. Also how long it takes until the answer is known to two points, and
the same at the paper's size: the bundled model made as wide and deep as the paper's, with the
same function (benchmarks/wide.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any

import torch

from benchmarks.counting import Counting, Fed, floor_rate
from benchmarks.one_by_one import pairs_per_second
from benchmarks.rows import Missing, Options, Row, Unavailable, measured
from benchmarks.wide import widened
from nerode.metrics.setting import TRIAL_BLOCK, Setting
from nerode.models.bundled import folder_of
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.transformer import Transformer
from nerode.sequences.dataset import SequenceBatch
from nerode.sequences.histories import uniform_histories
from nerode.worlds.registry import open_world

METRICS = ("compression", "distinction")
HALF_WIDTH = 0.02
COUNTED = 512
"""Pairs whose symbols are counted; no more than a quarter of those measured."""


def setting_of(trials: int) -> Setting:
    """Uniform histories of Midtown."""
    world = open_world("midtown")
    return Setting(
        world=world,
        histories=uniform_histories(world),
        sequences=SequenceBatch.of([]),
        trials=trials,
    )


def opened(policy: str, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Transformer:
    """A bundled checkpoint."""
    model = open_checkpoint(
        folder_of(f"midtown-{policy}"), open_world("midtown"), dtype=dtype, device=device
    )
    assert isinstance(model, Transformer)
    return model


def timed(metric: str, setting: Setting, model: Transformer, pairs: int) -> tuple[list[Any], float]:
    """The records of a metric, and the seconds they took; what is compiled is compiled before."""
    measure = import_module(f"nerode.metrics.{metric}").measure
    list(measure(setting, model, range(4)))
    begin = time.perf_counter()
    records = list(measure(setting, model, range(pairs)))
    return records, time.perf_counter() - begin


def fed_per_pair(metric: str, setting: Setting, model: Transformer, pairs: int) -> float:
    """Symbols that the walk feeds the model for a pair."""
    fed = Fed()
    counting: Any = Counting(model, fed)
    list(import_module(f"nerode.metrics.{metric}").measure(setting, counting, range(pairs)))
    return fed.symbols / pairs


def walk(
    name: str,
    metric: str,
    model: Transformer,
    pairs: int,
    naive_pairs: int,
    same_function: Transformer | None = None,
) -> Row:
    """One metric of one model, in batches as an evaluation of 1,000 trials or more has them."""
    setting = setting_of(max(pairs, 1000))
    records, seconds = timed(metric, setting, model, pairs)
    # A widened model is the small one in another shape: it is fed the same symbols.
    fed = fed_per_pair(metric, setting, same_function or model, min(pairs // 4 or 1, COUNTED))
    slow, same = pairs_per_second(metric, setting, model, records[:naive_pairs])
    return Row(
        name,
        "pairs/s",
        rate=pairs / seconds,
        naive=slow,
        floor=floor_rate(model) / fed,
        details={"symbols fed per pair": round(fed, 1), "pairs": pairs, "same answers": same},
    )


def until_known(name: str, model: Transformer, naive_pairs: int) -> Row:
    """Seconds until compression and both scores of distinction are known to two points."""
    seconds = slow = 0.0
    trials: dict[str, float | int | str] = {}
    for metric in METRICS:
        module = import_module(f"nerode.metrics.{metric}")
        setting = setting_of(TRIAL_BLOCK * 8)
        list(module.measure(setting, model, range(4)))
        needed = setting.trials
        begin = time.perf_counter()
        records: list[Any] = []
        for record in module.measure(setting, model, range(setting.trials)):
            records.append(record)
            if len(records) % 64 == 0 and _known(module.summarise(setting, records), metric):
                needed = len(records)
                break
        seconds += time.perf_counter() - begin
        rate, _ = pairs_per_second(metric, setting, model, records[:naive_pairs])
        slow += needed / rate
        trials[f"pairs of {metric}"] = needed
    return Row(
        name, "1/s", rate=1 / seconds, naive=1 / slow, details={"seconds": seconds, **trials}
    )


def _known(result: Any, metric: str) -> bool:
    names = ("precision",) if metric == "compression" else ("precision", "recall")
    estimates = [result.estimates()[name] for name in names]
    return all(e.n > 0 and (e.high - e.low) / 2 <= HALF_WIDTH for e in estimates)


def wide(name: str, metric: str, dtype: torch.dtype, pairs: int, naive_pairs: int) -> Row:
    """One metric at the paper's size."""
    model = widened(opened("shortest", dtype))
    return walk(name, metric, model, pairs, naive_pairs, opened("shortest"))


def on_gpu(name: str, metric: str, dtype: torch.dtype, pairs: int) -> Row:
    """One metric at the paper's size on a GPU, without the naive version."""
    if not torch.cuda.is_available():
        raise Unavailable("no GPU")
    model = widened(opened("shortest", dtype, "cuda"))
    setting = setting_of(pairs)
    _, seconds = timed(metric, setting, model, pairs)
    fed = fed_per_pair(metric, setting, opened("shortest"), min(pairs // 4 or 1, COUNTED))
    device = torch.cuda.get_device_name()
    details: dict[str, float | str]
    details = {"seconds": seconds, "symbols fed per pair": fed, "device": device}
    return Row(name, "pairs/s", pairs / seconds, floor=floor_rate(model) / fed, details=details)


def rows(options: Options) -> Iterator[Row | Missing]:
    """Both metrics, with both bundled checkpoints and at the paper's size."""
    makers = {}
    for policy in ("shortest", "random"):
        pairs = options.size(2048 if policy == "shortest" else 256, 32)
        naive = options.size(12 if policy == "shortest" else 1, 1)
        for metric in METRICS:
            name = f"{metric}, 4 x 128, midtown-{policy}"
            makers[name] = partial(_small, name, metric, policy, pairs, naive)
    name = "known to 2 points, 4 x 128, midtown-shortest"
    makers[name] = partial(_until_known, name, options.size(12, 1))
    sizes = options.size(256, 8), options.size(1, 1)
    for dtype in (torch.float32, torch.bfloat16):
        short = str(dtype).removeprefix("torch.")
        for metric in METRICS:
            name = f"{metric}, 12 x 768, {short}"
            makers[name] = partial(wide, name, metric, dtype, *sizes)
            if options.gpu:
                name = f"{metric}, 12 x 768, {short}, GPU"
                makers[name] = partial(on_gpu, name, metric, dtype, options.size(1000, 8))
    return measured(options, makers)


def _small(name: str, metric: str, policy: str, pairs: int, naive_pairs: int) -> Row:
    return walk(name, metric, opened(policy), pairs, naive_pairs)


def _until_known(name: str, naive_pairs: int) -> Row:
    return until_known(name, opened("shortest"), naive_pairs)
