"""What is written on disk fits its type and its JSON Schema, and types lose nothing of it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from nerode.errors import FormatError, UnknownName
from nerode.evaluation.evaluation import evaluate
from nerode.evaluation.reconstruction import ReconstructionOptions, run_reconstruction
from nerode.metrics.registry import METRICS
from nerode.models.registry import open_model
from nerode.published import FILES, schemas
from nerode.report.record.record import read_record
from nerode.schema.chat import Answer, ChatRecord, FailedQuestion
from nerode.schema.decoding import decoded, decoded_line, encoded
from nerode.schema.model import ModelRecord
from nerode.schema.record import Record
from nerode.schema.run import ChatTerms, EvaluateTerms, ReconstructTerms
from nerode.schema.sequences import Manifest
from nerode.schema.trial import decode_line, decode_trial
from nerode.sequences.dataset import write_sequences
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.chat.folders import answered, told_plan
from tests.report import sample, sample_game, sample_player
from tests.run_folders import measured
from tests.terminal import Nerode, runner

ROOT = Path(__file__).parents[2]
OFFLINE = [name for name in METRICS if not name.startswith("probe") and "on_policy" not in name]


@pytest.fixture(scope="module")
def folders(town: World[Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run folders of each command, and a folder of sequences."""
    root = tmp_path_factory.mktemp("files")
    measured(town, root / "town", trials=5, model="noisy-oracle:0.2", metrics=OFFLINE)
    othello = open_world("othello:size=4")
    model = open_model("noisy-oracle:0.3", othello)
    metrics = ["traversal", "compression", "distinction"]
    evaluate(othello, model, metrics, trials=5, samples=3, baselines=[], out=root / "othello")
    (root / "text").write_text("c0 c1 E end\nc0 c1 nowhere end\n")
    run_reconstruction(town, root / "text", ReconstructionOptions(orders=2), out=root / "map")
    answered(
        root / "chat",
        told_plan(trials=4),
        lambda question: [None, "yes", "no"][int(question.key, 16) % 3],
    )
    write_sequences(open_world("cayley:n=3"), "random", 20, 0, root / "sequences")
    return root


FRESH: list[tuple[str, str, Any]] = [
    ("town/evaluation.json", "record evaluation.json", Record),
    ("othello/evaluation.json", "record evaluation.json", Record),
    ("map/evaluation.json", "record evaluation.json", Record),
    ("chat/evaluation.json", "chat evaluation.json", ChatRecord),
    ("town/run.json", "run run.json of evaluate", EvaluateTerms),
    ("map/run.json", "run run.json of reconstruct", ReconstructTerms),
    ("chat/run.json", "run run.json of chat", ChatTerms),
    ("sequences/manifest.json", "sequences manifest.json", Manifest),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "schema", "kind"), FRESH)
def test_fresh_files_fit_and_types_lose_nothing(
    folders: Path, name: str, schema: str, kind: Any
) -> None:
    content = json.loads((folders / name).read_text(encoding="utf-8"))
    assert encoded(decoded(content, kind)) == content
    _fits(content, schema)


@pytest.mark.slow
def test_lines_of_chat_runs_fit(folders: Path) -> None:
    lines = (folders / "chat" / "answers.jsonl").read_bytes().splitlines()
    assert lines
    for line in lines:
        assert encoded(decoded_line(line, Answer)) == json.loads(line)
        _fits(json.loads(line), "chat answers.jsonl")
    failed = {"key": "0" * 64, "cause": "time-out", "words": "?"}
    assert encoded(decoded(failed, FailedQuestion)) == failed
    _fits(failed, "chat failures.jsonl")


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["town", "othello", "chat"])
def test_lines_of_trials_fit(folders: Path, folder: str) -> None:
    lines = (folders / folder / "trials.jsonl").read_bytes().splitlines()
    chat = "chat " if folder == "chat" else ""
    metrics = set()
    for line in lines:
        content, head = json.loads(line), decode_line(line)
        _fits(content, "trials every line")
        if head.skipped is not UNSET:
            continue
        name = f"{chat}{head.metric}"
        _fits(content, f"trials {name}")
        trial = decode_trial(line, FILES["trials"][name])
        again = {"model": head.model, "metric": head.metric, **encoded(trial)}
        assert again.keys() == content.keys(), "types lose nothing"
        assert again == content
        metrics.add(head.metric)
    assert len(metrics) >= 3


def test_bundled_models_fit() -> None:
    paths = sorted((ROOT / "nerode" / "checkpoints").glob("*/nerode.json"))
    assert paths
    for path in paths:
        content = json.loads(path.read_text(encoding="utf-8"))
        assert encoded(decoded(content, ModelRecord)) == content
        _fits(content, "model nerode.json")


