"""Runs of chat models in the report: dialogues, bounds, sizes, and what is damaged."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from nerode.chat.plan import CHOICE, Question, TrialPlan
from nerode.chat.simulated import Answerer, always_no, always_yes, coin, flipping, solver
from nerode.errors import FormatError
from nerode.report.page import write_report
from nerode.stats.estimate import Estimate
from tests.chat.folders import answered, told_plan
from tests.report.browser import OpenPage
from tests.report.from_json import (
    chat_verdict,
    chat_view,
    check_record,
    compared,
    print_table,
    read_answers,
    read_record,
    render,
    run_view,
    size_tables,
    sizes_verdict,
)

Json = dict[str, Any]


def silent(answerer: Answerer) -> Answerer:
    """One answer in eight says nothing."""
    return lambda question: None if question.key[-1] in "07" else answerer(question)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes run folders, each of them once."""
    root = tmp_path_factory.mktemp("runs")

    def one(plan: TrialPlan, answerer: Answerer, model: str, name: str = "") -> Path:
        place = root / (name or f"{model}-{plan.world.name}-{plan.narration.language}")
        if not place.exists():
            place.mkdir(parents=True)
            answered(place, plan, answerer, model)
        return place

    return one


@pytest.fixture(scope="module")
def record(folder: Callable[..., Path]) -> Json:
    plan = told_plan(language="ru", trials=20)
    return read_record(folder(plan, silent(flipping(0.2, 3)), "test/<b>bold</b>"))


@pytest.mark.slow
def test_dialogues_are_told_in_their_language_and_escaped(record: Json) -> None:
    page = render([record])
    told = record["dialogues"][0]
    assert told["continuation"].rstrip(".").split()[0] in page
    assert "Вот что известно:" in page
    assert f"1. {told['tellings'][0].split('1. ')[-1].splitlines()[0]}" in page
    assert 'lang="ru"' in page
    assert "<b>" not in page
    assert "&lt;b&gt;It is clear&lt;/b&gt; &amp; simple." in page
    assert page.count('class="dialogue"') == len(record["dialogues"]) > 4
    assert "One situation told twice" in page
    assert "plotly" not in page.lower()


@pytest.mark.slow
def test_the_right_answer_is_told(record: Json) -> None:
    view = chat_view("run-1", record)
    assert view is not None
    assert len(view.shown) == 4
    assert len(view.shown + view.folded) == len(record["dialogues"])
    for dialogue in (*view.shown, *view.folded):
        assert [turn.right for turn in dialogue.turns].count(True) == 1
        for turn in dialogue.turns:
            assert turn.right == (turn.answer == dialogue.truth)


@pytest.mark.slow
def test_what_could_not_be_parsed_stands_beside_the_scores(record: Json) -> None:
    count, every = (record[key]["compression"] for key in ("unparsed", "questions"))
    assert 0 < count < every
    line = f"Compression: {count} of {every} answers could not be parsed and count against"
    view = chat_view("run-1", record)
    assert view is not None
    (told,) = [each for each in view.unparsed if each.startswith("Compression")]
    assert told.startswith(line)
    value = record["metrics"]["compression"]["precision"]["value"]
    low, best = record["bounds"]["compression"]["precision"]
    assert low == value < best
    assert f"precision {value:.3f} could be {best:.3f} at best" in told
    assert "disagreement" in told
    assert line in render([record])
    for width in (80, 100, 160):
        screen = Console(file=io.StringIO(), width=width, color_system=None)
        print_table(record, screen)
        printed = " ".join(screen.file.getvalue().split())  # type: ignore[attr-defined]
        assert line in printed
        assert f"{record['cost']['questions']:,} questions" in printed
        assert "Capability" in printed


@pytest.mark.slow
def test_nothing_is_said_of_what_did_not_happen(folder: Callable[..., Path]) -> None:
    record = read_record(folder(told_plan(), solver, "test/solver"))
    page = render([record])
    assert "Every answer could be parsed." in page
    assert "One situation told twice" not in page
    assert "Not parsed" in page  # how to read what might have been there
    assert chat_verdict(record) == (
        "It solves 100 % of 6 riddles, in none of 6 cases one situation told in two ways gets two "
        "answers, and it sees 100 % of the differences between 6 pairs of situations. So few "
        "trials leave much open: 95 % intervals are up to 56 points wide."
    )


