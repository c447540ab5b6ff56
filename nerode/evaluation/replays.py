"""Trips that are watched: some of an evaluation's, step by step, to be shown in its report.

The trips of the first traversal trials: as the model drives them, and once more with one
detour, a step of the first drive replaced by another legal symbol from which the goal is still
within the budget. nerode/schema/drawing.py says what is written of each step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.metrics.rollouts import Detour, Rollout, RolloutStep, detours_from, drive, prompt_of
from nerode.metrics.setting import Setting
from nerode.metrics.traversal import TRAVERSAL
from nerode.models.model import Model
from nerode.schema.drawing import Step, Trip
from nerode.worlds.world import AnyWorld, HasGoal

Prompts = dict[int, tuple[int, ...]]
"""Prompts by trial."""


@dataclass(frozen=True)
class Watch:
    """What is watched: how many trips, and which symbols of a step are written.

    `name` is what the random numbers of the detours are drawn by.
    """

    name: str
    most: int
    top: Callable[[RolloutStep], list[int]]


@dataclass(frozen=True)
class Driven:
    """One trip: all its symbols, and what the record holds of it."""

    symbols: tuple[int, ...]
    trip: Trip


@dataclass(frozen=True)
class Watched:
    """One trip as the model drives it, and with one detour."""

    trial: int
    prompt: tuple[int, ...]
    plain: Driven
    detour: Driven


def watched(setting: Setting, model: Model, watch: Watch) -> list[Watched]:
    """The first trips of the traversal metric in trial order; the world must have a goal.

    All in one batch, whatever a run has measured already, so that a resumed run has the same.
    """
    prompts = _prompts(setting, model, watch.most)
    drive_all = partial(_drive_all, setting, model, watch, list(prompts.values()))
    plain, places = drive_all(None)
    detours = map(partial(_detour, setting, watch.name), prompts.items(), places)
    detoured, _ = drive_all(list(detours))
    return [
        Watched(trial, prompt, once, again)
        for (trial, prompt), once, again in zip(prompts.items(), plain, detoured, strict=True)
    ]


def most_probable(step: RolloutStep, least: float, most: int) -> list[int]:
    """The symbols from a probability on, most probable first; what was played is among them."""
    likely = np.flatnonzero(step.probabilities >= least)
    order = np.argsort(-step.probabilities[likely], kind="stable")[:most]
    top: list[int] = likely[order].tolist() or [step.choice]
    return top if step.played in top else [*top[: most - 1], step.played]


def _prompts(setting: Setting, model: Model, most: int) -> Prompts:
    found: Prompts = {}
    for trial in range(min(setting.trials, most)):
        rng = setting.generator(TRAVERSAL.name, trial)
        with suppress(NoTrial):  # the metric counts those that it skips
            found[trial] = prompt_of(setting, model, trial, rng)
    return found


def _drive_all(
    setting: Setting,
    model: Model,
    watch: Watch,
    prompts: Sequence[tuple[int, ...]],
    detours: Sequence[Detour | None] | None,
) -> tuple[list[Driven], list[list[int]]]:
    """The trips as they stand in the record, and the steps of each that a detour may replace."""
    world = setting.world
    steps: list[list[Step]] = [[] for _ in prompts]
    places: list[list[int]] = [[] for _ in prompts]

    def see(number: int, step: RolloutStep) -> None:
        legal = world.legal(step.state)
        if step.choice in legal and detours_from(world, step.state, step.choice, step.left):
            places[number].append(len(steps[number]))
        steps[number].append(_step(world, step, legal, watch.top(step)))

    trips = drive(setting, model, prompts, detours, see)
    return [_driven(world, *each) for each in zip(trips, steps, strict=True)], places


def _detour(
    setting: Setting, name: str, prompted: tuple[int, tuple[int, ...]], places: Sequence[int]
) -> Detour | None:
    """One of the places, and what is drawn there, from the trial's own random numbers."""
    if not places:
        return None
    trial, prompt = prompted
    assert isinstance(setting.world, HasGoal)  # noqa: S101 - `watched` needs one; for the type
    place, which = setting.generator(name, trial).random(2)
    uniforms: NDArray[np.float64] = np.ones((setting.world.steps_allowed(prompt), 2))
    uniforms[places[int(place * len(places))]] = 0, which
    return Detour("random", 0.5, uniforms)


def _driven(world: AnyWorld, rollout: Rollout, steps: Sequence[Step]) -> Driven:
    off = steps and steps[-1].symbol not in steps[-1].legal
    trip = Trip(
        sequence=[world.alphabet[symbol] for symbol in rollout.symbols],
        arrived=rollout.valid,
        left=len(steps) - 1 if off else None,
        steps=list(steps),
    )
    return Driven(rollout.symbols, trip)


def _step(world: AnyWorld, step: RolloutStep, legal: Sequence[int], top: Sequence[int]) -> Step:
    names = world.alphabet
    return Step(
        symbol=names[step.played],
        detour=step.played != step.choice,
        wanted=names[step.choice],
        top=[(names[a], round(float(step.probabilities[a]), 4)) for a in top],
        legal=[names[symbol] for symbol in legal],
    )
