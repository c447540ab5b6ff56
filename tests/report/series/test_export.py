"""Series and runs as Markdown, LaTeX, CSV and Parquet."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from nerode.errors import InvalidParameter
from nerode.report.record.record import read_record
from nerode.report.rows import DASH, Row
from nerode.report.series import export
from nerode.report.series.export import Measured
from nerode.report.series.steps import read_series
from nerode.series.folder import SeriesFolder
from nerode.series.scores import scores_table


@pytest.fixture(scope="module")
def table(worse: Path) -> tuple[list[Measured], list[Row]]:
    """All that was measured of a series and of one run, and its scores."""
    series = read_series([worse])
    records = [read_record(worse / "steps" / "200")]
    measured = export.measured_of(series, records)
    return measured, export.rows_to_show(measured, export.about_of(series, records), None)


@pytest.mark.slow
def test_csv_has_all_that_the_series_knows(worse: Path) -> None:
    series = read_series([worse])
    measured = export.measured_of(series, [])
    rows = export.rows_to_show(measured, export.about_of(series, []), None)
    found = list(csv.DictReader(io.StringIO(export.comma_separated(measured, rows))))
    values = {
        (each["step"], each["metric"], each["score"]): each["value"]
        for each in found
        if not each["baseline"]
    }
    known = [each for each in scores_table(SeriesFolder(worse)) if not each["baseline"]]
    shown = {row.path for row in rows}
    expected = {
        (str(each["step"]), each["metric"], each["score"]): each["value"]
        for each in known
        if (each["metric"], *each["score"].split("/")) in shown
    }
    assert values.keys() == expected.keys()
    for key, value in expected.items():
        assert values[key] == ("" if value is None else str(value))
    assert {each["step"] for each in found if each["baseline"] == "uniform"} == {""}


@pytest.mark.slow
def test_parquet_has_the_rows_of_csv(
    table: tuple[list[Measured], list[Row]], tmp_path: Path
) -> None:
    file = tmp_path / "scores.parquet"
    export.write_parquet(*table, file)
    stored = pq.read_table(file).to_pylist()
    read = list(csv.DictReader(io.StringIO(export.comma_separated(*table))))
    as_text = [{n: "" if v is None else str(v) for n, v in row.items()} for row in stored]
    assert as_text == read
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.slow
def test_markdown_has_one_row_a_step_with_intervals(
    table: tuple[list[Measured], list[Row]],
) -> None:
    head, rule, *body = export.markdown(*table).splitlines()
    assert set(rule) <= set("|-: ")
    assert {line.count("|") for line in (head, rule, *body)} == {len(table[1]) + 3}
    # Four steps, the baseline, the run.
    assert len(body) == 6
    assert body[0].startswith("| worse | 0 | 1 (")
    assert body[4].startswith("| worse: uniform |")
    assert re.search(rf"0\.\d{{3}} \(0\.\d{{3}}{DASH}0\.\d{{3}}\)", body[1])


@pytest.mark.slow
def test_latex_is_a_table_whose_text_is_escaped(table: tuple[list[Measured], list[Row]]) -> None:
    measured, rows = table
    hostile = [Measured(r"50 %_a & \input{x}", 7, "", measured[0].metrics), *measured]
    lines = export.latex(hostile, rows).splitlines()
    assert lines[1] == rf"\begin{{tabular}}{{l{'r' * (len(rows) + 1)}}}"
    assert lines[-1] == r"\end{tabular}"
    body = [line for line in lines if line.endswith(r" \\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body} == {len(rows) + 1}
    assert body[1].startswith(r"50 \%\_a \& \textbackslash{}input\{x\} & 7 & 1 (")
    assert DASH not in "".join(lines)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b", r"a\_b"),
        ("100 % & #1", r"100 \% \& \#1"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("$x$ {y}", r"\$x\$ \{y\}"),
        ("\\", r"\textbackslash{}"),
        ("<0.001 >0.999", r"\textless{}0.001 \textgreater{}0.999"),
        ("\N{MINUS SIGN}1 \N{EN DASH} 2", "$-$1 -- 2"),
        ("line\nline\x1b[0m", "line line[0m"),
    ],
)
def test_latex_prints_text_letter_by_letter(text: str, escaped: str) -> None:
    assert export.escape_latex(text) == escaped


def test_markdown_obeys_no_text(table: tuple[list[Measured], list[Row]]) -> None:
    measured, rows = table
    hostile = [Measured("a|b<script>[x](y)\n*z*", 1, "", measured[0].metrics)]
    body = export.markdown(hostile, rows).splitlines()[2]
    assert body.startswith(r"| a\|b\<script\>\[x\](y) \*z\* | 1 |")


def test_the_format_is_the_one_asked_for_or_that_of_the_file() -> None:
    assert export.format_of(None, None) == "terminal"
    assert export.format_of(None, Path("a.tex")) == "latex"
    assert export.format_of("csv", Path("a.tex")) == "csv"
    with pytest.raises(InvalidParameter, match="got 'html'"):
        export.format_of("html", None)
    with pytest.raises(InvalidParameter, match=r"ends in \.txt, \.md.*or --format, got a\.xlsx"):
        export.format_of(None, Path("a.xlsx"))
    with pytest.raises(InvalidParameter, match="--out FILE"):
        export.format_of("parquet", None)