def test_the_verdict_says_yet_where_solving_is_not_knowing(record: Json) -> None:
    told = understood(with_scores(record, 0.98, 0.21, 0.56))
    assert chat_verdict(told).startswith(
        "It solves 98 % of 20 riddles, yet in 79 % of 20 cases one situation told in two ways gets "
        "two answers, and it sees 56 % of the differences between 20 pairs of situations. So few "
        "trials leave much open: 95 % intervals are up to "
    )
    assert "yet" not in chat_verdict(with_scores(record, 0.6, 0.21, 0.56))
    none = {**record, "metrics": {}}
    assert chat_verdict(none) == "Nothing that was measured here is defined for this model."


def understood(record: Json, share: float = 1.0) -> Json:
    """The same, where so many answers were understood."""
    asked = record["questions"]
    return record | {"unparsed": {name: round((1 - share) * n) for name, n in asked.items()}}


def test_what_was_not_understood_is_no_contradiction(record: Json) -> None:
    told = with_scores(record, 0.0, 0.0, 0.0)
    some = chat_verdict(understood(told, 0.9))
    assert some.endswith("10 % of its answers could not be understood and count against it.")
    for share in (0.0, 0.4):
        verdict = chat_verdict(understood(told, share) | {"cut_off": 12})
        assert verdict.startswith(f"{100 - 100 * share:.0f} % of its answers could not be under")
        assert "contradict" not in verdict
        assert "cases one situation" not in verdict
        assert "nothing can be said of what it knows. 12 of 1,007 replies were cut off: " in verdict
    larger = understood(told, 0.1) | {"world": "seating:seats=5"}
    assert sizes_verdict([told, larger]) == "b>: 90 % of its answers could not be understood."


@pytest.mark.slow
def test_replies_that_were_cut_off_are_told_on_the_page(record: Json) -> None:
    parameters = {**record["parameters"], "max_tokens": 2048}
    page = render([{**record, "cut_off": 7, "parameters": parameters}])
    assert "replies were cut off after 2,048 tokens" in page
    assert "cut off" not in render([record])


@pytest.mark.slow
def test_questions_without_an_answer_are_told_by_their_cause(record: Json) -> None:
    failed = {"content filter": 12, "<b>server error</b>": 1}
    changed = {**record, "failed": failed, "only_reasoning": 3}
    page = render([changed])
    assert "13 questions have no answer, because the provider failed" in page
    assert "content filter (12), &lt;b&gt;server error&lt;/b&gt; (1)" in page
    assert "3 of 1,007 replies hold the model&#39;s reasoning and no text" in page
    assert "no answer, because" not in render([record])
    assert "no text beside it" not in render([record])
    table = io.StringIO()
    print_table(changed, Console(file=table, width=200))
    assert "content filter (12)" in table.getvalue()
    for key in ("failed", "only_reasoning"):
        damaged = {**record, key: {"x": -1} if key == "failed" else -1}
        with pytest.raises(FormatError, match=key):
            check_record(damaged, "here")
    check_record({k: v for k, v in record.items() if k not in ("failed", "only_reasoning")}, "old")


@pytest.mark.slow
def test_of_several_runs_of_a_size_the_largest_is_told(record: Json) -> None:
    small = understood(with_scores(record, 0.9, 0.8, 0.7, "seating:seats=3"))
    large = understood(with_scores(record, 0.6, 0.5, 0.4, "seating:seats=5"))
    one = large | {"metrics": {"distinction": record["metrics"]["distinction"]}}
    assert "riddles solved 90 % → 60 %" in sizes_verdict([one, small, large, one])
    cups = record | {"world": "cups:n=3"}
    assert "<title>3 runs compared</title>" in render([small, large, cups])


@pytest.mark.slow
def test_of_answers_that_are_always_the_same_nothing_else_is_said(
    folder: Callable[..., Path],
) -> None:
    rare = {q.key for q in list(told_plan(trials=8).questions(["distinction"]))[::40]}

    def nearly(question: Question) -> str:
        return "yes" if question.key in rare and question.kind == CHOICE else always_no(question)

    run = folder(told_plan(trials=8), nearly, "test/no")
    record = read_record(run)
    shares = record["answers"]
    count, said = shares["yes"]["n"], round(shares["yes"]["value"] * shares["yes"]["n"])
    right = shares["yes_if_yes"]
    other = right["n"] - round(right["value"] * right["n"])
    assert 5 < said < 0.05 * count
    assert chat_verdict(record) == (
        f"Its yes-or-no answers hardly depend on the question: {count - said} of {count} are no, "
        f"and so are {other} of {right['n']} where yes is right."
    )
    page = render([record])
    assert "gets two answers" not in page
    assert "share of yes" in page
    assert "always-no" in page
    screen = Console(file=io.StringIO(), width=100, color_system=None)
    print_table(record, screen)
    printed = screen.file.getvalue()  # type: ignore[attr-defined]
    assert f"share of yes   {shares['yes']['value']:.3f}" in printed
    larger = {**record, "world": "seating:seats=5"}
    assert sizes_verdict([record, larger]).startswith(
        "no, 3 seats: its yes-or-no answers hardly depend on the question: "
    )
    old = {name: value for name, value in record.items() if name != "answers"}
    check_record(old, "here")
    assert "share of yes" not in render([old]).split("<h2")[1]


