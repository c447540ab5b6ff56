"""Routes: some trips of an evaluation step by step, to be watched in its report.

The trips of the first traversal trials of a street map: as the model drives them, and once more
with one detour, a step of the first drive replaced by another legal turn from which the
destination is still within the budget. nerode/record.py says what is told of each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.metrics.setting import Record, Setting
from nerode.metrics.traversal import TRAVERSAL
from nerode.metrics.trips import Detour, Step, Trip, detours_from, drive, prompt_of
from nerode.models.model import Model
from nerode.worlds.world import HasGoal, LiesOnMap, World

NAME = "routes"
MOST = 60
"""Trips that are written down: enough to choose from, few enough for a page."""
TOP = 5
"""Symbols of a step that are told with their probability."""
LEAST = 0.0005
"""What is less probable is not told, but for what was wanted or played."""

Prompts = dict[int, tuple[int, ...]]
"""Prompts by trial."""


def routes(setting: Setting, model: Model) -> list[Record]:
    """The first trips of the traversal metric in trial order; none where there is no map.

    All in one batch, whatever a run has measured already, so that a resumed run has the same.
    """
    world = setting.world
    if not (isinstance(world, LiesOnMap) and isinstance(world, HasGoal)):
        return []
    prompts = _prompts(setting, model)
    drive_all = partial(_drive_all, setting, model, list(prompts.values()))
    plain, places = drive_all(None)
    detours = map(partial(_detour, setting), prompts.items(), places)
    detoured, _ = drive_all(list(detours))
    return [
        {
            "trial": trial,
            "shortest": world.trace((*prompt, *_shortest(world, prompt))),
            "plain": once,
            "detour": again,
        }
        for (trial, prompt), once, again in zip(prompts.items(), plain, detoured, strict=True)
    ]


def _prompts(setting: Setting, model: Model) -> Prompts:
    found: Prompts = {}
    for trial in range(min(setting.trials, MOST)):
        rng = setting.generator(TRAVERSAL.name, trial)
        with suppress(NoTrial):  # the metric counts those that it skips
            found[trial] = prompt_of(setting, model, trial, rng)
    return found


def _drive_all(
    setting: Setting,
    model: Model,
    prompts: Sequence[tuple[int, ...]],
    detours: Sequence[Detour | None] | None,
) -> tuple[list[Record], list[list[int]]]:
    """The trips as the record tells them, and the steps of each that a detour may replace."""
    world = setting.world
    steps: list[list[Record]] = [[] for _ in prompts]
    places: list[list[int]] = [[] for _ in prompts]

    def watch(number: int, step: Step) -> None:
        legal = world.legal(step.state)
        if step.choice in legal and detours_from(world, step.state, step.choice, step.left):
            places[number].append(len(steps[number]))
        steps[number].append(_step(world, step, legal))

    trips = drive(setting, model, prompts, detours, watch)
    return [_trip(world, *each) for each in zip(trips, steps, strict=True)], places


def _detour(
    setting: Setting, asked: tuple[int, tuple[int, ...]], places: Sequence[int]
) -> Detour | None:
    """One of the places, and what is drawn there, from the trial's own random numbers."""
    if not places:
        return None
    trial, prompt = asked
    assert isinstance(setting.world, HasGoal)  # noqa: S101 - `routes` has checked; for the type
    place, which = setting.generator(NAME, trial).random(2)
    uniforms: NDArray[np.float64] = np.ones((setting.world.steps_allowed(prompt), 2))
    uniforms[places[int(place * len(places))]] = 0, which
    return Detour("random", 0.5, uniforms)


def _shortest(world: World[Any], prompt: Sequence[int]) -> list[int]:
    """Symbols of the canonical way after the prompt; as far as there is one."""
    assert isinstance(world, HasGoal)  # noqa: S101 - `routes` has checked; this tells the type
    state, symbols = world.run(prompt), list[int]()
    while (symbol := world.toward_goal(state)) not in (None, world.end):
        symbols.append(symbol)
        state = world.step(state, symbol)
    return symbols


def _trip(world: World[Any], trip: Trip, steps: Sequence[Record]) -> Record:
    assert isinstance(world, LiesOnMap)  # noqa: S101 - `routes` has checked; this tells the type
    off_map = steps and steps[-1]["symbol"] not in steps[-1]["legal"]
    return {
        "sequence": [world.alphabet[symbol] for symbol in trip.symbols],
        "path": world.trace(trip.symbols),
        "arrived": trip.valid,
        "left": len(steps) - 1 if off_map else None,
        "steps": list(steps),
    }


def _step(world: World[Any], step: Step, legal: Sequence[int]) -> Record:
    names = world.alphabet
    return {
        "symbol": names[step.played],
        "detour": step.played != step.choice,
        "wanted": names[step.choice],
        "top": [[names[a], round(float(step.probabilities[a]), 4)] for a in _top(step)],
        "legal": [names[symbol] for symbol in legal],
    }


def _top(step: Step) -> list[int]:
    """The most probable symbols, most probable first; what was played is among them."""
    likely = np.flatnonzero(step.probabilities >= LEAST)
    order = np.argsort(-step.probabilities[likely], kind="stable")[:TOP]
    top: list[int] = likely[order].tolist() or [step.choice]
    return top if step.played in top else [*top[: TOP - 1], step.played]
