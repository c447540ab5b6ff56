"""The record of an evaluation: its shape, its numbers, and the contradictions it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import InvalidParameter, MissingExtra, UnknownName
from nerode.evaluation.evaluation import Evaluation, evaluate
from nerode.metrics import parallel
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.models.registry import open_model
from nerode.sequences.corpus import fresh_corpus
from nerode.worlds.automata.table import table
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.metrics import dumb

ESTIMATE = {"value", "low", "high", "n", "skipped"}
SHARES = ["0", "0.01", "0.1", "0.5", "0.75"]
MET = ["0", "1", "2", "3-5", "6+"]
SHAPE: dict[str, Any] = {
    "next_symbol": ["legal"],
    "traversal": ["valid", "optimal", "within_1", "within_5", "within_10", "within_50"],
    "compression": {
        **dict.fromkeys(("precision", "disagreement", "first_symbol")),
        "disagree_within": ["1", "2", "3", "5", "10"],
        "slip": ["5", "10"],
    },
    "distinction": ["precision", "recall", "unexpected", "confused", "end_recall"],
    "detours": {
        "random": SHARES,
        "adversarial": SHARES,
        "replaced": {"random": SHARES[1:], "adversarial": SHARES[1:]},
        "survival": {"random": MET, "adversarial": MET},
    },
}
DRAWN = {"reconstruction": ["valid", "given_up", "new"]}
"""What is measured of the model alone, on street maps."""
EPSILON = 0.02
LOOP = table({"start": {"on": "start"}})
"""A world without a goal."""


def evaluated(world: World[Any], model: Any, **terms: Any) -> Evaluation:
    given: dict[str, Any] = {"samples": 4, "length": 10, "baselines": (), "epsilon": EPSILON}
    return evaluate(world, model, **(given | terms))


@pytest.fixture(scope="module")
def finished(town: World[Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Evaluation, Path]:
    """An evaluation of a model that is wrong now and then, with a run folder."""
    folder = tmp_path_factory.mktemp("evaluation") / "run"
    model = NoisyOracle(town, 0.1, seed=2)
    baselines = ("oracle", "uniform", "ngram:2")
    return evaluated(town, model, trials=60, baselines=baselines, out=folder), folder


def names_of(node: dict[str, Any]) -> Any:
    """The shape of a node of metrics: names of estimates (None), or of nodes that hold them."""
    if all(set(part) == ESTIMATE for part in node.values()):
        return list(node)
    return {name: None if set(part) == ESTIMATE else names_of(part) for name, part in node.items()}


@pytest.mark.slow
def test_the_record_has_the_shape_that_reports_and_users_rely_on(
    finished: tuple[Evaluation, Path], town: World[Any]
) -> None:
    record = finished[0].record
    assert {name: record[name] for name in ("schema", "world", "model", "protocol")} == {
        "schema": 1,
        "world": town.name,
        "model": "noisy-oracle:0.1",
        "protocol": "exact",
    }
    assert (record["histories"], record["seed"]) == ("uniform", 0)
    assert names_of(record["metrics"]) == SHAPE | DRAWN
    assert list(record["baselines"]) == ["oracle", "uniform", "ngram:2"]
    assert all(names_of(metrics) == SHAPE for metrics in record["baselines"].values())
    parameters = {"trials": 60, "samples": 4, "epsilon": EPSILON, "depth": 5, "length": 10}
    assert {name: record["parameters"][name] for name in parameters} == parameters
    assert {"python", "nerode", "numpy"} <= set(record["versions"])
    assert record["skipped"].keys() == SHAPE.keys() | DRAWN.keys()
    assert record["left_out"] == {}


@pytest.mark.slow
def test_the_summary_is_what_the_command_line_prints(finished: tuple[Evaluation, Path]) -> None:
    summary = finished[0].summary()
    assert list(summary) == ["world", "model", "protocol", "seed", "metrics", "baselines"]
    assert all(summary[name] == finished[0].record[name] for name in summary)


@pytest.mark.slow
def test_what_is_on_disk_is_the_record(finished: tuple[Evaluation, Path]) -> None:
    evaluation, folder = finished
    text = (folder / "evaluation.json").read_text()

    def refuse(name: str) -> None:
        pytest.fail(f"{name} is no number in JSON")

    assert json.loads(text, parse_constant=refuse) == evaluation.record
    assert sorted(path.name for path in folder.iterdir()) == [
        "evaluation.json",
        "run.json",
        "trials.jsonl",
    ]


@pytest.mark.slow
def test_curves_have_a_point_per_threshold_and_pass_through_the_score(
    finished: tuple[Evaluation, Path],
) -> None:
    curves = finished[0].record["curves"]
    assert [round(epsilon, 6) for epsilon in curves["epsilon"]] == [
        0.001,
        0.003,
        0.01,
        0.02,
        0.03,
        0.1,
        0.3,
    ]
    for metric in ("compression", "distinction"):
        nested = ("disagree_within", "slip")
        assert list(curves[metric]) == [name for name in SHAPE[metric] if name not in nested]
        for name, points in curves[metric].items():
            assert len(points) == 7
            assert points[3] == finished[0].record["metrics"][metric][name]
    assert set(curves) == {"epsilon", "compression", "distinction"}


@pytest.mark.slow
def test_estimates_are_asked_for_by_name(finished: tuple[Evaluation, Path]) -> None:
    evaluation = finished[0]
    assert (
        evaluation.estimate("detours", "random", "0.5").as_dict()
        == (evaluation.record["metrics"]["detours"]["random"]["0.5"])
    )
    assert evaluation.estimate("compression", "precision", model="oracle").value == 1


@pytest.mark.slow
def test_a_baseline_scores_what_it_scores_alone(
    finished: tuple[Evaluation, Path], town: World[Any]
) -> None:
    for name in ("oracle", "ngram:2"):
        model = open_model(name, town, sequences=fresh_corpus(town, 1, 0).train)
        alone = evaluated(town, model, trials=60)
        metrics = alone.record["metrics"]
        asked = {of: metrics[of] for of in metrics if of not in DRAWN}  # no baseline is drawn
        assert asked == finished[0].record["baselines"][name]
        assert alone.record["model"] == name


@pytest.mark.slow
def test_a_model_is_not_its_own_baseline(town: World[Any]) -> None:
    found = evaluated(town, Oracle(town), trials=2, baselines=("oracle", "uniform"))
    assert list(found.record["baselines"]) == ["uniform"]


@pytest.mark.slow
def test_a_baseline_that_cannot_be_had_is_left_out_with_the_reason(
    town: World[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_torch(name: str, *given: Any, **terms: Any) -> Any:
        if name == "untrained":
            raise MissingExtra("needs torch")
        return open_model(name, *given, **terms)

    monkeypatch.setattr("nerode.evaluation.subject.open_model", without_torch)
    found = evaluated(town, Oracle(town), trials=2, baselines=("uniform", "untrained"))
    assert list(found.record["baselines"]) == ["uniform"]
    assert found.record["left_out"] == {"untrained": "needs torch"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "cores"), [("oracle", 1), ("uniform", 1), ("noisy-oracle:0.1", 1), ("ngram:2", 3)]
)
def test_batches_and_cores_change_nothing(
    kind: str, cores: int, town: World[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = open_model(kind, town, sequences=fresh_corpus(town, 1, 0).train)
    expected = evaluated(town, model, trials=20).record
    monkeypatch.setattr("nerode.evaluation.measure.TRIAL_BLOCK", 7)
    monkeypatch.setattr(parallel, "SMALLEST", 3)
    monkeypatch.setattr(parallel, "TRIAL_BLOCK", 3)
    monkeypatch.setattr("nerode.engine.cores.cores", lambda: cores)
    assert evaluated(town, model, trials=20).record == expected


@pytest.mark.slow
def test_the_seed_decides_everything(town: World[Any]) -> None:
    model = NoisyOracle(town, 0.1, seed=2)
    first, again, other = (evaluated(town, model, trials=12, seed=s).record for s in (3, 3, 4))
    assert first == again
    assert first["metrics"] != other["metrics"]


def test_some_metrics_only(town: World[Any]) -> None:
    found = evaluated(town, Oracle(town), trials=3, metrics=["traversal", "next_symbol"]).record
    assert list(found["metrics"]) == ["next_symbol", "traversal"]
    assert list(found["skipped"]) == ["next_symbol", "traversal"]
    assert list(found["curves"]) == ["epsilon"]
    assert found["witnesses"] == {}


@pytest.mark.parametrize(
    ("terms", "error", "named"),
    [
        ({"metrics": ["compresion"]}, UnknownName, "compresion"),
        ({"metrics": []}, InvalidParameter, "got none"),
        ({"protocol": "papr"}, UnknownName, "papr"),
        ({"histories": "policy"}, UnknownName, "policy"),
        ({"baselines": ("orcle",)}, UnknownName, "orcle"),
        ({"trials": 0}, InvalidParameter, "trials of at least 1, got 0"),
        ({"samples": -1}, InvalidParameter, "samples of at least 0, got -1"),
        ({"samples": 0, "protocol": "paper"}, InvalidParameter, "at least 1 sample"),
        ({"depth": 0}, InvalidParameter, "depth of at least 1, got 0"),
        ({"length": 0}, InvalidParameter, "length of at least 1, got 0"),
        ({"seed": -1}, InvalidParameter, "seed from 0 upwards, got -1"),
        ({"epsilon": 0}, InvalidParameter, "between 0 and 1"),
        ({"epsilon": 1}, InvalidParameter, "between 0 and 1"),
        ({"epsilon": float("nan")}, InvalidParameter, "between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    town: World[Any], tmp_path: Path, terms: dict[str, Any], error: type[Exception], named: str
) -> None:
    given = {"trials": 2, "out": tmp_path / "run"} | terms
    with pytest.raises(error, match=named):
        evaluated(town, Oracle(town), **given)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_skipped_trials_are_counted_with_their_reason(town: World[Any]) -> None:
    model = dumb.HashModel(town.alphabet, context_length=30)
    record = evaluated(town, model, trials=40).record
    reasons = record["skipped"]["compression"]
    assert set(reasons) == {
        "history longer than the 30 symbols that the model reads",
        "history after which the model has room for fewer than 5 symbols",
    }
    count = sum(reasons.values())
    found = record["metrics"]["compression"]["precision"]
    assert (found["n"], found["skipped"]) == (40 - count, count)
    assert 0 < count < 40


@pytest.mark.slow
def test_progress_is_heard_of_every_model_and_metric(town: World[Any]) -> None:
    heard: list[tuple[str, str, int, int]] = []
    evaluated(
        town,
        Oracle(town),
        trials=70,
        metrics=["next_symbol", "compression"],
        baselines=("uniform",),
        progress=lambda *news: heard.append(news),
    )
    assert heard == [
        (model, metric, done, 70)
        for model in ("oracle", "uniform")
        for metric in ("next_symbol", "compression")
        for done in (0, 16, 32, 48, 64, 70)
    ]


def test_the_names_at_the_front_door() -> None:
    from nerode import evaluate as at_the_door  # noqa: PLC0415

    world = open_world("cayley:n=3")
    record = at_the_door(world, open_model("oracle", world), trials=3, baselines=()).record
    assert record["metrics"]["compression"]["precision"]["value"] == 1


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (
            {"world": 7},
            r"expected a world \(`open_world` opens one by name\), got 7",
        ),
        ({"metrics": "compression"}, "expected a list of metrics, got the text 'compression'"),
        ({"baselines": "oracle"}, "expected a list of baselines, got the text 'oracle'"),
        ({"trials": 30.5}, "expected trials as a whole number, got 30.5"),
        ({"trials": True}, "expected trials as a whole number, got True"),
        ({"epsilon": "0.01"}, "expected epsilon as a number, got '0.01'"),
        ({"world": LOOP, "metrics": ["detours"]}, "a world with a goal for detours, got"),
        (
            {"world": LOOP, "metrics": ["traversal"]},
            "a world with a goal for traversal, got",
        ),
    ],
)
def test_arguments_of_another_kind_are_told_in_one_line(
    town: World[Any], terms: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameter, match=message):
        evaluate(**{"world": town, "model": "oracle", "trials": 3, **terms})


@pytest.mark.slow
def test_a_folder_with_more_than_was_asked_says_so(town: World[Any], tmp_path: Path) -> None:
    asked: dict[str, Any] = {"baselines": ["uniform"], "out": tmp_path}
    whole = evaluate(town, "oracle", ["compression", "next_symbol"], trials=20, **asked)
    assert whole.remarks == ()
    less = evaluate(town, "oracle", ["compression"], trials=8, **asked)
    (remark,) = less.remarks
    assert remark.startswith(f"{2 * (12 + 20)} more trials are in the run's folder")
    again = evaluate(town, "oracle", ["compression", "next_symbol"], trials=20, **asked)
    assert again == whole


FEW = table(
    {
        "start": {"a": "x", "b": "y"},
        "x": {"a": "z"},
        "y": {"b": "z", "a": "w"},
        "z": {"a": "w"},
        "w": {},
    }
)
"""A world of three sentences, none of which is held out."""


@pytest.mark.slow
def test_a_world_of_few_sentences_is_measured_where_none_are_needed() -> None:
    found = evaluate(FEW, "noisy-oracle:0.2", trials=12, baselines=("oracle", "ngram:3"))
    legal = found.estimate("next_symbol", "legal")
    assert (legal.n, legal.skipped) == (0, 12)
    assert found.record["skipped"]["next_symbol"] == {"only 0 held-out sequences": 12}
    assert found.estimate("compression", "disagreement").n > 0
    assert found.estimate("distinction", "recall", model="oracle").value == 1
    assert "none, the world has too few" in found.record["parameters"]["sequences"]


@pytest.mark.slow
def test_where_no_two_states_have_histories_of_one_length_it_is_said_at_once() -> None:
    rules = {f"q{i}": {"a": f"q{i + 1}", "b": f"q{i + 1}"} for i in range(1, 12)}
    chain = table({"start": {"a": "q1", "b": "q1"}, **rules, "q12": {}})
    found = evaluate(chain, "oracle", ["distinction"], trials=300, protocol="paper", baselines=())
    reason = "no two states have histories of one length"
    assert found.record["skipped"]["distinction"] == {reason: 300}
