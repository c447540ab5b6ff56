from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from nerode.metrics.distinction import DISTINCTION
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import NoisyOracle, Oracle, Uniform
from nerode.models.model import Model
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.histories import HistoryPair, near_end_histories, on_policy_histories
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.world import World
from tests.metrics import dumb
from tests.metrics.conftest import (
    ACCEPTANCE,
    LENGTH,
    MODELS,
    SAMPLES,
    as_dicts,
    records_in,
    setting_of,
)

measure = as_dicts(DISTINCTION)

DEPTH = 3
Texts = list[list[dumb.Symbols]]


def drawn(setting: Setting, trial: int) -> tuple[HistoryPair, np.random.Generator]:
    rng = setting.generator(DISTINCTION.name, trial)
    return setting.histories.different_states(rng), rng


def boundaries(world: World[Any], pair: HistoryPair, depth: int) -> Texts:
    """Both directions; at the first depth that has a string, where `depth` has none."""
    first, second = pair.states
    while True:
        both = [
            dumb.world_boundary(world, *states, depth)
            for states in ((first, second), (second, first))
        ]
        if any(both):
            return both
        depth += 1


def draws(
    setting: Setting, model: Model, pair: HistoryPair, uniforms: Any, epsilon: float
) -> Texts:
    end, keep = setting.world.end, 50 if setting.protocol == "paper" else None
    return [
        [
            dumb.draw(model, pair.histories[side], epsilon, end, len(numbers), numbers, keep)
            for numbers in rows
        ]
        for side, rows in enumerate(uniforms)
    ]


def mean_of_ratios(hits: list[list[bool]]) -> float | None:
    """Over the directions that have a string at all."""
    ratios = [np.mean(row) for row in hits if row]
    return float(np.mean(ratios)) if ratios else None


def precision_of(
    world: World[Any], model: Model, pair: HistoryPair, texts: Texts, epsilon: float
) -> float | None:
    hits: list[list[bool]] = [[], []]
    for side, text in dumb.boundary_strings(model, pair.histories, texts, epsilon):
        legal = [dumb.any_world_accepts(world, state, text) for state in pair.states]
        hits[side].append(legal[side] and not legal[1 - side])
    return mean_of_ratios(hits)


def recall_of(model: Model, pair: HistoryPair, strings: Texts, epsilon: float) -> float | None:
    return mean_of_ratios(
        [
            [
                dumb.accepts(model, pair.histories[side], text, epsilon)
                and not dumb.accepts(model, pair.histories[1 - side], text, epsilon)
                for text in texts
            ]
            for side, texts in enumerate(strings)
        ]
    )


def missed_of(
    model: Model, pair: HistoryPair, strings: Texts, epsilon: float
) -> tuple[float | None, float | None]:
    """Shares of strings that are not expected where they are legal, and of those expected twice."""
    accepted = [
        [
            [dumb.accepts(model, history, text, epsilon) for history in pair.histories]
            for text in texts
        ]
        for texts in strings
    ]
    unexpected = [[not both[side] for both in rows] for side, rows in enumerate(accepted)]
    confused = [[all(both) for both in rows] for rows in accepted]
    return mean_of_ratios(unexpected), mean_of_ratios(confused)


