"""A metric of somebody else's: the worked example of docs/extend.md, from trials to the page."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import metadata
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from rich.console import Console

from nerode import compare, evaluate
from nerode.errors import FormatError, InvalidParameter, MissingFile, UnknownName
from nerode.metrics import (
    METRICS,
    Metric,
    PlainResult,
    Score,
    Setting,
    Trial,
    estimate,
)
from nerode.metrics.metric import AnyMetric
from nerode.metrics.registry import metric_of, metrics_of
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.models.model import Model
from nerode.report.page import write_report
from nerode.schema.trial import PlainTrial as Record
from nerode.worlds.cayley import Cayley
from nerode.worlds.world import World
from tests.report.from_json import check_record, print_table, read_record, render, verdict
from tests.terminal import Nerode, runner

PAGE = Path(__file__).parents[2] / "docs" / "extend.md"
MOST_LINES = 60
TRIALS = 60
NAMES = {("mass", "legal"), ("mass", "accepted")}


def example() -> str:
    """The code of the page."""
    (code,) = re.findall(
        r"## A metric of your own\n.*?^```python\n(.*?)^```$",
        PAGE.read_text(encoding="utf-8"),
        flags=re.DOTALL | re.MULTILINE,
    )
    return str(code)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "mass.py"
    path.write_text(example(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def mass(file: Path) -> AnyMetric:
    return metric_of(f"{file}:MASS")


@pytest.fixture(scope="module")
def runs(mass: AnyMetric, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two models that err more and less often."""
    world, folder = Cayley(3), tmp_path_factory.mktemp("runs")
    for name, noise in (("less", 0.02), ("more", 0.5)):
        evaluate(
            world,
            NoisyOracle(world, noise, seed=1),
            ["compression", mass],
            trials=TRIALS,
            baselines=["uniform", "oracle"],
            samples=3,
            length=5,
            out=folder / name,
        )
    return folder / "less", folder / "more"


def table_of(record: Record) -> str:
    console = Console(width=120, file=StringIO(), record=True)
    print_table(record, console)
    return console.export_text()


def test_it_is_short() -> None:
    assert len(example().strip().splitlines()) <= MOST_LINES


@pytest.mark.slow
def test_it_stands_in_the_record_with_all_that_is_to_be_known_of_it(
    runs: tuple[Path, Path],
) -> None:
    record = read_record(runs[0])
    assert list(record["metrics"]) == ["compression", "mass"]
    assert record["metrics"]["mass"]["legal"]["n"] == TRIALS
    assert record["baselines"]["oracle"]["mass"]["legal"]["value"] == pytest.approx(1)
    assert record["baselines"]["oracle"]["mass"]["accepted"]["value"] == 1
    assert 0 < record["baselines"]["uniform"]["mass"]["legal"]["value"] < 1
    assert len(record["curves"]["mass"]["accepted"]) == len(record["curves"]["epsilon"]) > 1
    about = record["metrics_about"]
    assert list(about) == ["mass"]
    assert about["mass"]["title"] == "Mass"
    assert about["mass"]["scores"]["accepted"]["label"] == "legal ones accepted"


@pytest.mark.slow
def test_its_score_is_what_a_plain_loop_finds(runs: tuple[Path, Path]) -> None:
    world = Cayley(3)
    model = NoisyOracle(world, 0.5, seed=1)
    lines = (runs[1] / "trials.jsonl").read_text().splitlines()
    trials = [json.loads(line) for line in lines]
    own = [t for t in trials if t["metric"] == "mass" and t["model"] == model.name]
    found = []
    for trial in own:
        history = world.encode(trial["history"])
        probabilities = model.read([history]).probabilities[0]
        found.append(sum(float(probabilities[a]) for a in world.legal(world.run(history))))
    value = read_record(runs[1])["metrics"]["mass"]["legal"]["value"]
    assert value == pytest.approx(np.mean(found))


@pytest.mark.slow
def test_it_is_in_the_table_and_on_the_page(runs: tuple[Path, Path]) -> None:
    record = read_record(runs[0])
    table = table_of(record)
    assert re.search(r"Mass\s+on legal symbols\s+0\.\d+", table)
    assert "legal ones accepted" in table
    page = render([record])
    assert "on legal symbols" in page
    assert "How much of the model&#39;s probability lies on symbols" in page, "the glossary"
    assert '"name": "mass legal ones accepted"' in page.replace('":"', '": "'), "the curve"


