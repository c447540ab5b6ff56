"""Traversal and detours: trips driven together with what was read carried on, and one at a time.

Trips a second in Midtown with the bundled model of shortest paths. The naive version drives one
trip after the other and reads it whole for every symbol (the library's module, no cache); the
floor is plain forwards over as many symbols as were fed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.counting import Counting, Fed, floor_rate
from benchmarks.one_by_one import Plain, answered
from benchmarks.rows import Missing, Options, Row, measured
from benchmarks.walks import opened
from nerode.metrics.detours import DETOUR_KINDS, DETOUR_SHARES, DetoursTrial
from nerode.metrics.rollouts import prompt_of
from nerode.metrics.setting import Setting
from nerode.metrics.traversal import TraversalTrial
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import uniform_histories
from nerode.worlds.registry import open_world
from tests.metrics import dumb

TRIPS_OF_DETOURS = 2 * len(DETOUR_SHARES) - 1
"""Trips of one trial: every share by both kinds, and one without detours."""


def setting_of(trials: int) -> Setting:
    """Held-out prompts of Midtown."""
    world = open_world("midtown")
    sequences = draw_sequences(world, "shortest", trials, 1, split="held_out", split_seed=0)
    return Setting(
        world=world, histories=uniform_histories(world), sequences=sequences, trials=trials
    )


def _traversal(setting: Setting, model: Plain, trial: int) -> Any:
    prompt = prompt_of(setting, model, trial, setting.generator("traversal", trial))
    return dumb.trip(setting.world, model, prompt)[1]


def _detours(setting: Setting, model: Plain, trial: int) -> Any:
    rng = setting.generator("detours", trial)
    prompt = prompt_of(setting, model, trial, rng)
    world: Any = setting.world
    uniforms = rng.random((world.steps_allowed(prompt), 2))
    return {
        kind: {
            name: dumb.trip(world, model, prompt, (kind, share, uniforms))[1]
            for name, share in DETOUR_SHARES.items()
        }
        for kind in DETOUR_KINDS
    }


def _valid(trial: TraversalTrial) -> Any:
    return trial.valid


def _arrived(trial: DetoursTrial) -> Any:
    return {kind: trial.arrived(kind) for kind in DETOUR_KINDS}


Naive = Callable[[Setting, Plain, int], Any]
METRICS: dict[str, tuple[Naive, Callable[[Any], Any], int]] = {
    "traversal": (_traversal, _valid, 1),
    "detours": (_detours, _arrived, TRIPS_OF_DETOURS),
}


def trips(name: str, metric: str, trials: int, naive_trials: int) -> Row:
    """One metric."""
    naive, answer, per_trial = METRICS[metric]
    setting, model = setting_of(trials), opened("shortest")
    measure = import_module(f"nerode.metrics.{metric}").measure
    list(measure(setting, model, range(4)))
    begin = time.perf_counter()
    records = list(measure(setting, model, range(trials)))
    seconds = time.perf_counter() - begin
    fed = Fed()
    some = min(trials, 128)
    counting: Any = Counting(model, fed)
    list(measure(setting, counting, range(some)))
    asked = records[:naive_trials]
    came, rate = answered(partial(naive, setting), model, [record.trial for record in asked])
    same = sum(a == answer(record) for a, record in zip(came, asked, strict=True))
    return Row(
        name,
        "trips/s",
        rate=trials * per_trial / seconds,
        naive=rate * per_trial,
        floor=floor_rate(model) / (fed.symbols / some) * per_trial,
        details={
            "symbols fed per trip": round(fed.symbols / some / per_trial, 1),
            "trips": trials * per_trial,
            "same answers": f"{same} of {len(asked)}",
        },
    )


def rows(options: Options) -> Iterator[Row | Missing]:
    """Both metrics."""
    sizes = {
        "traversal": (options.size(1000, 16), options.size(40, 2)),
        "detours": (options.size(512, 8), options.size(6, 1)),
    }
    return measured(
        options,
        {
            f"{metric}, 4 x 128, midtown-shortest": partial(
                trips, f"{metric}, 4 x 128, midtown-shortest", metric, *size
            )
            for metric, size in sizes.items()
        },
    )
