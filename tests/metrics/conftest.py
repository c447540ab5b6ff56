"""Worlds and models that the metrics are tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nerode.metrics import parallel
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.setting import Record, Setting
from nerode.models.baselines.ngram import Ngram
from nerode.models.baselines.simple import NoisyOracle
from nerode.models.model import Model
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.histories import uniform_histories
from nerode.worlds.automata.table import Table, table
from nerode.worlds.cayley import Cayley
from nerode.worlds.world import World
from tests.metrics.dumb import HashModel

MODELS = ("hash", "noisy", "ngram")
ACCEPTANCE = Acceptance(0.05, (0.01, 0.2))
SAMPLES, LENGTH = 4, 6


def setting_of(world: World[Any], **terms: Any) -> Setting:
    """A small setting of uniform histories, in which everything may be given otherwise."""
    given: dict[str, Any] = {
        "world": world,
        "histories": uniform_histories(world, same_length=terms.get("protocol") == "paper"),
        "sequences": SequenceBatch.of([]),
        "acceptance": ACCEPTANCE,
        "samples": SAMPLES,
        "length": LENGTH,
    }
    return Setting(**(given | terms))


def batches_of(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Measure so many trials together, whatever is asked for."""
    monkeypatch.setattr(parallel, "SMALLEST", size)
    monkeypatch.setattr(parallel, "BLOCK", size)


def records_in(
    monkeypatch: pytest.MonkeyPatch,
    measure: Callable[..., Iterator[Record]],
    size: int,
    *given: Any,
) -> list[Record]:
    """Records of a metric whose pairs are walked `size` at a time."""
    batches_of(monkeypatch, size)
    return sorted(measure(*given), key=lambda record: record["trial"])


@pytest.fixture(scope="session")
def automaton() -> Table:
    """Four states, one of them a dead end before END, and no goal."""
    rules = {
        "p": {"a": "q", "b": "p", "c": "r"},
        "q": {"a": "r", "b": "q", "end": "over"},
        "r": {"a": "q", "c": "s", "b": "p"},
        "s": {"c": "over", "a": "p"},
        "over": {},
    }
    return table(rules, start="p", alphabet=("end", "a", "b", "c"))


@pytest.fixture(scope="session")
def worlds(town: World[Any], automaton: Table) -> dict[str, World[Any]]:
    return {"town": town, "automaton": automaton, "cayley": Cayley(3)}


@pytest.fixture(scope="session")
def held_out(worlds: dict[str, World[Any]]) -> dict[str, SequenceBatch]:
    """Sequences of every world, to measure on and to fit on."""
    return {name: draw_sequences(world, "random", 80, 3) for name, world in worlds.items()}


@pytest.fixture(scope="session")
def models(
    worlds: dict[str, World[Any]], held_out: dict[str, SequenceBatch]
) -> dict[tuple[str, str], Model]:
    """Models that are wrong in different ways, by world and kind."""
    made: dict[tuple[str, str], Model] = {}
    for name, world in worlds.items():
        made[name, "hash"] = HashModel(world.alphabet, sharpness=0.6)
        made[name, "noisy"] = NoisyOracle(world, 0.15, seed=1)
        made[name, "ngram"] = Ngram.fit(world.alphabet, held_out[name], 2)
    return made