@pytest.mark.slow
def test_two_runs_are_compared_trial_by_trial(
    mass: AnyMetric, file: Path, runs: tuple[Path, Path]
) -> None:
    for given in (mass, f"{file}:MASS"):
        found = compare(*runs, metrics=[given])
        scores = {score.path: score for score in found.scores}
        assert scores.keys() > NAMES
        for path in NAMES:
            assert scores[path].unpaired is None
            difference = scores[path].difference
            assert difference is not None
            assert difference.n == TRIALS
        assert scores["mass", "legal"].verdict == "worse"
    (row,) = (r for r in found.as_dict()["rows"] if r["score"] == "legal")
    values = [read_record(run)["metrics"]["mass"]["legal"]["value"] for run in runs]
    assert row["difference"] == pytest.approx(values[1] - values[0])


@pytest.mark.slow
def test_without_its_code_it_is_still_shown_and_compared(runs: tuple[Path, Path]) -> None:
    named = {s.path: s for s in compare(*runs).scores}
    assert all("is named" in str(named[path].unpaired) for path in NAMES)
    assert named["compression", "precision"].unpaired is None
    assert named["mass", "legal"].verdict == "worse"
    assert named["mass", "legal"].row.label == "on legal symbols"


@pytest.mark.slow
def test_trials_that_do_not_give_the_score_are_not_paired(
    mass: AnyMetric, runs: tuple[Path, Path]
) -> None:
    def wrong(_trial: Trial, _at: int) -> list[tuple[tuple[str, ...], float, float]]:
        return [(("legal",), 0.5, 1), (("accepted",), 0.5, 1)]

    scores = compare(*runs, metrics=[replace(mass, parts=wrong)]).scores
    unpaired = {score.path: score.unpaired for score in scores}
    assert all("does not give the scores" in str(unpaired[path]) for path in NAMES)


@pytest.mark.slow
def test_no_record_makes_code_load(
    runs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for loader in ("_loaded", "load_module", "metadata.entry_points"):
        monkeypatch.setattr(f"nerode.metrics.registry.{loader}", _never)
    monkeypatch.delitem(sys.modules, "nerode_user_mass")
    loaded = set(sys.modules)
    write_report(runs, tmp_path / "page.html")
    compare(*runs)
    assert not any("mass" in name for name in set(sys.modules) - loaded)
    assert "Mass" in (tmp_path / "page.html").read_text()


def _never(*_: Any, **__: Any) -> Any:
    pytest.fail("nobody has named this code")


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        [],
        {"title": 3},
        {"scores": {"legal": {"label": 1}}},
        {"scores": {"legal": {"label": "x", "best": 0.5}}},
        {"scores": {"legal": {"label": "x", "best": True}}},
        {"scores": {"legal": {"label": "x", "depends_on": ["sea"]}}},
        {"scores": {"legal": {"label": "x", "sentence": ["one"]}}},
        {"scores": {"legal": {"label": "x", "curve": 1}}},
    ],
)
def test_a_damaged_description_is_told(runs: tuple[Path, Path], damage: Any) -> None:
    record = read_record(runs[0])
    about = record["metrics_about"]
    about["mass"] = about["mass"] | damage if isinstance(damage, dict) else damage
    with pytest.raises(FormatError, match=r"metrics_about\.mass"):
        check_record(record, "here")


@pytest.mark.slow
def test_texts_of_a_record_are_escaped(runs: tuple[Path, Path]) -> None:
    record = read_record(runs[0])
    about = record["metrics_about"]["mass"]
    about["title"] = about["about"] = "<script>x</script>"
    about["scores"]["accepted"]["label"] = "<b>bold</b>"
    page = render([check_record(record, "here")])
    assert "<script>x" not in page
    assert "<b>bold" not in page


