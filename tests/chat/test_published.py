"""Protocol `paper`: what chat models were asked in the published experiment."""

from __future__ import annotations

import io
import json
from collections import Counter
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from nerode.chat.plan import (
    CapabilityCase,
    CompressionCase,
    DistinctionCase,
    Question,
    TrialPlan,
    make_plan,
)
from nerode.chat.run import ChatConfig
from nerode.chat.scoring import MetricScore, measure, measure_all, summarise
from nerode.chat.simulated import Answerer, always_yes, flipping, solver
from nerode.errors import FormatError, InvalidParameter, RunMismatch, UnknownName
from nerode.stats.estimate import Estimate
from nerode.worlds.cayley import Cayley
from nerode.worlds.registry import open_world
from nerode.worlds.seating import Arrangements, Seating
from tests.chat import closed_forms
from tests.chat.folders import answered, told_plan
from tests.chat.narrations import plainly
from tests.report.from_json import (
    chat_verdict,
    check_record,
    compared,
    headings,
    print_table,
    read_answers,
    read_record,
    render,
    size_tables,
    sizes_verdict,
)

Json = dict[str, Any]


def planned(seats: int = 3, trials: int = 40, **dials: Any) -> TrialPlan:
    world = Seating(seats)
    return make_plan(world, plainly(world, seats), trials=trials, protocol="paper", **dials)


def scored(plan: TrialPlan, metric: str, answerer: Answerer) -> MetricScore:
    return summarise(plan, metric, measure(plan, metric, answerer))


def is_short(world: Seating, history: tuple[int, ...], state: Arrangements) -> bool:
    """It reaches the state with its last statement, and every statement is true in it."""
    reached = [world.run(history[:end]) for end in range(1, len(history) + 1)]
    implied = set(world.implied(state))
    return reached.index(state) == len(history) - 1 and implied.issuperset(history)


@pytest.mark.slow
@pytest.mark.parametrize("seats", [3, 4, 5, 6])
def test_boundary_questions_are_single_statements_in_one_direction(seats: int) -> None:
    plan = planned(seats)
    world = plan.world
    assert isinstance(world, Seating)
    assert len(plan.trials["distinction"]) == 40
    for trial in plan.trials["distinction"]:
        assert isinstance(trial, DistinctionCase)
        first, second = trial.states
        assert first != second
        assert all(map(is_short, [world] * 2, trial.histories, trial.states))
        every = {(s,) for s in world.legal(first)} - {(s,) for s in world.legal(second)}
        strings, others = trial.strings
        assert others == ()
        assert set(strings) <= every
        assert len(set(strings)) == len(strings) == min(len(every), 5) > 0
        # String by string: after the first history, where it may follow, and after the second.
        asked = plan.questions_of(trial)
        assert list(asked) == [(side, string) for string in strings for side in (0, 1)]
        assert [q.truth for q in asked.values()] == ["yes", "no"] * len(strings)
    assert (plan.listed, plan.depth, plan.protocol) == ((), 1, "paper")


@pytest.mark.slow
@pytest.mark.parametrize("seats", [3, 4, 5, 6])
def test_two_short_tellings_and_five_continuations(seats: int) -> None:
    plan = planned(seats)
    assert isinstance(plan.world, Seating)
    for trial in plan.trials["compression"]:
        assert isinstance(trial, CompressionCase)
        assert trial.histories[0] != trial.histories[1]
        assert all(is_short(plan.world, history, trial.state) for history in trial.histories)
        assert [len(string) for string in trial.continuations] == [1] * 5
        assert len(plan.questions_of(trial)) == 2 * len(set(trial.continuations))
    legal = [
        (string[0] in plan.world.legal(trial.state), plan.world.legal(trial.state))
        for trial in planned(seats, 400).trials["compression"]
        if isinstance(trial, CompressionCase)
        for string in trial.continuations
    ]
    share = np.array([1 / 2 + len(may) / len(plan.world.alphabet) / 2 for _, may in legal])
    error = np.sqrt((share * (1 - share)).sum()) / len(legal)
    assert abs(np.mean([is_legal for is_legal, _ in legal]) - share.mean()) < 4 * error


