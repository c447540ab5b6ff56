"""Walks where memory is short: in parts, and to the same outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nerode.metrics import memory
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import measure
from nerode.metrics.memory import at_once, spans_within, takes, within
from nerode.metrics.walk.pairs import Outcome, Pair
from nerode.metrics.walk.walk import Walk, walk
from nerode.models.baselines.simple import Oracle, Uniform
from nerode.models.bundled import folder_of
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.cpu import forward
from nerode.models.hf.cpu import kv_cache as tree
from nerode.models.hf.cpu.forward import CpuReader
from nerode.models.registry import open_model
from nerode.sequences.histories import uniform_histories
from nerode.worlds.cayley import Cayley
from nerode.worlds.registry import open_world
from tests.metrics import dumb
from tests.metrics.conftest import ACCEPTANCE, setting_of

ALPHABET = ("end", "a", "b", "c")
END, SAMPLES, LENGTH = 0, 6, 9
OF_SYMBOL = 100


@dataclass(frozen=True)
class HeavyContexts:
    """Contexts that keep so many bytes of each symbol of each history."""

    inner: Any

    @property
    def probabilities(self) -> NDArray[np.float32]:
        return np.asarray(self.inner.probabilities)

    @property
    def nbytes(self) -> int:
        return OF_SYMBOL * sum(map(len, self.inner.histories))

    def extend(self, rows: NDArray[np.int64], symbols: NDArray[np.int64]) -> HeavyContexts:
        return HeavyContexts(self.inner.extend(rows, symbols))


@dataclass(frozen=True)
class Heavy:
    """A model that may keep so many bytes at one time."""

    inner: dumb.HashModel
    batch_bytes: int
    symbol_bytes: int = OF_SYMBOL
    name: str = "heavy"
    context_length: int | None = None

    @property
    def alphabet(self) -> tuple[str, ...]:
        return self.inner.alphabet

    def read(self, histories: Sequence[Sequence[int]]) -> HeavyContexts:
        return HeavyContexts(self.inner.read(histories))


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pairs every step of a walk takes together."""
    pairs: list[int] = []
    plain = Walk._advance

    def advance(self: Walk, part: Any, room: float) -> Any:
        pairs.append(np.unique(part.level.pair).size)
        return plain(self, part, room)

    monkeypatch.setattr(Walk, "_advance", advance)
    return pairs


def some_pairs(count: int, *, enumerated: bool = False) -> list[Pair]:
    rng = np.random.default_rng(0)

    def text(longest: int) -> tuple[int, ...]:
        return tuple(rng.integers(1, 4, rng.integers(1, longest + 1)).tolist())

    pairs = []
    for number in range(count):
        scripts = tuple((side, text(7)) for side in (0, 1, 1))
        drawn = None if enumerated else rng.random((2, SAMPLES, LENGTH))
        pairs.append(Pair((text(5), (*text(5), 1 + number % 3)), drawn, 5, scripts))
    return pairs


def told(outcomes: Sequence[Outcome]) -> list[Any]:
    """Everything that outcomes say, to the last digit."""
    return [
        (
            outcome.rejected.tolist(),
            outcome.scripts.tolist(),
            outcome.complete,
            [(t.direction, t.symbols, t.at.tolist(), t.probability) for t in outcome.boundary],
        )
        for outcome in outcomes
    ]


@pytest.mark.slow
@pytest.mark.parametrize("enumerated", [False, True])
def test_walks_in_parts_come_to_the_same(together: list[int], *, enumerated: bool) -> None:
    model = dumb.HashModel(ALPHABET, sharpness=0.6)
    pairs = some_pairs(24, enumerated=enumerated)
    whole = told(walk(model, pairs, ACCEPTANCE, end=END))
    assert sum(len(boundary) for *_, boundary in whole) > 100, "there must be something to find"
    uncut = together.copy()
    assert uncut == sorted(uncut, reverse=True), "one part, from which pairs drop out"
    steps = []
    for room in (10**9, 60_000, 0):
        together.clear()
        assert told(walk(Heavy(model, room), pairs, ACCEPTANCE, end=END)) == whole
        steps.append(together.copy())
    assert steps[0] == uncut
    assert len(uncut) < len(steps[1]) < len(steps[2]), "cut, and cut more where there is less room"
    assert steps[2].count(1) > 24, "pairs go their own ways in the end"
    assert {24, 3, 1} <= set(steps[2]), "cut again and again, not at once"