def test_few_answers_that_are_all_the_same_leave_open_what_they_depend_on(
    folder: Callable[..., Path],
) -> None:
    record = read_record(folder(told_plan(trials=1), always_yes, "test/yes"))
    assert chat_verdict(record) == (
        f"Of its yes-or-no answers all {record['answers']['yes']['n']} are yes: questions about so "
        "few situations do not tell whether they depend on the question."
    )
    one = {**record["answers"], "yes_if_no": Estimate(None, None, None, 0).as_dict()}
    assert "yes is always right in these trials, which does not tell whether" in chat_verdict(
        {**record, "answers": one}
    )


def test_a_model_that_is_called_like_a_baseline_has_a_column_of_its_own(
    folder: Callable[..., Path],
) -> None:
    record = read_record(folder(told_plan(trials=8), coin(3), "test/solver", "named"))
    columns = run_view("run-1", "one", record, None, None).table.columns
    assert columns == ("test/solver", "solver", "always-yes", "always-no", "coin")


def with_scores(record: Json, solved: float, alike: float, sees: float, world: str = "") -> Json:
    told = copy.deepcopy(record)
    told["metrics"]["capability"]["accuracy"]["value"] = solved
    told["metrics"]["compression"]["precision"]["value"] = alike
    told["metrics"]["distinction"]["recall"]["value"] = sees
    return told | ({"world": world} if world else {})


@pytest.mark.slow
def test_sizes_side_by_side(record: Json) -> None:
    other = {**record, "model": "test/other"}
    runs = [
        with_scores(record, 0.76, 0.1, 0.3, "seating:seats=5"),
        with_scores(record, 0.98, 0.2, 0.5, "seating:seats=3"),
        with_scores(other, 0.5, 0.4, 0.2, "seating:seats=3"),
    ]
    (table,) = size_tables(runs)
    assert (table.title, table.columns) == ("seating", ("3 seats", "5 seats"))
    groups = dict(table.groups)
    assert list(groups) == [
        "Capability: accuracy",
        "Compression: precision",
        "Compression: disagreement",
        "Distinction: precision",
        "Distinction: recall",
    ]
    rows = {
        row.name: [each.cell.value for each in row.cells] for row in groups["Capability: accuracy"]
    }
    assert list(rows) == ["b>", "other", "solver", "always-yes", "always-no", "coin"]
    assert rows["b>"] == ["0.980", "0.760"]
    assert rows["other"] == ["0.500", ""]
    assert rows["solver"] == ["1", "1"]
    assert any(each.bounds for row in groups["Compression: precision"] for each in row.cells)
    page = render(runs)
    assert "Models and sizes: seating" in page
    assert "from 3 seats to 5 seats: riddles solved 98 % → 76 %; " in page.replace("\u00a0", " ")
    assert "situations told twice and answered alike 20 % → 10 %" in sizes_verdict(runs)
    assert "<title>Seating: 2 chat models, 3 seats to 5 seats</title>" in page


def test_every_model_is_told_from_the_smallest_to_the_largest_size(record: Json) -> None:
    runs = [
        with_scores({**record, "model": f"test/m{model}"}, 0.1 * model, 0.5, 0.5, f"seating:{size}")
        for model in range(1, 6)
        for size in ("seats=5", "seats=3", "seats=4")
    ]
    russian = {**record["parameters"], "language": "en"}
    told = sizes_verdict([*runs, {**runs[0], "world": "seating:seats=6", "parameters": russian}])
    assert told.startswith("m1, from 3 seats to 5 seats: riddles solved 10 % → 10 %; ")
    assert "m3, from 3 seats to 5 seats: riddles solved 30 %" in told
    assert "m4" not in told
    assert told.endswith(" 2 more below.")


@pytest.mark.slow
def test_larger_worlds_have_no_precision_beside_smaller_ones(folder: Callable[..., Path]) -> None:
    runs = [
        folder(told_plan(world, trials=4), flipping(0.2, 3), model, f"{model}-{world[-1]}")
        for world in ("seating:seats=3", "seating:seats=5")
        for model in ("test/one", "test/two")
    ]
    records = [read_record(run) for run in runs]
    assert "precision" not in records[-1]["metrics"]["distinction"]
    (table,) = size_tables(records)
    (row, *_) = dict(table.groups)["Distinction: precision"]
    assert [each.cell.measured for each in row.cells] == [True, False]
    trials = [read_answers(*each) for each in zip(runs, records, strict=True)]
    page = render(records, trials)
    assert "not measured" in page
    assert "new streets" not in page


