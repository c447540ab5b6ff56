"""Trips: a model writes a sequence on its own, many sequences in one batch.

Greedy decoding (the arg-max over the world's symbols), the cache carried from step to step,
trips that are over leave the batch. A detour replaces the model's choice now and then.
Traversal and detours are measured from these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from nerode.errors import NoTrial
from nerode.metrics.memory import spans_within
from nerode.metrics.setting import Setting, check_length, check_symbols
from nerode.models.model import Model, Probabilities, Rows, absent_symbols
from nerode.worlds.world import AnyWorld, HasGoal

DetourKind = Literal["random", "adversarial"]


@dataclass(frozen=True)
class Detour:
    """How the model's choices are replaced on one trip.

    At step t the choice is replaced where `uniforms[t, 0] < share`: by a legal symbol from
    which the goal is still within the budget, drawn with `uniforms[t, 1]` (random) or the one
    that the model ranks last (adversarial). `uniforms` has shape (steps, 2).
    """

    kind: DetourKind
    share: float
    uniforms: NDArray[np.float64]


@dataclass(frozen=True)
class Rollout:
    """A finished trip: all its symbols, and whether it is legal throughout and arrived.

    `cost` is what the symbols after the prompt cost in the world's unit, None when the trip
    failed. Of these symbols `chosen` are the model's own and `replaced` those of a detour.
    """

    symbols: tuple[int, ...]
    valid: bool
    cost: int | None
    chosen: int
    replaced: int


@dataclass(frozen=True)
class RolloutStep:
    """One step of a trip as it is taken.

    `state` and `left` (symbols that the budget still allows) are those before it; `choice` is
    the model's own, `played` what was played; `probabilities` has shape (symbols,).
    """

    state: Any
    left: int
    choice: int
    played: int
    probabilities: NDArray[np.float32]


Watcher = Callable[[int, RolloutStep], None]
"""Called with the number of the trip, in the order of its steps."""


@dataclass
class _Driver:
    """One trip under way."""

    number: int
    symbols: list[int]
    state: Any
    left: int
    cost: int = 0
    valid: bool = False
    step: int = 0
    replaced: int = 0
    over: bool = False


def prompt_of(
    setting: Setting, model: Model, trial: int, rng: np.random.Generator
) -> tuple[int, ...]:
    """Where trial number `trial` starts.

    The prompt of that held-out sequence, or a trip that the world draws where sequences
    have no prompt. Raises NoTrial where there is none, or one that the model cannot read.
    """
    world = setting.world
    if not isinstance(world, HasGoal):
        message = f"world {world.name} has no goal to arrive at"
        raise NoTrial(message)
    if not world.prompt_length:
        prompt = tuple(world.sample_trip(rng))
    elif trial < len(setting.sequences):
        prompt = tuple(setting.sequences[trial][: world.prompt_length].tolist())
    else:
        message = f"only {len(setting.sequences)} held-out sequences"
        raise NoTrial(message)
    check_length(model, len(prompt), "prompt")
    check_symbols(model, [prompt], "prompt")
    return prompt


def lacks_goal(world: AnyWorld) -> str | None:
    """What a world would have to be for trips in it; None where it has a goal."""
    return None if isinstance(world, HasGoal) else "a world with a goal"


def choices(probabilities: Probabilities) -> Rows:
    """The most probable symbol of every row, -1 where no symbol has any probability."""
    return np.where(probabilities.any(axis=1), probabilities.argmax(axis=1), -1)


def drive(
    setting: Setting,
    model: Model,
    prompts: Sequence[tuple[int, ...]],
    detours: Sequence[Detour | None] | None = None,
    watch: Watcher | None = None,
) -> list[Rollout]:
    """Let the model write from each prompt until it stops, errs or runs out of budget.

    Together, or in parts one after the other where it may take too much memory. `watch` sees
    every step.
    """
    world = setting.world
    if not isinstance(world, HasGoal):
        message = f"world {world.name} has no goal to arrive at"
        raise NoTrial(message)
    drivers = [
        _Driver(number, list(prompt), world.run(prompt), world.steps_allowed(prompt))
        for number, prompt in enumerate(prompts)
    ]
    _fit(model, drivers)
    kinds: Sequence[Detour | None] = [None] * len(drivers) if detours is None else detours
    lengths = [len(driver.symbols) + driver.left for driver in drivers]
    for begin, end in spans_within(model, lengths):
        _drive(world, model, drivers[begin:end], kinds[begin:end], watch)
    return [
        Rollout(
            tuple(driver.symbols),
            driver.valid,
            driver.cost if driver.valid else None,
            driver.step - driver.replaced,
            driver.replaced,
        )
        for driver in drivers
    ]


def _drive(
    world: AnyWorld,
    model: Model,
    drivers: Sequence[_Driver],
    kinds: Sequence[Detour | None],
    watch: Watcher | None,
) -> None:
    active = [number for number, driver in enumerate(drivers) if driver.left > 0]
    absent = absent_symbols(model)
    # Trips that set out alike (one prompt, several detours) read their prompt once.
    read: dict[tuple[int, ...], int] = {}
    rows = [read.setdefault(tuple(drivers[number].symbols), len(read)) for number in active]
    contexts = model.read(list(read))
    while active:
        probabilities = contexts.probabilities
        choice = choices(probabilities)
        for row, number in zip(rows, active, strict=True):
            driver, detour, symbol = drivers[number], kinds[number], int(choice[row])
            if detour is not None:
                symbol = _detour(world, driver, detour, symbol, probabilities[row], absent)
                driver.replaced += symbol != int(choice[row])
            if watch is not None and symbol >= 0:
                step = RolloutStep(
                    driver.state, driver.left, int(choice[row]), symbol, probabilities[row]
                )
                watch(driver.number, step)
            _move(world, driver, symbol)
        going = [place for place, number in enumerate(active) if not drivers[number].over]
        parents = [rows[place] for place in going]
        active = [active[place] for place in going]
        rows = list(range(len(active)))
        if active:
            last = [drivers[number].symbols[-1] for number in active]
            contexts = contexts.extend(
                np.array(parents, dtype=np.int64), np.array(last, dtype=np.int64)
            )


def _fit(model: Model, drivers: Sequence[_Driver]) -> None:
    """A trip ends where the model cannot read on; the last symbol need not be read."""
    if model.context_length is not None:
        for driver in drivers:
            driver.left = min(driver.left, model.context_length - len(driver.symbols) + 1)


def _move(world: AnyWorld, driver: _Driver, symbol: int) -> None:
    """Play one symbol; the trip is over at END, at an illegal symbol and without budget."""
    if symbol < 0:
        driver.over = True
        return
    driver.symbols.append(symbol)
    driver.step += 1
    driver.left -= 1
    if symbol not in world.legal(driver.state):
        driver.over = True
        return
    # Not isinstance, as `drive` has it: asked at every step that takes longer than the step.
    driver.cost += cast("HasGoal[Any]", world).cost(driver.state, symbol)
    driver.state = world.step(driver.state, symbol)
    arrived = symbol == world.end if world.end is not None else not world.legal(driver.state)
    driver.valid = arrived
    driver.over = arrived or driver.left <= 0


def _detour(
    world: AnyWorld,
    driver: _Driver,
    detour: Detour,
    choice: int,
    probabilities: NDArray[np.float32],
    absent: Sequence[int],
) -> int:
    """The symbol to play: the model's choice, or what replaces it and the model can read."""
    strike, which = detour.uniforms[driver.step]
    if strike >= detour.share:
        return choice
    others = detours_from(world, driver.state, choice, driver.left)
    others = [symbol for symbol in others if symbol not in absent]
    if not others:
        return choice
    if detour.kind == "adversarial":
        return min(others, key=lambda symbol: (probabilities[symbol], symbol))
    return others[int(which * len(others))]


def detours_from(world: AnyWorld, state: Any, choice: int, left: int) -> list[int]:
    """What may be played instead of the choice: the goal is still within the `left` symbols.

    Nothing where the sequence may stop: who has arrived is not sent away again.
    """
    legal = world.legal(state)
    if world.end in legal:
        return []
    return [a for a in legal if a != choice and _in_reach(world, state, a, left)]


def _in_reach(world: AnyWorld, state: Any, symbol: int, left: int) -> bool:
    steps = cast("HasGoal[Any]", world).steps_to_goal(world.step(state, symbol))
    return steps is not None and steps <= left - 1