@pytest.mark.slow
def test_all_parts_together_keep_to_their_room(monkeypatch: pytest.MonkeyPatch) -> None:
    # A network that accepts everything: all continuations go on to the end.
    monkeypatch.setattr(tree, "WORTH_COPYING", 0)
    monkeypatch.setattr(forward, "TAIL_BYTES", 0)
    world = open_world("cayley:n=4")
    model: Any = open_model("untrained:layers=1,width=16,heads=2", world)
    rng = np.random.default_rng(5)
    pairs = [Pair(((1, 2), (2,)), rng.random((2, SAMPLES, 40))) for _ in range(64)]
    held: list[float] = []
    plain = Walk._advance

    def advance(self: Walk, part: Any, room: float) -> Any:
        following = plain(self, part, room)
        if np.unique(part.level.pair).size > 1:  # one pair alone cannot be cut
            waiting = model.batch_bytes - room
            held.append(waiting + sum(takes(each.contexts) for each in following))
        return following

    monkeypatch.setattr(Walk, "_advance", advance)
    monkeypatch.setitem(model.__dict__, "batch_bytes", 2**40)
    walk(model, pairs, Acceptance(curve=()), end=world.end)
    room = int(max(held) // 6)
    held.clear()
    monkeypatch.setitem(model.__dict__, "batch_bytes", room)
    walk(model, pairs, Acceptance(curve=()), end=world.end)
    assert room / 2 < max(held) <= room


def test_the_published_cut_comes_to_the_same_in_parts(together: list[int]) -> None:
    model, pairs = dumb.HashModel(ALPHABET, sharpness=0.6), some_pairs(8)
    whole, cut = (
        told(walk(each, pairs, ACCEPTANCE, end=END, keep=2)) for each in (model, Heavy(model, 0))
    )
    assert whole == cut
    assert 1 in together


@pytest.mark.slow
def test_a_transformer_in_parts_comes_to_the_same(together: list[int]) -> None:
    world = open_world("midtown")
    model = open_checkpoint(folder_of("midtown-shortest"), world, device="cpu")
    assert isinstance(model.reader, CpuReader)
    source, rng = uniform_histories(world), np.random.default_rng(5)
    pairs = [
        Pair(source.same_state(rng).histories, rng.random((2, SAMPLES, LENGTH))) for _ in range(8)
    ]
    ways = []
    for room in (2**30, 1):
        together.clear()
        model.__dict__["batch_bytes"] = room
        ways.append(walk(model, pairs, Acceptance(), end=world.end))
        assert (1 in together) == (room == 1)
    found = 0
    for whole, cut in zip(*ways, strict=True):
        np.testing.assert_array_equal(whole.rejected, cut.rejected)
        assert len(whole.boundary) == len(cut.boundary)
        for text, other in zip(whole.boundary, cut.boundary, strict=True):
            assert (text.direction, text.symbols) == (other.direction, other.symbols)
            assert text.at.tolist() == other.at.tolist()
            np.testing.assert_allclose(text.probability, other.probability, atol=1e-5)
        found += len(whole.boundary)
    assert found > 20


LENGTHS = st.lists(st.integers(0, 30), max_size=40)


@given(LENGTHS, st.integers(0, 9000))
def test_spans_keep_to_their_share(lengths: list[int], room: int) -> None:
    spans = list(spans_within(Heavy(dumb.HashModel(ALPHABET), 4 * room), lengths, 0.25))
    assert [number for span in spans for number in range(*span)] == list(range(len(lengths)))
    for number, (begin, end) in enumerate(spans):
        taken = OF_SYMBOL * sum(lengths[begin:end])
        assert end > begin
        assert taken <= room or end == begin + 1, "what is too large alone is alone"
        if number + 1 < len(spans):
            assert taken + OF_SYMBOL * lengths[end] > room, "as many as there is room for"


@given(LENGTHS)
def test_where_nobody_tells_of_memory_all_is_one_span(lengths: list[int]) -> None:
    for model in (Uniform(ALPHABET), Oracle(Cayley(3))):
        expected = [(0, len(lengths))] if lengths else []
        assert list(spans_within(model, lengths)) == expected
    assert within(Uniform(ALPHABET)) == float("inf")
    assert takes(Uniform(ALPHABET).read([(1, 2)])) == 0


def test_a_batch_that_is_too_large_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Cayley(3)
    model, setting = dumb.HashModel(world.alphabet, sharpness=0.6), setting_of(world, trials=20)
    whole = list(measure(setting, model, range(20)))
    read: list[int] = []
    plain = Heavy.read

    def counted(self: Heavy, histories: Sequence[Sequence[int]]) -> HeavyContexts:
        contexts = plain(self, histories)
        assert contexts.nbytes <= 8_000 // 4 or len(histories) == 2
        read.append(len(histories))
        return contexts

    monkeypatch.setattr(Heavy, "read", counted)
    assert list(measure(setting, Heavy(model, 8_000), range(20))) == whole
    assert sum(read) == 2 * 20
    assert 1 < len(read) < 20


def test_no_more_batches_at_once_than_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory", lambda: 16 * 2**30)
    model = dumb.HashModel(ALPHABET)
    assert at_once(Heavy(model, 2**28)) == 16, "a quarter of the memory"
    assert at_once(Heavy(model, 2**40)) == 1
    assert at_once(Uniform(ALPHABET)) == float("inf")


def test_memory_is_that_of_the_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "CGROUP_LIMIT", tmp_path / "max")
    machine = memory.memory()
    assert machine > 2**28
    (tmp_path / "max").write_text("max\n")
    assert memory.memory() == machine
    (tmp_path / "max").write_text(f"{2**28}\n")
    assert memory.memory() == 2**28