@pytest.mark.long
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow) if kind == "noisy" else kind for kind in MODELS],
)
@pytest.mark.parametrize("name", ["town", "automaton", "cayley"])
def test_every_trial_is_what_the_dumb_version_finds(
    name: str, kind: str, worlds: dict[str, World[Any]], models: dict[tuple[str, str], Model]
) -> None:
    world, model = worlds[name], models[name, kind]
    setting = setting_of(world, depth=DEPTH, trials=5 if name == "town" else 12)
    seen = set()
    for record in measure(setting, model, range(setting.trials)):
        pair, rng = drawn(setting, record["trial"])
        strings = boundaries(world, pair, DEPTH)
        assert sum(map(len, strings)) < 200, "all of them are read, none are drawn"
        uniforms = rng.random((2, SAMPLES, LENGTH))
        for at, epsilon in enumerate(ACCEPTANCE.thresholds.tolist()):
            texts = draws(setting, model, pair, uniforms, epsilon)
            precision = precision_of(world, model, pair, texts, epsilon)
            recall = recall_of(model, pair, strings, epsilon)
            assert record["precision"][at] == pytest.approx(precision, abs=1e-12)
            assert record["recall"][at] == pytest.approx(recall, abs=1e-12)
            with_end = [[text for text in texts if world.end in text] for texts in strings]
            end_recall = recall_of(model, pair, with_end, epsilon)
            given = record.get("end_recall", [None] * len(ACCEPTANCE.thresholds))
            assert given[at] == pytest.approx(end_recall, abs=1e-12)
            counts = [sum(map(len, texts)) for texts in (strings, with_end)]
            assert record["strings"] == counts
            unexpected, confused = missed_of(model, pair, strings, epsilon)
            assert record["unexpected"][at] == pytest.approx(unexpected, abs=1e-12)
            assert record["confused"][at] == pytest.approx(confused, abs=1e-12)
            if recall is not None:
                shares = (record[name][at] for name in ("recall", "unexpected", "confused"))
                assert sum(shares) == pytest.approx(1)
            seen |= {("precision", precision), ("recall", recall), ("confused", confused)}
    if kind == "hash":
        assert len(seen) > 6, "the model must be wrong in many ways for this test to bite"


@pytest.mark.slow
def test_following_everything_is_what_the_dumb_version_finds(
    worlds: dict[str, World[Any]], models: dict[tuple[str, str], Model]
) -> None:
    world, model = worlds["automaton"], models["automaton", "hash"]
    setting = setting_of(world, samples=0, depth=DEPTH, trials=12)
    for record in measure(setting, model, range(setting.trials)):
        pair, _ = drawn(setting, record["trial"])
        for at, epsilon in enumerate(ACCEPTANCE.thresholds.tolist()):
            texts = [
                [text for text, _ in dumb.all_accepted(model, history, epsilon, world.end, DEPTH)]
                for history in pair.histories
            ]
            expected = precision_of(world, model, pair, texts, epsilon)
            assert record["precision"][at] == pytest.approx(expected, abs=1e-12)


def published_strings(world: World[Any], pair: HistoryPair, depth: int) -> list[dumb.Symbols]:
    """Without END, and without what cannot be played on from the first state to the depth."""

    def goes_on(state: Any, symbols: int) -> bool:
        return symbols == 0 or any(
            goes_on(world.step(state, a), symbols - 1) for a in world.legal(state) if a != world.end
        )

    return [
        text
        for text in dumb.world_boundary(world, *pair.states, depth)
        if world.end not in text and goes_on(world.run(text, pair.states[0]), depth - len(text))
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "symbol"), [("town", "end"), ("automaton", "c")])
def test_the_published_protocol_looks_one_way_and_calls_nothing_perfect(
    name: str,
    symbol: str,
    worlds: dict[str, World[Any]],
    models: dict[tuple[str, str], Model],
) -> None:
    """Left out: on streets what stops at a destination, in the table what has no way on."""
    world, model = worlds[name], models[name, "hash"]
    setting = setting_of(world, depth=DEPTH, trials=15, protocol="paper", samples=3)
    left_out: set[dumb.Symbols] = set()
    empty = 0
    for record in measure(setting, model, range(setting.trials)):
        pair, rng = drawn(setting, record["trial"])
        assert len(pair.histories[0]) == len(pair.histories[1])
        uniforms = rng.random((1, 3, 128 - len(pair.histories[0])))
        strings = published_strings(world, pair, DEPTH)
        left_out |= set(dumb.world_boundary(world, *pair.states, DEPTH)) - set(strings)
        for at, epsilon in enumerate(ACCEPTANCE.thresholds.tolist()):
            texts = [*draws(setting, model, pair, uniforms, epsilon), []]
            precision = precision_of(world, model, pair, texts, epsilon)
            recall = recall_of(model, pair, [strings, []], epsilon)
            empty += None in (precision, recall)
            expected = [1.0 if value is None else value for value in (precision, recall)]
            assert [record["precision"][at], record["recall"][at]] == pytest.approx(expected)
    assert symbol in {world.alphabet[text[-1]] for text in left_out}
    assert empty


