"""The same sequences walked many times over: in random orders, and fewer of them at a time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nerode.metrics.reconstruction.algorithm import Reconstruction, Rules, walked
from nerode.metrics.reconstruction.judge import MALFORMED, judged
from nerode.metrics.reconstruction.order import Order, arranged
from nerode.metrics.reconstruction.plane import CROSSINGS, Plane
from nerode.metrics.reconstruction.score import Range, range_of, ranges_of, score_of
from nerode.models.hf.cpu.cores import cores
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import StreetPlan

PARTS = (8, 4, 2)
"""Also the map of one in so many sequences is drawn."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Heard = Callable[[], object]
"""Is told that one more map is drawn."""
Needs = tuple[float, float]
"""New streets of a map, and the share of its sequences that were given up."""


@dataclass(frozen=True, eq=False)
class Written:
    """Sequences in memory, with the verdict on each; under which rules their map is drawn."""

    world: StreetPlan[Any]
    batch: SequenceBatch
    verdict: NDArray[np.int8]
    rules: Rules

    @classmethod
    def of(cls, world: StreetPlan[Any], batches: Iterable[SequenceBatch], rules: Rules) -> Written:
        """These sequences, judged."""
        batch = SequenceBatch.concat(list(batches))
        return cls(world, batch, judged(world, batch), rules)

    def drawn(
        self,
        order: Order,
        rng: np.random.Generator | None = None,
        numbers: NDArray[np.int64] | None = None,
    ) -> Reconstruction:
        """The map of all sequences or of those of these numbers, walked in this order."""
        verdict = self.verdict if numbers is None else self.verdict[numbers]
        places = arranged(verdict, order, rng)
        chosen = places if numbers is None else numbers[places]
        return walked(self.world, self.batch, self.verdict, chosen, self.rules)

    def parts(self, order: Order, rng: np.random.Generator) -> list[Needs]:
        """What an eighth, a quarter and half of the well-formed sequences need, drawn by chance."""
        formed = np.flatnonzero(self.verdict != MALFORMED)
        some = rng.permutation(formed)
        maps = (self.drawn(order, rng, np.sort(some[:size])) for size in part_sizes(len(formed)))
        return [(float(made.drawn.sum()), float(made.gave_up.mean())) for made in maps]


def part_sizes(count: int) -> list[int]:
    """How many of so many sequences an eighth, a quarter and half are; empty for fewer than 8."""
    return [count // part for part in PARTS] if count >= PARTS[0] else []


def over_orders(
    written: Written,
    orders: int,
    *,
    crossings: int = CROSSINGS,
    seed: int = 0,
    heard: Heard | None = None,
) -> dict[str, Range]:
    """The range of each of `Score.numbers` over so many random orders of the sequences."""
    plane = Plane(written.world)

    def draw(number: int) -> Any:
        rng = np.random.default_rng(seeds(seed, "order", number))
        return score_of(written.drawn("mean", rng), plane, crossings)

    return ranges_of(in_threads(draw, range(orders), heard))


def of_parts(
    written: Written, order: Order, draws: int, *, seed: int = 0, heard: Heard | None = None
) -> list[dict[str, Range]]:
    """`growth_of` an eighth, a quarter and half of the sequences, drawn so often."""

    def draw(number: int) -> list[Needs]:
        return written.parts(order, np.random.default_rng(seeds(seed, "part", number)))

    return growth_of(in_threads(draw, range(draws), heard))


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
    work: Callable[[Item], Result], items: Iterable[Item], heard: Heard | None = None
) -> list[Result]:
    """The results in the order of the items; the compiled loops need no lock."""
    results = []
    with ThreadPoolExecutor(cores()) as pool:
        for result in pool.map(work, items):
            results.append(result)
            if heard is not None:
                heard()
    return results


def seeds(seed: int, *words: str | int) -> np.random.SeedSequence:
    """Random numbers of a reconstruction that depend on these words alone."""
    numbers = [zlib.crc32(word.encode()) if isinstance(word, str) else word for word in words]
    return np.random.SeedSequence([seed, zlib.crc32(b"reconstruction"), *numbers])
