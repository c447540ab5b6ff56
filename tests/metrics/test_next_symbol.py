from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nerode.metrics.next_symbol import NEXT_SYMBOL
from nerode.models.baselines.simple import Oracle
from nerode.models.model import Model
from nerode.sequences.batch import SequenceBatch
from nerode.worlds.world import World
from tests.metrics import dumb
from tests.metrics.conftest import MODELS, as_dicts, batches_of, setting_of, typed

measure = as_dicts(NEXT_SYMBOL)


def legal_positions(world: World[Any], model: Model, sequence: dumb.Symbols) -> tuple[int, int]:
    """Positions after the prompt whose most probable symbol is legal, and all of them."""
    places = range(world.prompt_length, len(sequence))
    if model.context_length is not None:
        places = range(world.prompt_length, min(len(sequence), model.context_length + 1))
    legal = 0
    for place in places:
        mass = dumb.next_probabilities(model, sequence[:place])
        choice = int(np.argmax(mass))
        legal += mass[choice] > 0 and choice in world.legal(world.run(sequence[:place]))
    return legal, len(places)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("name", ["town", "automaton", "cayley"])
def test_every_sequence_is_what_the_dumb_version_finds(
    name: str,
    kind: str,
    worlds: dict[str, World[Any]],
    models: dict[tuple[str, str], Model],
    held_out: dict[str, SequenceBatch],
) -> None:
    world, model = worlds[name], models[name, kind]
    setting = setting_of(world, sequences=held_out[name], trials=10)
    records = list(measure(setting, model, range(10)))
    assert [record["trial"] for record in records] == list(range(10))
    for record, sequence in zip(records, held_out[name], strict=False):
        found = legal_positions(world, model, tuple(sequence.tolist()))
        assert (record["legal"], record["positions"]) == found


@pytest.mark.slow
def test_the_score_is_the_share_of_positions_clustered_by_sequence(
    town: World[Any], held_out: dict[str, SequenceBatch]
) -> None:
    model = dumb.HashModel(town.alphabet)
    setting = setting_of(town, sequences=held_out["town"], trials=40)
    records = list(measure(setting, model, range(40)))
    positions = sum(record["positions"] for record in records)
    found = NEXT_SYMBOL.run(setting, model).legal
    assert found.value == pytest.approx(sum(record["legal"] for record in records) / positions)
    assert found.n == positions
    certain = NEXT_SYMBOL.run(setting, Oracle(town)).legal
    assert certain.low == pytest.approx(0.025 ** (1 / 40)), "40 sequences, however long"


@pytest.mark.slow
def test_the_interval_covers_and_is_hardly_wider_than_it_must_be(town: World[Any]) -> None:
    """64 sequences of 10 to 30 positions, wrong with 3 %, each position by itself."""
    rng = np.random.default_rng(0)
    inside, widths = [], []
    for _ in range(200):
        sizes = rng.integers(10, 31, 64)
        legal = rng.binomial(sizes, 0.97)
        records = [
            {"trial": trial, "legal": int(right), "positions": int(size)}
            for trial, (right, size) in enumerate(zip(legal, sizes, strict=True))
        ]
        found = NEXT_SYMBOL.summarise(setting_of(town), typed(NEXT_SYMBOL, records)).legal
        assert found.low is not None
        assert found.high is not None
        inside.append(found.low <= 0.97 <= found.high)
        widths.append((found.high - found.low) / np.sqrt(0.97 * 0.03 / sizes.sum()))
    assert np.mean(inside) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)
    assert np.mean(widths) < 1.3 * 2 * 1.96


@pytest.mark.slow
def test_batches_change_nothing(
    town: World[Any],
    models: dict[tuple[str, str], Model],
    held_out: dict[str, SequenceBatch],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = setting_of(town, sequences=held_out["town"], trials=30)
    for kind in MODELS:
        found = []
        for rows in (1, 7, 100):
            batches_of(monkeypatch, rows)
            found.append(list(measure(setting, models["town", kind], range(30))))
        assert found[0] == found[1] == found[2]


def test_only_what_the_model_can_read_is_asked(
    town: World[Any], held_out: dict[str, SequenceBatch]
) -> None:
    model = dumb.HashModel(town.alphabet, context_length=12)  # it refuses to read more
    setting = setting_of(town, sequences=held_out["town"], trials=30)
    cut = 0
    for record, sequence in zip(measure(setting, model, range(30)), held_out["town"], strict=False):
        found = legal_positions(town, model, tuple(sequence.tolist()))
        assert (record["legal"], record["positions"]) == found
        cut += len(sequence) > 13
    assert cut


def test_trials_without_a_sequence_are_counted_with_the_reason(town: World[Any]) -> None:
    few = SequenceBatch.of([town.encode("c0 c1 E end"), town.encode("c1 c0 W end")])
    setting = setting_of(town, sequences=few, trials=5)
    records = sorted(measure(setting, Oracle(town), range(5)), key=lambda r: r["trial"])
    assert [record["trial"] for record in records] == [0, 1, 2, 3, 4]
    assert [record.get("skipped") for record in records[2:]] == ["only 2 held-out sequences"] * 3
    found = NEXT_SYMBOL.run(setting, Oracle(town)).legal
    assert (found.value, found.n, found.skipped) == (1.0, 4, 3)


def test_no_probability_at_all_is_no_choice(worlds: dict[str, World[Any]]) -> None:
    """The first symbol is legal in the identical order, but nobody said it."""
    world = worlds["cayley"]
    silent = dumb.Silent(world.alphabet)
    setting = setting_of(world, sequences=SequenceBatch.of([[1, 1, 0]]), trials=1)
    assert NEXT_SYMBOL.run(setting, silent).legal.value == 0
