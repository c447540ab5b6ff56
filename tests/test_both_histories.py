"""Compression and distinction on random histories and on held-out ones, in one evaluation."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from nerode.errors import InvalidParameter, TooFewSequences
from nerode.evaluation.evaluation import Evaluation, evaluate
from nerode.evaluation.subject import histories_of
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.report import page
from nerode.report.compare.compare import compare
from nerode.runs import RESULT, TERMS, TRIALS
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.corpus import Corpus
from nerode.sequences.dataset import write_sequences
from nerode.worlds.world import World
from tests.evaluation.test_evaluation import FEW
from tests.facts import tells
from tests.report import sample
from tests.report.from_json import alone, check_record, kinds, print_table, render, rows, verdict

PAIRS = ("compression", "compression_on_policy", "distinction", "distinction_on_policy")


@pytest.fixture(scope="module")
def own(town: World[Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sequences that goes with a model of the town."""
    folder = tmp_path_factory.mktemp("sequences") / "s"
    write_sequences(town, "random", 300, 2, folder)
    return folder


def run(town: World[Any], own: Path | None, noise: float = 0.2, **terms: Any) -> Evaluation:
    given: dict[str, Any] = {"trials": 30, "samples": 3, "length": 8, "baselines": ("oracle",)}
    given |= {"sequences": own, "metrics": ["next_symbol", "compression", "distinction"]}
    return evaluate(town, NoisyOracle(town, noise, seed=4), **(given | terms))