def test_one_size_needs_no_table_of_sizes(record: Json) -> None:
    assert size_tables([record, {**record, "model": "test/other"}]) == ()
    assert sizes_verdict([record]) == ""


def test_runs_of_one_model_in_two_languages_have_rows_of_their_own(record: Json) -> None:
    english = {**record, "parameters": {**record["parameters"], "language": "en"}}
    runs = [record, english, {**record, "world": "seating:seats=5"}]
    (table,) = size_tables([*runs, runs[0]])
    names = [row.name for row in dict(table.groups)["Capability: accuracy"] if not row.baseline]
    assert names == ["b> · language ru", "b> · language en", "b> · language ru (again)"]


@pytest.mark.slow
def test_two_models_are_compared_question_by_question(folder: Callable[..., Path]) -> None:
    plan = told_plan(trials=20)
    runs = [
        folder(plan, flipping(0.05, 3), "test/good"),
        folder(plan, flipping(0.3, 3), "test/bad"),
    ]
    records = [read_record(run) for run in runs]
    trials = [read_answers(*each) for each in zip(runs, records, strict=True)]
    (found,) = compared(records, trials)
    assert found.unpaired == {}
    for path, difference in found.differences.items():
        values = [record["metrics"][path[0]][path[1]]["value"] for record in records]
        assert difference.n > 0
        if path != ("distinction", "precision"):  # undefined in different trials
            assert difference.value == pytest.approx(values[1] - values[0])
    assert ("capability", "accuracy") in found.differences


@pytest.mark.slow
def test_runs_in_two_languages_were_not_asked_the_same(folder: Callable[..., Path]) -> None:
    runs = [
        folder(told_plan(language=language), flipping(0.05, 3), "test/good", f"in-{language}")
        for language in ("en", "ru")
    ]
    records = [read_record(run) for run in runs]
    trials = [read_answers(*each) for each in zip(runs, records, strict=True)]
    (found,) = compared(records, trials)
    assert set(found.unpaired.values()) == {"language differs"}
    assert all(difference.n == 0 for difference in found.differences.values())


def test_damaged_trials_of_a_chat_run_are_told(folder: Callable[..., Path]) -> None:
    run = folder(told_plan(trials=2), solver, "test/damaged")
    file = run / "trials.jsonl"
    file.write_text(file.read_text().replace('"right": [true]', '"right": [7]', 1))
    with pytest.raises(FormatError, match=r"trials.jsonl:1.*; right.0: expected"):
        read_answers(run, read_record(run))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("answers", "yes", "n"), -1),
        (("answers", "yes_if_no"), None),
        (("answers", "baselines", "coin"), []),
        (("bounds",), None),
        (("bounds", "compression"), []),
        (("bounds", "compression", "precision"), [0.9, 0.1]),
        (("bounds", "compression", "precision"), [0.1]),
        (("bounds", "compression", "precision"), [None, 0.1]),
        (("unparsed", "compression"), -1),
        (("questions",), {}),
        (("cost", "questions"), "many"),
        (("cost",), None),
        (("parameters", "language"), 3),
        (("dialogues",), {}),
        (("dialogues", 0, "tellings"), ["one"]),
        (("dialogues", 0, "replies"), ["one", 2]),
        (("dialogues", 0, "truth"), None),
        (("dialogues", 0), "talk"),
    ],
)
def test_damaged_records_are_told_in_one_line(
    record: Json, path: tuple[str | int, ...], value: object
) -> None:
    damaged = copy.deepcopy(record)
    node: Any = damaged
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    with pytest.raises(FormatError, match=str(path[0])) as error:
        check_record(damaged, "here")
    assert "\n" not in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1400])
def test_pages_fit_their_window(
    folder: Callable[..., Path], open_page: OpenPage, tmp_path: Path, width: int
) -> None:
    runs = [
        folder(told_plan(f"seating:seats={seats}", "ru"), silent(flipping(0.2, seats)), "test/x")
        for seats in (3, 4)
    ]
    write_report(runs, tmp_path / "page.html")
    page = open_page((tmp_path / "page.html").read_text(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bubbles = page.locator(".dialogue:first-child .asks").first.bounding_box()
    second = page.locator(".dialogue:first-child .turn:nth-child(2) .asks").first.bounding_box()
    assert bubbles is not None
    assert second is not None
    beside = second["x"] > bubbles["x"] + bubbles["width"]
    assert beside == (width == 1400)
