"""Reconstruct the same sequences repeatedly: in random orders, and from growing parts of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nerode.engine.cores import cores
from nerode.metrics.reconstruction.algorithm import ReconstructedMap, Rules, reconstruct_in_order
from nerode.metrics.reconstruction.judge import MALFORMED, judge
from nerode.metrics.reconstruction.order import Order, arrange
from nerode.metrics.reconstruction.plane import CROSSINGS, Plane
from nerode.metrics.reconstruction.score import Range, range_of, ranges_of, score_of
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import AnyStreetPlan

PART_DIVISORS = (8, 4, 2)
"""Also the map of one in so many sequences is drawn."""

Item = TypeVar("Item")
Output = TypeVar("Output")
MapCallback = Callable[[], object]
"""Is told that one more map is drawn."""
Needs = tuple[float, float]
"""New streets of a map, and the share of its sequences that were given up."""


@dataclass(frozen=True, eq=False)
class JudgedSequences:
    """Sequences in memory with the verdict on each, and the rules of their map."""

    world: AnyStreetPlan
    batch: SequenceBatch
    verdict: NDArray[np.int8]
    rules: Rules

    @classmethod
    def of(
        cls, world: AnyStreetPlan, batches: Iterable[SequenceBatch], rules: Rules
    ) -> JudgedSequences:
        """These sequences with their verdicts."""
        batch = SequenceBatch.concat(list(batches))
        return cls(world, batch, judge(world, batch), rules)

    def draw_map(
        self,
        order: Order,
        rng: np.random.Generator | None = None,
        numbers: NDArray[np.int64] | None = None,
    ) -> ReconstructedMap:
        """The map of all sequences or of those of these numbers, walked in this order."""
        verdict = self.verdict if numbers is None else self.verdict[numbers]
        places = arrange(verdict, order, rng)
        chosen = places if numbers is None else numbers[places]
        return reconstruct_in_order(self.world, self.batch, self.verdict, chosen, self.rules)

    def parts(self, order: Order, rng: np.random.Generator) -> list[Needs]:
        """What an eighth, a quarter and half of the well-formed sequences need, drawn by chance."""
        formed = np.flatnonzero(self.verdict != MALFORMED)
        some = rng.permutation(formed)
        maps = (self.draw_map(order, rng, np.sort(some[:size])) for size in part_sizes(len(formed)))
        return [(float(made.new_streets.sum()), float(made.gave_up.mean())) for made in maps]


def part_sizes(count: int) -> list[int]:
    """How many of so many sequences an eighth, a quarter and half are; empty for fewer than 8."""
    return [count // part for part in PART_DIVISORS] if count >= PART_DIVISORS[0] else []


def over_orders(
    written: JudgedSequences,
    orders: int,
    *,
    crossings: int = CROSSINGS,
    seed: int = 0,
    on_map: MapCallback | None = None,
) -> dict[str, Range]:
    """The range of each of `Score.numbers` over so many random orders of the sequences."""
    plane = Plane(written.world)

    def draw(number: int) -> Any:
        rng = np.random.default_rng(seeds(seed, "order", number))
        return score_of(written.draw_map("mean", rng), plane, crossings)

    return ranges_of(in_threads(draw, range(orders), on_map))


def of_parts(
    written: JudgedSequences,
    order: Order,
    draws: int,
    *,
    seed: int = 0,
    on_map: MapCallback | None = None,
) -> list[dict[str, Range]]:
    """`growth_of` an eighth, a quarter and half of the sequences, drawn so often."""

    def draw(number: int) -> list[Needs]:
        return written.parts(order, np.random.default_rng(seeds(seed, "part", number)))

    return growth_of(in_threads(draw, range(draws), on_map))


def growth_of(draws: Sequence[Sequence[Needs]]) -> list[dict[str, Range]]:
    """The ranges of `new` and `given_up` of each part; `draws` holds the parts draw by draw."""
    return [
        {
            "new": range_of([new for new, _ in part]),
            "given_up": range_of([lost for _, lost in part]),
        }
        for part in zip(*draws, strict=True)
    ]


def in_threads(
    work: Callable[[Item], Output], items: Iterable[Item], on_map: MapCallback | None = None
) -> list[Output]:
    """The results in the order of the items; the compiled loops need no lock."""
    results = []
    with ThreadPoolExecutor(cores()) as pool:
        for result in pool.map(work, items):
            results.append(result)
            if on_map is not None:
                on_map()
    return results


def seeds(seed: int, *words: str | int) -> np.random.SeedSequence:
    """Random numbers of a reconstruction that depend on these words alone."""
    numbers = [zlib.crc32(word.encode()) if isinstance(word, str) else word for word in words]
    return np.random.SeedSequence([seed, zlib.crc32(b"reconstruction"), *numbers])
