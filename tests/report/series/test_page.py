"""The page about series: what it says, its escaping, and that it asks no network."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nerode.errors import InvalidParameter
from nerode.evaluation.evaluation import evaluate
from nerode.report.page import write_report
from nerode.report.rows import DASH, signed
from nerode.report.series.cost import cost_of
from nerode.report.series.differences import series_differences
from nerode.report.series.steps import read_series
from nerode.report.series.two_steps import _rounded
from nerode.report.series.verdict import saturation, series_verdict
from nerode.worlds.registry import open_world
from tests.facts import numbers
from tests.report.series.conftest import EVIL, measure
from tests.report.test_page import Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def html(worse: Path, better: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of two series and one run."""
    out = tmp_path_factory.mktemp("page") / "page.html"
    write_report([worse, better, worse / "steps" / "200"], out)
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_ids_are_unique_and_every_reference_has_its_target(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in ("href", "aria-labelledby", "for"):
            if attributes.get(name):
                assert str(attributes[name]).removeprefix("#") in ids


def test_every_figure_has_its_place_and_its_numbers(page: Page, html: str) -> None:
    data = json.loads(next(text for text in page.scripts if text.startswith("{")))
    ids = {attributes.get("id") for _, attributes in page.elements}
    assert set(data["figures"]) <= ids
    legal = data["figures"]["score-0"]["data"]
    names = [trace.get("name") for trace in legal if trace.get("name")]
    assert names[:2] == ["worse", "better"]
    assert {"uniform", "noisy-oracle:0.2 on cups:n=4 (run)"} <= set(names)
    dashes = {trace["name"]: trace["line"].get("dash") for trace in legal if trace.get("name")}
    assert dashes["uniform"] not in ("solid", None)
    values = [trace for trace in legal if trace.get("name") == "worse"]
    assert values[0]["x"] == [0, 100, 200, 300]
    assert values[0]["y"][0] == 1
    (loss, _) = data["figures"]["value-0"]["data"]
    assert (loss["name"], loss["y"]) == ("worse", [0.0, 0.05, 0.2, 0.4])
    assert "worse better" in page.words
    assert re.search(
        rf'<th scope="row">300</th><td>0\.\d{{3}} \(0\.\d{{3}}{DASH}0\.\d{{3}}\)', html
    )


def test_differences_of_any_two_steps_stand_in_the_page(page: Page, worse: Path) -> None:
    data = json.loads(next(text for text in page.scripts if text.startswith("{")))
    stored = data["steps"]["steps-1"]
    assert stored["steps"] == [0, 100, 200, 300]
    found = series_differences(read_series([worse])[0])
    for score, each in zip(stored["scores"], found.scores, strict=True):
        for at, difference in enumerate(each.differences.values()):
            value = difference.value
            expected = None if value is None else pytest.approx(value, abs=5e-4)
            assert score["value"][at] == expected
            assert score["p"][at] is None or 0 <= score["p"][at] <= 1
        assert set(score["marks"]) <= set("bw-")
        assert len(score["marks"]) == 6
    assert "6 pairs of steps" in page.words
    assert stored["scores"][0]["marks"][2] == "w"  # from step 0 to step 300


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 0.3965, 0.0004, -0.0002, 0.99951, -0.9996, 1e-9])
def test_numbers_for_the_script_are_shown_as_the_page_shows_them(value: float) -> None:
    rounded = _rounded(value)
    assert rounded is not None
    assert signed(rounded) == signed(value)
    assert len(repr(abs(rounded))) <= 6


def test_the_verdict_claims_what_the_differences_say(worse: Path, better: Path, page: Page) -> None:
    series = read_series([worse, better])
    found = [series_differences(each) for each in series]
    verdict = series_verdict(series, found)
    assert verdict in page.words
    first, second = verdict.split(" better:")
    assert "falls from 1 at step 0" in first
    assert "no step after 200 is certainly better in next symbol (legal): 1 there" in second
    row = found[1].scores[0].row
    assert saturation(series[1], row, found[1]).course == "saturated"
    assert saturation(series[0], row, found[0]).course == "falls"
    assert {"200", "400"} <= set(numbers(second))


def test_costs_and_failures_are_told(page: Page, worse: Path) -> None:
    (series,) = read_series([worse])
    cost = cost_of(series)
    assert (cost.measured, cost.failed) == ("4", "1")
    seconds = sum(line.seconds for line in series.lines)
    known = sum(each.line.seconds for each in series.measured)
    assert cost.total == f"{seconds:.1f} s"
    assert cost.share == f"{100 * known / (known + 6):.1f} %"  # the last step came after 6 s
    assert "step 150: expected the checkpoint" in page.words


def test_text_from_data_is_text(page: Page) -> None:
    # A folder's name in a reason, and the name of a value that the training reported.
    assert EVIL.replace("/", "|") in page.words.replace("\\'", "'")
    assert f"Reported by the training: {EVIL}" in page.words
    assert len(page.scripts) == 3
    assert page.all("img") == []


def test_nothing_is_asked_of_a_network(page: Page) -> None:
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert str(policy["content"]).startswith("default-src 'none'; script-src 'sha256-")
    for _, attributes in page.elements:
        assert "src" not in attributes
        assert str(attributes.get("href") or "#").startswith("#")


def test_runs_of_another_world_are_refused(better: Path, tmp_path: Path) -> None:
    evaluate(open_world("cayley:n=3"), "oracle", trials=5, baselines=[], out=tmp_path / "run")
    with pytest.raises(InvalidParameter, match="one world, got cayley:n=3, cups"):
        write_report([better, tmp_path / "run"], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_one_series_of_one_step_has_a_page(tmp_path: Path) -> None:
    measure(tmp_path / "one", [0.2])
    write_report([tmp_path / "one"], tmp_path / "page.html")
    words = Page((tmp_path / "page.html").read_text()).words
    assert "No two steps can be compared" in words
    assert "Any two steps" not in words