@pytest.mark.slow
def test_the_command_line_takes_a_file(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nerode: Nerode = runner(monkeypatch, capsys)
    given = ("--metrics", f"{file}:MASS", "--trials", "8", "--baselines", "none", "--quiet")
    for name, model in (("one", "oracle"), ("two", "uniform")):
        done = nerode("evaluate", "cayley:n=3", model, *given, "--out", tmp_path / name, "--json")
        assert list(json.loads(done.out)["metrics"]) == ["mass"]
    runs = (tmp_path / "one", tmp_path / "two")
    done = nerode("compare", *runs, "--metrics", f"{file}:MASS", "--json")
    assert all(row["paired"] for row in json.loads(done.out)["rows"])


class Mine:
    """A metric as a class, whose trials are pairs of histories."""

    name, title, about = "same", "Same", "Whether two histories are one."
    scores = {"equal": Score("equal", best=None)}  # noqa: RUF012
    reads_histories = True

    def measure(self, setting: Setting, _: Model, trials: Iterable[int]) -> Iterator[Record]:
        """Compare the histories of a pair."""
        for trial in trials:
            pair = setting.histories.same_state(setting.generator("same", trial)).histories
            yield {"trial": trial, "equal": float(pair[0] == pair[1])}

    def summarise(self, _: Setting, records: Iterable[Record]) -> PlainResult:
        """The share."""
        return PlainResult({"equal": estimate([record["equal"] for record in records])})


@pytest.mark.slow
def test_a_class_is_measured_on_both_kinds_of_histories(town: World[Any], tmp_path: Path) -> None:
    found = evaluate(
        town, Oracle(town), [Mine()], trials=5, histories="both", baselines=(), out=tmp_path
    ).record
    assert list(found["metrics"]) == ["same", "same_on_policy"]
    assert list(found["metrics_about"]) == ["same"]
    page = render([read_record(tmp_path)])
    assert "Same, random histories" in page
    assert "Same, held-out histories" in page


def test_an_installed_package_is_heard_when_its_metric_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = metadata.EntryPoint("same", f"{__name__}:Mine", "nerode.metrics")

    def installed(**given: Any) -> metadata.EntryPoints:
        return metadata.EntryPoints([entry]).select(**given)

    monkeypatch.setattr("nerode.metrics.registry.metadata.entry_points", installed)
    assert metric_of("same").title == "Same"
    assert metric_of(f"{__name__}:Mine").title == "Same"
    with pytest.raises(UnknownName, match=r"probe, .*, same, .* got 'other'"):
        metric_of("other")


def test_what_is_built_in_comes_first_and_once() -> None:
    mine = Mine()
    found = metrics_of([mine, "probe", METRICS["compression"], mine, "compression"])
    assert [metric.name for metric in found] == ["compression", "probe", "same"]


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ("nowhere.py:X", MissingFile, "which is not there"),
        ("no_such_module:X", UnknownName, "a module that can be imported"),
        ("json:nothing", InvalidParameter, "found no nothing"),
        ("json:", InvalidParameter, "found no name"),
        ("json:loads", InvalidParameter, "without arguments"),
        ("a b:X", InvalidParameter, "expected module:NAME or file.py:NAME, got 'a b:X'"),
        ("json:decoder", InvalidParameter, "without name, title, about"),
        (3, InvalidParameter, "got 3 without name"),
    ],
)
def test_what_is_no_metric_is_told(given: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=re.escape(told)):
        metric_of(given)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("compression", "compression is built in"),
        ("epsilon", "epsilon is taken"),
        ("own_on_policy", "own_on_policy is taken"),
        ("Own metric", "small letters"),
    ],
)
def test_names_that_a_metric_cannot_have(name: str, told: str) -> None:
    mine = Mine()
    mine.name = name
    with pytest.raises(InvalidParameter, match=told):
        metric_of(mine)


def test_two_metrics_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="two that are called same"):
        metrics_of([Mine(), Mine()])


@pytest.mark.parametrize("given", ["same", Mine()])
def test_one_metric_is_no_list(given: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="expected a list of metrics"):
        evaluate(Cayley(3), "oracle", given)
    with pytest.raises(InvalidParameter, match="expected a list of metrics"):
        compare(tmp_path, tmp_path, metrics=given)


def test_a_score_says_what_it_depends_on() -> None:
    with pytest.raises(InvalidParameter, match="got 'epsilon'"):
        Score("x", depends_on="epsilon")
    assert Score("x").is_changed_by("samples"), "where nobody has said"
    assert not Score("x", depends_on=("epsilon",)).is_changed_by("samples")


class Historie(Trial, frozen=True, kw_only=True):
    """A type whose field is misspelt."""

    historie: str