@pytest.mark.slow
def test_no_boundary_is_undefined_by_definition_and_perfect_as_published() -> None:
    """Boards of a thousand rows differ long after five pieces."""
    world = ConnectFour(1000)
    model = Uniform(world.alphabet)
    found = DISTINCTION.run(setting_of(world, trials=6, depth=5), model)
    assert (found.precision.value, found.precision.n, found.precision.skipped) == (None, 0, 6)
    assert (found.recall.value, found.recall.n) == (0.0, 6)
    published = DISTINCTION.run(setting_of(world, trials=6, depth=5, protocol="paper"), model)
    assert (published.precision.value, published.precision.n) == (1.0, 6)
    assert (published.recall.value, published.recall.n) == (1.0, 6)


def test_the_boundary_is_taken_deeper_where_it_must(worlds: dict[str, World[Any]]) -> None:
    world = worlds["cayley"]
    setting = setting_of(world, depth=1, trials=40)
    deeper = sum(
        not any(
            dumb.world_boundary(world, *states, 1) for states in (pair.states, pair.states[::-1])
        )
        for pair in (drawn(setting, trial)[0] for trial in range(40))
    )
    assert deeper > 10
    found = DISTINCTION.run(setting, Oracle(world))
    assert (found.recall.value, found.recall.n) == (1.0, 40)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS)
