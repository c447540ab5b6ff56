"""Contradictions as an evaluation tells them: with the way on the map, or the boards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from nerode.evaluation.replays_on_boards import position
from nerode.metrics.setting import Record
from nerode.models.model import Model, absent_symbols
from nerode.schema.drawing import BoardDrawing, MapDrawing
from nerode.worlds.world import LiesOnMap, OnBoard, World

LEAST = 0.0005
"""What a model holds less probable after a history is not told."""


def with_paths(world: World[Any], witnesses: Iterable[Record]) -> list[Record]:
    """The contradictions with the places they pass, where the world lies on a map."""
    if not isinstance(world, LiesOnMap):
        return list(witnesses)
    drawn = []
    for witness in witnesses:
        first, second = world.encode(witness["history1"]), world.encode(witness["history2"])
        path1, path2 = world.trace(first), world.trace(second)
        follow = first if witness["world"][0] or not witness["world"][1] else second
        behind = len(world.trace(follow))
        path = world.trace(follow + world.encode(witness["continuation"]))[behind - 1 :]
        drawn.append({**witness, "path1": path1, "path2": path2, "path": path})
    return drawn


def with_boards(
    world: World[Any], model: Model, witnesses: Mapping[str, Sequence[Record]]
) -> dict[str, list[Record]]:
    """Contradictions by metric with the boards of both histories, where the world has a board.

    The boards are those on which the last symbol of the continuation is judged: the symbols before
    it are played on both, as far as both allow; `ahead` is how many. The model reads all of it once
    more, in one batch: what it expects is shown on the boards.
    """
    found = {metric: list(each) for metric, each in witnesses.items()}
    if not isinstance(world, OnBoard):
        return found
    every = [witness for each in found.values() for witness in each]
    ahead = [_ahead(world, witness, absent_symbols(model)) for witness in every]
    histories = [
        world.encode(witness[name]) + way
        for witness, way in zip(every, ahead, strict=True)
        for name in ("history1", "history2")
    ]
    expected = model.read(histories).probabilities if histories else ()
    boards = iter([_board(world, *each) for each in zip(histories, expected, strict=True)])
    ways = iter(ahead)
    return {
        metric: [
            {**witness, "ahead": len(next(ways)), "boards": [next(boards), next(boards)]}
            for witness in each
        ]
        for metric, each in found.items()
    }


def _ahead(world: World[Any], witness: Record, absent: Sequence[int]) -> tuple[int, ...]:
    """The continuation without its last symbol, as far as both boards allow it.

    And as far as the model can read it: some symbols may be `absent` from its vocabulary.
    """
    states = [world.run(world.encode(witness[name])) for name in ("history1", "history2")]
    way = list[int]()
    for symbol in world.encode(witness["continuation"])[:-1]:
        if symbol in absent or not all(symbol in world.legal(state) for state in states):
            break
        states = [world.step(state, symbol) for state in states]
        way.append(symbol)
    return tuple(way)


def _board(world: World[Any], history: Sequence[int], expected: NDArray[np.float32]) -> Record:
    likely = [int(symbol) for symbol in np.argsort(-expected, kind="stable")]
    return {
        **position(world, history),
        "last": world.alphabet[history[-1]] if history else None,
        "legal": [world.alphabet[symbol] for symbol in world.legal(world.run(history))],
        "expected": [
            [world.alphabet[symbol], round(float(expected[symbol]), 4)]
            for symbol in likely
            if expected[symbol] >= LEAST
        ],
    }


def drawing(world: World[Any]) -> MapDrawing | BoardDrawing | None:
    """What the world is drawn on: a board, or a map and whose data it is where it says."""
    if isinstance(world, OnBoard):
        return BoardDrawing(size=world.size, squares=list(world.square_names))
    if not isinstance(world, LiesOnMap):
        return None
    attribution = getattr(world, "attribution", None)
    return MapDrawing(
        nodes=[(float(a), float(b)) for a, b in zip(world.lat, world.lon, strict=True)],
        names=list(world.names),
        streets=[(int(a), int(b), str(label)) for a, label, b in world.streets],
        attribution=str(attribution) if attribution else UNSET,
    )