def test_riddles_are_told_until_one_arrangement_is_left_and_ask_for_anybody() -> None:
    plan = planned(4, 200)
    named = []
    for trial in plan.trials["capability"]:
        assert isinstance(trial, CapabilityCase)
        history = trial.riddle.history
        (people,) = trial.state
        assert people[trial.riddle.answer - 1] == trial.riddle.subject
        assert len(plan.world.run(history[:-1])) > 1
        said = [plan.world.statements[symbol] for symbol in history]  # type: ignore[attr-defined]
        named.append(trial.riddle.subject in {s.person for s in said if s.other is None})
    assert 0.2 < np.mean(named) < 0.8  # `exact` never asks for those whose seat was named


def dumb_pair(seats: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Lengths of both histories and number of strings of a published pair, without any world.

    Statements are sets of arrangements. Pairs without a string are left out, as published.
    """
    everyone = list(permutations(range(seats)))
    facts = [
        frozenset(people for people in everyone if people.index(person) == seat)
        for person in range(seats)
        for seat in range(seats)
    ]
    facts += [
        frozenset(people for people in everyone if abs(people.index(a) - people.index(b)) == d)
        for a, b in combinations(range(seats), 2)
        for d in range(1, seats)
    ]

    def any_of(among: list[frozenset[Any]]) -> frozenset[Any]:
        return among[int(rng.integers(len(among)))]

    def state(statements: int) -> frozenset[Any]:
        left = frozenset(everyone)
        for _ in range(statements):
            left &= any_of([fact for fact in facts if fact & left])
        return left

    def length(goal: frozenset[Any]) -> int:
        left, count = frozenset(everyone), 0
        while left != goal:
            left &= any_of([fact for fact in facts if fact >= goal])
            count += 1
        return count

    while True:
        statements = int(rng.integers(1, 3))
        first, second = state(statements), state(statements)
        while first == second:
            first, second = state(statements), state(statements)
        strings = sum(bool(fact & first) and not fact & second for fact in facts)
        if strings:
            return length(first), length(second), min(strings, 5)


@pytest.mark.slow
@pytest.mark.parametrize("seats", [3, 4])
def test_pairs_are_those_of_a_plain_simulation_of_the_published_experiment(seats: int) -> None:
    rng = np.random.default_rng(5)
    dumb = np.array([dumb_pair(seats, rng) for _ in range(600)])
    ours = np.array(
        [
            (*map(len, trial.histories), len(trial.strings[0]))
            for trial in planned(seats, 600).trials["distinction"]
            if isinstance(trial, DistinctionCase)
        ]
    )
    error = np.sqrt((dumb.var(axis=0) + ours.var(axis=0)) / 600)
    assert (abs(dumb.mean(axis=0) - ours.mean(axis=0)) < 4 * error).all()


def test_states_after_one_statement_are_retold_where_they_can_be() -> None:
    """With three seats who sits in the middle is next to both; with five nothing is implied."""
    for seats, retold in ((3, True), (5, False)):
        plan = planned(seats, 100)
        states = [t.state for t in plan.trials["compression"] if isinstance(t, CompressionCase)]
        after_one = {plan.world.run((symbol,)) for symbol in range(len(plan.world.alphabet))}
        assert len(states) == 100
        assert any(state in after_one for state in states) == retold


def test_a_longer_run_begins_with_the_same_trials() -> None:
    short, long = planned(trials=5, seed=2), planned(trials=9, seed=2)
    for metric, trials in short.trials.items():
        assert list(trials) == list(long.trials[metric])[:5]


def test_the_solver_scores_one_and_who_says_yes_sees_nothing() -> None:
    plan = planned(4)
    found = {name: scored(plan, name, solver).estimates for name in plan.trials}
    assert found["capability"]["accuracy"].value == 1
    assert found["compression"]["precision"].value == 1
    assert found["compression"]["disagreement"].value == 0
    assert {name: each.value for name, each in found["distinction"].items()} == {"recall": 1}
    yes = {name: scored(plan, name, always_yes).estimates for name in plan.trials}
    assert yes["compression"]["precision"].value == 1
    assert yes["distinction"]["recall"].value == 0


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.1, 0.3])
def test_closed_forms_of_a_flipping_solver(p: float) -> None:
    """Over many seeds; a continuation that was drawn twice is one question."""
    off: dict[str, list[float]] = {}
    for seed in range(8):
        plan = planned(3, 25, seed=seed)
        apart = closed_forms.disagreement(p)
        alike = closed_forms.mean(
            (1 - apart) ** len(set(trial.continuations))
            for trial in plan.trials["compression"]
            if isinstance(trial, CompressionCase)
        )
        known = {"accuracy": 1 - p, "precision": alike, "disagreement": apart}
        known |= {"recall": closed_forms.recall(p)}
        answerers = {str(n): flipping(p, 3, seed=10 * seed + n) for n in range(10)}
        for metric in plan.trials:
            records: dict[str, list[Json]] = {name: [] for name in answerers}
            for name, record in measure_all(plan, metric, answerers):
                records[name].append(record)
            for found in records.values():
                for name, each in summarise(plan, metric, found).estimates.items():
                    assert each.value is not None
                    off.setdefault(name, []).append(each.value - known[name])
    assert sorted(off) == ["accuracy", "disagreement", "precision", "recall"]
    for name, values in off.items():
        assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(len(values)), name


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownName, match="out of exact, paper, got 'nonsense'"):
        ChatConfig(protocol="nonsense").plan(open_world("seating:seats=3"))
    with pytest.raises(InvalidParameter, match="protocol exact for cups:n=3, got paper"):
        ChatConfig(protocol="paper").plan(open_world("cups:n=3"))
    with pytest.raises(InvalidParameter, match="got paper"):
        make_plan(Cayley(3), plainly(Cayley(3)), trials=1, protocol="paper")
    with pytest.raises(InvalidParameter, match="no precision of distinction, got 15"):
        planned(most_listed=15)


def knows_single_statements(plan: TrialPlan) -> Answerer:
    """Right about single statements; of two it says that they may always follow."""
    pairs = {
        question.key
        for trial in plan.trials["distinction"]
        for (_, string), question in plan.questions_of(trial).items()
        if len(string) > 1
    }
    return lambda question: "yes" if question.key in pairs else question.truth


@pytest.mark.slow
def test_recall_is_told_by_the_number_of_statements(tmp_path: Path) -> None:
    plan = told_plan(trials=30)
    record = answered(tmp_path, plan, knows_single_statements(plan), "test/half")
    lengths = Counter(
        len(string)
        for trial in plan.trials["distinction"]
        if isinstance(trial, DistinctionCase)
        for string in (*trial.strings[0], *trial.strings[1])
    )
    found = record["statements"]
    assert {int(length): each["asked"] for length, each in found.items()} == lengths
    assert [each["recall"]["value"] for each in found.values()] == [1, 0]
    shares = [each["share"] for each in found.values()]
    assert sum(shares) == pytest.approx(1)
    assert shares[1] == lengths[2] / lengths.total() > 0.6
    recall = Estimate.of(found["2"]["recall"])
    assert (recall.low, recall.n) == (0, 30)
    assert 0 < record["metrics"]["distinction"]["recall"]["value"] < 1
    page = " ".join(render([read_record(tmp_path)]).split())
    assert "Recall by number of statements" in page
    assert f"({100 * shares[1]:.0f} %)</td><td>0</td>" in page
    told = printed(record)
    assert f"{100 * shares[1]:.0f} % have two statements (recall 0 (0" in told
    assert "Published scores are of single statements: --protocol paper." in told
    old = {name: value for name, value in record.items() if name != "statements"}
    check_record(old, "here")
    assert "Recall by number" not in render([old])
    assert "have two statements" not in printed(old)
    for damaged in (3, {"1": 3}, {"1": {**found["1"], "asked": -1}}, {"1": {"asked": 1}}):
        with pytest.raises(FormatError, match="statements"):
            check_record(record | {"statements": damaged}, "here")


def printed(record: Json) -> str:
    screen = Console(file=io.StringIO(), width=110, color_system=None)
    print_table(record, screen)
    return " ".join(screen.file.getvalue().split())  # type: ignore[attr-defined]


@pytest.mark.slow
def test_record_headline_and_table_say_the_protocol(tmp_path: Path) -> None:
    records = [
        answered(tmp_path / str(seats), of(f"seating:seats={seats}"), flipping(0.1, seats))
        for seats in (3, 4)
    ]
    record = read_record(tmp_path / "3")
    assert record == records[0]
    assert (record["protocol"], record["parameters"]["depth"]) == ("paper", 1)
    assert list(record["metrics"]["distinction"]) == ["recall"]
    assert list(record["statements"]) == ["1"]
    assert record["statements"]["1"]["recall"] == record["metrics"]["distinction"]["recall"]
    assert "of the differences in single statements, as published, between 20" in chat_verdict(
        record
    )
    told = printed(record)
    assert "protocol paper (single statements)" in told
    assert "Protocol paper has no precision of distinction: it was not published." in told
    assert "--protocol paper" not in told
    page = render([record])
    assert "in single statements, as published" in page
    assert "Recall by number of statements" not in page
    assert "from 3 seats to 4 seats (protocol paper, single statements): " in sizes_verdict(records)


def of(world: str = "seating:seats=3", protocol: str = "paper", trials: int = 20) -> TrialPlan:
    return ChatConfig(trials=trials, protocol=protocol).plan(open_world(world))


def folder_of(place: Path, protocol: str, model: str) -> Path:
    answered(place, of(protocol=protocol), flipping(0.1, 3), model)
    return place


@pytest.mark.slow
def test_runs_of_two_protocols_are_not_compared(tmp_path: Path) -> None:
    folders = [folder_of(tmp_path / name, name, "test/one") for name in ("exact", "paper")]
    records = [read_record(folder) for folder in folders]
    answers = [read_answers(*both) for both in zip(folders, records, strict=True)]
    (found,) = compared(records, answers)
    assert found.differences == {}
    assert set(found.withheld) == {
        ("capability", "accuracy"),
        ("compression", "precision"),
        ("compression", "disagreement"),
        ("distinction", "recall"),
    }
    assert all("protocol differs" in reason for reason in found.withheld.values())
    page = render(records)
    assert "protocol exact" in page
    assert "protocol paper" in page
    told = "(protocol exact and paper): none of their scores is compared."
    assert f"The runs were not measured alike {told}" in page
    assert headings(records) == ["protocol exact", "protocol paper"]
    larger = [record | {"world": "seating:seats=4"} for record in records]
    (table,) = size_tables([*records, *larger])
    names = {row.name for _, rows in table.groups for row in rows if not row.baseline}
    assert names == {"one · protocol exact", "one · protocol paper"}
    (alike,) = compared([records[1]] * 2, [answers[1]] * 2)
    assert len(alike.differences) == 4
    assert alike.withheld == {}


@pytest.mark.slow
def test_a_chat_model_is_not_compared_with_another_kind_under_a_protocol_of_one_name(
    tmp_path: Path,
) -> None:
    record = read_record(folder_of(tmp_path / "run", "exact", "test/one"))
    other = {name: value for name, value in record.items() if name != "kind"}
    (found,) = compared([record, other])
    assert found.differences == {}


@pytest.mark.slow
def test_a_folder_of_another_protocol_is_refused_in_one_line(tmp_path: Path) -> None:
    folder_of(tmp_path / "run", "exact", "test/one")
    with pytest.raises(RunMismatch, match=r"expected the protocol .*\(exact\), got paper") as error:
        folder_of(tmp_path / "run", "paper", "test/one")
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_older_runs_go_on_and_are_compared_as_exact(tmp_path: Path) -> None:
    """Their protocol was called `chat`, in the terms and in the record."""
    old, new = (folder_of(tmp_path / name, "exact", f"test/{name}") for name in ("old", "new"))
    for file in old / "run.json", old / "evaluation.json":
        told = json.loads(file.read_text()) | {"protocol": "chat"}
        file.write_text(json.dumps(told))
    assert read_record(old)["protocol"] == "exact"
    records = [read_record(folder) for folder in (old, new)]
    answers = [read_answers(*both) for both in zip((old, new), records, strict=True)]
    (found,) = compared(records, answers)
    assert len(found.differences) == 5
    assert (dict(found.unpaired), dict(found.withheld)) == ({}, {})
    questions: list[Question] = []

    def noted(question: Question) -> str:
        questions.append(question)
        return question.truth

    again = answered(old, of(protocol="exact"), noted, "test/old")
    assert again["protocol"] == "exact"
    assert questions == []
    with pytest.raises(RunMismatch, match=r"\(exact\), got paper"):
        answered(old, of(), noted, "test/old")
