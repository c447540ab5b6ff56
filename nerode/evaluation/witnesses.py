"""Contradictions as they stand in a record: with the way on the map, or the boards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from msgspec import UNSET, structs
from numpy.typing import NDArray

from nerode.evaluation.replays_on_boards import position
from nerode.models.model import Model, absent_symbols
from nerode.schema.drawing import BoardDrawing, Contradiction, ExpectedPosition, MapDrawing
from nerode.worlds.world import AnyWorld, LiesOnMap, OnBoard

_LEAST_PROBABLE = 0.0005
"""What a model holds less probable after a history is left out."""


def with_paths(world: AnyWorld, witnesses: Iterable[Contradiction]) -> list[Contradiction]:
    """The contradictions with the places they pass, where the world lies on a map."""
    if not isinstance(world, LiesOnMap):
        return list(witnesses)
    found = []
    for witness in witnesses:
        first, second = world.encode(witness.history1), world.encode(witness.history2)
        path1, path2 = world.trace(first), world.trace(second)
        follow = first if witness.world[0] or not witness.world[1] else second
        behind = len(world.trace(follow))
        path = world.trace(follow + world.encode(witness.continuation))[behind - 1 :]
        found.append(structs.replace(witness, path1=path1, path2=path2, path=path))
    return found


def with_boards(
    world: AnyWorld, model: Model, witnesses: Mapping[str, Sequence[Contradiction]]
) -> dict[str, list[Contradiction]]:
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
        world.encode(history) + way
        for witness, way in zip(every, ahead, strict=True)
        for history in (witness.history1, witness.history2)
    ]
    expected = model.read(histories).probabilities if histories else ()
    boards = iter([_board(world, *each) for each in zip(histories, expected, strict=True)])
    ways = iter(ahead)
    return {
        metric: [
            structs.replace(witness, ahead=len(next(ways)), boards=(next(boards), next(boards)))
            for witness in each
        ]
        for metric, each in found.items()
    }


def _ahead(world: AnyWorld, witness: Contradiction, absent: Sequence[int]) -> tuple[int, ...]:
    """The continuation without its last symbol, as far as both boards allow it.

    And as far as the model can read it: some symbols may be `absent` from its vocabulary.
    """
    states = [world.run(world.encode(each)) for each in (witness.history1, witness.history2)]
    way = list[int]()
    for symbol in world.encode(witness.continuation)[:-1]:
        if symbol in absent or not all(symbol in world.legal(state) for state in states):
            break
        states = [world.step(state, symbol) for state in states]
        way.append(symbol)
    return tuple(way)


def _board(
    world: AnyWorld, history: Sequence[int], expected: NDArray[np.float32]
) -> ExpectedPosition:
    at = position(world, history)
    likely = [int(symbol) for symbol in np.argsort(-expected, kind="stable")]
    return ExpectedPosition(
        discs=at.discs,
        to_move=at.to_move,
        last=world.alphabet[history[-1]] if history else None,
        legal=[world.alphabet[symbol] for symbol in world.legal(world.run(history))],
        expected=[
            (world.alphabet[symbol], round(float(expected[symbol]), 4))
            for symbol in likely
            if expected[symbol] >= _LEAST_PROBABLE
        ],
    )


def drawing(world: AnyWorld) -> MapDrawing | BoardDrawing | None:
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