class Number(Trial, frozen=True, kw_only=True):
    """A type of another field."""

    history: float


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"trial": Historie}, "expected a trial as Historie or SkippedTrial, got MassTrial"),
        ({"trial": None}, "expected a trial as dict, got MassTrial"),
        ({"question": "past"}, "trial 0 is not of its type: past: expected the question of"),
        ({"measure": lambda *_: [{"trial": 0}]}, "expected a trial as MassTrial or SkippedTrial"),
    ],
)
def test_a_trial_that_could_not_be_read_again_is_not_written(
    mass: AnyMetric, change: dict[str, Any], wrong: str, tmp_path: Path
) -> None:
    world = Cayley(3)
    terms: dict[str, Any] = {"trials": 5, "baselines": (), "out": tmp_path / "run"}
    with pytest.raises(InvalidParameter, match=f"mass: {wrong}"):
        evaluate(world, Oracle(world), [replace(mass, **change)], **terms)
    assert not (tmp_path / "run" / "trials.jsonl").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("history", 3, "history: expected text, got 3"),
        ("legal", 1.5, "legal: expected a share from 0 to 1, got 1.5"),
        ("accepted", [0.5], "accepted: expected a share or null for each of 6 thresholds"),
    ],
)
def test_a_trial_that_is_not_of_its_type_is_not_written(
    mass: AnyMetric, field: str, value: Any, wrong: str, tmp_path: Path
) -> None:
    def measure(*given: Any) -> Iterator[Trial]:
        for trial in mass.measure(*given):
            yield structs.replace(trial, **{field: value})

    world = Cayley(3)
    terms: dict[str, Any] = {"trials": 5, "baselines": (), "out": tmp_path / "run"}
    with pytest.raises(InvalidParameter, match=f"mass: trial 0 is not of its type: {wrong}"):
        evaluate(world, Oracle(world), [replace(mass, measure=measure)], **terms)


@pytest.mark.slow
def test_damaged_trials_of_it_are_told_by_line_and_place(
    mass: AnyMetric, runs: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(runs[0], copy)
    lines = [json.loads(line) for line in (copy / "trials.jsonl").read_text().splitlines()]
    number = next(n for n, line in enumerate(lines) if line["metric"] == "mass")
    lines[number]["legal"] = "much"
    (copy / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = rf"trials.jsonl:{number + 1}: expected a trial of mass; legal: expected a share"
    with pytest.raises(FormatError, match=told):
        compare(copy, runs[1], metrics=[mass])


def plain_trials(_: Setting, model: Model, trials: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Trials as dictionaries, every third of them skipped."""
    for trial in trials:
        skipped = {"skipped": "a third"} if trial % 3 == 0 else {"long": len(model.name) > 6}
        yield {"trial": trial, **skipped}


def of_plain_trials(_: Setting, trials: Iterable[Any]) -> PlainResult:
    """The share of long names."""
    found = list(trials)
    long = [trial["long"] for trial in found if "skipped" not in trial]
    return PlainResult({"long": estimate(long, skipped=len(found) - len(long))})


def test_trials_may_be_plain_dictionaries(tmp_path: Path) -> None:
    plain: AnyMetric = Metric(
        name="plain",
        title="Plain",
        about="Whether the name of a model is long.",
        scores={"long": Score("long", best=None, depends_on=())},
        parts=lambda trial, _: [(("long",), float(trial["long"]), 1)],
        measure=plain_trials,
        summarise=of_plain_trials,
    )
    world = Cayley(3)
    for model in (Oracle(world), NoisyOracle(world, 0.5, seed=1)):
        folder = tmp_path / model.name
        terms: dict[str, Any] = {"trials": 9, "baselines": (), "out": folder}
        first = evaluate(world, model, [plain], **terms).record
        written = (folder / "trials.jsonl").read_text()
        assert evaluate(world, model, [plain], **terms).record == first, "nothing is left to do"
        assert (folder / "trials.jsonl").read_text() == written
        assert first["skipped"]["plain"] == {"a third": 3}
        assert first["metrics"]["plain"]["long"]["n"] == 6
    both = [tmp_path / each.name for each in tmp_path.iterdir()]
    (score,) = compare(*sorted(both), metrics=[plain]).scores
    assert score.unpaired is None
    assert score.difference is not None
    assert abs(score.difference.value or 0) == 1
    kept = next(each for each in both) / "trials.jsonl"
    kept.write_text(kept.read_text().replace('"skipped": "a third"', '"skipped": 3', 1))
    with pytest.raises(FormatError, match=r"trials.jsonl:1: expected a trial; skipped: expected"):
        compare(*sorted(both), metrics=[plain])


@pytest.mark.slow
def test_a_page_says_nothing_false_of_it(mass: AnyMetric, tmp_path: Path) -> None:
    world = Cayley(3)
    runs = [tmp_path / name for name in ("one", "two")]
    for seed, out in enumerate(runs):
        terms: dict[str, Any] = {"trials": 9, "baselines": (), "out": out}
        found = evaluate(world, NoisyOracle(world, 0.3, seed=seed), [mass], **terms)
    assert verdict(found.record) == (
        "What was measured here has no sentence of its own: the table has the numbers."
    )
