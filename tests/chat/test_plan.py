"""The trials of a run and their questions."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Sequence
from itertools import chain, product
from typing import Any

import numpy as np
import pytest

from nerode.chat.narration.narration import Riddle
from nerode.chat.plan import (
    CHAT_METRIC_NAMES,
    STRINGS,
    CapabilityCase,
    CompressionCase,
    DistinctionCase,
    Question,
    Skipped,
    TrialPlan,
    _generator,
    make_plan,
)
from nerode.errors import InvalidParameter, NoTrial, UnknownName
from nerode.metrics.setting import Setting
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.histories import uniform_histories
from nerode.worlds.automata.table import table
from nerode.worlds.boundaries import boundary
from nerode.worlds.cayley import Cayley
from nerode.worlds.seating import Seating
from nerode.worlds.world import World
from tests.chat.narrations import Plainly, plainly


def planned(world: World[Any], *metrics: str, **dials: Any) -> TrialPlan:
    return make_plan(world, plainly(world), metrics or None, **{"trials": 20, **dials})


def compression(plan: TrialPlan) -> Sequence[CompressionCase]:
    return [trial for trial in plan.trials["compression"] if isinstance(trial, CompressionCase)]


def distinction(plan: TrialPlan) -> Sequence[DistinctionCase]:
    return [trial for trial in plan.trials["distinction"] if isinstance(trial, DistinctionCase)]


@pytest.mark.parametrize("world", [Seating(3), Seating(5), Cayley(3)], ids=lambda w: w.name)
def test_two_tellings_of_one_state_and_different_continuations(world: World[Any]) -> None:
    trials = compression(planned(world, "compression"))
    assert len(trials) == 20
    for trial in trials:
        assert trial.histories[0] != trial.histories[1]
        assert [world.run(history) for history in trial.histories] == [trial.state] * 2
        # Cayley's alphabet has four symbols: as many as there are.
        assert len(set(trial.continuations)) == min(5, len(world.alphabet))
        assert len(trial.continuations) == min(5, len(world.alphabet))


def test_continuations_are_legal_as_often_as_was_said() -> None:
    """The first one: 1/2 from the legal ones and 1/2 from all, and so on average over states."""
    world = Seating(3)
    trials = compression(planned(world, "compression", trials=600, continuations=1))
    legal = [len(world.legal(trial.state)) / len(world.alphabet) for trial in trials]
    expected = np.mean([1 / 2 + share / 2 for share in legal])
    found = np.mean([world.accepts(trial.continuations[0], trial.state) for trial in trials])
    assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / 600)
    drawn = Counter(chain.from_iterable(t.continuations for t in trials))
    assert len(drawn) == len(world.alphabet)


@pytest.mark.parametrize("seats", [3, 5])
def test_no_trial_is_lost_to_states_that_are_told_in_one_way_only(seats: int) -> None:
    plan = planned(Seating(seats), "compression", trials=60)
    assert len(compression(plan)) == 60


def test_states_told_in_two_ways_are_drawn_as_the_world_draws_them() -> None:
    world = Seating(3)
    found = Counter(trial.state for trial in compression(planned(world, "compression", trials=300)))
    rng = np.random.default_rng(1)
    several = Counter(s for s in (world.sample_state(rng) for _ in range(3_000)) if s in found)
    total = sum(several.values())
    assert len(found) == 15  # of 18: that two are neighbours, and no more, is said in one way
    for state, times in found.items():
        share = several[state] / total
        assert abs(times / 300 - share) < 5 * np.sqrt(share * (1 - share) / 300)


@pytest.mark.parametrize("world", [Seating(3), Seating(4)], ids=lambda w: w.name)
def test_boundary_strings_are_the_worlds(world: World[Any]) -> None:
    short = 0
    for trial in distinction(planned(world, "distinction", trials=40)):
        assert trial.states[0] != trial.states[1]
        assert tuple(world.run(history) for history in trial.histories) == trial.states
        for way, strings in enumerate(trial.strings):
            here = trial.states[way], trial.states[1 - way]
            every = set(boundary(world, *here, 2).strings())
            assert set(strings) <= every
            assert len(set(strings)) == len(strings) == min(len(every), STRINGS)
            short += len(every) < STRINGS
    assert short  # some directions have all of theirs


def test_states_that_part_late_are_asked_about_where_they_part() -> None:
    """In `cayley` only END tells two orders apart, and it may be further than two symbols."""
    world = Cayley(4)
    trials = distinction(planned(world, "distinction", trials=40))
    assert len(trials) == 40
    assert all(any(trial.strings) for trial in trials)
    assert max(len(s) for t in trials for way in t.strings for s in way) > 2


def test_a_longer_run_begins_with_the_same_trials() -> None:
    world = Seating(3)
    short, long = (planned(world, trials=trials, seed=4) for trials in (5, 12))
    for metric in CHAT_METRIC_NAMES:
        assert list(short.trials[metric]) == list(long.trials[metric])[:5]
    other = planned(world, trials=5, seed=5)
    assert all(short.trials[metric] != other.trials[metric] for metric in CHAT_METRIC_NAMES)


def test_trials_do_not_depend_on_the_other_metrics() -> None:
    world = Seating(4)
    alone, among = planned(world, "distinction"), planned(world)
    assert alone.trials["distinction"] == among.trials["distinction"]


def test_every_question_is_asked_once_and_in_a_fixed_order() -> None:
    plan = planned(Seating(3), trials=20)
    every = [
        q
        for metric in CHAT_METRIC_NAMES
        for t in plan.trials[metric]
        for q in plan.questions_of(t).values()
    ]
    once = list(plan.questions())
    assert once == list(dict.fromkeys(every)) == list(plan.questions())
    assert len(once) < len(every)
    assert len({question.prompt for question in once}) == len(once)
    assert {question.key for question in plan.questions(["capability"])} < {q.key for q in once}


def test_a_questions_truth_is_the_worlds() -> None:
    world = Seating(3)
    plan = planned(world, trials=30)
    answers: Counter[str] = Counter()
    for trial in compression(plan):
        for question in plan.questions_of(trial).values():
            history, continuation = question.prompt.rstrip("?").strip("(").split(") ")
            legal = world.accepts(world.encode(f"{history} {continuation}"))
            assert question.truth == ("yes" if legal else "no")
            answers[question.truth] += 1
    assert min(answers["yes"], answers["no"]) > 30


def test_single_symbols_are_listed_where_they_are_few() -> None:
    assert len(planned(Seating(3), trials=1).listed) == len(Seating(3).alphabet) == 15
    assert planned(Seating(4), trials=1).listed == ()
    assert len(planned(Seating(4), trials=1, most_listed=34).listed) == 34


def test_keys_tell_kinds_and_prompts_apart() -> None:
    keys = {Question.of(p, kind, "1").key for p in ("a", "b") for kind in ("choice", "place")}
    assert len(keys) == 4
    assert Question.of("a", "choice", "yes").key == Question.of("a", "choice", "no").key
    assert all(len(key) == 64 for key in keys)


def one_way() -> World[Any]:
    """A world of one state that is reached by one history only, and of no other."""
    return table({"x": {"a": "y"}, "y": {"b": "z"}, "z": {}}, start="x")


def test_trials_that_cannot_be_run_are_there_with_their_reason() -> None:
    world = one_way()
    narration = Plainly(world, riddles=False)
    plan = make_plan(world, narration, trials=1)
    for metric in CHAT_METRIC_NAMES:
        assert all(isinstance(trial, Skipped) for trial in plan.trials[metric]), metric
    reasons = {str(trial) for metric in CHAT_METRIC_NAMES for trial in plan.trials[metric]}
    assert len(reasons) == 3
    assert list(plan.questions()) == []


@pytest.mark.parametrize(
    "dials", [{"trials": 0}, {"continuations": 0}, {"seed": -1}, {"most_listed": -1}]
)
def test_numbers_that_do_not_exist_are_refused(dials: dict[str, int]) -> None:
    (name,) = dials
    with pytest.raises(InvalidParameter, match=f"expected {name} of at least"):
        planned(Seating(3), **dials)


def test_metrics_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnknownName, match="capability, compression, distinction, got 'recall'"):
        planned(Seating(3), "recall")
    with pytest.raises(InvalidParameter, match="got none"):
        make_plan(Seating(3), plainly(Seating(3)), [], trials=1)


def test_metrics_come_in_their_order() -> None:
    assert list(planned(Seating(3), "distinction", "capability").trials) == [
        "capability",
        "distinction",
    ]


def test_riddles_are_those_of_the_narration() -> None:
    world = Seating(3)
    plan = planned(world, "capability")
    for trial in plan.trials["capability"]:
        assert isinstance(trial, CapabilityCase)
        assert trial.state == world.run(trial.riddle.history)
        (question,) = plan.questions_of(trial).values()
        assert (question.kind, question.truth) == ("place", str(trial.riddle.answer))


class Refusing(Plainly):
    """Half of the riddles cannot be told."""

    def riddle(self, rng: np.random.Generator) -> Riddle:
        if rng.random() < 1 / 2:
            raise NoTrial("unlucky")
        return super().riddle(rng)


def test_a_trial_that_is_skipped_changes_no_other() -> None:
    world = Seating(3)
    trials = make_plan(world, Refusing(world), ["capability"], trials=40).trials["capability"]
    skipped = [trial for trial in trials if isinstance(trial, Skipped)]
    assert 5 < len(skipped) < 35
    assert {trial.reason for trial in skipped} == {"unlucky"}


@pytest.mark.slow
def test_ten_thousand_questions_take_little_memory() -> None:
    """Keys and nothing else stay: some hundred bytes a question, whatever a prompt is long."""
    plan = planned(Seating(5), "compression", trials=1_050)
    tracemalloc.start()
    count = sum(1 for _ in plan.questions())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count > 10_000
    assert peak < 300 * count


def test_each_metric_and_trial_has_random_numbers_of_its_own() -> None:
    """Those that the same metric of another model's evaluation has."""
    world = Seating(3)
    setting = Setting(world, uniform_histories(world), SequenceBatch.of([]), seed=3)
    drawn = set()
    for metric, trial in product(CHAT_METRIC_NAMES, range(2)):
        numbers = _generator(3, metric, trial).integers(1 << 60, size=3).tolist()
        assert numbers == setting.generator(metric, trial).integers(1 << 60, size=3).tolist()
        drawn.add(tuple(numbers))
    assert len(drawn) == 6