@pytest.fixture(scope="module")
def both(town: World[Any], own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "both"
    run(town, own, out=folder)
    return folder


def record_in(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
def test_each_kind_has_the_numbers_of_an_evaluation_on_it_alone(
    town: World[Any], own: Path, both: Path
) -> None:
    record = check_record(record_in(both), "there")
    assert list(record["metrics"]) == ["next_symbol", *PAIRS]
    assert (record["histories"], kinds(record)) == ("uniform", ("uniform", "on-policy"))
    for kind in ("uniform", "on-policy"):
        single = run(town, own, histories=kind).record
        assert list(single["metrics"]) == ["next_symbol", "compression", "distinction"]
        of_kind = json.loads(json.dumps(alone(record, kind)))
        notes = of_kind.pop("notes") if kind == "uniform" else []
        assert of_kind == json.loads(json.dumps(single)), kind
        assert all("On-policy" in note for note in notes)
    scores = record["metrics"]
    assert scores["compression"] != scores["compression_on_policy"]


@pytest.mark.slow
def test_the_oracle_is_perfect_on_both(town: World[Any], own: Path) -> None:
    terms: dict[str, Any] = {"trials": 30, "samples": 3, "length": 8, "baselines": ()}
    found = evaluate(town, Oracle(town), list(PAIRS), sequences=own, **terms)
    for metric in PAIRS:
        for row in rows({metric: found.record["metrics"][metric]}):
            estimate = found.estimate(*row.path)
            zero = row.path[-1] in ("disagreement", "unexpected", "confused")
            assert estimate.value == (0 if zero else 1), row.path
            assert estimate.n > 0


@pytest.mark.slow
def test_a_model_without_sequences_of_its_own_is_measured_on_random_histories(
    town: World[Any],
) -> None:
    metrics: dict[str, Any] = {"metrics": ["compression"], "baselines": ()}
    assert list(run(town, None, **metrics).record["metrics"]) == ["compression"]
    asked = run(town, None, histories="both", **metrics).record
    assert list(asked["metrics"]) == ["compression", "compression_on_policy"]
    met = asked["parameters"]["met_in"]
    assert met > 10
    assert f"On-policy pairs are met in {met} held-out sequences" in " ".join(asked["notes"])


@pytest.mark.slow
def test_what_is_named_is_measured(town: World[Any], own: Path) -> None:
    named: dict[str, Any] = {"metrics": ["compression", "distinction_on_policy"], "baselines": ()}
    assert list(run(town, own, **named).record["metrics"]) == named["metrics"]
    assert list(run(town, None, **named).record["metrics"]) == named["metrics"]
    for kind in ("uniform", "on-policy", "near-end"):
        with pytest.raises(InvalidParameter, match=f"histories both for distinction_on.*{kind}"):
            run(town, own, histories=kind, **named)


@pytest.mark.slow
def test_both_kinds_need_sequences() -> None:
    with pytest.raises(TooFewSequences) as error:
        evaluate(FEW, "oracle", ["compression"], trials=3, histories="both", baselines=())
    assert "\n" not in str(error.value)
    usual = evaluate(FEW, "oracle", ["compression"], trials=3, baselines=())
    assert list(usual.record["metrics"]) == ["compression"]


def test_where_no_two_prefixes_meet_it_is_a_remark(
    town: World[Any], own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = SequenceBatch.of([town.encode("c0 c2 E E end")])
    corpus = Corpus(one, "one", lambda _: one, own=True)
    found = histories_of(None, "exact", town, corpus, read=True)
    assert found.on_policy is None
    assert found.note == (
        "Not measured on on-policy histories: no two of the 3 histories reach one state."
    )
    assert histories_of("both", "exact", town, corpus, read=True).on_policy is not None
    assert histories_of(None, "exact", town, corpus, read=False).note is None
    monkeypatch.setattr("nerode.sequences.corpus.Corpus.met", one)
    record = run(town, own, metrics=["compression"], baselines=()).record
    assert list(record["metrics"]) == ["compression"]
    assert found.note in record["notes"]
    assert "met_in" not in record["parameters"]


def older(folder: Path, to: Path) -> Path:
    """A run as earlier versions left it: random histories alone, boundary strings not counted."""
    shutil.copytree(folder, to)
    (to / RESULT).unlink()
    lines = [json.loads(line) for line in (to / TRIALS).read_text().splitlines()]
    kept = [line for line in lines if not line["metric"].endswith("_on_policy")]
    for line in kept:
        line.pop("end_recall", None)
        line.pop("strings", None)
    (to / TRIALS).write_text("".join(json.dumps(line) + "\n" for line in kept))
    return to


@pytest.mark.slow
def test_a_folder_from_before_goes_on(
    town: World[Any], own: Path, both: Path, tmp_path: Path
) -> None:
    folder = older(both, tmp_path / "old")
    assert json.loads((folder / TERMS).read_text())["histories"] == "uniform"
    before = (folder / TRIALS).read_bytes()
    uniform = run(town, own, out=folder, histories="uniform").record
    assert (folder / TRIALS).read_bytes() == before, "nothing was left to measure"
    assert "strings" not in uniform
    assert "end_recall" not in uniform["metrics"]["distinction"]
    record = run(town, own, out=folder).record
    assert (folder / TRIALS).read_bytes().startswith(before), "what was there stays"
    whole = record_in(both)
    assert list(record["metrics"]) == list(whole["metrics"])
    for metric, scores in whole["metrics"].items():
        for name, estimate in scores.items():
            if (metric, name) != ("distinction", "end_recall"):
                assert record["metrics"][metric][name] == estimate
    assert set(record["strings"]) == {"distinction_on_policy"}


@pytest.mark.slow
def test_a_run_from_before_is_compared_with_one_of_both_kinds(
    town: World[Any], own: Path, both: Path, tmp_path: Path
) -> None:
    old = older(both, tmp_path / "old")
    run(town, own, out=old, histories="uniform")
    other = tmp_path / "other"
    run(town, own, noise=0.5, out=other)
    found = {score.path: score for score in compare(old, other).scores}
    paired = found["compression", "disagreement"]
    assert (paired.unpaired, paired.left_out) == (None, None)
    assert found["compression_on_policy", "disagreement"].left_out == "measured in one run only"
    assert "not measured alike" not in compare(old, other).headline


@pytest.mark.slow
def test_held_out_histories_are_compared_with_their_like(
    town: World[Any], own: Path, both: Path, tmp_path: Path
) -> None:
    single = tmp_path / "single"
    run(town, own, out=single, histories="on-policy")
    comparison = compare(single, both)
    found = {score.path: score for score in comparison.scores}
    for metric in ("compression", "distinction"):
        for path, score in found.items():
            if path[0] == f"{metric}_on_policy" and score.estimates[0] is not None:
                assert score.estimates[0] == score.estimates[1]
                assert score.unpaired is None
                assert score.difference is None or score.difference.value in (0, None)
            if path[0] == metric:
                assert score.left_out == "measured in one run only"
    rows = {(r["metric"], r["score"]): r for r in comparison.as_dict()["rows"]}
    assert rows["compression_on_policy", "precision"]["histories"] == ["on-policy", "on-policy"]
    assert comparison.records[0].metrics.keys() == record_in(single)["metrics"].keys()
    assert "compression" in page.render(comparison.records)


@pytest.mark.slow
def test_each_kind_is_compared_trial_by_trial(
    town: World[Any], own: Path, both: Path, tmp_path: Path
) -> None:
    surer = tmp_path / "surer"
    run(town, own, noise=0.01, out=surer)
    found = {score.path: score for score in compare(both, surer).scores}
    for metric in ("compression", "compression_on_policy"):
        score = found[metric, "disagreement"]
        assert score.unpaired is None
        assert score.difference is not None
        assert (score.difference.value or 0) < -0.2
        if metric == "compression":  # held-out pairs share 23 sequences: their interval is wide
            assert (score.difference.high or 0) < 0
    record = record_in(surer)
    record["parameters"]["met_in"] += 1
    (surer / RESULT).write_text(json.dumps(record))
    left = {s.path: s.left_out for s in compare(both, surer).scores}
    assert "held-out sequences differs" in str(left["compression_on_policy", "disagreement"])
    assert left["compression", "disagreement"] is None


def sampled() -> dict[str, Any]:
    """A record of a model that is at home on held-out routes, lost on random ones."""
    record = sample.record()
    metrics = record["metrics"]
    metrics["compression"]["first_symbol"] = sample.share(0.5)
    metrics["compression_on_policy"] = {
        "precision": sample.share(0.9),
        "disagreement": sample.share(0.02),
        "first_symbol": sample.share(0.98),
    }
    metrics["distinction_on_policy"] = {
        "precision": sample.share(0.6, 400),
        "recall": sample.share(0.3),
        "unexpected": sample.share(0.69),
        "confused": sample.share(0.01),
    }
    metrics["distinction"]["confused"] = sample.share(0.02)
    record["baselines"]["policy-oracle"] = {"distinction": {"recall": sample.share(0.23)}}
    record["parameters"] |= {"length": 100, "met_in": 20_000}
    record["witnesses"]["compression_on_policy"] = record["witnesses"]["compression"][:1]
    record["curves"]["compression_on_policy"] = record["curves"]["compression"]
    return record


def test_the_verdict_speaks_of_both() -> None:
    tells(
        verdict(sampled()),
        "legal 99.8 %",
        "99.5 to 99.9 %",
        "yet two routes to the same corner",
        "expect different streets",
        "random routes in 50 % of cases at once (46 to 54 %)",
        "63 % within 100 turns (59 to 67 %; n 497)",
        "held-out routes in 2 % of cases at once (1.0 to 4 %)",
        "10 % within 100 turns (8 to 13 %; n 500)",
        "sees 20 % on random routes (17 to 24 %; n 500; a perfect map with its habits sees 23 %)",
        "30 % on held-out routes (26 to 34 %; n 500)",
        "2 %",
        "1.0 % it expects in both states",
        "does not expect where they are legal",
        "35 % are real on random routes (31 to 39 %; n 500)",
        "60 % on held-out routes (55 to 65 %; n 400)",
        "With 10 %",
        "at random it arrives on 8 %",
        "instead of 96 %",
    )
    record = sampled()
    record["metrics"]["compression_on_policy"]["precision"] = sample.share(1.0)
    record["metrics"]["compression"]["first_symbol"] = sample.share(0.2)
    told = verdict(record)
    assert "; on held-out routes in none of 500 cases within 100 turns. " in told
    assert "on random routes in 80 % of cases at once (76 to 83 %; n 500); on held" in told
    record["metrics"]["compression_on_policy"]["precision"] = sample.share(None)
    assert "two random routes to the same corner" in verdict(record)


@pytest.mark.slow
def test_both_kinds_stand_in_the_tables() -> None:
    out = StringIO()
    print_table(sampled(), Console(file=out, width=80))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert max(map(len, lines)) <= 80
    assert "histories uniform and on-policy" in " ".join(" ".join(lines).split())
    # Two metrics, in each of the two tables that six baselines take.
    heads = [
        at for at, line in enumerate(lines) if line.strip() in ("Compression,", "Distinction,")
    ]
    assert [lines[at + 1].strip() for at in heads] == ["random histories", "held-out histories"] * 4
    page = render([check_record(sampled(), "here")])
    for words in (
        "Compression, random histories",
        "Compression, held-out histories",
        "Two routes to the same corner (held-out histories)",
        "Read at other thresholds (held-out histories)",
        "Random and held-out histories",
    ):
        assert words in page, words
    alike = render([check_record(sample.record(), "here")])
    assert "held-out histories" not in alike
