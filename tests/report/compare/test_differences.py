"""Runs compared trial by trial: only where they were asked the same, and with the same scores."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import FormatError
from nerode.evaluation.evaluation import evaluate
from nerode.report.compare.differences import Answered
from nerode.runs import RESULT, TERMS, TRIALS
from nerode.worlds.world import World
from tests.report import sample
from tests.report.from_json import Json, compared, estimate_at, read_answers, read_record

Measure = Callable[..., Path]
METRICS = ("next_symbol", "traversal", "compression", "distinction", "detours")


@pytest.fixture(scope="module")
def measure(town: World[Any], tmp_path_factory: pytest.TempPathFactory) -> Measure:
    """A run of a model on the town, made once for each set of terms."""
    made: dict[str, Path] = {}

    def of(model: str, **terms: Any) -> Path:
        name = json.dumps([model, terms])
        if name not in made:
            made[name] = tmp_path_factory.mktemp("run")
            given: dict[str, Any] = {
                "trials": 40,
                "samples": 3,
                "length": 8,
                "baselines": ("uniform",),
            } | terms
            evaluate(town, model, METRICS, out=made[name], **given)
        return made[name]

    return of


def both(*folders: Path) -> tuple[list[Json], list[Answered | None]]:
    records = [read_record(folder) for folder in folders]
    return records, [read_answers(f, r) for f, r in zip(folders, records, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("histories", ["uniform", "on-policy"])
def test_paired_differences_are_those_of_the_printed_scores(
    measure: Measure, histories: str
) -> None:
    folders = [measure(m, histories=histories) for m in ("noisy-oracle:0.3", "ngram:2")]
    records, answered = both(*folders)
    (found,) = compared(records, answered)
    assert found.unpaired == {}
    assert {path[0] for path in found.differences} == set(METRICS)
    for path, difference in found.differences.items():
        one, other = (estimate_at(record["metrics"], path) for record in records)
        assert one is not None
        assert other is not None
        if one.value is None or other.value is None:
            assert difference.value is None
            continue
        assert difference.value == pytest.approx(other.value - one.value, abs=1e-12), path
        assert difference.value is not None
        assert difference.low is not None
        assert difference.high is not None
        assert difference.low <= difference.value <= difference.high
        assert 0 < difference.n <= 40
    assert found.differences["compression", "disagreement"].certain


@pytest.mark.slow
def test_a_run_beside_itself_differs_in_nothing(measure: Measure) -> None:
    folder = measure("noisy-oracle:0.3")
    records, answered = both(folder, folder)
    (found,) = compared(records, answered)
    for difference in found.differences.values():
        assert difference.value in (0, None)
        assert not difference.certain


@pytest.mark.slow
def test_the_trials_that_both_have_are_compared(measure: Measure) -> None:
    folders = [measure("noisy-oracle:0.3"), measure("ngram:2", trials=24)]
    (found,) = compared(*both(*folders))
    assert found.unpaired == {}
    paired = found.differences["compression", "precision"]
    assert paired.n <= 24
    (less,) = compared(*both(measure("noisy-oracle:0.3", trials=24), folders[1]))
    assert less.differences["compression", "precision"] == paired


ALL_WALKS = {"c p", "c d", "c f", "d p", "d r", "d u", "d c", "d e"}
"""All scores of compression and distinction, by their initials."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("terms", "metric", "why", "other"),
    [
        ({"seed": 1}, "next_symbol", "seed differs", set()),
        ({"protocol": "paper"}, "compression", "protocol differs", ALL_WALKS - {"d e"}),
        (
            {"histories": "on-policy"},
            "distinction",
            "histories differ",
            ALL_WALKS,
        ),
        ({"samples": 4}, "compression", "samples differ", {"c p", "d p"}),
        ({"epsilon": 0.1}, "compression", "epsilon differs", ALL_WALKS),
        ({"depth": 2}, "distinction", "depth differs", {"d r", "d u", "d c", "d e"}),
        ({"length": 50}, "distinction", "length differs", {"c p", "c d", "d p"}),
    ],
)
def test_other_questions_are_no_pairs(
    measure: Measure, terms: dict[str, Any], metric: str, why: str, other: set[str]
) -> None:
    """And scores that measure something else are not compared at all."""
    records, answered = both(measure("noisy-oracle:0.3"), measure("ngram:2", **terms))
    (found,) = compared(records, answered)
    assert found.unpaired[metric] == why
    assert ("next_symbol" in found.unpaired) == ("seed" in terms or "protocol" in terms)
    assert {f"{path[0][0]} {path[1][0]}" for path in found.withheld} == other
    assert all(reason.startswith(why) for reason in found.withheld.values())
    assert not found.withheld.keys() & found.differences.keys()
    for path, difference in found.differences.items():
        assert difference.n == 0 or path[0] not in found.unpaired
        assert difference.value is not None