@pytest.mark.slow
def test_the_schema_refuses_what_the_types_refuse(folders: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    content = json.loads((folders / "town" / "evaluation.json").read_text(encoding="utf-8"))
    content["metrics"]["compression"]["precision"]["n"] = -1
    with pytest.raises(jsonschema.ValidationError):
        _fits(content, "record evaluation.json")


def _fits(content: object, schema: str) -> None:
    """Check against the JSON Schema where a validator is installed."""
    try:
        jsonschema: Any = importlib.import_module("jsonschema")
    except ImportError:
        return
    topic, _, name = schema.partition(" ")
    jsonschema.Draft202012Validator(schemas(topic)[name]).validate(content)


@pytest.mark.slow
@pytest.mark.parametrize(
    "record", [sample.record, partial(sample_game.record, size=8), sample_player.record]
)
def test_records_of_older_versions_read(record: Callable[[], dict[str, Any]]) -> None:
    """They lack what came later; what they have is kept."""
    content = json.loads(json.dumps(record()))
    again = encoded(decoded(content, Record))
    assert {name: again[name] for name in content if name != "metrics"} == {
        name: content[name] for name in content if name != "metrics"
    }


@pytest.mark.slow
def test_a_record_with_attributes(folders: Path) -> None:
    record = read_record(folders / "town")
    plain = json.loads((folders / "town" / "evaluation.json").read_text(encoding="utf-8"))
    assert record.parameters.trials == 5
    assert encoded(record) == plain
    found = record.metrics["detours"].estimate("random", "0.1")
    assert found.as_dict() == plain["metrics"]["detours"]["random"]["0.1"]
    assert isinstance(read_record(folders / "chat"), ChatRecord)


@pytest.mark.slow
def test_the_name_of_the_protocol_in_older_chat_runs(folders: Path, tmp_path: Path) -> None:
    content = json.loads((folders / "chat" / "evaluation.json").read_text(encoding="utf-8"))
    (tmp_path / "evaluation.json").write_text(json.dumps(content | {"protocol": "chat"}))
    assert read_record(tmp_path).protocol == "exact"
    (tmp_path / "evaluation.json").write_text(json.dumps(content | {"cost": {}}))
    with pytest.raises(FormatError, match=r"evaluation\.json; cost\.questions: expected"):
        read_record(tmp_path)


def test_an_evaluation_has_both_forms(town: World[Any]) -> None:
    done = evaluate(town, open_model("oracle", town), ["next_symbol"], trials=3, baselines=[])
    assert done.typed.metrics["next_symbol"].estimate("legal") == done.estimate(
        "next_symbol", "legal"
    )
    assert encoded(done.typed) == done.record


def test_the_command_prints_the_schemas(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nerode: Nerode = runner(monkeypatch, capsys)
    every = json.loads(nerode("schema").out)
    assert {topic: set(files) for topic, files in every.items()} == {
        topic: set(files) for topic, files in FILES.items()
    }
    assert json.loads(nerode("schema", "record").out) == every["record"]
    refused = nerode("schema", "pages")
    assert refused.code == 2
    assert (
        "expected one of record, sequences, chat, run, sweep, series, automaton, model, trials, "
        "got 'pages'" in refused.err
    )
    with pytest.raises(UnknownName):
        schemas("pages")


SNIPPETS = (
    """\
from nerode.schema.record import Record
def protocol_of(record: Record) -> str:
    return record.{field}
""",
    """\
from pathlib import Path
from nerode.report.record.record import read_record
def protocol_of(folder: Path) -> str: return read_record(folder).{field}
""",
)
"""A record of the schema, and what the report gets of a run."""
SETTINGS = """\
[mypy]
strict = True
[mypy-nerode,nerode.metrics.*,nerode.worlds.*,numpy.*,scipy.*]
follow_imports = skip
"""
"""What these would load is large, and no field of a record is of its types."""


@pytest.mark.long
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_misspelt_field_is_an_error_of_mypy(tmp_path: Path, snippet: str) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "mypy.ini").write_text(SETTINGS)
    paths = [tmp_path / "right.py", tmp_path / "misspelt.py"]
    for path, field in zip(paths, ("protocol", "protokol"), strict=True):
        path.write_text(snippet.format(field=field))
    options = ("--config-file", str(tmp_path / "mypy.ini"), "--cache-dir", str(tmp_path / "cache"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if str(tmp_path) in line]
    assert all("misspelt.py:3" in error for error in errors), done.stdout + done.stderr
    assert '"Record" has no attribute "protokol"' in done.stdout, done.stdout + done.stderr