def test_batches_change_nothing(
    kind: str,
    worlds: dict[str, World[Any]],
    models: dict[tuple[str, str], Model],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = models["town", kind]
    setting = setting_of(worlds["town"], trials=24)
    together = records_in(monkeypatch, measure, 100, setting, model, range(24))
    assert records_in(monkeypatch, measure, 1, setting, model, range(24)) == together
    assert records_in(monkeypatch, measure, 7, setting, model, reversed(range(24))) == together
    assert records_in(monkeypatch, measure, 7, setting, model, range(5, 9)) == together[5:9]


@pytest.mark.slow
def test_many_boundary_strings_are_sampled(
    town: World[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mean over a sample of the strings estimates the mean over all."""
    model = dumb.HashModel(town.alphabet, sharpness=3.0)
    setting = setting_of(town, depth=4, trials=40)
    whole = DISTINCTION.run(setting, model).recall.value
    monkeypatch.setattr(import_module("nerode.metrics.distinction"), "MOST_STRINGS", 3)
    few = DISTINCTION.run(setting, model).recall.value
    assert whole is not None
    assert few is not None
    assert few != whole
    assert abs(few - whole) < 0.15


@pytest.mark.slow
def test_pairs_too_long_for_the_model_are_counted_with_the_reason(town: World[Any]) -> None:
    model = dumb.HashModel(town.alphabet, context_length=50)
    setting = setting_of(town, trials=40)
    records = list(measure(setting, model, range(40)))
    assert sorted(record["trial"] for record in records) == list(range(40))
    reasons = {record["skipped"] for record in records if "skipped" in record}
    assert reasons == {
        "history and boundary string longer than the 50 symbols that the model reads"
    }
    found = DISTINCTION.run(setting, model)
    skipped = sum("skipped" in record for record in records)
    assert 0 < skipped < 40
    assert (found.recall.n, found.recall.skipped) == (40 - skipped, skipped)


def test_states_that_there_are_not_are_counted_with_the_reason(town: World[Any]) -> None:
    alone = SequenceBatch.of([town.encode("c0 c1 E end")])
    one_prefix = SequenceBatch.of([sequence[:2] for sequence in alone])
    setting = setting_of(town, histories=on_policy_histories(town, one_prefix), trials=2)
    found = DISTINCTION.run(setting, dumb.HashModel(town.alphabet))
    assert (found.precision.value, found.precision.n, found.precision.skipped) == (None, 0, 2)
    (reason,) = {record["skipped"] for record in measure(setting, Oracle(town), range(2))}
    assert "two states" in reason


@pytest.mark.slow
def test_the_score_is_the_mean_over_the_trials(worlds: dict[str, World[Any]]) -> None:
    world = worlds["automaton"]
    model = dumb.HashModel(world.alphabet, sharpness=1.0)
    setting = setting_of(world, trials=30)
    records = list(measure(setting, model, range(30)))
    found = DISTINCTION.run(setting, model)
    main = ACCEPTANCE.main
    defined = [r["precision"][main] for r in records if r["precision"][main] is not None]
    assert 0 < len(defined) < 30
    assert found.precision.value == pytest.approx(np.mean(defined))
    assert (found.precision.n, found.precision.skipped) == (len(defined), 30 - len(defined))
    assert found.recall.value == pytest.approx(np.mean([r["recall"][main] for r in records]))


class NeverEnds:
    """The oracle, but that it never stops."""

    name, context_length = "never-ends", None

    def __init__(self, world: World[Any]) -> None:
        self.oracle, self.alphabet, self.end = Oracle(world), world.alphabet, world.end

    def read(self, histories: Any) -> NeverEndsContexts:
        return NeverEndsContexts(self.oracle.read(histories), self.end)


class NeverEndsContexts:
    def __init__(self, inner: Any, end: int | None) -> None:
        self.inner, self.end = inner, end

    @property
    def probabilities(self) -> Any:
        plain = self.inner.probabilities.copy()
        plain[:, self.end] = 0
        return plain

    def extend(self, rows: Any, symbols: Any) -> NeverEndsContexts:
        return NeverEndsContexts(self.inner.extend(rows, symbols), self.end)


@pytest.mark.slow
def test_who_never_stops_sees_nothing_of_where_a_sequence_may_stop(
    town: World[Any], automaton: World[Any]
) -> None:
    for world in (town, automaton):
        setting = setting_of(world, trials=60, depth=DEPTH)
        found = DISTINCTION.run(setting, NeverEnds(world))
        end, recall = found.estimates()["end_recall"], found.recall
        assert (end.value, end.n) == (0, found.strings.end_trials)
        assert 0 < found.strings.end < found.strings.all
        assert recall.value is not None
        assert recall.value > 0, "the other strings it sees"
        assert DISTINCTION.run(setting, Oracle(world)).estimates()["end_recall"].value == 1


@pytest.mark.slow
def test_where_no_boundary_string_has_an_end_there_is_no_recall_of_it(
    worlds: dict[str, World[Any]],
) -> None:
    found = DISTINCTION.run(setting_of(ConnectFour(6), trials=12), Oracle(ConnectFour(6)))
    assert found.strings.end == 0 < found.strings.all
    assert "end_recall" not in found.estimates()
    paper = DISTINCTION.run(setting_of(worlds["town"], protocol="paper"), Oracle(worlds["town"]))
    assert "end_recall" not in paper.estimates(), "published boundaries have no string with END"


@pytest.mark.slow
def test_the_noisy_oracle_loses_as_many_ends_as_it_must(town: World[Any]) -> None:
    """A string is seen where no context on its way is confused, but for a lucky slip after it."""
    noise, trials = 0.1, 500
    histories = near_end_histories(town)
    setting = setting_of(town, histories=histories, trials=trials, samples=1, length=1, depth=DEPTH)
    expected = []
    for trial in range(trials):
        pair, _ = drawn(setting, trial)
        sides = []
        for here, there, texts in zip(
            pair.states, pair.states[::-1], boundaries(town, pair, DEPTH), strict=True
        ):
            shares = [
                (1 - noise) ** len(text) * (1 - (1 - noise) ** (len(text) - 1) * noise * lucky)
                for text in texts
                if town.end in text
                for lucky in [slip(town, there, text) == text[-1]]
            ]
            assert all(dumb.any_world_accepts(town, here, text) for text in texts)
            sides += [np.mean(shares)] if shares else []
        expected += [np.mean(sides)] if sides else []
    found = DISTINCTION.run(setting, NoisyOracle(town, noise, seed=5)).estimates()["end_recall"]
    assert found.n == len(expected) > trials / 4
    assert found.low is not None
    assert found.high is not None
    assert found.low < np.mean(expected) < found.high
    assert found.high - found.low < 0.1


def slip(world: World[Any], state: Any, text: dumb.Symbols) -> int:
    """What the noisy oracle expects where it is confused before the last symbol of a text."""
    legal = world.legal(world.run(text[:-1], state))
    return min(symbol for symbol in range(len(world.alphabet)) if symbol not in legal)