def edited(folder: Path, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a run with every trial changed."""
    shutil.copytree(folder, to)
    lines = [json.loads(line) for line in (to / TRIALS).read_text().splitlines()]
    for line in lines:
        change(line)
    (to / TRIALS).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return to


@pytest.mark.slow
def test_trials_that_asked_otherwise_are_seen(measure: Measure, tmp_path: Path) -> None:
    def change(line: dict[str, Any]) -> None:
        if line["metric"] == "compression" and line["trial"] == 7:
            line["histories"] = line["histories"][::-1]

    folder = measure("noisy-oracle:0.3")
    (found,) = compared(*both(folder, edited(folder, tmp_path / "run", change)))
    assert found.unpaired == {"compression": "trials of one number ask different things"}


@pytest.mark.slow
def test_without_trials_the_scores_tell_the_difference(measure: Measure, tmp_path: Path) -> None:
    folder = measure("noisy-oracle:0.3")
    shutil.copy(folder / RESULT, tmp_path / RESULT)
    records, answered = both(folder, tmp_path)
    assert answered[1] is None
    (found,) = compared(records, answered)
    assert set(found.unpaired) == set(METRICS)
    assert found == compared(records)[0]
    assert f"{TERMS} or {TRIALS}" in found.unpaired["detours"]


@pytest.mark.slow
def test_the_sequences_decide_what_is_asked(measure: Measure, tmp_path: Path) -> None:
    folder = measure("noisy-oracle:0.3")
    other = tmp_path / "run"
    shutil.copytree(folder, other)
    terms = json.loads((other / TERMS).read_text())
    (other / TERMS).write_text(json.dumps(terms | {"sequences": "others"}))
    (found,) = compared(*both(folder, other))
    assert found.unpaired == dict.fromkeys(
        ("next_symbol", "traversal", "detours"), "sequences differ"
    )


@pytest.mark.slow
def test_what_only_one_run_measured_is_left_out(measure: Measure) -> None:
    records, answered = both(measure("noisy-oracle:0.3"), measure("ngram:2"))
    del records[1]["metrics"]["traversal"]
    records[0]["metrics"]["reconstruction"] = {"a": records[0]["metrics"]["next_symbol"]["legal"]}
    records[1]["metrics"]["reconstruction"] = {"a": records[1]["metrics"]["next_symbol"]["legal"]}
    (found,) = compared(records, answered)
    assert not any(path[0] == "traversal" for path in found.differences)
    assert "reconstruction" in found.unpaired
    assert found.differences["reconstruction", "a"].value is not None


@pytest.mark.slow
def test_damaged_trials_are_told(measure: Measure, tmp_path: Path) -> None:
    def change(line: dict[str, Any]) -> None:
        if line["metric"] == "compression":
            line["agree"] = "x"

    folder = edited(measure("noisy-oracle:0.3"), tmp_path / "run", change)
    with pytest.raises(FormatError, match=r"trials\.jsonl:\d+: expected a trial of compression"):
        read_answers(folder, read_record(folder))


@pytest.mark.slow
def test_trials_that_were_lost_are_no_pairs(measure: Measure, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(measure("noisy-oracle:0.3"), folder)
    lines = (folder / TRIALS).read_text().splitlines(keepends=True)
    (folder / TRIALS).write_text("".join(lines[: len(lines) // 3]))
    records, answered = both(measure("noisy-oracle:0.1"), folder)
    (found,) = compared(records, answered)
    assert (
        found.unpaired["distinction"]
        == "trials.jsonl of a run does not give the scores of its record"
    )
    path = ("distinction", "recall")
    one, other = (record["metrics"]["distinction"]["recall"] for record in records)
    assert found.differences[path].value == pytest.approx(other["value"] - one["value"])


@pytest.mark.slow
def test_terms_of_another_model_are_told(measure: Measure, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(measure("noisy-oracle:0.3"), folder)
    shutil.copy(measure("ngram:2") / TERMS, folder / TERMS)
    with pytest.raises(
        FormatError, match=r"expected run\.json of noisy-oracle:0\.3, got 'ngram:2'"
    ):
        read_answers(folder, read_record(folder))


def drawn(sequences: int, **fields: Any) -> Json:
    """A record of a reconstruction from so many sequences that ended."""
    names = ("valid", "given_up", "new")
    values = (0.5, 0.5, 0.1) if sequences == 40 else (0.9, 0.1, 0.9)
    scores = {
        name: sample.share(value, sequences) for name, value in zip(names, values, strict=True)
    }
    return sample.record() | {"metrics": {"reconstruction": scores}} | fields


def test_what_belongs_to_all_sequences_together_is_never_compared() -> None:
    for sequences in (60, 40):
        (found,) = compared([drawn(40), drawn(sequences)])
        assert set(found.differences) == {("reconstruction", "valid")}
        assert set(found.withheld) == {("reconstruction", name) for name in ("given_up", "new")}
        assert all("to their order" in why for why in found.withheld.values())


def test_runs_of_different_worlds_are_not_compared() -> None:
    here, elsewhere = drawn(40), drawn(40, world="uptown")
    assert [bool(run.differences) for run in compared([here, elsewhere, here])] == [False, True]


@pytest.mark.slow
def test_on_policy_scores_of_other_numbers_of_sequences_are_not_compared(
    measure: Measure,
) -> None:
    records, answered = both(
        measure("noisy-oracle:0.3", histories="on-policy"),
        measure("ngram:2", histories="on-policy"),
    )
    assert "held-out sequences: only states that are met twice" in " ".join(records[0]["notes"])
    (alike,) = compared(records, answered)
    assert ("compression", "disagreement") in alike.differences
    records[1]["parameters"]["met_in"] += 1
    (found,) = compared(records, answered)
    assert {path[0] for path in found.withheld} == {"compression", "distinction"}
    assert all("the number of held-out sequences differs" in why for why in found.withheld.values())
    assert ("next_symbol", "legal") in found.differences
