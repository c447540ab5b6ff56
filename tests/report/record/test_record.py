"""Reading `evaluation.json`: what is refused, and how; what is let through must render."""

from __future__ import annotations

import ast
import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import nerode.report
from nerode.errors import FormatError, MissingFile
from nerode.metrics.metric import as_percent
from nerode.report.rows import DASH, interval, number, trials, with_interval
from nerode.stats.estimate import Estimate
from tests.report import sample
from tests.report.from_json import check_record, print_table, read_record, render, rows, verdict


def test_reads_what_a_run_wrote(tmp_path: Path) -> None:
    content = sample.record()
    assert read_record(sample.write_run(tmp_path / "run", content)) == content


def test_a_folder_without_a_record(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"expected a run folder .* found no .*evaluation\.json"):
        read_record(tmp_path)
    with pytest.raises(MissingFile, match="nowhere"):
        read_record(tmp_path / "nowhere")
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "series.json").write_text("{}")
    with pytest.raises(MissingFile, match=r"the series of its training is .*series$"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("terms", "command"), [({"chat": 1}, "chat"), ({}, "evaluate"), ({"reconstruction": 1}, "rec")]
)
def test_a_run_that_is_not_finished(tmp_path: Path, terms: dict[str, int], command: str) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"format": 1, **terms}))
    with pytest.raises(
        MissingFile, match=rf"not finished: repeat the .*nerode {command}"
    ) as raised:
        read_record(tmp_path)
    assert str(tmp_path) in str(raised.value)


def test_a_file_for_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(MissingFile, match="file"):
        read_record(file)


@pytest.mark.parametrize(
    "text", ["", "{", '{"schema": NaN}', "\ufffe", "[" * 100_000, "[]", "1", "null", "{}"]
)
def test_what_is_no_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "evaluation.json").write_text(text)
    with pytest.raises(FormatError, match=r"evaluation\.json") as caught:
        read_record(tmp_path)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"evaluation\.json"):
        read_record(tmp_path)


@pytest.mark.parametrize("schema", [0, 2, "1", None])
def test_another_schema(tmp_path: Path, schema: object) -> None:
    folder = sample.write_run(tmp_path / "run", sample.record() | {"schema": schema})
    with pytest.raises(FormatError, match=rf"expected schema 1 .*run.* got schema {schema!r}"):
        read_record(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("world",), 5, "world: expected text, got 5"),
        (("metrics",), [], r"metrics: expected an object, got \[\]"),
        (("metrics", "next_symbol", "legal"), 0.5, "legal: expected an estimate, got 0.5"),
        (("metrics", "next_symbol", "legal", "n"), 0, "legal: expected an estimate, .* n 0"),
        (("metrics", "detours", "random", "0", "n"), -1, r"detours\.random\.0\.n: .* got -1"),
        (
            ("metrics", "next_symbol", "legal", "value"),
            "high",
            "expected a number or null, got 'high'",
        ),
        (("baselines", "oracle"), None, "baselines.oracle: expected an object"),
        (("curves", "compression", "precision"), [], "expected 15 points, one per epsilon, got 0"),
        (("curves", "epsilon", 0), 0, "epsilon.0: expected a threshold above 0, got 0"),
        (("lengths", "compression", "precision"), [], r"precision: expected a list of 3, got \[\]"),
        (
            ("lengths", "compression", "to", 1),
            "x",
            "to.1: expected a whole number from 0 on, got 'x'",
        ),
        (("lengths", "compression"), {"from": []}, "to: expected a list, got nothing"),
        (("witnesses", "compression", 0, "history1"), None, "history1: expected text, got None"),
        (("witnesses", "compression", 0, "model"), [0.1], r"expected a list of 2, got \[0.1\]"),
        (("witnesses", "compression", 0, "path", 0), 500, "one of the drawing's 500 nodes, got"),
        (("drawing", "streets", 0, 1), -1, "streets.0: expected one of .* got -1"),
    ],
)
def test_a_damaged_record(path: tuple[str | int, ...], value: object, told: str) -> None:
    record = sample.record()
    _put(record, path, value)
    with pytest.raises(FormatError, match=told) as caught:
        check_record(record, "run/evaluation.json")
    assert "run/evaluation.json" in str(caught.value)


def _put(node: Any, path: tuple[str | int, ...], value: object) -> None:
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value


