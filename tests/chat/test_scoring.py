"""Answers come to the scores that are known beforehand, and none can be had by saying nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from nerode.chat import scoring
from nerode.chat.metrics import CHAT_METRICS
from nerode.chat.plan import CompressionCase, DistinctionCase, Question, TrialPlan, make_plan
from nerode.chat.scoring import (
    SCORE_KEYS,
    MetricScore,
    by_key,
    measure,
    measure_all,
    summarise,
)
from nerode.chat.simulated import Answerer, always_yes, coin, flipping, solver
from nerode.errors import NoTrial
from nerode.schema.trial import PlainTrial as Record
from nerode.worlds.cayley import Cayley
from nerode.worlds.seating import Seating
from nerode.worlds.world import World
from tests.chat import closed_forms
from tests.chat.narrations import plainly
from tests.metrics.conftest import damage_of


def planned(world: World[Any], places: int = 3, trials: int = 40, **dials: Any) -> TrialPlan:
    return make_plan(world, plainly(world, places), trials=trials, **dials)


def scored(plan: TrialPlan, metric: str, answerer: Answerer) -> MetricScore:
    return summarise(plan, metric, measure(plan, metric, answerer))


def values(plan: TrialPlan, answerer: Answerer) -> dict[str, float | None]:
    return {
        f"{metric} {name}": each.value
        for metric in plan.trials
        for name, each in scored(plan, metric, answerer).estimates.items()
    }


@pytest.mark.parametrize("world", [Seating(3), Cayley(3)], ids=lambda w: w.name)
def test_the_solver_scores_exactly_one(world: World[Any]) -> None:
    plan = planned(world)
    found = values(plan, solver)
    assert found.pop("compression disagreement") == 0
    assert set(found.values()) == {1.0}
    assert len(found) == 4
    assert not any(scored(plan, metric, solver).contradictions for metric in plan.trials)


def test_always_yes_sees_no_difference_and_makes_none() -> None:
    plan = planned(Seating(3), trials=40)
    found = values(plan, always_yes)
    truths = [question.truth for question in plan.questions(["capability"])]
    assert found["capability accuracy"] == np.mean([truth == "1" for truth in truths])
    assert found["compression precision"] == 1
    assert found["compression disagreement"] == 0
    assert found["distinction recall"] == 0
    assert found["distinction precision"] is None
    score = scored(plan, "distinction", always_yes)
    assert (score.estimates["precision"].n, score.estimates["precision"].skipped) == (0, 40)
    assert score.bounds["precision"] == (None, None)


def test_precision_is_not_measured_where_not_all_symbols_are_asked_about() -> None:
    found = values(planned(Seating(4)), flipping(0.2, 4))
    assert "distinction precision" not in found
    assert found["distinction recall"] is not None
    all_asked = values(planned(Seating(4), trials=10, most_listed=34), flipping(0.2, 4))
    assert all_asked["distinction precision"] is not None


def test_a_model_that_is_wrong_throughout() -> None:
    """It is as consistent as the solver, and sees every difference the wrong way round."""
    found = values(planned(Seating(3)), flipping(1.0, 3))
    assert found["capability accuracy"] == 0
    assert found["compression precision"] == 1
    assert found["compression disagreement"] == 0
    assert found["distinction recall"] == 0
    assert found["distinction precision"] == 0


FLIPPED = [0.02, 0.1, 0.3]


def repeated(
    p: float, seats: int, trials: int, *, plans: int, each: int
) -> Iterator[tuple[dict[tuple[str, str], float], str, MetricScore]]:
    """Scores of flipping solvers, `each` on one plan, with the closed forms and the metric."""
    for seed in range(plans):
        plan = planned(Seating(seats), seats, trials, seed=seed)
        known = known_of(plan, p)
        flipped = {str(n): flipping(p, seats, seed=each * seed + n) for n in range(each)}
        for metric in plan.trials:
            records: dict[str, list[Record]] = {name: [] for name in flipped}
            for name, record in measure_all(plan, metric, flipped):
                records[name].append(record)
            for found in records.values():
                yield known, metric, summarise(plan, metric, found)


@pytest.mark.long
@pytest.mark.parametrize(("seats", "p"), [*((3, p) for p in FLIPPED), (5, 0.1)])
def test_closed_forms_of_a_flipping_solver(seats: int, p: float) -> None:
    """Over many seeds, that is, over many models: the mean is the closed form."""
    off: dict[str, list[float]] = {}
    weights: dict[str, list[float]] = {}
    for known, metric, score in repeated(p, seats, 30, plans=10, each=10):
        for name, each in score.estimates.items():
            if each.value is not None:
                off.setdefault(name + metric, []).append(each.value - known[metric, name])
                weights.setdefault(name + metric, []).append(each.n)
    assert len(off) == (5 if seats == 3 else 4)
    for name, values_ in off.items():
        error = np.std(values_, ddof=1) / np.sqrt(len(values_))
        assert abs(np.average(values_, weights=weights[name])) < 4 * error, name


def known_of(plan: TrialPlan, p: float) -> dict[tuple[str, str], float]:
    known = {
        ("capability", "accuracy"): 1 - p,
        ("compression", "precision"): closed_forms.compression_precision(p, plan.continuations),
        ("compression", "disagreement"): closed_forms.disagreement(p),
        ("distinction", "recall"): closed_forms.recall(p),
    }
    if plan.listed:
        known["distinction", "precision"] = closed_forms.distinction_precision(plan, p)
    return known


@pytest.mark.long
@pytest.mark.parametrize(("seats", "trials"), [(3, 20), (3, 100), (5, 15)])
def test_intervals_cover_the_closed_forms(seats: int, trials: int) -> None:
    """Questions come up in several trials here, and every one is answered once.

    Intervals that take trials for independent cover less the more trials there are: with three
    seats and 400 of them compression in 87 % of runs, precision of distinction in 79 %.
    """
    covered: dict[tuple[str, str], list[bool]] = {}
    for known, metric, score in repeated(0.1, seats, trials, plans=10, each=24):
        for name, each in score.estimates.items():
            if each.low is not None and each.high is not None:
                here = each.low <= known[metric, name] <= each.high
                covered.setdefault((metric, name), []).append(here)
    assert len(covered) == (5 if seats == 3 else 4)
    shares = {name: np.mean(here) for name, here in covered.items()}
    assert min(shares.values()) >= 0.94, shares


@pytest.mark.slow
def test_scores_of_a_coin() -> None:
    plan = planned(Seating(3), trials=1_500)
    found = {metric: scored(plan, metric, coin(3)).estimates for metric in plan.trials}
    known = {
        ("capability", "accuracy"): 1 / 3,
        ("compression", "precision"): 1 / 32,
        ("compression", "disagreement"): 1 / 2,
        ("distinction", "recall"): 1 / 4,
        ("distinction", "precision"): closed_forms.coin_precision(plan),
    }
    for (metric, name), value in known.items():
        each = found[metric][name]
        assert each.value is not None
        assert abs(each.value - value) < 0.03, (metric, name)
        assert each.low is not None
        assert each.high is not None
        assert each.low <= value <= each.high


def silent(answerer: Answerer, share: float) -> Answerer:
    """Answers some questions with what cannot be parsed."""

    def answer(question: Question) -> str | None:
        return None if int(question.key[-6:], 16) < share * 16**6 else answerer(question)

    return answer


@pytest.mark.slow
@pytest.mark.parametrize("answerer", [solver, always_yes, flipping(0.3, 3), coin(3)])
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_saying_nothing_never_raises_a_score(answerer: Answerer, share: float) -> None:
    plan = planned(Seating(3), trials=15)
    told, kept = values(plan, answerer), values(plan, silent(answerer, share))
    for name, value in kept.items():
        before = told[name]
        if name == "compression disagreement":
            assert value is not None
            assert before is not None
            assert value >= before
        elif value is not None:
            # Where it was undefined, nothing was raised: what might have been counts as wrong.
            assert value <= before if before is not None else value == 0
    if share == 1:
        assert kept["compression disagreement"] == 1
        assert {v for name, v in kept.items() if "disagreement" not in name} == {0.0}


@pytest.mark.long
def test_bounds_hold_whatever_might_have_been_said() -> None:
    """All answers that two silent questions might have had, for each of many pairs of them."""
    plan = planned(Seating(3), trials=3)
    questions = list(plan.questions())
    rng = np.random.default_rng(0)
    said = {question.key: flipping(0.3, 3)(question) for question in questions}
    lower = higher = 0
    for _ in range(150):
        first, second = (questions[int(n)] for n in rng.choice(len(questions), 2, replace=False))
        quiet = {**said, first.key: None, second.key: None}
        known = {metric: scored(plan, metric, by_key(quiet)) for metric in plan.trials}
        for one, other in product(could_say(first), could_say(second)):
            full = {**said, first.key: one, second.key: other}
            for metric, score in known.items():
                spoken = scored(plan, metric, by_key(full))
                for name, (low, high) in score.bounds.items():
                    value = spoken.estimates[name].value
                    if value is None:
                        continue
                    assert low is not None
                    assert high is not None
                    assert low - 1e-12 <= value <= high + 1e-12, (metric, name)
                    lower += low < value
                    higher += value < high
    assert lower > 20
    assert higher > 20


def could_say(question: Question) -> Sequence[str]:
    return ("yes", "no") if question.kind == "choice" else ("1", "2", "3")


def test_bounds_of_what_was_understood_throughout_are_the_score() -> None:
    plan = planned(Seating(3), trials=30)
    for metric in plan.trials:
        score = scored(plan, metric, flipping(0.2, 3))
        assert score.unparsed == 0
        for name, each in score.estimates.items():
            assert score.bounds[name] == (each.value, each.value)


def test_bounds_of_single_scores() -> None:
    """All unparsed: as bad as can be, and as good."""
    plan = planned(Seating(3), trials=30)
    nothing: dict[str, MetricScore] = {m: scored(plan, m, lambda _: None) for m in plan.trials}
    assert nothing["capability"].bounds == {"accuracy": (0, 1)}
    assert nothing["compression"].bounds == {"precision": (0, 1), "disagreement": (0, 1)}
    assert nothing["distinction"].bounds == {"precision": (0, 1), "recall": (0, 1)}


def test_unparsed_questions_are_counted_once() -> None:
    plan = planned(Seating(3), trials=20)
    for metric in plan.trials:
        quiet = silent(solver, 0.2)
        different = sum(quiet(question) is None for question in plan.questions([metric]))
        assert scored(plan, metric, quiet).unparsed == different > 0


def test_both_silent_is_no_agreement() -> None:
    plan = planned(Seating(3), trials=1)
    trial = next(t for t in plan.trials["compression"] if isinstance(t, CompressionCase))
    keys = {q.key for q in list(plan.questions_of(trial).values())[:2]}
    (record,) = measure(plan, "compression", lambda q: None if q.key in keys else q.truth)
    assert record["agree"] == [False]
    assert record["disagreement"] == [1 / 5]
    assert record["best"] == {"agree": [True], "disagreement": [0.0]}
    assert "witness" not in record


def test_recall_by_hand() -> None:
    """Each direction is a mean of its own, and the trial the mean of those that have strings."""
    plan = planned(Seating(3), trials=30)
    answerer = flipping(0.25, 3)
    for trial, record in zip(
        plan.trials["distinction"], measure(plan, "distinction", answerer), strict=True
    ):
        assert isinstance(trial, DistinctionCase)
        shares, asked = [], plan.questions_of(trial)
        for way, strings in enumerate(trial.strings):
            seen = [
                answerer(asked[way, s]) == "yes" and answerer(asked[1 - way, s]) == "no"
                for s in strings
            ]
            shares += [np.mean(seen)] if seen else []
        assert record["recall"] == [pytest.approx(np.mean(shares))]


def test_trials_without_an_answer_are_skipped_and_counted() -> None:
    plan = planned(Seating(3), trials=20)
    questions = list(plan.questions(["compression"]))
    answers: dict[str, str | None] = {q.key: q.truth for q in questions[10:]}
    score = scored(plan, "compression", by_key(answers))
    lost = score.skipped[scoring.UNANSWERED]
    assert list(score.skipped) == [scoring.UNANSWERED]
    assert 0 < lost < 20
    assert score.estimates["precision"].n == 20 - lost
    assert score.estimates["precision"].skipped == lost
    with pytest.raises(NoTrial, match="no answer"):
        by_key(answers)(questions[0])


@pytest.mark.slow
def test_records_hold_what_their_fields_say() -> None:
    plan = planned(Seating(3), trials=20)
    for metric in plan.trials:
        for record in measure(plan, metric, silent(flipping(0.3, 3), 0.1)):
            assert damage_of(CHAT_METRICS[metric], record, 1) is None
            for key in SCORE_KEYS[metric].values():
                assert damage_of(CHAT_METRICS[metric], {**record, key: [2]}, 1)
                assert damage_of(CHAT_METRICS[metric], {**record, key: [1, 1]}, 1)


def test_a_record_does_not_depend_on_how_many_there_are() -> None:
    short, long = (planned(Seating(3), trials=trials) for trials in (5, 25))
    for metric in short.trials:
        few, many = (list(measure(p, metric, flipping(0.3, 3))) for p in (short, long))
        assert few == many[:5]


def test_precision_by_hand() -> None:
    """Of the symbols with yes after the one and no after the other, those of the world."""
    world = Seating(3)
    plan = planned(world, trials=15)
    answerer = flipping(0.25, 3)
    for trial, record in zip(
        plan.trials["distinction"], measure(plan, "distinction", answerer), strict=True
    ):
        assert isinstance(trial, DistinctionCase)
        said = {what: answerer(question) for what, question in plan.questions_of(trial).items()}
        legal = [set(world.legal(state)) for state in trial.states]
        shares = []
        for way in (0, 1):
            own = {s for s in plan.listed if (said[way, s], said[1 - way, s]) == ("yes", "no")}
            real = {(symbol,) for symbol in legal[way] - legal[1 - way]}
            shares += [len(own & real) / len(own)] if own else []
        assert record["precision"] == [pytest.approx(np.mean(shares)) if shares else None]
