"""docs/formats.md names every key that a fresh run writes, in the section of its file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nerode.evaluation.evaluation import evaluate
from nerode.evaluation.reconstruction import ReconstructionOptions, run_reconstruction
from nerode.metrics.history_kinds import plain_name
from nerode.metrics.registry import METRICS
from nerode.models.registry import open_model
from nerode.sequences.dataset import write_sequences
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.chat.folders import answered, told_plan
from tests.run_folders import measured

ROOT = Path(__file__).parent.parent
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
ACROSS = re.MULTILINE | re.DOTALL


def section(heading: str) -> str:
    """The part of docs/formats.md under a heading, up to the next of the same or a higher rank."""
    found = re.search(rf"^(#+) {re.escape(heading)}$(.*?)(?=^##? |\Z)", FORMATS, ACROSS)
    assert found, heading
    body = found[2]
    return re.split(rf"^#{{2,{len(found[1])}}} ", body, flags=re.MULTILINE)[0]


def fields(*parts: str) -> set[str]:
    """Names in backticks, with and without the quotes of JSON."""
    return {name.strip('"') for part in parts for name in re.findall(r"`([^`\n]+)`", part)}


NAMED_BY_DATA = re.compile(
    r"baselines\.[^.]+|skipped\.\w+\..*|left_out\..*|losses\..*"
    r"|transitions\..*"
    r"|answers\.baselines\.[^.]+|failed\..*"
    r"|.*\.(disagree_within|slip)\.\d+"
)
"""Keys that are names of models, reasons, tokens and states, and lengths."""


def keys(value: Any, path: str = "") -> Iterator[str]:
    """Keys of a JSON value, however deep, but for those that are data."""
    if isinstance(value, dict):
        for name, part in value.items():
            below = f"{path}.{name}" if path else name
            if not NAMED_BY_DATA.fullmatch(below):
                yield name
            yield from keys(part, below)
    elif isinstance(value, list):
        for part in value:
            yield from keys(part, path)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def content(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


ESTIMATES, MAPS = "Estimates", "Reconstructions"
CONTRADICTIONS, RECORD = "evaluate: contradictions", "evaluate: evaluation.json"
OFFLINE = [name for name in METRICS if name != "probe" and plain_name(name) == name]
"""Metrics that need no network."""


def named(*headings: str) -> set[str]:
    return fields(*map(section, headings))


def trial_parts() -> dict[str, str]:
    """What docs/formats.md says of a trial, by metric; under "" what holds for each."""
    _, *parts = re.split(r"^\*\*`(\w+)`\*\*", section("evaluate: trials.jsonl"), flags=re.MULTILINE)
    head = section("evaluate: trials.jsonl").partition("**`")[0]
    return {"": head} | dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture(scope="module", params=["oracle", "noisy-oracle:0.2"])
def run(
    request: pytest.FixtureRequest, town: World[Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("formats") / "run"
    measured(town, folder, trials=5, model=request.param, metrics=OFFLINE)
    return folder


@pytest.mark.slow
def test_every_key_of_a_run_is_in_the_formats(run: Path) -> None:
    assert set(content(run / "run.json")) <= named("evaluate: run.json")
    record = content(run / "evaluation.json")
    assert {"routes", "reconstruction"} <= set(record)
    assert any(record["witnesses"].values()) == (record["model"] != "oracle")
    assert set(keys(record)) <= named(ESTIMATES, CONTRADICTIONS, RECORD, MAPS)
    parts = trial_parts()
    assert set(map(plain_name, METRICS)) < set(parts)
    shared = {"histories", "state", "sources", "cut"}  # of distinction: as in compression
    met = set()
    for line in lines(run / "trials.jsonl"):
        documented = fields(parts[""], parts[line["metric"]])
        if line["metric"] == "distinction":
            documented |= fields(parts["compression"]) & shared
        assert set(line) <= documented, line["metric"]
        assert set(keys(line)) <= documented | named(CONTRADICTIONS), line["metric"]
        met.add(line["metric"])
    assert met == set(OFFLINE)


@pytest.mark.slow
def test_every_key_of_an_on_policy_run_is_in_the_formats(town: World[Any], tmp_path: Path) -> None:
    terms = {"metrics": ["compression", "distinction"], "histories": "on-policy"}
    measured(town, tmp_path / "run", trials=5, **terms)
    documented = fields(section("evaluate: trials.jsonl"))
    met = {name for line in lines(tmp_path / "run" / "trials.jsonl") for name in line}
    assert {"state", "sources"} <= met <= documented
    record = content(tmp_path / "run" / "evaluation.json")
    assert set(keys(record)) <= named(ESTIMATES, CONTRADICTIONS, RECORD)


@pytest.mark.slow
def test_every_key_of_a_board_game_is_in_the_formats(tmp_path: Path) -> None:
    world = open_world("othello:size=4")
    model = open_model("noisy-oracle:0.3", world)
    metrics = ["traversal", "compression", "distinction"]
    evaluate(
        world, model, metrics, trials=5, samples=3, length=8, baselines=["oracle"], out=tmp_path
    )
    record = content(tmp_path / "evaluation.json")
    assert record["games"]
    assert record["depths"]
    assert set(keys(record)) <= named(ESTIMATES, CONTRADICTIONS, RECORD)


@pytest.mark.slow
def test_every_key_of_the_cache_is_in_the_formats(
    town: World[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NERODE_CACHE", str(tmp_path))
    model = open_model("policy-oracle:shortest", town)
    terms: dict[str, Any] = {"trials": 2, "samples": 2, "baselines": ["oracle", "policy-oracle"]}
    evaluate(town, model, ["compression", "reconstruction"], **terms)
    documented = named("The cache of baselines")
    folder = tmp_path / "baselines"
    # Compression on both kinds of histories, and that reconstruction measures no baseline.
    assert len(list(folder.iterdir())) == 2 * 3
    for path in folder.iterdir():
        first, second, *trials = lines(path)
        assert set(first) <= documented
        assert set(second) | set(second["key"]) <= documented
        assert set(second["key"]["policy"] or ()) <= documented
        assert set(keys(trials)) <= named("evaluate: trials.jsonl")


def test_every_key_of_a_reconstruction_is_in_the_formats(town: World[Any], tmp_path: Path) -> None:
    (tmp_path / "text").write_text("c0 c1 E end\nc0 c1 nowhere end\n")
    out = tmp_path / "out"
    run_reconstruction(town, tmp_path / "text", ReconstructionOptions(orders=2), out=out)
    assert set(content(out / "run.json")) <= named("reconstruct: run.json")
    record = content(out / "evaluation.json")
    assert record["reconstruction"]["unreadable"] == 1
    assert set(keys(record)) <= named(ESTIMATES, CONTRADICTIONS, RECORD, MAPS)
    header = (out / "streets.csv").read_text().splitlines()[0].split(",")
    assert set(header) <= named("streets.csv")


def test_every_key_of_a_chat_run_is_in_the_formats(tmp_path: Path) -> None:
    def unclear(question: Any) -> str | None:
        return [None, "yes", "no"][int(question.key, 16) % 3]

    answered(tmp_path, told_plan(trials=4), unclear)
    assert set(content(tmp_path / "run.json")) <= named("chat: run.json")
    documented = named("chat: trials.jsonl") | fields(trial_parts()[""])
    for line in lines(tmp_path / "trials.jsonl"):
        assert set(keys(line)) <= documented
    for line in lines(tmp_path / "answers.jsonl"):
        assert set(line) <= named("answers.jsonl")
    record = content(tmp_path / "evaluation.json")
    assert record["dialogues"]
    assert record["unparsed"]["compression"]
    documented = named(ESTIMATES, "chat: evaluation.json")
    assert set(record) <= documented
    assert set(keys(record)) <= documented | fields(section(RECORD))


def test_every_key_of_sequences_and_bundled_models_is_in_the_formats(tmp_path: Path) -> None:
    write_sequences(open_world("cayley:n=3"), "random", 20, 0, tmp_path / "rides")
    assert set(content(tmp_path / "rides" / "manifest.json")) == named("manifest.json") - {
        "alphabet[i]",
        "prompt",
        "symmetry class",
    }
    models = sorted((ROOT / "nerode" / "checkpoints").glob("*/nerode.json"))
    assert models
    for path in models:
        assert set(keys(content(path))) <= named("nerode.json")


def test_the_example_lines_of_the_formats_are_json() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```$", FORMATS, ACROSS)
    assert len(blocks) > 10
    for block in blocks:
        assert set(keys(json.loads(block))) <= fields(FORMATS)