def _places(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in the record, of lists only the first two items."""
    keys = list(node) if isinstance(node, dict) else []
    keys += list(range(min(2, len(node)))) if isinstance(node, list) else []
    deeper = [place for key in keys for place in _places(node[key], (*path, key))]
    return [*([path] if path else []), *deeper]


SMALL = sample.record()
SMALL["drawing"]["streets"] = SMALL["drawing"]["streets"][:5]
PLACES = _places(SMALL)
JUNK: list[object] = [None, 1, 0, -1, 0.5, 1e400, "x", "", [], {}, True, [[]], {"value": 1}]


@pytest.mark.slow
@settings(max_examples=50)
@given(place=st.sampled_from(PLACES), junk=st.sampled_from(JUNK))
def test_a_record_with_one_junk_value_is_refused_or_renders(
    place: tuple[str | int, ...], junk: object
) -> None:
    record = copy.deepcopy(SMALL)
    _put(record, place, junk)
    try:
        checked = check_record(json.loads(json.dumps(record)), "evaluation.json")
    except FormatError as error:
        assert "evaluation.json" in str(error)  # noqa: PT017 - refusing is one of two good ends
        return
    verdict(checked)
    print_table(checked, Console(file=io.StringIO(), width=100))
    assert render([checked]).endswith("</html>")


def test_rows_come_in_the_order_of_the_field_then_the_unknown() -> None:
    metrics = {"my_probe": {"layer_2": sample.share(0.5)}, **sample.record()["metrics"]}
    metrics["traversal"] = dict(reversed(metrics["traversal"].items()))
    found = rows(metrics)
    groups = list(dict.fromkeys(row.group for row in found))
    assert groups == [
        "Next symbol",
        "Traversal",
        "Compression",
        "Distinction",
        "Detours",
        "my probe",
    ]
    labels = [row.label for row in found if row.group == "Traversal"]
    assert labels == ["valid", "optimal", "within 1 %", "within 5 %", "within 10 %", "within 50 %"]
    assert found[-1].label == "layer 2"
    assert [row.label for row in found if row.path[:2] == ("detours", "random")][1] == "random 1 %"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, DASH),
        (0.0, "0"),
        (1.0, "1"),
        (0.00001, "<0.001"),
        (0.99999, ">0.999"),
        (0.5, "0.500"),
        (0.9994, "0.999"),
    ],
)
def test_only_zero_and_one_look_so(value: float | None, told: str) -> None:
    assert number(value) == told


def test_an_estimate_in_words() -> None:
    assert interval(Estimate(0.5, 0.25, 1.0, 4)) == f"0.250{DASH}1"
    assert interval(Estimate(None, None, None, 0)) == DASH
    assert interval(Estimate(0.5, None, None, 4)) == ""
    assert with_interval(Estimate(0.5, None, None, 4)) == "0.500"
    assert with_interval(Estimate(0.5, 0.25, 1.0, 4)) == f"0.500 (0.250{DASH}1)"
    assert with_interval(Estimate(None, None, None, 0)) == DASH
    assert trials(Estimate(0.5, 0.25, 1.0, 4, 2)) == "4 (+2)"
    assert trials(Estimate(None, None, None, 0)) == "0"
    assert (as_percent("0.01"), as_percent("0.75"), as_percent("odd")) == ("1 %", "75 %", "odd")


def test_nothing_in_the_report_reads_a_record_by_keys() -> None:
    """A misspelt key would be no error of mypy;"""
    folder = Path(nerode.report.__file__).parent
    paths = [path for path in folder.rglob("*.py") if not {"chat", "by_keys.py"} & {*path.parts}]
    assert len(paths) > 30
    by_keys = [
        f"{path.relative_to(folder)}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Subscript | ast.Call)
        and _is_text(node.slice if isinstance(node, ast.Subscript) else next(iter(node.args), None))
        and _is_record(node.value if isinstance(node, ast.Subscript) else node.func)
    ]
    assert by_keys == []


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_record(node: ast.expr) -> bool:
    """Whether it is called a record, or the `get` of one."""
    if isinstance(node, ast.Attribute) and node.attr == "get":
        return _is_record(node.value)
    return isinstance(node, ast.Name) and node.id in ("record", "first", "second", "reconstruction")
